"""Give accounts of different holders that share one number an account key each."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.people.people import plain_name
from features.pool.account_numbers import account_number, is_masked, written_number
from features.pool.identity import canonical_id

BETWEEN = "·"
NOBODY = "户名不明"
"""Stands for the holder of such an account where no name and no number is known."""
"""Separator in an account key made of a shared number and its holder."""


def accounts_apart(txn: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Accounts whose shortened number belongs to several holders, made distinct by holder.

    Where sub-accounts of one number belong to different holders, the suffix is part of the account; where one number
    stands for several holders (at two banks), the holder is. Under a masked number a row without a holder is another's.
    Counterparties tell by their identity number that theirs is another's account; their names are written too freely.

    Args:
        txn: statement rows as delivered.

    Returns:
        acct_no, holder_id, holder (as delivered), acct: the account of such rows, and said: what rows tell of their
        counterparty; and number, the numbers concerned.
    """
    own = txn.select("acct_no", "holder_id", "holder", said=False)
    said = txn.filter(txn.cp_acct.notnull(), txn.cp_id.notnull())
    said = said.select(acct_no="cp_acct", holder_id="cp_id", holder="cp_name", said=True)
    forms = own.union(said).distinct()
    name = plain_name(forms.holder).nullif("")
    forms = forms.mutate(
        number=account_number(forms.acct_no),
        written=written_number(forms.acct_no),
        id=canonical_id(forms.holder_id),
        name=ibis.ifelse(name.contains("*"), None, name),
    )
    numbers = _of_several(forms, "number").select("number").distinct()
    written = _of_several(forms, "written").rename(shared="written")
    rows = forms.semi_join(numbers, "number")
    rows = rows.left_join(written, rows.written == written.shared)
    holder = ibis.ifelse(rows.ids > 1, ibis.coalesce(rows.id, rows.name), ibis.coalesce(rows.name, rows.id))
    marked = rows.written + BETWEEN + ibis.coalesce(holder, NOBODY)
    own_acct = ibis.ifelse(rows.shared.notnull(), marked, rows.written)
    acct = ibis.ifelse(rows.said, _of(rows.number, rows.id), own_acct)
    return rows.select("acct_no", "holder_id", "holder", "said", acct=acct), numbers


def account_meant(rows: ir.Table, apart: ir.Table, numbers: ir.Table) -> ir.Table:
    """Add `cp_acct`, the account key that a row's counterparty number stands for; NULL where it could be several.

    A number of several holders names the account that is written so, else that of the counterparty's number or name.

    Args:
        rows: statement rows with `cp_written` (as delivered), `cp_given` (canonical number) and `cp_name`.
        apart, numbers: of `accounts_apart`.
    """
    rows = rows.mutate(cp_number=account_number(rows.cp_written))
    rows = rows.left_join(numbers.rename(several="number"), [("cp_number", "several")])
    keys = [
        written_number(rows.cp_written),
        _of(rows.several, rows.cp_given),
        _of(rows.several, plain_name(rows.cp_name)),
    ]
    # A key where there is one to be found, so that the other rows cost nothing.
    keys = [ibis.ifelse(rows.several.notnull(), key, None) for key in keys]
    rows = rows.mutate(key_text=keys[0], key_id=keys[1], key_name=keys[2])
    known = _accounts_by_key(apart)
    for name in ("text", "id", "name"):
        one = known.rename({f"of_{name}": "acct", f"known_{name}": "key"})
        rows = rows.left_join(one, [(f"key_{name}", f"known_{name}")])
    one = ibis.ifelse(rows.several.isnull(), rows.cp_number, ibis.coalesce(rows.of_text, rows.of_id, rows.of_name))
    kinds = [f"{part}_{name}" for part in ("key", "known", "of") for name in ("text", "id", "name")]
    acct = ibis.ifelse(is_masked(rows.cp_written), None, one).nullif("")
    return rows.mutate(cp_acct=acct).drop("cp_number", "several", "cp_written", *kinds)


def _accounts_by_key(apart: ir.Table) -> ir.Table:
    """Lookup (key, acct) of shared numbers: the number as written, or with the holder's identity number or name."""
    name = plain_name(apart.holder).nullif("")
    name = ibis.ifelse(name.contains("*"), None, name)
    number = account_number(apart.acct_no)
    text = ibis.ifelse(apart.said, None, apart.acct)
    keys = ibis.array([text, _of(number, canonical_id(apart.holder_id)), _of(number, name)])
    known = apart.select("acct", "said", key=keys).unnest("key")
    known = known.filter(known.key.notnull())
    # What a statement of the holder's own says goes before what others say of the account.
    one = known.group_by("key").agg(
        own=known.acct.min(where=~known.said),
        owns=known.acct.nunique(where=~known.said),
        said=known.acct.min(where=known.said),
        says=known.acct.nunique(where=known.said),
    )
    one = one.filter((one.owns == 1) | ((one.owns == 0) & (one.says == 1)))
    return one.select("key", acct=ibis.coalesce(one.own, one.said))


def _of(number: ir.StringValue, holder: ir.StringValue) -> ir.StringValue:
    return number + BETWEEN + holder


def _of_several(forms: ir.Table, column: str) -> ir.Table:
    """The numbers in a column that are held by people known to differ, with their count of identity numbers."""
    group = forms.group_by(column).agg(
        ids=forms.id.nunique(),
        names=forms.name.nunique(where=~forms.said),
        named_alone=(forms.id.isnull() & forms.name.notnull()).any(),
        holders=ibis.coalesce(forms.id, forms.name, "").nunique(where=~forms.said),
    )
    several = (
        (group.ids > 1) | ((group.names > 1) & group.named_alone) | (is_masked(group[column]) & (group.holders > 1))
    )
    return group.filter(several).select(column, "ids")
