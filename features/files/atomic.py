"""Write a file or a folder whole or not at all: it is written beside its target and then takes the target's place."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import GoldenKeyError, reason_of


@contextmanager
def replacing(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a path to write to; when the block ends it becomes `target`, when the block fails it is removed.

    The temporary name begins with a dot and is unique to the call, so that two writers of one file never share it: the
    last to finish stands.

    Args:
        target: file or folder to appear; its parent must exist. A folder that is there is replaced; who writes one
            folder from several processes holds a lock.
        durable: have the content on disk before it takes its place (a crash leaves the old or the new content).

    Raises:
        OSError: it cannot be written; `target` is as it was.
    """
    scratch = _scratch(target)
    try:
        yield scratch
        if durable:
            sync(scratch)
        if target.is_dir() and scratch.is_dir():
            _replace_folder(scratch, target)
        else:
            scratch.replace(target)
        if durable:
            sync(target.parent)
    finally:
        if scratch.is_dir():
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            scratch.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, durable: bool = False) -> None:
    """Write a text file (UTF-8) whole or not at all, making its folder; errors as for `replacing`."""
    write_bytes(target, text.encode(), durable=durable)


def write_bytes(target: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file whole or not at all, making its folder; errors as for `replacing`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target, durable=durable) as scratch:
        scratch.write_bytes(content)


@contextmanager
def one_sentence_if_unwritable(target: Path) -> Iterator[None]:
    """Say in one sentence that a file or folder a user asked for cannot be written by the block.

    Raises:
        GoldenKeyError: the path is no place to write to, or may not be written.
        OSError: the disk is full (the command line has its own sentence for it).
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise GoldenKeyError(f"无法写出 {target}（{reason_of(error)}），请核对目录和权限。") from error


def check_suffix(path: Path, *suffixes: str) -> None:
    """Refuse a file a user named whose name ends in none of the suffixes; GoldenKeyError."""
    if path.suffix.lower() not in suffixes:
        raise GoldenKeyError(f"输出文件 {path.name} 的类型不支持：须为 {' 或 '.join(suffixes)}。")


def check_output(path: Path, *suffixes: str) -> None:
    """Refuse a file a user named before any work is done for it; what is there stays as it is.

    Raises:
        GoldenKeyError: its name ends in none of the suffixes (any is taken where none is given), its folder does not
            exist or takes no file, or it is a folder itself.
    """
    if suffixes:
        check_suffix(path, *suffixes)
    with one_sentence_if_unwritable(path):
        if not path.parent.is_dir():
            raise GoldenKeyError(f"无法写出 {path}：目录 {path.parent} 不存在。")
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _try_to_write(path)


def make_output_folder(path: Path) -> None:
    """Make a folder a user named for many files, unless it is there; GoldenKeyError where it takes no file."""
    with one_sentence_if_unwritable(path):
        path.mkdir(parents=True, exist_ok=True)
        _try_to_write(path / "file")


@contextmanager
def replacing_output(path: Path) -> Iterator[Path]:
    """Do as `replacing` for a file a user named (`--out`); a missing folder is most likely mistyped, so none is made.

    Raises:
        GoldenKeyError: the folder does not exist, or the file cannot be written; it is as it was.
    """
    check_output(path)
    with one_sentence_if_unwritable(path), replacing(path) as scratch:
        yield scratch


def write_output(path: Path, content: bytes | str) -> None:
    """Write a file a user named, text as UTF-8; errors as for `replacing_output`."""
    with replacing_output(path) as scratch:
        scratch.write_bytes(content if isinstance(content, bytes) else content.encode())


def _scratch(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp")


def writer_lives(scratch: Path) -> bool:
    """Whether the process that writes under a temporary name of `replacing` is there."""
    try:
        os.kill(int(scratch.name.split(".")[-3]), 0)
    except (IndexError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _try_to_write(path: Path) -> None:
    """Make a file beside a path and remove it: permissions alone say nothing of /proc or a read-only disk."""
    scratch = _scratch(path)
    scratch.touch(exist_ok=False)
    scratch.unlink()


def _replace_folder(scratch: Path, target: Path) -> None:
    """Put a folder in the place of another: rename(2) replaces only an empty one, so the old one is set aside first.

    Writers of one folder take a lock of their own; between the two renames a reader finds none.
    """
    aside = scratch.with_suffix(".old")
    target.rename(aside)
    try:
        scratch.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def sync(path: Path) -> None:
    """Flush a file or the entries of a folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
