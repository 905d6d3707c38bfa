"""One quarter simulated in memory: its cohort, every scenario in order, and what each of them added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from evaluation.world.base.chance import NEVER
from evaluation.world.base.config import load_knobs
from evaluation.world.population.cohort import Cohort, Plan, draw_cohort, draw_notice_days
from evaluation.world.population.spool import Spool, make_calendar
from evaluation.world.simulate import SCENARIOS, court_inputs, write_court_tables
from evaluation.world.stage.acts import Acts
from evaluation.world.stage.stage import Stage

CASES, QUARTERS, SEED = 1200, 12, 4


def make_plan(cases: int = CASES) -> Plan:
    """A run whose first quarter holds all cases and whose deliveries go on for three years."""
    calendar = make_calendar(np.datetime64("2022-01-01"), QUARTERS, 10)
    return Plan(load_knobs(), SEED, (cases, *[0] * (QUARTERS - 1)), calendar, 4 * (cases + 100))


def make_stage(plan: Plan, cohort: Cohort, folder: Path) -> Stage:
    """The stage of the plan's first quarter, without reviews, holding the court's tables."""
    docket = cohort.docket
    court = court_inputs(cohort, docket, resumed=docket.reopen, notice=draw_notice_days(plan, 0, docket))
    spool = Spool(folder, plan.calendar, lambda table, rows: rows)
    write_court_tables(plan, 0, spool, cohort, court)
    return Stage(plan, 0, cohort, court, spool, Acts())


@dataclass
class SimulatedQuarter:
    """The stage after all scenarios; rows and acts by the scenario that added them ("" the court's tables)."""

    stage: Stage
    added: dict[str, dict[str, list[pa.Table]]] = field(default_factory=dict)
    recorded: dict[str, list[pa.Table]] = field(default_factory=dict)

    def run(self, name: str, simulate: Callable[[Stage], object]) -> None:
        """Run one scenario and keep what it added."""
        before = {table: len(parts) for table, parts in self.stage.spool.parts.items()}
        acts = len(self.stage.acts.parts)
        simulate(self.stage)
        parts = self.stage.spool.parts
        self.added[name] = {table: parts[table][before.get(table, 0) :] for table in parts}
        self.recorded[name] = self.stage.acts.parts[acts:]

    def rows(self, table: str, scenario: str | None = None) -> pd.DataFrame:
        """Rows of a table, of one scenario or of all; dates as days since 1970, NaN where null."""
        parts = self.stage.spool.parts[table] if scenario is None else self.added[scenario].get(table, [])
        whole = pa.concat_tables([part for part in parts if part.num_rows], promote_options="default")
        dates = [name for name in whole.column_names if pa.types.is_date(whole.schema.field(name).type)]
        for name in dates:
            whole = whole.set_column(whole.schema.get_field_index(name), name, whole[name].cast(pa.int32()))
        return whole.to_pandas()

    def acts(self, cls: str) -> pd.DataFrame:
        """Acts of a class; `day` and `zb_date` as days since 1970."""
        whole = pa.concat_tables([self.stage.acts.table()])
        frame = whole.to_pandas()
        frame = frame[frame["cls"] == cls].reset_index(drop=True)
        for name in ("day", "zb_date"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]").astype("int64") // 86_400
        return frame

    @property
    def kin(self) -> set[tuple[str, str]]:
        """(debtor, person) id numbers of everyone close to a debtor, friends included, namesakes not."""
        people = self.stage.cohort.people
        return {(row[0], other) for row in people.id_no.tolist() for other in row[1:6]}


def simulate_quarter(folder: Path) -> SimulatedQuarter:
    """Draw the quarter and run every scenario on it."""
    plan = make_plan()
    done = SimulatedQuarter(make_stage(plan, draw_cohort(plan, 0), folder))
    for simulate in SCENARIOS:
        done.run(simulate.__name__, simulate)
    return done


__all__ = ["CASES", "NEVER", "QUARTERS", "SEED", "SimulatedQuarter", "make_plan", "make_stage", "simulate_quarter"]
