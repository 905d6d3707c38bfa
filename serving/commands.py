"""Commands of serving: score, queue, serve, and the register of actors and tokens."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.command import Command
from features.errors import GoldenKeyError
from features.files.atomic import replacing

if TYPE_CHECKING:
    from serving.http.settings import Settings


def _settings(args: argparse.Namespace) -> Settings:
    from dataclasses import replace

    from serving.http.settings import read_settings

    settings = read_settings()
    actor = getattr(args, "actor", None) or settings.actor
    return replace(settings, home=args.home, actor=actor)


def _add_actor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--actor", help="以谁的名义操作（须在名册中；默认取环境变量 GOLDENKEY_ACTOR，否则为 system）")


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _configure_score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", type=date.fromisoformat, help="截止日（默认：数据池最近一次交接之日）")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    _add_actor(parser)


def _run_score(args: argparse.Namespace) -> int:
    from features.facts.lookup import default_day
    from models.ledger.ledger import Ledger
    from models.registry.promotion import reconcile
    from serving.queue.scoring import score_all

    settings = _settings(args)
    day = args.as_of or default_day(args.home)
    with Ledger(args.home) as ledger:
        standing = reconcile(ledger)
        run = score_all(args.home, day, settings.actor, ledger, settings.threads)
        levels = ledger.scores(run.run_id)["level"].value_counts().to_dict()
    if args.format == "json":
        told = {name: value for name, value in run.as_payload().items() if name != "columns_sha256"}
        _print_json({"run_id": run.run_id, **told, "levels": levels})
        return 0
    for sentence in (*standing.restored, standing.note):
        if sentence:
            print(sentence, file=sys.stderr)
    counts = "、".join(
        f"{level} {levels[level]} 件" for level in ("高", "较高", "中", "低", "数据不足") if level in levels
    )
    print(f"截至 {day} 已评分 {run.rows} 个终本程序（{counts}）。")
    print(f"批次 {run.run_id}，模型 {run.model_version}，数据池第 {run.pool_state} 批次，已记入台账。")
    return 0


def _configure_queue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--office", required=True, help="院代码：2 至 6 位行政区划代码")
    parser.add_argument("--as-of", type=date.fromisoformat, help="截止日（默认：数据池最近一次交接之日）")
    parser.add_argument("--capacity", type=int, help="清单容量（默认 40）")
    parser.add_argument("--format", choices=("table", "json", "xlsx"), default="table")
    parser.add_argument("--out", type=Path, help="写入文件（xlsx 必填）")
    _add_actor(parser)


def _run_queue(args: argparse.Namespace) -> int:
    if args.format == "xlsx" and args.out is None:
        raise GoldenKeyError("导出 xlsx 须用 --out 指定文件。")
    import msgspec

    from features.facts.lookup import default_day
    from models.ledger.ledger import Ledger
    from serving.queue.draw import draw_queue

    settings = _settings(args)
    with Ledger(args.home) as ledger:
        day = args.as_of or default_day(args.home)
        view = draw_queue(args.home, ledger, args.office, day, settings.actor, settings, args.capacity)
        if args.out is not None:
            told = {"format": args.format, "file": args.out.name}
            ledger.record(settings.actor, "queue.export", view.queue_id, told)
    if args.format == "xlsx":
        from serving.queue.workbook import queue_workbook

        _write(args.out, queue_workbook(view))
    elif args.format == "json":
        whole = msgspec.json.format(msgspec.json.encode(view), indent=1)
        _write(args.out, whole + b"\n") if args.out else print(whole.decode())
    else:
        _print_table(view, args.out)
    if args.out:
        print(f"已写出 {view.listed} 件线索：{args.out}", file=sys.stderr)
    return 0


def _print_table(view: Any, out: Path | None) -> None:
    import io

    from rich.console import Console

    from serving.queue.terminal import print_queue

    if out is None:
        print_queue(view)
        return
    text = io.StringIO()
    print_queue(view, Console(file=text, width=200))
    _write(out, text.getvalue().encode())


def _write(path: Path, content: bytes) -> None:
    try:
        with replacing(path) as scratch:
            scratch.write_bytes(content)
    except FileNotFoundError as error:
        raise GoldenKeyError(f"无法写出 {path}：目录 {path.parent} 不存在。") from error


def _configure_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, help="监听端口（默认 3000）")
    parser.add_argument("--workers", type=int, help="服务进程数（默认 1）")


def _run_serve(args: argparse.Namespace) -> int:
    from serving.server import serve

    settings = _settings(args)
    return serve(args.home, args.host or settings.host, args.port or settings.port, args.workers or settings.workers)


def _configure_people(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "add", "disable", "enable"), metavar="list|add|disable|enable")
    parser.add_argument("name", nargs="?", metavar="名称", help="操作人名称（list 时不填）")
    parser.add_argument("--kind", choices=("person", "service", "system"), default="person", help="类别（默认 person）")
    _add_actor(parser)


def _run_people(args: argparse.Namespace) -> int:
    from models.ledger.ledger import Ledger

    by = _settings(args).actor
    with Ledger(args.home) as ledger:
        if args.what == "list":
            _print_rows(ledger.actors(), {"name": "名称", "kind": "类别", "active": "在用", "created": "登记时间"})
            return 0
        if not args.name:
            raise GoldenKeyError(f"请给出操作人名称：./goldenkey actor {args.what} 名称。")
        if args.what == "add":
            ledger.add_actor(args.name, args.kind, by)
        else:
            ledger.set_active(args.name, args.what == "enable", by)
    done = {"add": "登记", "disable": "停用", "enable": "启用"}[args.what]
    print(f"已{done}操作人“{args.name}”，并记入审计链。")
    return 0


def _configure_token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "new", "revoke"), metavar="list|new|revoke")
    parser.add_argument("name", nargs="?", metavar="名称", help="new：操作人名称；revoke：令牌指纹的前 8 位或更多")
    parser.add_argument("--office", default="", help="只能看这个院（行政区划代码前缀；默认不限）")
    parser.add_argument("--days", type=int, default=365, help="有效天数（默认 365）")
    _add_actor(parser)


def _run_token(args: argparse.Namespace) -> int:
    from models.ledger.ledger import Ledger

    by = _settings(args).actor
    with Ledger(args.home) as ledger:
        if args.what == "list":
            headings = {
                "sha256": "指纹",
                "actor": "操作人",
                "office": "范围",
                "expires": "有效至",
                "revoked": "撤销时间",
            }
            _print_rows([{**row, "sha256": row["sha256"][:12]} for row in ledger.tokens()], headings)
            return 0
        if not args.name:
            raise GoldenKeyError(f"请给出名称：./goldenkey token {args.what} 名称。")
        if args.what == "revoke":
            print(f"已撤销 {ledger.revoke_token(args.name, by)} 个令牌。")
            return 0
        token = ledger.issue_token(args.name, by, args.office, args.days)
    print("令牌只显示这一次，请妥善保存：", file=sys.stderr)
    print(token)
    return 0


def _print_rows(rows: list[dict[str, Any]], headings: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings.values())
    for row in rows:
        cells = {True: "是", False: "否", None: "—", "": "不限"}
        table.add_row(*(str(cells.get(row[name], row[name])) for name in headings))
    Console().print(table)


COMMANDS: tuple[Command, ...] = (
    Command("score", _configure_score, _run_score),
    Command("queue", _configure_queue, _run_queue),
    Command("serve", _configure_serve, _run_serve),
    Command("actor", _configure_people, _run_people),
    Command("token", _configure_token, _run_token),
)
"""Commands of this room."""
