"""Leads of a home: opened from the newest data, listed from the ledger, shown with their evidence from the cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import RLock

import msgspec

from features.clues.catalogue import CLUES, VERSION
from features.clues.evidence import SourceRef
from features.clues.sentence import mask_who, render_sentence
from features.cuts.leads import StoredLeads
from features.cuts.stored import StoredCut
from features.facts.lookup import default_day
from features.leads import Lead, LeadRow
from features.pool.pool import Pool
from features.rules.masking import mask_numbers, mask_party
from models.feedback import lead_decisions
from models.feedback.lead_decisions import MOVES, LeadEvent, Opening, StoredLead
from models.ledger.chain import SYSTEM
from models.ledger.ledger import Ledger
from models.ledger.vouched_cuts import open_vouched_cut, open_vouched_leads
from serving.leads.views import (
    ActView,
    CauseView,
    ClueRowsView,
    DeductionView,
    GroundView,
    LeadView,
    RouteView,
    row_view,
)
from serving.queue.views import EvidenceView, SourceView

ROWS_SHOWN = 40
"""Most rows of a clue that are shown; of further ones only the number is given."""


class LeadStore:
    """The leads of the newest opening with the cut they were opened on; one per process, safe for several threads."""

    def __init__(self, home: Path, ledger: Ledger) -> None:
        self.home, self.ledger = Path(home), ledger
        self._lock = RLock()
        self._opened: tuple[Opening, StoredCut, StoredLeads] | None = None

    def open(self, actor: str, as_of: date | None = None) -> Opening:
        """Open the leads of a day (default: the last delivery's) and write them to the ledger.

        Raises:
            NotEnoughDataError: the pool is empty.
            MoveError: the day lies before the last opening.
        """
        with self._lock:
            day, state = as_of or default_day(self.home), Pool(self.home).state
            leads = open_vouched_leads(self.ledger, open_vouched_cut(self.ledger, day, state, actor), actor).all()
            return lead_decisions.record_opening(self.ledger, leads, day, state, VERSION, actor)

    def current(self, actor: str) -> Opening:
        """The newest set of leads; built anew where there is none, or where deliveries arrived since."""
        last = lead_decisions.latest_opening(self.ledger)
        if last is not None and (last.pool_state >= Pool(self.home).state or last.as_of > default_day(self.home)):
            return last
        return self.open(actor)

    def view(self, stored: StoredLead, reaches: Callable[[str], bool]) -> LeadView:
        """One lead with its evidence, read from the cut of the last opening.

        Args:
            stored: the lead as the ledger keeps it.
            reaches: whether an office may be shown; other cases of offices that may not are only counted.
        """
        last = lead_decisions.latest_opening(self.ledger)
        acts = lead_decisions.lead_history(self.ledger, stored.lead_id)
        if last is None:
            return lead_view(stored, None, None, acts)
        cut, leads = self._read(last)
        view = lead_view(stored, leads.lead(stored.lead_id), cut, acts)
        return msgspec.structs.replace(
            view,
            also_in=_shown(leads, view.also_in, reaches),
            opened_as_of=last.as_of,
            currency_notes=cut.currency_notes([stored.episode]).get(stored.episode, ()),
        )

    def _read(self, last: Opening) -> tuple[StoredCut, StoredLeads]:
        """The leads of an opening and their cut."""
        with self._lock:
            if self._opened is None or self._opened[0] != last:
                cut = open_vouched_cut(self.ledger, last.as_of, last.pool_state, SYSTEM)
                self._opened = (last, cut, open_vouched_leads(self.ledger, cut, SYSTEM))
            return self._opened[1:]


def _shown(leads: StoredLeads, numbers: tuple[str, ...], reaches: Callable[[str], bool]) -> tuple[str, ...]:
    """Case numbers of offices that may be shown, and how many others there are."""
    shown = tuple(number for number in numbers if reaches(leads.offices.get(number, "")))
    others = len(numbers) - len(shown)
    return (*shown, f"其他院管辖的案件{others}件") if others else shown


def lead_view(stored: StoredLead, lead: Lead | None, cut: StoredCut | None, acts: list[LeadEvent]) -> LeadView:
    """A lead as it is shown; `lead` is None where the last opening no longer found it."""
    return LeadView(
        lead=row_view(stored),
        holder=mask_party(lead.holder) if lead and lead.holder else "",
        value_note=lead.value_note if lead else "",
        deductions=tuple(
            DeductionView(one.label, one.amount_fen, one.law, mask_party(one.note) if one.note else "")
            for one in (lead.deductions if lead else ())
        ),
        causes=tuple(
            CauseView(one.code, one.label, one.group, one.unit, one.note) for one in (lead.causes if lead else ())
        ),
        routes=tuple(RouteView(one.label, one.matter, one.why, one.law) for one in (lead.routes if lead else ())),
        grounds=tuple(GroundView(one.label, one.question, one.law) for one in (lead.grounds if lead else ())),
        clues=_clues(lead, cut) if lead is not None and cut is not None else (),
        steps=lead.steps if lead else (),
        documents=lead.documents if lead else (),
        also_in=lead.also_in if lead else (),
        history=tuple(map(_act, acts)),
        moves=MOVES[stored.state],
    )


def _clues(lead: Lead, cut: StoredCut) -> tuple[ClueRowsView, ...]:
    origin = cut.sources(sorted({row.episode for row in lead.rows}), lead.clues)
    anchors = cut.anchors([lead.episode]).get(lead.episode, {})
    debt_fen = cut.column([lead.episode], "debt")[0]
    views = []
    for id in lead.clues:
        rows = [_masked(row) for row in lead.rows if row.clue == id]
        shown = tuple(_evidence(row, origin) for row in rows[:ROWS_SHOWN])
        text = render_sentence(CLUES[id].sentence, rows, anchors, debt_fen)
        views.append(ClueRowsView(id, CLUES[id].label, text, shown, len(rows), CLUES[id].innocent, CLUES[id].law))
    return tuple(views)


def _masked(row: LeadRow) -> LeadRow:
    return replace(row, who=mask_who(row.who) if row.who else "", note=mask_numbers(row.note))


def _evidence(row: LeadRow, origin: dict[int, SourceRef]) -> EvidenceView:
    places = tuple(
        SourceView(ref.label, mask_numbers(ref.file), ref.sheet, ref.row)
        for rid in row.src
        if (ref := origin.get(rid)) is not None
    )
    return EvidenceView(row.day, row.amount_fen, row.who, row.note, places)


def _act(act: LeadEvent) -> ActView:
    named = (act.payload["from"], act.payload["to"], act.payload["reason_code"], act.payload["department"])
    return ActView(act.seq, act.at, act.actor, *named)
