"""Registers about the debtors' lives: utility bills, tenancies, marriages, mortgages given, social insurance."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.rows import first_per_key, if_happened, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.plates import joinable_number

EMPLOYED = "在职|参保缴费|正常参保|正常缴费|^参保$"
STOPPED = "暂停|中断|停保|终止|退休|领取|灵活|居民"
RETIRED = "退休|领取养老金|领取待遇"
"""Words of the social insurer for who is insured by an employer, and who draws a pension."""


def joinable_address(address: ir.StringValue) -> ir.StringValue:
    """An address without blanks, to join registers by; empty as NULL."""
    return address.re_replace(r"[\s　]+", "").nullif("")


def home_bills(cut: Cut) -> ir.Table:
    """Bills of water, power, gas, heating and property management paid up to the day, of whomever.

    Columns: meter_no, kind, unit_no, place (see `joinable_address`), payer (canonical number), payer_name, day, month
    (year * 12 + month), amount (分), rid.
    """
    bill = rows_until_today(cut, "utility", "paid_on")
    kept = ("meter_no", "kind", "payer_name", "amount", "rid")
    return bill.select(
        *kept,
        unit_no=bill.unit_no.nullif(""),
        place=joinable_address(bill.address),
        payer=canonical_id(bill.payer_id),
        day="paid_on",
        month=bill.paid_on.year() * 12 + bill.paid_on.month(),
    )


def homes(holdings: ir.Table) -> ir.Table:
    """Realty of whomever: owner, unit_no, place, day_from, day_to, rid; one row per entry of the register."""
    home = holdings.filter(holdings.asset_kind == "RE")
    return home.select("owner", "day_from", "day_to", "rid", unit_no="asset_id", place=joinable_address(home.label))


def tenancies(cut: Cut) -> ir.Table:
    """Registered leases by tenant: tenant (canonical number), unit_no, day_from, day_to (end of the term), rid."""
    lease = rows_until_today(cut, "lease", "registered_on")
    lease = lease.select(
        "unit_no",
        "rid",
        tenant=canonical_id(lease.tenant_id),
        day_to="end_date",
        day_from=ibis.coalesce(lease.start_date, lease.signed_on, lease.registered_on),
    )
    return lease.filter(lease.tenant.notnull())


def marriages(cut: Cut, debtors: ir.Table) -> ir.Table:
    """Registered marriages of debtors, one row per debtor and marriage, seen from the debtor's side.

    Columns: episode, person, other (canonical numbers), day_from, divorced_on (NULL until it has happened), division,
    asset_share and debt_share (the debtor's, 0 to 1, NULL unknown), rid.
    """
    pair = rows_until_today(cut, "marriage", "reg_date")
    kept = ("division", "rid", "asset_share", "debt_share")
    pair = pair.select(
        *kept,
        a=canonical_id(pair.person_a),
        b=canonical_id(pair.person_b),
        day_from="reg_date",
        divorced_on=if_happened(cut, pair.divorce_date),
    )
    one = pair.rename(person="a", other="b")
    two = pair.rename(person="b", other="a").mutate(asset_share=1 - pair.asset_share, debt_share=1 - pair.debt_share)
    both = one.union(two.select(*one.columns))
    party = debtors.select("episode", "person").distinct()
    mine = both.join(party, "person")
    return first_per_key(mine, ("episode", "person", "other", "day_from"), mine.rid.desc())


def pledges(cut: Cut, debtors: ir.Table) -> ir.Table:
    """Mortgages that debtors gave: episode, person, asset_kind, asset_id, mortgagee, mortgagee_name, secured (whose
    debt, canonical number), amount (分), day, day_to (NULL until struck off), rid."""
    entry = rows_until_today(cut, "encumbrance", "reg_date")
    kept = ("asset_kind", "mortgagee_name", "amount", "rid")
    entry = entry.select(
        *kept,
        asset_id=joinable_number(entry.asset_id),
        owner=canonical_id(entry.owner_id),
        mortgagee=canonical_id(entry.mortgagee_id),
        secured=canonical_id(entry.debtor_id),
        day="reg_date",
        day_to=if_happened(cut, entry.end_date),
    )
    party = debtors.select("episode", "person").distinct()
    return entry.join(party, entry.owner == party.person).drop("owner")


def insured(cut: Cut, debtors: ir.Table, episodes: ir.Table) -> ir.Table:
    """Answers of the social insurer about debtors.

    Columns: episode, person, unit, last_month, base, pension (分 a month), status, employed (an employer pays),
    retired (draws a pension), zb_date, debt, rid. One row per answer.
    """
    answer = rows_until_today(cut, "social", "last_month")
    status = ibis.coalesce(answer.status, "")
    unit = ibis.coalesce(answer.unit, "") != ""
    active = ibis.ifelse(status == "", ibis.coalesce(answer.base, 0) > 0, status.re_search(EMPLOYED))
    kept = ("unit", "last_month", "base", "status", "rid")
    answer = answer.select(
        *kept,
        insured_no=canonical_id(answer.person_id),
        pension=ibis.coalesce(answer.pension_amt, 0),
        employed=unit & active & ~status.re_search(STOPPED),
        retired=status.re_search(RETIRED) | (ibis.coalesce(answer.pension_amt, 0) > 0),
    )
    party = debtors.select("episode", "person").distinct()
    mine = party.join(answer, party.person == answer.insured_no).drop("insured_no")
    return mine.join(episodes.select("episode", "zb_date", "debt"), "episode")
