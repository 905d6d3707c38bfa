"""Commands of the pool: take deliveries in, withdraw them, list them, and write empty tables to fill in."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.command import ATTENTION, Command, add_format, day, never, output_path
from features.errors import GoldenKeyError, NotFoundError
from features.files.workbook import SUFFIX
from features.intake.ingest import IngestOptions, ingest
from features.intake.ingest import Progress as ShowProgress
from features.intake.preview import preview, print_preview
from features.intake.report import print_report
from features.intake.template import write_template
from features.pool.manifests import Manifest
from features.pool.pool import Pool
from features.terminal import open_console


def add_delivery_options(group: argparse._ArgumentGroup) -> None:
    """The options of the statement of a delivery; `delivery_statement` reads them."""
    group.add_argument("--delivery-no", default="", metavar="编号", help="交接编号")
    group.add_argument("--received", type=day, metavar="日期", help="接收日期，默认今天")
    group.add_argument("--provider", default="", metavar="单位", help="提供单位")
    group.add_argument("--legal-basis", default="", metavar="文字", help="法律依据")
    group.add_argument("--purpose", default="", metavar="文字", help="使用目的")
    group.add_argument("--scope", default="", metavar="文字", help="使用范围")
    group.add_argument("--approved-by", default="", metavar="姓名", help="批准人")


def delivery_statement(args: argparse.Namespace) -> dict[str, Any]:
    """The fields of `IngestOptions` that `add_delivery_options` gives."""
    names = ("delivery_no", "provider", "legal_basis", "purpose", "scope", "approved_by")
    return {name: getattr(args, name) for name in names} | {"received_on": args.received}


def _configure_ingest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="路径", help="文件、交接文件夹，或数据库表（如 sqlite:///path/to/file.db#txn）"
    )
    parser.add_argument("--mapping", type=Path, metavar="文件", help="外来格式的列对应关系（TOML）")
    parser.add_argument("--table", metavar="表名", help="散装文件所属的表名（如 txn），不再自动识别")
    loose = parser.add_argument_group("散装文件的交接信息（文件夹中有 交接单.toml 时不需要）")
    add_delivery_options(loose)
    loose.add_argument("--retain-until", type=day, metavar="日期", help="保存期限")
    loose.add_argument("--backfile", action="store_true", help="历史补录：没有接收日期，知悉日按来源推定")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="只试读：列出各文件转换后的前三行、所用格式、单位和读不出的单元格，不写入任何内容",
    )
    parser.add_argument("--correct-cases", action="store_true", help="监督结果：审查编号可改属另一案件（更正案号）")
    add_format(parser, "table", "json")


def _configure_batches(parser: argparse.ArgumentParser) -> None:
    add_format(parser, "table", "json")


def _run_ingest(args: argparse.Namespace) -> int:
    options = IngestOptions(
        mapping=args.mapping,
        table=args.table,
        **delivery_statement(args),
        retain_until=args.retain_until,
        backfile=args.backfile,
        correct_cases=args.correct_cases,
    )
    if args.dry_run:
        shown = preview(args.paths, options)
        if args.format == "json":
            _print_json(shown.as_json())
        else:
            print_preview(shown, open_console())
        return ATTENTION if shown.refused else 0
    with progress_bar() as progress:
        report = ingest(args.home, args.paths, options, progress)
    if args.format == "json":
        _print_json(report.as_json())
    else:
        print_report(report, open_console())
    return ATTENTION if report.refused else 0


@contextmanager
def progress_bar() -> Iterator[ShowProgress | None]:
    """A progress bar on standard error, when that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rows]:,} 行"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=open_console(stderr=True), transient=True) as bar:
        task = bar.add_task("导入", total=None, rows=0)

        def show(name: str, number: int, total: int, rows: int) -> None:
            bar.update(task, description=name[-40:], completed=number - 1, total=total, rows=rows)

        yield show


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _configure_withdraw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", nargs="+", metavar="批次", help="批次号，或交接编号")
    parser.add_argument("--on", type=day, metavar="日期", help="自哪一天起撤回，默认今天")
    parser.add_argument("--reason", required=True, metavar="理由", help="撤回理由")
    add_format(parser, "table", "json")


def _run_withdraw(args: argparse.Namespace) -> int:
    pool = Pool(args.home)
    if not args.reason.strip():
        raise GoldenKeyError("撤回须写明理由：--reason 不能为空。")
    numbers = [seq for name in args.batch for seq in _batch_numbers(pool.batches(), name)]
    manifest = pool.withdraw(sorted(set(numbers)), on=args.on or date.today(), reason=args.reason)
    if args.format == "json":
        _print_json({"batch": manifest.seq, "withdraws": manifest.withdraws, "on": manifest.withdrawn_on})
    else:
        names = "、".join(str(seq) for seq in manifest.withdraws)
        print(f"第 {names} 批次自 {manifest.withdrawn_on} 起撤回：此后的评分不再使用，此前的评分仍可重现。")
    return 0


