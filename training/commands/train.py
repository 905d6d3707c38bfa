"""The commands `train` (on the pool or on a foreign feature matrix) and `ablate` (parts of the clue catalogue)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from features.command import Command, add_format, day, days
from features.errors import GoldenKeyError
from features.facts.lookup import GIVEN, CutDay
from features.terminal import open_console
from models.ledger.actors import acting
from models.scoring.head import KINDS
from models.scoring.model import HEAD_LABELS, Model
from models.selection.capacity import CAPACITY_HELP, resolve_capacity
from training.commands.options import add_threads, add_trainer
from training.fitting.holdout_metrics import LABELS, formatted_figures
from training.fitting.noise_floor import refit_count
from training.fitting.train import train
from training.studies.ablation import compare_parts
from training.studies.foreign_matrix import MatrixOptions, train_matrix


def configure_train(parser: argparse.ArgumentParser) -> None:
    """Arguments of `train`."""
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日：只用此日及以前审结的审查")
    parser.add_argument("--matrix", metavar="文件", type=Path, help="外来特征矩阵（csv 或 parquet）")
    parser.add_argument("--label", metavar="列名", default="", help="标签列（0/1），与 --matrix 同用")
    parser.add_argument("--time", metavar="列名", default="", help="时间列：按时间先后划分训练、校准、测试")
    parser.add_argument("--group", metavar="列名", default="", help="分组列：同组记录不跨训练与测试")
    parser.add_argument("--amount", metavar="列名", default="", help="金额列（元）：另训练金额部分")
    parser.add_argument("--drop", metavar="列名", default="", help="剔除的列，以逗号分隔")
    parser.add_argument("--text", metavar="列名", default="", help="看似数字而按文字（类别）处理的列，以逗号分隔")
    add_threads(parser)
    add_trainer(parser)
    add_format(parser, "table", "json")


def run_train(args: argparse.Namespace) -> int:
    """Train, print the figures, register the model."""
    if (args.matrix is None) == (args.as_of is None):
        raise GoldenKeyError("请在 --as-of 日期（用数据池训练）与 --matrix 文件（用外来特征矩阵训练）中选且只选一个。")
    return _matrix(args) if args.matrix is not None else _pool(args)


def _pool(args: argparse.Namespace) -> int:
    report = train(args.home, args.as_of, threads=args.threads, actor=acting(args.actor), noise=refit_count())
    how = "时间外测试：训练并在其中较晚各段校准 | 间隔 | 测试"
    _print(args.format, report.model, how, report.metrics, (), GIVEN)
    return 0


def _matrix(args: argparse.Namespace) -> int:
    if not args.label:
        raise GoldenKeyError("使用 --matrix 时须用 --label 指明标签列。")
    dropped, worded = (
        tuple(name.strip() for name in names.split(",") if name.strip()) for names in (args.drop, args.text)
    )
    options = MatrixOptions(args.label, args.time, args.group, args.amount, dropped, worded)
    report = train_matrix(args.home, args.matrix, options, args.threads)
    _print(args.format, report.model, report.how, report.metrics, report.periods)
    return 0


def _print(
    form: str,
    model: Model,
    how: str,
    metrics: Mapping[str, float],
    periods: Sequence[tuple[str, Mapping[str, float]]],
    why: str = "外来特征矩阵，没有截止日",
) -> None:
    if form == "json":
        body = {
            "version": model.version,
            "how": how,
            "metrics": dict(metrics),
            "periods": [{"period": name, **figures} for name, figures in periods],
            "counts": {name: dict(group) for name, group in model.counts.items()},
            "notes": list(model.notes),
            "as_of": model.as_of.isoformat() if model.as_of else None,
            "as_of_why": why,
        }
        print(json.dumps(body, ensure_ascii=False, indent=1))
        return
    if model.as_of is not None:
        print(f"截至 {CutDay(model.as_of, why)}")
    _tables(model, how, metrics, periods)


def _tables(
    model: Model, how: str, metrics: Mapping[str, float], periods: Sequence[tuple[str, Mapping[str, float]]]
) -> None:
    console = open_console()
    parts = "，".join(f"{HEAD_LABELS[name]} {KINDS[model.head(name)[0].kind]}" for name in model.heads)
    console.print(f"模型 {model.version}：{parts}")
    table = Table(title=how, title_justify="left")
    table.add_column("指标")
    table.add_column("数值", justify="right")
    for name, value in formatted_figures(metrics):
        table.add_row(name, value)
    console.print(table)
    if periods:
        names = ("rows", "base_rate", "auc", "average_precision", "brier_before", "brier_after")
        later = Table("时段", *(LABELS[name] for name in names), title="分时段", title_justify="left")
        for period, figures in periods:
            later.add_row(
                period,
                *(
                    dict(formatted_figures({name: figures[name]}))[LABELS[name]] if name in figures else "—"
                    for name in names
                ),
            )
        console.print(later)
    for head, group in model.counts.items():
        label = {"concealment": "概率部分", "missed": "遗漏部分", "amount": "金额部分"}[head]
        console.print(f"{label}：" + "，".join(f"{_COUNTS[name]} {value}" for name, value in group.items()))
    for note in model.notes:
        console.print(f"说明：{note}")


_COUNTS = {
    "labels": "标签",
    "positives": "正例（或有到位）",
    "fitted": "用于训练",
    "calibrated": "用于校准",
    "calibrated_positives": "校准正例",
    "measured_learn": "评测时训练",
    "measured_test": "评测时测试",
    "young": "过新未入评测",
    "effective": "有效样本量",
    "not_in_cohort": "评分日不在案件范围",
}


def configure_ablate(parser: argparse.ArgumentParser) -> None:
    """Arguments of `ablate`."""
    parser.add_argument("--as-of", type=day, required=True, metavar="日期", help="训练截止日")
    parser.add_argument("--truth", metavar="目录", type=Path, required=True, help="模拟世界的 truth/ 目录")
    parser.add_argument("--days", type=days, required=True, metavar="日期", help="列清单的日期，以逗号分隔")
    parser.add_argument("--capacity", type=int, metavar="数量", help=f"每院每次列出件数（{CAPACITY_HELP}）")
    add_format(parser, "table", "json")


def run_ablate(args: argparse.Namespace) -> int:
    """Compare parts of the catalogue on the truth of a simulated world."""
    if not (args.truth / "episodes.parquet").exists():
        raise GoldenKeyError(f"“{args.truth}”中没有 episodes.parquet：应为模拟世界的 truth/ 目录。")
    at = CutDay(args.as_of, GIVEN)
    frame = compare_parts(args.home, args.truth, at.day, args.days, resolve_capacity(args.capacity))
    if args.format == "json":
        print(frame.to_json(orient="records", force_ascii=False))
        return 0

    print(f"截至 {at}")
    orders = {"model": "预期收益", "probability": "概率"}
    headings = ("目录", "列数", "排序", "列出", "隐匿", "占比", "可回收万元", "AUC", "Brier", "未知方式者", "其中列出")
    table = Table(*headings, title="同一标签、同一日期，与模拟世界真相对照", title_justify="left")
    for row in frame.to_dict("records"):
        table.add_row(
            row["part"],
            str(row["columns"]),
            orders[row["order"]],
            f"{row['listed']:.0f}",
            f"{row['found']:.0f}",
            f"{row['precision']:.1%}",
            f"{row['recovered'] / 10_000:,.1f}",
            f"{row['auc']:.3f}",
            f"{row['brier']:.4f}",
            str(row["unknown_ways"]),
            f"{row['unknown_found']:.1%}",
        )
    open_console().print(table)
    return 0


COMMANDS = (
    Command("train", configure_train, run_train, needs_home=lambda args: args.matrix is None),
    Command("ablate", configure_ablate, run_ablate),
)
