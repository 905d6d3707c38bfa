"""Judicial auctions by episode: lots, bids, people close to the debtor, leases of the debtor's realty, mortgages."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.case.court import MOVABLE_KINDS, vin_of_plates
from features.facts.money.transactions import sole_owners
from features.facts.rows import first_per_key, if_happened, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.plates import joinable_number

SELF = "self"
"""Tie of a debtor to the own episode; the other ties are those of the relation table."""
KIN_COMPANY = "kin_company"
"""Tie of a company that a debtor's confirmed kin own or represent."""

_ROUNDS = {"一拍": "first", "第一次拍卖": "first", "二拍": "second", "第二次拍卖": "second", "变卖": "selloff"}
_MOVABLE = f"{MOVABLE_KINDS}|^VEH$"


def lots(cut: Cut, chain_of: ir.Table, episodes: ir.Table, vehicles: ir.Table) -> ir.Table:
    """Auctions opened up to the day in any case of the chain, beside each of its episodes.

    Columns: episode, zb_date, chain, case_no, lot_id, round (first, second, selloff), asset_kind, asset_id (as
    delivered), asset (the VIN where a plate was delivered and the register knows it, else as delivered, else the lot),
    movable, appraised, reserve, deposit, deal_price (分), notice_date, notified_date, start_date, end_date (NULL until
    it has happened), priority_holder, tax_bearer, tenancy_notice, evacuation, appraisal_public, bidders, buyer
    (canonical number), buyer_name, status (NULL while the auction runs), batch, known_at, rid. One row per episode,
    thing, round and opening day: a lot delivered twice under two numbers is one.
    """
    lot = rows_until_today(cut, "auction", "start_date")
    over = lot.end_date.isnull() | (lot.end_date <= cut.today)
    thing = ("case_no", "lot_id", "round", "asset_kind", "appraised", "reserve", "deposit")
    notice = ("notice_date", "notified_date", "start_date", "priority_holder", "tax_bearer", "tenancy_notice")
    kept = (*thing, *notice, "evacuation", "appraisal_public", "bidders", "buyer_name", "batch", "known_at", "rid")
    lot = lot.select(
        *kept,
        asset_id=joinable_number(lot.asset_id),
        end_date=if_happened(cut, lot.end_date),
        deal_price=ibis.ifelse(over, lot.deal_price, None),
        buyer=ibis.ifelse(over, canonical_id(lot.buyer_id), None),
        status=ibis.ifelse(over, lot.status, None),
        movable=ibis.coalesce(lot.asset_kind.re_search(_MOVABLE), lot.asset_kind.isnull()),
    )
    vins = vin_of_plates(vehicles)
    lot = lot.left_join(vins, lot.asset_id == vins.plate).drop("plate")
    lot = lot.mutate(asset=ibis.coalesce(lot.vin, lot.asset_id, lot.lot_id)).drop("vin")
    beside = lot.join(chain_of, "case_no").join(episodes.select("episode", "chain", "zb_date"), "chain")
    return first_per_key(beside, ("episode", "asset", "round", "start_date"), beside.rid.desc())


def bids(cut: Cut, lots: ir.Table, accounts: ir.Table) -> ir.Table:
    """Bids made up to the day on the lots of an episode.

    Columns: episode, lot_id, round, bidder (canonical number), ts, day, price (分), ip, phone, address, deposit_acct,
    deposit_holder (canonical number, as delivered, else the only known holder of the account), rid.
    """
    bid = cut.table("auction_bid")
    bid = bid.filter(bid.bid_time.date() <= cut.today).mutate(round=bid.round.substitute(_ROUNDS))
    owner = sole_owners(accounts)
    bid = bid.left_join(owner, bid.deposit_acct == owner.acct)
    kept = ("lot_id", "round", "price", "rid")
    bid = bid.select(
        *kept,
        bidder=canonical_id(bid.bidder_id),
        ts="bid_time",
        day=bid.bid_time.date(),
        ip=bid.ip.nullif(""),
        phone=bid.phone.nullif(""),
        address=bid.delivery_addr.nullif(""),
        deposit_acct=bid.deposit_acct.nullif(""),
        deposit_holder=ibis.coalesce(canonical_id(bid.deposit_holder_id), bid.owner),
    )
    return bid.join(lots.select("episode", "lot_id", "round").distinct(), ["lot_id", "round"])


