"""The texts of a home that may name a person (other parties, notes, file names), each under a number.

Files of a cut hold these numbers in place of the texts, so that a lawful purge can empty texts here and the digests of
all cuts stay what they are. Numbers are given once and never again. The texts stand in segments, read by mapping them
into memory; a new one is added whenever a cut brings texts that none has.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.cuts.digests import ChangedFileError, check_file, digest_of
from features.cuts.manifest import cuts_folder
from features.files.atomic import replacing, write_text

NO_TEXT = -1
"""In place of the number of a text where there is none."""

Numbers = npt.NDArray[np.int32]


class TextStore:
    """The numbered texts under `home/cuts/texts`; safe for several processes, which add to it one at a time."""

    def __init__(self, home: Path) -> None:
        self.folder = cuts_folder(home) / "texts"
        self._segments: list[dict[str, Any]] = []
        self._texts: pa.ChunkedArray = pa.chunked_array([], pa.string())

    def numbers(self, texts: pa.Array) -> Numbers:
        """The number of each text, given now to those that have none; `NO_TEXT` for NULL."""
        wanted = pc.drop_null(pc.unique(texts))
        self._read()
        if pc.index_in(wanted, self._texts).null_count:
            with self._locked():
                self._read()
                found = pc.index_in(wanted, self._texts)
                self._add(wanted.filter(pc.is_null(found)))
                self._read()
        numbers = pc.fill_null(pc.index_in(texts, self._texts), NO_TEXT)
        known = pc.if_else(pc.is_null(texts), NO_TEXT, numbers).cast(pa.int32())
        given: Numbers = known.to_numpy(zero_copy_only=False)
        return given

    def texts(self, numbers: Numbers) -> list[str | None]:
        """The text of each number; None for `NO_TEXT` and for a text that was purged.

        Raises:
            ChangedFileError: a segment is not what its digest says, or a number was never given.
        """
        if len(numbers) and numbers.max(initial=NO_TEXT) >= len(self._texts):
            self._read()
        indices = pa.array(numbers, mask=numbers < 0)
        chosen: list[str | None] = self._texts.take(indices).to_pylist()
        return chosen

    @property
    def segment_count(self) -> int:
        """How many segments there are."""
        return len(self._listed())

    def digest_of_first(self, count: int) -> str:
        """SHA-256 over the digests of the first segments; it stays the same while further ones are added."""
        return digest_of("\n".join(segment["sha256"] for segment in self._listed()[:count]).encode())

    @property
    def segments(self) -> list[tuple[Path, str]]:
        """The file of each segment and the digest it should have."""
        return [(self.folder / segment["file"], segment["sha256"]) for segment in self._listed()]

    def _read(self) -> None:
        """Map the segments listed now; nothing is read again where the list is the same."""
        segments = self._listed()
        if segments == self._segments:
            return
        chunks = [chunk for segment in segments for chunk in self._mapped(segment)]
        self._segments, self._texts = segments, pa.chunked_array(chunks, pa.string())

    def _mapped(self, segment: dict[str, Any]) -> Sequence[pa.Array]:
        path = self.folder / segment["file"]
        check_file(path, segment["sha256"])
        chunks: Sequence[pa.Array] = pa.ipc.open_file(pa.memory_map(str(path))).read_all().column("text").chunks
        return chunks

    def _listed(self) -> list[dict[str, Any]]:
        try:
            listed: list[dict[str, Any]] = json.loads(self._list.read_text(encoding="utf-8"))["segments"]
        except FileNotFoundError:
            return []
        except (KeyError, TypeError, ValueError) as error:
            raise ChangedFileError(f"{self._list} 与生成时不同（{error}），未予采用。") from error
        return listed

    @property
    def _list(self) -> Path:
        return self.folder / "segments.json"

    def _add(self, texts: pa.Array) -> None:
        if not len(texts):
            return
        start = sum(segment["texts"] for segment in self._segments)
        path = self.folder / f"{start:010d}.arrow"
        with replacing(path, durable=True) as scratch, pa.OSFile(str(scratch), "wb") as file:
            table = pa.table({"text": texts.cast(pa.string())})
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
        added = {"file": path.name, "texts": len(texts), "sha256": digest_of(path.read_bytes())}
        write_text(self._list, json.dumps({"segments": [*self._segments, added]}, indent=1), durable=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
