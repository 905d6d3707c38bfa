"""Simulate a world: draw every quarter, let the offices select and review, write rows and deliveries."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.world import truth
from evaluation.world.base.chance import NEVER, Array
from evaluation.world.base.config import Knobs, load_knobs
from evaluation.world.court import court_tables, petitions
from evaluation.world.court.proceedings import CourtInputs, event_rows
from evaluation.world.court.queries import feedback_rows
from evaluation.world.delivery import deliveries, faults, office_tables
from evaluation.world.population.cohort import Cohort, Plan, draw_cohort, draw_notice_days, episode_view
from evaluation.world.population.docket import Docket, cases_resumed_by_review
from evaluation.world.population.offices import EpisodeView, Reviews, merge_views, simulate_reviews
from evaluation.world.population.people import DEBTOR
from evaluation.world.population.spool import Spool, make_calendar
from evaluation.world.report import measure_figures
from evaluation.world.scenarios.assets import compensation, leases, register_answers, travels, utilities
from evaluation.world.scenarios.court import (
    aftermath,
    auctions,
    co_debtors,
    distribution,
    preservation,
    sanctions,
    watch_list,
)
from evaluation.world.scenarios.money import statements
from evaluation.world.stage.acts import Acts
from evaluation.world.stage.stage import Stage
from features.errors import GoldenKeyError
from features.files.atomic import make_output_folder

Progress = Callable[[str, int, int], None]
"""Callback (name of the step, items done, items in all)."""
_PARALLEL_FROM = 3000
"""Cases from which a second process pays for its start."""
SCENARIOS: tuple[Callable[[Stage], None], ...] = (
    auctions.simulate_auctions,
    distribution.simulate_distribution,
    preservation.simulate_preservation,
    aftermath.simulate_aftermath,
    sanctions.simulate_sanctions,
    leases.simulate_leases,
    watch_list.simulate_watch_list,
    co_debtors.simulate_co_debtors,
    compensation.simulate_compensation,
    travels.simulate_travels,
    utilities.simulate_utilities,
    register_answers.simulate_register_answers,
)
"""Scenarios of a quarter in the order in which they run: a later row reads events that earlier rows wrote, so another
order makes another world. Bank statements follow them (`statements.simulate_statements`)."""


@dataclass(frozen=True)
class WorldSummary:
    """Result of a run.

    Attributes:
        out: output folder. deliveries: names of the delivery folders, in order. cases, quarters, seed: the arguments.
        figures: measured rates by name (see `report`). rows: number of rows written by table, statements included.
        paid_bytes: size of the deliveries in bytes.
    """

    out: Path
    deliveries: tuple[str, ...]
    cases: int
    quarters: int
    seed: int
    figures: dict[str, float]
    rows: dict[str, int]
    paid_bytes: int


@dataclass(frozen=True)
class _QuarterTask:
    """Input for writing one quarter (sent to a worker process): its reviews, and its docket as the reviews left it."""

    plan: Plan
    quarter: int
    folder: Path
    reviews: Reviews
    review_rows: Array
    episode_rows: Array
    open_until: Array
    exists: Array


def simulate(
    out: Path, cases: int, quarters: int, seed: int, config: Path | None = None, progress: Progress | None = None
) -> WorldSummary:
    """Simulate a world and write its deliveries to `out/YYYY-MM-DD/` and its truth to `out/truth/`.

    Args:
        out: folder that is empty or does not exist. cases: number of first cases that end by termination.
        quarters: at least 3.
        seed: the same seed and knobs give the same bytes. config: TOML file that overrides knobs.
        progress: called after every step.

    Raises:
        GoldenKeyError: cases or quarters out of range, the folder is not empty or cannot be made, or the knobs cannot
            be read.
    """
    _check_size(out, cases, quarters)
    plan = make_plan(load_knobs(config), cases, quarters, seed)
    report = progress or (lambda stage, done, total: None)
    work = out / ".work"
    try:
        with _parallel_map(cases) as spread:
            views = list(
                _with_progress(
                    spread(partial(_quarter_view, plan), range(quarters)), "生成人口与案件", quarters, report
                )
            )
            tasks = _tasks(plan, views, work)
            parts = list(_with_progress(spread(_write_quarter, tasks), "书写各季度记录", quarters, report))
            jobs = _delivery_jobs(plan, out, [task.folder for task in tasks])
            names = list(_with_progress(spread(deliveries.write_delivery, jobs), "装订移交材料", len(jobs), report))
        rows = {
            name: sum(part.get(name, 0) for part in parts) for name in sorted({name for part in parts for name in part})
        }
        figures = _write_truth(plan, out, [task.folder for task in tasks], cases, quarters, rows)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    folders = tuple(sorted(name for group in names for name in group))
    return WorldSummary(out, folders, cases, quarters, seed, figures, rows, deliveries.total_bytes(out))


def _check_size(out: Path, cases: int, quarters: int) -> None:
    if cases < 60:
        raise GoldenKeyError(f"模拟案件数应不少于 60 件，实为 {cases} 件。")
    if not 3 <= quarters <= 60:
        raise GoldenKeyError(f"模拟季度数应在 3 至 60 之间，实为 {quarters}。")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GoldenKeyError(f"输出目录 {out.name} 已有内容，请换一个空目录或先清空它。")
    make_output_folder(out)


def make_plan(knobs: Knobs, cases: int, quarters: int, seed: int) -> Plan:
    """The plan of a run: cases per quarter, calendar, and the block of case numbers of a quarter."""
    sizes = tuple(int(size) for size in np.diff(np.linspace(0, cases, quarters + 1).round().astype(int)))
    run = make_calendar(np.datetime64(knobs.date("calendar.start")), quarters, knobs.integer("calendar.delivery_day"))
    return Plan(knobs, seed, sizes, run, block=4 * (max(sizes) + 100))


@contextmanager
def _parallel_map(cases: int) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]]:
    """Yield `map`, or the map of a process pool where the run is large enough; results keep their order."""
    count = min(2, os.cpu_count() or 1)
    if cases < _PARALLEL_FROM or count == 1:
        yield map
        return
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool.map


def _with_progress(results: Iterable[Any], stage: str, total: int, report: Progress) -> Iterator[Any]:
    for done, result in enumerate(results, start=1):
        report(stage, done, total)
        yield result


def _quarter_view(plan: Plan, quarter: int) -> EpisodeView:
    return episode_view(draw_cohort(plan, quarter), quarter)


def _tasks(plan: Plan, views: list[EpisodeView], work: Path) -> list[_QuarterTask]:
    view = merge_views(views)
    reviews, open_until, exists = simulate_reviews(plan.knobs, plan.seed, view, plan.calendar.starts)
    tasks = []
    for quarter in range(len(views)):
        mine = np.flatnonzero(view.quarter == quarter)
        ours = np.flatnonzero(view.quarter[reviews.episode] == quarter)
        part = reviews.select(ours)
        rows = view.row[part.episode]
        folder = work / f"{quarter:03d}"
        tasks.append(_QuarterTask(plan, quarter, folder, part, rows, view.row[mine], open_until[mine], exists[mine]))
    return tasks


def _existing_cases(task: _QuarterTask, docket: Docket) -> tuple[Array, Array]:
    """(exists, day resumed or NEVER) by docket row, after the reviews (which may pre-empt later cases)."""
    resumed = np.full(len(docket), NEVER)
    resumed[task.episode_rows] = task.open_until
    lives = np.ones(len(docket), dtype=bool)
    lives[task.episode_rows] = task.exists
    for _ in range(2):
        child = np.flatnonzero(docket.parent >= 0)
        parent = docket.parent[child]
        lives[child] &= lives[parent] & (docket.filed[child] <= resumed[parent])
    return lives, resumed


def _write_quarter(task: _QuarterTask) -> dict[str, int]:
    """Write the rows and the ground truth of one quarter; returns the number of rows by table."""
    plan, quarter = task.plan, task.quarter
    cohort = draw_cohort(plan, quarter)
    lives, resumed = _existing_cases(task, cohort.docket)
    selected = np.full(len(cohort.docket), NEVER)
    selected[task.review_rows] = task.reviews.selected
    rows = np.flatnonzero(lives)
    spoil = partial(faults.inject_faults, plan.knobs, plan.seed, quarter, deliveries=len(plan.calendar.deliveries))
    spool, acts = Spool(task.folder, plan.calendar, spoil), Acts()
    urged = np.flatnonzero((task.reviews.resumed < NEVER) & ~task.reviews.unaided)
    money = (task.reviews.resumed[urged], task.reviews.recovered[urged], task.reviews.paid[urged])
    extra = cases_resumed_by_review(plan.knobs, quarter, plan.block, cohort.docket, task.review_rows[urged], money)
    docket = Docket.concatenate([cohort.docket.select(rows), extra])
    court = court_inputs(
        cohort,
        docket,
        resumed=np.concatenate([resumed[rows], np.full(len(extra), NEVER)]),
        notice=np.concatenate([draw_notice_days(plan, quarter, cohort.docket)[rows], extra.filed + 3]),
    )
    write_court_tables(plan, quarter, spool, cohort, court)
    office_tables.deliver_reviews(
        plan.knobs, plan.seed, quarter, spool, cohort.docket, cohort.conduct, task.reviews, task.review_rows
    )
    stage = Stage(plan, quarter, cohort, court, spool, acts)
    for simulate_scenario in SCENARIOS:
        simulate_scenario(stage)
    paths = statements.simulate_statements(stage, task.reviews, task.review_rows)
    count = {name: sum(len(part) for part in parts) for name, parts in spool.parts.items()}
    spool.close()
    episodes = rows[cohort.docket.terminated[rows]]
    truth.write_table(task.folder, "episodes", [truth.episode_table(plan.knobs, cohort, episodes, selected, resumed)])
    truth.write_table(task.folder, "people", [truth.people_table(cohort)])
    truth.write_table(task.folder, "paths", [paths])
    acts.write(task.folder)
    return count


def court_inputs(cohort: Cohort, docket: Docket, *, resumed: Array, notice: Array) -> CourtInputs:
    """Inputs of the court's tables for the cases of a docket; `resumed` and `notice` are days by docket row."""
    return CourtInputs(
        docket=docket,
        resumed=resumed,
        notice=notice,
        subject=cohort.people.id_no[docket.household, DEBTOR],
        people=cohort.people,
        conduct=cohort.conduct,
        accounts=cohort.accounts,
        vehicles=cohort.vehicles,
        realty=cohort.realty,
    )


