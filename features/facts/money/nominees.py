"""Follow debtors' money through other people's accounts whose statements are held, and gather signs of who controls
them.

Only accounts that money of another held account reaches are linked and walked: where a pool holds the statements of
debtors alone, there is next to nothing to do.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.money.trace import WalkSettings, walk
from features.facts.money.transactions import distinct_movements
from features.facts.money.transfers import Engine, statement_rows
from features.facts.rows import in_force, left_joined


def held_rows(engine: Engine, statements: ir.Table, accounts: ir.Table, debtors: ir.Table) -> ir.Table:
    """Statement rows (`transfers.STATEMENT`, each movement once) of holders who are no debtors,
    and of holders who exchanged money with another holder whose rows are known.

    Money was exchanged where a row names the account or number of another holder whose rows are known. All accounts of
    such a holder are included, since money may go on through a second one.
    """
    rows = statement_rows(statements, accounts)
    named = engine.materialise("traced_named", rows.select("acct", "holder", "cp_acct", "cp_id").distinct())
    owner = named.group_by("acct").agg(other=named.holder.min()).rename(other_acct="acct")
    owner = engine.materialise("traced_owner", owner)
    by_acct = named.join(owner, named.cp_acct == owner.other_acct).select("holder", "other")
    by_id = named.semi_join(owner, named.cp_id == owner.other).select("holder", other="cp_id")
    met = by_acct.union(by_id).filter(lambda t: t.holder != t.other)
    others = owner.filter(owner.other.notnull()).select(holder="other")
    others = others.anti_join(debtors, others.holder == debtors.person)
    holders = met.select("holder").union(met.select(holder="other")).union(others).distinct()
    holders = engine.materialise("traced_holders", holders)
    wanted = engine.materialise("traced_rows", rows.filter(rows.holder.isin(holders.holder)))
    once = engine.materialise("traced_movements", distinct_movements(statements))
    return wanted.semi_join(once, [("rid", "first_rid")])


def second_holders(
    rows: ir.Table, pairs: ir.Table, statements: ir.Table, debtors: ir.Table, kin: ir.Table, affiliates: ir.Table
) -> ir.Table:
    """Holders of statements who are connected with an episode without being its debtors.

    Columns: episode, holder, name (NULL where no relation tells it), of_kin, tie_rid (relation row, NULL where money
    alone connects), period_from, period_to, answered_on (last delivery of their rows). Connected: a relation ties them
    to a debtor, or a transfer between them and a debtor stands on both statements.
    """
    party = debtors.select("episode", "person")
    close = kin.select("person", holder="other", name="other_name", tie_rid="rid", of_kin=ibis.literal(True))
    near = affiliates.select("person", holder="other", name="other_name", tie_rid="rid", of_kin=ibis.literal(False))
    acct = rows.group_by("acct").agg(holder=rows.holder.min())
    one = acct.rename(out_acct="acct", payer="holder")
    two = acct.rename(in_acct="acct", payee="holder")
    met = pairs.select("out_acct", "in_acct").distinct().join(one, "out_acct").join(two, "in_acct")
    unknown = {"name": ibis.literal(None, type="string"), "tie_rid": ibis.literal(None, type="int64")}
    paid = met.select(person="payer", holder="payee", **unknown, of_kin=ibis.literal(False))
    got = met.select(person="payee", holder="payer", **unknown, of_kin=ibis.literal(False))
    ties = close.union(near).union(paid).union(got).join(party, "person")
    own = debtors.select(own_episode="episode", own_person="person")
    ties = ties.anti_join(own, [ties.episode == own.own_episode, ties.holder == own.own_person])
    tied = ties.group_by("episode", "holder").agg(
        name=ties.name.min(), of_kin=ties.of_kin.any(), tie_rid=ties.tie_rid.min()
    )
    fit = statements.filter(statements.fit)
    known = fit.group_by("holder").agg(
        period_from=fit.day.min(), period_to=fit.day.max(), answered_on=fit.known_at.max()
    )
    return tied.join(known, "holder")


def starts(moves: ir.Table, pairs: ir.Table, least: int, before: int) -> ir.Table:
    """Payments of debtors that another holder's statements show as received.

    Columns: episode, start_rid, person, debt, amount, day, cp_name.

    They count from `before` days before service (where that is unknown, the notice) on.

    Payments to the court, to an applicant, to another debtor of the episode or to an own account start nothing;
    nor do those under `least` (分).
    """
    counts = ibis.coalesce(moves.day >= moves.t0 - ibis.interval(days=before), False)
    out = moves.filter(moves.sign < 0, counts, moves.external, ~moves.creditor, moves.amount >= least)
    out = out.semi_join(pairs, [("rid", "out_rid")])
    return out.select("episode", "person", "debt", "amount", "day", "cp_name", start_rid="rid")


def flows(
    engine: Engine,
    rows: ir.Table,
    pairs: ir.Table,
    links: ir.Table,
    begun: ir.Table,
    settings: tuple[WalkSettings, ...],
) -> ir.Table:
    """Where the money of `starts` went, under each convention: columns of `trace.walk` and convention."""
    asked = begun.select("start_rid").distinct()
    found = [
        walk(
            engine, rows, pairs, asked, one, links if one.convention == "fifo" else None, f"traced_{one.convention}"
        ).mutate(convention=ibis.literal(one.convention))
        for one in settings
    ]
    return ibis.union(*found)


def devices(statements: ir.Table, shared_by: int) -> ir.Table:
    """Network addresses and devices behind statement rows: holder, device (ip or mac with its kind), rid.

    Args:
        shared_by: a device or network address used by more holders than this is a public one and ties nobody.
    """
    done = statements.filter(statements.fit, statements.holder.notnull())
    parts = [
        done.filter(done[column].notnull(), done[column] != "").select(
            "holder", "rid", device=ibis.literal(f"{column}:") + done[column]
        )
        for column in ("ip", "mac")
    ]
    both = ibis.union(*parts)
    used = both.group_by("device").agg(holders=both.holder.nunique())
    return both.join(used, "device").filter(lambda t: t.holders <= shared_by).drop("holders")


def funded(begun: ir.Table, rows: ir.Table, pairs: ir.Table, links: ir.Table, hours: int) -> ir.Table:
    """What debtors of an episode paid to another holder (`starts`), and what that holder did with it.

    Columns: episode, holder, debt, name (as the debtor's bank calls him), amount (分 received from the debtors), day
    (last), received (分: all the holder received from others since the first of it), emptied (分 of the amount gone
    soon, first in first out), rids (payments and receipts).

    Args:
        hours: money that leaves again within this time only passed through (docs/domain.md section 3.3 C01).
    """
    side = pairs.select(start_rid="out_rid", in_rid="in_rid", in_acct="in_acct")
    got = begun.join(side, "start_rid")
    receipt = rows.select("holder", in_rid="rid", in_ts="ts")
    got = got.join(receipt, "in_rid")
    when = rows.select(gone_rid="rid", gone_ts="ts")
    gone = links.join(when, links.out_rid == when.gone_rid).select("in_rid", "gone_ts", gone="amount")
    soon = got.select("in_rid", "in_ts").distinct().join(gone, "in_rid")
    soon = soon.filter(soon.gone_ts <= soon.in_ts + ibis.interval(hours=hours))
    soon = soon.group_by("in_rid").agg(emptied=soon.gone.sum())
    got = left_joined(got, soon, "in_rid")
    whole = got.group_by("episode", "holder", "debt").agg(
        name=got.cp_name.min(),
        amount=got.amount.sum(),
        day=got.day.max(),
        first=got.in_ts.min(),
        emptied=ibis.coalesce(got.emptied.sum(), 0),
        rids=ibis.array([got.start_rid, got.in_rid]).collect().flatten().sort(),
    )
    own = rows.select(own_rid="rid", own_holder="holder")
    inner = pairs.join(own, pairs.in_rid == own.own_rid)
    paid_by = own.rename(paid_rid="own_rid", payer="own_holder")
    inner = inner.join(paid_by, inner.out_rid == paid_by.paid_rid)
    inner = inner.filter(inner.payer == inner.own_holder)
    income = rows.filter(rows.sign > 0).anti_join(inner, rows.rid == inner.in_rid)
    income = income.select("ts", got_holder="holder", got_fen="amount")
    beside = whole.select("episode", "holder", "first")
    beside = beside.join(income, [beside.holder == income.got_holder, income.ts >= beside["first"]])
    received = beside.group_by("episode", "holder").agg(received=beside.got_fen.sum())
    return whole.join(received, ["episode", "holder"]).drop("first")


def life_paid(
    rows: ir.Table, second: ir.Table, debtors: ir.Table, vehicle_use: ir.Table, vehicles: ir.Table, utility: ir.Table
) -> ir.Table:
    """What second holders paid for the life of a debtor: episode, holder, day, amount, what, rid.

    A use of a vehicle that the debtor drove or owned, a supply to the debtor's address, or a payment on whose memo the
    debtor's own name stands.
    """
    who = debtors.filter(debtors.kind == "person").select("episode", "person", "name", "address")
    pair = second.select("episode", "holder").join(who, "episode")
    own = vehicles.select("own_from", "own_to", own_plate="plate", car_owner="owner")
    used = pair.join(vehicle_use, pair.holder == vehicle_use.payer)
    used = used.left_join(
        own,
        [
            used.plate == own.own_plate,
            used.person == own.car_owner,
            in_force(used.day, own.own_from, own.own_to),
        ],
    )
    used = used.filter(ibis.coalesce(used.driver == used.person, False) | used.car_owner.notnull())
    car = used.select("episode", "holder", "day", "amount", "rid", what=ibis.literal("车辆保险、年检等"))
    at_home = pair.join(utility, [pair.holder == utility.payer, pair.address == utility.address])
    home = at_home.select("episode", "holder", "day", "amount", "rid", what=ibis.literal("住址水电物业"))
    named = pair.filter(pair.name.length() >= 2).drop("address")
    paid = rows.filter(rows.sign < 0, rows.memo.notnull()).select("memo", "day", "amount", "rid", payer="holder")
    paid = named.join(paid, named.holder == paid.payer)
    paid = paid.filter(paid.memo.contains(paid.name))
    memo = paid.select("episode", "holder", "day", "amount", "rid", what=ibis.literal("摘要载明代其支付"))
    return car.union(home).union(memo).distinct()
