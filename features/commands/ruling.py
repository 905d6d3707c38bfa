"""The command `ruling`: show what a ruling says, with the words each statement rests on."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from rich.table import Table

from features.command import Command, add_format, never
from features.errors import GoldenKeyError, reason_of
from features.files.names import shown_name
from features.intake.papers.base import EXPECTED, unread_kind
from features.intake.papers.child import SUFFIXES, read_paper
from features.intake.ruling import amounts, dates, measures
from features.intake.ruling.checks import ruling_checks
from features.intake.ruling.document import NATURES, Ruling
from features.intake.ruling.plain import without_breaks
from features.intake.ruling.reader import read_rulings
from features.intake.ruling.rows import case_row_gaps
from features.intake.sources.encoding import detect_encoding, utf8_blocks
from features.rules.masking import mask_name
from features.rules.money import format_exact_yuan
from features.schema import TABLES
from features.terminal import open_console

LARGEST = 400_000
"""Bytes beyond which a text is no ruling."""


def read_text(path: Path) -> str:
    """Text of a file: of .docx and PDF what they say, of others what is in UTF-8, GB18030 or UTF-16.

    Raises:
        GoldenKeyError: there is no such file, it cannot be read, or it is no text.
    """
    if path.suffix.lower() in SUFFIXES and path.is_file():
        return read_paper(path, shown_name(path.name)).text
    if kind := unread_kind(path.name):
        raise GoldenKeyError(f"文件 {shown_name(path)} 是{kind}，未读取；{EXPECTED}。")
    try:
        size = path.stat().st_size
        if size <= LARGEST:
            return _decoded(path) if size else ""
    except FileNotFoundError as error:
        raise GoldenKeyError(f"文件 {shown_name(path)} 不存在。") from error
    except OSError as error:
        raise GoldenKeyError(f"无法读取文件 {shown_name(path)}（{reason_of(error)}）。") from error
    raise GoldenKeyError(f"文件 {shown_name(path)} 有 {size:,} 字节，超过裁定书上限 {LARGEST:,} 字节，未读取。")


def _decoded(path: Path) -> str:
    try:
        return b"".join(utf8_blocks(path, detect_encoding(path))).decode()
    except GoldenKeyError as error:
        raise GoldenKeyError(
            f"文件 {shown_name(path)} 的编码既不是 UTF-8、GB18030，也不是 UTF-16，无法读取。"
        ) from error


def as_data(ruling: Ruling, text: str | None = None) -> dict[str, Any]:
    """The ruling with its checks as JSON values: dates as ISO text, sums in 分; `text` is what it was read from."""
    checks = [asdict(finding) for finding in ruling_checks(ruling, text)]
    return {
        **asdict(ruling),
        "in_civil_cohort": ruling.in_civil_cohort,
        "checks": checks,
        "case_row_gaps": case_row_gaps(ruling),
    }


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="路径", help="裁定书（.txt、.docx、带文字层的 PDF），或装有它们的目录"
    )
    add_format(parser, "text", "json")


def _run(arguments: argparse.Namespace) -> int:
    failed: list[str] = []
    read: list[tuple[Path, Ruling, str]] = []
    for path in _files(arguments.paths):
        try:
            found, notes = read_rulings(read_text(path))
        except GoldenKeyError as error:
            failed.append(f"{shown_name(path)}：{error}")
            continue
        for ruling, text, _ in found:
            read.append((path, replace(ruling, unread=(*ruling.unread, *notes)), text))
    if arguments.format == "json":
        rows = [{"file": shown_name(path), **as_data(ruling, text)} for path, ruling, text in read]
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1, default=date.isoformat)
        print()
    else:
        for path, ruling, text in read:
            _show(path, ruling, text)
    if failed:
        raise GoldenKeyError(f"{len(failed)} 个文件未能读取：{'；'.join(failed)}")
    return 0


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            kinds = {".txt", *SUFFIXES}
            inside = sorted(
                one for one in path.rglob("*") if one.suffix.lower() in kinds and not one.name.startswith(("~$", "."))
            )
            if not inside:
                raise GoldenKeyError(f"目录 {shown_name(path)} 中没有 .txt、.docx 或 .pdf 文件。")
            yield from inside
        else:
            yield path


def _show(path: Path, ruling: Ruling, text: str) -> None:
    """Print one ruling for a person: what was read and the words it rests on; names of persons masked."""
    console = open_console()
    cohort = "属于民事终本监督范围" if ruling.in_civil_cohort else "不属于民事终本监督范围"
    console.print(f"\n{shown_name(path.name)}  {ruling.case_no or '（未见案号）'}", style="bold")
    basis = f"，依据“{ruling.nature.quote.text}”" if ruling.nature.quote else "（推定）"
    console.print(f"{ruling.kind}，{NATURES[ruling.nature.code]}{basis}；{cohort}。")
    table = Table("类别")
    table.add_column("内容", overflow="fold")
    table.add_column("原文", overflow="fold")
    for kind, what, words in _lines(ruling):
        table.add_row(kind, what, _masked(" ".join(without_breaks(words).split()), ruling))
    console.print(table)
    for finding in ruling_checks(ruling, text):
        mark = {"hit": "线索", "clear": "未见异常", "abstain": "无法核对"}[finding.verdict]
        console.print(f"[{mark}] {finding.label}：{finding.sentence}")
    if gaps := case_row_gaps(ruling):
        console.print(gaps)
    if ruling.unread:
        console.print("未能读出：" + _masked(" ".join(ruling.unread), ruling))


def _lines(ruling: Ruling) -> Iterator[tuple[str, str, str]]:
    roles = {"this": "本案", "basis": "执行依据", "previous": "原执行案", "preservation": "保全", "other": "其他"}
    role_names, kind_names = (TABLES["party"].column(name).code_labels for name in ("role", "kind"))
    for number in ruling.numbers:
        yield "案号", f"{roles[number.role]} {number.number}{number.suffix}", number.quote.text
    for party in ruling.parties:
        name = mask_name(party.name) if party.kind == "person" else party.name
        yield "当事人", f"{role_names[party.role]}（{kind_names[party.kind]}）{name}", ""
    if ruling.transferred_by:
        yield "当事人", f"移送执行 {ruling.transferred_by}", ""
    for event in ruling.events:
        if event.role != "birth":
            earlier = "（原执行案）" if event.previous else ""
            yield "日期", f"{event.day} {dates.ROLES[event.role]}{earlier}", event.quote.text
    for measure in ruling.measures:
        lifted = "（解除）" if measure.lifted else ""
        yield "措施", f"{measures.MEASURES[measure.kind]}{lifted}", measure.quote.text
    for amount in ruling.amounts:
        yield "金额", f"{amounts.ROLES[amount.role]} {format_exact_yuan(amount.fen)} 元", amount.quote.text
    for statute in ruling.statutes:
        yield "法条", f"{statute.law} 第 {statute.article} 条", statute.quote.text
    for reason in ruling.reasons:
        yield "理由", measures.REASONS[reason.kind], reason.quote.text


def _masked(words: str, ruling: Ruling) -> str:
    """The words with the names of persons masked."""
    names = {party.name for party in ruling.parties if party.kind == "person"}
    # The longest first: 张三 may also begin 张三丰.
    for name in sorted(names, key=len, reverse=True):
        words = words.replace(name, mask_name(name))
    return words


COMMANDS = (Command("ruling", _configure, _run, needs_home=never),)