def write_court_tables(plan: Plan, quarter: int, spool: Spool, cohort: Cohort, court: CourtInputs) -> None:
    """Spool the court's own tables and the petitions of one quarter, before any scenario."""
    prev = court_tables.previous_case_numbers(court.docket, cohort.docket)
    preserved = preservation.preservation_case_numbers(plan, quarter, cohort, court.docket)
    knobs, seed = plan.knobs, plan.seed
    spool.add("case", *court_tables.case_rows(knobs, seed, quarter, court, cohort.debts, prev, preserved))
    spool.add("party", *court_tables.party_rows(knobs, seed, quarter, court, cohort.debts))
    spool.add("litigation", *court_tables.lawsuit_rows(knobs, seed, quarter, court, cohort.debts))
    spool.add("event", *event_rows(knobs, seed, quarter, court))
    spool.add("query_feedback", *feedback_rows(knobs, seed, quarter, court))
    spool.add("petition", *petitions.petition_rows(knobs, seed, quarter, court))


def _delivery_jobs(plan: Plan, out: Path, folders: list[Path]) -> list[deliveries.DeliveryJob]:
    count = len(plan.calendar.deliveries)
    back = faults.draw_withdrawn_deliveries(plan.knobs, plan.seed, count)
    return [
        deliveries.DeliveryJob(out, folders, plan.knobs, plan.seed, plan.calendar, number, number in back)
        for number in range(count)
    ]


def _write_account_truth(folder: Path, folders: list[Path]) -> None:
    """Write `accounts.parquet`: the account each row really means; only with the knob `faults.account_writing`."""
    files = [file for source in folders if (file := source / "account_writing.arrow").exists()]
    parts = [pa.ipc.open_file(file).read_all().drop_columns(["_delivery"]) for file in files]
    if parts:
        truth.write_table(folder, "accounts", parts)


def _write_truth(
    plan: Plan, out: Path, folders: list[Path], cases: int, quarters: int, rows: dict[str, int]
) -> dict[str, float]:
    folder = out / "truth"
    folder.mkdir()
    for name in ("episodes", "people", "acts", "paths"):
        schema: pa.Schema = pq.read_schema(folders[0] / f"{name}.parquet")
        with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as writer:
            for source in folders:
                writer.write_table(pq.read_table(source / f"{name}.parquet"))
    _write_account_truth(folder, folders)
    figures = measure_figures(pq.read_table(folder / "episodes.parquet"), folders, rows, plan)
    truth.write_summary(folder, plan.knobs, cases, quarters, plan.seed, figures)
    return figures
