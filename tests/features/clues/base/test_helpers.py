"""Parts that clues share, each against the same thing said in plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import ibis
import pandas as pd
import pytest

from features.clues.base import helpers, statement_helpers
from features.facts.case import coverage

LOG_LAG = timedelta(days=coverage.COURT_LAG_DAYS)


def value(expression: Any) -> Any:
    return ibis.duckdb.connect().execute(expression)


def test_a_text_leaves_out_what_is_unknown() -> None:
    unknown = ibis.literal(None, type="string")
    assert value(helpers.text(ibis.literal("车辆"), unknown, " ", ibis.literal("浙Z00001"))) == "车辆 浙Z00001"
    assert value(helpers.text(unknown, unknown)) == ""


def test_a_separator_stands_only_between_words() -> None:
    given = [None, "", "甲"]
    table = pd.DataFrame(list(product(given, repeat=4)), columns=list("abcd")).astype("string")
    rows = ibis.memtable(table, schema=dict.fromkeys(table.columns, "string"))
    note = helpers.text(rows.a, "，", rows.b, rows.c, "；", rows.d)
    closed = helpers.text(rows.a, "，", "无记录", "，", rows.d)
    found = value(rows.mutate(note=note, closed=closed))
    assert len(found) == 3**4
    for a, b, c, d, note, closed in found.fillna("").itertuples(index=False):
        front = "，".join(word for word in (a, b + c) if word)
        assert note == "；".join(word for word in (front, d) if word)
        assert closed == "，".join(word for word in (a, "无记录", d) if word)


def test_a_text_writes_days_and_numbers_as_they_are() -> None:
    day, number, no_number = ibis.literal(date(2023, 6, 20)), ibis.literal(-7), ibis.literal(None, type="int64")
    assert value(helpers.text(day, "，", number, no_number, "天")) == "2023-06-20，-7天"


def test_rows_of_a_clue_without_money_or_another_party() -> None:
    rows = ibis.memtable(pd.DataFrame({"rid": [7], "episode": ["甲"], "due": [date(2023, 6, 20)], "late": [True]}))
    found = value(helpers.clue_rows(rows, day="due", amount=None, who=None, note=helpers.text("无"), late="late"))
    assert list(found.columns) == ["episode", "day", "amount", "who", "note", "src", "late"]
    assert found[["amount", "who"]].isna().all(axis=None)
    assert (found["note"][0], list(found["src"][0]), bool(found["late"][0])) == ("无", [7], True)


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
    assert value(coverage.log_covers(ibis.literal(log_on, type="date"), ibis.literal(due))) == covered


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
