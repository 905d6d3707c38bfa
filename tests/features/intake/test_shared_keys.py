"""Rows without reference numbers that another file of the delivery takes the place of are told, and no others."""

from __future__ import annotations

from dataclasses import replace
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


LATER = ["09:00:00,100.00,出", "10:00:00,250.00,出"]


def delivered(folder: Path, name: str, rows: list[str], day: int, **more: str) -> list[str]:
    """What is told of a delivery that follows others; a row is its moment, sum, direction and what stands behind."""
    lines = [f"{more.get('account', '990000000000001')},{more.get('on', '2024-03-01')} {row}\n" for row in rows]
    head = HEADER.replace("\n", ",摘要\n") if more.get("memo") else HEADER
    ends = [f",{more.get('number', '')}" + (f",{more['memo']}" if "memo" in more else "") for _ in rows]
    text = head + "".join(line.replace("\n", f"{end}\n") for line, end in zip(lines, ends, strict=True))
    (folder / f"{name}流水.csv").write_text(text, encoding="utf-8")
    options = replace(ABOUT, received_on=date(2024, 5, day))
    report = ingest(folder / "home", [str(folder / f"{name}流水.csv")], options)
    return [line for line in report.notices if "批次" in line]


@pytest.mark.parametrize(
    ("first", "second", "more", "told"),
    [
        (MORNING, EVENING, {}, ("1 行", "1 个账户日")),
        (MORNING, LATER, {}, ("1 行", "1 个账户日")),
        (
            [*MORNING, "11:00:00,7.00,出"],
            ["08:00:00,1.00,出", "08:30:00,2.00,出", *EVENING],
            {},
            ("3 行", "1 个账户日"),
        ),
        (MORNING, MORNING, {"memo": "补摘要"}, ("2 行", "1 个账户日")),
        (MORNING, MORNING, {}, ()),
        (MORNING, [*MORNING, *EVENING], {}, ()),
        (MORNING, MORNING[::-1], {}, ()),
        (MORNING, MORNING[:1], {}, ()),
        (MORNING[1:], MORNING, {}, ()),
        (MORNING, EVENING, {"on": "2024-03-02"}, ()),
        (MORNING, EVENING, {"account": "990000000000002"}, ()),
        (MORNING, EVENING, {"number": "T1"}, ()),
        (MORNING[:1], EVENING[1:], {}, ()),
    ],
)
@pytest.mark.parametrize("known_later", [True, False])
def test_rows_that_a_later_delivery_takes_the_place_of_are_told_with_their_batch(
    first: list[str], second: list[str], more: dict[str, str], told: tuple[str, ...], known_later: bool, tmp_path: Path
) -> None:
    assert delivered(tmp_path, "甲", first, day=10) == []
    said = delivered(tmp_path, "乙", second, 20 if known_later else 5, **more)
    if known_later:
        assert bool(said) == bool(told)
        assert all("第 1 批次" in line and "已被本次取代" in line for line in said)
        assert all(word in line for line in said for word in told)
    else:
        assert all("本次的行不计入" in line and "第 1 批次" in line for line in said)
    with Pool(tmp_path / "home").as_of(date(2024, 6, 1)) as cut:
        rows = {
            (f"{row['ts']:%H:%M:%S},{row['amount'] / 100:.2f}", row["memo"])
            for row in cut.table("txn").to_pyarrow().to_pylist()
        }
    kept = {(row[:-2], None) for row in first} <= rows
    if known_later:
        assert kept == (not told)
    else:
        held = {(row[:-2], more.get("memo")) for row in second} <= rows
        assert kept and held == (not said)
