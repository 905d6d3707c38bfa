"""Rows of a statement without reference numbers that another sheet or a later delivery takes the place of.

Such rows are told apart by account, day, direction and their place in the day *within their sheet*. Where two sheets
hold parts of one day of one account, rows of the later stand in for rows of the earlier, as a corrected statement is
meant to; where they say something else, somebody must be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.intake.reused_numbers import reused_numbers
from features.pool.manifests import Manifest
from features.pool.pool import Cut, Pool
from features.schema import TABLES
from features.settings import NO_EXTENSIONS

STATEMENT = "txn"
SHOWN = 20
"""Pairs of sheets, or batches, named."""

_CONTENT = "hash(acct_no, direction, ts, amount, balance, cp_acct, cp_name, memo)"
"""What two rows of one key are compared by."""
_HASHES = f"""
SELECT hash(acct_no, txn_day, direction, occurrence) AS key, {_CONTENT} AS content
FROM incoming WHERE ref_no IS NULL
"""
_SHARED = """
CREATE TEMP TABLE shared_days AS SELECT DISTINCT acct_no, txn_day FROM {rows}
WHERE ref_no IS NULL AND batch <> {seq} AND key_hash IN (
    SELECT key_hash FROM {rows} WHERE ref_no IS NULL AND batch = {seq})
"""
_REPLACED = """
WITH rival AS (
    SELECT batch, acct_no, txn_day, {content} AS content, row_number() OVER newest AS age,
           first_value(batch) OVER newest AS winner
    FROM {rows} SEMI JOIN shared_days USING (acct_no, txn_day) WHERE ref_no IS NULL
    WINDOW newest AS (PARTITION BY key_hash, acct_no ORDER BY known_at DESC, rid DESC))
SELECT batch, winner, count(*), count(DISTINCT acct_no), count(DISTINCT (acct_no, txn_day)) FROM rival
WHERE winner <> batch AND (batch = {seq} OR (winner = {seq} AND age = 2))
      AND content NOT IN (SELECT content FROM rival WHERE age = 1)
