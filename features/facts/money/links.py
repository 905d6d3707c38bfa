"""Money links: which incoming money paid which outgoing payment of an account, under a named convention.

Money has no marks, so a link is an assumption (推定). Two conventions are offered by name, `CONVENTIONS`:

- `fifo` (先进先出): money leaves in the order in which it came; running totals of inflows and of payments say
  which part of which inflow paid which payment.
- `pro_rata` (按比例): each payment takes from all the money then in the account in proportion to the parts it holds.

Under both, per account and in whole 分: opening + money in = money out + what is left; nothing goes back in time. Where
a statement starts in the middle, the money that must have been there already stands as a first inflow without a row
(`in_rid` NULL, `opening` true); what is left at the end has no payment (`out_rid` NULL).

Rows given to all functions here: acct, rid (int64, unique), ts, sign (+1 in, -1 out), amount (分 > 0), balance (分
after the row, or NULL), and `place` where rows of one moment have another order than that of rid (see `ordered`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from features.facts.money.proportions import shares_taken

CONVENTIONS: Mapping[str, str] = {"fifo": "先进先出", "pro_rata": "按比例"}
"""中文 names of the conventions."""

_NO_ROW = -1
"""Row id used for the opening balance and for the remainder, which have no statement row."""

_PIECES = f"""
WITH cuts AS ({{cuts}})
SELECT acct, nullif(in_rid, {_NO_ROW}) AS in_rid, nullif(out_rid, {_NO_ROW}) AS out_rid, amount,
       in_rid = {_NO_ROW} AS opening, false AS dropped
