"""Rows without reference numbers that another file of the delivery takes the place of are told, and no others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import Pool

HEADER = "交易账号,交易时间,交易金额,收付标志,交易流水号\n"
ABOUT = IngestOptions(provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1))
MORNING = ["09:00:00,100.00,出", "10:00:00,200.00,出"]
EVENING = ["18:00:00,300.00,出", "19:00:00,5.00,进"]


def taken(folder: Path, files: dict[str, list[str]], numbered: bool = False) -> tuple[list[str], int]:
    """What is told of the files of one delivery, and how many rows count afterwards."""
    for name, rows in files.items():
        numbers = [f"{name}{place}" if numbered else "" for place in range(len(rows))]
        lines = [f"990000000000001,2024-03-01 {row},{number}\n" for row, number in zip(rows, numbers, strict=True)]
        (folder / f"{name}流水.csv").write_text(HEADER + "".join(lines), encoding="utf-8")
    report = ingest(folder / "home", [str(folder / f"{name}流水.csv") for name in files], ABOUT)
    with Pool(folder / "home").as_of(date(2024, 6, 1)) as cut:
        return [line for line in report.notices if "取代" in line], int(cut.table("txn").count().execute())


def test_parts_of_a_day_in_two_files_are_told(tmp_path: Path) -> None:
    (line,), rows = taken(tmp_path, {"甲": MORNING, "乙": EVENING})
    assert rows == 3  # the first payment of the evening stands for that of the morning
    assert "“甲流水.csv”有 1 行" in line and "与“乙流水.csv”" in line


@pytest.mark.parametrize(
    ("files", "numbered", "rows"),
    [
        ({"甲": MORNING, "乙": [*MORNING, "21:00:00,1.00,进"]}, False, 3),
        ({"甲": MORNING, "乙": MORNING[::-1]}, False, 2),
        ({"甲": MORNING[:1], "乙": EVENING[1:]}, False, 2),
        ({"甲": MORNING, "乙": EVENING}, True, 4),
        ({"甲": [*MORNING, *EVENING]}, False, 4),
    ],
    ids=["exported again later", "the other way round", "other directions", "numbered", "one file"],
)
def test_nothing_is_told_where_nothing_is_lost(
    files: dict[str, list[str]], numbered: bool, rows: int, tmp_path: Path
) -> None:
    assert taken(tmp_path, files, numbered) == ([], rows)
