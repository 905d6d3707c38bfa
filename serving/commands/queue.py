"""Commands `score` and `queue`."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import msgspec

from features.command import ATTENTION, Command, add_format, day, output_path
from features.errors import GoldenKeyError
from features.facts.lookup import cut_day
from features.files.atomic import check_suffix, write_output
from features.files.workbook import SUFFIX, write_workbook
from features.terminal import open_console
from models.ledger.ledger import Ledger
from models.ledger.vouched_cuts import cut_of_run
from models.registry.promotion import reconcile
from models.scoring.levels import LEVEL_NAMES
from models.selection.capacity import CAPACITY_HELP
from serving.commands.common import add_actor_option, encode_view, print_json, print_lines, settings_of, write_or_print
from serving.queue.draw import draw_queue
from serving.queue.scoring import score_all
from serving.queue.terminal import print_queue
from serving.queue.views import QueueView
from serving.queue.workbook import queue_workbook


def _configure_score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日（默认：最近一次案件数据交接之日）")
    add_format(parser, "text", "json")
    add_actor_option(parser)


def _run_score(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    chosen = cut_day(args.home, args.as_of)
    with Ledger(args.home) as ledger:
        standing = reconcile(ledger)
        run = score_all(args.home, chosen.day, settings.actor, ledger, settings.threads)
        levels = ledger.scores(run.run_id)["level"].value_counts().to_dict()
        cut = cut_of_run(ledger, run, settings.actor)
    notes, failed = cut.all_currency_notes(), cut.isolation
    status = ATTENTION if failed else 0
    if args.format == "json":
        payload = {name: value for name, value in run.as_payload().items() if name != "columns_sha256"}
        more = {"as_of_why": chosen.why, "currency_notes": list(notes), "unscored": failed.sentences()}
        print_json({"run_id": run.run_id, **payload, **more, "levels": levels})
        return status
    print_lines(sentence for sentence in (*standing.restored, standing.note) if sentence)
    counts = "、".join(f"{level} {levels[level]} 件" for level in LEVEL_NAMES if level in levels)
    print(f"截至 {chosen}已评分 {run.rows} 个终本程序（{counts}）。")
    for note in notes:
        print(note)
    print(f"批次 {run.run_id}，模型 {run.model_version}，数据池第 {run.pool_state} 批次，已记入台账。")
    print_lines(failed.sentences())
    if failed:
        print(f"未能评分 {len(failed.cases)} 件，原因见上；它们不在评分和清单之中。", file=sys.stderr)
    return status


def _configure_queue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--office", required=True, metavar="院代码", help="院代码：2 至 6 位行政区划代码")
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日（默认：最近一次案件数据交接之日）")
    parser.add_argument("--capacity", type=int, metavar="数量", help=f"清单容量（{CAPACITY_HELP}）")
    add_format(parser, "table", "json", "xlsx")
    parser.add_argument("--out", type=output_path(), metavar="文件", help="写入文件（xlsx 必填）")
    add_actor_option(parser)


def _run_queue(args: argparse.Namespace) -> int:
    if args.format == "xlsx" and args.out is None:
        raise GoldenKeyError("导出 xlsx 须用 --out 指定文件。")
    if args.format == "xlsx":
        check_suffix(args.out, SUFFIX)

    settings = settings_of(args)
    with Ledger(args.home) as ledger:
        chosen = cut_day(args.home, args.as_of)
        if args.as_of is None:
            print(f"截止日 {chosen}。", file=sys.stderr)
        view = draw_queue(args.home, ledger, args.office, chosen.day, settings.actor, settings, args.capacity)
        view = msgspec.structs.replace(view, as_of_why=chosen.why)
        if args.out is not None:
            payload = {"format": args.format, "file": args.out.name}
            ledger.record(settings.actor, "queue.export", view.queue_id, payload)
    if args.format == "xlsx":
        write_workbook(args.out, queue_workbook(view))
    elif args.format == "json":
        write_or_print(args.out, encode_view(view))
    else:
        _print_table(view, args.out)
    if args.out:
        print(f"已写出 {view.listed} 件线索：{args.out}", file=sys.stderr)
    return 0


def _print_table(view: QueueView, out: Path | None) -> None:
    if out is None:
        print_queue(view)
        return
    text = io.StringIO()
    print_queue(view, open_console(file=text, width=200))
    write_output(out, text.getvalue().encode())


COMMANDS: tuple[Command, ...] = (
    Command("score", _configure_score, _run_score),
    Command("queue", _configure_queue, _run_queue),
)
