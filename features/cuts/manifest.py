"""What a stored cut consists of: where it lies, its parts with their digests, and the manifest that is written last."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar

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

    def checked(self, folder: Path) -> Path:
        """Its path, once it is known to be what was written; ChangedFileError otherwise."""
        check_file(folder / self.file, self.sha256)
        return folder / self.file


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
        return _digest({name: value for name, value in self._content().items() if name != "seconds"})

    def part(self, file: str) -> Part:
        """The part of that name; KeyError where there is none."""
        return {part.file: part for part in self.parts}[file]

    def write(self, folder: Path) -> None:
        """Write the manifest beside its parts."""
        _write(folder, self._content(), self.digest)

    def _content(self) -> dict[str, Any]:
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def cuts_folder(home: Path) -> Path:
    """Where the cuts of a home lie, and the texts they name."""
    return Path(home) / "cuts"


def is_of_this_version(name: str) -> bool:
    """Whether a folder of that name was made by this version of the catalogue."""
    return name.partition(".")[0].endswith(f"-{VERSION}")


def cut_folder(home: Path, day: date, state: int, catalogue: str = VERSION) -> Path:
    """Where the cut of a day lies: the key is all that decides a number of it."""
    return cuts_folder(home) / f"{day}-{state:06d}-{catalogue}"


def describe_part(path: Path, rows: int) -> Part:
    """The entry of a file just written."""
    return Part(path.name, path.stat().st_size, rows, file_digest(path))


def read_manifest(folder: Path) -> CutManifest | None:
    """The manifest of a cut; None where none of this layout was finished there.

    Raises:
        ChangedFileError: it is not what was written.
    """
    stored = _read(folder)
    if stored is None:
        return None
    with _as_written(folder):
        digest, parts = stored.pop("digest"), _parts(stored.pop("parts"))
        day, clues = date.fromisoformat(stored.pop("as_of")), tuple(stored.pop("clues"))
        manifest = CutManifest(as_of=day, parts=parts, clues=clues, **stored)
        _check(manifest.digest, digest)
        return manifest


@dataclass(frozen=True, slots=True)
class PartsManifest:
    """What is made from a cut and stored beside it: its files."""

    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return _digest(self._content())

    def write(self, folder: Path) -> None:
        """Write the manifest beside its parts."""
        _write(folder, self._content(), self.digest)

    def _content(self) -> dict[str, Any]:
        return {"format": FORMAT, "parts": [asdict(part) for part in self.parts]}


def read_parts(folder: Path) -> PartsManifest | None:
    """The manifest of parts beside a cut; None where nothing was finished there. Errors as for `read_manifest`."""
    stored = _read(folder)
    if stored is None:
        return None
    with _as_written(folder):
        manifest = PartsManifest(_parts(stored["parts"]))
        _check(manifest.digest, stored["digest"])
        return manifest


class Voucher(Protocol):
    """Something that vouches for what stands under `cuts/`: the audit chain, in `models.ledger.vouched_cuts`."""

    def vouches_for(self, name: str, digest: str) -> bool:
        """Whether a folder of this digest is vouched for; ChangedFileError where one of another digest is."""

    def begin(self, name: str) -> None:
        """Called before a folder is made."""

    def finish(self, name: str, digest: str) -> None:
        """Called once it stands."""


class Digested(Protocol):
    """What a manifest says: `CutManifest` or `PartsManifest`."""

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""


Content = TypeVar("Content", bound=Digested)


def made_once(
    folder: Path, read: Callable[[Path], Content | None], make: Callable[[], Content], voucher: Voucher | None
) -> Content:
    """What a folder holds, made now where it is not there or where nobody vouches for it; others wait meanwhile.

    Args:
        folder: it appears whole or not at all.
        read: reads its manifest.
        make: makes it and returns its manifest.
        voucher: who vouches for it; None: whatever stands there whole is believed.

    Raises:
        ChangedFileError: it is not what was written.
    """

    def believed() -> Content | None:
        found = read(folder)
        return (
            found if found is not None and (voucher is None or voucher.vouches_for(folder.name, found.digest)) else None
        )

    # While a folder is made again the chain still holds the digest of the one before: the lock decides.
    with suppress(ChangedFileError):
        if (found := believed()) is not None:
            return found
    with locked(folder):
        if (found := believed()) is not None:
            return found
        if voucher is not None:
            voucher.begin(folder.name)
        made = make()
        if voucher is not None:
            voucher.finish(folder.name, made.digest)
        return made


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that one process makes; it ends with that process, whatever becomes of it."""
    locks = folder.parent / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / folder.name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write(folder: Path, content: dict[str, Any], digest: str) -> None:
    text = json.dumps({**content, "digest": digest}, ensure_ascii=False, indent=1)
    write_text(folder / MANIFEST, text, durable=True)


def _read(folder: Path) -> dict[str, Any] | None:
    with _as_written(folder):
        try:
            stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return stored if stored["format"] == FORMAT else None


def _parts(stored: list[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part(**part) for part in stored)


def _digest(content: dict[str, Any]) -> str:
    return digest_of(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())


def _check(found: str, written: str) -> None:
    if found != written:
        raise ValueError(f"digest {found[:12]}, written {written[:12]}")


@contextmanager
def _as_written(folder: Path) -> Iterator[None]:
    """Turn whatever goes wrong with the content of a manifest into one sentence."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise ChangedFileError(
            f"截面的清单 {folder / MANIFEST} 与生成时不同（{error}），未予采用；请用 ./goldenkey audit verify 查明。"
        ) from error
