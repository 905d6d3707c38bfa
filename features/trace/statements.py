"""Read statement files without a home: normal intake into a temporary pool that is deleted afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.errors import GoldenKeyError
from features.facts.money.accounts_apart import BETWEEN
from features.facts.money.exchange import daily_rates
from features.facts.money.reversals import TOLD
from features.facts.money.transactions import distinct_movements, statements
from features.facts.people.people import plain_name
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.pool.account_numbers import account_number, written_number
from features.pool.identity import canonical_id
from features.pool.pool import Cut, Pool

LISTED = 12
"""Accounts named in a sentence that refuses one."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Statement rows of some files.

    Attributes:
        cut: the cut they stand in; its engine answers while the files are open.
        rows: see `features.facts.money.transactions.statements`, each act once, failed ones apart.
        every: all rows: rid, amount (分, less what was refunded in part), ccy, undone (reverses or is reversed),
            part_of, part (see `features.facts.money.transactions.statements`), failed, late (dated after today),
            told (stands in `rows`), tells (its own text tells of a refund in part of which no row is found).
        report: what was read, and what was set aside and why.
    """

    cut: Cut
    rows: ir.Table
    every: ir.Table
    report: IngestReport


@contextmanager
def open_statements(files: Sequence[Path], mapping: Path | None = None) -> Iterator[Statements]:
    """Statement rows of files of any known layout (34 or 38 columns, WeChat, Alipay, or a mapping).

    Raises:
        GoldenKeyError: a file cannot be read, or none of them holds statement rows.
    """
    for file in files:
        if not file.exists():
            raise GoldenKeyError(f"找不到流水文件“{file}”。")
    with tempfile.TemporaryDirectory(prefix="goldenkey-trace-") as folder:
        home = Path(folder)
        about = IngestOptions(
            mapping=mapping, provider="本次追踪", legal_basis="由使用人另行记录", purpose="资金追踪", scope="所给文件"
        )
        about = replace(about, whole=True)  # money followed through a part of the files would seem to end early
        report = ingest(home, [str(file) for file in files], about)
        with Pool(home).as_of(date.today()) as cut:
            rows = statements(cut, daily_rates(cut))
            rows = cut.materialise("trace_read", rows.mutate(fit=rows.done))  # a trace follows one currency, any
            usable = rows.filter(rows.fit).semi_join(distinct_movements(rows), [("rid", "first_rid")])
            usable = cut.materialise("trace_rows", usable)
            every = _every(cut, rows, usable)
            if not usable.count().to_pyarrow().as_py():
                names = "、".join(f"“{file.name}”" for file in files)
                raise GoldenKeyError(
                    f"{names}中没有可用的银行流水：应为含交易时间、金额、收付标志和账号的明细；"
                    "表头不同的，先用 goldenkey mapping suggest 写出对应关系，再以 --mapping 给出。"
                )
            yield Statements(cut, usable, every, report)


def _every(cut: Cut, rows: ir.Table, usable: ir.Table) -> ir.Table:
    txn = cut.table("txn")
    marks = txn.select(
        mark_rid="rid", failed=ibis.coalesce(txn.success, "ok") != "ok", late=txn.ts.date() > date.today()
    )
    rows = rows.left_join(marks, [("rid", "mark_rid")]).left_join(usable.select(told_rid="rid"), [("rid", "told_rid")])
    kept = ("rid", "amount", "ccy", "undone", "part_of", "part", "failed", "late")
    tells = ibis.coalesce(rows.memo, "").re_search(TOLD) & rows.part.isnull() & (rows.sign < 0)
    return cut.materialise("trace_every", rows.select(*kept, told=rows.told_rid.notnull(), tells=tells))


def accounts_of(files: Statements, wanted: str) -> list[str]:
    """The accounts meant by a card number, an account number, an identity number, a holder's name or a file's name.

    Raises:
        GoldenKeyError: nothing in the files is called so, or the number is that of several holders.
    """
    rows = files.rows
    asked = ibis.literal(wanted.strip())
    number, person = account_number(asked), canonical_id(ibis.literal(wanted))
    card = account_number(ibis.coalesce(rows.card_no, ""))
    numbered = (rows.acct == number) | (rows.acct == asked) | (card == number)
    shared = rows.acct.startswith(number + BETWEEN) | rows.acct.startswith(written_number(asked) + BETWEEN)
    mine = rows.filter(
        numbered
        | shared
        | ibis.coalesce(rows.holder == person, False)
        | ibis.coalesce(plain_name(rows.holder_name) == plain_name(ibis.literal(wanted)), False)
        | rows.rid.isin(_rows_of_file(files, wanted.strip()))
    )
    found = [
        str(acct) for acct in mine.select("acct").distinct().order_by("acct").to_pyarrow().column("acct").to_pylist()
    ]
    of_several = rows.filter(shared).select("acct").distinct().order_by("acct").to_pyarrow().column("acct").to_pylist()
    if len(of_several) > 1:
        raise GoldenKeyError(
            f"号码“{wanted}”在流水中属于{len(of_several)}个不同的户名，请指明其中之一：{'、'.join(of_several)}。"
        )
    if found:
        return found
    have = rows.group_by("acct").agg(n=rows.count()).order_by(ibis.desc("n"), "acct").limit(LISTED).to_pandas()
    listed = "、".join(str(acct) for acct in have["acct"])
    raise GoldenKeyError(f"流水中没有账号、卡号、户名或证件号码为“{wanted}”的账户；流水中的账户有：{listed}。")


def _rows_of_file(files: Statements, name: str) -> ir.Column:
    """Ids of the rows of a file, named with or without its suffix."""
    txn = files.cut.table("txn")
    file = txn.src_file.re_replace(r"^.*/", "")
    return txn.filter((file == name) | (file.re_replace(r"\.[^.]*$", "") == name)).rid
