"""Things registered to people: vehicles and their use, realty, policies, shares, provident fund."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.identity import canonical_id
from features.pool import Cut

GONE_STATUS = ("注销", "报废", "强制注销")


def vehicles(cut: Cut) -> ir.Table:
    """Registrations known on the day.

    Columns: plate, vin, owner (canonical id), owner_name, prev_owner, own_from, own_to, first_reg, use_nature, status,
    gone (scrapped or past the compulsory scrap date), value (分, NULL unknown), encumbrance (分), price (分), rid.
    """
    car = cut.table("vehicle").filter(lambda t: t.own_from <= cut.day)
    gone = ibis.coalesce(car.status.isin(GONE_STATUS), False) | ibis.coalesce(car.scrap_until <= cut.day, False)
    return car.select(
        "plate", "vin", "owner_name", "own_from", "own_to", "first_reg", "use_nature", "status", "rid",
        owner=canonical_id(car.owner_id),
        prev_owner=canonical_id(car.prev_owner_id),
        gone=gone,
        value="est_value",
        encumbrance=ibis.coalesce(car.mortgage_amt, 0),
        price="transfer_price",
    )  # fmt: skip


def vehicle_use(cut: Cut) -> ir.Table:
    """plate, event_type, day, place, driver, payer (canonical ids), amount, rid: uses up to the day."""
    use = cut.table("veh_use").filter(lambda t: t.event_time.date() <= cut.day)
    return use.select(
        "plate", "event_type", "place", "amount", "rid",
        day=use.event_time.date(), driver=canonical_id(use.driver_id), payer=canonical_id(use.payer_id),
    )  # fmt: skip


def holdings(cut: Cut) -> ir.Table:
    """Everything registered to a person in one shape.

    Columns: owner, asset_kind (VEH, RE, INS, EQ, HPF), asset_id, label, day_from, day_to, value (分), encumbrance (分),
    prev_owner, price (分), rid. A holding is live on the day when day_to is NULL or later.
    """
    car = vehicles(cut)
    car = car.filter(~car.gone)
    home = cut.table("realty").filter(lambda t: t.reg_date <= cut.day)
    policy = cut.table("insurance").filter(lambda t: t.start_date <= cut.day)
    share = cut.table("shareholding").filter(lambda t: t.from_date <= cut.day)
    fund = cut.table("hpf").filter(lambda t: t.last_month <= cut.day)
    none = ibis.literal(None, type="string")
    nothing = ibis.literal(None, type="int64")
    zero = ibis.literal(0, type="int64")
    parts = [
        car.select(
            "owner", asset_kind=ibis.literal("VEH"), asset_id="vin", label="plate", day_from="own_from", day_to="own_to",
            value="value", encumbrance="encumbrance", prev_owner="prev_owner", price="price", rid="rid",
        ),
        home.select(
            owner=canonical_id(home.holder_id), asset_kind=ibis.literal("RE"), asset_id="unit_no", label="location",
            day_from="reg_date", day_to="end_date",
            value=(ibis.coalesce(home.market_value, home.price) * ibis.coalesce(home.share, 1.0)).round().cast("int64"),
            encumbrance=ibis.coalesce(home.mortgage_amt, 0), prev_owner=canonical_id(home.prev_holder_id), price="price",
            rid="rid",
        ),
        policy.select(
            owner=canonical_id(policy.applicant_id), asset_kind=ibis.literal("INS"), asset_id="policy_no",
            label="product", day_from=ibis.coalesce(policy.changed_date, policy.start_date), day_to="end_date",
            value="cash_value", encumbrance=zero, prev_owner=canonical_id(policy.prev_applicant_id), price=nothing,
            rid="rid",
        ),
        share.select(
            owner=canonical_id(share.holder_id), asset_kind=ibis.literal("EQ"), asset_id="uscc", label="company_name",
            day_from="from_date", day_to="to_date", value=ibis.coalesce(share.paid, share.subscribed), encumbrance=zero,
            prev_owner=none, price=nothing, rid="rid",
        ),
        fund.select(
            owner=canonical_id(fund.person_id), asset_kind=ibis.literal("HPF"), asset_id="acct_no", label="unit",
            day_from=ibis.coalesce(fund.open_date, fund.last_month), day_to=ibis.literal(None, type="date"),
            value="balance", encumbrance=zero, prev_owner=none, price=nothing, rid="rid",
        ),
    ]  # fmt: skip
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.union(part)
    return whole.filter(whole.owner.notnull())
