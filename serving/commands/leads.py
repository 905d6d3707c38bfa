"""Command `leads`: open, list, show, mark, push, 类案, workbooks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Column, Table

from features.clues.isolation import known_isolation
from features.command import ATTENTION, Command, add_format, day, nonnegative, output_path
from features.errors import GoldenKeyError
from features.facts.lookup import CutDay, cut_day
from features.files.atomic import check_suffix
from features.files.workbook import SUFFIX, write_workbook
from features.terminal import open_console
from models.feedback.lead_decisions import PUSHED, Decision, LeadFilter, decide, read_lead
from models.ledger.actors import Bearer
from models.ledger.ledger import Ledger
from models.reasons.format import DISCLAIMER, format_amount
from serving.commands.common import add_actor_option, encode_view, print_json, print_lines, settings_of, write_or_print
from serving.http.settings import Settings
from serving.leads.service import LeadService
from serving.leads.store import LeadStore
from serving.leads.text import render_lead
from serving.leads.views import ClustersReply, LeadRowView, LeadsReply
from serving.leads.workbook import cluster_workbook, leads_workbook

WHAT = ("open", "list", "show", "mark", "push", "clusters")
SHOWN = 40
"""Leads printed; all of them go to JSON and workbooks."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=WHAT,
        default="list",
        metavar="动作",
        help="open 筛出；list 列出；show 查看一条；mark 标为有效或无效；push 推送部门；clusters 类案",
    )
    parser.add_argument("id", nargs="?", metavar="编号", help="财产线索编号（show、mark、push）或类案编号（clusters）")
    parser.add_argument("--as-of", type=day, metavar="日期", help="截止日（open；默认：最近一次案件数据交接之日）")
    parser.add_argument("--office", default="", metavar="院代码", help="院代码：2 至 6 位行政区划代码")
    parser.add_argument(
        "--state", default="", metavar="状态", help="状态：初筛、有效、无效、已推送（list 筛选；mark 的新状态）"
    )
    parser.add_argument("--class", dest="asset_class", default="", metavar="类别", help="财产类别代码，如 VEH、RE")
    parser.add_argument("--cause", default="", metavar="代码", help="原因代码，如 QRY-CL、HIT-IDLE")
    parser.add_argument("--route", default="", metavar="方向", help="可移送方向：民事、刑事、行政、公益")
    parser.add_argument("--min-yuan", type=nonnegative, metavar="金额", help="净值不低于（元）")
    parser.add_argument("--reason-code", default="", metavar="代码", help="无效的原因代码（写错时列出全部）")
    parser.add_argument("--reason", default="", metavar="理由", help="理由")
    parser.add_argument("--department", default="", metavar="部门", help="推送的部门")
    parser.add_argument(
        "--version", type=int, metavar="版次", help="看到财产线索时的版次；此后有人改过则不保存（默认取最新）"
    )
    add_format(parser, "table", "json", "xlsx")
    parser.add_argument("--out", type=output_path(), metavar="文件", help="写入文件（xlsx 必填）")
    add_actor_option(parser)


def _run(args: argparse.Namespace) -> int:
    if args.format == "xlsx" and (args.out is None or args.what not in ("list", "clusters")):
        raise GoldenKeyError("导出 xlsx 只用于 list 和 clusters 编号，并须用 --out 指定文件。")
    if args.format == "xlsx":
        check_suffix(args.out, SUFFIX)
    if args.what in ("show", "mark", "push") and not args.id:
        raise GoldenKeyError(f"请给出财产线索编号：./goldenkey leads {args.what} 编号。")
    settings = settings_of(args)
    with Ledger(args.home) as ledger:
        return _ACTS[args.what](args, settings, ledger, LeadStore(args.home, ledger))


def _open(args: argparse.Namespace, settings: Settings, ledger: Ledger, store: LeadStore) -> int:
    chosen = cut_day(args.home, args.as_of)
    opened = store.open(settings.actor, chosen.day)
    failed = known_isolation(args.home, opened.as_of, opened.pool_state)
    if args.format == "json":
        print_json(asdict(opened) | {"as_of_why": chosen.why, "unscored": failed.sentences()})
    else:
        print(f"截至 {chosen}共筛出 {opened.leads} 条财产线索，其中新增 {opened.new} 条，已记入台账。")
        print_lines(failed.sentences())
    return ATTENTION if failed else 0


def _list(args: argparse.Namespace, settings: Settings, ledger: Ledger, store: LeadStore) -> int:
    least = None if args.min_yuan is None else round(100 * args.min_yuan)
    wanted = LeadFilter(args.office, args.state, args.asset_class, args.cause, args.route, at_least_fen=least)
    reply = LeadService(ledger, store).list(Bearer(settings.actor, ""), wanted, limit=None)
    if args.format == "xlsx":
        _export(args, ledger, settings, leads_workbook(reply), len(reply.leads))
    elif args.format == "json":
        write_or_print(args.out, encode_view(reply))
    else:
        _print_list(reply)
        print_lines(reply.unscored or ())
    return 0


