"""Payments that take from all money in an account in proportion, in whole 分, over all accounts at once.

The n-th payments of all accounts are computed together: what a payment takes depends on what the one before it left,
so payments follow one another, but accounts and parts of money do not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

_BITS = 62
"""Bits of a digit and of the largest balance together: their product and the carried remainder then fit int64."""


def product_divided(one: Ints, two: Ints, by: Ints) -> tuple[Ints, Ints]:
    """Quotient and remainder of one * two // by for 0 <= one <= by and 0 <= two, by < 2**61, without overflow."""
    quotient, rest = np.zeros_like(two), np.zeros_like(two)
    bits = _BITS - int(by.max(initial=1)).bit_length()
    for place in reversed(range(-(-int(two.max(initial=0)).bit_length() // bits))):
        digit = (two >> (place * bits)) & ((1 << bits) - 1)
        step = (rest << bits) + one * digit
        quotient = (quotient << bits) + step // by
        rest = step % by
    return quotient, rest


def _takes(number: Ints, left: Ints, paid: Ints, balance: Ints) -> Ints:
    """What one payment of each account takes from each part it holds.

    Args:
        number, left: account and amount of each part, sorted by account and age.
        paid, balance: the payment and the money on the account before it, beside each part.
    """
    took, rest = product_divided(paid, left, balance)
    starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
    counts = np.diff(np.r_[starts, len(number)])
    others = balance[starts] - np.add.reduceat(left, starts)
    others_took, others_rest = product_divided(paid[starts], others, balance[starts])
    spare = paid[starts] - np.add.reduceat(took, starts) - others_took
    order = np.lexsort((np.arange(len(number)), -rest, number))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - np.repeat(starts, counts)
    # The money not asked for stands last among equals: it goes before a part only by a larger remainder.
    behind = rest < np.repeat(others_rest, counts)
    return took + ((rank + behind) < np.repeat(spare, counts)).astype(np.int64)


def shares_taken(rows: pa.Table, *, whole: bool, least: float) -> pa.Table:
    """Links of the wanted parts of money.

    Args:
        rows: acct, number (int, one per account), rid, sign, amount, opening, got, paid (cumulative), wanted (an
            inflow tracked separately), sorted by account and time.
        whole: the opening is tracked separately too.
        least: see `links.pro_rata`.

    Returns:
        acct, in_rid, out_rid, amount, opening, dropped as `links.pro_rata` says.
    """
    arrays = {name: rows.column(name).to_numpy() for name in rows.column_names if name != "acct"}
    number = arrays["number"].astype(np.int64)
    first = np.flatnonzero(np.r_[True, number[1:] != number[:-1]]) if len(number) else np.empty(0, np.int64)
    of_first = np.searchsorted(first, np.arange(len(number)), side="right") - 1
    out = arrays["sign"] < 0
    before = np.cumsum(out) - out
    before = before - before[first][of_first]
    payments = _Payments(
        number[out],
        before[out],
        arrays["rid"][out],
        arrays["amount"][out],
        (arrays["opening"] + arrays["got"] - arrays["paid"] + arrays["amount"])[out],
    )
    place = np.flatnonzero(arrays["wanted"])
    born, rid, amount = before[place], arrays["rid"][place], arrays["amount"][place]
    opened = first[arrays["opening"][first] > 0] if whole else np.empty(0, np.int64)
    place = np.r_[opened, place]
    born = np.r_[np.zeros(len(opened), np.int64), born]
    rid = np.r_[np.full(len(opened), -1), rid]
    amount = np.r_[arrays["opening"][opened], amount]
    order = np.lexsort((np.arange(len(place)), born, number[place]))
    place, born, rid, amount = place[order], born[order], rid[order], amount[order]
    part, out_rid, taken, dropped = _run(payments, number[place], born, amount, least)
    in_rid = rid[part]
    return pa.table(
        {
            "acct": rows.column("acct").take(pa.array(place[part])),
            "in_rid": pa.array(in_rid, mask=in_rid < 0),
            "out_rid": pa.array(out_rid, mask=out_rid < 0),
            "amount": taken,
            "opening": in_rid < 0,
            "dropped": dropped,
        },
        schema=pa.schema(
            [
                ("acct", rows.schema.field("acct").type),
                ("in_rid", pa.int64()),
                ("out_rid", pa.int64()),
                ("amount", pa.int64()),
                ("opening", pa.bool_()),
                ("dropped", pa.bool_()),
            ]
        ),
    )


class _Payments:
    """Payments of all accounts; `at` finds the n-th of each account."""

    def __init__(self, number: Ints, nth: Ints, rid: Ints, amount: Ints, balance: Ints) -> None:
        self.rid, self.amount, self.balance = rid, amount, balance
        size = int(number.max(initial=0)) + 1
        self._start = np.zeros(size, np.int64)
        self._count = np.bincount(number, minlength=size).astype(np.int64)
        at_first = nth == 0
        self._start[number[at_first]] = np.flatnonzero(at_first)

    def count(self, number: Ints) -> Ints:
        """How many payments each account makes; 0 for those that make none."""
        known = number < len(self._count)
        return np.where(known, self._count[np.where(known, number, 0)], 0)

    def at(self, number: Ints, nth: Ints) -> Ints:
        """Position in `rows` of the n-th payment of each account."""
        return self._start[number] + nth


def _run(
    payments: _Payments, number: Ints, born: Ints, amount: Ints, least: float
) -> tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]:
    """Part, payment (-1: none), amount and dropped of each link, over parts sorted by account and age."""
    left = amount.astype(np.int64).copy()
    found: list[tuple[Ints, Ints, Ints]] = []
    gone: list[Ints] = []
    given: list[Ints] = []
    # Each account's clock starts at the payment after its first part, so that all of them run side by side.
    starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]]) if len(number) else np.empty(0, np.int64)
    clock = np.repeat(born[starts], np.diff(np.r_[starts, len(number)])) if len(number) else born
    ends = payments.count(number)
    alive = np.arange(len(number))
    step = 0
    while len(alive):
        now = clock[alive] + step
        alive = alive[now < ends[alive]]
        now = clock[alive] + step
        active = alive[(born[alive] <= now) & (left[alive] > 0)]
        if len(active):
            place = payments.at(number[active], clock[active] + step)
            took = _takes(number[active], left[active], payments.amount[place], payments.balance[place])
            left[active] -= took
            some = took > 0
            found.append((active[some], payments.rid[place][some], took[some]))
            if least > 0:
                small = active[(left[active] > 0) & (left[active] < least * amount[active])]
                gone.append(small)
                given.append(left[small])
                left[small] = 0
        alive = alive[(left[alive] > 0) | (born[alive] > clock[alive] + step)]
        step += 1
    kept = np.flatnonzero(left > 0)
    none = np.empty(0, np.int64)
    lost = np.concatenate([none, *gone])
    part = np.concatenate([none, *(one for one, _, _ in found), kept, lost])
    paid = np.concatenate([none, *(rid for _, rid, _ in found), np.full(len(kept) + len(lost), -1)])
    taken = np.concatenate([none, *(took for _, _, took in found), left[kept], *given])
    dropped = np.r_[np.zeros(len(part) - len(lost), bool), np.ones(len(lost), bool)]
    return part, paid, taken, dropped
