"""Read workbooks in a child process: a file made to exhaust memory ends that process and not the one that asked.

The library lays out a sheet as a full grid, so one cell at XFD1048576 asks for hundreds of gigabytes and a zip bomb
for all there is; a failed request ends the process at once. The child may use `MEMORY` and no more. One child serves
many files; a child that read a large file is not kept, nor one whose reader stopped half way.
"""

from __future__ import annotations

import atexit
import contextlib
import marshal
import resource
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from features.errors import GoldenKeyError
from features.intake.sources.cell_text import cell_text
from features.intake.sources.number_formats import Seen, may_tell
from features.intake.sources.number_formats import read_formats as formats_in

MEMORY = 4 << 30
"""Bytes of addresses of the child: a full sheet of 40 columns takes 3 GB."""

BOMB_BYTES, BOMB_RATIO = 64 << 20, 200
"""A part of a workbook unpacked to more bytes than this and to more times its packed size was made to be: of sheets
and shared texts one is rarely packed to less than a fiftieth."""

KEPT_BELOW = 8 << 20
"""A child that read a file of this many bytes or more is ended, so that its memory is free again."""

_ROOT = Path(__file__).resolve().parents[3]


def start_line(module: str) -> str:
    """What a child runs to `serve` from a module."""
    return f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {module} import serve; serve()"


_START = start_line(__name__)

_LENGTH = 8
"""Bytes that hold the length of a message."""

Rows = list[tuple[str | None, ...]]


def _send(stream: BinaryIO, message: tuple[Any, ...]) -> None:
    """Write a message of texts, numbers and lists, its length before it."""
    data = marshal.dumps(message, 2)  # of this version each text stands by itself, which is the quickest
    stream.write(len(data).to_bytes(_LENGTH, "big") + data)
    stream.flush()


def _receive(stream: BinaryIO) -> Any:
    """The next message; EOFError when the other side has ended."""
    length = int.from_bytes(stream.read(_LENGTH), "big")
    data = stream.read(length)
    if not length or len(data) < length:
        raise EOFError
    return marshal.loads(data)


class UnreadableError(GoldenKeyError):
    """The library refuses the file: it is damaged, locked by a password or no workbook."""


class ChildError(GoldenKeyError):
    """The child process does not start: a fault of ours or of the machine, not of a file."""

    exit_status = 1
    http_status = 503


class Child:
    """A running child; answers come one after another on its standard output."""

    def __init__(self, start: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            _receive(cast(BinaryIO, self._process.stdout))
        except EOFError as error:
            self.end()
            raise ChildError("读取文件的子进程未能启动，操作未完成；请将此情况告知维护人员。") from error

    def ask(self, *question: Any) -> Iterator[Any]:
        """Answers to a question; EOFError when the child ends before the last one."""
        source = cast(BinaryIO, self._process.stdout)
        try:
            _send(cast(BinaryIO, self._process.stdin), question)
            while True:
                kind, content = _receive(source)
                if kind == "end":
                    return
                if kind == "error":
                    raise UnreadableError(content)
                yield content
        except BrokenPipeError as error:
            raise EOFError from error

    def end(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast(BinaryIO, stream).close()


_IDLE: list[Child] = []
_LOCK = threading.Lock()


def _check_unpacked(path: Path, name: str) -> None:
    """Refuse a workbook whose parts say that they unpack to far more than any sheet does."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = [(part.file_size, part.compress_size) for part in packed.infolist()]
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return  # an old workbook (xls), or one that the library will refuse
    if any(size > BOMB_BYTES and size > BOMB_RATIO * small for size, small in parts):
        raise GoldenKeyError(f"工作簿“{name}”的压缩比异常（疑似压缩炸弹），未读取；请另存后重新导入。")


def _ask(path: Path, name: str, *question: Any) -> Iterator[Any]:
    _check_unpacked(path, name)
    with _LOCK:
        child = _IDLE.pop() if _IDLE else Child(_START)
    whole = False
    try:
        yield from child.ask(*question)
        whole = path.stat().st_size < KEPT_BELOW
    except UnreadableError as error:
        whole = True
        raise UnreadableError(
            f"工作簿“{name}”无法打开（文件损坏、已加密或不是 Excel 文件），请另存后重新导入。"
        ) from error
    except EOFError as error:
        raise GoldenKeyError(
            f"工作簿“{name}”无法读取：其展开后的内容超出 {MEMORY >> 30} GB 内存"
            "（常因极远处有多余的单元格，或文件被恶意压缩）；请删去多余的行列，另存后重新导入。"
        ) from error
    finally:
        if whole:
            with _LOCK:
                _IDLE.append(child)
        else:
            child.end()


def read_first_rows(path: Path, name: str, rows: int) -> list[tuple[str, Rows]]:
    """Name and first rows of every sheet, in text.

    Args:
        path: the workbook.
        name: what messages call it.
        rows: how many rows at most.

    Raises:
        GoldenKeyError: it is no workbook, damaged, locked by a password, or does not fit into `MEMORY`.
    """
    return list(_ask(path, name, "first rows", str(path), rows))


def read_formats(path: Path, name: str) -> dict[str, Seen]:
    """Sheet -> formats of its numbers, see `number_formats`; empty where none of them says anything."""
    if path.suffix.lower() not in (".xlsx", ".xlsm") or not may_tell(path):
        return {}
    return dict(_ask(path, name, "formats", str(path)))


def read_columns(
    path: Path, name: str, sheet: str, first_row: int, width: int, block_rows: int
) -> Iterator[list[list[str | None]]]:
    """Columns of text of a sheet from a row on (1-based), block by block; errors as for `read_first_rows`."""
    yield from _ask(path, name, "columns", str(path), sheet, first_row, width, block_rows)


@atexit.register
def _end_all() -> None:
    with _LOCK:
        while _IDLE:
            _IDLE.pop().end()


def serve() -> None:
    """Answer questions on standard input until it ends: what the child runs."""
    answer_questions(MEMORY, _answers)


def answer_questions(memory: int, answers: Callable[..., Iterator[Any]]) -> None:
    """Within that many bytes of memory, answer each question of standard input on standard output until it ends."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory if most == resource.RLIM_INFINITY else min(memory, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _send(target, ("ready",))
    while True:
        try:
            question = _receive(source)
        except EOFError:
            return
        try:
            for answer in answers(*question):
                _send(target, ("row", answer))
            _send(target, ("end", None))
        except MemoryError:
            return
        except BaseException as error:  # the library's panics are no Exception
            _send(target, ("error", type(error).__name__))


def _answers(what: str, *question: Any) -> Iterator[Any]:
    if what == "formats":
        return formats_in(*question)
    return (_first_rows if what == "first rows" else _columns)(*question)


def _first_rows(path: str, rows: int) -> Iterator[tuple[str, Rows]]:
    from python_calamine import CalamineWorkbook  # in the child alone

    with CalamineWorkbook.from_path(path) as book:
        for sheet in book.sheet_names:
            found = islice(book.get_sheet_by_name(sheet).iter_rows(), rows)
            yield sheet, [tuple(cell_text(value) for value in row) for row in found]


def _columns(path: str, sheet: str, first_row: int, width: int, block_rows: int) -> Iterator[list[list[str | None]]]:
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        rows = islice(book.get_sheet_by_name(sheet).iter_rows(), first_row - 1, None)
        while batch := list(islice(rows, block_rows)):
            columns = [[cell_text(value) for value in column] for column in islice(zip(*batch, strict=True), width)]
            yield columns + [[None] * len(batch)] * (width - len(columns))