def _show(args: argparse.Namespace, settings: Settings, ledger: Ledger, store: LeadStore) -> int:
    store.current(settings.actor)
    view = LeadService(ledger, store).show(Bearer(settings.actor, ""), args.id)
    if args.format == "json":
        write_or_print(args.out, encode_view(view))
        return 0

    print(render_lead(view))
    return 0


def _mark(args: argparse.Namespace, settings: Settings, ledger: Ledger, store: LeadStore) -> int:
    return _decide(args, settings, ledger, args.state)


def _push(args: argparse.Namespace, settings: Settings, ledger: Ledger, store: LeadStore) -> int:
    return _decide(args, settings, ledger, PUSHED)


def _decide(args: argparse.Namespace, settings: Settings, ledger: Ledger, state: str) -> int:
    version = read_lead(ledger, args.id).version if args.version is None else args.version
    made = decide(
        ledger, args.id, Decision(state, version, args.reason_code, args.reason, args.department), settings.actor
    )
    where = f"，推送{made.department}" if made.department else ""
    print(f"财产线索 {made.lead_id}（{made.case_no}）现为“{made.state}”{where}，已记入审计链。")
    return 0


def _clusters(args: argparse.Namespace, settings: Settings, ledger: Ledger, store: LeadStore) -> int:
    service, bearer = LeadService(ledger, store), Bearer(settings.actor, "")
    if args.id:
        view = service.cluster_view(bearer, args.id)
        if args.format == "xlsx":
            _export(args, ledger, settings, cluster_workbook(view, DISCLAIMER), len(view.leads))
        elif args.format == "json":
            write_or_print(args.out, encode_view(view))
        else:
            print(f"截至 {view.opened_as_of}（{view.as_of_why}）")
            _print_rows(view.leads)
        return 0
    if args.format == "xlsx":
        raise GoldenKeyError("导出类案附件须给出类案编号：./goldenkey leads clusters 编号 --format xlsx --out 文件。")
    reply = service.clusters(bearer, args.office)
    write_or_print(args.out, encode_view(reply)) if args.format == "json" else _print_clusters(reply)
    return 0


_ACTS = {"open": _open, "list": _list, "show": _show, "mark": _mark, "push": _push, "clusters": _clusters}


def _export(args: argparse.Namespace, ledger: Ledger, settings: Settings, content: bytes, leads: int) -> None:
    ledger.record(settings.actor, "lead.export", args.id or args.office or "-", {"file": args.out.name, "leads": leads})
    write_workbook(args.out, content)
    print(f"已写出 {leads} 条财产线索：{args.out}", file=sys.stderr)


def _print_list(reply: LeadsReply) -> None:
    states = "，".join(f"{state} {n} 条" for state, n in reply.states.items())
    print(
        f"截至 {CutDay(reply.as_of, reply.as_of_why)}：共 {reply.total} 条财产线索（{states}）。"
        "均为待核实线索，不是证据。"
    )
    _print_rows(reply.leads)


def _print_rows(leads: Sequence[LeadRowView]) -> None:
    table = Table(Column("财产线索编号", no_wrap=True), "状态", "案号", "财产（脱敏）", "净值", "未触及的原因", "方向")
    for lead in leads[:SHOWN]:
        net = format_amount(lead.net_fen) if lead.net_fen is not None else "未计"
        marks = "".join(mark for mark, on in (("（有新依据）", lead.fresh), ("（本次未见）", lead.gone)) if on)
        table.add_row(
            lead.lead_id,
            lead.state + marks,
            lead.case_no,
            f"{lead.class_label} {lead.asset}",
            net,
            lead.cause_label,
            "、".join(lead.routes),
        )
    open_console().print(table)
    if len(leads) > SHOWN:
        print(f"（另有 {len(leads) - SHOWN} 条，见 --format json 或 xlsx）")


def _print_clusters(reply: ClustersReply) -> None:
    print(f"截至 {reply.opened_as_of}（{reply.as_of_why}）")
    table = Table(Column("类案编号", no_wrap=True), "问题", "财产类别", "案件数", "财产线索数", "已知净值合计", "拟致")
    for one in reply.clusters:
        table.add_row(
            one.cluster_id,
            one.cause_label,
            one.class_label,
            str(one.cases),
            str(len(one.leads)),
            format_amount(one.net_fen),
            one.court,
        )
    open_console().print(table)


COMMANDS: tuple[Command, ...] = (Command("leads", _configure, _run),)
"""Commands on leads."""
