"""The whole run: draw every quarter, let the offices choose and review, write every quarter's rows, then deliver."""

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
from evaluation.world.base.config import Knobs, load
from evaluation.world.court import court_tables, petitions
from evaluation.world.court.proceedings import Scene, events
from evaluation.world.court.queries import feedback
from evaluation.world.delivery import deliveries, faults, office_tables
from evaluation.world.population.cohort import Cohort, Plan, draw, notices, view_of
from evaluation.world.population.docket import Docket, pick_rows, reviewed_cases, stack
from evaluation.world.population.offices import Reviews, View, history, merged
from evaluation.world.population.people import DEBTOR
from evaluation.world.population.spool import Spool, calendar
from evaluation.world.report import figures_of
from evaluation.world.scenarios.assets import answers, compensation, leases, travels, utilities
from evaluation.world.scenarios.court import (
    aftermath,
    auctions,
    co_debtors,
    distribution,
    lists,
    preservation,
    sanctions,
)
from evaluation.world.scenarios.money import statements
from evaluation.world.stage.acts import Acts
from evaluation.world.stage.stage import Stage
from features.errors import GoldenKeyError

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, the steps done and the steps in all."""
_PARALLEL_FROM = 3000


@dataclass(frozen=True)
class WorldSummary:
    """What a run made.

    Attributes:
        out: the folder. deliveries: names of the delivery folders, in order. cases, quarters, seed: as asked.
        figures: measured rates by name (see `report`). rows: rows written by table, statements included.
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
class _Task:
    """One quarter to write: the reviews of its episodes and the state of its docket after the history."""

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
        out: folder that is empty or does not exist. cases: first cases that end by termination. quarters: at least 3.
        seed: same seed and knobs, same bytes. config: TOML that overrides knobs. progress: called as work goes on.

    Raises:
        GoldenKeyError: a size is impossible, the folder holds something, or the knobs cannot be read.
    """
    _check(out, cases, quarters)
    plan = plan_of(load(config), cases, quarters, seed)
    tell = progress or (lambda stage, done, whole: None)
    work = out / ".work"
    try:
        with _workers(cases) as spread:
            views = list(_told(spread(partial(_view, plan), range(quarters)), "生成人口与案件", quarters, tell))
            tasks = _tasks(plan, views, work)
            parts = list(_told(spread(_write_quarter, tasks), "书写各季度记录", quarters, tell))
            jobs = _jobs(plan, out, [task.folder for task in tasks])
            names = list(_told(spread(deliveries.write, jobs), "装订移交材料", len(jobs), tell))
        rows = {
            name: sum(part.get(name, 0) for part in parts) for name in sorted({name for part in parts for name in part})
        }
        figures = _gather_truth(plan, out, [task.folder for task in tasks], cases, quarters, rows)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    folders = tuple(sorted(name for group in names for name in group))
    return WorldSummary(out, folders, cases, quarters, seed, figures, rows, deliveries.total_bytes(out))


def _check(out: Path, cases: int, quarters: int) -> None:
    if cases < 60:
        raise GoldenKeyError(f"模拟案件数应不少于 60 件，实为 {cases} 件。")
    if not 3 <= quarters <= 60:
        raise GoldenKeyError(f"模拟季度数应在 3 至 60 之间，实为 {quarters}。")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GoldenKeyError(f"输出目录 {out.name} 已有内容，请换一个空目录或先清空它。")
    out.mkdir(parents=True, exist_ok=True)


def plan_of(knobs: Knobs, cases: int, quarters: int, seed: int) -> Plan:
    """What a run of that size and seed is."""
    sizes = tuple(int(size) for size in np.diff(np.linspace(0, cases, quarters + 1).round().astype(int)))
    run = calendar(np.datetime64(knobs.day("calendar.start")), quarters, knobs.whole("calendar.delivery_day"))
    return Plan(knobs, seed, sizes, run, block=4 * (max(sizes) + 100))


@contextmanager
def _workers(cases: int) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]]:
    """A map over processes where the run is large enough to pay for them; results keep their order."""
    count = min(2, os.cpu_count() or 1)
    if cases < _PARALLEL_FROM or count == 1:
        yield map
        return
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool.map


def _told(results: Iterable[Any], stage: str, whole: int, tell: Progress) -> Iterator[Any]:
    for done, result in enumerate(results, start=1):
        tell(stage, done, whole)
        yield result


def _view(plan: Plan, quarter: int) -> View:
    return view_of(draw(plan, quarter), quarter)


def _tasks(plan: Plan, views: list[View], work: Path) -> list[_Task]:
    whole = merged(views)
    reviews, open_until, exists = history(plan.knobs, plan.seed, whole, plan.calendar.starts)
    tasks = []
    for quarter in range(len(views)):
        mine = np.flatnonzero(whole.quarter == quarter)
        ours = np.flatnonzero(whole.quarter[reviews.episode] == quarter)
        part = Reviews(**{name: getattr(reviews, name)[ours] for name in reviews.__dataclass_fields__})
        rows = whole.row[reviews.episode[ours]]
        folder = work / f"{quarter:03d}"
        tasks.append(_Task(plan, quarter, folder, part, rows, whole.row[mine], open_until[mine], exists[mine]))
    return tasks


def _living(task: _Task, docket: Docket) -> tuple[Array, Array]:
    """Which docket rows exist after the history, and the day each is resumed (NEVER where not)."""
    resumed = np.full(len(docket), NEVER)
    resumed[task.episode_rows] = task.open_until
    lives = np.ones(len(docket), dtype=bool)
    lives[task.episode_rows] = task.exists
    for _ in range(2):
        child = np.flatnonzero(docket.parent >= 0)
        parent = docket.parent[child]
        lives[child] &= lives[parent] & (docket.filed[child] <= resumed[parent])
    return lives, resumed


def _write_quarter(task: _Task) -> dict[str, int]:
    """Write the rows and the truth of one quarter; returns rows by table."""
    plan, quarter = task.plan, task.quarter
    cohort = draw(plan, quarter)
    lives, resumed = _living(task, cohort.docket)
    selected = np.full(len(cohort.docket), NEVER)
    selected[task.review_rows] = task.reviews.selected
    rows = np.flatnonzero(lives)
    spoil = partial(faults.spoiled, plan.knobs, plan.seed, quarter, deliveries=len(plan.calendar.deliveries))
    spool, acts = Spool(task.folder, plan.calendar, spoil), Acts()
    urged = np.flatnonzero((task.reviews.resumed < NEVER) & ~task.reviews.unaided)
    money = (task.reviews.resumed[urged], task.reviews.recovered[urged], task.reviews.paid[urged])
    extra = reviewed_cases(plan.knobs, quarter, plan.block, cohort.docket, task.review_rows[urged], money)
    docket = stack([pick_rows(cohort.docket, rows), extra])
    scene = Scene(
        docket=docket,
        resumed=np.concatenate([resumed[rows], np.full(len(extra), NEVER)]),
        notice=np.concatenate([notices(plan, quarter, cohort.docket)[rows], extra.filed + 3]),
        subject=cohort.people.id_no[docket.household, DEBTOR],
        people=cohort.people,
        conduct=cohort.conduct,
        accounts=cohort.accounts,
        vehicles=cohort.vehicles,
        realty=cohort.realty,
    )
    _court(plan, quarter, spool, cohort, scene)
    office_tables.deliver_reviews(
        plan.knobs, plan.seed, quarter, spool, cohort.docket, cohort.conduct, task.reviews, task.review_rows
    )
    stage = Stage(plan, quarter, cohort, scene, spool, acts)
    for play in (
        auctions,
        distribution,
        preservation,
        aftermath,
        sanctions,
        leases,
        lists,
        co_debtors,
        compensation,
        travels,
        utilities,
        answers,
    ):
        play.perform(stage)
    paths = statements.deliver(stage, task.reviews, task.review_rows)
    count = {name: sum(len(part) for part in parts) for name, parts in spool.parts.items()}
    spool.close()
    told = rows[cohort.docket.terminated[rows]]
    truth.write(task.folder, "episodes", [truth.episodes(plan.knobs, cohort, told, selected, resumed)])
    truth.write(task.folder, "people", [truth.people(cohort)])
    truth.write(task.folder, "paths", [paths])
    acts.write(task.folder)
    return count


def _court(plan: Plan, quarter: int, spool: Spool, cohort: Cohort, scene: Scene) -> None:
    prev = court_tables.previous_numbers(scene.docket, cohort.docket)
    held = preservation.numbers(plan, quarter, cohort, scene.docket)
    knobs, seed = plan.knobs, plan.seed
    spool.add("case", *court_tables.cases(knobs, seed, quarter, scene, cohort.debts, prev, held))
    spool.add("party", *court_tables.parties(knobs, seed, quarter, scene, cohort.debts))
    spool.add("litigation", *court_tables.lawsuits(knobs, seed, quarter, scene, cohort.debts))
    spool.add("event", *events(knobs, seed, quarter, scene))
    spool.add("query_feedback", *feedback(knobs, seed, quarter, scene))
    spool.add("petition", *petitions.petitions(knobs, seed, quarter, scene))


def _jobs(plan: Plan, out: Path, folders: list[Path]) -> list[deliveries.Job]:
    count = len(plan.calendar.deliveries)
    back = faults.withdrawn(plan.knobs, plan.seed, count)
    return [
        deliveries.Job(out, folders, plan.knobs, plan.seed, plan.calendar, number, number in back)
        for number in range(count)
    ]


def _gather_truth(
    plan: Plan, out: Path, folders: list[Path], cases: int, quarters: int, rows: dict[str, int]
) -> dict[str, float]:
    folder = out / "truth"
    folder.mkdir()
    for name in ("episodes", "people", "acts", "paths"):
        schema: pa.Schema = pq.read_schema(folders[0] / f"{name}.parquet")
        with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as writer:
            for source in folders:
                writer.write_table(pq.read_table(source / f"{name}.parquet"))
    figures = figures_of(pq.read_table(folder / "episodes.parquet"), folders, rows, plan)
    truth.write_world(folder, plan.knobs, cases, quarters, plan.seed, figures)
    return figures
