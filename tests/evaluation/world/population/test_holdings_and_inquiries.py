"""Holdings, inquiries and register extracts: one owner at a time, matches by brute force, nothing from the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_quarter import NEVER, SimulatedQuarter

from evaluation.world.base.config import load_knobs
from evaluation.world.population import registries
from evaluation.world.population.cohort import Cohort
from evaluation.world.population.holdings import stack_rows, take_rows
from evaluation.world.population.inquiries import Inquiries, draw_inquiries, has_records, match_rows
from evaluation.world.population.people import DEBTOR


@pytest.mark.parametrize("sort", ["vehicles", "realty"])
def test_a_thing_has_one_owner_at_a_time(cohort: Cohort, sort: str) -> None:
    rows = getattr(cohort, sort)
    assert (rows["start"] < rows["end"]).mean() > 0.99
    order = np.lexsort((rows["start"], rows["thing"]))
    thing, start, end = (rows[name][order] for name in ("thing", "start", "end"))
    again = np.flatnonzero(thing[1:] == thing[:-1])
    assert len(again) > 20
    passed = (rows["prev_h"] >= 0)[order]
    pairs = [(end[at], start[at + 1]) for at in again if passed[at + 1] and not passed[at]]
    assert all(left == right for left, right in pairs)
    assert (rows["value"] > 0).all()
    late = cohort.conduct.late[rows["h"]] & ~rows["known"] & (rows["slot"] == DEBTOR)
    assert late.any()


def test_tables_are_cut_and_stacked() -> None:
    rows = {"a": np.arange(6), "b": np.arange(6) * 10}
    parts = [take_rows(rows, np.array([0, 1])), take_rows(rows, slice(2, None))]
    assert all((stack_rows(parts)[name] == rows[name]).all() for name in rows)


NUMBER = st.integers(0, 3)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(NUMBER, NUMBER, st.integers(0, 60)), min_size=1, max_size=8),
    st.lists(st.tuples(NUMBER, NUMBER, st.integers(0, 60)), min_size=1, max_size=12),
    st.integers(0, 20),
)
def test_matches_are_those_of_a_double_loop(
    asked: list[tuple[int, int, int]], held: list[tuple[int, int, int]], lag: int
) -> None:
    a, b = np.array(asked), np.array(held)
    inquiries = Inquiries(a[:, 0], a[:, 1], a[:, 2] - 5, a[:, 2], a[:, 2] - 99, a[:, 0] * 0)
    inquiry, row = match_rows(inquiries, b[:, 0], b[:, 1], b[:, 2], lag)
    expected = {
        (i, j)
        for i, one in enumerate(asked)
        for j, other in enumerate(held)
        if one[:2] == other[:2] and other[2] <= one[2] - lag
    }
    assert sorted(zip(inquiry.tolist(), row.tolist(), strict=True)) == sorted(expected)
    assert np.flatnonzero(has_records(inquiries, inquiry)).tolist() == sorted({i for i, _ in expected})


def test_inquiries_follow_coverage_and_come_again_later() -> None:
    ready = np.where(np.arange(3000) % 3 == 0, NEVER, 19_000)
    drawn = draw_inquiries(load_knobs(), 1, 0, "vehicle", ready)
    first = drawn.round == 0
    assert len(set(drawn.h[first])) == first.sum()
    assert first.sum() / 2000 == pytest.approx(0.88, abs=0.03)
    assert not (drawn.h % 3 == 0).any()
    assert (drawn.asked < drawn.answered).all()
    assert (drawn.since < drawn.asked).all()
    day = dict(zip(drawn.h[first].tolist(), drawn.asked[first].tolist(), strict=True))
    again = drawn.round == 1
    assert all(
        asked - day[h] >= 290 for h, asked in zip(drawn.h[again].tolist(), drawn.asked[again].tolist(), strict=True)
    )


def test_extracts_show_nothing_of_the_future(quarter: SimulatedQuarter) -> None:
    deliveries = quarter.stage.plan.calendar.deliveries
    cars, homes = quarter.rows("vehicle"), quarter.rows("realty")
    for rows, begin, end in ((cars, "own_from", "own_to"), (homes, "reg_date", "end_date")):
        received = deliveries[rows["_delivery"]]
        assert (rows[begin] < received).all()
        assert (rows[end].isna() | (rows[end] < received)).all()
    assert ((cars["status"] == "转出") == cars["own_to"].notna()).all()
    uses = quarter.rows("veh_use")
    debtors = set(quarter.stage.cohort.people.id_no[:, DEBTOR])
    assert set(uses["driver_id"]) | set(uses["payer_id"]) <= debtors | {""}
    policies = quarter.rows("insurance")
    passed = policies[policies["changed_date"].notna()]
    assert (passed["prev_applicant_id"] == passed["insured_id"]).all()
    assert (passed["applicant_id"] != passed["insured_id"]).all()


def test_fund_rows_follow_the_employment(quarter: SimulatedQuarter, cohort: Cohort) -> None:
    closed = cohort.debts.closed[cohort.conduct.first]
    work = registries.draw_employment(4, 0, cohort.people, cohort.conduct, closed)
    assert work.working[work.until >= NEVER].all()
    row = {number: at for at, number in enumerate(cohort.people.id_no[:, DEBTOR])}
    rows = quarter.rows("hpf")
    at = rows["person_id"].map(row)
    known = at.notna()
    assert known.mean() > 0.9
    h = at[known].astype(int).to_numpy()
    assert (rows["monthly_amt"][known].to_numpy() == work.base[h] * 16 // 100).all()
    assert ((rows["status"][known] == "缴存").to_numpy() == (work.until[h] >= NEVER)).all()
    assert work.enrolled[h].all()
