"""Pair the payment and the receipt of one transfer where the statements of both holders are held.

Rows given here (`STATEMENT`) are statement rows of whomever: rid, acct, ts, day, sign (+1 in, -1 out), amount (分 > 0),
balance (分 or NULL), holder (canonical number or NULL), cp_acct, cp_id, cp_name, memo, merchant, cash (boolean) and
ref_no.
"""

from __future__ import annotations

from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from features.facts.money.transactions import MOVEMENT, own_balance
from features.pool.account_numbers import account_number
from features.pool.macros import define_macros
from features.settings import NO_EXTENSIONS

STATEMENT = ("rid", *MOVEMENT, "holder", "cp_acct", "cp_id", "cp_name", "memo", "merchant", "cash", "ref_no")

APART_HOURS = 48
"""Two sides of one transfer stand at most so far apart: banks book on their own clocks, some without a time of day."""

REFERENCE_DAYS = 7
"""The same under one reference number, which alone ties them closer than the clock."""

_NO_REFERENCE = 1_000_000_000
"""Added to the seconds between two rows that share no reference: those that do are always closer."""


class Engine(Protocol):
    """What can store a relation as a named table: a cut of the pool, or a `Workbench`."""

    def materialise(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute a relation once, under a name."""
        ...


class Workbench:
    """A separate in-memory DuckDB for statements that are in no pool."""

    def __init__(self, **settings: Any) -> None:
        self.con = ibis.duckdb.connect(**settings, **NO_EXTENSIONS)
        define_macros(self.con.con)
        self.con.raw_sql("SET enable_progress_bar = false")

    def table(self, name: str, rows: Any) -> ir.Table:
        """Rows (Arrow table) as a relation of this engine."""
        self.con.con.register(name, rows)
        return self.con.table(name)

    def materialise(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute a relation once, under a name; an earlier one of that name is replaced."""
        self.con.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {self.con.compile(expression)}')
        return self.con.table(name)


def statement_rows(statements: ir.Table, accounts: ir.Table, once: ir.Table | None = None) -> ir.Table:
    """The pool's statement rows that are `fit` (see `transactions.statements`), with the columns of `STATEMENT`.

    Args:
        statements, accounts: as `transactions.statements` and `transactions.accounts` give them; a card number that a
            counterparty is named by is brought to its account.
        once: first_rid of each movement (`transactions.distinct_movements`); without it what was delivered twice
            counts twice.
    """
    owner = accounts.group_by("acct").agg(owner=accounts.person.min(), owners=accounts.person.nunique())
    owner = owner.filter(owner.owners == 1).select(own_acct="acct", owner="owner")
    card = statements.filter(statements.card_no.notnull())
    card = card.group_by(card=account_number(card.card_no)).agg(card_acct=card.acct.min(), accounts=card.acct.nunique())
    card = card.filter(card.accounts == 1).drop("accounts")
    rows = statements.filter(statements.fit)
    if once is not None:
        rows = rows.semi_join(once, [("rid", "first_rid")])
    rows = rows.left_join(owner, [("acct", "own_acct")]).left_join(card, [("cp_acct", "card")])
    computed = {
        "holder": ibis.coalesce(rows.holder, rows.owner),
        "cp_acct": ibis.coalesce(rows.card_acct, rows.cp_acct),
        "cp_id": rows.cp_given,
        "balance": own_balance(rows),
        "cash": (ibis.coalesce(rows.cash_flag, "") == "cash")
        | ibis.coalesce(rows.memo.re_search("取现|ATM|现金"), False),
    }
    return rows.select(*(name for name in STATEMENT if name not in computed), **computed)


def transfers(engine: Engine, rows: ir.Table, hours: int = APART_HOURS, name: str = "transfer") -> ir.Table:
    """Payments matched to the receipt on the other account: out_rid, in_rid, out_acct, in_acct, amount, gap.

    A pair has the same amount, at least one row names the other's account or holder and neither names another, and the
    two stand at most `hours` apart (seven days under the same reference). Each row is used once: of all eligible pairs
    the one with a common reference, then the closest in time, is taken first (ties by row ids).

    Args:
        engine: where the rows live; keeps tables named `<name>_…`.
        rows: statement rows (`STATEMENT`).
        hours: see above.
        name: prefix of the tables kept.
    """
    pairs = _eligible(rows, hours)
    left = engine.materialise(f"{name}_0", pairs)
    taken = left.limit(0)
    turn = 0
    while left.count().to_pyarrow().as_py():
        turn += 1
        order_out = ibis.window(group_by=left.out_rid, order_by=[left.gap, left.in_rid])
        order_in = ibis.window(group_by=left.in_rid, order_by=[left.gap, left.out_rid])
        ranked = left.mutate(a=ibis.row_number().over(order_out), b=ibis.row_number().over(order_in))
        # The closest pair of all always names each other, so rounds end with what one-by-one taking would give.
        mutual = engine.materialise(f"{name}_taken_{turn}", ranked.filter(ranked.a == 0, ranked.b == 0).drop("a", "b"))
        taken = taken.union(mutual)
        left = engine.materialise(f"{name}_{turn}", left.anti_join(mutual, "out_rid").anti_join(mutual, "in_rid"))
    return taken.mutate(gap=taken.gap % _NO_REFERENCE)


def _eligible(rows: ir.Table, hours: int) -> ir.Table:
    shape = {
        "rid": "rid",
        "acct": "acct",
        "holder": "holder",
        "to": "cp_acct",
        "id": "cp_id",
        "ts": "ts",
        "ref": "ref_no",
        "amount": "amount",
    }
    paid, got = rows.filter(rows.sign < 0), rows.filter(rows.sign > 0)
    paid = paid.select(**{f"out_{name}": paid[column] for name, column in shape.items()})
    got = got.select(**{f"in_{name}": got[column] for name, column in shape.items()})
    same = paid.out_amount == got.in_amount
    keys = (
        paid.out_to == got.in_acct,
        got.in_to == paid.out_acct,
        paid.out_id == got.in_holder,
        got.in_id == paid.out_holder,
    )
    found = [paid.join(got, [key, same]) for key in keys]
    pairs = found[0]
    for more in found[1:]:
        pairs = pairs.union(more)
    pairs = pairs.distinct()
    apart = (pairs.in_ts.epoch_seconds() - pairs.out_ts.epoch_seconds()).cast("int64").abs()
    referred = ibis.coalesce(pairs.out_ref == pairs.in_ref, False)
    near = (apart <= hours * 3600) | (referred & (apart <= REFERENCE_DAYS * 86_400))
    fits = _agrees(pairs.out_to, pairs.in_acct, pairs.out_id, pairs.in_holder)
    fits = fits & _agrees(pairs.in_to, pairs.out_acct, pairs.in_id, pairs.out_holder)
    pairs = pairs.filter(near, fits, pairs.out_acct != pairs.in_acct)
    apart = (pairs.in_ts.epoch_seconds() - pairs.out_ts.epoch_seconds()).cast("int64").abs()
    referred = ibis.coalesce(pairs.out_ref == pairs.in_ref, False)
    kept = ("out_rid", "in_rid", "out_acct", "in_acct")
    return pairs.select(
        *kept,
        amount="out_amount",
        gap=ibis.ifelse(referred, apart, apart + _NO_REFERENCE),
    )


def _agrees(acct: ir.Value, other_acct: ir.Value, holder: ir.Value, other_holder: ir.Value) -> ir.Value:
    """Whether what a row says of its counterparty does not speak against the other row; silence does not."""
    same_holder = ibis.coalesce(holder == other_holder, False)
    return ibis.coalesce(acct == other_acct, True) | same_holder
