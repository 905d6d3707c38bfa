"""Bank statements of one quarter: periods, running balances, mirrored transfers, and acts with their movements."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest
from simulated_quarter import SimulatedQuarter, make_stage

from evaluation.world.base.chance import random_stream
from evaluation.world.population.cohort import episode_view
from evaluation.world.population.concealment import CASH, PLATFORM
from evaluation.world.population.counterparties import draw_counterparties
from evaluation.world.population.look_alikes import POOLING
from evaluation.world.population.offices import review_episodes
from evaluation.world.population.people import DEBTOR, SLOTS, SPOUSE
from evaluation.world.scenarios.money import account_handling, statements
from evaluation.world.scenarios.money.daily_life import DailyLife, Subjects, month_grid
from evaluation.world.scenarios.money.dealings import Dealings
from evaluation.world.scenarios.money.holder_statements import counter_entries
from evaluation.world.stage import flows as f
from evaluation.world.stage.acts import Acts
from evaluation.world.stage.stage import Stage
from features.schema import TABLES


def subjects_of(stage: Stage, slots: tuple[int, ...] = (DEBTOR,)) -> Subjects:
    h = np.repeat(np.flatnonzero(stage.first_episode >= 0), len(slots))
    slot = np.tile(slots, len(h) // len(slots))
    first = stage.conduct.first[h]
    served, notice = stage.cohort.debts.served[first], stage.cohort.debts.filed[first] + 5
    return Subjects(h, slot, served - 300, notice + 400, notice, served, notice + 410, notice + 430, h * SLOTS + slot)


def life_of(stage: Stage, subjects: Subjects) -> DailyLife:
    cohort = stage.cohort
    out = f.Flows(draw_counterparties(4, 0, cohort.people, cohort.accounts))
    rng = random_stream(4, 0, "money test")
    return DailyLife(rng, stage.plan.knobs, cohort.people, cohort.conduct, cohort.accounts, subjects, out)


def moves_of(life: DailyLife) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Movements on the statements of the subjects, and the household of each."""
    rows = life.out.rows()
    return rows, life.subjects.h[rows["s"]]


