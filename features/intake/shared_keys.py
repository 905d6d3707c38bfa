"""Warn of statement rows without reference numbers that a later sheet of the same delivery replaces by their key.

Such rows are told apart by account, day, direction and their place in the day *within their sheet*. Where two sheets
hold parts of one day of one account, rows of the later stand in for rows of the earlier, as a corrected statement is
meant to; where they say something else, somebody must be told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.pool.pool import OFFLINE
from features.schema import TABLES

SHOWN = 20
"""Pairs of sheets named."""

_HASHES = """
SELECT hash(acct_no, txn_day, direction, occurrence) AS key,
       hash(acct_no, direction, ts, amount, balance, cp_acct, cp_name, memo) AS content
FROM incoming WHERE ref_no IS NULL
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
        return duckdb.connect(config={"threads": 1, **OFFLINE})

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
        names = [f"{file}{f'（{sheet}）' if sheet else ''}" for file, sheet in self._sheets]
        lines = [
            f"“{names[earlier]}”有 {count} 行没有交易流水号，与“{names[later]}”的行账号、日期、收付方向和当日序次相同"
            "而内容不同，已被后者取代，不计入；两个文件是同一账户分段导出的，请撤回后合并为一个文件导入。"
            for earlier, later, count in zip(*pairs.tolist(), counts.tolist(), strict=True)
        ]
        more = len(lines) - SHOWN
        return lines[:SHOWN] + ([f"另有 {more} 对文件同样情形。"] if more > 0 else [])
