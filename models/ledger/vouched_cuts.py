"""Cuts under the audit chain: an intent before a cut is made, its digest when it stands, and the check of both.

What lies under `cuts/` is believed only where the chain says with which digest it was made; anything else is made anew.
An intent without a completion is what a crash leaves: the next who asks for that cut makes it again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from features.clues.catalogue import VERSION
from features.cuts.digests import ChangedFileError
from features.cuts.leads import StoredLeads, open_stored_leads
from features.cuts.manifest import cuts_folder, is_of_this_version
from features.cuts.stored import StoredCut, open_stored_cut
from features.cuts.texts import TextStore
from features.files.atomic import writer_lives
from models.database.engine import reading
from models.database.tables import AUDIT
from models.ledger.ledger import Ledger
from models.ledger.records import Run

BEGIN, MAKE = "cut.begin", "cut.make"
"""Acts of the audit chain; the subject is the name of the folder under `cuts/`."""


class ChainVoucher:
    """What the audit chain of a home says of the folders under `cuts/`; see `features.cuts.manifest.Voucher`."""

    def __init__(self, ledger: Ledger, actor: str) -> None:
        self._ledger, self._actor = ledger, actor
        self._texts = TextStore(ledger.home)

    def vouches_for(self, name: str, digest: str) -> bool:
        """Whether the chain holds that a folder was made with this digest.

        Raises:
            ChangedFileError: it was made with another, or the texts it names were changed since.
        """
        payload = vouched_payload(self._ledger, name)
        if payload is None:
            return False
        if payload["digest"] != digest:
            raise ChangedFileError(
                f"cuts/{name} 与审计链的记载不符（记载 {payload['digest'][:12]}…，实为 {digest[:12]}…），未予采用；"
                "请用 ./goldenkey audit verify 查明。"
            )
        if self._texts.digest_of_first(int(payload["texts"])) != payload["texts_digest"]:
            raise ChangedFileError("cuts/texts 与审计链的记载不符，未予采用；请用 ./goldenkey audit verify 查明。")
        return True

    def begin(self, name: str) -> None:
        """Record that a folder is about to be made."""
        self._ledger.record(self._actor, BEGIN, name, {})

    def finish(self, name: str, digest: str) -> None:
        """Record that it stands, with its digest and that of the texts it may name."""
        texts = self._texts.segment_count
        payload = {"digest": digest, "texts": texts, "texts_digest": self._texts.digest_of_first(texts)}
        self._ledger.record(self._actor, MAKE, name, payload)


def vouched_payload(ledger: Ledger, name: str) -> Mapping[str, Any] | None:
    """What the chain last recorded of a folder that stands: digest, texts, texts_digest; None where it has nothing."""
    query = select(AUDIT.c.payload).where(AUDIT.c.act == MAKE, AUDIT.c.subject == name)
    with reading(ledger.engine) as connection:
        payload = connection.execute(query.order_by(AUDIT.c.seq.desc()).limit(1)).scalar()
    found: Mapping[str, Any] | None = None if payload is None else json.loads(payload)
    return found


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the chain last recorded of a folder under `cuts/`: row of the chain, name, digest, and the texts it may name
    (how many segments, and the digest over them)."""

    seq: int
    name: str
    digest: str
    texts: int
    texts_digest: str


def vouched_folders(ledger: Ledger) -> list[Vouched]:
    """Every folder that the chain says was made, each as last recorded, in the order of the chain."""
    query = select(AUDIT.c.seq, AUDIT.c.subject, AUDIT.c.payload).where(AUDIT.c.act == MAKE).order_by(AUDIT.c.seq)
    with reading(ledger.engine) as connection:
        rows = connection.execute(query).all()
    last = {name: Vouched(seq, name, **json.loads(payload)) for seq, name, payload in rows}
    return sorted(last.values(), key=lambda one: one.seq)


def open_vouched_cut(ledger: Ledger, as_of: date, state: int, actor: str, catalogue: str = VERSION) -> StoredCut:
    """The cut of a day that the chain vouches for, made now where there is none; see `open_stored_cut`.

    Raises:
        ChangedFileError: a file is not what the chain recorded.
        UnknownActorError: it must be made and the actor is not registered; nothing is made.
        GoldenKeyError: the day lies in the future.
    """
    return open_stored_cut(ledger.home, as_of, state, catalogue, ChainVoucher(ledger, actor))


def cut_of_run(ledger: Ledger, run: Run, actor: str) -> StoredCut:
    """The cut that a run was scored from; errors as for `open_vouched_cut`."""
    return open_vouched_cut(ledger, run.as_of, run.pool_state, actor, run.catalogue_version)


def open_vouched_leads(ledger: Ledger, cut: StoredCut, actor: str) -> StoredLeads:
    """The leads of a cut, likewise; errors as for `open_vouched_cut`."""
    return open_stored_leads(cut, ChainVoucher(ledger, actor))


def drop_cuts(ledger: Ledger) -> list[str]:
    """Remove what nothing was told from and nobody will read: cuts of other versions of the catalogue that the chain
    does not name (training makes cuts of past days), and what a process that is gone left half made.

    Cuts that the chain names stay.

    Returns:
        Names of the folders removed.
    """
    folder = cuts_folder(ledger.home)
    named = {one.name for one in vouched_folders(ledger)}
    dropped = [path for path in folder.glob("[0-9]*") if path.name not in named and not is_of_this_version(path.name)]
    dropped += [path for path in folder.glob(".*.tmp") if not writer_lives(path)]
    for path in dropped:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(path.name for path in dropped)
