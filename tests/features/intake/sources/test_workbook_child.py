"""Workbooks made to exhaust memory, or damaged, end in one sentence; the next workbook is read as ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from refused_files import with_part

from features.errors import GoldenKeyError
from features.intake.sources import workbook_child
from features.intake.sources.children import ChildError
from features.intake.sources.typed import open_workbook
from features.intake.sources.workbook_child import read_columns, read_first_rows

LAST_ROW, LAST_COLUMN = 1_048_575, 16_383


def book(path: Path, *cells: tuple[int, int, str | float]) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": False}) as made:
        page = made.add_worksheet("流水")
        page.write_row(0, 0, ["账号", "金额"])
        page.write_row(1, 0, ["9900001", 12.5])
        for row, column, value in cells:
            page.write(row, column, value)
    return path


def half(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def unpacked_size_untold(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-30])
    return path


SHEET = "xl/worksheets/sheet1.xml"
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "far corner": (lambda path: book(path, (LAST_ROW, LAST_COLUMN, "x")), "超出"),
    "last row of column ZZ": (lambda path: book(path, (LAST_ROW, 701, "x")), "超出"),
    "two far cells": (lambda path: book(path, (LAST_ROW, 0, "x"), (0, LAST_COLUMN, 1.0)), "超出"),
    "bomb in the sheet": (lambda path: with_part(book(path), SHEET, b" " * (80 << 20)), "压缩"),
    "bomb in the texts": (lambda path: with_part(book(path), "xl/sharedStrings.xml", b"<" * (80 << 20)), "压缩"),
    "half": (lambda path: half(book(path)), "无法打开"),
    "cut at the end": (lambda path: unpacked_size_untold(book(path)), "无法打开"),
    "sheet of garbage": (lambda path: with_part(book(path), SHEET, b"\x00\xff<<<>>>" * 9), "无法打开|没有任何数据"),
    "no archive": (lambda path: Path(path.write_bytes(b"PK no archive") and path), "无法打开"),
    "other office file": (lambda path: with_part(book(path), "[Content_Types].xml", b""), "无法打开|$"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_workbook_is_one_sentence_and_the_next_is_read(kind: str, tmp_path: Path) -> None:
    make, sentence = BAD[kind]
    path = make(tmp_path / "bad.xlsx")
    try:
        open_workbook(path, "甲.xlsx")
    except GoldenKeyError as error:
        assert "甲.xlsx" in str(error) and "\n" not in str(error)
        assert any(one in str(error) for one in sentence.split("|"))
    else:
        assert sentence.endswith("$")
    assert read_first_rows(book(tmp_path / "good.xlsx"), "乙.xlsx", 5) == [
        ("流水", [("账号", "金额"), ("9900001", "12.5")])
    ]


def test_a_million_empty_rows_and_a_cell_of_a_million_characters_are_read(tmp_path: Path) -> None:
    path = book(tmp_path / "long.xlsx", (LAST_ROW, 1, "末"))
    rows = 0
    for columns in read_columns(path, "long.xlsx", "流水", 2, 2, 100_000):
        rows, last = rows + len(columns[0]), columns[1][-1]
    assert (rows, last) == (LAST_ROW, "末")
    texts = b"<sst><si><t>" + b"9" * 1_000_000 + b"</t></si><si><t>b</t></si><si><t>c</t></si></sst>"
    [(_, first_rows)] = read_first_rows(
        with_part(book(tmp_path / "wide.xlsx"), "xl/sharedStrings.xml", texts), "wide.xlsx", 5
    )
    assert [len(cell or "") for cell in first_rows[0]] == [1_000_000, 1]


def test_a_reader_that_stops_half_way_leaves_no_answer_to_the_next(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", *((row, 0, str(row)) for row in range(2, 30)))
    blocks = read_columns(path, "a.xlsx", "流水", 1, 2, 3)
    next(blocks)
    blocks.close()
    assert len(list(read_columns(path, "a.xlsx", "流水", 1, 2, 1_000))) == 1


def test_a_child_is_used_again_unless_it_read_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "a.xlsx")
    read_first_rows(path, "a.xlsx", 1)
    before = list(workbook_child._POOL.idle)
    read_first_rows(path, "a.xlsx", 1)
    assert len(before) > 0 and before == workbook_child._POOL.idle
    monkeypatch.setattr(workbook_child, "KEPT_BELOW", 1)
    read_first_rows(path, "a.xlsx", 1)
    assert len(workbook_child._POOL.idle) == len(before) - 1


def test_a_child_that_does_not_start_is_not_blamed_on_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook_child._POOL.end_all()
    monkeypatch.setattr(workbook_child._POOL, "start", "raise SystemExit")
    with pytest.raises(ChildError, match="未能启动"):
        read_first_rows(book(tmp_path / "a.xlsx"), "a.xlsx", 1)
