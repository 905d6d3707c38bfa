"""Read statement files without a home: normal intake into a temporary pool that is deleted afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.errors import GoldenKeyError
from features.facts.money.accounts_apart import BETWEEN, NOBODY
from features.facts.money.exchange import daily_rates
from features.facts.money.reversals import TOLD
from features.facts.money.transactions import distinct_movements, statements
from features.facts.people.people import plain_name
from features.files.names import shown_name
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.pool.account_numbers import account_number, written_number
from features.pool.identity import canonical_id
from features.pool.pool import Cut, Pool
from features.rules.masking import mask_numbers, mask_party
from features.schema.currencies import YUAN
from features.trace.doubles import Doubles, Listed, find_doubles, list_places
from features.trace.left_out import left_out_rows, left_out_sentences

LISTED = 12
"""Accounts named in a sentence that refuses one."""

MOST_FEN = 2**60
"""Most that the sums of a trace may add up to (分): running totals of what came in and went out stay within 64 bits."""


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
        doubles: rows that share a key; those another stands for are in neither `rows` nor `every`.
        alike: rows counted beside another of the same sheet, time, sum and counterparty.
    """

    cut: Cut
    rows: ir.Table
    every: ir.Table
    report: IngestReport
    doubles: Doubles
    alike: Listed


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
        with Pool(home).as_of(date.today(), superseded=True) as cut:
            doubles = find_doubles(cut)
        with Pool(home).as_of(date.today(), left_out=doubles.gone, superseded=True) as cut:
            held = _held(cut, report, doubles)
            _check_sums(files, held.rows)
            if not held.rows.count().to_pyarrow().as_py():
                raise GoldenKeyError(_none_usable(files, held))
            yield held


def _held(cut: Cut, report: IngestReport, doubles: Doubles) -> Statements:
    rows = statements(cut, daily_rates(cut))
    rows = cut.materialise("trace_read", rows.mutate(fit=rows.done))  # a trace follows one currency, any
    sheet = cut.table("txn").select("src_file", "src_sheet", placed_rid="rid")
    placed = rows.join(sheet, rows.rid == sheet.placed_rid).drop("placed_rid")
    once = cut.materialise("trace_once", distinct_movements(placed, sheet=("src_file", "src_sheet")))
    usable = cut.materialise("trace_rows", rows.filter(rows.fit).semi_join(once, [("rid", "first_rid")]))
    alike = list_places(cut, once.filter(once.nth > 0).select(rid="first_rid"))
    return Statements(cut, usable, _every(cut, rows, usable), report, doubles, alike)


def _check_sums(files: Sequence[Path], rows: ir.Table) -> None:
    """Refuse sums that no 64 bits hold; they come of amounts in a wrong unit."""
    whole = rows.amount.cast("float64").sum().to_pyarrow().as_py() or 0.0
    if whole > MOST_FEN:
        names = "、".join(f"“{shown_name(file.name)}”" for file in files)
        raise GoldenKeyError(
            f"{names}中的金额合计约 {whole / 100:,.0f} 元，应不超过 {MOST_FEN // 100:,} 元：请核对金额的单位。"
        )


def _none_usable(files: Sequence[Path], held: Statements) -> str:
    """Why nothing can be followed: no statement was read, or none of its rows counts."""
    names = "、".join(f"“{shown_name(file.name)}”" for file in files)
    why = left_out_sentences(tuple(left_out_rows(held, YUAN)))
    if why:
        return f"{names}中的银行流水没有一笔可以追踪的交易：{''.join(why)}"
    return (
        f"{names}中没有可用的银行流水：应为含交易时间、金额、收付标志和账号的明细；"
        "表头不同的，先用 goldenkey mapping suggest 写出对应关系，再以 --mapping 给出。"
    )


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
        GoldenKeyError: nothing in the files is called so, or several holders have the number or the name.
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
            f"号码“{mask_party(wanted)}”在流水中属于{len(of_several)}个不同的户名，请以“号码{BETWEEN}户名（或证件号码）”"
            f"指明其中之一：{masked_accounts(of_several)}。"
        )
    if found:
        _check_namesakes(mine.filter(~(numbered | shared)), wanted)
        return found
    have = rows.group_by("acct").agg(n=rows.count()).order_by(ibis.desc("n"), "acct").limit(LISTED).to_pandas()
    raise GoldenKeyError(
        f"流水中没有账号、卡号、户名或证件号码为“{mask_numbers(wanted)}”的账户；流水中的账户有：{masked_accounts(have['acct'])}。"
    )


def masked_accounts(accounts: Iterable[str]) -> str:
    """Accounts as a sentence names them: numbers and holders masked; the name of a file that stands for an account in
    latin letters (cmb) stays, since it must be copied to be asked for."""
    return "、".join(_masked_account(acct) for acct in accounts)


def _masked_account(account: str) -> str:
    number, *holder = account.split(BETWEEN)
    shown = mask_numbers(number) if number.isascii() else mask_party(number)
    return BETWEEN.join([shown, *(part if part == NOBODY else mask_party(part) for part in holder)])


def _check_namesakes(rows: ir.Table, wanted: str) -> None:
    """Refuse a name that several people have: their money would be told as that of one."""
    namesakes = rows.filter(plain_name(rows.holder_name) == plain_name(ibis.literal(wanted)), rows.holder.notnull())
    one = namesakes.group_by("holder").agg(accts=namesakes.acct.collect(distinct=True)).order_by("holder")
    found = one.to_pyarrow().to_pylist()
    if len(found) > 1:
        listed = "、".join(
            f"{mask_party(row['holder'])}（账户 {masked_accounts(sorted(row['accts']))}）" for row in found[:LISTED]
        )
        raise GoldenKeyError(
            f"户名“{wanted.strip()}”在流水中属于{len(found)}个证件号码不同的人，请以证件号码、账号或卡号指明其中之一：{listed}。"
        )


def _rows_of_file(files: Statements, name: str) -> ir.Column:
    """Ids of the rows of a file, named with or without its suffix."""
    txn = files.cut.table("txn")
    file = txn.src_file.re_replace(r"^.*/", "")
    return txn.filter((file == name) | (file.re_replace(r"\.[^.]*$", "") == name)).rid
