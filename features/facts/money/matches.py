"""Match pairs of statement rows one to one: receipts paid out again at once, and payments that come back.

The rule is greedy and one to one: of all eligible pairs the one closest in time is taken first (ties by row ids), then
both rows are out. It is computed without a loop over rows: in each round every row names its closest partner, pairs
that name each other are taken, and rounds go on over what is left until none is taken. Since the closest pair of all
always names each other, this ends with the same pairs as going through them one by one.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.pool.identity import canonical_id
from features.pool.pool import Cut

_REFUND = r"退款|退货|退汇|冲正|撤销|抹账"
_OPEN_KINDS = ("person", "kin", "company", "unknown")
"""Kinds of counterparty that are a single person or firm; a payment platform or insurer pays for many."""


def passes(cut: Cut, txns: ir.Table, least: int, hours: int, percent: int) -> ir.Table:
    """Pairs of a large receipt and the payment that follows it (快进快出, docs/domain.md section 3.3 C01).

    Args:
        cut, txns: the cut, and its normalised statement rows.
        least: least receipt (分).
        hours: within which the payment must follow.
        percent: by which the two amounts may be apart, of the receipt.

    Columns: person, in_rid, out_rid, in_ts, out_ts, amount (分 in), out_amount (分), gap (seconds).
    """
    rows = txns.filter(txns.external, txns.amount >= least * (100 - percent) // 100)
    rows = cut.materialise("fact_pass_rows", rows.select("person", "rid", "ts", "amount", "sign"))
    paid = rows.filter(rows.sign < 0).select(
        out_person="person", out_rid="rid", out_ts="ts", out_amount="amount", latest=rows.ts
    )
    got = rows.filter(rows.sign > 0, rows.amount >= least)
    got = got.select("person", "amount", in_rid="rid", in_ts="ts", by=got.ts + ibis.interval(hours=hours))
    pairs = got.join(paid, [got.person == paid.out_person, paid.out_ts >= got.in_ts, paid.out_ts <= got.by]).filter(
        lambda t: (t.out_amount - t.amount).abs() * 100 <= t.amount * percent
    )
    pairs = pairs.mutate(gap=_seconds(pairs.out_ts) - _seconds(pairs.in_ts))
    return _greedy(cut, "pass", pairs.drop("out_person", "by", "latest"), "in_rid", "out_rid")


def loops(cut: Cut, txns: ir.Table, least: int, days: int, low: int, high: int) -> ir.Table:
    """Pairs of a payment and what comes back of it (回流, docs/domain.md section 3.3 B06), from that hand or a tied
    one.

    Args:
        cut, txns: the cut, and its normalised statement rows.
        least: least payment (分); below it shared meals would fill the list.
        days: within which it must come back.
        low, high: least and most that comes back, in percent of the payment.

    Columns: person, out_rid, in_rid, out_ts, in_ts, amount (分 out), in_amount (分), tie_rid (the relation when the
    receipt comes from another hand, else NULL), gap (seconds). Refunds are no return.
    """
    rows = txns.filter(
        txns.cp_kind.isin(_OPEN_KINDS),
        txns.external,
        txns.cp.notnull(),
        ~txns.cash,
        ~txns.purchase,
        txns.amount >= least * low // 100,
        ~ibis.coalesce(txns.memo, "").re_search(_REFUND),
    )
    rows = cut.materialise("fact_loop_rows", rows.select("person", "rid", "ts", "amount", "sign", "cp"))
    paid = rows.filter(rows.sign < 0, rows.amount >= least)
    paid = paid.select(
        "person", "amount", out_rid="rid", out_ts="ts", out_cp="cp", by=paid.ts + ibis.interval(days=days)
    )
    got = rows.filter(rows.sign > 0)
    got = got.select(in_person="person", in_rid="rid", in_ts="ts", in_amount="amount", in_cp="cp")
    none = ibis.literal(None, type="int64")
    same = paid.join(got, [paid.person == got.in_person, paid.out_cp == got.in_cp]).mutate(tie_rid=none)
    tie = _ties(cut, rows)
    tied = paid.join(tie, paid.out_cp == tie.one).join(got, [("person", "in_person"), ("other", "in_cp")])
    pairs = same.union(tied.select(*same.columns))
    pairs = pairs.filter(
        pairs.in_ts > pairs.out_ts,
        pairs.in_ts <= pairs.by,
        pairs.in_amount * 100 >= pairs.amount * low,
        pairs.in_amount * 100 <= pairs.amount * high,
    )
    pairs = pairs.mutate(gap=_seconds(pairs.in_ts) - _seconds(pairs.out_ts))
    return _greedy(cut, "loop", pairs.drop("in_person", "by", "out_cp", "in_cp"), "out_rid", "in_rid")


def _ties(cut: Cut, rows: ir.Table) -> ir.Table:
    """one, other, tie_rid: counterparties that a relation ties to each other."""
    relation = cut.table("relation").filter(lambda t: ~t.rel_code.isin(["weak_kin"]))
    pair = relation.select("rid", a=canonical_id(relation.person_a), b=canonical_id(relation.person_b))
    both = pair.select("rid", one="a", other="b").union(pair.select("rid", one="b", other="a"))
    both = both.semi_join(rows, [("one", "cp")]).filter(lambda t: t.one != t.other)
    return both.group_by("one", "other").agg(tie_rid=both.rid.min())


def _seconds(ts: ir.TimestampValue) -> ir.IntegerValue:
    return ts.epoch_seconds().cast("int64")


def _greedy(cut: Cut, name: str, pairs: ir.Table, first: str, second: str) -> ir.Table:
    """The pairs a greedy one-to-one matching by (gap, first, second) takes; see the docstring of this module."""
    left = cut.materialise(f"fact_{name}_0", pairs)
    taken: list[ir.Table] = []
    while left.count().to_pyarrow().as_py():
        turn = len(taken)
        ranked = left.mutate(
            of_first=ibis.row_number().over(group_by=left[first], order_by=[left.gap, left[second]]),
            of_second=ibis.row_number().over(group_by=left[second], order_by=[left.gap, left[first]]),
        )
        mutual = ranked.filter(ranked.of_first == 0, ranked.of_second == 0).drop("of_first", "of_second")
        chosen = cut.materialise(f"fact_{name}_taken_{turn}", mutual)
        taken.append(chosen)
        rest = left.anti_join(chosen, first).anti_join(chosen, second)
        left = cut.materialise(f"fact_{name}_{turn + 1}", rest)
    return ibis.union(left, *taken)
