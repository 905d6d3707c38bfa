"""Rows of one account in several files or sheets: what is one payment delivered twice counts once, all else stays."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from features.errors import GoldenKeyError
from features.facts.money.trace import WalkSettings
from features.trace.left_out import doubtful_sentences, left_out_rows
from features.trace.result import TraceQuery, trace_payments
from features.trace.statements import Statements, open_statements

HEAD = (
    "交易账号",
    "交易时间",
    "交易金额",
    "收付标志",
    "对手户名",
    "交易对手账卡号",
    "交易流水号",
    "交易余额",
    "摘要说明",
)
TEN, THREE, DAY = "2024-03-01 10:00:00", "2024-03-01 15:00:00", "2024-03-01"
B, C = ("某乙", "9900000000000025"), ("某丙", "9900000000000033")
Line = tuple[str, int, tuple[str, str], str, str, str]


def pay(ts: str, yuan: int, side: tuple[str, str] = B, ref: str = "", balance: str = "", memo: str = "") -> Line:
    return ts, yuan, side, ref, balance, memo


CASES: dict[str, tuple[list[list[Line]], int]] = {
    "a day over two files": ([[pay(TEN, 1000)], [pay(THREE, 2000, C)]], 3000),
    "a day without a time over two files": ([[pay(DAY, 1000)], [pay(DAY, 2000, C)]], 3000),
    "only the sum differs, no time": ([[pay(DAY, 1000)], [pay(DAY, 2000)]], 3000),
    "only the counterparty differs": ([[pay(TEN, 1000)], [pay(TEN, 1000, C)]], 2000),
    "only the time differs": ([[pay(TEN, 1000)], [pay(THREE, 1000)]], 2000),
    "the same without a number": ([[pay(TEN, 1000)], [pay(TEN, 1000)]], 1000),
    "the same with a number": ([[pay(TEN, 1000, ref="88001")], [pay(TEN, 1000, ref="88001")]], 1000),
    "the same, once without a balance": ([[pay(TEN, 1000)], [pay(TEN, 1000, balance="70.00")]], 1000),
    "the same, once without a time": ([[pay(TEN, 1000)], [pay(DAY, 1000)]], 1000),
    "the same, once masked": ([[pay(TEN, 1000)], [pay(TEN, 1000, ("某*", "9900****0025"))]], 1000),
    "the same, once without its counterparty": ([[pay(TEN, 1000)], [pay(TEN, 1000, ("", ""))]], 1000),
    "two balances are two payments": ([[pay(TEN, 1000, balance="9.00")], [pay(TEN, 1000, balance="8.00")]], 2000),
    "a serial number that begins anew": ([[pay(TEN, 1000, ref="1")], [pay(THREE, 2000, C, ref="1")]], 3000),
    "the same number, no times": ([[pay(DAY, 1000, ref="1")], [pay(DAY, 2000, ref="1")]], 3000),
    "a corrected sum": ([[pay(TEN, 1000, ref="88001")], [pay(TEN, 1200, ref="88001")]], 1200),
    "a third file between": ([[pay(TEN, 1000)], [pay(THREE, 2000)], [pay(TEN, 1000)]], 3000),
    "a file within a file": ([[pay(TEN, 1000)], [pay(DAY + " 09:00:00", 5), pay(TEN, 1000), pay(THREE, 7)]], 1012),
    "two at once in one file": ([[pay(TEN, 1000), pay(TEN, 1000, memo="货款")]], 2000),
    "two at once, delivered twice": ([[pay(TEN, 1000), pay(TEN, 1000, memo="货款")]] * 2, 2000),
    "two at once under one number": ([[pay(TEN, 1000, ref="88001"), pay(TEN, 1000, ref="88001", memo="货款")]], 1000),
}
RANDOM = 40
"""Accounts whose payments are spread over the files by chance."""


def account(place: int) -> str:
    return f"990000000100{place:04d}"


def spread(place: int) -> tuple[list[list[Line]], int]:
    """Payments of one day, each at its own second, in a file or in several, in any order; and their sum."""
    chance = random.Random(place)
    lines = [
        pay(f"{DAY} {n:02d}:{chance.randrange(60):02d}:00", chance.randrange(1, 9999), chance.choice((B, C)))
        for n in range(chance.randrange(1, 9))
    ]
    files: list[list[Line]] = [[], [], []]
    for line in lines:
        for number in chance.sample(range(3), chance.randrange(1, 4)):
            files[number].append(line)
    for file in files:
        chance.shuffle(file)
    if chance.random() < 0.5:  # serial numbers that begin anew in each file name no payment twice
        once: list[list[Line]] = [[], [], []]
        for n, line in enumerate(lines):
            once[n % 3].append((*line[:3], str(len(once[n % 3]) + 1), *line[4:]))
        files = once
    return files, sum(yuan for _, yuan, *_ in lines)


EXPECTED = {account(n): case for n, case in enumerate([*CASES.values(), *map(spread, range(RANDOM))])}


def cells(acct: str, line: Line) -> tuple[str, ...]:
    ts, yuan, (name, number), ref, balance, memo = line
    return acct, ts, f"{yuan}.00", "出", name, number, ref, balance, memo


@pytest.fixture(scope="module", params=["files", "sheets"])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Statements]:
    """All accounts in one question: the n-th part of each in the n-th file, or sheet of one workbook."""
    folder = tmp_path_factory.mktemp("doubles")
    parts = [
        [cells(acct, line) for acct, (files, _) in EXPECTED.items() if number < len(files) for line in files[number]]
        for number in range(3)
    ]
    paths = [folder / "流水.xlsx"] if request.param == "sheets" else [folder / f"流水{n}.csv" for n in range(3)]
    if request.param == "sheets":
        with xlsxwriter.Workbook(paths[0]) as book:
            for number, rows in enumerate(parts):
                sheet = book.add_worksheet(f"第{number}页")
                for place, row in enumerate([HEAD, *rows]):
                    sheet.write_row(place, 0, row)
    else:
        for path, rows in zip(paths, parts, strict=True):
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([HEAD, *rows])
    with open_statements(paths) as statements:
        yield statements


def test_what_is_one_payment_counts_once_and_all_else_stays(held: Statements) -> None:
    rows = held.rows.group_by("acct").agg(total=held.rows.amount.sum()).to_pandas()
    sums = {str(acct): int(total) // 100 for acct, total in zip(rows["acct"], rows["total"], strict=True)}
    names = {account(n): name for n, name in enumerate(CASES)}
    wrong = {names.get(acct, acct): sums.get(acct) for acct, (_, yuan) in EXPECTED.items() if sums.get(acct) != yuan}
    assert wrong == {}


def test_every_row_of_the_files_counts_or_is_named(held: Statements) -> None:
    delivered = sum(len(file) for files, _ in EXPECTED.values() for file in files)
    reasons = {one.reason: one.rows for one in left_out_rows(held, "CNY")}
    assert held.rows.count().to_pyarrow().as_py() + sum(reasons.values()) == delivered
    assert set(reasons) == {"repeated", "corrected"} and reasons["corrected"] == 1
    said = "".join(doubtful_sentences(held))
    assert "流水号在另一文件或工作表中" in said and "没有交易流水号和余额，都按不同交易计入" in said


def write(path: Path, *lines: Line) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *(cells(account(0), line) for line in lines)])
    return path


def test_rows_that_are_one_in_every_cell_count_once_and_are_named(tmp_path: Path) -> None:
    file = write(tmp_path / "流水.csv", pay(TEN, 1000), pay(TEN, 1000), pay(THREE, 5, ref="1"), pay(THREE, 5, ref="1"))
    with open_statements([file]) as held:
        trace = trace_payments(held, TraceQuery((account(0),), WalkSettings()))
    assert trace.total == 100_500
    (twins,) = [one for one in trace.left_out if one.reason == "twins"]
    assert (twins.rows, twins.places) == (1, ("流水.csv第3行",))  # one serial number twice is one payment


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([pay(TEN, -1000), pay(THREE, -500)], "有2行金额为负而找不到所冲正的交易"),
        ([pay(TEN, 1000), pay(THREE, -1000, memo="冲正")], "有1笔交易其后被冲正或全额退款"),
        ([pay(TEN, 0)], "有1行金额为零"),
        ([pay("某日", 1000)], "有1行没有可读的交易时间"),
    ],
)
def test_a_statement_none_of_whose_rows_counts_says_why(lines: list[Line], why: str, tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError) as refused, open_statements([write(tmp_path / "流水.csv", *lines)]):
        pass
    said = str(refused.value)
    assert "“流水.csv”中的银行流水没有一笔可以追踪的交易" in said and why in said and "流水.csv第" in said
    assert "mapping suggest" not in said
