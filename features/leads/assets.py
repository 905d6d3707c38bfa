"""Find the assets (车辆, 不动产, 账户 ...) that the source rows cited by clues are about.

The thing is read from the columns that number it (`[[thing]]` of config/leads.toml), one query per source table, and a
number is looked up in the registers: plate and VIN of one car, card and account of one deposit are one thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.leads.settings import FUND, OTHER, ThingColumn, settings
from features.pool.pool import TABLE_SHIFT
from features.rules.plates import joinable_number
from features.schema import TABLE_NUMBER

if TYPE_CHECKING:
    from features.facts import Facts

CITED = ("rid", "asset_class", "asset", "rank", "amount")
"""Columns of `cited`: source row, class and number of the thing, rank, amount the row gives of it (分, NA unknown)."""

MONEY_EVENTS = ("PAY_IN", "PAY_HOLD", "DEPOSIT")
"""Events of money that the court received: where they name no thing, the thing is the money of the case."""

KIND = "asset_kind"
"""Kind column of the table through which other tables find their asset (a bid through its lot)."""

JOINT = "|"
"""Separator where an asset's number is joined from several columns."""


def cited_assets(
    facts: Facts, rids: npt.NDArray[np.int64], columns: Sequence[ThingColumn] | None = None
) -> pd.DataFrame:
    """The things that source rows are about.

    Args:
        facts: of the cut.
        rids: ids of the source rows, any number of tables.
        columns: where the things stand, if not in the columns of their tables.

    Returns:
        Columns `CITED`, one row per source row that names a thing; money of a case has the number "".
    """
    unique = np.unique(rids)
    tables = unique >> TABLE_SHIFT
    events = unique[tables == TABLE_NUMBER["event"]] if columns is None else unique[:0]
    parts = [_money(facts, events)]
    for spec in settings().things if columns is None else columns:
        mine = unique[tables == TABLE_NUMBER[spec.table]]
        if len(mine):
            parts.append(_named(facts, spec, mine))
    frame = pd.concat([part for part in parts if len(part)] or [parts[0]], ignore_index=True)
    found = _with_registered_numbers(facts, frame)
    found["amount"] = found["amount"].astype("Int64")
    return found[list(CITED)].drop_duplicates(["rid", "asset_class", "asset"])


def values_table(values: Sequence[Any] | npt.NDArray[Any], name: str) -> ir.Table:
    """Values as a relation of one column, to join with."""
    return ibis.memtable(pd.DataFrame({name: values}))


def normalise_number(number: Any) -> Any:
    """A number as it joins (Ibis string): upper case, no blanks, no dot or hyphen in a plate; blank is NULL."""
    return joinable_number(number.upper().re_replace(r"[\s·•]", "").nullif(""))


def _rows(facts: Facts, table: str, rids: npt.NDArray[np.int64]) -> ir.Table:
    # Statements are read from the fact that is materialised anyway, not from the files again.
    source = facts.statements if table == "txn" else facts.cut.table(table)
    return source.semi_join(values_table(rids, "rid"), "rid")


