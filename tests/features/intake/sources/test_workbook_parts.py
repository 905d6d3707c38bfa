"""Workbooks that count their days from 1904."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from features.intake.sources.workbook_parts import DAYS_OF_1904, days_later

HEAD = ["账号", "交易时间", "收付标志", "交易金额"]


def book(path: Path, cell: float | str | datetime, form: str = "", from_1904: bool = True) -> Path:
    with xlsxwriter.Workbook(str(path), {"date_1904": from_1904}) as written:
        sheet = written.add_worksheet("流水")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ["9900000000000017", "", "付", 1.5])
        shown = written.add_format({"num_format": form} if form else {})
        if isinstance(cell, datetime):
            sheet.write_datetime(1, 1, cell, shown)
        else:
            sheet.write(1, 1, cell, shown)
    return path


def serial(moment: datetime, first: datetime) -> float:
    return (moment - first) / timedelta(days=1)


MOMENT = datetime(2025, 1, 2, 3, 4)
NEW, OLD = datetime(1904, 1, 1), datetime(1899, 12, 30)


@pytest.mark.parametrize(
    ("cell", "form", "from_1904", "read"),
    [
        (serial(MOMENT, NEW), "", True, "2025-01-02 03:04:00"),
        (serial(MOMENT, NEW), "0.00", True, "2025-01-02 03:04:00"),
        (serial(datetime(2025, 1, 2), NEW), "", True, "2025-01-02 00:00:00"),
        (serial(datetime(1999, 12, 31, 12), NEW), "", True, "1999-12-31 12:00:00"),
        (serial(datetime(2031, 5, 6, 23, 59, 59), NEW), "", True, "2031-05-06 23:59:59"),
        (MOMENT, "yyyy-mm-dd hh:mm", True, "2025-01-02 03:04:00"),
        ("2025-01-02 03:04", "", True, "2025-01-02 03:04:00"),
        (20250102, "", True, "2025-01-02 00:00:00"),
        (str(serial(datetime(2025, 1, 2), NEW)), "", True, "2025-01-02 00:00:00"),
        (serial(MOMENT, OLD), "", False, "2025-01-02 03:04:00"),
        (MOMENT, "yyyy-mm-dd hh:mm", False, "2025-01-02 03:04:00"),
    ],
)
def test_a_day_as_a_number_is_counted_from_the_first_day_of_the_workbook(
    tmp_path: Path, shown: Callable[..., Any], cell: float | str | datetime, form: str, from_1904: bool, read: str
) -> None:
    rows, said, _ = shown(book(tmp_path / "流水.xlsx", cell, form, from_1904))
    assert rows[0]["ts"] == read and ("从 1904 年起算" in said) == from_1904


def test_an_old_workbook_says_so_in_a_record(tmp_path: Path) -> None:
    head, tail = b"\x8d\x00\x02\x00\x00\x00\x22\x00\x02\x00", b"\x0e\x00\x02\x00\x01\x00"
    (tmp_path / "a.xls").write_bytes(head + b"\x01\x00" + tail)
    (tmp_path / "b.xls").write_bytes(head + b"\x00\x00" + tail)
    (tmp_path / "c.xlsx").write_bytes(b"PK")
    assert [days_later(path) for path in sorted(tmp_path.iterdir())] == [DAYS_OF_1904, 0, 0]
