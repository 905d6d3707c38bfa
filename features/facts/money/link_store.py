"""Store money links on disk by account, so that only accounts changed by a delivery are linked again.

An account is known by a fingerprint over its rows: a new, corrected or withdrawn row changes it, whatever the day of
the cut. Links of a fingerprint never change, so parts are only added (about 8 MB on disk per million rows); the folder
may be deleted whenever nothing runs. Below `STORE_FROM_ROWS` rows linking takes less than a second and nothing is kept.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from features.facts.money.links import fifo, ordered
from features.facts.money.transfers import Engine
from features.files.atomic import replacing

STORE_FROM_ROWS = 500_000
"""From here on links are kept: of 2 million rows, linking took 3.2 s, looking all up 0.2 s, one new account 0.5 s."""

_FORMAT = f"1-{duckdb.__version__}"
"""Folder of this form: the fingerprint is the engine's own hash, which another release may change."""

_PRINTS = """
SELECT acct, count(*)::VARCHAR || '-' || sum(one)::VARCHAR || '-' || bit_xor(two)::VARCHAR AS print
FROM (SELECT acct, hash(rid, ts, sign, amount, balance) AS one, hash(amount, rid, balance, ts, sign, acct) AS two
      FROM ({rows}))
GROUP BY acct
"""


@dataclass(frozen=True, slots=True)
class StoredLinks:
    """Links of all accounts asked for, and how many accounts had to be linked for it."""

    links: ir.Table
    recomputed: int


class LinkStore:
    """Links under `home/cache/links`.

    Args:
        home: the home of the pool.
        least_rows: see `STORE_FROM_ROWS`.
    """

    def __init__(self, home: Path, least_rows: int = STORE_FROM_ROWS) -> None:
        self.folder = Path(home) / "cache" / "links" / _FORMAT
        self.least_rows = least_rows

    def links(self, engine: Engine, rows: ir.Table, name: str = "stored") -> StoredLinks:
        """Links first in first out of every account in `rows` (see `links`), from disk where they are known.

        Args:
            engine: where the rows live; keeps tables named `<name>_…`.
            rows: acct, rid, ts, sign, amount, balance.
            name: prefix of the tables kept.
        """
        rows = rows.select("acct", "rid", "ts", "sign", "amount", "balance")
        if rows.count().to_pyarrow().as_py() < self.least_rows:
            return StoredLinks(fifo(ordered(rows)), int(rows.acct.nunique().to_pyarrow().as_py()))
        con: Any = rows.get_backend()
        shape = ibis.schema({"acct": rows.acct.type(), "print": "string"})
        asked = engine.materialise(f"{name}_asked", con.sql(_PRINTS.format(rows=con.compile(rows)), schema=shape))
        known = engine.materialise(f"{name}_known", self._known(con, asked))
        new = asked.anti_join(known, "print")
        recomputed = int(new.count().to_pyarrow().as_py())
        if recomputed:
            self._add(engine, rows, new, name)
            known = engine.materialise(f"{name}_now", self._known(con, asked))
        kept = con.read_parquet(str(self.folder / "*.links.parquet"))
        links = kept.semi_join(known, ["print", "part"]).drop("print", "part")
        return StoredLinks(links, recomputed)

    def _known(self, con: Any, asked: ir.Table) -> ir.Table:
        """print, part: the one part that answers for each fingerprint (two processes may have kept the same)."""
        if not any(self.folder.glob("*.index.parquet")):
            none = ibis.literal(None, type="string")
            return asked.select("print", part=none).limit(0)
        index = con.read_parquet(str(self.folder / "*.index.parquet"))
        return index.semi_join(asked, "print").group_by("print").agg(part=index.part.min())

    def _add(self, engine: Engine, rows: ir.Table, new: ir.Table, name: str) -> None:
        part = uuid.uuid4().hex
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = engine.materialise(f"{name}_new", new)
        links = engine.materialise(f"{name}_links", fifo(ordered(rows.semi_join(wanted, "acct"))))
        links = links.join(wanted, "acct").mutate(part=ibis.literal(part))
        # Links first: an index without its links would answer for what is not there.
        self._write(links, f"{part}.links.parquet")
        self._write(wanted.select("print", part=ibis.literal(part)), f"{part}.index.parquet")

    def _write(self, table: ir.Table, name: str) -> None:
        con: Any = table.get_backend()
        with replacing(self.folder / name) as scratch:
            path = str(scratch).replace("'", "''")
            con.raw_sql(f"COPY ({con.compile(table)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
