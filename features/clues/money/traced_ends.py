"""Where traced money ended, grouped by who paid there, with property registered to that payer about the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.statement_helpers import days
from features.facts.rows import first_per_key

if TYPE_CHECKING:
    from features.facts import Facts

REGISTERED = (("developer", "RE", "不动产登记"), ("dealer", "VEH", "机动车登记"), ("insurer", "INS", "保险"))
"""Where what is bought at an end would be registered: end, source, its name. Securities stand in no table here."""


def onward(f: Facts) -> ir.Table:
    """Ends of traced money beyond the debtor's own payment, by episode, paying holder, kind of end and counterparty.

    Columns: episode, holder, end, end_key, cp_name, by_fifo and by_share (分 under each convention), spent (分: all
    the holder paid there by those payments, whosever money it was), day, hand (name of whom the debtor paid), rids.
    """
    flows = f.flows.filter(f.flows.hop > 1, f.flows.end.notnull())
    rows = f.held_rows.group_by("acct").agg(holder=f.held_rows.holder.min())
    begun = f.trace_starts.select("episode", "start_rid", start_day="day", hand="cp_name")
    beside = flows.join(begun, "start_rid").join(rows, "acct")
    key = ibis.coalesce(beside.cp, beside.cp_name, beside.acct)
    beside = beside.mutate(end_key=key)
    keys = ("episode", "holder", "end", "end_key")
    order = (beside.start_rid, beside.convention, beside.hop)
    beside = beside.mutate(
        nth=ibis.row_number().over(group_by=[*(beside[k] for k in keys), beside.rid], order_by=order)
    )
    return beside.group_by(*keys).agg(
        spent=ibis.coalesce(beside.row_amount.sum(where=beside.nth == 0), 0),
        cp_name=beside.cp_name.min(),
        hand=beside.hand.argmax(ibis.struct({"amount": beside.amount, "rid": beside.start_rid})),
        by_fifo=ibis.coalesce(beside.amount.sum(where=beside.convention == "fifo"), 0),
        by_share=ibis.coalesce(beside.amount.sum(where=beside.convention == "pro_rata"), 0),
        day=ibis.coalesce(beside.day, beside.start_day).max(),
        rids=beside.via.collect().flatten().unique().sort(),
    )


def registered(f: Facts, ends: ir.Table) -> ir.Table:
    """The ends with what was registered to the paying holder about that time: asset_kind, asset_id, asset_rid."""
    near = f.threshold("M1D-NEAR")
    source = ends.end.cases(*((end, kind) for end, kind, _ in REGISTERED), else_="")
    ends = ends.mutate(asset_kind=source.nullif(""))
    own = f.holdings.select("asset_id", own_holder="owner", own_kind="asset_kind", asset_rid="rid", own_from="day_from")
    met = ends.left_join(
        own,
        [
            ends.holder == own.own_holder,
            ends.asset_kind == own.own_kind,
            own.own_from >= ends.day - days(near),
            own.own_from <= ends.day + days(near),
        ],
    )
    apart = met.day.delta(met.own_from, unit="day").abs()
    keys = ("episode", "holder", "end", "end_key")
    return first_per_key(met, keys, apart.asc(nulls_first=False), met.asset_rid).drop("own_holder", "own_kind")
