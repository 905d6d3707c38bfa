"""The command `explain`: the reasons of one case, with the rows they rest on."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console

from features.command import Command, add_format, day
from features.facts.lookup import CutDay, cut_day
from features.terminal import open_console
from models.reasons.case import explain_case
from models.reasons.format import format_amount, format_date, format_location
from models.reasons.sentences import CaseReasons, Reason

ROWS_PRINTED = 6
"""Evidence rows printed per reason; all of them (up to the settings' limit) are in the JSON."""


def configure_explain(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explain`."""
    parser.add_argument("case", metavar="案号", help="案号，括号样式不限")
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日（默认：最近一次案件数据交接之日）")
    add_format(parser, "text", "json")


def run_explain(args: argparse.Namespace) -> int:
    """Print the reasons of a case."""
    chosen = cut_day(args.home, args.as_of)
    reasons = explain_case(args.home, args.case, chosen.day)
    if args.format == "json":
        payload = asdict(reasons) | {"as_of_why": chosen.why}
        print(json.dumps(payload, ensure_ascii=False, indent=1, default=str))
        return 0
    _print(open_console(highlight=False), reasons, chosen)
    return 0


def _print(console: Console, reasons: CaseReasons, chosen: CutDay) -> None:
    at = reasons.context
    console.print(f"{at.case_no}　等级：{at.level}　疑似隐匿财产概率：{at.probability:.1%}", style="bold")
    console.print(
        f"在本批案件中的百分位：{at.percentile:.1%}　数据完备度：{at.coverage}　未履行：{format_amount(at.debt_fen)}"
    )
    if at.amount_fen is not None:
        chance = "隐匿概率" if at.missed is None else f"（隐匿概率＋遗漏概率 {at.missed:.1%}）"
        amount, expected = format_amount(at.amount_fen), format_amount(at.expected_fen)
        console.print(f"如查实预计可回收：{amount}　预期收益（{chance}×金额）：{expected}")
    console.print(f"截止日：{format_date(at.as_of)}（{chosen.why}）　模型：{at.model_version}")
    for note in at.currency_notes:
        console.print(f"说明：{note}")
    console.print("\n主要依据（提高得分）：" if reasons.reasons else f"\n{reasons.no_reason}")
    for number, reason in enumerate(reasons.reasons, start=1):
        _reason(console, number, reason)
    console.print("\n降低得分的情况：" if reasons.lowers else f"\n{reasons.no_lower}")
    for reason in reasons.lowers:
        console.print(f"  · {reason.text}（{reason.contribution:+.2f}）")
    parts = sum(reason.contribution for reason in (*reasons.reasons, *reasons.lowers))
    console.print(
        f"\n得分构成（对数几率）：基准 {reasons.base:+.3f} ＋ 上列各项 {parts:+.3f} ＋ "
        f"{reasons.rest_label} {reasons.rest:+.3f} ＝ {reasons.margin:+.3f}"
    )
    console.print(reasons.disclaimer)


def _reason(console: Console, number: int, reason: Reason) -> None:
    console.print(f"{number}. [{reason.clue}] {reason.text}（{reason.contribution:+.2f}）")
    for row in reason.evidence[:ROWS_PRINTED]:
        where = "；".join(format_location(file, sheet, line) for _, _, file, sheet, line in row.sources)
        amount = format_amount(row.amount_fen) if row.amount_fen is not None else ""
        said = "　".join(part for part in (format_date(row.day), amount, row.who, row.note) if part)
        console.print(f"     - {said}　〔{where}〕")
    if reason.evidence_total > ROWS_PRINTED:
        console.print(f"     - 共 {reason.evidence_total} 条依据，此处列金额最大的 {ROWS_PRINTED} 条。")
    if reason.innocent:
        console.print(f"     先排除：{'；'.join(reason.innocent)}")
    if reason.next_step:
        console.print(f"     下一步：{reason.next_step}")
    if reason.law:
        console.print(f"     依据：{reason.law}")


COMMANDS = (Command("explain", configure_explain, run_explain),)
