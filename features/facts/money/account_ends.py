"""When the use of each account of a debtor ended: closed by the bank, or last movement (docs/domain.md section C11)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.pool.account_numbers import account_number
from features.pool.identity import canonical_id
from features.pool.pool import Cut


def account_ends(cut: Cut, txns: ir.Table, debtors: ir.Table) -> ir.Table:
    """Accounts of debtors that were closed or stopped moving, with the day.

    Columns: person, acct (as in `transactions.normalised`), ended_on (day of closing; else the last day on which the
    account moved), closed (the account information says so; else it only fell silent), seen_to (last day of the
    person's statements), rid (row of the account information, NULL where there is none), last_rid (the last statement
    row). Accounts of which nothing tells an end later than their last movement are in the list as well: whether such a
    silence means anything is for the reader of `seen_to`.
    """
    account = cut.table("account")
    shut = account.close_date.notnull() & (account.close_date <= cut.today)
    account = account.filter(shut).select(
        "close_date", "rid", holder=canonical_id(account.holder_id), number=account_number(account.acct_no)
    )
    account = account.semi_join(debtors, [account.holder == debtors.person])
    account = account.group_by("holder", "number").agg(close_date=account.close_date.max(), rid=account.rid.max())
    use = txns.group_by("person", "acct").agg(
        last_day=txns.day.max(), last_rid=txns.rid.argmax(ibis.struct({"ts": txns.ts, "rid": txns.rid}))
    )
    reach = txns.group_by(reach_person="person").agg(seen_to=txns.day.max())
    use = use.join(reach, use.person == reach.reach_person)
    both = use.outer_join(account, [use.person == account.holder, use.acct == account.number])
    return both.select(
        person=ibis.coalesce(both.person, both.holder),
        acct=ibis.coalesce(both.acct, both.number),
        ended_on=ibis.coalesce(both.close_date, both.last_day),
        closed=both.close_date.notnull(),
        seen_to=both.seen_to,
        rid=both.rid,
        last_rid=both.last_rid,
    )
