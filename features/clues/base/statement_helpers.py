"""Query parts that clues over bank statement rows share: the other party, kinship in words, payments out, balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

if TYPE_CHECKING:
    from features.facts import Facts

PEOPLE = ("person", "kin")
"""Kinds of counterparty that are natural persons other than the debtor."""


def other(rows: ir.Table) -> ir.StringValue:
    """The counterparty of a statement row as delivered: its name, else its account number."""
    return ibis.coalesce(rows.cp_name, rows.cp_acct)


RELATIONS = {
    "spouse": "配偶",
    "ex_spouse": "前配偶",
    "parent": "父母",
    "child": "子女",
    "sibling": "兄弟姐妹",
    "in_law": "姻亲",
    "household": "同户",
}


def relation(rows: ir.Table) -> ir.StringValue:
    """The counterparty's kinship in 中文, with the probability where it rests on the name alone."""
    percent = (rows.kin_prob * 100).floor().cast("int64").cast("string")
    by_name = ibis.literal("（仅姓名一致，推定概率") + percent + "%）"
    return rows.rel.substitute(RELATIONS) + ibis.ifelse(ibis.coalesce(rows.kin_prob, 1.0) < 1, by_name, "")


def paid_out(f: Facts) -> ir.Table:
    """Outgoing statement rows of the debtors, payments on the enforced debt left out."""
    m = f.moves
    return m.filter(m.sign < 0, m.external, ~m.creditor)


def soon_after_service(rows: ir.Table, span: int) -> ir.BooleanValue:
    """Whether a row is dated before `span` days after service are over, or within `span` days from the notice."""
    after_suit = ibis.coalesce(rows.day < rows.t_srv + days(span), False)
    return after_suit | ((rows.day >= rows.t_ntc) & (rows.day < rows.t_ntc + days(span)))


def days(number: int) -> Any:
    """A span of whole days."""
    return ibis.interval(days=number)


def held(f: Facts) -> ir.Table:
    """Closing balances (see `balances.closings`) beside each episode of their holder and its t_srv, t_eff, t_ntc."""
    dates = f.debtors.select("episode", "person").join(
        f.anchors.select("episode", "t_srv", "t_eff", "t_ntc"), "episode"
    )
    return f.closings.join(dates, "person")
