"""What scenarios share: the court's log, account movements, households and inquiries, acts of the ground truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_quarter import NEVER, SimulatedQuarter, make_plan, make_stage

from evaluation.world import truth
from evaluation.world.base.chance import random_stream
from evaluation.world.population.cohort import draw_cohort
from evaluation.world.population.concealment import KINDS, WAYS
from evaluation.world.stage import court_log, flows, household_inquiries
from evaluation.world.stage.acts import Acts
from evaluation.world.stage.stage import Stage


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A small stage before any scenario, which tests may write to."""
    plan = make_plan(120)
    return make_stage(plan, draw_cohort(plan, 0), tmp_path_factory.mktemp("fresh"))


def test_the_log_finds_first_days_like_a_loop(fresh: Stage) -> None:
    log = court_log.read_log(fresh.spool, fresh.docket)
    days = log.first_days("LIMIT", len(fresh.docket))
    for row in range(0, len(fresh.docket), 9):
        mine = [day for day, at, code in zip(log.day, log.row, log.code, strict=True) if at == row and code == "LIMIT"]
        assert days[row] == min(mine, default=NEVER)
    at = log.positions("SEAL")
    assert (log.code[at] == "SEAL").all()
    asked = log.first_days_on_asset(at, log.row[at], log.asset[at])
    assert (asked <= log.day[at]).all()
    assert log.first_days_on_asset(at, log.row[at][:1], np.array(["nothing"], dtype=object)).tolist() == [NEVER]


def test_an_event_that_ends_later_is_first_delivered_open(fresh: Stage) -> None:
    row = fresh.episodes[:2]
    start = np.full(2, fresh.plan.calendar.starts[0])
    more: dict[str, np.ndarray | str | int] = {"end_date": np.array([start[0] + 200, start[0] + 1]), "result": "完成"}
    before = sum(len(part) for part in fresh.spool.parts["event"])
    court_log.write_events(fresh, "T", [(row, "ASSIST", start, more)], "办理中")
    rows = SimulatedQuarter(fresh).rows("event").iloc[before:]
    assert rows["result"].tolist() == ["办理中", "完成", "完成"]
    assert rows["end_date"].isna().tolist() == [True, False, False]
    versions = rows[rows["event_id"] == rows["event_id"].iloc[0]]
    assert versions["_delivery"].is_monotonic_increasing
    assert versions["_delivery"].nunique() == 2


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 9)), min_size=1, max_size=10))
def test_parts_of_a_total_add_up_to_it(totals: list[tuple[int, int]]) -> None:
    total, count = np.array([one[0] for one in totals]), np.array([one[1] for one in totals])
    row, part = flows.split_totals(random_stream(1, 0, "s"), total, count, 2.0)
    assert np.bincount(row).tolist() == count.tolist()
    lost = total - np.bincount(row, part)
    assert ((lost >= 0) & (lost <= count)).all()


def test_rounded_amounts_are_round_and_never_larger() -> None:
    amount = np.array([15_099, 25_099, 399_999])
    assert flows.round_some(random_stream(1, 0, "r"), amount, 1.0).tolist() == [15_099, 20_000, 300_000]
    assert (flows.round_some(random_stream(1, 0, "r"), amount, 0.0) == amount).all()
    monday = np.arange(4, 4 + 7 * 500, 7)
    moved = flows.shift_some_to_weekend(random_stream(1, 0, "w"), monday)
    assert set((moved + 3) % 7) == {0, 5}
    assert (moved != monday).mean() == pytest.approx(0.16, abs=0.05)


def test_households_stand_at_their_first_case(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    homes = household_inquiries.households_of(stage)
    assert (stage.docket.household[homes.row] == homes.h).all()
    assert (stage.first_episode[homes.h] == homes.row).all()
    assert set(homes.h) == {h for h, row in enumerate(stage.first_episode) if row >= 0}
    assert (homes.hides == stage.conduct.evasive[homes.h]).all()
    real, alike = household_inquiries.draw_real_and_look_alike(random_stream(1, 0, "x"), np.full(4000, 0.3), 0.5, 4000)
    assert not (real & alike).any()
    assert real.mean() == pytest.approx(0.3, abs=0.03)
    assert alike.mean() == pytest.approx(0.5 * 0.7, abs=0.03)
    people = stage.cohort.people
    slot = household_inquiries.any_relative(stage, random_stream(1, 0, "y"), homes.h)
    assert (people.present[homes.h, slot]).all()


def test_answers_bring_each_row_once_and_not_before_its_day(fresh: Stage) -> None:
    homes = household_inquiries.households_of(fresh)
    day = homes.closed - np.where(np.arange(len(homes)) % 2, 30, -4000)
    rows = {"lease_no": np.arange(len(homes)).astype(str).astype(object)}
    household_inquiries.inquire_and_deliver(fresh, "lease", "房屋租赁登记", "ZZ", "vehicle", rows, homes.h, day)
    seen = SimulatedQuarter(fresh).rows("lease")["lease_no"].astype(int)
    assert seen.is_unique
    assert len(seen) > 0.6 * (np.arange(len(homes)) % 2).sum()
    assert (seen % 2 == 1).all()


def test_acts_keep_what_they_were_given(tmp_path: Path) -> None:
    acts = Acts()
    acts.add(
        "money_held", np.array(["甲", "乙"], dtype=object), np.array([True, False]), np.array([10, NEVER]), amount=7
    )
    acts.add("sham_lease", np.array([], dtype=object), True, np.array([]))
    table = acts.table().to_pylist()
    assert [row["real"] for row in table] == [True, False]
    assert [row["amount_fen"] for row in table] == [7, 7]
    assert table[1]["day"] is None
    with pytest.raises(ValueError, match="no_such_class"):
        acts.add("no_such_class", np.array(["甲"], dtype=object), True, np.array([1]))


def test_the_truth_names_the_conduct_of_every_episode(quarter: SimulatedQuarter) -> None:
    stage, cohort = quarter.stage, quarter.stage.cohort
    rows = np.flatnonzero(stage.docket.terminated)
    never = np.full(len(stage.docket), NEVER)
    table = truth.episode_table(stage.plan.knobs, cohort, rows, never, stage.docket.reopen).to_pandas()
    house = stage.docket.household[rows]
    assert table["case_no"].tolist() == stage.docket.case_no[rows].tolist()
    assert table["kind"].tolist() == [KINDS[kind] for kind in cohort.conduct.kind[house]]
    used = [[name for name, flag in zip(WAYS, flags, strict=True) if flag] for flags in cohort.conduct.ways[house]]
    assert table["ways"].tolist() == [";".join(names) for names in used]
    assert not table["ever_reviewed"].any()
    people = truth.people_table(cohort).to_pandas()
    assert len(people) == cohort.people.present.sum()
    assert people["person_id"].is_unique
