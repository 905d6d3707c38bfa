"""Suits against debtors, and signs of refusal gathered from the other facts (docs/domain.md section M15, M19, 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.facts.case.coverage import log_covers
from features.facts.people.people import KIN
from features.facts.rows import first_per_key, row_ids, rows_until_today
from features.pool.identity import canonical_id
from features.rules.case_numbers import normal_case_number_column, same_case
from features.rules.periods import with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

TRANSFER, BREACH, REPORT, SANCTION, ABILITY = "transfer", "breach", "report", "sanction", "ability"
"""Parts of a refusal that a sign speaks of."""

_LAWYERS = r"[、，,；;/\s]+"


def _shared_lawyers(suit: ir.Table) -> ir.Table:
    """shared_in (rid), shared_lawyer: the first name that stands for both sides."""
    # Name beside name: an intersection of two lists splits the second text anew for each name of the first.
    sides = [
        suit.select("rid", name=suit[column].re_split(_LAWYERS).unnest()).filter(lambda t: t.name != "").distinct()
        for column in ("plaintiff_lawyer", "defendant_lawyer")
    ]
    both = sides[0].join(sides[1], ["rid", "name"])
    return both.group_by(shared_in="rid").agg(shared_lawyer=both.name.min())


def suits(cut: Any, episodes: ir.Table, debtors: ir.Table) -> ir.Table:
    """Suits against debtors filed up to the day, beside their episodes.

    Columns: episode, person (the debtor sued), suit_no (plain), own (the basis of the episode's case), cause,
    plaintiff (canonical number), debt_date, suit_date, ended_on (NULL until it has happened), settled (ended by 调解),
    amount (分), shared_lawyer (a name that stands for both sides, or NULL), rid. One row per episode and suit.
    """
    suit = rows_until_today(cut, "litigation", "suit_date")
    named = suit
    over = suit.judgment_date <= cut.today
    kept = ("cause", "debt_date", "suit_date", "amount", "rid")
    suit = suit.select(
        *kept,
        suit_no=normal_case_number_column(suit.suit_no),
        plaintiff=canonical_id(suit.plaintiff_id),
        defendant=canonical_id(suit.defendant_id),
        ended_on=ibis.ifelse(over, suit.judgment_date, None),
        settled=ibis.coalesce(over & suit.outcome.contains("调解"), False),
    )
    party = debtors.select("episode", "person")
    mine = suit.join(party, suit.defendant == party.person).drop("defendant")
    basis = episodes.select("episode", basis=normal_case_number_column(episodes.basis_no))
    mine = mine.join(basis, "episode").filter(lambda t: ibis.coalesce(t.plaintiff != t.person, True))
    mine = mine.mutate(own=ibis.coalesce(same_case(mine.suit_no) == same_case(mine.basis), False)).drop("basis")
    shared = _shared_lawyers(named)
    mine = mine.left_join(shared, mine.rid == shared.shared_in).drop("shared_in")
    return first_per_key(mine, ("episode", "suit_no"), mine.rid.desc())


def refusal_signs(f: Facts) -> ir.Table:
    """Signs of a refusal to perform since service, one row each.

    Columns: episode, part (`TRANSFER`, `BREACH`, `REPORT`, `SANCTION`, `ABILITY`), kind (中文), day, until (last day of
    which it is so: the termination where a report never came, else the day), amount (分 or NULL), who, src (array of
    row ids). Transfers: vehicles, realty, shares and policies to kin, given away or sold too cheaply, company offices
    and compensation to kin, large payments to kin who kept much; breaches: journeys under a limit that no company
    paid; reports: none in time, or nothing reported where the query found something; ability: property at the
    termination, receipts since the notice.
    """
    made = [
        _disposed(f),
        _control_given_up(f),
        _compensated(f),
        _paid_to_kin(f),
        _travelled(f),
        _unreported(f),
        _false(f),
        _punished(f),
        _property(f),
        _receipts(f),
    ]
    shape = ("episode", "part", "kind", "day", "until", "amount", "who", "src")
    # Each is computed by itself: one query over all of them would take longer to plan than to run.
    kept = [f.cut.materialise(f"signs_{n}", one.select(*shape)) for n, one in enumerate(made)]
    # Sums come out of the engine wider than they went in.
    kept = [one.mutate(amount=one.amount.cast("int64")) for one in kept]
    return ibis.union(*kept)


def _sign(rows: ir.Table, part: str, kind: Any, src: Any, **given: Any) -> ir.Table:
    shape = {"day": rows.day, "until": given.get("day", rows.day), "amount": ibis.null("int64")} | given
    who = shape.pop("who")
    return rows.select(
        episode=rows.episode,
        part=ibis.literal(part),
        kind=ibis.coalesce(kind, ""),
        day=shape["day"],
        until=shape["until"],
        amount=shape["amount"].cast("int64"),
        who=ibis.coalesce(who, "").cast("string"),
        src=src,
    )


def _disposed(f: Facts) -> ir.Table:
    gone = f.disposed.filter(f.disposed.day >= f.disposed.t_srv, f.disposed.asset_kind != "HPF")
    gone = gone.filter(gone.to_kin | gone.gift | gone.low)
    kind = ibis.ifelse(gone.to_kin, "财产转给近亲属", ibis.ifelse(gone.gift, "无偿转出财产", "明显低价转出财产"))
    return _sign(
        gone, TRANSFER, kind, row_ids(gone.own_rid, gone.new_rid, gone.kin_rid), amount=gone.value, who=gone.label
    )


def _control_given_up(f: Facts) -> ir.Table:
    change = f.control_changes.filter(f.control_changes.rel.isin(KIN))
    change = change.join(f.anchors.select("episode", "t_srv"), "episode").filter(lambda t: t.day >= t.t_srv)
    src = row_ids(change.rid, change.tie_rid)
    return _sign(change, TRANSFER, ibis.literal("企业职务或股权转由近亲属承接"), src, who=change.taker_name)


def _compensated(f: Facts) -> ir.Table:
    agreement = f.compensations.filter(f.compensations.passed, f.compensations.kin_rid.notnull())
    agreement = agreement.filter(agreement.changed_date >= agreement.t_srv)
    return _sign(
        agreement.mutate(day=agreement.changed_date),
        TRANSFER,
        ibis.literal("征收补偿款改由近亲属领取"),
        row_ids(agreement.rid, agreement.kin_rid),
        amount=agreement.amount,
        who=agreement.payee_name,
    )


def _paid_to_kin(f: Facts) -> ir.Table:
    paid = f.moves.filter(f.moves.cp_kind == "kin", f.moves.external, f.moves.since, f.moves.day >= f.moves.t_srv)
    hand = paid.group_by("episode", "cp").agg(net=(-paid.sign * paid.amount).sum())
    hand = hand.filter(hand.net >= f.threshold("M19A-KIN")).select("episode", "cp")
    large = paid.filter(paid.sign < 0, paid.leaves, paid.amount >= f.threshold("M19A-PAY"))
    large = large.semi_join(hand, ["episode", "cp"])
    src = row_ids(large.rid, large.kin_rid)
    return _sign(large, TRANSFER, ibis.literal("大额款项转给近亲属"), src, amount=large.amount, who=large.cp_name)


def _travelled(f: Facts) -> ir.Table:
    trip = f.trips.filter(~f.trips.by_unit)
    kind = ibis.ifelse(trip.kind == "exit", "限制消费期间出境", "限制消费期间乘机或高等级席位")
    return _sign(trip, BREACH, kind, row_ids(trip.rid, trip.limit_rid), who=trip.name)


def _unreported(f: Facts) -> ir.Table:
    act = f.acts.filter(f.acts.ordered, f.acts.telling, f.acts.reported_on.isnull(), ~f.acts.dead)
    act = act.filter(act.order_due < act.zb_date, log_covers(act.log_on, act.zb_date))
    src = row_ids(act.order_rid, act.case_rid)
    return _sign(
        act.mutate(day=act.order_due),
        REPORT,
        ibis.literal("责令报告财产期满未见申报"),
        src,
        until=act.zb_date,
        who=act.name,
    )


def _false(f: Facts) -> ir.Table:
    zero = f.acts.filter(f.acts.zero, f.acts.telling)
    zero = zero.select("episode", "person", "name", "alone", "report_rid", "reported_on")
    found = f.queries.filter(f.queries.has_result, f.queries.req_date <= f.queries.zb_date)
    found = with_rule_value(found, f.rules, "T-SMALL-SUM", "req_date", "least").filter(lambda t: t.amount > t.least)
    found = found.select("amount", "subject", "asset_id", "asset_kind", "range_code", "rid", asked_in="episode")
    met = zero.join(found, zero.episode == found.asked_in)
    met = met.filter(met.alone | met.subject.isnull() | (met.subject == met.person))
    met = met.mutate(thing=ibis.coalesce(met.asset_id, met.asset_kind, met.range_code))
    met = first_per_key(met, ("episode", "person", "thing"), met.amount.desc(), met.rid)
    held = met.group_by("episode", "person").agg(
        day=met.reported_on.min(),
        amount=met.amount.sum(),
        name=met.name.min(),
        src=met.rid.collect().sort().concat(ibis.array([met.report_rid.min()])),
    )
    return _sign(
        held, REPORT, ibis.literal("零申报而查控反馈有值"), held.src.unique(), amount=held.amount, who=held.name
    )


def _punished(f: Facts) -> ir.Table:
    done = f.events.filter(f.events.ev_code.isin(["FINE", "DETENTION"]))
    kind = ibis.ifelse(done.ev_code == "FINE", "被罚款", "被拘留")
    return _sign(
        done.mutate(day=done.ev_date),
        SANCTION,
        kind,
        row_ids(done.rid),
        amount=done.amount,
        who=ibis.literal("被执行人"),
    )


def _property(f: Facts) -> ir.Table:
    mine = f.owned.filter(f.owned.at_end, ~f.owned.exempt, f.owned.net >= f.threshold("M19A-LEAST"))
    mine = mine.filter(mine.net * 100 >= mine.debt * f.threshold("M19A-PART"))
    return _sign(
        mine.mutate(day=mine.zb_date),
        ABILITY,
        ibis.literal("终本时名下有财产"),
        row_ids(mine.rid),
        amount=mine.net,
        who=mine.label,
    )


def _receipts(f: Facts) -> ir.Table:
    got = f.moves.filter(f.moves.sign > 0, f.moves.external, f.moves.w3 | f.moves.w4)
    whole = got.group_by("episode").agg(
        day=got.day.max(), amount=got.amount.sum(), debt=got.debt.max(), src=got.rid.collect().sort()
    )
    whole = whole.filter(whole.amount * 100 >= whole.debt * f.threshold("M19A-INFLOW"))
    return _sign(
        whole,
        ABILITY,
        ibis.literal("执行通知以来账户有外部收入（未扣除生活必需费用）"),
        whole.src,
        amount=whole.amount,
        who=ibis.literal("本人账户"),
    )
