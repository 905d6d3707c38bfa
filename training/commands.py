"""Commands of this room: `train`, on the pool or on a matrix from elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from features.command import Command
from features.errors import GoldenKeyError

if TYPE_CHECKING:
    from models.ranker import Model


def configure_train(parser: argparse.ArgumentParser) -> None:
    """Arguments of `train`."""
    parser.add_argument("--as-of", metavar="DATE", help="截止日（YYYY-MM-DD）：只用此日及以前审结的核查结论")
    parser.add_argument("--matrix", metavar="FILE", type=Path, help="外来特征矩阵（csv 或 parquet）")
    parser.add_argument("--label", metavar="COL", default="", help="标签列（0/1），与 --matrix 同用")
    parser.add_argument("--time", metavar="COL", default="", help="时间列：按时间先后划分训练、校准、测试")
    parser.add_argument("--group", metavar="COL", default="", help="分组列：同组记录不跨训练与测试")
    parser.add_argument("--amount", metavar="COL", default="", help="金额列（元）：另训练金额部分")
    parser.add_argument("--drop", metavar="COLS", default="", help="剔除的列，以逗号分隔")
    parser.add_argument("--threads", type=int, default=1, help="线程数，只影响快慢，不影响结果")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="输出格式")


def run_train(args: argparse.Namespace) -> int:
    """Train, print the figures, register the model."""
    if (args.matrix is None) == (args.as_of is None):
        raise GoldenKeyError("请在 --as-of 日期（用数据池训练）与 --matrix 文件（用外来特征矩阵训练）中选且只选一个。")
    if args.threads < 1:
        raise GoldenKeyError(f"线程数应不小于 1，实为 {args.threads}。")
    return _matrix(args) if args.matrix is not None else _pool(args)


def _pool(args: argparse.Namespace) -> int:
    from training.fit import train

    report = train(args.home, _day(args.as_of), threads=args.threads)
    how = "时间外测试：训练并在其中较晚各段校准 | 间隔 | 测试"
    _print(args.format, report.model, how, report.metrics, ())
    return 0


def _matrix(args: argparse.Namespace) -> int:
    from training.matrix_file import MatrixOptions, train_matrix

    if not args.label:
        raise GoldenKeyError("使用 --matrix 时须用 --label 指明标签列。")
    dropped = tuple(name.strip() for name in args.drop.split(",") if name.strip())
    options = MatrixOptions(args.label, args.time, args.group, args.amount, dropped)
    report = train_matrix(args.home, args.matrix, options, args.threads)
    _print(args.format, report.model, report.how, report.metrics, report.periods)
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GoldenKeyError(f"截止日应写作 2024-03-31 这样的日期，实为 {text}。") from error


def _print(
    form: str,
    model: Model,
    how: str,
    metrics: Mapping[str, float],
    periods: Sequence[tuple[str, Mapping[str, float]]],
) -> None:
    if form == "json":
        import json

        told = {
            "version": model.version,
            "how": how,
            "metrics": dict(metrics),
            "periods": [{"period": name, **figures} for name, figures in periods],
            "counts": {name: dict(group) for name, group in model.counts.items()},
            "notes": list(model.notes),
        }
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    _tables(model, how, metrics, periods)


def _tables(
    model: Model, how: str, metrics: Mapping[str, float], periods: Sequence[tuple[str, Mapping[str, float]]]
) -> None:
    from rich.console import Console
    from rich.table import Table

    from training.measure import LABELS, told

    console = Console()
    kinds = {"tree": "梯度提升树", "linear": "正则化线性"}
    amount = kinds[model.amount.kind] if model.amount else "无"
    console.print(f"模型 {model.version}：概率部分 {kinds[model.concealment.kind]}，金额部分 {amount}")
    table = Table(title=how, title_justify="left")
    table.add_column("指标")
    table.add_column("数值", justify="right")
    for name, value in told(metrics):
        table.add_row(name, value)
    console.print(table)
    if periods:
        names = ("rows", "base_rate", "auc", "average_precision", "brier_before", "brier_after")
        later = Table("时段", *(LABELS[name] for name in names), title="分时段", title_justify="left")
        for period, figures in periods:
            later.add_row(
                period, *(dict(told({name: figures[name]}))[LABELS[name]] if name in figures else "—" for name in names)
            )
        console.print(later)
    for head, group in model.counts.items():
        label = {"concealment": "概率部分", "amount": "金额部分"}[head]
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
    "not_in_cohort": "评分日不在案件范围",
}


COMMANDS = (Command("train", "用已审结的核查结论或外来特征矩阵训练模型并登记", configure_train, run_train),)
