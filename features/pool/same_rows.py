"""What two statement rows of one key are to each other, as SQL over two aliases: one row again, a correction, or two.

The key (see the contract of `txn`) tells by the number of a row within its sheet, and serial numbers may begin anew in
each: of two rows that share it the earlier is the later one's, unless something in them speaks against it.
"""

from __future__ import annotations

COMPARED = ("ref_no", "ts", "amount", "balance", "cp_acct", "cp_name")
"""Columns that the conditions read."""


def is_repeated(one: str, other: str) -> str:
    """Whether the other row is the same once more: equal sums, and no other time, balance or counterparty.

    A row without a time of day, balance or counterparty, or with a masked one, does not speak against another; under
    one serial number and within one second nothing but the sum does.
    """
    same_time = f"({one}.ts = {other}.ts OR {_at_midnight(one)} OR {_at_midnight(other)})"
    same_balance = f"coalesce({one}.balance = {other}.balance, true)"
    return (
        f"({one}.amount = {other}.amount AND {same_time} AND (({_numbered(one)} AND {_same_second(one, other)}) "
        f"OR ({_same_side(one, other)} AND ({_numbered(one)} OR {same_balance}))))"
    )


def is_corrected(one: str, other: str) -> str:
    """Whether the other row states the sum anew: one serial number, one second, no other counterparty."""
    return (
        f"({_numbered(one)} AND {_same_second(one, other)} AND {_same_side(one, other)} "
        f"AND {one}.amount <> {other}.amount)"
    )


def _numbered(row: str) -> str:
    return f"{row}.ref_no IS NOT NULL"


def _at_midnight(row: str) -> str:
    """Whether a row bears no time of day."""
    return f"{row}.ts = {row}.ts::DATE"


def _same_second(one: str, other: str) -> str:
    return f"({one}.ts = {other}.ts AND NOT {_at_midnight(one)})"


def _same_side(one: str, other: str) -> str:
    names = [f"goldenkey_bare({row}.cp_name)" for row in (one, other)]
    told = f"NOT coalesce(goldenkey_masked({one}.cp_acct) OR goldenkey_masked({other}.cp_acct), true)"
    same_acct = f"goldenkey_account({one}.cp_acct) = goldenkey_account({other}.cp_acct)"
    same_name = f"({names[0]} = {names[1]} OR contains({names[0]}, '*') OR contains({names[1]}, '*'))"
    return f"coalesce(CASE WHEN {told} THEN {same_acct} ELSE {same_name} END, true)"
