"""Command `demo`: simulate a world, import it, train, score, rank, compare with the truth, serve.

Each stage is the command a user would type; the demonstration only strings them together, and reads `truth/` for the
figures at its end.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from rich.table import Table

from evaluation.lists.against_truth import TruthReport, against_truth, load_truth
from evaluation.lists.baselines import count_findings
from evaluation.world.simulate import simulate
from features.command import Command, never
from features.cuts.matrices import build_matrices
from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.matrix import Matrix
from features.terminal import open_console
from models.ledger.ledger import Ledger
from models.registry import registry
from models.scoring.cohort import score_cohort
from models.selection.eligibility import eligible, learnt, unlearnt
from serving.http.settings import read_settings
from serving.queue.draw import draw_queue
from serving.queue.terminal import print_queue
from serving.server import serve
from training.fitting.noise_floor import REFITS
from training.fitting.train import train

FIRST_YEAR = 2022
HELD_BACK = 2
"""Quarters after training that are scored and measured: the model never saw them."""

SHOWN = 12
"""Cases of the list that the demonstration prints."""

ORDERS = {
    "model": "模型·预期收益",
    "probability": "模型·概率",
    "findings": "线索数",
    "amount": "按未履行额",
    "petition": "信访、先立先查",
    "random": "随机",
}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cases", type=int, default=3000, metavar="数量", help="终本案件数（默认 3000）")
    parser.add_argument("--quarters", type=int, default=12, metavar="数量", help="季度数（默认 12，至少 8）")
    parser.add_argument("--seed", type=int, default=1, metavar="种子", help="随机种子（默认 1）")
    parser.add_argument("--office", default="339901", metavar="院代码", help="展示哪个院的清单（默认 339901）")
    parser.add_argument("--no-serve", action="store_true", help="不启动服务")
    parser.add_argument("--port", type=int, default=3000, metavar="端口", help="服务端口（默认 3000）")


def quarter_end(quarter: int) -> date:
    """Last day of a quarter of the world, counted from 0."""
    year, place = divmod(quarter + 1, 4)
    return date(FIRST_YEAR + year, 3 * place + 1, 1) - timedelta(days=1)


@contextmanager
def _stage(text: str) -> Iterator[None]:
    start = time.perf_counter()
    print(f"▶ {text}……", file=sys.stderr, flush=True)
    yield
    print(f"  完成，用时 {time.perf_counter() - start:.0f} 秒", file=sys.stderr, flush=True)


def _run(args: argparse.Namespace) -> int:
    if args.quarters < 8:
        raise GoldenKeyError(f"--quarters 须不少于 8（实为 {args.quarters}）：结论要晚几个月才到，太短无法训练和检验。")
    home = Path(args.home) / f"demo-{args.cases}-{args.quarters}-{args.seed}"
    world = home / "world"
    trained_on = quarter_end(args.quarters - 1 - HELD_BACK)
    held_back = [quarter_end(args.quarters - 1 - back) for back in range(HELD_BACK, -1, -1)]
    _take_in(home, world, args)
    report = _learn(home, world, trained_on, held_back)
    _show(home, args.office, held_back[-1], report, held_back)
    print(f"\n继续查看：./goldenkey queue --home {home} --office {args.office} --as-of {held_back[-1]}")
    if args.no_serve:
        return 0
    return _serve(home, args.port)


def _take_in(home: Path, world: Path, args: argparse.Namespace) -> None:
    if not (world / "truth" / "episodes.parquet").exists():
        with _stage(f"模拟 {args.cases} 件终本案件、{args.quarters} 个季度的历史（虚构数据）"):
            _empty(world)
            simulate(world, args.cases, args.quarters, args.seed)
    with _stage("按交接日期导入数据（校验、隔离、入池）"):
        report = ingest(home, [str(world)], IngestOptions())
    print(f"  接收 {report.accepted:,} 行，隔离 {report.bad:,} 行，重复 {report.duplicates:,} 行", file=sys.stderr)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)


def _learn(home: Path, world: Path, trained_on: date, held_back: Sequence[date]) -> TruthReport:
    with _stage(f"训练：只用 {trained_on} 以前审结的审查"):
        trained = train(home, trained_on, noise=REFITS)
    counts = trained.model.counts["concealment"]
    print(
        f"  标签 {counts['labels']} 个，其中查实隐匿 {counts['positives']} 个；模型 {trained.model.version}",
        file=sys.stderr,
    )
    with _stage("在模型未见过的季度评分，并与模拟世界的真相对照"):
        matrices = build_matrices(home, held_back)
        known = learnt(home, trained_on)
        scored = {day: _eligible(home, matrices[day], known) for day in held_back}
        return against_truth(scored, load_truth(world / "truth"), read_settings().policy.capacity)


def _eligible(home: Path, matrix: Matrix, known: pd.DataFrame) -> pd.DataFrame:
    """Scored episodes an office may list on the day, without those whose label the model was trained on."""
    scores = score_cohort(registry.load_current(home), matrix).reset_index(drop=True)
    frame = pd.concat([matrix.keys, scores[["margin", "probability", "expected_fen"]]], axis=1)
    frame["findings"] = count_findings(matrix.keys, matrix.values, matrix.as_of)
    return frame[eligible(frame, matrix.as_of) & unlearnt(frame, known)]


def _show(home: Path, office: str, day: date, report: TruthReport, days: Sequence[date]) -> None:
    settings = read_settings()
    with _stage(f"生成 {office} 院截至 {day} 的线索清单"), Ledger(home) as ledger:
        view = draw_queue(home, ledger, office, day, settings.actor, settings)
    console = open_console()
    print_queue(view, console, most=SHOWN)
    console.print(_figures(report, days, settings.policy.capacity))
    console.print(_summary(report))


def _figures(report: TruthReport, days: Sequence[date], capacity: int) -> Table:
    quarters = "、".join(map(str, days))
    table = Table(title=f"每院每季前 {capacity} 件，与模拟世界真相对照（{quarters}，训练后的季度；倍数为对随机）")
    for heading in (
        "排序",
        "列出",
        "隐匿",
        "占比",
        "可回收万元",
        "发现倍数",
        "回收倍数",
    ):
        table.add_column(heading, justify="left" if heading == "排序" else "right")
    for row in report.by_order.to_dict("records"):
        table.add_row(
            ORDERS[str(row["order"])],
            f"{row['listed']:.0f}",
            f"{row['found']:.1f}",
            f"{row['precision']:.1%}",
            f"{row['recovered'] / 10_000:,.1f}",
            f"{row['lift_found']:.2f}",
            f"{row['lift_recovered']:.2f}",
        )
    return table


def _summary(report: TruthReport) -> str:
    return (
        f"全部待选终本程序 {report.eligible} 个，确有隐匿 {report.base_rate:.1%}；AUC {report.auc:.3f}，"
        f"Brier {report.brier:.4f}，校准误差（ECE）{report.ece:.4f}。\n"
        "数据为虚构，数字只说明方法在模拟世界中的表现；线索不是证据，须由检察官核实。"
    )


def _serve(home: Path, port: int) -> int:
    settings = read_settings()
    with Ledger(home) as ledger:
        token = ledger.issue_token(settings.actor, settings.actor, days=1)
    print(f"\n服务启动后用浏览器打开 http://{settings.host}:{port}/ ，登录令牌（一天有效）：{token}", flush=True)
    return serve(home, settings.host, port, settings.workers)


COMMANDS: tuple[Command, ...] = (Command("demo", _configure, _run, needs_home=never),)
"""The one command of this file."""
