"""Accounts of two holders under one number, told apart."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.people.people import plain_name
from features.pool.identity import canonical_id
from features.rules.account_numbers import account_number, written_number

BETWEEN = "·"
"""Stands between a number that several people hold and the holder meant."""


def accounts_apart(txn: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Accounts whose shortened number belongs to several holders, made distinct by holder.

    Where sub-accounts of one number belong to different holders, the suffix is part of the account; where one number
    stands for several holders (at two banks), the holder is.

    Args:
        txn: statement rows as delivered.

    Returns:
        acct_no, holder_id, holder (as delivered), acct: the account of such rows; and number, the numbers concerned.
    """
    forms = txn.select("acct_no", "holder_id", "holder").distinct()
    name = plain_name(forms.holder).nullif("")
    forms = forms.mutate(
        number=account_number(forms.acct_no),
        written=written_number(forms.acct_no),
        id=canonical_id(forms.holder_id),
        name=ibis.ifelse(name.contains("*"), None, name),
    )
    numbers = _of_several(forms, "number").select("number")
    written = _of_several(forms, "written").rename(shared="written")
    rows = forms.semi_join(numbers, "number")
    rows = rows.left_join(written, rows.written == written.shared)
    holder = ibis.ifelse(rows.ids > 1, ibis.coalesce(rows.id, rows.name), ibis.coalesce(rows.name, rows.id))
    marked = rows.written + BETWEEN + ibis.coalesce(holder, "户名不明")
    acct = ibis.ifelse(rows.shared.notnull(), marked, rows.written)
    return rows.select("acct_no", "holder_id", "holder", acct=acct), numbers


def _of_several(forms: ir.Table, column: str) -> ir.Table:
    """The numbers in a column that stand for holders known to be different, and how many ids these have."""
    group = forms.group_by(column).agg(
        ids=forms.id.nunique(),
        names=forms.name.nunique(),
        named_alone=(forms.id.isnull() & forms.name.notnull()).any(),
    )
    return group.filter((group.ids > 1) | ((group.names > 1) & group.named_alone)).select(column, "ids")
