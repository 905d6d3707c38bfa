"""Texts of delivered columns against Python's own date, decimal and csv modules."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.world.base import text_columns
from evaluation.world.base.chance import NEVER, chances_with_mean, choice_by_row, position_in_group, random_stream

DAYS = st.lists(st.integers(-14_000, 29_000), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("spelling", "form"),
    [
        ("iso", "{0:04d}-{1:02d}-{2:02d}"),
        ("slash", "{0}/{1}/{2}"),
        ("plain", "{0:04d}{1:02d}{2:02d}"),
        ("chinese", "{0}年{1}月{2}日"),
    ],
)
@settings(max_examples=25)
@given(days=DAYS)
def test_dates_in_every_spelling(spelling: str, form: str, days: list[int]) -> None:
    array = text_columns.date_array(np.array([*days, NEVER]))
    expected = [date(1970, 1, 1) + timedelta(days=day) for day in days]
    assert array.to_pylist() == [*expected, None]
    texts = text_columns.date_texts(array, spelling).to_pylist()
    assert texts == [form.format(day.year, day.month, day.day) for day in expected] + [None]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2_000_000_000), st.integers(0, 10**13)), min_size=1, max_size=20))
def test_moments_and_money(rows: list[tuple[int, int]]) -> None:
    seconds, fen = [row[0] for row in rows], [row[1] for row in rows]
    moments = text_columns.datetime_texts(pa.array(seconds)).to_pylist()
    assert moments == [datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S") for second in seconds]
    assert [Decimal(text) * 100 for text in text_columns.yuan_texts(pa.array(fen)).to_pylist()] == fen


def test_a_csv_file_reads_back_with_nulls_as_blanks() -> None:
    columns = [pa.array(["甲", None, "乙"]), pa.chunked_array([["1"], ["2", "3"]])]
    body = text_columns.csv_bytes(["姓名", "序号"], columns, "gb18030")
    assert list(csv.reader(io.StringIO(body.decode("gb18030")))) == [
        ["姓名", "序号"],
        ["甲", "1"],
        ["", "2"],
        ["乙", "3"],
    ]
    assert text_columns.csv_bytes(["a"], [], "utf-8") == b"a\r\n"
    assert text_columns.bool_texts(pa.array([True, False])).to_pylist() == ["是", "否"]


@settings(max_examples=25)
@given(st.lists(st.integers(0, 6), max_size=12))
def test_positions_in_groups_count_each_group_from_zero(sizes: list[int]) -> None:
    assert position_in_group(np.array(sizes, dtype=np.int64)).tolist() == [nth for size in sizes for nth in range(size)]


def test_draws_by_weight_follow_the_weights() -> None:
    rng = random_stream(1, 0, "test")
    column = choice_by_row(rng, np.tile([1.0, 0.0, 3.0], (4000, 1)))
    assert set(column) == {0, 2}
    assert (column == 2).mean() == pytest.approx(0.75, abs=0.03)
    assert choice_by_row(rng, np.zeros((3, 4))).tolist() == [0, 0, 0]
    score = rng.normal(0, 2, 500)
    chances = chances_with_mean(score, 0.2)
    assert chances.mean() == pytest.approx(0.2, abs=1e-6)
    assert (np.argsort(chances, kind="stable") == np.argsort(score, kind="stable")).all()
