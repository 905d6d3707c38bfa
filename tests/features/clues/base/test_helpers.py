"""Parts that clues share, each against the same thing said in plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest

from features.clues.base import helpers, statement_helpers

LOG_LAG = timedelta(days=helpers.COURT_LAG_DAYS)


def value(expression: Any) -> Any:
    return ibis.duckdb.connect().execute(expression)


def test_a_text_leaves_out_what_is_unknown() -> None:
    unknown = ibis.literal(None, type="string")
    assert value(helpers.text(ibis.literal("车辆"), unknown, " ", ibis.literal("浙Z00001"))) == "车辆 浙Z00001"
    assert value(helpers.text(unknown, unknown)) == ""


@pytest.mark.parametrize("fen", [0, 99, 100, 123_456, 2**53 + 1])
def test_whole_yuan_are_cut_not_rounded(fen: int) -> None:
    assert value(helpers.whole_yuan(ibis.literal(fen, type="int64"))) == str(fen // 100)


@pytest.mark.parametrize("day", [date(2022, 12, 31), date(2023, 1, 1), date(2024, 2, 29)])
def test_months_are_numbered_without_a_gap(day: date) -> None:
    following = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    numbers = [value(helpers.month_number(ibis.literal(one))) for one in (day, following)]
    assert numbers[1] - numbers[0] == 1


@pytest.mark.parametrize(("late", "covered"), [(LOG_LAG - timedelta(days=1), False), (LOG_LAG, True), (None, False)])
def test_a_log_covers_a_day_once_delivered_its_lag_after_it(late: timedelta | None, covered: bool) -> None:
    due = date(2023, 6, 20)
    log_on = None if late is None else due + late
    assert value(helpers.log_covers(ibis.literal(log_on, type="date"), ibis.literal(due))) == covered


def test_a_blank_counts_only_where_its_delivery_fills_the_column() -> None:
    rows = ibis.memtable(pd.DataFrame({"batch": [1, 1, 2, 2], "notified": ["a", None, None, None]}))
    found = value(rows.mutate(counts=helpers.filled_in_batch(rows, "notified")).order_by("batch"))
    assert found["counts"].tolist() == [True, True, False, False]


def test_missing_lists_of_row_ids_are_empty_lists() -> None:
    assert list(value(helpers.rids_or_none(ibis.literal(None, type="array<int64>")))) == []
    assert list(value(helpers.rids_or_none(ibis.literal([3, 4], type="array<int64>")))) == [3, 4]
    assert list(value(helpers.no_rids())) == []


def test_a_relation_by_name_alone_shows_its_probability() -> None:
    frame = pd.DataFrame({"rel": ["spouse", "child", "uncle"], "kin_prob": [None, 0.876, 1.0]})
    rows = ibis.memtable(frame.astype({"kin_prob": "float64"}))
    words = value(rows.mutate(words=statement_helpers.relation(rows)))
    assert words.set_index("rel")["words"].to_dict() == {
        "spouse": "配偶",
        "child": "子女（仅姓名一致，推定概率87%）",
        "uncle": "uncle",
    }
