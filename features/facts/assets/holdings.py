"""Registers of property in one shape: vehicles and their use, realty, policies, shares, provident funds, disposals."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.rows import first_per_key, if_happened, in_force, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.plates import normal_plate_column, normal_vin_column

GONE_STATUS = ("注销", "报废", "强制注销")
ENDED_POLICY = "退保|终止|失效|注销"
SAME_PASSING_DAYS = 30
"""An entry that ends and one that begins within so many days are one passing of the thing."""


def vehicles(cut: Cut) -> ir.Table:
    """Registrations known on the day.

    Columns: plate, vin, owner (canonical id), owner_name, prev_owner, own_from, own_to (NULL until it has happened),
    first_reg, use_nature, status, seal_flag, gone (scrapped or past the compulsory scrap date), value (分, NULL
    unknown), encumbrance (分), price (分), rid.
    """
    car = rows_until_today(cut, "vehicle", "own_from")
    gone = ibis.coalesce(car.status.isin(GONE_STATUS), False) | ibis.coalesce(car.scrap_until <= cut.today, False)
    kept = ("owner_name", "own_from", "first_reg", "use_nature", "status", "rid")
    plate = normal_plate_column(car.plate)
    # A car without a number is a thing of its own, and not the one of another entry.
    return car.select(
        *kept,
        plate=plate,
        vin=ibis.coalesce(normal_vin_column(car.vin), plate, "登记记录" + car.rid.cast("string")),
        owner=canonical_id(car.owner_id),
        prev_owner=canonical_id(car.prev_owner_id),
        own_to=if_happened(cut, car.own_to),
        seal_flag=ibis.coalesce(car.seal_flag, False),
        gone=gone,
        value="est_value",
        encumbrance=ibis.coalesce(car.mortgage_amt, 0),
        price="transfer_price",
    )


def vehicle_use(cut: Cut) -> ir.Table:
    """plate, event_type, day, place, driver, payer (canonical ids), amount, rid: uses up to the day."""
    use = cut.table("veh_use").filter(lambda t: t.event_time.date() <= cut.today)
    kept = ("event_type", "place", "amount", "rid")
    return use.select(
        *kept,
        plate=normal_plate_column(use.plate),
        day=use.event_time.date(),
        driver=canonical_id(use.driver_id),
        payer=canonical_id(use.payer_id),
    )


def drives(use: ir.Table, vehicles: ir.Table, debtors: ir.Table) -> ir.Table:
    """Uses of any vehicle that name a debtor as driver or payer, with the owner registered on that day.

    Columns: person, plate, event_type, day, place, drove, paid_for (booleans), use_rid, vin, owner (NULL when no entry
    of that day is known), own_from, value (分), car_rid. One row per use and debtor.
    """
    known = debtors.select("person").distinct()
    kept = ("plate", "event_type", "day", "place")
    parts = [
        use.select(
            *kept,
            person=use[column],
            use_rid="rid",
            drove=ibis.literal(column == "driver"),
            paid_for=ibis.literal(column == "payer"),
        )
        for column in ("driver", "payer")
    ]
    both = ibis.union(*parts).semi_join(known, "person")
    named = both.group_by("person", "use_rid").agg(
        **{name: both[name].min() for name in ("plate", "event_type", "day", "place")},
        drove=both.drove.any(),
        paid_for=both.paid_for.any(),
    )
    car = vehicles.select("vin", "owner", "own_from", "own_to", "value", car_plate="plate", car_rid="rid")
    held = named.left_join(
        car,
        [
            named.plate == car.car_plate,
            in_force(named.day, car.own_from, car.own_to),
        ],
    )
    held = first_per_key(held, ("person", "use_rid"), held.own_from.desc(), held.car_rid)
    return held.drop("own_to", "car_plate")


def provident_funds(cut: Cut) -> ir.Table:
    """Answers received: person, acct_no, unit, open_date, last_month, monthly_amt, balance, status, loan_flag, rid."""
    fund = rows_until_today(cut, "hpf", "last_month")
    kept = ("acct_no", "unit", "open_date", "last_month", "monthly_amt", "balance", "status", "rid")
    return fund.select(
        *kept,
        person=canonical_id(fund.person_id),
        loan_flag=ibis.coalesce(fund.loan_flag, False),
    )


def _policies(cut: Cut) -> ir.Table:
    policy = rows_until_today(cut, "insurance", "start_date")
    policy = policy.filter(~ibis.coalesce(policy.status.re_search(ENDED_POLICY) & policy.end_date.isnull(), False))
    kept = ("product", "cash_value", "end_date", "policy_no", "rid")
    return policy.select(
        *kept,
        since=ibis.coalesce(if_happened(cut, policy.changed_date), policy.start_date),
        owner=canonical_id(policy.applicant_id),
        prev_owner=canonical_id(policy.prev_applicant_id),
    )


def _newest_funds(cut: Cut) -> ir.Table:
    fund = provident_funds(cut)
    return first_per_key(fund, ("acct_no",), fund.last_month.desc(), fund.rid.desc())


def holdings(cut: Cut, vehicles: ir.Table) -> ir.Table:
    """Everything registered to a person in one shape.

    Columns: owner, asset_kind (VEH, RE, INS, EQ, HPF), asset_id, label, day_from, day_to (NULL until it has happened),
    value (分), encumbrance (分), prev_owner, price (分), marked (the register itself shows a seal), marked_until (its
    last day where the register says one), exempt (only home; fund tied to a housing loan), mode (买卖, 赠与 …; NULL
    unknown), rid. Scrapped vehicles and ended policies without an end date are left out; of a fund the newest answer
    stands.
    """
    car = vehicles.filter(~vehicles.gone)
    policy, fund = _policies(cut), _newest_funds(cut)
    parts = [
        _entries(
            car,
            "VEH",
            asset_id="vin",
            label="plate",
            day_from="own_from",
            day_to="own_to",
            value="value",
            encumbrance="encumbrance",
            prev_owner="prev_owner",
            price="price",
            marked="seal_flag",
        ),
        _homes(cut),
        _entries(
            policy,
            "INS",
            asset_id="policy_no",
            label="product",
            day_from="since",
            day_to=if_happened(cut, policy.end_date),
            value="cash_value",
            prev_owner="prev_owner",
        ),
        _shares(cut),
        _entries(
            fund,
            "HPF",
            owner="person",
            asset_id="acct_no",
            label="unit",
            day_from=ibis.coalesce(fund.open_date, fund.last_month),
            value="balance",
            exempt="loan_flag",
        ),
    ]
    return ibis.union(*parts).filter(lambda t: t.owner.notnull())


def _entries(rows: ir.Table, kind: str, **given: ir.Value | str) -> ir.Table:
    """Rows of one register in the shape of `holdings`; columns not given are NULL, 0 or False."""
    no = ibis.literal(False)
    shape = {
        "owner": "owner",
        "asset_kind": ibis.literal(kind),
        "asset_id": _null("string"),
        "label": _null("string"),
        "day_from": _null("date"),
        "day_to": _null("date"),
        "value": _null("int64"),
        "encumbrance": ibis.literal(0, type="int64"),
        "prev_owner": _null("string"),
        "price": _null("int64"),
        "marked": no,
        "marked_until": _null("date"),
        "exempt": no,
        "mode": _null("string"),
        "rid": "rid",
    }
    return rows.select(**(shape | given))


def _null(kind: str) -> ir.Value:
    return ibis.literal(None, type=kind)


def _homes(cut: Cut) -> ir.Table:
    home = rows_until_today(cut, "realty", "reg_date")
    worth = ibis.coalesce(home.market_value, home.price) * ibis.coalesce(home.share, 1.0)
    return _entries(
        home,
        "RE",
        owner=canonical_id(home.holder_id),
        asset_id="unit_no",
        label="location",
        day_from="reg_date",
        day_to=if_happened(cut, home.end_date),
        value=worth.round().cast("int64"),
        encumbrance=ibis.coalesce(home.mortgage_amt, 0),
        prev_owner=canonical_id(home.prev_holder_id),
        price="price",
        marked=home.seal_until.notnull(),
        marked_until="seal_until",
        exempt=ibis.coalesce(home.only_home, False),
        mode="acquire_mode",
    )


def _shares(cut: Cut) -> ir.Table:
    share = rows_until_today(cut, "shareholding", "from_date")
    return _entries(
        share,
        "EQ",
        owner=canonical_id(share.holder_id),
        asset_id="uscc",
        label="company_name",
        day_from="from_date",
        day_to=if_happened(cut, share.to_date),
        value=ibis.coalesce(share.paid, share.subscribed),
    )


def disposals(holdings: ir.Table, debtors: ir.Table) -> ir.Table:
    """Vehicles, realty, shares and policies that left a debtor, with who took them where a register says so.

    Columns: person, asset_kind, asset_id, label, day, value (分: market value as registered), price (分 paid, NULL
    unknown), mode (as the taker's entry says), taker (canonical id or NULL), own_rid (the debtor's own entry), new_rid
    (the taker's entry); at least one of the two stands. An entry of the taker naming the debtor as previous owner is a
    passing even without the own one; what passed by inheritance is left out.
    """
    known = debtors.select("person").distinct()
    things = holdings.filter(holdings.asset_kind != "HPF")
    own = things.semi_join(known, things.owner == known.person).select(
        "label", "value", person="owner", kind="asset_kind", thing="asset_id", left="day_to", own_rid="rid"
    )
    passing = things.prev_owner.notnull() & (things.prev_owner != things.owner)
    new = things.filter(passing).select(
        new_mode="mode",
        taken_from="prev_owner",
        new_kind="asset_kind",
        new_thing="asset_id",
        new_label="label",
        taken="day_from",
        new_value="value",
        price="price",
        taker="owner",
        new_rid="rid",
    )
    new = new.semi_join(known, new.taken_from == known.person)
    ended = own.filter(own.left.notnull())
    met = ended.outer_join(
        new,
        [
            ended.person == new.taken_from,
            ended.kind == new.new_kind,
            ended.thing == new.new_thing,
            ended.left.delta(new.taken, unit="day").abs() <= SAME_PASSING_DAYS,
        ],
    )
    kept = ("price", "taker", "own_rid", "new_rid")
    passed = met.select(
        *kept,
        mode="new_mode",
        person=ibis.coalesce(met.person, met.taken_from),
        asset_kind=ibis.coalesce(met.kind, met.new_kind),
        asset_id=ibis.coalesce(met.thing, met.new_thing),
        label=ibis.coalesce(met.label, met.new_label),
        day=ibis.coalesce(met.taken, met.left),
        value=ibis.coalesce(met.value, met.new_value),
    )
    passed = passed.filter(~ibis.coalesce(passed.mode.contains("继承"), False))
    # A date corrected by a later delivery is a second entry of the same passing.
    order = (passed.new_rid.isnull(), passed.new_rid.desc(), passed.own_rid.desc())
    return first_per_key(passed, ("person", "asset_kind", "asset_id"), *order)
