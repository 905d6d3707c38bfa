"""Group source rows by whom they are about: one group per set of debtors with linked cases, then other people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.schema import TABLES

Ids = npt.NDArray[np.int64]

_ABOUT = {
    "case": ("case_no",),
    "party": ("case_no",),
    "txn": ("holder_id", "acct_no", "card_no"),
    "account": ("holder_id", "acct_no", "card_no"),
    "inquiry": ("subject_id",),
}
"""Columns that identify a row's person or case, where those are not `case_no` and the contract's subjects."""


_PLAIN = frozenset({"case_no", "prev_case_no", "role", "court_division", "close_mode"})
"""Of these, the columns compared as delivered; all others are identity or account numbers and are normalised."""


@dataclass(frozen=True)
class Units:
    """Groups of source rows.

    Attributes:
        rows: rid, table, unit of every row, by unit, then table and rid; units of debtors come first.
        owner: unit of each case number, identity number and account of debtors.
        offices: office of each terminated case, and its unit.
    """

    rows: pd.DataFrame
    owner: pd.Series
    offices: pd.DataFrame

    @cached_property
    def _starts(self) -> Ids:
        return np.searchsorted(self.rows["unit"].to_numpy(), np.arange(self.count + 1))

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self.rows["unit"].max()) + 1 if len(self.rows) else 0

    def first(self, count: int) -> Ids:
        """Ids of the rows of the first groups."""
        return self.rows["rid"].to_numpy()[: self._starts[count]]

    def of(self, unit: int) -> pd.DataFrame:
        """The rows of one group."""
        return self.rows.iloc[self._starts[unit] : self._starts[unit + 1]]


def units_of(cut: Cut) -> Units:
    """The groups of every row known on a cut."""
    cases = _frame(cut, "case", "case_no", "prev_case_no", "court_division", "close_mode")
    parties = _debtors(cut)
    owner = _owners(cases, parties)
    accounts = _frame(cut, "account", "holder_id", "acct_no", "card_no")
    held = accounts.melt(["rid", "holder_id"], ["acct_no", "card_no"], value_name="key").dropna()
    held = held.assign(unit=held["holder_id"].map(owner)).dropna(subset="unit").drop_duplicates("key")
    extra = held.set_index("key")["unit"]
    owner = pd.concat([owner, extra[~extra.index.isin(owner.index)]]).astype(np.int64)
    about = pd.concat([_about(cut, name) for name in TABLES if not TABLES[name].outcome], ignore_index=True)
    own = about["key"].map(owner)
    debtors = (
        about.assign(unit=own)
        .dropna(subset="unit")
        .groupby("rid", as_index=False)
        .agg(table=("table", "first"), unit=("unit", "min"))
    )
    others = about[~about["rid"].isin(debtors["rid"])].drop_duplicates("rid")
    count = int(owner.max()) + 1 if len(owner) else 0
    others = others.assign(unit=count + pd.factorize(others["key"].fillna("\x00" + others["table"]))[0])
    rows = pd.concat([debtors, others[["rid", "table", "unit"]]], ignore_index=True)
    rows = rows.astype({"unit": np.int64, "rid": np.int64}).sort_values(["unit", "table", "rid"], ignore_index=True)
    offices = cases.assign(office=cases["court_division"].fillna(""), unit=cases["case_no"].map(owner))
    return Units(rows, owner, offices[offices["close_mode"] == "terminated"][["case_no", "office", "unit"]])


def cases_named(cut: Cut, units: Units, unit: int, rows: Ids) -> list[tuple[str, str]]:
    """Case numbers and offices of a group and of the debtors that rows name.

    Where neither leads to a case, of the debtors that any other row of the group names.
    """
    found = {unit} | _named(cut, units, rows)
    if not units.offices["unit"].isin(found).any():
        found |= _named(cut, units, units.of(unit)["rid"].to_numpy())
    chosen = units.offices[units.offices["unit"].isin(found)].sort_values("case_no")
    return list(chosen[["case_no", "office"]].itertuples(index=False, name=None))


def _named(cut: Cut, units: Units, rids: Ids) -> set[int]:
    """Groups of debtors that any identifier in these rows belongs to."""
    wanted = set(map(int, rids))
    tables = units.rows.loc[units.rows["rid"].isin(wanted), "table"].unique()
    found: set[int] = set()
    for name in tables:
        columns = [column.name for column in TABLES[name].columns if column.kind == "id"]
        frame = _frame(cut, name, *columns, rids=wanted)
        keys = pd.Series(frame[columns].to_numpy().ravel()).dropna()
        found |= set(keys.map(units.owner).dropna().astype(int))
    return found


def _owners(cases: pd.DataFrame, parties: pd.DataFrame) -> pd.Series:
    """Unit of each case number and debtor's number: cases of one chain or one debtor are one unit."""
    chain = cases.dropna(subset="prev_case_no")[["case_no", "prev_case_no"]].set_axis(["a", "b"], axis=1)
    people = parties.dropna(subset="id_no")[["case_no", "id_no"]].set_axis(["a", "b"], axis=1)
    pairs = pd.concat([chain, people, pd.DataFrame({"a": cases["case_no"], "b": cases["case_no"]})]).dropna()
    codes, keys = pd.factorize(pd.concat([pairs["a"], pairs["b"]]))
    half, size = len(pairs), len(keys)
    graph = coo_matrix((np.ones(half, dtype=np.int8), (codes[:half], codes[half:])), shape=(size, size))
    return pd.Series(connected_components(graph, directed=False)[1], index=keys)


def _debtors(cut: Cut) -> pd.DataFrame:
    frame = _frame(cut, "party", "case_no", "id_no", "role")
    return frame[frame["role"] == "debtor"]


def _about(cut: Cut, name: str) -> pd.DataFrame:
    """rid, table, key: whom or which case each row of a table is about; NULL where it names nobody."""
    contract = TABLES[name]
    columns = _ABOUT.get(name) or (*(["case_no"] if "case_no" in contract.names else []), *contract.subjects)
    if not columns:
        return _frame(cut, name).assign(table=name, key=None)
    frame = _frame(cut, name, *columns)
    long = frame.melt("rid", list(columns), value_name="key")[["rid", "key"]]
    named = long.dropna()
    bare = frame.loc[~frame["rid"].isin(named["rid"]), ["rid"]].assign(key=None)
    return pd.concat([named, bare], ignore_index=True).assign(table=name)


def _frame(cut: Cut, name: str, *columns: str, rids: set[int] | None = None) -> pd.DataFrame:
    """rid and columns of a table; identity numbers and accounts in their one form."""
    table: Any = cut.table(name)
    if rids is not None:
        table = table.filter(table.rid.isin(sorted(rids)))
    given = {column: table[column] if column in _PLAIN else canonical_id(table[column]) for column in columns}
    frame: pd.DataFrame = table.select("rid", **given).to_pandas()
    return frame
