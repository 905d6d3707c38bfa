"""Closing balances by account and day, and their total by person (docs/domain.md section 3.3 A02, A05)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def closings(txns: ir.Table) -> ir.Table:
    """Closing balance of an account on each day it moved.

    Columns: person, acct, day, until (the day before its next closing; the last day of the person's statements for the
    latest), close (分), step (分, change against the closing before; against the opening for the first), rid (the row
    that states the balance). Rows without a balance say nothing; the latest row of a day by (time, id) counts.
    """
    balanced = txns.filter(txns.balance.notnull())
    order = ibis.struct({"ts": balanced.ts, "rid": balanced.rid})
    last = balanced.group_by("person", "acct", "day").agg(
        close=balanced.balance.argmax(order),
        rid=balanced.rid.argmax(order),
        opening=(balanced.balance - balanced.sign * balanced.amount).argmin(order),
    )
    ends = txns.group_by(end_person="person").agg(end_day=txns.day.max())
    last = last.join(ends, last.person == ends.end_person)
    by_account = ibis.window(group_by=[last.person, last.acct], order_by=last.day)
    following = last.day.lead().over(by_account)
    before = last.close.lag().over(by_account)
    kept = ("person", "acct", "day", "close", "rid")
    return last.select(
        *kept,
        until=ibis.coalesce(following - ibis.interval(days=1), last.end_day).cast("date"),
        step=last.close - ibis.coalesce(before, last.opening),
        opening=ibis.ifelse(before.isnull(), last.opening, 0),
    )


def levels(closings: ir.Table) -> ir.Table:
    """Total over a person's accounts at the end of each day on which one of them moved.

    Columns: person, day, until (as in `closings`), total (分). An account stands in the total from the start with the
    opening balance of its first row, so that statements which begin on different days make no jump.
    """
    person = closings.group_by("person").agg(base=closings.opening.sum(), end_day=closings.until.max())
    steps = closings.group_by("person", "day").agg(step=closings.step.sum())
    steps = steps.join(person, "person")
    order = ibis.window(group_by=steps.person, order_by=steps.day)
    running = steps.step.sum().over(ibis.cumulative_window(group_by=steps.person, order_by=steps.day))
    following = steps.day.lead().over(order)
    return steps.select(
        "person",
        "day",
        until=ibis.coalesce(following - ibis.interval(days=1), steps.end_day).cast("date"),
        total=steps.base + running,
    )
