"""Reading single cells: the spellings of the field, against values written by hand; Arrow and SQL agree."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.cells import arrow as cell_arrow
from features.intake.cells import sql as cell_sql
from features.schema.contract import Column

T = datetime
SPELLINGS: dict[str, list[tuple[str, Any]]] = {
    "date": [
        ("2024-03-01", date(2024, 3, 1)),
        ("2024/3/1", date(2024, 3, 1)),
        ("2024.3.1", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("2024年3月1日", date(2024, 3, 1)),
        ("２０２４年３月１日", date(2024, 3, 1)),
        ("45352", date(2024, 3, 1)),
        ("2024-03-01 00:00:00", date(2024, 3, 1)),
        ("2024-02-30", None),
        ("20240230", None),
        ("2024-13-01", None),
        ("三月一日", None),
        ("1234", None),
        ("9999-12-31", date(9999, 12, 31)),
        ("0001-01-01", date(1, 1, 1)),
        ("0000-01-01", None),
        ("00000101", None),
    ],
    "datetime": [
        ("2024-03-01 10:15:22", T(2024, 3, 1, 10, 15, 22)),
        ("2024-03-01-10.15.22.000000", T(2024, 3, 1, 10, 15, 22)),
        ("20240301101522", T(2024, 3, 1, 10, 15, 22)),
        ("20240301 101522", T(2024, 3, 1, 10, 15, 22)),
        ("2024/3/1 9:05", T(2024, 3, 1, 9, 5)),
        ("2024.03.01 10:15:22", T(2024, 3, 1, 10, 15, 22)),
        ("2024.3.1", T(2024, 3, 1)),
        ("2024年3月1日10时15分22秒", T(2024, 3, 1, 10, 15, 22)),
        ("2024-03-01T10:15:22", T(2024, 3, 1, 10, 15, 22)),
        ("45352.5", T(2024, 3, 1, 12)),
        ("2024-03-01", T(2024, 3, 1)),
        ("2024-03-01 10:15:22+08:00", None),
        ("2024-02-30 10:15:22", None),
        ("2024-03-01 25:00:00", None),
        ("9999-12-31 23:59:59", T(9999, 12, 31, 23, 59, 59)),
        ("9999-12-31 24:00:00", None),
        ("0000-01-01 00:00:00", None),
    ],
    "money": [
        ("30000.00", 3_000_000),
        ("30,000.5", 3_000_050),
        ("３０，０００．５０元", 3_000_050),
        ("¥12", 1_200),
        ("-0.01", -1),
        ("0.125", 12),
        ("0.135", 14),
        ("1.10000000", 110),
        ("1.23456", None),
        ("1,23", None),
        ("12万元", 12_000_000),
        ("15.5万", 15_500_000),
        ("1.25亿元", 12_500_000_000),
        ("万", None),
        ("1万万", None),
        ("8万余", None),
        ("(1,000.00)", -100_000),
        ("（8.50）", -850),
        ("1,000.00-", -100_000),
        ("¥-8.50", -850),
        ("-￥8.50", -850),
        ("(￥8.50)", -850),
        ("RMB 1,000.00", 100_000),
        ("人民币8元", 800),
        ("cny8", 800),
        ("+8", 800),
        ("(-8)", None),
        ("-8-", None),
        ("--8", None),
        ("(8", None),
        ("USD8", None),
        ("1e3", None),
        ("1_000", None),
        ("l00", None),
        ("9999999999999.99", 999_999_999_999_999),
        ("9,999,999,999,999.9900", 999_999_999_999_999),
        ("9999999999999.9999", 10**15),
        ("99999999999999", None),
    ],
    "int": [
        ("12", 12),
        ("12.0", 12),
        ("12.5", None),
        ("9" * 15, 10**15 - 1),
        ("0" * 30 + "7", 7),
        ("9" * 16, None),
        ("9" * 20, None),
        ("9" * 400, None),
    ],
    "real": [
        ("0.5", 0.5),
        ("50%", 0.5),
        ("半", None),
        ("9" * 15 + ".5", 10**15 - 0.5),
        ("9" * 16, None),
        ("9" * 400 + "%", None),
    ],
    "bool": [
        ("是", True),
        ("Ｎ", False),
        ("无", False),
        ("或许", None),
    ],
    "set": [
        ("老年；残疾、老年", "残疾;老年"),
    ],
    "id": [
        ("'6222021234567890123", "6222021234567890123"),
        ('="6222021234567890123"', "6222021234567890123"),
        ("６２２２ ０２１２", "62220212"),
        ("99000119800101001x", "99000119800101001X"),
        ("a_b-1", "a_b-1"),
    ],
}
"""By the kind of the column: how a cell is written, and its value; None where it is none of that kind."""


def by_sql(column: Column, text: str) -> Any:
    with duckdb.connect() as con:
        return con.execute(f"SELECT {cell_sql.value_sql(column, 't')} FROM (SELECT $t AS t)", {"t": text}).fetchall()[
            0
        ][0]


def by_arrow(column: Column, text: str) -> Any:
    array = cell_arrow.clean_cells(pa.chunked_array([pa.array([text, None])]), column.kind)
    values = cell_arrow.parse_bools(array) if column.kind == "bool" else cell_arrow.parse_column(column, array)
    return None if values is None else values.to_pylist()[0]


@pytest.mark.parametrize(
    ("kind", "text", "expected"), [(kind, *row) for kind, rows in SPELLINGS.items() for row in rows]
)
def test_spellings_of_the_field(kind: Any, text: str, expected: Any) -> None:
    column = Column("x", "列", kind)
    if kind == "bool":
        assert by_arrow(column, text) is expected
    else:
        assert by_sql(column, text) == expected
        assert by_arrow(column, text) in (expected, None)


@pytest.mark.parametrize(
    "text", ["(2024)浙9901执恢 12号", "〔2024〕浙9901执恢12号", "（2024）浙9901执恢12号", "[２０２４]浙9901执恢１２号"]
)
def test_case_numbers_take_one_form(text: str) -> None:
    assert by_sql(Column("case_no", "案号", "id"), text) == "（2024）浙9901执恢12号"


def test_months_alone_are_read_where_they_are_usual() -> None:
    for text in ("2024-03", "202403", "2024年3月"):
        assert by_sql(Column("last_month", "缴存至", "date"), text) in (date(2024, 3, 1), None)
        assert by_sql(Column("x", "日期", "date"), text) is None


def test_plates_are_in_upper_case_and_other_identifiers_as_delivered() -> None:
    assert by_sql(Column("plate", "号牌号码", "id"), "浙zA001") == "浙ZA001"
    assert by_arrow(Column("plate", "号牌号码", "id"), "浙zA001") == "浙ZA001"
    assert by_arrow(Column("ref_no", "流水号", "id"), "aB9") == "aB9"


@settings(max_examples=60)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False))
def test_money_is_rounded_half_to_even(amount: Decimal) -> None:
    expected = int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    column = Column("x", "金额", "money")
    assert by_sql(column, f"{amount:f}") == expected
    assert by_sql(column, f"{amount:,f}") == expected


@settings(max_examples=60)
@given(st.lists(st.dates(date(1900, 1, 1), date(2100, 1, 1)), min_size=1, max_size=5), st.integers(0, 3))
def test_arrow_and_sql_read_dates_alike(days: list[date], form: int) -> None:
    texts = [
        (f"{d:%Y-%m-%d}", f"{d.year}/{d.month}/{d.day}", f"{d:%Y%m%d}", f"{d.year}年{d.month}月{d.day}日")[form]
        for d in days
    ]
    column = Column("x", "日期", "date")
    values = cell_arrow.parse_column(column, pa.chunked_array([pa.array(texts)]))
    assert values is not None
    assert values.to_pylist() == days == [by_sql(column, text) for text in texts]
