"""Serial numbers used for two payments are told at intake, corrections and rows delivered again are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import Pool

HEAD = ("交易账号", "交易时间", "交易金额", "收付标志", "对手户名", "交易对手账卡号", "交易流水号", "交易余额")
DAY, TEN, THREE = "2024-03-01", "2024-03-01 10:00:00", "2024-03-01 15:00:00"
B, C, NONE = ("某乙", "9900000000000025"), ("某丙", "9900000000000033"), ("", "")
Line = tuple[str, str, tuple[str, str], str]
AGAIN = [
    ((TEN, "1000.00", B, ""), (TEN, "1000.00", B, "")),
    ((TEN, "1000.00", B, ""), (TEN, "1200.00", B, "")),  # a corrected sum
    ((TEN, "1000.00", B, ""), (TEN, "1000.00", B, "70.00")),
    ((TEN, "1000.00", B, "70.00"), (TEN, "1000.00", B, "80.00")),  # a corrected balance
    ((TEN, "1000.00", B, ""), (DAY, "1000.00", B, "")),
    ((TEN, "1000.00", B, ""), (TEN, "1000.00", ("某*", "9900****0025"), "")),
    ((TEN, "1000.00", B, ""), (TEN, "1000.00", NONE, "")),
    ((TEN, "1000.00", NONE, ""), (TEN, "1200.00", B, "")),
    ((TEN, "1000.00", B, ""), ("2024-03-02 10:00:00", "2000.00", C, "")),  # another day is another key
]
REUSED = [
    ((TEN, "1000.00", B, ""), (THREE, "2000.00", C, "")),
    ((TEN, "1000.00", B, ""), (THREE, "1000.00", B, "")),
    ((TEN, "1000.00", B, ""), (TEN, "2000.00", C, "")),
    ((TEN, "1000.00", B, ""), (THREE, "2000.00", B, "")),
    ((DAY, "1000.00", B, ""), (DAY, "2000.00", B, "")),
    ((DAY, "1000.00", B, ""), (DAY, "1000.00", C, "")),
    ((DAY, "1000.00", ("某乙", ""), ""), (DAY, "1000.00", ("某丙", ""), "")),
    ((DAY, "1000.00", B, ""), (THREE, "2000.00", C, "")),
]
PAIRS = [(*pair, False) for pair in AGAIN] + [(*pair, True) for pair in REUSED]


def cells(place: int, line: Line) -> tuple[str, ...]:
    ts, yuan, side, balance = line
    return f"990000000100{place:04d}", ts, yuan, "出", *side, str(place + 1), balance


def write(path: Path, *sheets: list[Line]) -> Path:
    """A workbook; the n-th row of a sheet is of the n-th account, under its own serial number."""
    with xlsxwriter.Workbook(path) as book:
        for sheet, lines in enumerate(sheets):
            page = book.add_worksheet(f"第{sheet + 1}页")
            for row, line in enumerate([HEAD, *(cells(place, line) for place, line in enumerate(lines))]):
                page.write_row(row, 0, line)
    return path


def about(number: str, day: int) -> IngestOptions:
    return IngestOptions(
        None, "txn", number, date(2024, 5, day), provider="某", legal_basis="试", purpose="试", scope="试"
    )


FIRST, SECOND = [one for one, _, _ in PAIRS], [other for _, other, _ in PAIRS]


@pytest.mark.parametrize("parts", ["files", "sheets", "deliveries", "earlier"])
def test_a_number_used_for_two_payments_is_told_with_count_and_example(parts: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    if parts == "sheets":
        notices = ingest(home, [str(write(tmp_path / "甲.xlsx", FIRST, SECOND))], about("一", 5)).notices
    else:
        one, two = write(tmp_path / "甲.xlsx", FIRST), write(tmp_path / "乙.xlsx", SECOND)
        if parts == "files":
            notices = ingest(home, [str(one), str(two)], about("一", 5)).notices
        else:
            assert not [line for line in ingest(home, [str(one)], about("一", 5)).notices if "流水号" in line]
            notices = ingest(home, [str(two)], about("二", 9 if parts == "deliveries" else 2)).notices
    (line,) = [line for line in notices if "交易流水号相同" in line]
    first = 1 + len(AGAIN)  # the row of the first pair that is told, under its header, has this number
    assert (
        f"有 {len(REUSED)} 行与" in line and f"如流水号“{first}”：前者第 {first + 1} 行、后者第 {first + 1} 行" in line
    )
    assert ("第 1 批次（交接“一”）的“甲.xlsx”" in line) == (parts in ("deliveries", "earlier"))
    assert ("合并为一个工作表" in line) == (parts == "sheets")
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        lost = 2 * len(PAIRS) - int(cut.table("txn").count().execute())
    assert lost == len(PAIRS) - 1  # as before, a number stands for one row of a day


@pytest.mark.parametrize("repeated", [1, 2])
def test_a_number_used_twice_in_one_sheet_is_two_payments(repeated: int, tmp_path: Path) -> None:
    home, lines = tmp_path / "home", [cells(0, line) for line in ((TEN, "1.00", B, ""), (THREE, "2.00", C, ""))]
    for number in range(repeated):
        file = tmp_path / f"流水{number}.csv"
        file.write_text("\n".join(map(",".join, [HEAD, *lines, cells(1 + number, (TEN, "3.00", B, ""))])), "utf-8")
        assert not [line for line in ingest(home, [str(file)], about(str(number), 5)).notices if "流水号" in line]
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        assert int(cut.table("txn").count().execute()) == 2 + repeated
