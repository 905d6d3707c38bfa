"""The command `population`: concealment among all terminated cases, estimated from the random strata of the lists."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.table import Table

from evaluation.metrics.intervals import Estimate
from evaluation.metrics.population import PopulationEstimate, estimate_population
from evaluation.metrics.reviewed_draws import period, reviewed_draws
from features.command import add_format, day
from features.errors import NotFoundError
from features.facts.lookup import GIVEN
from features.pool.pool import Pool
from features.terminal import open_console
from models.ledger.ledger import Ledger
from models.registry import registry, reports


def configure_population(parser: argparse.ArgumentParser) -> None:
    """Arguments of `population`."""
    parser.add_argument("--as-of", type=day, required=True, metavar="日期", help="截止日")
    parser.add_argument("--version", metavar="版本", help="写入哪个模型的材料（默认在用的模型）")
    add_format(parser, "table", "json")


def run_population(args: argparse.Namespace) -> int:
    """Print the estimate and write it as a report of the model given by `--version`, by default of the one in use."""
    with Ledger(args.home) as ledger, Pool(args.home).as_of(args.as_of) as cut:
        estimate = estimate_population(reviewed_draws(cut, ledger))
    first, last = period(args.as_of)
    body = {"as_of": args.as_of.isoformat(), "from": first.isoformat(), "to": last.isoformat(), **estimate.as_payload()}
    version = _version(args)
    if version:
        reports.write_report(args.home, version, "population", body)
    if args.format == "json":
        more = {"as_of_why": GIVEN, "model_version": version or None}
        sys.stdout.write(json.dumps(body | more, ensure_ascii=False) + "\n")
        return 0
    _print(estimate, body, version)
    return 0


def _version(args: argparse.Namespace) -> str:
    """Version of the model the report belongs to, empty if none is in use; NotFoundError for an unknown one."""
    if args.version:
        return registry.load(args.home, args.version).version
    try:
        return registry.current_version(args.home)
    except NotFoundError:
        return ""


def _print(found: PopulationEstimate, body: dict[str, Any], version: str) -> None:
    console = open_console()
    console.print(f"截至 {body['as_of']}（{GIVEN}）")
    table = Table(title=f"全部终本案件的推算（{body['from']} 至 {body['to']} 的清单）")
    for name in ("指标", "推算", f"{found.level:.0%} 区间"):
        table.add_column(name, justify="left" if name == "指标" else "right")
    table.add_row(
        "疑似隐匿转移财产所占比例", f"{found.share.estimate:.1%}", f"{found.share.low:.1%} 至 {found.share.high:.1%}"
    )
    table.add_row("　　区间半宽", f"{found.share.half_width:.1%}", "")
    table.add_row("疑似隐匿转移财产的件次", *_counts(found.number))
    table.add_row("　　其中未列入清单的", *_counts(found.below))
    table.add_row("可回收金额（万元）", *_sums(found.amount))
    table.add_row("　　其中未列入清单的", *_sums(found.amount_below))
    table.add_row("未审结者全部为否、全部为是时的比例", "", f"{found.bounds.low:.1%} 至 {found.bounds.high:.1%}")
    console.print(table)
    console.print(
        f"汇总 {found.offices} 个院、{found.draws} 次清单，待选 {found.eligible:,} 件次；"
        f"按规则列入 {found.ruled:,} 件，随机抽取 {found.seats:,} 件、已审结 {found.concluded:,} 件"
        f"（有效样本量 {found.effective:.0f}）。",
        highlight=False,
    )
    for note in found.notes:
        console.print(f"说明：{note}", highlight=False)
    if version:
        console.print(f"已记入模型 {version} 的材料。", highlight=False)


def _counts(figure: Estimate) -> tuple[str, str]:
    return f"{figure.estimate:,.0f}", f"{figure.low:,.0f} 至 {figure.high:,.0f}"


def _sums(figure: Estimate | None) -> tuple[str, str]:
    """Amounts in 万元."""
    if figure is None:
        return "—", "—"
    low, middle, high = (value / 1e6 for value in (figure.low, figure.estimate, figure.high))
    return f"{middle:,.1f}", f"{low:,.1f} 至 {high:,.1f}"
