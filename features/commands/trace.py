"""The command `trace`: one or several statement files, an account, and where its money went."""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from features.command import Command, add_format, day, never, nonnegative, output_path
from features.errors import GoldenKeyError
from features.facts.money.links import CONVENTIONS
from features.facts.money.trace import WalkSettings
from features.files.atomic import write_output
from features.rules.money import format_exact_yuan
from features.schema.currencies import code_of
from features.terminal import open_console
from features.trace.page import render_page
from features.trace.result import Trace, TraceQuery, trace_payments
from features.trace.statements import accounts_of, open_statements

_DEFAULT = WalkSettings()


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--transactions",
        type=Path,
        nargs="+",
        required=True,
        metavar="路径",
        help="流水文件或文件夹：34 列、38 列、微信或支付宝账单，或由 --mapping 说明的格式；可给多个持有人的流水",
    )
    parser.add_argument("--from", dest="source", required=True, metavar="账户", help="起点：账号、卡号、户名或证件号码")
    parser.add_argument("--mapping", type=Path, metavar="文件", help="外来格式的列对应关系（TOML）")
    parser.add_argument(
        "--hops", type=int, default=_DEFAULT.hops, metavar="数量", help=f"最多追踪几跳（默认 {_DEFAULT.hops}）"
    )
    parser.add_argument(
        "--days",
        type=int,
        default=_DEFAULT.days,
        metavar="天数",
        help=f"资金在一个账户停留超过几天不再追（默认 {_DEFAULT.days}）",
    )
    parser.add_argument(
        "--share",
        type=nonnegative,
        default=_DEFAULT.share,
        metavar="比例",
        help=f"不足起点金额这一比例的支流不再追（默认 {_DEFAULT.share}）",
    )
    parser.add_argument(
        "--convention",
        choices=tuple(CONVENTIONS),
        default=_DEFAULT.convention,
        metavar="方法",
        help=f"{'或'.join(CONVENTIONS.values())}（默认 {_DEFAULT.convention}）",
    )
    parser.add_argument("--since", type=day, metavar="日期", help="只从这一天及以后的转出开始")
    parser.add_argument("--until", type=day, metavar="日期", help="只从这一天及以前的转出开始")
    parser.add_argument(
        "--least", type=nonnegative, default=0.0, metavar="金额", help="只从不小于这一金额（元）的转出开始"
    )
    parser.add_argument("--currency", metavar="币种", help="只追踪这一币种，如 USD、美元（默认人民币；不同币种不相加）")
    add_format(parser, "table", "json", "html")
    parser.add_argument("--out", type=output_path(), metavar="文件", help="写入文件（html 须指定）")


def _run(args: argparse.Namespace) -> int:
    if args.format == "html" and args.out is None:
        raise GoldenKeyError("html 格式须用 --out 指明写入的文件，例如 --out 资金追踪.html。")
    settings = WalkSettings(args.hops, args.days, args.share, args.convention)
    with open_statements(args.transactions, args.mapping) as statements:
        chosen = tuple(accounts_of(statements, args.source))
        currency = code_of(args.currency) if args.currency else None
        question = TraceQuery(chosen, settings, args.since, args.until, round(args.least * 100), currency)
        trace = trace_payments(statements, question)
    if args.format == "html":
        write_output(args.out, render_page(trace))
        print(f"已写出资金追踪页：{args.out}")
    elif args.format == "json":
        _write_or_print(args.out, as_json(trace) + "\n")
    else:
        _write_table(args.out, trace)
    return 0


def _write_or_print(out: Path | None, text: str) -> None:
    if out is None:
        print(text, end="")
    else:
        write_output(out, text)


def as_json(trace: Trace) -> str:
    """The trace as JSON: amounts in 分, shares of the total."""
    body = {
        "source": trace.source,
        "convention": trace.convention,
        "settings": {"hops": trace.hops, "days": trace.days, "share": trace.least},
        "currency": trace.currency,
        "as_of": str(trace.as_of.day),
        "as_of_why": trace.as_of.why,
        "starts": trace.starts,
        "total_fen": trace.total,
        "first": trace.first,
        "last": trace.last,
        "notes": list(trace.notes),
        "left_out": [asdict(one) for one in trace.left_out],
        "statement": "按所列规则推定，是待核实的线索，不是证据",
        **{name: json.loads(getattr(trace, name).to_json(orient="records")) for name in ("ends", "ribbons", "rows")},
    }
    return json.dumps(body, ensure_ascii=False, indent=1)


def _write_table(out: Path | None, trace: Trace) -> None:
    if out is None:
        _print_table(open_console(), trace)
    else:
        page = io.StringIO()
        _print_table(open_console(file=page, width=160), trace)
        write_output(out, page.getvalue())


def _print_table(console: Console, trace: Trace) -> None:
    console.print(
        f"资金追踪：{trace.source}\n"
        f"按“{trace.convention}”推定：{trace.first} 至 {trace.last} 转出 {trace.starts} 笔，"
        f"合计 {format_exact_yuan(trace.total)} {trace.unit}；结果为待核实的线索，不是证据。\n"
        f"截至 {trace.as_of}"
    )
    money = f"金额（{trace.unit}）"
    table = Table(title="资金去向", title_justify="left")
    for heading in ("去向", "名称", money, "占比", "跳", "另一规则下"):
        numeric = heading in (money, "占比", "跳", "另一规则下")
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for end in trace.ends.to_dict("records"):
        table.add_row(
            end["kind_label"],
            end["name"],
            format_exact_yuan(end["amount"]),
            f"{end['share']:.1%}",
            str(end["hop"]),
            end["other"],
        )
    console.print(table)
    for note in trace.notes:
        console.print(f"说明：{note}")


COMMANDS: tuple[Command, ...] = (Command("trace", _configure, _run, needs_home=never),)
"""Commands of this module, rows of `cli.COMMANDS`."""
