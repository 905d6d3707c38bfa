"""What an account is: one number however it is written, and never the accounts of two holders under one."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.people.people import plain_name
from features.pool.identity import canonical_id

_STROKES = "‐‑‒–—―−"
"""Other hyphens that office programs put in the place of one."""
_FROM = "".join(map(chr, range(0xFF01, 0xFF5F))) + _STROKES
_TO = "".join(map(chr, range(0x21, 0x7F))) + "-" * len(_STROKES)
_PLAIN = r"^[0-9]+$"
_BLANKS = r"[\s　 '`\"=]+"
_PART = r"(?:[0-9]{1,3}|[A-Za-z]{1,3}|[一-龥]{1,4})"
_WITH_SUFFIX = rf"^([A-Za-z]{{0,4}}[0-9]{{10,}})(?:[_-]{_PART}){{1,2}}$"
"""A number of ten digits or more and what banks append to it: sub-account, currency, 活期."""
_CARD_WITH_SUFFIX = r"^([0-9]{16,19})[_-][0-9]{4,6}$"
"""A card and its sub-account of four to six digits; a shorter number with such a tail is one printed in groups."""
_IN_GROUPS = rf"^[A-Za-z]{{0,4}}[0-9]+(?:-[0-9]+)+(?:_{_PART}){{0,2}}$"
LEAST_DIGITS = 10
"""Digits a number printed in groups has at least; a shorter one stays as written (1-234 is not 12-34)."""
BETWEEN = "·"
"""Stands between a number that several people hold and the holder meant."""


def written_number(number: ir.StringColumn) -> ir.StringColumn:
    """A number in half-width characters, without blanks and quotes, its digits in one group; suffixes stay."""
    bare = number.translate(_FROM, _TO).re_replace(_BLANKS, "")
    joined = bare.replace("-", "")
    groups = bare.re_search(_IN_GROUPS) & ~_has_suffix(bare) & (joined.length() >= LEAST_DIGITS)
    return ibis.cases((number.re_search(_PLAIN), number), (groups, joined), else_=bare)


def account_number(number: ir.StringColumn) -> ir.StringColumn:
    """The account a number names: as written, without the `_` or `-` suffix banks add; '' where only a suffix is left.

    Only what has the shape of a bank's number loses a suffix. A short prefix before a hyphen (19-99…) and names of
    files and wallets are no such number.
    """
    written = written_number(number)
    return ibis.cases(
        (number.re_search(_PLAIN), number),
        (written.re_search(_CARD_WITH_SUFFIX), written.re_extract(_CARD_WITH_SUFFIX, 1)),
        (written.re_search(_WITH_SUFFIX), written.re_extract(_WITH_SUFFIX, 1)),
        (written.re_search("^[_-]"), ""),
        else_=written,
    )


def _has_suffix(bare: ir.StringColumn) -> ir.BooleanColumn:
    return bare.re_search(_WITH_SUFFIX) | bare.re_search(_CARD_WITH_SUFFIX)


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
