"""Read workbooks in a child process: a file made to exhaust memory ends that process and not the one that asked.

The library lays out a sheet as a full grid, so one cell at XFD1048576 asks for hundreds of gigabytes and a zip bomb
for all there is; a failed request ends the process at once. The child may use `MEMORY` and no more. One child serves
many files; a child that read a large file is not kept, nor one whose reader stopped half way.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError
from features.files.archives import BROKEN_ZIP
from features.files.names import shown_name
from features.intake.sources import number_formats, ods_formats
from features.intake.sources.cell_text import cell_text
from features.intake.sources.children import ChildPool, UnreadableError, answer_questions
from features.intake.sources.number_formats import Seen

MEMORY = 4 << 30
"""Bytes of addresses of the child: a full sheet of 40 columns takes 3 GB."""

BOMB_BYTES, BOMB_RATIO = 64 << 20, 200
"""A part of a workbook unpacked to more bytes than this and to more times its packed size was made to be: of sheets
and shared texts one is rarely packed to less than a fiftieth."""

KEPT_BELOW = 8 << 20
"""A child that read a file of this many bytes or more is ended, so that its memory is free again."""

Rows = list[tuple[str | None, ...]]


_FORMATS = {".xlsx": number_formats, ".xlsm": number_formats, ".ods": ods_formats}
"""Kind of workbook -> what reads the formats of its numbers."""
_POOL = ChildPool(__name__)


def _check_unpacked(path: Path, name: str) -> None:
    """Refuse a workbook whose parts say that they unpack to far more than any sheet does."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = [(part.file_size, part.compress_size) for part in packed.infolist()]
    except BROKEN_ZIP:
        return  # an old workbook (xls), or one that the library will refuse
    if any(size > BOMB_BYTES and size > BOMB_RATIO * small for size, small in parts):
        raise GoldenKeyError(f"工作簿“{name}”的压缩比异常（疑似压缩炸弹），未读取；请另存后重新导入。")


def _ask(path: Path, name: str, *question: Any) -> Iterator[Any]:
    _check_unpacked(path, name)
    try:
        yield from _POOL.ask(*question, keep=lambda: path.stat().st_size < KEPT_BELOW)
    except UnreadableError as error:
        raise UnreadableError(
            f"工作簿“{name}”无法打开（文件损坏、已加密或不是 Excel 文件），请另存后重新导入。"
        ) from error
    except EOFError as error:
        raise GoldenKeyError(
            f"工作簿“{name}”无法读取：其展开后的内容超出 {MEMORY >> 30} GB 内存"
            "（常因极远处有多余的单元格，或文件被恶意压缩）；请删去多余的行列，另存后重新导入。"
        ) from error


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
    kind = _FORMATS.get(path.suffix.lower(), number_formats)
    if kind is None or not kind.may_tell(path):
        return {}
    return dict(_ask(path, name, "formats", str(path)))


def read_columns(
    path: Path, name: str, sheet: str, first_row: int, width: int, block_rows: int
) -> Iterator[list[list[str | None]]]:
    """Columns of text of a sheet from a row on (1-based), block by block; errors as for `read_first_rows`."""
    yield from _ask(path, name, "columns", str(path), sheet, first_row, width, block_rows)


def serve() -> None:
    """Answer questions on standard input until it ends: what the child runs."""
    answer_questions(MEMORY, _answers)


def _answers(what: str, *question: Any) -> Iterator[Any]:
    if what == "formats":
        formats: Iterator[Any] = _FORMATS.get(Path(question[0]).suffix.lower(), number_formats).read_formats(*question)
        return formats
    return (_first_rows if what == "first rows" else _columns)(*question)


def _open(library: Any, path: str) -> Any:
    """A workbook, opened by its content where the suffix is not that of its kind, or its name is not UTF-8."""
    with Path(path).open("rb") as handle:
        packed = handle.read(2) == b"PK"
    suffix = Path(path).suffix.lower()
    known = suffix in (".xlsx", ".xlsm", ".ods") if packed else suffix == ".xls"
    by_name = known and shown_name(path) == path
    return library.from_path(path) if by_name else library.from_filelike(Path(path).open("rb"))


def _first_rows(path: str, rows: int) -> Iterator[tuple[str, Rows]]:
    from python_calamine import CalamineWorkbook  # in the child alone

    with _open(CalamineWorkbook, path) as book:
        for sheet in book.sheet_names:
            found = islice(book.get_sheet_by_name(sheet).iter_rows(), rows)
            yield sheet, [tuple(cell_text(value) for value in row) for row in found]


def _columns(path: str, sheet: str, first_row: int, width: int, block_rows: int) -> Iterator[list[list[str | None]]]:
    from python_calamine import CalamineWorkbook

    with _open(CalamineWorkbook, path) as book:
        rows = islice(book.get_sheet_by_name(sheet).iter_rows(), first_row - 1, None)
        while batch := list(islice(rows, block_rows)):
            columns = [[cell_text(value) for value in column] for column in islice(zip(*batch, strict=True), width)]
            yield columns + [[None] * len(batch)] * (width - len(columns))
