"""Workbooks: text stays text, numbers stay numbers, headings stay in view, equal content gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from features.errors import GoldenKeyError
from features.files.workbook import (
    FIXED_DATE,
    SheetColumn,
    add_choices,
    add_formats,
    open_workbook,
    set_up_printing,
    wrapped_lines,
    write_table,
    write_workbook,
)
from features.rules.characters import text_width


def written(fill: Callable[[Any, dict[str, Any]], object], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with open_workbook(buffer, "标题", **options) as book:
        fill(book.add_worksheet("表"), add_formats(book))
    return buffer.getvalue()


@pytest.mark.parametrize("text", ["=1+1", "00123", "http://example.invalid/", "@cmd", "+1", "1e5", "{=A1}"])
def test_text_is_never_a_formula_a_number_or_a_link(text: str) -> None:
    content = written(lambda page, formats: write_table(page, formats, [SheetColumn("列")], [(text,)]))
    cell = load_workbook(io.BytesIO(content))["表"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_table_has_two_heading_rows_where_a_column_has_a_code() -> None:
    columns = [SheetColumn("案号", 24, code="case_no"), SheetColumn("净值", 15, "money", "net")]
    rows = [("（2023）浙9901执1号", 12.5), ("", None)]

    def fill(page: Any, formats: dict[str, Any]) -> None:
        heading_rows = write_table(page, formats, columns, rows, frozen_columns=1, fit_heights=True)
        add_choices(page, (heading_rows, 0, heading_rows + 1, 0), ("甲", "乙"))
        set_up_printing(page, heading_rows=heading_rows, header="页眉")

    page = load_workbook(io.BytesIO(written(fill)))["表"]
    values = [[cell.value for cell in row] for row in page]
    assert values == [["案号", "净值"], ["case_no", "net"], ["（2023）浙9901执1号", 12.5], [None, None]]
    assert page["B3"].number_format == "#,##0.00"
    assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("B3", "A2:B4", "$1:$2")
    assert (page.page_setup.orientation, page.page_setup.fitToHeight) == ("landscape", 0)
    assert [(str(rule.sqref), rule.formula1) for rule in page.data_validations.dataValidation] == [("A3:A4", '"甲,乙"')]


def test_an_empty_table_is_headings_alone() -> None:
    page = load_workbook(
        io.BytesIO(written(lambda p, f: write_table(p, f, [SheetColumn("甲"), SheetColumn("乙")], [])))
    )
    assert [[cell.value for cell in row] for row in page["表"]] == [["甲", "乙"]]


def test_a_list_that_excel_would_refuse_is_not_offered() -> None:
    long = ["选项" * 20 + str(n) for n in range(10)]
    page = load_workbook(io.BytesIO(written(lambda page, _: add_choices(page, (0, 0, 1, 0), long))))["表"]
    assert not page.data_validations.dataValidation


def test_equal_content_gives_equal_bytes_under_a_fixed_date() -> None:
    def fill(page: Any, formats: dict[str, Any]) -> None:
        write_table(page, formats, [SheetColumn("列")], [("甲",)])

    assert written(fill, created=FIXED_DATE) == written(fill, created=FIXED_DATE)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [("", 10, 1), ("abcd", 10, 1), ("一二三四五", 11.5, 1), ("一二三四五六", 11.5, 2), ("甲\n\n乙", 20, 3)],
)
def test_lines_of_a_wrapped_text(text: str, width: float, lines: int) -> None:
    assert wrapped_lines(text, width) == lines
    assert text_width(text.replace("\n", "")) == sum(2 if ord(c) > 255 else 1 for c in text if c != "\n")


def write_page(path: Path, **options: Any) -> None:
    with open_workbook(path, **options) as book:
        book.add_worksheet("表").write_string(0, 0, "甲")


def write_bytes_made(path: Path) -> None:
    write_workbook(path, written(lambda page, formats: page.write_string(0, 0, "甲")))


@pytest.mark.parametrize("write", [write_page, write_bytes_made])
@pytest.mark.parametrize("target", ["没有/a.xlsx", "目录.xlsx", "a.csv", "a", "文件/a.xlsx", "/proc/a.xlsx"])
def test_a_workbook_that_cannot_be_written_is_one_sentence_that_names_it(
    write: Callable[[Path], None], target: str, tmp_path: Path
) -> None:
    (tmp_path / "目录.xlsx").mkdir()
    (tmp_path / "文件").write_text("", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(GoldenKeyError, match=rf"^[^。]*{Path(target).name}[^。]*。$"):
        write(tmp_path / target)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("write", [write_page, write_bytes_made])
@pytest.mark.parametrize("name", ["a.xlsx", "A.XLSX"])
def test_a_workbook_takes_the_place_of_the_one_there(write: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("old", encoding="utf-8")
    write(tmp_path / name)
    assert load_workbook(tmp_path / name)["表"]["A1"].value == "甲"
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_a_workbook_that_fails_on_the_way_leaves_the_old_one_and_its_own_error(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), open_workbook(path) as book:
        book.add_worksheet("表")
        raise ZeroDivisionError
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_the_programs_own_has_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "a.xlsx"
    write_page(path, own=True, created=FIXED_DATE)
    buffer = io.BytesIO()
    with open_workbook(buffer, created=FIXED_DATE) as book:
        book.add_worksheet("表").write_string(0, 0, "甲")
    pages = [load_workbook(source)["表"]["A1"].value for source in (path, buffer)]
    assert pages == ["甲", "甲"]
    with pytest.raises(OSError, match=r"a\.xlsx"):
        write_page(Path("/proc/a.xlsx"), own=True)
