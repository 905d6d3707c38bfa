"""The court's log, network queries and seals, and petitions to the procuratorate, beside the episodes they concern."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.rows import if_happened, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.periods import add_months, with_rule_value
from features.rules.plates import joinable_number

CONTROL = ("SEAL", "DETAIN", "FREEZE")
RULING_PREFIX = "裁定书:"
"""Events read from the text of a ruling bear numbers of this prefix: they show what was done, never what was not."""

BANK_KINDS = "存款|资金|账户|余额|支付|理财"
MOVABLE_KINDS = "车|^动产|设备|船|存货|原材料"
SEAL_RULES = ("T-SEAL-DEPOSIT", "T-SEAL-MOVABLE", "T-SEAL-REALTY")


def _words(event: ir.Table) -> ir.StringValue:
    words = ibis.coalesce(event.reason, "") + ibis.coalesce(event.result, "")
    return words + ibis.coalesce(event.detail, "")


def events(cut: Cut, chain_of: ir.Table, episodes: ir.Table) -> ir.Table:
    """Events of a chain beside each of its episodes.

    Columns: episode, case_no, ev_code, ev_date, subject, asset_kind, asset_id, amount, expiry_date, end_date (NULL
    until it has happened), result, reason, detail, ref_no, other_name, other_id (canonical number of the unit or third
    party addressed), rid, own (event of the episode's own case), after (later
    than the termination day). Events dated after the cut (announced or mistaken) are left out.
    """
    event = rows_until_today(cut, "event", "ev_date")
    chained = event.join(chain_of, "case_no")
    parts = episodes.select("episode", "zb_date", episode_chain="chain", episode_case="case_no")
    joined = chained.join(parts, chained.chain == parts.episode_chain)
    kept = ("episode", "case_no", "ev_code", "ev_date", "asset_kind", "amount", "expiry_date")
    more = ("result", "reason", "detail", "ref_no", "rid", "zb_date", "other_name")
    return joined.select(
        *kept,
        *more,
        asset_id=joinable_number(joined.asset_id),
        end_date=if_happened(cut, joined.end_date),
        other_id=canonical_id(joined.other_id),
        subject=canonical_id(joined.subject_id),
        own=joined.case_no == joined.episode_case,
        after=joined.ev_date > joined.zb_date,
    )


def queries(cut: Cut, episodes: ir.Table) -> ir.Table:
    """Network query feedback of the episode's own case, asked up to the day; fb_date is NULL until it has happened."""
    feedback = rows_until_today(cut, "query_feedback", "req_date")
    joined = feedback.join(episodes.select("episode", "case_no", "zb_date"), "case_no")
    kept = ("episode", "case_no", "zb_date", "request_no", "range_code", "unit_name", "req_date")
    more = ("has_result", "asset_kind", "amount", "status", "seal_info", "rid")
    return joined.select(
        *kept,
        *more,
        asset_id=joinable_number(joined.asset_id),
        fb_date=if_happened(cut, joined.fb_date),
        subject=canonical_id(joined.subject_id),
    )


def vin_of_plates(vehicles: ir.Table) -> ir.Table:
    """plate, vin: plates that one vehicle alone has borne."""
    plates = vehicles.group_by("plate").agg(vin=vehicles.vin.min(), cars=vehicles.vin.nunique())
    return plates.filter(plates.cars == 1).drop("cars")


def seals(cut: Cut, rules: ir.Table, vehicles: ir.Table) -> ir.Table:
    """Control measures on an asset by whichever case.

    Columns: asset (the asset's identifier; the VIN where a plate was delivered and the register knows it), asset_id (as
    delivered, a plate in its one form), asset_kind, ev_code, case_no, day, expires (last day of effect: as delivered,
    else by the longest term of the rule in force on the day), ended (day of release, NULL until it has happened), until
    (the earlier of both), amount (分), grounds (what the log says of it: reason, result and detail), rid.
    """
    event = rows_until_today(cut, "event", "ev_date")
    control = event.filter(event.ev_code.isin(CONTROL), event.asset_id.notnull())
    kind = ibis.coalesce(control.asset_kind, "")
    kept = ("asset_kind", "ev_code", "case_no", "amount", "rid", "expiry_date")
    control = control.select(
        *kept,
        asset_id=joinable_number(control.asset_id),
        day="ev_date",
        grounds=_words(control),
        ended=if_happened(cut, control.end_date),
        seal_rule=ibis.cases(
            (kind.re_search(BANK_KINDS) | ((kind == "") & (control.ev_code == "FREEZE")), SEAL_RULES[0]),
            (kind.re_search(MOVABLE_KINDS) | (control.ev_code == "DETAIN"), SEAL_RULES[1]),
            else_=SEAL_RULES[2],
        ),
    )
    terms = [with_rule_value(control.filter(control.seal_rule == id), rules, id, "day") for id in SEAL_RULES]
    known = ibis.union(*terms)
    known = known.mutate(expires=ibis.coalesce(known.expiry_date, add_months(known.day, known.term)))
    vins = vin_of_plates(vehicles)
    named = known.left_join(vins, known.asset_id == vins.plate)
    told_as = ("asset_id", "asset_kind", "ev_code", "case_no", "amount", "grounds", "rid", "day", "expires", "ended")
    return named.select(
        *told_as,
        asset=ibis.coalesce(named.vin, named.asset_id),
        until=ibis.least(named.expires, ibis.coalesce(named.ended, named.expires)),
    )


def petitions(cut: Cut, chain_of: ir.Table, episodes: ir.Table) -> ir.Table:
    """Petitions about any case of the chain received up to the day, beside each episode they follow."""
    petition = rows_until_today(cut, "petition", "recv_date")
    chained = petition.join(chain_of, "case_no")
    parts = episodes.select("episode", "zb_date", episode_chain="chain")
    joined = chained.join(parts, chained.chain == parts.episode_chain)
    kept = ("episode", "zb_date", "recv_date", "channel", "topic", "asset_kind")
    more = ("asset_id", "text", "petitioner_role", "reply_7d_date", "result_3m_date", "rid")
    return joined.select(
        *kept,
        *more,
        after=joined.recv_date >= joined.zb_date,
        age_days=cut.today.delta(joined.recv_date, unit="day"),
    )
