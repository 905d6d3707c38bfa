"""The command `retrain`: fit, backtest and judge a challenger and register it; promotes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

from rich.table import Table

from features.command import Command, add_format, day
from features.errors import GoldenKeyError
from features.facts.lookup import GIVEN, CutDay
from features.terminal import open_console
from models.ledger.actors import acting
from models.ledger.chain import SYSTEM
from models.registry.promotion import ANSWERS
from models.selection.capacity import resolve_capacity
from training.backtest.plan import BacktestSettings
from training.commands.options import add_threads, add_trainer
from training.fitting.noise_floor import refit_count
from training.retrain.retrain import Retrained, RetrainSettings, retrain

STEPS = {
    "cohort": "案件范围与特征",
    "labels": "标签",
    "candidate": "训练候选模型",
    "training": "训练材料",
    "backtest": "滚动回测",
    "change": "与在用模型比较",
    "burden": "分组负担",
    "population": "总体估计",
    "explanations": "解释检查",
    "gate": "准入检验",
    "register": "登记",
}
"""中文 names of the steps, shown as they run."""


def configure_retrain(parser: argparse.ArgumentParser) -> None:
    """Arguments of `retrain`."""
    parser.add_argument("--as-of", type=day, required=True, metavar="日期", help="截止日：只用此日及以前审结的审查")
    add_trainer(parser)
    parser.add_argument("--recipe", default="two_part", metavar="方案", help="候选方案（默认 two_part）")
    parser.add_argument("--quarters", type=int, default=6, metavar="数量", help="回测的季度数，0 为不回测（默认 6）")
    parser.add_argument(
        "--accept-drift", default="", metavar="理由", help="数据来源或结构有变时仍继续的理由，记入审计链"
    )
    add_threads(parser)
    add_format(parser, "table", "json")


def run_retrain(args: argparse.Namespace) -> int:
    """Retrain, judge, register; promote nothing."""
    if args.quarters < 0:
        raise GoldenKeyError(f"季度数应不小于 0，实为 {args.quarters}。")
    by = acting(args.actor)
    if by == SYSTEM:
        raise GoldenKeyError(
            "请用 --actor（或 GOLDENKEY_ACTOR）写明训练者，须是名册中的人员或服务："
            f"训练者不能批准自己训练的模型，写作 {SYSTEM} 就无从排除；登记用 ./goldenkey actor add。"
        )
    measured = BacktestSettings(capacity=resolve_capacity())
    retrained = retrain(
        args.home,
        args.as_of,
        by,
        settings=RetrainSettings(recipe=args.recipe, quarters=args.quarters, backtest=measured, noise=refit_count()),
        threads=args.threads,
        accept_drift=args.accept_drift,
        progress=lambda name: print(f"▶ {STEPS.get(name, name)}……", file=sys.stderr, flush=True),
    )
    _print_json(retrained, args.as_of) if args.format == "json" else _print(retrained, args.as_of)
    return 0


def _print_json(done: Retrained, as_of: date) -> None:
    body = {
        "version": done.version,
        "champion": done.champion,
        "answer": done.gate["answer"],
        "gate": dict(done.gate),
        "metrics": dict(done.metrics),
        "resumed": list(done.resumed),
        "as_of": as_of.isoformat(),
        "as_of_why": GIVEN,
    }
    print(json.dumps(body, ensure_ascii=False, indent=1))


def _print(done: Retrained, as_of: date) -> None:
    console = open_console()
    console.print(f"截至 {CutDay(as_of, GIVEN)}")
    against = f"与在用模型 {done.champion} 相比" if done.champion else "没有在用模型可比"
    console.print(f"模型 {done.version} 已登记为挑战模型（{against}），未启用。")
    table = Table("检验", "须通过", "结论", "说明", title="准入检验", title_justify="left")
    for row in done.gate["checks"]:
        table.add_row(row["label"], "是" if row["decisive"] else "否", ANSWERS[row["answer"]], row["note"])
    console.print(table)
    for note in done.notes:
        console.print(f"说明：{note}")
    answer = done.gate["answer"]
    console.print(_answer(done.gate))
    if answer != "fail":
        reason = "（两人都须以 --despite-evidence 写明理由）" if answer == "not enough evidence" else ""
        console.print(f"启用须由两位非训练者先后批准{reason}：./goldenkey promote {done.version} --by 姓名")


def _answer(gate: Mapping[str, Any]) -> str:
    """The gate's answer in one 中文 sentence, with the checks that lacked evidence."""
    said = f"准入检验：{ANSWERS[gate['answer']]}"
    if not gate["lacking"]:
        return f"{said}。"
    but = "，但以下无证据" if gate["answer"] == "pass" else "；以下无证据"
    return f"{said}{but}：{'、'.join(gate['lacking'])}。"


COMMANDS = (Command("retrain", configure_retrain, run_retrain),)
