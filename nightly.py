"""Command `nightly`: deliveries, cut, scores, lists of all offices, leads and monitor, made once, one after another.

Every step is found made where an earlier run of the same night made it, so a night that was broken off goes on where it
stopped: the command is run again.
"""

from __future__ import annotations

import argparse
import fcntl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evaluation.monitoring.report import monitor
from features.command import ATTENTION, Command, add_format, day
from features.cuts.stored import StoredCut
from features.errors import GoldenKeyError
from features.facts.lookup import CutDay, cut_day
from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import Pool
from features.terminal import open_console
from models.ledger.ledger import Ledger
from models.ledger.vouched_cuts import drop_cuts, open_vouched_cut
from models.registry.promotion import reconcile
from serving.commands.common import add_actor_option, print_json, print_lines, settings_of
from serving.http.settings import Settings
from serving.leads.store import LeadStore
from serving.queue.draw import draw_queue
from serving.queue.scoring import score_all
from training.data.labels import load_labels


@dataclass(slots=True)
class Step:
    """One step of a night: what was done in a few words, what somebody must look at, and what it cost."""

    name: str
    done: str = ""
    attention: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    seconds: float = 0.0


class Night:
    """The steps of one night over one home; each method does one, and finds made what is made."""

    def __init__(self, settings: Settings, ledger: Ledger, args: argparse.Namespace) -> None:
        self._settings, self._ledger = settings, ledger
        self._deliveries: Sequence[str] = args.deliveries
        self._as_of: date | None = args.as_of
        self._offices: Sequence[str] = args.office

    @property
    def steps(self) -> dict[str, Callable[[Step], None]]:
        """The steps by their name, in order."""
        return {
            "导入": self._ingest,
            "截面": self._cut,
            "评分": self._score,
            "清单": self._lists,
            "财产线索": self._leads,
            "监测": self._monitor,
        }

    @cached_property
    def day(self) -> CutDay:
        """The day of the night, once the deliveries are in."""
        return cut_day(self._settings.home, self._as_of)

    @cached_property
    def _stored(self) -> StoredCut:
        state = Pool(self._settings.home).state
        return open_vouched_cut(self._ledger, self.day.day, state, self._settings.actor)

    def _ingest(self, step: Step) -> None:
        if not self._deliveries:
            step.done = "没有给出移交，数据池不变"
            return
        for path in self._deliveries:
            # Whatever one delivery is refused for, the night goes on with what the pool holds.
            try:
                report = ingest(self._settings.home, [path], IngestOptions())
            except GoldenKeyError as error:
                step.attention.append(f"{path}：{error}")
                continue
            step.attention += [f"{file.name}：{file.reason}" for file in report.refused]
            done = f"已导入 {report.accepted} 行" if report.batches else "没有新的内容"
            step.done += f"{path}：{done}；"

    def _cut(self, step: Step) -> None:
        cut = self._stored
        step.done = (
            f"{self.day.day}，{cut.episodes.num_rows} 个终本程序，{cut.manifest.part('rows.parquet').rows} 行线索"
        )
        step.attention += cut.isolation.sentences()
        if dropped := drop_cuts(self._ledger):
            step.done += f"；清除未用的旧截面 {len(dropped)} 个"

    def _score(self, step: Step) -> None:
        standing = reconcile(self._ledger)
        step.attention += [sentence for sentence in (*standing.restored, standing.note) if sentence]
        settings = self._settings
        run = score_all(settings.home, self.day.day, settings.actor, self._ledger, settings.threads)
        step.done = f"已评分 {run.rows} 个终本程序，模型 {run.model_version}"

    def _lists(self, step: Step) -> None:
        settings, listed = self._settings, 0
        offices = self._offices or sorted(set(self._stored.keys["office"].dropna().astype(str)) - {""})
        for office in offices:
            try:
                view = draw_queue(
                    settings.home, self._ledger, office, self.day.day, settings.actor, settings, cut=self._stored
                )
            except GoldenKeyError as error:
                step.attention.append(f"院 {office} 的清单没有形成：{error}")
                continue
            listed += view.listed
        step.done = f"{len(offices)} 个院，共列入 {listed} 件"

    def _leads(self, step: Step) -> None:
        opened = LeadStore(self._settings.home, self._ledger).open(self._settings.actor, self.day.day)
        step.done = f"共 {opened.leads} 条，新增 {opened.new} 条"

    def _monitor(self, step: Step) -> None:
        report = monitor(self._settings.home, date.today() if self._as_of is None else self._as_of, load_labels, None)
        found = [finding.sentence for finding in report.findings]
        step.done = f"{len(found)} 项需要关注" if found else "没有需要关注的事项"
        step.attention += found


def run_night(night: Night, show: Callable[[Step], None]) -> tuple[list[Step], GoldenKeyError | None]:
    """Run the steps in order; the first that is refused ends the night, and those made stay made.

    Args:
        night: the night.
        show: called when a step begins.

    Returns:
        The steps begun, and what ended the night early.
    """
    steps: list[Step] = []
    for name, run in night.steps.items():
        step = Step(name)
        steps.append(step)
        show(step)
        since, cpu = time.monotonic(), time.process_time()
        try:
            run(step)
        except GoldenKeyError as error:
            return steps, error
        finally:
            step.seconds, step.cpu_seconds = time.monotonic() - since, time.process_time() - cpu
    return steps, None


@contextmanager
def _only_night(home: Path) -> Iterator[None]:
    """Refuse a second night on the same home; the lock ends with its process, whatever becomes of it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".nightly.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GoldenKeyError("同一数据目录的另一次夜间处理正在进行，请等它结束后再运行。") from error
        yield


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deliveries", action="append", default=[], metavar="路径", help="先导入的移交（文件或文件夹，可写多次）"
    )
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日（默认：最近一次案件数据交接之日）")
    parser.add_argument(
        "--office", action="append", default=[], metavar="院代码", help="只为这些院形成清单（可写多次；默认全部）"
    )
    add_format(parser, "text", "json")
    add_actor_option(parser)


def _run(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    console = open_console(stderr=True)

    def show(step: Step) -> None:
        if sys.stderr.isatty():
            console.print(f"{step.name} …", markup=False)

    with _only_night(settings.home), Ledger(settings.home) as ledger:
        night = Night(settings, ledger, args)
        steps, stopped = run_night(night, show)
    if args.format == "json":
        print_json({"steps": [asdict(step) for step in steps], "stopped": None if stopped is None else str(stopped)})
    else:
        _print(open_console(), steps)
    print_lines(sentence for step in steps for sentence in step.attention)
    if stopped is not None:
        raise stopped
    return ATTENTION if any(step.attention for step in steps) else 0


def _print(console: Console, steps: Sequence[Step]) -> None:
    table = Table("步骤", "结果", "处理器秒", "用时（秒）")
    for step in steps:
        table.add_row(step.name, step.done or "未完成", f"{step.cpu_seconds:.1f}", f"{step.seconds:.1f}")
    console.print(table)


COMMANDS = (Command("nightly", _configure, _run, needs_home=lambda args: not args.deliveries),)
"""Commands of this module."""