GROUP BY batch, winner ORDER BY batch, winner
"""

_Hashes = npt.NDArray[np.uint64]


class SharedKeys:
    """Gathers the keys of rows without a reference number, sheet by sheet; 20 bytes for each."""

    def __init__(self) -> None:
        self._sheets: dict[tuple[str, str], int] = {}
        self._keys: list[_Hashes] = []
        self._contents: list[_Hashes] = []
        self._places: list[npt.NDArray[np.int32]] = []

    @cached_property
    def _con(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"threads": 1, **NO_EXTENSIONS})

    def watch(self, name: str, write: Callable[[pa.Table], None]) -> Callable[[pa.Table], None]:
        """`write` for rows of a table, that also notes their keys."""
        if not TABLES[name].derived:
            return write

        def watching(rows: pa.Table) -> None:
            if rows.column("ref_no").null_count:
                self._note(rows)
            write(rows)

        return watching

    def _note(self, rows: pa.Table) -> None:
        sheet = rows.column("src_file")[0].as_py(), rows.column("src_sheet")[0].as_py()
        self._con.register("incoming", rows)
        found = self._con.execute(_HASHES).fetchnumpy()
        self._con.unregister("incoming")
        place = self._sheets.setdefault(sheet, len(self._sheets))
        self._keys.append(np.asarray(found["key"], np.uint64))
        self._contents.append(np.asarray(found["content"], np.uint64))
        self._places.append(np.full(len(found["key"]), place, np.int32))

    def sentences(self) -> list[str]:
        """One sentence per two sheets of which the later takes the place of rows that it does not hold itself."""
        if len(self._sheets) < 2:
            return []
        keys, contents, places = (np.concatenate(parts) for parts in (self._keys, self._contents, self._places))
        order = np.argsort(keys, kind="stable")
        keys, contents, places = keys[order], contents[order], places[order]
        replaced = np.append(keys[1:] == keys[:-1], False)
        gone = np.flatnonzero(replaced & ~np.isin(contents, contents[~replaced]))
        pairs, counts = np.unique(np.stack([places[gone], places[gone + 1]]), axis=1, return_counts=True)
        sheets = list(self._sheets)
        names = [f"{file}{f'（{sheet}）' if sheet else ''}" for file, sheet in self._sheets]
        lines = [
            f"“{names[earlier]}”有 {count} 行没有交易流水号，与“{names[later]}”的行账号、日期、收付方向和当日序次相同"
            "而内容不同，已被后者取代，不计入；是同一账户分段导出的，请撤回后合并为一个"
            f"{_place(sheets[earlier], sheets[later])}导入。"
            for earlier, later, count in zip(*pairs.tolist(), counts.tolist(), strict=True)
        ]
        more = len(lines) - SHOWN
        return lines[:SHOWN] + ([f"另有 {more} 对文件同样情形。"] if more > 0 else [])


def _place(one: tuple[str, str], other: tuple[str, str]) -> str:
    """What two parts of a statement should have been: one file, or one sheet of it."""
    return "工作表" if one[0] == other[0] else "文件"


def replaced_rows(pool: Pool, manifest: Manifest, withdrawn: frozenset[int]) -> list[str]:
    """What is said of statement rows that take the place of others, though they say something else.

    Args:
        pool, manifest: the pool, and a new batch of it.
        withdrawn: batches that the new one withdraws.
    """
    if not any(part.table == STATEMENT for part in manifest.parts):
        return []
    batches = {one.seq: one for one in pool.batches()}
    with pool.as_of(date.today(), manifest.seq, withdrawn) as cut:
        others = any(one.seq != manifest.seq and any(p.table == STATEMENT for p in one.parts) for one in cut.live)
        sheets = sum(file.table == STATEMENT for file in manifest.files)
        lines = _replaced_across(cut, batches, manifest) if others else []
        return lines + (reused_numbers(cut, batches, manifest.seq) if others or sheets > 1 else [])


def _replaced_across(cut: Cut, batches: Mapping[int, Manifest], manifest: Manifest) -> list[str]:
    """One sentence per earlier delivery of which a new one takes the place of rows that it does not hold itself.

    Also where the earlier one stays in force, as it became known later. Statement rows without a reference number
    alone.
    """
    rows, con = cut.every_row(STATEMENT), cut.con.con
    con.execute(_SHARED.format(rows=rows, seq=manifest.seq))
    if not con.execute("SELECT count(*) FROM shared_days").fetchall()[0][0]:
        return []
    found = con.execute(_REPLACED.format(rows=rows, seq=manifest.seq, content=_CONTENT)).fetchall()
    lines = [_across(batches, manifest.seq, *counted) for counted in found]
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"另有 {more} 个批次同样情形。"] if more > 0 else [])


def _across(batches: Mapping[int, Manifest], new: int, batch: int, winner: int, *counts: int) -> str:
    """The sentence on rows of a batch that the winner replaces; `counts`: rows, accounts, days of an account."""
    other = batches[winner if batch == new else batch]
    named = f"第 {other.seq} 批次（交接“{other.delivery.delivery_no}”）"
    same = "账号、日期、收付方向和当日序次相同而内容不同"
    rows, accounts, days = (f"{count:,}" for count in counts)
    if batch == new:
        said = f"本次有 {rows} 行没有交易流水号，与{named}的行{same}，该批次知悉在后，本次的行不计入"
    else:
        said = f"{named}有 {rows} 行没有交易流水号，与本次的行{same}，已被本次取代，不再计入"
    return (
        f"{said}（涉及 {accounts} 个账户、{days} 个账户日）；是更正的，无须处理；"
        "是同一账户分段导出的，请撤回后合并为一个文件导入。"
    )