def test_months_cover_the_period_and_events_come_at_their_rate(quarter: SimulatedQuarter) -> None:
    subjects = subjects_of(quarter.stage)
    grid = month_grid(subjects)
    assert (np.bincount(grid.s) == (subjects.end - subjects.start) // 30).all()
    assert (grid.day >= subjects.start[grid.s]).all()
    assert (grid.day + 30 <= subjects.end[grid.s] + 1).all()
    s, day = grid.random_days(random_stream(1, 0, "rate"), 2.0)
    assert len(s) / len(grid.s) == pytest.approx(2.0, abs=0.06)
    assert ((day >= subjects.start[s]) & (day <= subjects.end[s])).all()


def test_income_comes_before_spending_and_in_proportion(quarter: SimulatedQuarter) -> None:
    life = life_of(quarter.stage, subjects_of(quarter.stage))
    life.add_income()
    income = life.out.rows()
    assert set(income["kind"][income["amount"] > 0]) >= {f.WAGE, f.LABOUR, f.GOODS}
    wages = income["kind"] == f.WAGE
    assert (income["amount"][wages] > 0).all()
    earned = life.out.net_received(len(life.subjects))
    life.add_spending()
    left = life.out.net_received(len(life.subjects))
    rich = earned > np.quantile(earned, 0.8)
    assert (left < earned).mean() > 0.95
    spent = earned - left
    assert np.median(spent[rich]) > 2 * np.median(spent[~rich])


def test_ways_of_concealing_leave_their_movements(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    life = life_of(stage, subjects_of(stage))
    Dealings(life, stage.cohort.looks).add_concealment()
    rows, h = moves_of(life)
    assert stage.conduct.evasive[h].all()
    cash = np.isin(rows["kind"], [f.ATM, f.COUNTER])
    assert set(h[cash]) == set(np.flatnonzero(stage.conduct.uses(CASH))) & set(life.subjects.h)
    assert (rows["amount"][cash] % 10_000 == 0).all()
    top_up = rows["kind"] == f.TOP_UP
    assert set(h[top_up]) == set(np.flatnonzero(stage.conduct.uses(PLATFORM))) & set(life.subjects.h)


def test_couples_who_pool_pay_the_spouse(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    life = life_of(stage, subjects_of(stage))
    Dealings(life, stage.cohort.looks).add_look_alikes()
    rows, h = moves_of(life)
    to_spouse = rows["who"] == life.out.book.person(h, SPOUSE)
    lends = np.isin(rows["kind"], [f.BORROW, f.REPAY])
    pools = stage.cohort.looks.households_with(POOLING)
    living = to_spouse & (rows["kind"] == f.LIVING)
    assert pools[h[living & ~lends]].all()
    assert living.sum() > 50


def test_transfers_within_a_household_stand_on_both_sides(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    subjects = subjects_of(stage, (DEBTOR, SPOUSE))
    life = life_of(stage, subjects)
    life.add_income()
    rows = life.out.rows()
    spouses = np.flatnonzero(subjects.slot == SPOUSE)
    entries = counter_entries(life.out.book, subjects, spouses, rows)
    h = subjects.h[rows["s"]]
    own = (subjects.slot[rows["s"]] == DEBTOR) & (rows["who"] == life.out.book.person(h, SPOUSE))
    assert own.sum() == len(entries["s"]) > 100
    assert sorted(-rows["amount"][own]) == sorted(entries["amount"])
    assert (subjects.slot[entries["s"]] == SPOUSE).all()


def test_account_handling_records_real_acts_of_concealers_only(quarter: SimulatedQuarter) -> None:
    stage = Stage(quarter.stage.plan, 0, quarter.stage.cohort, quarter.stage.court, quarter.stage.spool, Acts())
    life = life_of(stage, subjects_of(stage))
    account_handling.simulate_account_handling(stage, life, life.out)
    acts = SimulatedQuarter(stage)
    for cls in ("account_switch", "cash_burst", "wallet_out"):
        rows = acts.acts(cls)
        kinds = dict(zip(stage.cohort.people.id_no[:, DEBTOR], stage.conduct.evasive, strict=True))
        assert rows["person_id"][rows["real"]].map(kinds).all()
        assert len(rows[~rows["real"]]) > 10
    moves = life.out.rows()
    switched = moves["kind"] == f.SWITCH
    assert moves["amount"][switched].sum() == 0


@pytest.fixture(scope="module")
def delivered(quarter: SimulatedQuarter, tmp_path_factory: pytest.TempPathFactory) -> SimulatedQuarter:
    """The quarter's cohort with statements alone."""
    old = quarter.stage
    stage = make_stage(old.plan, old.cohort, tmp_path_factory.mktemp("statements"))
    done = SimulatedQuarter(stage)
    view = episode_view(stage.cohort, 0)
    chosen = np.arange(0, len(view), 20)
    reviews = review_episodes(
        random_stream(1, 0, "s"), stage.plan.knobs, view, chosen, chosen * 0, np.ones(len(chosen)), 19_100
    )
    done.run("statements", lambda played: statements.simulate_statements(played, reviews, view.row[chosen]))
    return done


def test_balances_run_on_within_an_account(delivered: SimulatedQuarter) -> None:
    names = [column.name for column in TABLES["txn"].columns]
    lines = [row for part in delivered.added["statements"]["txn_lines"] for row in part["line"].to_pylist()]
    rows = [dict(zip(names, cells, strict=True)) for cells in csv.reader(lines[:15_000])]
    assert len(rows) > 5000
    unique = {row["ref_no"]: row for row in rows}
    share = 1 - len(unique) / len(rows)
    assert share == pytest.approx(delivered.stage.knob("faults.duplicate"), abs=0.01)
    last: dict[str, float] = {}
    for number in sorted(unique, key=int):
        row = unique[number]
        account, balance = row["acct_no"], round(float(row["balance"]) * 100)
        assert balance >= 0
        if account in last and row["direction"]:
            amount = 0 if row["success"] == "失败" else round(float(row["amount"]) * 100)
            assert balance == last[account] + (amount if row["direction"] == "进" else -amount)
        last[account] = balance
    failed = Counter(row["success"] for row in unique.values())["失败"] / len(unique)
    assert failed == pytest.approx(delivered.stage.knob("faults.failed"), abs=0.01)


def test_statements_come_from_inquiries_about_their_holders(delivered: SimulatedQuarter) -> None:
    asked = delivered.rows("inquiry", "statements")
    assert set(asked["source_code"]) == {"银行流水"}
    assert (asked["accounts_returned"] >= 1).all()
    lines = [row for part in delivered.added["statements"]["account_lines"] for row in part["line"].to_pylist()]
    names = [column.name for column in TABLES["account"].columns]
    holders = {dict(zip(names, cells, strict=True))["holder_id"].strip() for cells in csv.reader(lines)}
    assert holders <= set(asked["subject_id"])
    people = delivered.stage.cohort.people
    debtors = set(people.id_no[:, DEBTOR]) & set(asked["subject_id"])
    assert 0.05 < len(debtors) / len(people) < 0.25
