"""Every scenario's rows: within the contracts of intake, the same for the same seed, none where its knobs are zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.types as kinds
import pytest
from simulated_quarter import SimulatedQuarter, make_plan, make_stage

from evaluation.world.base.config import Knobs, load_knobs
from evaluation.world.population.cohort import Plan, draw_cohort
from evaluation.world.scenarios.assets import compensation, leases, register_answers, travels, utilities
from evaluation.world.scenarios.court import aftermath, auctions, co_debtors, distribution, sanctions, watch_list
from evaluation.world.simulate import SCENARIOS
from evaluation.world.stage.stage import Stage
from features.schema import TABLES

CASES = 250

WRITTEN = {
    auctions.simulate_auctions: {"auction", "auction_bid", "event", "inquiry"},
    distribution.simulate_distribution: {"claim", "event", "litigation"},
    aftermath.simulate_aftermath: {"case", "event", "party"},
    sanctions.simulate_sanctions: {"death", "event", "inquiry", "party"},
    leases.simulate_leases: {"inquiry", "lease"},
    watch_list.simulate_watch_list: {"watch"},
    co_debtors.simulate_co_debtors: {"event", "query_feedback"},
    compensation.simulate_compensation: {"demolition", "event", "inquiry"},
    travels.simulate_travels: {"event", "inquiry", "travel"},
    utilities.simulate_utilities: {"inquiry", "lease", "utility"},
    register_answers.simulate_register_answers: {
        "company",
        "company_change",
        "encumbrance",
        "event",
        "hpf",
        "inquiry",
        "insurance",
        "marriage",
        "realty",
        "relation",
        "shareholding",
        "social",
        "veh_use",
        "vehicle",
    },
}
"""The tables each scenario writes to."""

Scenario = Callable[[Stage], None]
Rows = dict[str, pa.Table]


def run(folder: Path, plan: Plan) -> SimulatedQuarter:
    done = SimulatedQuarter(make_stage(plan, draw_cohort(plan, 0), folder))
    for simulate in SCENARIOS:
        done.run(simulate.__name__, simulate)
    return done


def with_knobs(**values: float) -> Plan:
    """The plan of a few cases with some knobs, named section__name, set."""
    tree = {section: dict(knobs) for section, knobs in load_knobs().tree.items()}
    for name, value in values.items():
        section, _, knob = name.partition("__")
        assert knob in tree[section]
        tree[section][knob] = value
    return replace(make_plan(CASES), knobs=Knobs(tree))


def rows_of(quarter: SimulatedQuarter, scenario: str) -> Mapping[str, pa.Table]:
    added = quarter.added[scenario]
    return {
        name: pa.concat_tables(parts, promote_options="default")
        for name, parts in added.items()
        if sum(part.num_rows for part in parts)
    }


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> SimulatedQuarter:
    """A quarter of a few cases with the knobs as they are."""
    return run(tmp_path_factory.mktemp("few"), with_knobs())


@pytest.mark.parametrize("simulate", WRITTEN, ids=lambda one: one.__name__)
def test_a_scenario_writes_its_tables_and_no_others(quarter: SimulatedQuarter, simulate: Scenario) -> None:
    assert set(rows_of(quarter, simulate.__name__)) == WRITTEN[simulate]


@pytest.mark.parametrize("name", sorted(set().union(*WRITTEN.values())))
def test_rows_are_what_the_contract_of_their_table_takes(quarter: SimulatedQuarter, name: str) -> None:
    """Columns, required cells, least amounts (分 here, 元 in the contract), codes, and nothing known before it was."""
    table, rows = TABLES[name], quarter.rows(name)
    assert set(rows.columns) <= {*table.names, "_delivery"}
    for column in table.columns:
        if column.required:
            assert rows[column.name].notna().all() and (rows[column.name] != "").all(), column.name
        if column.name not in rows:
            continue
        cells = rows[column.name].dropna()
        if column.low is not None:
            assert (cells >= column.low * (100 if column.kind == "money" else 1)).all(), column.name
        if column.closed:
            assert set(cells) - {""} <= set(column.codes), column.name
    if table.happened and kinds.is_date(quarter.stage.spool.parts[name][0].schema.field(table.happened).type):
        received = quarter.stage.plan.calendar.deliveries[rows["_delivery"]]
        assert (rows[table.happened].fillna(0) <= received).all()


@pytest.mark.parametrize("name", sorted(set().union(*WRITTEN.values()) - {"marriage", "relation"}))
def test_dates_of_a_row_stand_in_the_order_of_the_contract(quarter: SimulatedQuarter, name: str) -> None:
    rows = quarter.rows(name)
    for order in TABLES[name].checks:
        if {order.early, order.late} <= set(rows.columns):
            both = rows[[order.early, order.late]].dropna()
            assert (both[order.early] <= both[order.late]).all(), order


def test_the_same_seed_gives_the_same_rows_and_truth(few: SimulatedQuarter, tmp_path: Path) -> None:
    again = run(tmp_path, with_knobs())
    for simulate in SCENARIOS:
        name = simulate.__name__
        first, second = rows_of(few, name), rows_of(again, name)
        assert first.keys() == second.keys()
        assert all(first[table].equals(second[table]) for table in first), name
        assert few.recorded[name] == again.recorded[name]


def test_another_seed_gives_other_acts_in_every_scenario(few: SimulatedQuarter, tmp_path: Path) -> None:
    other = run(tmp_path, replace(with_knobs(), seed=few.stage.plan.seed + 1))
    for simulate in SCENARIOS:
        name = simulate.__name__
        if few.recorded[name]:
            assert pa.concat_tables(few.recorded[name]) != pa.concat_tables(other.recorded[name]), name


NONE = {
    auctions.simulate_auctions: (
        {"auctions__share": 0.0, "auctions__concealed": 0.0},
        {"auction", "auction_bid", "event"},
    ),
    distribution.simulate_distribution: (
        {"distribution__share": 0.0, "distribution__concealed": 0.0},
        {"claim", "event", "litigation"},
    ),
    leases.simulate_leases: ({"leases__concealed": 0.0, "leases__other": 0.0, "leases__honest": 0.0}, {"lease"}),
    watch_list.simulate_watch_list: ({"lists__share": 0.0, "lists__foreign": 0.0}, {"watch"}),
    compensation.simulate_compensation: (
        {"compensation__concealed": 0.0, "compensation__other": 0.0, "compensation__honest": 0.0},
        {"demolition", "event"},
    ),
}
"""By scenario: the knobs at which nobody is in it, and the tables that then hold no row of it."""


@pytest.mark.parametrize("simulate", NONE, ids=lambda one: one.__name__)
def test_where_nobody_is_in_a_scenario_there_is_neither_row_nor_act(simulate: Scenario, tmp_path: Path) -> None:
    knobs, empty = NONE[simulate]
    done = run(tmp_path, with_knobs(**knobs))
    assert not set(rows_of(done, simulate.__name__)) & empty
    assert sum(part.num_rows for part in done.recorded[simulate.__name__]) == 0


def test_without_misconduct_nobody_is_said_to_have_done_it(tmp_path: Path) -> None:
    nobody = dict.fromkeys(
        (
            "travels__concealed",
            "travels__other",
            "utilities_home__concealed",
            "utilities_home__other",
            "utilities_kin__concealed",
            "utilities_kin__other",
            "compensation__concealed",
            "compensation__other",
            "leases__concealed",
            "leases__other",
            "auctions__careless",
            "distribution__careless",
        ),
        0.0,
    )
    done = run(tmp_path, with_knobs(**nobody, ways__kin_account=0.0))
    for cls in (
        "travel_violation",
        "utility_home",
        "utility_kin",
        "demolition_diverted",
        "sham_lease",
        "auction_procedure",
        "distribution_unnotified",
        "distribution_order",
        "distribution_no_basis",
    ):
        acts = done.acts(cls)
        assert len(acts) and not acts["real"].any(), cls


def test_a_scenario_leaves_the_draws_of_the_others_as_they_are(few: SimulatedQuarter, tmp_path: Path) -> None:
    """Many more cases on watch lists, and nothing else moves."""
    more = run(tmp_path, with_knobs(lists__share=0.5))
    for simulate in SCENARIOS:
        name = simulate.__name__
        first, second = rows_of(few, name), rows_of(more, name)
        same = first.keys() == second.keys() and all(first[table].equals(second[table]) for table in first)
        assert same == (simulate is not watch_list.simulate_watch_list), name
    listed = pd.Series(more.rows("watch")["case_no"])
    assert len(listed) > 0.4 * len(more.stage.episodes)