def _named(facts: Facts, spec: ThingColumn, rids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """rid, number, kind, amount, spec columns of the rows of one table."""
    rows = _rows(facts, spec.table, rids)
    if spec.by:
        rows = _through(facts, spec, rows)
    number = reduce(lambda left, right: left + JOINT + right, [normalise_number(rows[name]) for name in spec.columns])
    chosen = rows.select(
        "rid",
        number=number,
        spare=normalise_number(rows[spec.otherwise]) if spec.otherwise else ibis.null("string"),
        kind=rows[spec.kind] if spec.kind else rows[KIND] if spec.by else ibis.null("string"),
        amount=rows[spec.amount].cast("int64") if spec.amount else ibis.null("int64"),
    )
    frame: pd.DataFrame = chosen.to_pandas()
    bare = frame["number"].isna()
    given = spec.asset_class or np.where(bare & frame["spare"].notna(), spec.fallback, "")
    frame = frame.assign(asset_class=given, fallback=spec.fallback, rank=spec.rank)
    frame["number"] = frame["number"].fillna(frame["spare"])
    return frame[frame["number"].notna()].drop(columns="spare")


def _through(facts: Facts, spec: ThingColumn, rows: ir.Table) -> ir.Table:
    """Look up number and kind of the asset in another table: a bid's lot, and the lot's asset."""
    column = spec.columns[0]
    other = facts.cut.table(spec.by)
    first = other.group_by(by_lot=other[column]).agg(by_asset=other.asset_id.max(), by_kind=other[KIND].max())
    joined = rows.left_join(first, rows[column] == first.by_lot)
    kind = joined.by_asset.notnull().ifelse(joined.by_kind, ibis.null("string"))
    return joined.select("rid", **{column: ibis.coalesce(joined.by_asset, joined[column]), KIND: kind})


def _money(facts: Facts, rids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Events of money received that name no thing."""
    rows = _rows(facts, "event", rids)
    money = rows.filter(rows.ev_code.isin(MONEY_EVENTS), rows.asset_id.isnull())
    frame: pd.DataFrame = money.select("rid", amount=money.amount.cast("int64")).to_pandas()
    return frame.assign(number="", kind=None, asset_class=FUND, fallback="", rank=3)


def _with_registered_numbers(facts: Facts, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with class and canonical number: by the registers, else by the kind the row itself gives."""
    known = find_registered(
        facts, frame.loc[frame["asset_class"].isin(["", "ACC"]), "number"].drop_duplicates().tolist()
    )
    classed = frame.merge(known, how="left", on="number")
    free = classed["asset_class"] == ""
    taken = free | (classed["known_class"] == classed["asset_class"])
    classed["asset"] = classed["known_asset"].where(taken & classed["known_asset"].notna(), classed["number"])
    classed.loc[free, "asset_class"] = _class_by(classed[free])
    return classed


def _class_by(rows: pd.DataFrame) -> pd.Series[Any]:
    """Class of rows without one: of the register, of the row's own kind, of its table, else other."""
    found = rows["known_class"].where(rows["known_class"].notna(), None)
    kind = rows["kind"].astype("string").fillna("")
    for one in settings().classes.values():
        if one.words:
            hit = found.isna() & kind.str.contains(one.words, regex=True)
            found = found.mask(hit, one.code)
    fallback = rows["fallback"].where(rows["fallback"] != "", OTHER)
    return found.where(found.notna(), fallback)


def find_registered(facts: Facts, numbers: Sequence[str]) -> pd.DataFrame:
    """Look numbers up in the registers.

    Args:
        facts: of the cut.
        numbers: as `normalise_number` returns them.

    Returns:
        number, known_class, known_asset: one row per number that exactly one thing bears.
    """
    ask = values_table(list(numbers) or [""], "number")
    parts = [part.semi_join(ask, "number") for part in _registers(facts)]
    whole = reduce(lambda left, right: left.union(right), parts).distinct()
    counted = whole.group_by("number").agg(
        known_class=whole.known_class.min(where=whole.known_asset.notnull()),
        known_asset=whole.known_asset.min(),
        bearers=whole.known_asset.nunique(),
    )
    frame: pd.DataFrame = counted.filter(counted.bearers == 1).drop("bearers").to_pandas()
    return frame


def _registers(facts: Facts) -> list[ir.Table]:
    """number, known_class, known_asset of each register, either of which may be NULL."""
    table = facts.cut.table
    car, lines = table("vehicle"), _accounts(facts)
    pairs = [
        ("VEH", car.vin, car.vin),
        ("VEH", car.plate, car.vin),
        ("ACC", lines.card_no, lines.acct_no),
        ("ACC", lines.acct_no, lines.acct_no),
        ("ACC", table("account").card_no, table("account").acct_no),
    ]
    own = {
        "realty": ("RE", "unit_no"),
        "insurance": ("INS", "policy_no"),
        "hpf": ("HPF", "acct_no"),
        "shareholding": ("EQ", "uscc"),
        "company": ("EQ", "uscc"),
        "demolition": ("DEM", "agreement_no"),
        "account": ("ACC", "acct_no"),
    }
    pairs += [(code, table(name)[column], table(name)[column]) for name, (code, column) in own.items()]
    return [_pair(number, asset, code) for code, number, asset in pairs]


def _accounts(facts: Facts) -> ir.Table:
    """card_no, acct_no of the statements, each pair once and held apart: the engine would match the patterns of
    `normalise_number` on every row of a statement, and one may have a million."""
    return ibis.memtable(facts.statements.select("card_no", "acct_no").distinct().to_pyarrow())


def _pair(number: Any, asset: Any, code: str) -> ir.Table:
    # Normalising takes long and an account stands in each of its statement rows: each pair once. A filter on what is
    # normalised would be moved below that, to every row, so rows without a number fall out later, when they are joined.
    source: ir.Table = number.op().rel.to_expr().select(number=number, asset=asset).distinct()
    return source.select(
        number=normalise_number(source.number),
        known_class=ibis.literal(code),
        known_asset=normalise_number(source.asset),
    )
