"""Which rows of several files or sheets are one row delivered twice, a correction, or two rows that share a number.

Nobody says of loose files that one corrects another, and serial numbers often begin anew in each: so rows of one key
(see the contract of `txn`) are one only where nothing in them speaks against it. All others stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.facts.people.people import plain_name
from features.pool.account_numbers import account_number, is_masked
from features.pool.pool import Cut
from features.schema import TABLES

SHOWN = 10
"""Rows that are named by their place."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Some rows: how many, and file and row of the first."""

    rows: int = 0
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubles:
    """What rows that share a key are to each other.

    Attributes:
        gone: ids of the rows another stands for.
        repeated: rows that a later file or sheet holds again. corrected: rows whose sum a later one states otherwise,
            at the same second and with the same counterparty. reused: rows that stay, though a later row of another
            time, sum or counterparty has their serial number.
    """

    gone: tuple[int, ...]
    repeated: Listed
    corrected: Listed
    reused: Listed


def find_doubles(cut: Cut) -> Doubles:
    """What the rows of a cut opened with `superseded` are to each other."""
    txn = cut.table("txn")
    rows = txn.mutate(ref_no=ibis.coalesce(txn.ref_no, ""))
    key = TABLES["txn"].key
    rows = cut.materialise("trace_shared", _shared(rows.select(*key, *_COMPARED, "rid"), key))
    again = _beside_newest(rows, (*key, "amount"))
    again = cut.materialise("trace_repeated", again.filter(_same(again)).select("rid"))
    rest = _beside_newest(rows.anti_join(again, "rid"), key)
    other_sum = rest.filter(rest.ref_no != "", _same_second(rest), _same_side(rest), rest.amount != rest.new_amount)
    corrected = cut.materialise("trace_corrected", other_sum.select("rid"))
    left = rest.anti_join(corrected, "rid")
    reused = cut.materialise("trace_reused", left.filter(left.ref_no != "", left.rid != left.new_rid).select("rid"))
    gone = again.union(corrected).order_by("rid").to_pyarrow().column("rid").to_pylist()
    listed = (list_places(cut, which) for which in (again, corrected, reused))
    return Doubles(tuple(gone), *listed)


def list_places(cut: Cut, rows: ir.Table) -> Listed:
    """How many rows (rid) there are, and where the first of them stand."""
    count = rows.count().to_pyarrow().as_py()
    if not count:
        return Listed()
    place = cut.table("txn").semi_join(rows, "rid").order_by("rid").limit(SHOWN)
    found = place.select("src_file", "src_sheet", "src_row").to_pyarrow().to_pylist()
    return Listed(count, tuple(place_of(*row.values()) for row in found))


def place_of(file: str, sheet: str | None, row: int) -> str:
    """A row of a file as it is named."""
    return f"{file}{f'“{sheet}”' if sheet else ''}第{row}行"


_COMPARED = ("ts", "amount", "balance", "cp_acct", "cp_name")


def _shared(rows: ir.Table, key: tuple[str, ...]) -> ir.Table:
    """The rows that are not alone under their key."""
    counts = rows.group_by(*key).agg(n=rows.count())
    same = [rows[name].identical_to(counts[name]) for name in key]
    return rows.semi_join(counts.filter(counts.n > 1), same)


def _beside_newest(rows: ir.Table, key: tuple[str, ...]) -> ir.Table:
    """The rows beside the last of their key (`new_…`)."""
    compared = (*_COMPARED, "rid")
    last = ibis.struct({name: rows[name] for name in compared}).argmax(rows.rid)
    newest = rows.group_by(**{f"of_{name}": rows[name] for name in key}).agg(last=last)
    newest = newest.select(*(f"of_{name}" for name in key), **{f"new_{name}": newest.last[name] for name in compared})
    same = [rows[name].identical_to(newest[f"of_{name}"]) for name in key]
    return rows.join(newest, same).drop(*(f"of_{name}" for name in key))


def _same(rows: ir.Table) -> ir.BooleanValue:
    """Whether an earlier row of the same key and sum is the newest row once more."""
    midnight, new_midnight = _at_midnight(rows.ts), _at_midnight(rows.new_ts)
    same_time = (rows.ts == rows.new_ts) | midnight | new_midnight
    same_balance = ibis.coalesce(rows.balance == rows.new_balance, True)
    referred = (rows.ref_no != "") & (_same_side(rows) | _same_second(rows))
    return (rows.rid != rows.new_rid) & same_time & (referred | (same_balance & _same_side(rows)))


def _same_second(rows: ir.Table) -> ir.BooleanValue:
    return (rows.ts == rows.new_ts) & ~_at_midnight(rows.ts)


def _at_midnight(moment: ir.TimestampValue) -> ir.BooleanValue:
    """Whether a moment bears no time of day."""
    return moment == moment.date().cast("timestamp")


def _same_side(rows: ir.Table) -> ir.BooleanValue:
    """Whether the counterparties do not speak against each other; a masked number or name, or none, does not."""
    told = rows.cp_acct.notnull() & rows.new_cp_acct.notnull()
    told = told & ~ibis.coalesce(is_masked(rows.cp_acct) | is_masked(rows.new_cp_acct), False)
    name, new_name = plain_name(rows.cp_name), plain_name(rows.new_cp_name)
    same_name = (name == new_name) | name.contains("*") | new_name.contains("*")
    same_acct = account_number(rows.cp_acct) == account_number(rows.new_cp_acct)
    return ibis.coalesce(ibis.ifelse(told, same_acct, same_name), True)
