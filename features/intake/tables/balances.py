"""Check sums against running balances: a break may mean lost rows, a constant factor means two units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
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


FACTORS = (100, 1_000, 10_000, 100_000_000)
"""Factors between units tried on sums that do not fit: 分, 千元, 万元, 亿元 against 元."""
MOST_SHARE = 0.5
"""Share of rows that fit only with a factor from which a warning is given."""
NEAR, USUAL = 0.02, 2.0
"""What a sum may lack of the others where a factor is tried; how far interest and fees may move it as it stands."""
FAR_ABOVE = 20
"""A payment this many times the claim is taken for one in another unit."""
_CLAIM = ("amt_due", "amt_paid", "amt_unpaid")
Numbers = npt.NDArray[np.float64]


def unit_doubts(table: Table, rows: pa.Table) -> tuple[str, ...]:
    """A sentence where the sums of some rows only fit if one column is in another unit than the others.

    Of cases: claim, paid and outstanding; of statements: sums and balances. `rows`: accepted rows of a sheet, 分.
    """
    if set(_CLAIM) <= set(table.names):
        return _claim_doubts(table, rows)
    if {"balance", "amount", "direction", "acct_no"} <= set(table.names):
        return _running_doubts(table, rows)
    return ()


def _claim_doubts(table: Table, rows: pa.Table) -> tuple[str, ...]:
    due, paid, unpaid = (_floats(rows[name]) for name in _CLAIM)
    waived = np.nan_to_num(_floats(rows["amt_waived"]))
    labels = [table.column(name).label for name in _CLAIM]
    whole = (due > 0) & (paid > 0) & (unpaid > 0)
    if not whole.any():
        told = (due > 0) & (paid > 0)
        far = int((paid[told] > FAR_ABOVE * due[told]).sum())
        if far < 2 or far < MOST_SHARE * told.sum():
            return ()
        return (
            f"“{labels[1]}”与“{labels[0]}”的单位疑似不同：{told.sum()} 行中有 {far} 行到位超过标的 {FAR_ABOVE} 倍"
            f"（{far / told.sum():.0%}），{_CHECK}",
        )
    sums = [column[whole] for column in (due, paid, unpaid)]
    waived = waived[whole]
    parts = sums[1] + sums[2] + waived
    doubtful = (parts > USUAL * sums[0]) | (parts * USUAL < sums[0])
    tried: dict[tuple[int, str, int], int] = {}
    for place in range(len(sums)):
        for way, factors in (("乘以", FACTORS), ("除以", [1 / factor for factor in FACTORS])):
            for named, factor in zip(FACTORS, factors, strict=True):
                one, two, three = (column * factor if at == place else column for at, column in enumerate(sums))
                gap = np.abs(one - two - three - waived)
                fits = doubtful & (gap <= NEAR * np.maximum(one, two + three) + max(factor, 1))
                tried[place, way, named] = int(fits.sum())
    (place, way, factor), count = max(tried.items(), key=lambda item: item[1])
    if count == 0 or count < MOST_SHARE * len(parts):
        return ()
    return (
        f"“{labels[place]}”与其他金额列的单位疑似不同：“{'”“'.join(labels)}”都有的 {len(parts):,} 行中有 {count:,} 行"
        f"（{count / len(parts):.0%}）只有把“{labels[place]}”{way} {factor:,} 才相符，{_CHECK}",
    )


_CHECK = "均已照文件入库；请核对各列的单位，不同的请用 --mapping 的 [units] 说明后重新导入。"


def _floats(column: pa.ChunkedArray) -> Numbers:
    return np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)


def _running_doubts(table: Table, rows: pa.Table) -> tuple[str, ...]:
    """Of rows that follow one another in an account: whether balances move by a multiple of the sums, or a part."""
    balance, amount = _floats(rows["balance"]), _floats(rows["amount"])
    moved = np.where(pc.equal(rows["direction"], "IN").to_numpy(zero_copy_only=False), amount, -amount)
    holder = pc.binary_join_element_wise(rows["acct_no"], pc.fill_null(rows["ccy"], ""), "\n")
    account = holder.combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(account, kind="stable")
    balance, moved, account = balance[order], moved[order], account[order]
    step = np.diff(balance)
    follows = (account[1:] == account[:-1]) & np.isfinite(step)
    step, ways = step[follows], (moved[1:][follows], -moved[:-1][follows])
    if not len(step):
        return ()
    plain = max(int((np.abs(step - way) < 1).sum()) for way in ways)
    label = {True: table.column("amount").label, False: table.column("balance").label}
    tried: dict[tuple[bool, int], tuple[int, int]] = {}
    for factor in FACTORS:
        for coarse_sums in (True, False):
            for way in ways:
                fine, coarse = (step, way) if coarse_sums else (way, step)
                told = np.abs(fine) > 20 * factor
                fits = told & (np.abs(fine - coarse * factor) <= factor)
                found = (int(fits.sum()), int(told.sum()))
                tried[coarse_sums, factor] = max(tried.get((coarse_sums, factor), (0, 0)), found)
    (coarse_sums, factor), (count, told_rows) = max(tried.items(), key=lambda item: item[1][0])
    if count < 2 or count < MOST_SHARE * told_rows or count <= plain:
        return ()
    return (
        f"“{label[True]}”与“{label[False]}”的单位疑似不同：可核对的 {told_rows:,} 行中有 {count:,} 行"
        f"（{count / told_rows:.0%}）只有把“{label[coarse_sums]}”乘以 {factor:,}，余额才连续，{_CHECK}",
    )
