"""Commands over clues and features: the catalogue, the clues of one case, the matrix of a day as a file."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from features.command import Command
from features.errors import GoldenKeyError

if TYPE_CHECKING:
    from features.evidence import EvidenceRow

KINDS = {"finding": "发现", "measure": "度量", "context": "背景"}
CHANNELS = {"A": "隐匿财产", "B": "程序违法", "AB": "两者"}


def _configure_clues(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", default="list", metavar="list|案号", help="list 列出目录；案号列出该案线索及依据行"
    )
    parser.add_argument("--as-of", type=date.fromisoformat, help="截止日（默认：数据池最近一次交接之日）")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _run_clues(args: argparse.Namespace) -> int:
    if args.what == "list":
        _print_catalogue(args.format)
        return 0
    from features.evidence import open_evidence
    from features.lookup import default_day, episode_of

    day = args.as_of or default_day(args.home)
    with open_evidence(args.home, day) as evidence:
        episode = episode_of(evidence.facts, args.what)
        found = {clue_id: rows for (_, clue_id), rows in evidence.rows([episode]).items()}
    _print_case(episode, day, found, args.format)
    return 0


def _print_catalogue(form: str) -> None:
    from features.catalogue import CLUES, VERSION

    if form == "json":
        rows = [
            {"id": c.id, "label": c.label, "family": c.family, "kind": c.kind, "channel": c.channel,
             "needs": list(c.needs.sources), "features": [f.name for f in c.features], "law": c.law}
            for c in CLUES.values()
        ]  # fmt: skip
        print(json.dumps({"version": VERSION, "clues": rows}, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"线索目录（{len(CLUES)} 条，版本 {VERSION}）")
    for heading in ("编号", "名称", "类别", "通道", "所需数据", "特征数", "依据"):
        table.add_column(heading, overflow="fold")
    for c in CLUES.values():
        needs = "、".join(c.needs.sources) or "—"
        table.add_row(c.id, c.label, KINDS[c.kind], CHANNELS[c.channel], needs, str(len(c.features)), c.law)
    Console().print(table)


def _print_case(episode: str, day: date, found: dict[str, list[EvidenceRow]], form: str) -> None:
    from features.catalogue import CLUES

    if form == "json":
        rows = {
            clue_id: [
                {"day": str(row.day) if row.day else None, "amount_fen": row.amount_fen, "note": row.note,
                 "sources": [{"table": s.table, "file": s.file, "sheet": s.sheet, "row": s.row} for s in row.sources]}
                for row in evidence
            ]
            for clue_id, evidence in found.items()
        }  # fmt: skip
        print(json.dumps({"episode": episode, "as_of": str(day), "clues": rows}, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console()
    console.print(f"{episode.replace('@', ' 终本于 ')}（截至 {day}；以下均为待核实线索，不是证据）")
    for clue_id, evidence in found.items():
        clue = CLUES[clue_id]
        if clue.kind == "context":
            continue
        console.print(f"[bold]{clue_id} {clue.label}[/bold]（{KINDS[clue.kind]}，{len(evidence)} 行）")
        for row in evidence[:5]:
            where = "；".join(f"{s.file}{' ' + s.sheet if s.sheet else ''} 第{s.row}行" for s in row.sources)
            amount = "" if row.amount_fen is None else f" {row.amount_fen / 100:,.2f}元"
            console.print(f"  {row.day or '日期不明'}{amount} {row.note}  ← {where}", highlight=False)
        if len(evidence) > 5:
            console.print(f"  （另有 {len(evidence) - 5} 行，--format json 全部列出）")


def _configure_features(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="截止日")
    parser.add_argument("--out", type=Path, required=True, help="输出文件（.parquet 或 .csv）")


def _run_features(args: argparse.Namespace) -> int:
    if args.out.suffix not in (".parquet", ".csv"):
        raise GoldenKeyError(f"输出文件 {args.out.name} 的类型不支持：须为 .parquet 或 .csv。")
    import pandas as pd

    from features.matrix import build_matrix

    matrix = build_matrix(args.home, args.as_of)
    frame = pd.concat([matrix.keys.drop(columns=["debtor", "debtor_name"]), matrix.values], axis=1)
    if args.out.suffix == ".parquet":
        frame.to_parquet(args.out)
    else:
        frame.to_csv(args.out, index=False, encoding="utf-8-sig")
    print(
        f"已写出 {len(frame)} 个终本程序 × {matrix.values.shape[1]} 个特征：{args.out}"
        f"（指纹 {matrix.fingerprint[:12]}）"
    )
    return 0


COMMANDS: tuple[Command, ...] = (
    Command("clues", "线索目录；或一案的全部线索及其依据行。", _configure_clues, _run_clues),
    Command("features", "把某日的特征矩阵写成文件。", _configure_features, _run_features),
)
"""Commands of this room."""
