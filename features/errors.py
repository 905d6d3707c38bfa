"""Base class of every error shown to a user: one sentence, an exit status and an HTTP status."""

from __future__ import annotations

import errno

_REASONS = {
    errno.ENOENT: "文件或目录不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样操作",
    errno.EISDIR: "是一个目录",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EEXIST: "已经存在",
    errno.ENOTEMPTY: "目录不为空",
    errno.EROFS: "所在磁盘只读",
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "超出磁盘配额",
    errno.EFBIG: "文件过大",
    errno.EBUSY: "正被占用",
    errno.EIO: "磁盘读写出错",
    errno.ENAMETOOLONG: "名称过长",
    errno.ELOOP: "链接循环",
    errno.EMFILE: "打开的文件过多",
    errno.EADDRINUSE: "已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}
"""What the errors of the system that users meet are called in 中文."""


class GoldenKeyError(Exception):
    """An error whose message is one sentence: what, where, what was expected, what was got.

    Attributes:
        exit_status: 2 for bad input (the default), 1 for a fault of ours.
        http_status: status of the HTTP response.
    """

    exit_status = 2
    http_status = 400


class NotFoundError(GoldenKeyError):
    """A case, score, model or batch that does not exist."""

    http_status = 404


class NotEnoughDataError(GoldenKeyError):
    """The data is not enough for what was asked (no labels yet, nothing eligible)."""

    http_status = 409


def reason_of(error: OSError) -> str:
    """Why the system refused, in 中文; in its own words where it has none here."""
    return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
