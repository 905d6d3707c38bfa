"""The rows of every clue of a cut as one table, sorted by episode and clue, and back.

One row per row of a clue, columns of `SCHEMA`. Texts stand as numbers (`features.cuts.texts`), episodes and clues as
places in the lists of the cut's manifest. What else a clue's features aggregate stands in `more`, in the order that the
manifest gives for the clue, each value as an integer (`_as_integers`): so the matrix can be computed again from this
file alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.clues.base.aggregation import more_columns, stored_text
from features.clues.base.clue import Clue
from features.cuts.texts import NO_TEXT, TextStore
from features.pool.cut import Cut
from features.pool.rows import TABLE_SHIFT, table_of

SCHEMA = pa.schema(
    [
        ("episode", pa.int32()),
        ("clue", pa.int16()),
        ("day", pa.date32()),
        ("amount", pa.int64()),
        ("who", pa.int32()),
        ("note", pa.int32()),
        ("src", pa.list_(pa.int64())),
        ("file", pa.list_(pa.int32())),
        ("line", pa.list_(pa.int32())),
        ("more", pa.list_(pa.int64())),
    ]
)
"""`amount` in 分; `who` and `note` numbers of texts; `src` row ids, with `file` (place in the table of files) and
`line` (row in it) of each."""

GROUP = 2_048
"""Rows of a row group: what is read to find one episode."""

NO_PLACE = -1
"""In place of the file and the row of a source row that was purged."""

_TAKEN = pa.schema(
    [SCHEMA.field(name) for name in ("episode", "clue", "day", "amount", "src")]
    + [pa.field(name, pa.int64()) for name in ("who", "note")]
)
"""Columns of the rows of one clue while they are collected."""

_APART = "\x1f"

Ints = npt.NDArray[np.int64]


class RowCollector:
    """Takes the rows of one clue after another from an open cut, and gives them as one table."""

    def __init__(self, cut: Cut, episodes: pa.Array, clue_ids: Sequence[str]) -> None:
        """`episodes`: every termination episode of the cut, sorted; `clue_ids`: ids of the clues in their order."""
        self._cut = cut
        self._episodes = episodes
        self._place = {id: place for place, id in enumerate(clue_ids)}
        self._parts: list[pa.Table] = []
        self._texts = _Texts()
        self._more: list[_More] = []
        self.more: dict[str, list[list[str]]] = {}
        """Name and type of each column in `more`, by clue."""

    def add(self, clue: Clue, table: str) -> None:
        """Take the rows of a clue from a table of the cut."""
        more = more_columns(clue)
        rows = self._cut.con.con.sql(stored_text(f'FROM "{table}"', clue)).to_arrow_table()
        self.more[clue.id] = [[name, str(rows.schema.field(name).type)] for name in more]
        self._more.append(_More([rows.column(name).combine_chunks() for name in more], rows.num_rows, self._texts))
        columns = {
            "episode": pc.index_in(rows.column("episode"), self._episodes).cast(pa.int32()),
            "clue": pa.repeat(pa.scalar(self._place[clue.id], pa.int16()), rows.num_rows),
            **{name: rows.column(name) for name in ("day", "amount", "src")},
            **{name: pa.array(self._texts.codes(rows.column(name).combine_chunks())) for name in ("who", "note")},
        }
        self._parts.append(pa.table([columns[name] for name in _TAKEN.names], schema=_TAKEN))

    def table(self, texts: TextStore) -> tuple[pa.Table, pa.Table]:
        """The rows, columns `SCHEMA`, and the files they were read from: file, sheet (numbers of texts)."""
        whole = pa.concat_tables([_TAKEN.empty_table(), *self._parts])
        numbers = self._texts.numbers(texts)
        src = whole.column("src").combine_chunks()
        file, line, files = self._places(src, texts)
        columns = {
            **{name: whole.column(name) for name in ("episode", "clue", "day", "amount")},
            **{name: pa.array(numbers[whole.column(name).to_numpy()]) for name in ("who", "note")},
            "src": src,
            "file": file,
            "line": line,
            "more": pa.chunked_array([part.packed(numbers) for part in self._more], pa.list_(pa.int64())),
        }
        rows = pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA).combine_chunks()
        # Clues come in their order, each sorted by `stored_text`.
        return rows.take(pa.array(np.argsort(rows.column("episode").to_numpy(), kind="stable"))), files

    def _places(self, src: pa.ListArray, texts: TextStore) -> tuple[pa.ListArray, pa.ListArray, pa.Table]:
        """Where each source row stood in the files delivered: place of the file and row, lists like `src`."""
        rids, inverse = np.unique(src.flatten().to_numpy(), return_inverse=True)
        origin = self._origins(rids)
        named = pc.binary_join_element_wise(
            origin.column("src_file"), pc.coalesce(origin.column("src_sheet"), ""), _APART
        )
        encoded = named.combine_chunks().dictionary_encode()
        found = np.searchsorted(rids, origin.column("rid").to_numpy())
        file, line = (np.full(len(rids), NO_PLACE, dtype=np.int32) for _ in range(2))
        file[found] = encoded.indices.to_numpy()
        line[found] = origin.column("src_row").to_numpy()
        lists = [pa.ListArray.from_arrays(src.offsets, pa.array(values[inverse])) for values in (file, line)]
        both = pc.split_pattern(encoded.dictionary, _APART, max_splits=1)
        files = {name: texts.numbers(pc.list_element(both, place)) for place, name in enumerate(("file", "sheet"))}
        return lists[0], lists[1], pa.table(files)

    def _origins(self, rids: Ints) -> pa.Table:
        """rid, src_file, src_sheet, src_row of source rows, sorted by rid; those purged are left out."""
        self._cut.con.con.register("wanted_rids", pa.table({"rid": rids}))
        names = sorted({table_of(int(rid)) for rid in rids[np.unique(rids >> TABLE_SHIFT, return_index=True)[1]]})
        texts = [
            f"SELECT rid, src_file, src_sheet, src_row::INTEGER AS src_row FROM {self._cut.every_row(name)} "
            "SEMI JOIN wanted_rids USING (rid)"
            for name in names
        ] or ["SELECT 0::BIGINT AS rid, '' AS src_file, '' AS src_sheet, 0::INTEGER AS src_row WHERE false"]
        found = self._cut.con.con.sql(f"{' UNION ALL '.join(texts)} ORDER BY rid").to_arrow_table()
        self._cut.con.con.unregister("wanted_rids")
        return found


class _Texts:
    """Texts met on the way, under numbers of their own until all are known."""

    def __init__(self) -> None:
        self._met: list[pa.StringArray] = []
        self._count = 0

    def codes(self, texts: pa.StringArray) -> Ints:
        """Numbers of texts for `numbers`; -1 for NULL."""
        encoded = texts.dictionary_encode()
        self._met.append(encoded.dictionary)
        codes: Ints = pc.fill_null(encoded.indices.cast(pa.int64()), NO_TEXT - self._count).to_numpy() + self._count
        self._count += len(encoded.dictionary)
        return codes

    def numbers(self, texts: TextStore) -> Ints:
        """The lasting number of each text met, and `NO_TEXT` last, where -1 points."""
        met = pa.chunked_array(self._met, pa.string()).combine_chunks()
        return np.append(texts.numbers(met), NO_TEXT).astype(np.int64)


class _More:
    """The further columns of one clue's rows, each value as an integer (see `_as_integers`)."""

    def __init__(self, columns: Sequence[pa.Array], rows: int, texts: _Texts) -> None:
        self._values = np.zeros((rows, len(columns)), dtype=np.int64)
        self._missing = np.zeros((rows, len(columns)), dtype=bool)
        self._of_text = [place for place, column in enumerate(columns) if pa.types.is_string(column.type)]
        for place, column in enumerate(columns):
            self._missing[:, place] = column.is_null().to_numpy(zero_copy_only=False)
            self._values[:, place] = texts.codes(column) if place in self._of_text else _as_integers(column)

    def packed(self, numbers: Ints) -> pa.ListArray:
        """One list per row, texts by their lasting number."""
        for place in self._of_text:
            self._values[:, place] = numbers[self._values[:, place]]
        offsets = np.arange(len(self._values) + 1, dtype=np.int32) * self._values.shape[1]
        return pa.ListArray.from_arrays(offsets, pa.array(self._values.ravel(), mask=self._missing.ravel()))


def _as_integers(column: pa.Array) -> Ints:
    """A column of whole numbers, truths, days or floats (their bits) as integers; 0 for NULL."""
    if pa.types.is_floating(column.type):
        bits: Ints = pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False).view(np.int64)
        return bits
    if pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    whole: Ints = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return whole
