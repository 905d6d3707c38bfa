"""Command `reread`: the files of an earlier batch read again by today's rules, and the act written into the chain."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from features.command import Command, add_format
from features.commands.pool import progress_bar
from features.intake.ingest import IngestOptions
from features.intake.report import print_report
from features.intake.reread import reread
from features.pool.manifests import Manifest, find_batch
from features.pool.pool import Pool
from features.terminal import open_console
from models.database.engine import reading, writing
from models.database.tables import AUDIT
from models.ledger.chain import append_act
from models.ledger.ledger import Ledger
from serving.commands.common import add_actor_option, print_json, settings_of

ACT = "batch.reread"
"""Its row of the audit chain: subject is the new batch, `replaces` the old one."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", type=int, metavar="批次", help="要重读的批次号（见 batches）")
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        metavar="目录",
        help="原文件现在所在的文件夹，文件名须如导入时（默认：导入时的位置）",
    )
    parser.add_argument("--mapping", type=Path, metavar="文件", help="外来格式的列对应关系（TOML），导入时用过的须给出")
    parser.add_argument("--table", metavar="表名", help="文件所属的表名（如 txn），不再自动识别")
    parser.add_argument("--correct-cases", action="store_true", help="监督结果：审查编号可改属另一案件（更正案号）")
    add_format(parser, "table", "json")
    add_actor_option(parser)


def _run(args: argparse.Namespace) -> int:
    options = IngestOptions(mapping=args.mapping, table=args.table, correct_cases=args.correct_cases)
    old = find_batch(Pool(args.home).batches(), args.batch)
    with Ledger(args.home) as ledger, progress_bar() as progress:
        actor = settings_of(args).actor
        ledger.check_actor(actor)
        _make_up(ledger, actor)
        seal = _in_the_chain(ledger, actor, old)
        report = reread(args.home, args.batch, args.folder, options, progress, seal=seal)
    new = report.batches[0]
    before = {"accepted": sum(file.rows for file in old.files), "quarantined": sum(file.bad for file in old.files)}
    if args.format == "json":
        print_json({**report.as_json(), "replaces": old.seq, "before": before})
        return 0
    print_report(report, open_console())
    print(
        f"第 {old.seq} 批次已由第 {new} 批次取代（知悉日仍为 {old.delivery.received_on or '补录'}）："
        f"入库 {before['accepted']:,} 行改为 {report.accepted:,} 行，隔离 {before['quarantined']:,} 行改为 "
        f"{report.bad:,} 行；此前的评分仍可重现。"
    )
    return 0


def _in_the_chain(ledger: Ledger, actor: str, old: Manifest) -> Callable[[int], AbstractContextManager[None]]:
    """A transaction of the act around the commit of the batch: the act stands only if the batch does."""

    @contextmanager
    def seal(seq: int) -> Iterator[None]:
        with writing(ledger.engine) as connection:
            append_act(connection, actor, ACT, f"b{seq:06d}", _payload(old))
            yield

    return seal


def _payload(old: Manifest) -> dict[str, Any]:
    return {"replaces": f"b{old.seq:06d}", "files": len({file.name for file in old.files})}


def _make_up(ledger: Ledger, actor: str) -> None:
    """Write the act of batches that a crash left without one, between the commit of the batch and that of the act."""
    batches = Pool(ledger.home).batches()
    with reading(ledger.engine) as connection:
        known = set(connection.execute(select(AUDIT.c.subject).where(AUDIT.c.act == ACT)).scalars())
    for manifest in batches:
        if manifest.withdraws and not manifest.only_withdraws and f"b{manifest.seq:06d}" not in known:
            payload = _payload(find_batch(batches, manifest.withdraws[0])) | {"made_up": True}
            ledger.record(actor, ACT, f"b{manifest.seq:06d}", payload)


COMMANDS = (Command("reread", _configure, _run),)
"""Commands of this module, rows of `cli.COMMANDS`."""
