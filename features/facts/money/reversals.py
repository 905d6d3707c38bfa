"""Statement rows that undo another, in full or in part: reversals of a booking (冲正, negative) and refunds (退款)."""

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
    back = _backwards(rows)
    first = rows.filter(rows.amount > 0).select("acct", "ccy", "sign", "amount", *_SIDE)
    pairs = back.join(
        first,
        [back.acct == first.acct, back.sought == first.sign, back["size"] == first.amount, back.ccy == first.ccy],
    )
    referred, silent, named = _agreement(pairs)
    fits = ibis.ifelse(pairs.refund, (named & silent) | referred, silent | referred)
    pairs = _in_time(pairs.filter(fits, pairs.rid != pairs.back_rid))
    far = pairs.back_ts.epoch_seconds() - pairs.ts.epoch_seconds()
    referred = ibis.coalesce(pairs.ref_no == pairs.back_ref_no, False)
    pairs = pairs.select("back_rid", "rid", far=ibis.ifelse(referred, far, far + REFUND_DAYS * 86_400))
    return _one_to_one(pairs)


def undone_in_part(rows: ir.Table) -> ir.Table:
    """Reversals and refunds of a part of a payment, and the payment they undo so far: rid, undoes, part (分), act.

    As `undone`, but the payment is larger. Equal sums do not speak for the pair here, so the counterparty must be
    named by both, or the reference be the same, and the payment be the only one: else the only one whose own text tells
    of this very refund (已退款(￥12.00)), or else of the same reference. What would undo more than was paid undoes
    nothing. Of an act told by several files every row stands in the answer, `act` is the same for those of one refund.

    Args:
        rows: as for `undone`, those apart that it pairs; balance (分).
    """
    rows = rows.mutate(told=_told_as(rows))
    back = _backwards(rows, "told")
    first = rows.filter(rows.amount > 0).select("acct", "ccy", "sign", "amount", "memo", "told", *_SIDE)
    pairs = back.join(
        first, [back.acct == first.acct, back.sought == first.sign, back["size"] < first.amount, back.ccy == first.ccy]
    )
    referred, silent, named = _agreement(pairs)
    stated = ibis.coalesce(pairs.memo, "").re_extract(TOLD, 1).re_replace(",", "")
    said = ibis.coalesce(stated.nullif("").try_cast("decimal(18, 2)") * 100 == pairs["size"], False)
    pairs = pairs.mutate(weight=said.cast("int64") * 2 + referred.cast("int64"))
    pairs = _in_time(pairs.filter((named & silent) | referred, pairs.rid != pairs.back_rid))
    pairs = pairs.mutate(
        act=pairs.back_rid.min().over(ibis.window(group_by=pairs.back_told)),
        paid=pairs.rid.min().over(ibis.window(group_by=pairs.told)),
    )
    acts = pairs.group_by("act", "paid").agg(
        weight=pairs.weight.max(), size=pairs["size"].min(), amount=pairs.amount.min()
    )
    acts = acts.mutate(most=acts.weight.max().over(ibis.window(group_by=acts.act)))
    acts = acts.filter(acts.weight == acts.most)
    acts = acts.mutate(choices=acts.count().over(ibis.window(group_by=acts.act)))
    acts = acts.filter(acts.choices == 1)
    acts = acts.mutate(whole=acts["size"].sum().over(ibis.window(group_by=acts.paid)))
    acts = acts.filter(acts.whole <= acts.amount).select(sole="act", sole_paid="paid")
    pairs = pairs.inner_join(acts, [pairs.act == acts.sole, pairs.paid == acts.sole_paid])
    return pairs.select("act", rid="back_rid", undoes="rid", part="size")


def _told_as(rows: ir.Table) -> ir.StringValue:
    """Key that copies of one row in several files share: with the running balance, or with all else without one."""
    loose = rows.balance.isnull() | (rows.ts == rows.ts.truncate("D"))
    parts = [rows[name].cast("string") for name in ("acct", "ts", "sign", "amount", "balance")]
    parts += [ibis.ifelse(loose, rows[name], None) for name in ("ref_no", "cp_acct", "cp_name")]
    return ibis.literal("\x1f").join([ibis.coalesce(part, "\x1e") for part in parts])


TOLD = "已(?:部分)?退款[(（]?[¥￥]?([0-9,]+(?:[.][0-9]{1,2})?)"
"""Pattern of the refunded part that a wallet states in the payment's own status (当前状态)."""


def _backwards(rows: ir.Table, *more: str) -> ir.Table:
    """Rows that may undo others: acct, ccy, sought (their sign), size (分), refund, `_SIDE`, `more` named back_."""
    text = ibis.coalesce(rows.memo, "").re_replace(TOLD, "") + ibis.coalesce(rows.txn_type, "")
    booking, refund = text.re_search(_BOOKING), text.re_search(_REFUND)
    back = rows.filter((rows.amount < 0) | booking | refund)
    back = back.mutate(
        sought=ibis.ifelse(back.amount < 0, back.sign, -back.sign),
        size=back.amount.abs(),
        refund=refund & ~booking & (back.amount > 0),
    )
    named = {f"back_{name}": back[name] for name in (*_SIDE, *more)}
    return back.select("acct", "ccy", "sought", "size", "refund", **named)


def _agreement(pairs: ir.Table) -> tuple[ir.BooleanValue, ir.BooleanValue, ir.BooleanValue]:
    """Whether the references are the same; no counterparty differs; one is named by both."""
    referred = ibis.coalesce(pairs.ref_no == pairs.back_ref_no, False)
    same_acct, same_name = pairs.cp_acct == pairs.back_cp_acct, pairs.cp_name == pairs.back_cp_name
    silent = ibis.coalesce(same_acct, True) & ibis.coalesce(same_name, True)
    return referred, silent, ibis.coalesce(same_acct, False) | ibis.coalesce(same_name, False)


def _in_time(pairs: ir.Table) -> ir.Table:
    """Pairs of which the second comes after the first, and not too long after."""
    apart = pairs.back_ts.epoch_seconds() - pairs.ts.epoch_seconds()
    days = ibis.ifelse(pairs.refund, REFUND_DAYS, BOOKING_DAYS)
    return pairs.filter(apart >= 0, apart <= days * 86_400)


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