def insiders(cut: Cut, debtors: ir.Table, kin: ir.Table, affiliates: ir.Table) -> ir.Table:
    """Who stands near the debtors of an episode: themselves, confirmed kin, affiliates, companies of their kin.

    Columns: episode, other (canonical number), other_name, rel (`SELF`, a code of the relation table, `KIN_COMPANY`),
    tie_rid (the row that says so). One row per episode and person: the nearest tie stands.
    """
    party = debtors.select("episode", "person").distinct()
    self = debtors.select(
        "episode", other="person", other_name="name", rel=ibis.literal(SELF), tie_rid="rid", near=ibis.literal(0)
    )
    near = [
        ties.join(party, "person").select(
            "episode", "other", "other_name", "rel", tie_rid="rid", near=ibis.literal(distance)
        )
        for distance, ties in ((1, kin), (2, affiliates))
    ]
    whole = ibis.union(self, *near)
    known = whole.filter(whole.near < 2).select("episode", "other")
    theirs = _companies(cut)
    theirs = theirs.join(known, theirs.holder == known.other).select(
        "episode",
        other="uscc",
        other_name="company",
        rel=ibis.literal(KIN_COMPANY),
        tie_rid="rid",
        near=ibis.literal(3),
    )
    return first_per_key(whole.union(theirs), ("episode", "other"), ibis._.near, ibis._.tie_rid).drop("near")


def _companies(cut: Cut) -> ir.Table:
    """holder, uscc, company, rid: companies with whoever owned or represented them up to the day."""
    share = rows_until_today(cut, "shareholding", "from_date")
    firm = cut.table("company").filter(lambda t: t.est_date.isnull() | (t.est_date <= cut.today))
    owned = share.select(
        "rid", holder=canonical_id(share.holder_id), uscc=canonical_id(share.uscc), company="company_name"
    )
    led = firm.select("rid", holder=canonical_id(firm.legal_rep_id), uscc=canonical_id(firm.uscc), company="name")
    both = owned.union(led)
    return both.filter(both.holder.notnull(), both.uscc.notnull())


def leases(cut: Cut, debtors: ir.Table) -> ir.Table:
    """Leases of the debtors' realty registered up to the day.

    Columns: episode, unit_no, tenant (canonical number), tenant_name, signed_on, registered_on, start_date, end_date,
    rent_month, market_rent, prepaid (分), rid. One row per episode, unit, tenant and first day of the term.
    """
    lease = rows_until_today(cut, "lease", "registered_on")
    kept = ("unit_no", "tenant_name", "signed_on", "registered_on", "start_date")
    more = ("end_date", "rent_month", "market_rent", "prepaid", "rid")
    lease = lease.select(
        *kept,
        *more,
        landlord=canonical_id(lease.landlord_id),
        tenant=canonical_id(lease.tenant_id),
    )
    party = debtors.select("episode", "person").distinct()
    mine = lease.join(party, lease.landlord == party.person)
    mine = mine.mutate(whom=ibis.coalesce(mine.tenant, mine.tenant_name, ""))
    keys = ("episode", "unit_no", "whom", "start_date")
    return first_per_key(mine, keys, mine.registered_on.desc(), mine.rid.desc()).drop("whom", "person", "landlord")


def mortgages(cut: Cut) -> ir.Table:
    """Registered mortgages: asset_id, mortgagee (canonical number), mortgagee_name, amount (分), day_from, day_to, rid.

    `day_to` is NULL until the mortgage was struck off. One row per thing, mortgagee and day of registration.
    """
    entry = rows_until_today(cut, "encumbrance", "reg_date")
    kept = ("mortgagee_name", "amount", "rid")
    entry = entry.select(
        *kept,
        asset_id=joinable_number(entry.asset_id),
        mortgagee=canonical_id(entry.mortgagee_id),
        day_from="reg_date",
        day_to=if_happened(cut, entry.end_date),
    )
    entry = entry.mutate(whom=ibis.coalesce(entry.mortgagee, entry.mortgagee_name, ""))
    return first_per_key(entry, ("asset_id", "whom", "day_from"), entry.rid.desc()).drop("whom")
