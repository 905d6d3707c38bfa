"""Statement rows that undo another: reversals of a booking (冲正, negative sums) and refunds in full (退款)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

_BOOKING = "冲正|冲账|冲销|冲帐|抹账|抹帐|红字|撤销|退汇"
_REFUND = "退款|退货"
BOOKING_DAYS = 30
"""A booking is undone at most so long after it."""
REFUND_DAYS = 180
"""A payment is refunded at most so long after it; the other side must be the same."""


def undone(rows: ir.Table) -> ir.Table:
    """Rows that undo another and the rows they undo, one to one: rid, undoes.

    A negative sum undoes a row of its own direction, a positive one marked as reversal or refund a row of the other
    direction, of the same account, amount and currency, not later than itself. The counterparties must agree: for
    bookings none may be named that differs, for refunds one must be named by both, or the reference be the same. Of
    several the closest in time is taken.

    Args:
        rows: rid, acct, ts, sign, amount (分, not 0), ccy, cp_acct, cp_name, ref_no, memo, txn_type.
    """
    text = ibis.coalesce(rows.memo, "") + ibis.coalesce(rows.txn_type, "")
    booking, refund = text.re_search(_BOOKING), text.re_search(_REFUND)
    back = rows.filter((rows.amount < 0) | booking | refund)
    back = back.mutate(
        sought=ibis.ifelse(back.amount < 0, back.sign, -back.sign),
        size=back.amount.abs(),
        refund=refund & ~booking & (back.amount > 0),
    )
    back = back.select("acct", "ccy", "sought", "size", "refund", **{f"back_{name}": back[name] for name in _SIDE})
    first = rows.filter(rows.amount > 0).select("acct", "ccy", "sign", "amount", *_SIDE)
    pairs = back.join(
        first,
        [back.acct == first.acct, back.sought == first.sign, back["size"] == first.amount, back.ccy == first.ccy],
    )
    apart = pairs.back_ts.epoch_seconds() - pairs.ts.epoch_seconds()
    referred = ibis.coalesce(pairs.ref_no == pairs.back_ref_no, False)
    same_acct, same_name = pairs.cp_acct == pairs.back_cp_acct, pairs.cp_name == pairs.back_cp_name
    silent = ibis.coalesce(same_acct, True) & ibis.coalesce(same_name, True)
    named = ibis.coalesce(same_acct, False) | ibis.coalesce(same_name, False)
    fits = ibis.ifelse(pairs.refund, (named & silent) | referred, silent | referred)
    days = ibis.ifelse(pairs.refund, REFUND_DAYS, BOOKING_DAYS)
    pairs = pairs.filter(fits, apart >= 0, apart <= days * 86_400, pairs.rid != pairs.back_rid)
    far = pairs.back_ts.epoch_seconds() - pairs.ts.epoch_seconds()
    pairs = pairs.select("back_rid", "rid", far=ibis.ifelse(referred, far, far + REFUND_DAYS * 86_400))
    return _one_to_one(pairs)


_SIDE = ("rid", "ts", "ref_no", "cp_acct", "cp_name")


def _one_to_one(pairs: ir.Table) -> ir.Table:
    """Of pairs (back_rid, rid, far) such that each row stands once, the closest first; ties by row id."""
    of_back = ibis.window(group_by=pairs.back_rid, order_by=[pairs.far, pairs.rid.desc()])
    of_first = ibis.window(group_by=pairs.rid, order_by=[pairs.far, pairs.back_rid])
    ranked = pairs.mutate(a=ibis.row_number().over(of_back), b=ibis.row_number().over(of_first))
    # Of equal payments and equal refunds the n-th goes with the n-th; what then stands twice keeps its closest.
    ranked = ranked.filter(ranked.a == ranked.b)
    least = ibis.window(group_by=ranked.back_rid)
    ranked = ranked.filter(ranked.a == ranked.a.min().over(least))
    once = ibis.window(group_by=ranked.rid)
    ranked = ranked.filter(ranked.b == ranked.b.min().over(once))
    return ranked.select(rid="back_rid", undoes="rid")
