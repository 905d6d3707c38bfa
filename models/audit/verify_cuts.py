"""Verify what lies under `cuts/`: every folder the audit chain says was made, file by file, and the texts they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from features.cuts.digests import ChangedFileError, file_digest
from features.cuts.leads import FOLDER_END
from features.cuts.manifest import MANIFEST, CutManifest, PartsManifest, cuts_folder, read_manifest, read_parts
from features.cuts.texts import TextStore
from models.ledger.ledger import Ledger
from models.ledger.vouched_cuts import Vouched, vouched_folders


def cut_faults(ledger: Ledger) -> Iterator[tuple[int, str]]:
    """Discrepancies between the chain and the files of cuts: number of the audit row, sentence."""
    texts = TextStore(ledger.home)
    vouched = vouched_folders(ledger)
    for one in vouched:
        for sentence in _folder_faults(cuts_folder(ledger.home) / one.name, one):
            yield one.seq, sentence
    if vouched:
        yield from ((vouched[-1].seq, sentence) for sentence in _text_faults(texts, vouched))


def _folder_faults(folder: Path, vouched: Vouched) -> Iterator[str]:
    shown = f"cuts/{folder.name}"
    try:
        manifest = _manifest(folder)
    except ChangedFileError as error:
        yield str(error)
        return
    if manifest is None:
        yield f"审计链记载的截面 {shown} 已被移走或没有清单。"
        return
    if manifest.digest != vouched.digest:
        yield f"{shown}/{MANIFEST} 与审计链的记载不符，已被改动。"
    for part in manifest.parts:
        if not (folder / part.file).is_file():
            yield f"{shown}/{part.file} 已被移走。"
        elif file_digest(folder / part.file) != part.sha256:
            yield f"{shown}/{part.file} 与生成时不同，已被改动。"
    named = {MANIFEST, *(part.file for part in manifest.parts)}
    for path in sorted(folder.iterdir()):
        if path.name not in named:
            yield f"{shown}/{path.name} 不属于该截面，是后来放入的。"


def _manifest(folder: Path) -> CutManifest | PartsManifest | None:
    return read_parts(folder) if folder.name.endswith(FOLDER_END) else read_manifest(folder)


def _text_faults(texts: TextStore, vouched: list[Vouched]) -> Iterator[str]:
    try:
        segments = texts.segments
    except ChangedFileError as error:
        yield str(error)
        return
    if any(texts.digest_of_first(one.texts) != one.texts_digest for one in vouched):
        yield "cuts/texts/segments.json 与审计链的记载不符，已被改动。"
    for path, digest in segments:
        if not path.is_file():
            yield f"cuts/texts/{path.name} 已被移走。"
        elif file_digest(path) != digest:
            yield f"cuts/texts/{path.name} 与生成时不同，已被改动。"
    known = {path.name for path, _ in segments}
    for path in sorted(texts.folder.glob("*.arrow")):
        if path.name not in known:
            yield f"cuts/texts/{path.name} 没有登记，是后来放入的。"
