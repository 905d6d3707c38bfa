"""Commands over clues and features: catalogue, screens run by themselves, clues of one case, matrix of a day."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text

from features.clues.catalogue import CLUES, VERSION
from features.clues.evidence import EvidenceRow, open_evidence
from features.command import Command, add_format, day, output_path
from features.cuts.matrices import build_matrix
from features.errors import GoldenKeyError
from features.facts.lookup import GIVEN, CutDay, check_not_empty, cut_day
from features.files.atomic import check_output, replacing_output
from features.files.home import DEFAULT
from features.files.workbook import SUFFIX
from features.rules.masking import mask_numbers
from features.rules.money import format_exact_yuan
from features.rules.thresholds import Thresholds
from features.screening.clue_pages import write_docs
from features.screening.elements import as_json as checklist_as_json
from features.screening.elements import checklist_from_evidence, print_checklist
from features.screening.office_settings import (
    OfficeSettings,
    export_package,
    install_settings,
    installed_settings,
    load_package,
    read_settings,
)
from features.screening.run import as_json as run_as_json
from features.screening.run import print_run, run_screen
from features.screening.screen import find_screen, screens, template_columns
from features.screening.template import write_template
from features.screening.workbook import write_leads
from features.terminal import open_console

KINDS = {"finding": "发现", "measure": "度量", "context": "背景"}
CHANNELS = {"A": "隐匿财产", "B": "程序违法", "AB": "两者"}


def _configure_clues(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="*",
        default=["list"],
        metavar="动作",
        help="list 线索目录；models 监督模型；template 模型：数据要素模板；run 模型 文件…：用填好的模板运行一个模型；"
        "package 导出或载入本院设置；docs 写出线索说明；checklist 案号：虚假诉讼、拒执、转移隐匿财产的要素清单；"
        "案号：该案线索及依据行",
    )
    parser.add_argument(
        "--as-of", type=day, metavar="日期", help="截止日（案号、checklist 默认最近一次案件数据交接之日，run 默认今天）"
    )
    add_format(parser, "text", "table", "json", "xlsx")
    parser.add_argument("--out", type=Path, metavar="路径", help="写到哪里（模板、线索表、模型包、说明目录）")
    parser.add_argument(
        "--settings", type=Path, metavar="文件", help="本院的线索开关和阈值，TOML 文件（默认用已载入的设置）"
    )
    parser.add_argument(
        "--complete", action="append", default=[], metavar="表名", help="空表表示已反馈、无记录（可写多次；run 用）"
    )
    parser.add_argument("--load", type=Path, metavar="文件", help="载入另一院导出的模型包（package 用）")


def _run_clues(args: argparse.Namespace) -> int:
    words = {
        "list": _list,
        "models": _screens,
        "template": _template,
        "run": _run,
        "package": _package,
        "docs": _docs,
        "checklist": _checklist,
    }
    what, *rest = args.what
    if what in words:
        return words[what](args, rest)
    if rest:
        raise GoldenKeyError(f"不认识“{' '.join(args.what)}”：可用的有 {'、'.join(words)}，或者一个案号。")
    settings = _settings(args)
    chosen = cut_day(args.home, args.as_of)
    with open_evidence(args.home, chosen.day, thresholds=settings.thresholds) as evidence:
        episode = evidence.episode_of(what)
        found = {clue_id: rows for (_, clue_id), rows in evidence.rows([episode], settings.shown()).items()}
        notes = evidence.currency_notes([episode]).get(episode, ())
    _print_case(episode, chosen, found, notes, settings.thresholds, args.format)
    return 0


def _clues_need_home(args: argparse.Namespace) -> bool:
    """Whether they are those of a case, or the settings installed: catalogue, templates, screens work by themselves.

    A screen needs no home; of one that was named the settings are meant, and those that ship do not run in their place.
    """
    if args.what[0] == "package":
        return args.load is None and args.settings is None
    if args.what[0] == "run":
        return args.settings is None and args.home != DEFAULT
    return args.what[0] not in ("list", "models", "template", "docs")


def _settings(args: argparse.Namespace) -> OfficeSettings:
    return read_settings(args.settings) if args.settings else installed_settings(args.home)


def _words(rest: list[str], least: int, usage: str) -> list[str]:
    if len(rest) < least:
        raise GoldenKeyError(f"命令不完整，用法：./goldenkey clues {usage}。")
    return rest


def _out(args: argparse.Namespace, usage: str, *suffixes: str) -> Path:
    """The file to write, found writable before it is worked for."""
    if args.out is None:
        raise GoldenKeyError(f"缺少 --out，用法：./goldenkey clues {usage}。")
    check_output(args.out, *suffixes)
    return Path(args.out)


def _list(args: argparse.Namespace, _: list[str]) -> int:
    _print_catalogue(args.format)
    return 0


def _screens(args: argparse.Namespace, _: list[str]) -> int:
    if args.format == "json":
        rows = [
            {
                "id": m.id,
                "name": m.name,
                "number": m.number,
                "about": m.about,
                "clues": [c.id for c in m.clues],
                "tables": list(m.tables),
            }
            for m in screens().values()
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    table = Table(title=f"监督模型（{len(screens())} 个）")
    for heading in ("名称", "模型", "编号", "线索"):
        table.add_column(heading, overflow="fold")
    for screen in screens().values():
        table.add_row(screen.id, screen.name, screen.number, "、".join(clue.id for clue in screen.clues) or "—")
    open_console().print(table)
    return 0


def _template(args: argparse.Namespace, rest: list[str]) -> int:
    usage = "template 模型 --out 文件.xlsx"
    screen = find_screen(_words(rest, 1, usage)[0])
    path = write_template(_out(args, usage, SUFFIX), screen, template_columns(screen))
    print(f"“{screen.name}”的数据要素模板已写出：{path}（前两行固定，数据从第3行填起）")
    return 0


def _run(args: argparse.Namespace, rest: list[str]) -> int:
    usage = "run 模型 文件… --out 线索.xlsx"
    name, *files = _words(rest, 2, usage)
    screen = find_screen(name)
    if args.format == "xlsx" or args.out is not None:
        _out(args, usage, SUFFIX)
    run = run_screen(screen, [Path(file) for file in files], args.as_of, _settings(args), args.complete)
    if args.out is not None:
        write_leads(args.out, run)
    if args.format == "json":
        print(json.dumps(run_as_json(run), ensure_ascii=False, indent=1))
        return 0
    print_run(run, open_console())
    if args.out is not None:
        print(f"线索表已写出：{args.out}")
    return 0


def _package(args: argparse.Namespace, _: list[str]) -> int:
    if args.load is not None:
        settings, warnings = load_package(args.load)
        for line in warnings:
            print(f"提示：{line}")
        print(f"模型包已载入：{install_settings(args.home, settings)}")
        return 0
    out = _out(args, "package --out 文件.zip，或 package --load 文件.zip")
    path = export_package(_settings(args), out)
    print(f"模型包已写出：{path}")
    return 0


def _docs(args: argparse.Namespace, _: list[str]) -> int:
    if args.out is None:
        raise GoldenKeyError("缺少 --out，用法：./goldenkey clues docs --out 目录。")
    written = write_docs(args.out)
    print(f"已写出 {len(written)} 页：{args.out}")
    return 0


def _checklist(args: argparse.Namespace, rest: list[str]) -> int:
    number = _words(rest, 1, "checklist 案号")[0]
    settings = _settings(args)
    chosen = cut_day(args.home, args.as_of)
    with open_evidence(args.home, chosen.day, thresholds=settings.thresholds) as evidence:
        checklist = checklist_from_evidence(evidence, evidence.episode_of(number), settings.shown())
        notes = evidence.currency_notes([checklist.episode]).get(checklist.episode, ())
    if args.format == "json":
        payload = checklist_as_json(checklist) | {"as_of_why": chosen.why, "currency_notes": list(notes)}
        print(json.dumps(payload, ensure_ascii=False, indent=1))
        return 0
    print_checklist(checklist, open_console(), chosen.why)
    for note in notes:
        print(f"说明：{note}")
    return 0


def _print_catalogue(form: str) -> None:
    if form == "json":
        rows = [
            {
                "id": c.id,
                "label": c.label,
                "family": c.family,
                "kind": c.kind,
                "channel": c.channel,
                "needs": list(c.needs.sources),
                "features": [f.name for f in c.features],
                "law": c.law,
            }
            for c in CLUES.values()
        ]
        print(json.dumps({"version": VERSION, "clues": rows}, ensure_ascii=False, indent=1))
        return
    table = Table(title=f"线索目录（{len(CLUES)} 条，版本 {VERSION}）")
    for heading in ("编号", "名称", "类别", "通道", "所需数据", "特征数", "依据"):
        table.add_column(heading, overflow="fold")
    for c in CLUES.values():
        needs = "、".join(c.needs.sources) or "—"
        table.add_row(c.id, c.label, KINDS[c.kind], CHANNELS[c.channel], needs, str(len(c.features)), c.law)
    open_console().print(table)


def _print_case(
    episode: str,
    at: CutDay,
    found: dict[str, list[EvidenceRow]],
    notes: Sequence[str],
    thresholds: Thresholds,
    form: str,
) -> None:
    if form == "json":
        rows = {
            clue_id: [
                {
                    "day": str(row.day) if row.day else None,
                    "amount_fen": row.amount_fen,
                    "note": None if row.note is None else mask_numbers(row.note),
                    "sources": [
                        {"table": s.table, "file": s.file, "sheet": s.sheet, "row": s.row} for s in row.sources
                    ],
                }
                for row in evidence
            ]
            for clue_id, evidence in found.items()
        }
        payload = {"episode": episode, "as_of": str(at.day), "as_of_why": at.why, "clues": rows}
        payload |= {"currency_notes": list(notes)}
        print(json.dumps(payload, ensure_ascii=False, indent=1))
        return
    console = open_console()
    console.print(f"{episode.replace('@', ' 终本于 ')}（截至 {at.day}，{at.why}；以下均为待核实线索，不是证据）")
    for note in notes:
        console.print(f"说明：{note}", highlight=False)
    for clue_id, evidence in found.items():
        clue = CLUES[clue_id].in_force(thresholds)
        if clue.kind == "context":
            continue
        console.print(Text.assemble((f"{clue_id} {clue.label}", "bold"), f"（{KINDS[clue.kind]}，{len(evidence)} 行）"))
        for row in evidence[:5]:
            where = "；".join(f"{s.file}{' ' + s.sheet if s.sheet else ''} 第{s.row}行" for s in row.sources)
            amount = "" if row.amount_fen is None else f" {format_exact_yuan(row.amount_fen)}元"
            note = mask_numbers(row.note or "")
            console.print(f"  {row.day or '日期不明'}{amount} {note}  ← {where}", highlight=False)
        if len(evidence) > 5:
            console.print(f"  （另有 {len(evidence) - 5} 行，--format json 全部列出）")


def _configure_features(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", type=day, required=True, metavar="日期", help="截止日")
    parser.add_argument(
        "--out",
        type=output_path(".parquet", ".csv"),
        required=True,
        metavar="文件",
        help="输出文件（.parquet 或 .csv）",
    )


def _run_features(args: argparse.Namespace) -> int:
    check_not_empty(args.home)
    matrix = build_matrix(args.home, args.as_of)
    frame = pd.concat([matrix.keys.drop(columns=["debtor", "debtor_name"]), matrix.values], axis=1)
    with replacing_output(args.out) as scratch:
        if args.out.suffix.lower() == ".parquet":
            frame.to_parquet(scratch)
        else:
            frame.to_csv(scratch, index=False, encoding="utf-8-sig")
    print(
        f"截至 {CutDay(args.as_of, GIVEN)}已写出 {len(frame)} 个终本程序 × {matrix.values.shape[1]} 个特征：{args.out}"
        f"（指纹 {matrix.fingerprint[:12]}）"
    )
    return 0


COMMANDS: tuple[Command, ...] = (
    Command("clues", _configure_clues, _run_clues, _clues_need_home),
    Command("features", _configure_features, _run_features),
)
"""Commands of this module, rows of `cli.COMMANDS`."""
