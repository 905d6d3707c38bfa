"""Sums and moments of a statement in several columns: debit and credit, in and out, day and time."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused_files import assert_refused

from features.intake.cells import combine
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.intake.tables.mapping import read_mapping
from features.pool.pool import Pool

ACCT = "9900000000000000017"
T = datetime


def read(folder: Path, mapping: str, text: str) -> tuple[list[tuple[Any, ...]], IngestReport]:
    """Moment, direction and 分 of the rows a file gives, with the report."""
    (folder / "m.toml").write_text(f'table = "txn"\n{mapping}\n[constants]\nacct_no = "{ACCT}"\n', encoding="utf-8")
    (folder / "bank.csv").write_text(text, encoding="utf-8")
    about = IngestOptions(
        folder / "m.toml", provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1)
    )
    report = ingest(folder / "home", [str(folder / "bank.csv")], about)
    with Pool(folder / "home").as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("txn").order_by("src_row").to_pyarrow().to_pylist()
    return [(row["ts"], row["direction"], row["amount"]) for row in rows], report


DAY = T(2024, 3, 1)
TWO_SUMS = '[columns]\nts = "日"\namount = ["{}", "{}"]'


@pytest.mark.parametrize(
    ("out", "into"),
    [
        ("借方发生额", "贷方发生额"),
        ("支出", "收入"),
        ("借方金额(元)", "贷方金额(元)"),
        ("支出金额（元）", "存入金额（元）"),
        ("转出", "转入"),
        ("支取", "存入"),
        ("付方", "收方"),
        ("Debit", "Credit"),
        ("Withdrawals", "Deposits credited"),
        ("OUT", "IN"),
        ("付款金额", "收款金额"),
    ],
)
def test_the_column_that_is_filled_says_the_direction(tmp_path: Path, out: str, into: str) -> None:
    text = f'日,{out},{into}\n2024-03-01,0.00,5\n2024-03-01,"1,000.50",0\n2024-03-01,,7.00\n2024-03-01,9,--\n'
    rows, report = read(tmp_path, TWO_SUMS.format(out, into), text)
    assert rows == [(DAY, "IN", 500), (DAY, "OUT", 100_050), (DAY, "IN", 700), (DAY, "OUT", 900)]
    assert report.bad == 0


def test_a_mapping_names_columns_whose_headers_say_nothing(tmp_path: Path) -> None:
    rows, _ = read(
        tmp_path,
        '[columns]\nts = "日"\n[flows]\nin = ["甲", "丙"]\nout = "乙"',
        "日,甲,乙,丙\n20240301,,,3\n20240301,0,2,\n",
    )
    assert rows == [(DAY, "IN", 300), (DAY, "OUT", 200)]


def test_sums_that_contradict_each_other_or_the_flag_refuse_the_row(tmp_path: Path) -> None:
    mapping = '[columns]\nts = "日"\namount = ["借方", "贷方"]\ndirection = "借/贷"'
    text = "日,借/贷,借方,贷方\n20240301,借,5,6\n20240301,借,0.00,6\n20240301,,0.00,6\n20240301,贷,,7\n"
    rows, report = read(tmp_path, mapping, text)
    assert rows == [(DAY, "IN", 600), (DAY, "IN", 700)]
    assert report.rules() == {"money": 1, "code": 2}
    sentences = " ".join(str(fault["sentence"]) for fault in report.faults)
    assert "5 与 6" in sentences and "借，与金额所在列不符" in sentences


@pytest.mark.parametrize(
    ("out", "into", "way"),
    [
        ("100.00", "100.00", ""),
        ("100", "100.00", ""),
        ('"1,000.00"', "1000", ""),
        ("-100", "-100", ""),
        ("100", "-100", ""),
        ("¥100", "100元", ""),
        ("0.01", "0.01", ""),
        ("100", "0.00", "OUT"),
        ("", "100", "IN"),
        ("--", "100", "IN"),
        ("-100", "", "OUT"),
    ],
)
@pytest.mark.parametrize("flag", ["", "借"])
def test_a_row_with_money_in_and_money_out_is_refused(tmp_path: Path, out: str, into: str, way: str, flag: str) -> None:
    mapping = '[columns]\nts = "日"\n' + ('direction = "借/贷"\n' if flag else "") + '[flows]\nin = "收"\nout = "支"'
    rows, report = read(tmp_path, mapping, f"日,借/贷,支,收\n20240301,{flag},{out},{into}\n20240302,借,9,\n")
    told = [way] if way and not (flag and way == "IN") else []
    assert [one[1] for one in rows] == [*told, "OUT"] and report.bad == 1 - len(told)
    if not way:
        assert "收入和支出两列都有金额" in " ".join(str(fault["sentence"]) for fault in report.faults)


@pytest.mark.parametrize(
    ("day", "time", "moment"),
    [
        ("20240301", "10:11:12", T(2024, 3, 1, 10, 11, 12)),
        ("\t20240301", "\t101112", T(2024, 3, 1, 10, 11, 12)),
        ("2024-03-01", "91112", T(2024, 3, 1, 9, 11, 12)),
        ("2024/3/1", "9:05", T(2024, 3, 1, 9, 5)),
        ("2024.03.01", "08:05:06", T(2024, 3, 1, 8, 5, 6)),
        ("2024年3月1日", "8时5分6秒", T(2024, 3, 1, 8, 5, 6)),
        ("2024年3月1日", "8时5分", T(2024, 3, 1, 8, 5)),
        ("2024-03-01 00:00:00", "23:59:59", T(2024, 3, 1, 23, 59, 59)),
        ("23:59:59", "2024-03-01", T(2024, 3, 1, 23, 59, 59)),
        ("2024-03-01", "", DAY),
        ("", "2024-03-01 10:11:12", T(2024, 3, 1, 10, 11, 12)),
        ("2024-03-01", "2024年3月1日", DAY),
        ("2024-03-01 07:00:00", "10:11:12", T(2024, 3, 1, 7)),
        ("2024.03.01 08:05:06", "", T(2024, 3, 1, 8, 5, 6)),
    ],
)
def test_a_day_and_its_time_are_one_moment(tmp_path: Path, day: str, time: str, moment: datetime) -> None:
    rows, _ = read(
        tmp_path, '[columns]\nts = ["日", "时"]\namount = "额"\ndirection = "向"', f"日,时,额,向\n{day},{time},1,收\n"
    )
    assert rows == [(moment, "IN", 100)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2024-03-01", "2024-03-02"),
        ("2024-03-01 10:00:00", "2024-03-02"),
        ("2024/3/1", "20240302"),
        ("2024-03-01 10:00:00", "2024-03-01 11:00:00"),
    ],
)
def test_two_moments_that_differ_refuse_the_row_unless_the_first_is_asked_for(
    tmp_path: Path, one: str, other: str
) -> None:
    text = f"甲,乙,额,向\n{one},{other},1,收\n"
    rest = 'amount = "额"\ndirection = "向"'
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    rows, report = read(tmp_path / "a", f'[columns]\nts = ["甲", "乙"]\n{rest}', text)
    assert (rows, report.rules()) == ([], {"datetime": 1})
    assert one in str(report.faults[0]["sentence"]) and other in str(report.faults[0]["sentence"])
    rows, report = read(tmp_path / "b", f'[columns]\nts = {{ first = ["甲", "乙"] }}\n{rest}', text)
    assert (len(rows), report.bad) == (1, 0)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([None, "0", "0.00", "-0", "5", "6.50"]), min_size=2, max_size=4))
def test_of_several_sums_the_one_that_is_not_nought_counts(cells: list[str | None]) -> None:
    found = combine.amount([pa.chunked_array([pa.array([cell], pa.string())]) for cell in cells])[0].as_py()
    sums = dict.fromkeys(cell for cell in cells if cell and float(cell))
    if len(sums) > 1:
        assert found is not None and " 与 " in found
    elif sums:
        assert found == next(iter(sums))
    else:
        assert found is None if not any(cells) else float(found) == 0


@pytest.mark.parametrize(
    "text",
    [
        '[columns]\nts = "日"\n[flows]\nin = "甲"',
        '[columns]\nts = "日"\namount = "丙"\n[flows]\nin = "甲"\nout = "乙"',
        '[columns]\nts = "日"\n[flows]\nin = "甲"\nout = "乙"\nfee = "丙"',
    ],
)
def test_half_a_pair_of_columns_is_refused(tmp_path: Path, text: str) -> None:
    assert_refused(read_mapping, tmp_path / "m.toml", f'table = "txn"\n{text}\n', "应有 in、out 两项")
