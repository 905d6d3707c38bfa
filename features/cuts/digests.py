"""Digests of stored files, and the check of a file against its digest, once per file and process."""

from __future__ import annotations

import hashlib
from pathlib import Path

from features.errors import GoldenKeyError

_CHECKED: dict[Path, tuple[str, int, int]] = {}
"""Digest, size and time of change of each file when it was checked."""


class ChangedFileError(GoldenKeyError):
    """A stored file is missing, or is not what was recorded when it was written; nothing is read from it."""

    http_status = 503


def digest_of(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file; OSError where it cannot be read."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_file(path: Path, digest: str) -> None:
    """Check that a file has a digest, unless this process did since it was last changed.

    Raises:
        ChangedFileError: it has another, or there is no such file.
    """
    try:
        status = path.stat()
        known = (digest, status.st_size, status.st_mtime_ns)
        if _CHECKED.get(path) == known:
            return
        found = file_digest(path)
    except FileNotFoundError as error:
        raise ChangedFileError(f"文件 {path} 不见了：截面的清单列有它；请用 ./goldenkey audit verify 查明。") from error
    if found != digest:
        raise ChangedFileError(
            f"文件 {path} 与生成时不同（应为 {digest[:12]}…，实为 {found[:12]}…），未予采用；"
            "请用 ./goldenkey audit verify 查明。"
        )
    _CHECKED[path] = known
