"""The leads of a cut, opened once and stored beside it: each as JSON, with numbers in place of texts that may name
somebody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.clues.isolation import open_cut, retried
from features.cuts.manifest import Part, PartsManifest, Voucher, describe_part, made_once, read_parts
from features.cuts.stored import StoredCut
from features.cuts.texts import TextStore
from features.facts import Facts
from features.files.atomic import replacing
from features.leads import Lead, open_leads

PERSONAL = frozenset({"asset_id", "asset_name", "holder", "who", "note"})
"""Fields of a lead and of its rows, deductions and causes whose texts may name somebody or a thing of theirs."""

GROUP = 256
"""Leads of a row group: what is read to show one."""

FILE = "leads.parquet"

FOLDER_END = ".leads"
"""How the folder of the leads of a cut is named, after the cut's own."""


class StoredLeads:
    """The leads of one cut; each file is checked when it is first read (ChangedFileError)."""

    def __init__(self, cut: StoredCut, part: Part) -> None:
        self._cut, self._part, self._lock = cut, part, RLock()
        self._texts = TextStore(cut.home)

    def lead(self, lead_id: str) -> Lead | None:
        """The lead of that id, or None."""
        place = self._place.get(lead_id)
        if place is None:
            return None
        with self._lock:
            group = self._file.read_row_group(place // GROUP, columns=["lead"])
        return next(self._decoded([group.column("lead")[place % GROUP].as_py()]))

    def all(self) -> list[Lead]:
        """Every lead, by office, case and id."""
        return list(self._decoded(self._column("lead")))

    @cached_property
    def offices(self) -> dict[str, str]:
        """The office of each case that has a lead."""
        return dict(zip(self._column("case_no"), self._column("office"), strict=True))

    @cached_property
    def _place(self) -> dict[str, int]:
        return {id: place for place, id in enumerate(self._column("id"))}

    def _column(self, name: str) -> list[Any]:
        with self._lock:
            values: list[Any] = self._file.read(columns=[name]).column(name).to_pylist()
        return values

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._part.checked(_folder(self._cut)))

    def _decoded(self, leads: Iterable[bytes]) -> Iterator[Lead]:
        plain = [msgspec.json.decode(lead) for lead in leads]
        held = list(_personal(plain))
        texts = self._texts.texts(np.array([place[key] for place, key in held], dtype=np.int32))
        for (place, key), text in zip(held, texts, strict=True):
            place[key] = text or ""
        return (msgspec.convert(lead, Lead) for lead in plain)


def open_stored_leads(cut: StoredCut, voucher: Voucher | None = None) -> StoredLeads:
    """The leads of a cut, opened now where they are not stored yet; every finding of the catalogue, every episode.

    Args:
        cut: the cut.
        voucher: who vouches for leads that are there; see `features.cuts.manifest.made_once`.
    """
    folder = _folder(cut)

    def make() -> PartsManifest:
        return retried(cut.home, cut.as_of, cut.state, lambda: _make(cut, folder))

    return StoredLeads(cut, made_once(folder, read_parts, make, voucher).parts[0])


def _folder(cut: StoredCut) -> Path:
    return cut.folder.with_name(cut.folder.name + FOLDER_END)


def _make(cut: StoredCut, folder: Path) -> PartsManifest:
    with open_cut(cut.home, cut.as_of, cut.state) as opened:
        leads = open_leads(Facts(opened), stored=lambda ids: _rows(cut, ids))
    plain: list[dict[str, Any]] = [msgspec.to_builtins(lead) for lead in leads]
    held = list(_personal(plain))
    numbers = TextStore(cut.home).numbers(pa.array([place[key] for place, key in held], pa.string()))
    for (place, key), number in zip(held, numbers.tolist(), strict=True):
        place[key] = number
    columns = {name: pa.array([lead[name] for lead in plain], pa.string()) for name in ("id", "case_no", "office")}
    table = pa.table({**columns, "lead": pa.array(map(msgspec.json.encode, plain), pa.binary())})
    with replacing(folder, durable=True) as scratch:
        scratch.mkdir()
        pq.write_table(table, scratch / FILE, row_group_size=GROUP, compression="zstd")
        manifest = PartsManifest((describe_part(scratch / FILE, table.num_rows),))
        manifest.write(scratch)
    return manifest


def _rows(cut: StoredCut, clue_ids: Sequence[str]) -> pd.DataFrame:
    """The rows of clues as leads are built from them."""
    table = cut.row_table(clue_ids=clue_ids)
    clues = np.array(cut.manifest.clues, dtype=object)
    frame = pd.DataFrame(
        {
            "clue": clues[table.column("clue").to_numpy()],
            "episode": cut.names(table.column("episode")),
            "day": table.column("day").to_pandas(),
            "amount": table.column("amount").to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get),
            **{name: [text or "" for text in cut.texts(table.column(name).to_numpy())] for name in ("who", "note")},
            "src": list(map(tuple, table.column("src").to_pylist())),
        }
    )
    # By clue in the order asked, within a clue by episode: as the engine gives them.
    order = pd.Categorical(frame["clue"], categories=list(clue_ids)).codes
    return frame.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _personal(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Each place (a dictionary and its key) of a text that may name somebody, within leads as plain values."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in PERSONAL:
                yield value, key
            else:
                yield from _personal(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _personal(item)
