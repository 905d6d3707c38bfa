"""What a stored cut consists of: where it lies, its parts with their digests, and the manifest that is written last."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.clues.catalogue import VERSION
from features.cuts.digests import ChangedFileError, check_file, digest_of, file_digest
from features.files.atomic import write_text

FORMAT = 1
"""Number of the layout of the files; a cut of another is not read."""

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a cut: its name, bytes, rows and SHA-256."""

    file: str
    bytes: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CutManifest:
    """What a cut consists of.

    Attributes:
        as_of, state, catalogue: the day, the last batch of the pool, and the version of all that decides a number.
        fingerprint: of its matrix.
        parts: its files.
        clues: ids of the clues; a row names its clue by the place in this list.
        more: name and type of each further column of a clue's rows, by clue.
        isolation: what the cut leaves out (`dataclasses.asdict` of `Isolation`), {} where nothing.
        seconds: processor seconds of each step of its making; no part of the digest.
        format: `FORMAT`.
    """

    as_of: date
    state: int
    catalogue: str
    fingerprint: str
    parts: tuple[Part, ...]
    clues: tuple[str, ...]
    more: dict[str, list[list[str]]]
    isolation: dict[str, Any]
    seconds: dict[str, float]
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """SHA-256 over all but the times: the same content has the same digest whenever it is made in one home."""
        content = {name: value for name, value in self._content().items() if name != "seconds"}
        return digest_of(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())

    def part(self, file: str) -> Part:
        """The part of that name; KeyError where there is none."""
        return {part.file: part for part in self.parts}[file]

    def checked(self, folder: Path, file: str) -> Path:
        """Path of a part, once it is known to be what was written; ChangedFileError otherwise."""
        check_file(folder / file, self.part(file).sha256)
        return folder / file

    def write(self, folder: Path) -> None:
        """Write the manifest beside its parts."""
        text = json.dumps({**self._content(), "digest": self.digest}, ensure_ascii=False, indent=1)
        write_text(folder / MANIFEST, text, durable=True)

    def _content(self) -> dict[str, Any]:
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def cut_folder(home: Path, day: date, state: int, catalogue: str = VERSION) -> Path:
    """Where the cut of a day lies: the key is all that decides a number of it."""
    return Path(home) / "cuts" / f"{day}-{state:06d}-{catalogue}"


def describe_part(path: Path, rows: int) -> Part:
    """The entry of a file just written."""
    return Part(path.name, path.stat().st_size, rows, file_digest(path))


def read_manifest(folder: Path) -> CutManifest | None:
    """The manifest of a cut; None where none of this layout was finished there.

    Raises:
        ChangedFileError: it is not what was written.
    """
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ChangedFileError(f"截面的清单 {folder / MANIFEST} 读不出来：{error}") from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        return None
    try:
        digest = stored.pop("digest")
        parts = tuple(Part(**part) for part in stored.pop("parts"))
        clues = tuple(stored.pop("clues"))
        manifest = CutManifest(as_of=date.fromisoformat(stored.pop("as_of")), parts=parts, clues=clues, **stored)
    except (KeyError, TypeError, ValueError) as error:
        raise ChangedFileError(f"截面的清单 {folder / MANIFEST} 缺少内容，与生成时不同，未予采用。") from error
    if manifest.digest != digest:
        raise ChangedFileError(f"截面的清单 {folder / MANIFEST} 与生成时不同，未予采用。")
    return manifest
