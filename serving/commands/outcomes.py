"""Command `outcomes`: import of review outcomes, the empty sheet, figures by quarter."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from features.command import Command, add_format, day, output_path
from features.commands.pool import add_delivery_options, delivery_statement
from features.errors import GoldenKeyError
from features.facts.lookup import CutDay, cut_of_last_day
from features.files.atomic import check_suffix, write_output
from features.files.workbook import SUFFIX, write_workbook
from features.intake.ingest import IngestOptions
from features.pool.pool import Pool
from features.terminal import open_console
from models.feedback.funnel import AMOUNTS, FIGURES, NOTE, build_funnel, figures_by_quarter, sum_quarters
from models.ledger.ledger import Ledger
from models.reasons.format import format_amount
from serving.commands.common import add_actor_option, print_json, settings_of
from serving.outcomes.intake import OutcomeImport, import_outcomes
from serving.outcomes.workbook import funnel_workbook, template_workbook

HEADINGS, CELL = 28, 14
"""Characters of a terminal's line for the headings and for one quarter; what does not fit is in JSON and workbook."""

SHOWN = 20
"""Sentences printed; all of them are in the JSON."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="文件", help="监督结果表（xlsx、csv），模板见 --template")
    parser.add_argument("--template", type=output_path(SUFFIX), metavar="文件", help="写出空白的监督结果表（xlsx）")
    parser.add_argument("--report", action="store_true", help="按选取季度列出监督结果（全部院合计）")
    parser.add_argument("--as-of", type=day, metavar="日期", help="报告截止日（默认：数据池最近一次交接之日）")
    parser.add_argument("--token-file", type=Path, metavar="文件", help="本院访问令牌所在文件：只统计令牌所属的院")
    parser.add_argument("--correct-cases", action="store_true", help="允许更正案号：同一审查编号改用另一案号")
    add_format(parser, "table", "json", "xlsx")
    parser.add_argument("--out", type=output_path(), metavar="文件", help="报告写入文件（xlsx 必填）")
    add_actor_option(parser)
    loose = parser.add_argument_group("交接信息（默认按本院自有的办案记录填写）")
    add_delivery_options(loose)
    loose.add_argument("--mapping", type=Path, metavar="文件", help="外来格式的列对应关系（TOML）")


def _run(args: argparse.Namespace) -> int:
    if args.template is not None:
        return _template(args.template)
    if args.files and args.report:
        raise GoldenKeyError("导入和报告请分两次运行：--report 不与文件同用。")
    if args.files:
        return _import_files(args)
    if args.report:
        return _report(args)
    raise GoldenKeyError("请给出监督结果表，或用 --template 取空白表，或用 --report 看监督结果。")


def _template(path: Path) -> int:
    write_workbook(path, template_workbook())
    print(f"空白监督结果表已写出：{path}")
    return 0


def _import_files(args: argparse.Namespace) -> int:
    if args.format == "xlsx":
        raise GoldenKeyError("导入结果只输出 table 或 json；xlsx 用于 --report。")
    options = IngestOptions(mapping=args.mapping, **delivery_statement(args))
    with Ledger(args.home) as ledger:
        imported = import_outcomes(args.home, args.files, options, ledger, settings_of(args).actor, args.correct_cases)
        table = _funnel(args.home, ledger, max(date.today(), imported.received), "")
    if args.format == "json":
        print_json({**_import_payload(imported), "funnel": _records(table)})
        return 0

    console = open_console(highlight=False)
    _print_import(imported, console)
    _print_funnel(table, f"监督结果（全部院合计，截至{date.today()}）", console)
    return 0


def _import_payload(taken: OutcomeImport) -> dict[str, Any]:
    payload = {"batch": taken.batch, **taken.as_payload(), "doubts": [asdict(doubt) for doubt in taken.doubts]}
    payload |= {"notices": list(taken.notices), "faults": list(taken.faults)}
    return payload | {"quarantine": str(taken.quarantine) if taken.quarantine else None}


def _print_import(taken: OutcomeImport, console: Console) -> None:
    if taken.batch is None:
        console.print("没有新的内容，数据池未变。")
    else:
        console.print(
            f"第 {taken.batch} 批次（知悉日 {taken.received}）：新增 {taken.new} 件，变更 {taken.changed} 件，"
            f"未变 {taken.unchanged} 件，隔离 {taken.quarantined} 行，未匹配到终本程序 {taken.unmatched} 件。"
        )
    _lines("隔离", taken.faults, console)
    _lines("核对", [f"{doubt.place}：{doubt.sentence}" for doubt in taken.doubts], console)
    _lines("提示", taken.notices, console)
    if taken.quarantine:
        console.print(f"隔离的行：{taken.quarantine}")


def _lines(title: str, lines: Sequence[str], console: Console) -> None:
    for line in lines[:SHOWN]:
        console.print(f"{title}：{line}")
    if len(lines) > SHOWN:
        console.print(f"{title}：另有 {len(lines) - SHOWN} 条，用 --format json 看全部。")


def _report(args: argparse.Namespace) -> int:
    if args.format == "xlsx" and args.out is None:
        raise GoldenKeyError("导出 xlsx 须用 --out 指定文件。")
    if args.format == "xlsx":
        check_suffix(args.out, SUFFIX)
    at = cut_of_last_day(args.home, args.as_of)
    with Ledger(args.home) as ledger:
        office = _office(args.token_file, ledger)
        table = _funnel(args.home, ledger, at.day, office)
    _write_report(args, table, at, f"院 {office}" if office else "全部院合计")
    return 0


def _office(path: Path | None, ledger: Ledger) -> str:
    """The office of a token kept in a file; empty without one. A token of all offices shows the pooled figures."""
    if path is None:
        return ""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenKeyError(f"令牌文件 {path} 无法读取，请核对路径和权限。") from error
    return ledger.authenticate(token).office


def _funnel(home: Path, ledger: Ledger, day: date, office: str) -> pd.DataFrame:
    with Pool(home).as_of(day) as cut:
        return build_funnel(cut, ledger, office)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{"quarter": quarter, **figures} for quarter, figures in figures_by_quarter(table).items()]


def _write_report(args: argparse.Namespace, table: pd.DataFrame, at: CutDay, scope: str) -> None:
    if args.format == "xlsx":
        content = funnel_workbook(table, scope, str(at))
    elif args.format == "json":
        body = {
            "as_of": at.day.isoformat(),
            "as_of_why": at.why,
            "scope": scope,
            "quarters": _records(table),
            "total": sum_quarters(table),
        }
        content = (json.dumps({**body, "note": NOTE}, ensure_ascii=False, indent=1) + "\n").encode()
    else:
        text = io.StringIO()
        _print_funnel(
            table,
            f"监督结果（{scope}，截至{at.day}，{at.why}）",
            open_console(file=text, width=200) if args.out else None,
        )
        content = text.getvalue().encode()
    if args.out:
        (write_workbook if args.format == "xlsx" else write_output)(args.out, content)
        print(f"已写出：{args.out}", file=sys.stderr)
    elif content:
        print(content.decode(), end="")


def _print_funnel(table: pd.DataFrame, title: str, console: Console | None = None) -> None:
    """Print one line per figure and one column per quarter: the latest quarters that fit, and the total."""

    console = console or open_console(highlight=False)
    figures = figures_by_quarter(table)
    quarters = list(figures)[-max((console.width - HEADINGS) // CELL - 1, 1) :]
    printed = Table(title=title)
    printed.add_column("", no_wrap=True)
    for name in (*quarters, "合计"):
        printed.add_column(name, justify="right", no_wrap=True)
    sums = sum_quarters(table)
    for name, heading in FIGURES.items():
        values = [*(figures[quarter][name] for quarter in quarters), sums[name]]
        printed.add_row(heading, *(format_amount(value) if name in AMOUNTS else f"{value:,}" for value in values))
    console.print(printed)
    if len(table) > len(quarters):
        console.print(f"只列最近 {len(quarters)} 个季度，合计为全部 {len(table)} 个季度；全部见 --format json。")
    console.print(NOTE)


COMMANDS: tuple[Command, ...] = (Command("outcomes", _configure, _run, needs_home=lambda args: args.template is None),)
"""Commands of this file."""