FROM (
    SELECT acct,
           last_value(in_cut IGNORE NULLS) OVER so_far AS in_rid,
           last_value(out_cut IGNORE NULLS) OVER so_far AS out_rid,
           coalesce(lead(pos) OVER (PARTITION BY acct ORDER BY pos), whole) - pos AS amount
    FROM cuts
    WINDOW so_far AS (PARTITION BY acct ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) AS pieces
WHERE amount > 0
"""
# Written out, because Ibis drops IGNORE NULLS from a windowed last().


def whole_number(value: ir.NumericValue) -> ir.IntegerValue:
    """A sum of integers as int64: DuckDB widens sums while Ibis calls them int64 and would drop a plain cast."""
    return value.cast("decimal(38, 0)").cast("int64")


def ordered(rows: ir.Table) -> ir.Table:
    """The rows with `place`, their order within one moment of an account: rid, or rid backwards.

    A moment is read backwards where its running balances follow each other so and not forwards: banks deliver newest
    rows first, and statements without a time of day hold a whole day in one moment. Where balances say neither, or
    both, a moment is read as the rows of the account go from day to day. Any other disorder keeps rid.
    """
    chained = _chained(rows)
    whole = ibis.window(group_by=[chained.acct, chained.ts])
    lead = chained.backwards.sum().over(whole) - chained.forwards.sum().over(whole)
    fall = chained.falls.sum().over(ibis.window(group_by=chained.acct))
    turned = (lead > 0) | ((lead == 0) & (fall > 0))
    return chained.mutate(place=ibis.ifelse(turned, -chained.rid, chained.rid)).drop("forwards", "backwards", "falls")


def _chained(rows: ir.Table) -> ir.Table:
    """The rows with whether the balance before each is that of the row above (`forwards`) or below it (`backwards`).

    `falls`: 1 where the row is earlier than the one above it in the account, -1 where it is later.
    """
    above = rows.ts.lag().over(ibis.window(group_by=rows.acct, order_by=rows.rid))
    moment = ibis.window(group_by=[rows.acct, rows.ts], order_by=rows.rid)
    before = rows.balance - rows.sign * rows.amount
    return rows.mutate(
        forwards=ibis.coalesce(rows.balance.lag().over(moment) == before, False).cast("int64"),
        backwards=ibis.coalesce(rows.balance.lead().over(moment) == before, False).cast("int64"),
        falls=ibis.cases((rows.ts < above, 1), (rows.ts > above, -1), else_=0),
    )


def unordered_moments(rows: ir.Table) -> ir.Table:
    """acct, ts: moments in which money came and went and no running balances tell in which order (see `ordered`)."""
    chained = _chained(rows)
    chained = chained.mutate(fall=chained.falls.sum().over(ibis.window(group_by=chained.acct)))
    moment = chained.group_by("acct", "ts").agg(
        steps=chained.count() - 1,
        forwards=chained.forwards.sum(),
        backwards=chained.backwards.sum(),
        signs=chained.sign.nunique(),
        fall=chained.fall.max(),
    )
    down, up = moment.forwards == moment.steps, moment.backwards == moment.steps
    told = (down != up) | (down & up & (moment.fall != 0))
    return moment.filter(moment.signs > 1, ~told).select("acct", "ts")


def cumulative_flows(rows: ir.Table) -> ir.Table:
    """Running totals of what came in and went out, row by row and account by account.

    Columns: acct, rid, ts, sign, amount, got and paid (cumulative 分 up to and with the row, without the opening),
    implied_opening (the opening that the row's running balance implies, NULL without one), place.
    """
    placed = rows if "place" in rows.columns else rows.mutate(place=rows.rid)
    order = ibis.cumulative_window(group_by=placed.acct, order_by=[placed.ts, placed.place])
    got = whole_number(ibis.ifelse(placed.sign > 0, placed.amount, 0).sum().over(order))
    paid = whole_number(ibis.ifelse(placed.sign < 0, placed.amount, 0).sum().over(order))
    flow = placed.select("acct", "rid", "ts", "sign", "amount", "balance", "place", got=got, paid=paid)
    return flow.mutate(implied_opening=flow.balance - flow.got + flow.paid).drop("balance")


def openings(flow: ir.Table) -> ir.Table:
    """acct, opening, got, paid (分): what stood on each account before its first row, and its totals.

    The opening is what the first running balance implies, or more where payments outrun what came in: money that must
    have been there. An overdrawn start counts as 0.
    """
    first = ibis.struct({"ts": flow.ts, "place": flow.place})
    base = flow.group_by("acct").agg(
        implied_opening=flow.implied_opening.argmin(first, where=flow.implied_opening.notnull()),
        missing=(flow.paid - flow.got).max(),
        got=flow.got.max(),
        paid=flow.paid.max(),
    )
    return base.select(
        "acct", "got", "paid", opening=ibis.greatest(ibis.coalesce(base.implied_opening, 0), base.missing, 0)
    )


def fifo(rows: ir.Table, of: ir.Table | None = None, least: float = 0.0) -> ir.Table:
    """Links first in first out: acct, in_rid, out_rid, amount (分), opening, dropped (always false).

    Args:
        rows: a relation over tables of an engine; see the docstring of this module.
        of: relation with a column in_rid: only links of these inflows are returned; None returns all.
        least: unused; the conventions are called alike.
    """
    flow = cumulative_flows(rows)
    base = openings(flow)
    beside = flow.join(base.select(base_acct="acct", opening="opening", total="got"), flow.acct == base.acct)
    none, nothing = ibis.literal(None, type="int64"), ibis.literal(_NO_ROW, type="int64")
    incoming = beside.filter(beside.sign > 0)
    outgoing = beside.filter(beside.sign < 0)
    opened = base.filter(base.opening > 0)
    left = base.filter(base.opening + base.got > base.paid)

    def cuts(part: ir.Table, pos: ir.Value, in_cut: ir.Value, out_cut: ir.Value, total: str = "total") -> ir.Table:
        return part.select("acct", pos=pos, in_cut=in_cut, out_cut=out_cut, whole=part.opening + part[total])

    points = (
        cuts(incoming, incoming.opening + incoming.got - incoming.amount, incoming.rid, none)
        .union(cuts(outgoing, outgoing.paid - outgoing.amount, none, outgoing.rid))
        .union(cuts(opened, ibis.literal(0, type="int64"), nothing, none, "got"))
        .union(cuts(left, left.paid, none, nothing, "got"))
    )
    engine = rows.get_backend()
    kinds = {"acct": rows.acct.type(), "in_rid": "int64", "out_rid": "int64", "amount": "int64"}
    shape = ibis.schema(kinds | {"opening": "boolean", "dropped": "boolean"})
    links = engine.sql(_PIECES.format(cuts=engine.compile(points)), schema=shape)
    return links if of is None else links.semi_join(of, "in_rid")


def pro_rata(rows: ir.Table, of: ir.Table | None = None, least: float = 0.0) -> ir.Table:
    """Links in proportion: acct, in_rid, out_rid, amount (分), opening, dropped.

    Every payment takes from each part of the money then in the account in proportion, whole 分 by largest remainder
    (ties: the earlier part first, money not asked for last).

    Args:
        rows: see the docstring of this module.
        of: relation with a column in_rid: the parts tracked separately; all else in the account is one part and is not
            returned. None tracks all inflows and the opening separately: the number of links grows with its square.
        least: a part of which less than this share of its first amount remains is followed no further; what remained
            of it is returned as one link with `dropped` true and out_rid NULL.
    """
    flow = cumulative_flows(rows)
    if of is not None:
        flow = flow.semi_join(flow.semi_join(of, flow.rid == of.in_rid).select("acct"), "acct")
    base = openings(flow).select(base_acct="acct", opening="opening")
    flow = flow.join(base, flow.acct == base.base_acct)
    wanted = ibis.literal(True)
    if of is not None:
        asked = of.select(asked_rid="in_rid").distinct()
        flow = flow.left_join(asked, flow.rid == asked.asked_rid)
        wanted = flow.asked_rid.notnull()
    flow = flow.mutate(number=ibis.dense_rank().over(order_by=flow.acct), wanted=(flow.sign > 0) & wanted)
    held = flow.order_by("acct", "ts", "place").select(
        "acct", "number", "rid", "sign", "amount", "opening", "got", "paid", "wanted"
    )
    engine, name = rows.get_backend(), gen_name("pro_rata")
    engine.con.register(name, shares_taken(held.to_pyarrow(), whole=of is None, least=least))
    return engine.table(name)


_LINKERS: Mapping[str, Callable[[ir.Table, ir.Table | None, float], ir.Table]] = {"fifo": fifo, "pro_rata": pro_rata}


def linked(rows: ir.Table, convention: str = "fifo", of: ir.Table | None = None, least: float = 0.0) -> ir.Table:
    """Links under a convention named in `CONVENTIONS`; see `fifo` and `pro_rata`."""
    return _LINKERS[convention](rows, of, least)
