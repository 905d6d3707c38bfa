"""Leads of a home: opened from the newest data, listed from the ledger, shown with their evidence from the cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import RLock

import msgspec

from features.clues.catalogue import CLUES, VERSION
from features.clues.evidence import Evidence, SourceRef, sources
from features.clues.isolation import retried
from features.clues.sentence import mask_who, render_sentence
from features.facts.lookup import default_day
from features.leads import Lead, LeadRow, open_leads
from features.pool.pool import Pool
from features.rules.masking import mask_numbers, mask_party
from models.feedback import lead_decisions
from models.feedback.lead_decisions import MOVES, LeadEvent, Opening, StoredLead
from models.ledger.ledger import Ledger
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
    """The leads of the newest opening with their cut kept open; one per process, safe for several threads."""

    def __init__(self, home: Path, ledger: Ledger) -> None:
        self.home, self.ledger = Path(home), ledger
        self._lock = RLock()
        self._opening = ""
        self._evidence: Evidence | None = None
        self._leads: dict[str, Lead] = {}

    def close(self) -> None:
        """Close the cut."""
        with self._lock:
            if self._evidence is not None:
                self._evidence.close()
            self._evidence, self._opening, self._leads = None, "", {}

    def open(self, actor: str, as_of: date | None = None) -> Opening:
        """Open the leads of a day (default: the last delivery's) and write them to the ledger.

        Raises:
            NotEnoughDataError: the pool is empty.
            MoveError: the day lies before the last opening.
        """
        with self._lock:
            day, state = as_of or default_day(self.home), Pool(self.home).state
            self._read(day, state, f"{day}/{state}")
            return lead_decisions.record_opening(self.ledger, list(self._leads.values()), day, state, VERSION, actor)

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
        with self._lock:
            last = lead_decisions.latest_opening(self.ledger)
            if last is not None:
                self._read(last.as_of, last.pool_state, f"{last.as_of}/{last.pool_state}")
            lead = self._leads.get(stored.lead_id)
            view = lead_view(stored, lead, self._evidence, lead_decisions.lead_history(self.ledger, stored.lead_id))
            notes = self._evidence.currency_notes([stored.episode]) if self._evidence is not None else {}
            return msgspec.structs.replace(
                view,
                also_in=self._shown(view.also_in, reaches),
                opened_as_of=last.as_of if last is not None else None,
                currency_notes=notes.get(stored.episode, ()),
            )

    def _shown(self, numbers: tuple[str, ...], reaches: Callable[[str], bool]) -> tuple[str, ...]:
        """Case numbers of offices that may be shown, and how many others there are."""
        offices = {lead.case_no: lead.office for lead in self._leads.values()}
        shown = tuple(number for number in numbers if reaches(offices.get(number, "")))
        others = len(numbers) - len(shown)
        return (*shown, f"其他院管辖的案件{others}件") if others else shown

    def _read(self, day: date, state: int, opening: str) -> None:
        if self._opening == opening:
            return
        retried(self.home, day, state, lambda: self._open(day, state))
        self._opening = opening

    def _open(self, day: date, state: int) -> None:
        self.close()
        self._evidence = Evidence(self.home, day, state)
        self._leads = {lead.id: lead for lead in open_leads(self._evidence.facts)}


def lead_view(stored: StoredLead, lead: Lead | None, evidence: Evidence | None, acts: list[LeadEvent]) -> LeadView:
    """A lead as it is shown; `lead` is None where the last opening no longer found it."""
    has_evidence = lead is not None and evidence is not None
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
        clues=_clues(lead, evidence) if lead is not None and evidence is not None and has_evidence else (),
        steps=lead.steps if lead else (),
        documents=lead.documents if lead else (),
        also_in=lead.also_in if lead else (),
        history=tuple(map(_act, acts)),
        moves=MOVES[stored.state],
    )


def _clues(lead: Lead, evidence: Evidence) -> tuple[ClueRowsView, ...]:
    origin = sources(evidence.facts, {rid for row in lead.rows for rid in row.src})
    anchors = evidence.anchors([lead.episode]).get(lead.episode, {})
    table = evidence.facts.episodes
    debt = table.filter(table.episode == lead.episode).debt.to_pandas()
    debt_fen = int(debt.iloc[0]) if len(debt) else None
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
