"""Commands `actor` and `token`: the register of actors, and their access tokens."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.table import Table

from features.command import Command
from features.errors import GoldenKeyError
from features.terminal import open_console
from models.ledger.ledger import Ledger
from serving.commands.common import add_actor_option, settings_of


def _configure_actor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("list", "add", "disable", "enable"),
        metavar="动作",
        help="list 列出；add 登记；disable 停用；enable 启用",
    )
    parser.add_argument("name", nargs="?", metavar="名称", help="操作人名称（list 时不填）")
    parser.add_argument(
        "--kind", choices=("person", "service", "system"), default="person", metavar="类别", help="类别（默认 person）"
    )
    add_actor_option(parser)


def _run_actor(args: argparse.Namespace) -> int:
    by = settings_of(args).actor
    with Ledger(args.home, existing=args.what == "list") as ledger:
        if args.what == "list":
            _print_rows(ledger.actors(), {"name": "名称", "kind": "类别", "active": "在用", "created": "登记时间"})
            return 0
        if not args.name:
            raise GoldenKeyError(f"请给出操作人名称：./goldenkey actor {args.what} 名称。")
        if args.what == "add":
            ledger.add_actor(args.name, args.kind, by)
        else:
            ledger.set_active(args.name, args.what == "enable", by)
    verb = {"add": "登记", "disable": "停用", "enable": "启用"}[args.what]
    print(f"已{verb}操作人“{args.name}”，并记入审计链。")
    return 0


def _configure_token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", choices=("list", "new", "revoke"), metavar="动作", help="list 列出；new 新发；revoke 撤销"
    )
    parser.add_argument("name", nargs="?", metavar="名称", help="new：操作人名称；revoke：令牌指纹的前 8 位或更多")
    parser.add_argument("--office", default="", metavar="院代码", help="只能看这个院（行政区划代码前缀；默认不限）")
    parser.add_argument("--days", type=int, default=365, metavar="天数", help="有效天数（默认 365）")
    add_actor_option(parser)


def _run_token(args: argparse.Namespace) -> int:
    by = settings_of(args).actor
    with Ledger(args.home, existing=args.what == "list") as ledger:
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
    table = Table(*headings.values())
    for row in rows:
        cells = {True: "是", False: "否", None: "—", "": "不限"}
        table.add_row(*(str(cells.get(row[name], row[name])) for name in headings))
    open_console().print(table)


COMMANDS: tuple[Command, ...] = (
    Command("actor", _configure_actor, _run_actor),
    Command("token", _configure_token, _run_token),
)