def _batch_numbers(batches: tuple[Manifest, ...], name: str) -> list[int]:
    """The batches in force that a number of a batch or of a delivery means.

    Raises:
        NotFoundError: nothing is called so.
        GoldenKeyError: it is a withdrawal itself, was withdrawn already, or was replaced by a batch read again.
    """
    ended = {seq: m for m in batches for seq in m.withdraws}
    by_delivery = [m.seq for m in batches if m.delivery.delivery_no == name and not m.only_withdraws]
    if in_force := [seq for seq in by_delivery if seq not in ended]:
        return in_force
    if by_delivery:
        raise GoldenKeyError(f"交接“{name}”已自 {ended[by_delivery[-1]].withdrawn_on} 起撤回，不必再撤回。")
    if not name.isdigit():
        raise NotFoundError(f"数据池中没有编号为“{name}”的交接。")
    numbers = [m.seq for m in batches if m.seq == int(name)]
    if not numbers:
        raise NotFoundError(f"数据池中没有第 {name} 批次。")
    if any(m.only_withdraws for m in batches if m.seq == int(name)):
        raise GoldenKeyError(f"第 {name} 批次本身是一次撤回，不能再撤回。")
    if (by := ended.get(int(name))) is not None:
        if by.only_withdraws:
            raise GoldenKeyError(f"第 {name} 批次已自 {by.withdrawn_on} 起撤回，不必再撤回。")
        raise GoldenKeyError(f"第 {name} 批次已由第 {by.seq} 批次重读取代；要撤回这些数据，请撤回第 {by.seq} 批次。")
    return numbers


def _run_batches(args: argparse.Namespace) -> int:
    batches = Pool(args.home).batches()
    gone = {seq: m.withdrawn_on for m in batches for seq in m.withdraws}
    replaced = {seq: m.seq for m in batches for seq in m.withdraws if not m.only_withdraws}
    rows = [
        {
            "batch": m.seq,
            "delivery_no": m.delivery.delivery_no,
            "provider": m.delivery.provider,
            "received_on": m.delivery.received_on,
            "legal_basis": m.delivery.legal_basis,
            "purpose": m.delivery.purpose,
            "scope": m.delivery.scope,
            "approved_by": m.delivery.approved_by,
            "files": len(m.files),
            "rows": sum(part.rows for part in m.parts),
            "quarantined": sum(file.bad for file in m.files),
            "withdraws": list(m.withdraws),
            "withdrawn_on": gone.get(m.seq),
            "replaced_by": replaced.get(m.seq),
            "refused": [file.name for file in m.refused],
        }
        for m in batches
    ]
    if args.format == "json":
        _print_json(rows)
    else:
        _print_batches(rows)
    return 0


def _print_batches(rows: list[dict[str, Any]]) -> None:
    table = Table(title="数据池批次")
    for name in ("批次", "交接编号", "提供单位", "接收日期", "法律依据", "表数", "行数", "隔离", "状态"):
        table.add_column(name, overflow="fold")
    for row in rows:
        of = "、".join(map(str, row["withdraws"]))
        state = f"有效（重读第 {of} 批次）" if of else "有效"
        if of and not row["files"]:
            state = f"撤回第 {of} 批次"
        elif row["replaced_by"]:
            state = f"已由第 {row['replaced_by']} 批次重读取代"
        elif row["withdrawn_on"]:
            state = f"{row['withdrawn_on']} 撤回"
        elif row["refused"]:
            state = f"有效，{len(row['refused'])} 个文件未导入"
        cells = (row["batch"], row["delivery_no"], row["provider"], row["received_on"] or "补录", row["legal_basis"])
        table.add_row(*map(str, cells), f"{row['files']:,}", f"{row['rows']:,}", f"{row['quarantined']:,}", state)
    open_console().print(table)


def _configure_template(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", nargs="*", metavar="表名", help="表名（如 txn）；不写则写出全部表")
    parser.add_argument("--out", type=output_path(SUFFIX), required=True, metavar="文件", help="写到哪个 xlsx 文件")


def _run_template(args: argparse.Namespace) -> int:
    path = write_template(args.out, args.table)
    print(f"模板已写出：{path}")
    return 0


COMMANDS = (
    Command("ingest", _configure_ingest, _run_ingest, needs_home=never),
    Command("withdraw", _configure_withdraw, _run_withdraw),
    Command("batches", _configure_batches, _run_batches),
    Command("template", _configure_template, _run_template, needs_home=never),
)
