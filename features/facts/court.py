"""What the court did: events, network queries, seals; and what was said to the procuratorate: petitions."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.pool import Cut

CONTROL = ("SEAL", "DETAIN", "FREEZE")


def events(cut: Cut, chain_of: ir.Table, episodes: ir.Table) -> ir.Table:
    """Events of a chain beside each of its episodes.

    Columns: episode, case_no, ev_code, ev_date, subject, asset_kind, asset_id, amount, expiry_date, end_date, result,
    reason, detail, ref_no, rid, own (event of the episode's own case), after (later than the termination day).
    Events dated after the cut (announced or mistaken) are left out.
    """
    event = cut.table("event").filter(lambda t: t.ev_date <= cut.day)
    chained = event.join(chain_of, "case_no")
    parts = episodes.select("episode", "zb_date", episode_chain="chain", episode_case="case_no")
    joined = chained.join(parts, chained.chain == parts.episode_chain)
    return joined.select(
        "episode", "case_no", "ev_code", "ev_date", "asset_kind", "asset_id", "amount", "expiry_date", "end_date",
        "result", "reason", "detail", "ref_no", "rid", "zb_date",
        subject="subject_id",
        own=joined.case_no == joined.episode_case,
        after=joined.ev_date > joined.zb_date,
    )  # fmt: skip


def queries(cut: Cut, episodes: ir.Table) -> ir.Table:
    """Network query feedback of the episode's own case, asked up to the day."""
    feedback = cut.table("query_feedback").filter(lambda t: t.req_date <= cut.day)
    joined = feedback.join(episodes.select("episode", "case_no", "zb_date"), "case_no")
    return joined.select(
        "episode", "case_no", "zb_date", "request_no", "range_code", "unit_name", "req_date", "fb_date", "has_result",
        "asset_kind", "asset_id", "amount", "status", "rid", subject="subject_id",
    )  # fmt: skip


def seals(cut: Cut) -> ir.Table:
    """Control measures on an asset by whichever case: asset_id, ev_code, case_no, day, expiry_date, end_date, rid."""
    event = cut.table("event")
    control = event.filter(event.ev_code.isin(CONTROL), event.asset_id.notnull(), event.ev_date <= cut.day)
    return control.select(
        "asset_id", "asset_kind", "ev_code", "case_no", "expiry_date", "end_date", "amount", "rid", day="ev_date"
    )


def petitions(cut: Cut, chain_of: ir.Table, episodes: ir.Table) -> ir.Table:
    """Petitions about any case of the chain received up to the day, beside each episode they follow."""
    petition = cut.table("petition").filter(lambda t: t.recv_date <= cut.day)
    chained = petition.join(chain_of, "case_no")
    parts = episodes.select("episode", "zb_date", episode_chain="chain")
    joined = chained.join(parts, chained.chain == parts.episode_chain)
    return joined.select(
        "episode", "zb_date", "recv_date", "channel", "topic", "asset_kind", "asset_id", "text", "petitioner_role",
        "reply_7d_date", "result_3m_date", "rid", after=joined.recv_date >= joined.zb_date,
        age_days=ibis.literal(cut.day).delta(joined.recv_date, unit="day"),
    )  # fmt: skip
