"""The command `monitor`: calls `evaluation.monitoring.report` with the labels, which only this room reads."""

from __future__ import annotations

import argparse
import json
from datetime import date

from evaluation.monitoring.report import monitor
from evaluation.monitoring.tables import print_report
from features.command import Command, add_format, day
from features.facts.lookup import GIVEN, TODAY, CutDay
from training.data.labels import load_labels


def configure_monitor(parser: argparse.ArgumentParser) -> None:
    """Arguments of `monitor`."""
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日（默认今天：迟到的移交只有到今天才看得出来）")
    parser.add_argument(
        "--since",
        type=day,
        metavar="日期",
        help="与哪一日比较（默认：在用模型的训练截止日，其次上一季度末）",
    )
    add_format(parser, "text", "json")


def run_monitor(args: argparse.Namespace) -> int:
    """Monitor the home and print the report; exit status 3 where something needs attention."""
    at = CutDay(args.as_of, GIVEN) if args.as_of else CutDay(date.today(), TODAY)
    report = monitor(args.home, at.day, load_labels, args.since)
    if args.format == "json":
        print(json.dumps(report.as_payload() | {"as_of_why": at.why}, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        print_report(report, at.why)
    return report.exit_status


COMMANDS = (Command("monitor", configure_monitor, run_monitor),)
"""Commands of this module."""
