"""Amounts, dates and locations as reasons write them: the value read back is the value written."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reasons.format import format_amount, format_date, format_location

UNIT_FEN = {"元": 100, "万元": 1_000_000, "亿元": 10_000_000_000}


@given(st.integers(-(10**15), 10**15))
def test_an_amount_reads_back_within_half_its_last_digit(fen: int) -> None:
    number, unit = re.fullmatch(r"(-?[\d,]+\.\d\d)(\D+)", format_amount(fen)).groups()  # type: ignore[union-attr]
    assert abs(float(number.replace(",", "")) * UNIT_FEN[unit] - fen) <= 0.005 * UNIT_FEN[unit] * 1.001


@pytest.mark.parametrize(
    ("fen", "unit"), [(999_999, "元"), (1_000_000, "万元"), (10**10 - 1, "万元"), (10**10, "亿元")]
)
def test_the_unit_changes_at_ten_thousand_and_a_hundred_million_yuan(fen: int, unit: str) -> None:
    assert format_amount(fen).lstrip("0123456789,.") == unit


@given(st.dates(date(1949, 10, 1)))
def test_a_date_reads_back(day: date) -> None:
    assert date(*map(int, re.findall(r"\d+", format_date(day)))) == day


@pytest.mark.parametrize(
    ("location", "text"),
    [
        (("a.xlsx", "表1", 7), "a.xlsx 工作表“表1” 第7行"),
        (("a.csv", None, 2), "a.csv 第2行"),
        (("", "", None), "（文件不详）"),
    ],
)
def test_a_location_names_what_is_known(location: tuple[str, str | None, int | None], text: str) -> None:
    assert format_location(*location) == text
