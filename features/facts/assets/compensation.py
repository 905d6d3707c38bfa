"""Agreements on compensation for expropriation (征收拆迁补偿) by episode of the debtor they name."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.money.transactions import sole_owners
from features.facts.rows import first_per_key, if_happened, rows_until_today
from features.pool.account_numbers import account_number
from features.pool.identity import canonical_id
from features.pool.pool import Cut


def compensations(
    cut: Cut, debtors: ir.Table, episodes: ir.Table, anchors: ir.Table, kin: ir.Table, accounts: ir.Table
) -> ir.Table:
    """Agreements on compensation made up to the day that name a debtor as owner, payee or former payee.

    Columns: episode, person (the debtor; one of them where several are named), agreement_no, project, household, payee
    (canonical number), payee_name, amount (分), agreement_date, changed_date and paid_date (NULL until it has
    happened), acct_holder (the only known holder of the account that was paid, or NULL), mine (a debtor is the payee),
    owns (a debtor is the owner), passed (a debtor was the payee and somebody else is), standing (no later row says that
    this payee was replaced), rel and kin_rid (the payee is confirmed kin of `person`), zb_date, debt, t_srv, t_enf,
    rid. One row per episode, agreement and payee.
    """
    agreement = _agreements(cut, accounts)
    named = [agreement.select("rid", person=column, role=ibis.literal(column)) for column in _ROLES.values()]
    party = debtors.select("episode", "person").distinct()
    roles = ibis.union(*named).join(party, "person")
    roles = roles.group_by("episode", "rid").agg(
        person=roles.person.min(),
        **{name: (roles.role == role).any() for name, role in _ROLES.items()},
    )
    mine = agreement.join(roles, "rid")
    mine = mine.mutate(passed=mine.gave & ~mine.mine)
    tie = kin.select("rel", kin_of="person", kin_id="other", kin_rid="rid")
    mine = mine.left_join(tie, [mine.person == tie.kin_of, mine.payee == tie.kin_id]).drop("kin_of", "kin_id", "gave")
    mine = mine.join(episodes.select("episode", "zb_date", "debt"), "episode")
    return mine.join(anchors.select("episode", "t_srv", "t_enf"), "episode")


_ROLES = {"mine": "payee", "owns": "owner", "gave": "prev_payee"}


def _agreements(cut: Cut, accounts: ir.Table) -> ir.Table:
    """Agreements up to the day, one row per agreement and payee, with `standing` and `acct_holder`."""
    agreement = rows_until_today(cut, "demolition", "agreement_date")
    kept = ("agreement_no", "project", "household", "payee_name", "amount", "agreement_date", "rid")
    agreement = agreement.select(
        *kept,
        payee=canonical_id(agreement.payee_id),
        owner=canonical_id(agreement.owner_id),
        prev_payee=canonical_id(agreement.prev_payee_id),
        changed_date=if_happened(cut, agreement.changed_date),
        paid_date=if_happened(cut, agreement.paid_date),
        paid_acct=account_number(agreement.paid_acct).nullif(""),
    )
    agreement = first_per_key(agreement, ("agreement_no", "payee"), agreement.rid.desc())
    # A payee who was replaced only from a later day on stands until then.
    given = (
        agreement.prev_payee.notnull() & (agreement.prev_payee != agreement.payee) & agreement.changed_date.notnull()
    )
    later = (
        agreement.filter(given).group_by(later_no="agreement_no", left="prev_payee").agg(left_on=lambda t: t.rid.min())
    )
    agreement = agreement.left_join(later, [agreement.agreement_no == later.later_no, agreement.payee == later.left])
    agreement = agreement.mutate(standing=agreement.left_on.isnull()).drop("later_no", "left", "left_on")
    holder = sole_owners(accounts).rename(acct_holder="owner")
    return agreement.left_join(holder, agreement.paid_acct == holder.acct).drop("acct")
