"""Whether the balances of a statement follow from its sums: where they do not, rows may be lost or misread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schema.contract import Table

SHOWN = 5
"""Rows named where the balances break."""


def balance_doubts(table: Table, rows: Sequence[pa.Table]) -> tuple[str, ...]:
    """A sentence on where the balances of a statement's accepted rows break, or on none that could be checked.

    Each balance is that of the row before plus what came in or less what went out; of a statement with the latest row
    first, that of the row behind. Rows of one account and currency are compared, in the order of the file.
    """
    if not {"balance", "amount", "direction", "acct_no"} <= set(table.names) or not rows:
        return ()
    held = pa.concat_tables(rows).sort_by("src_row")
    if held["balance"].null_count:
        lacking = held["balance"].null_count
        if lacking == held.num_rows:
            return ("没有余额，不能以余额核对是否漏行，请核对行数。",)
        held = held.filter(pc.is_valid(held["balance"]))
    balance = held["balance"].to_numpy()
    moved = (
        np.where(pc.equal(held["direction"], "IN").to_numpy(zero_copy_only=False), 1, -1) * held["amount"].to_numpy()
    )
    holder = pc.binary_join_element_wise(held["acct_no"], pc.fill_null(held["ccy"], ""), "\n")
    account = np.unique(holder.to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1]
    order = np.argsort(account, kind="stable")
    balance, moved, account, row = balance[order], moved[order], account[order], held["src_row"].to_numpy()[order]
    same = account[1:] == account[:-1]
    step = balance[1:] - balance[:-1]
    breaks = min((np.flatnonzero(same & (step != moved[1:])), np.flatnonzero(same & (step != -moved[:-1]))), key=len)
    if not len(breaks):
        return ()
    places = "、".join(map(str, row[breaks + 1][:SHOWN])) + (" 等" if len(breaks) > SHOWN else "")
    return (
        f"余额有 {len(breaks)} 处不连续（第 {places} 行）：与上一行余额和本行金额不符，可能漏行或误读，请与原件核对。",
    )
