"""The data of a lead: one asset that may be enforced against, in one case chain, with the rows that point at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One row of a clue about the thing.

    Attributes:
        clue: id of the clue.
        episode: the termination episode the row was found on.
        day: when it was so.
        amount_fen: 分, None where none is meant or known.
        who, note: as the clue says them (as delivered: mask before anyone reads them).
        src: row ids of the source rows that say it (see `features.clues.evidence.sources`).
        key: digest of what the row says (clue, day, who, place among equals), the same at every later opening;
            amounts, notes and row ids may be corrected by later deliveries without making it another row.
    """

    clue: str
    episode: str
    day: date | None
    amount_fen: int | None
    who: str
    note: str
    src: tuple[int, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """One thing taken off the gross value.

    Attributes:
        kind: mortgage, seal, seal_register, home, fund.
        label: 中文 name.
        amount_fen: 分 taken off; None where it is not known, which leaves the net value unknown.
        law: statute, rule or setting it stands on, worded as unverified where it is.
        rid: the source row that says it, or None where a setting alone does.
        note: a few words (mortgagee's or other case's number as delivered, terms).
    """

    kind: str
    label: str
    amount_fen: int | None
    law: str
    rid: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the thing was not reached: the query that is missing or the step that is late.

    Attributes:
        code: stable code (QRY-VEH, HIT-IDLE ...).
        label: 中文.
        group: which of the five problems that courts find in their own enforcement it belongs to (docs/domain.md
            section 6.31).
        unit: whose step it is; a kind of unit, never a person.
        note: what was searched and what was found or not found.
        rid: a source row that says it or creates the duty.
    """

    code: str
    label: str
    group: str
    unit: str
    note: str
    rid: int | None


@dataclass(frozen=True, slots=True)
class Route:
    """Where a lead may go: 民事, 刑事, 行政 or 公益, with the matter and why it is to be looked at there."""

    code: str
    label: str
    matter: str
    why: str
    law: str


@dataclass(frozen=True, slots=True)
class ExOfficioGround:
    """A ground on which supervision might start ex officio, as a question the prosecutor answers; never a finding."""

    code: str
    label: str
    question: str
    law: str


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead.

    Attributes:
        id: `L` and sixteen digits of the digest of asset and chain: the same thing has the same id at every opening.
        asset_class, class_label: code and 中文 of the kind of thing (config/leads.toml).
        asset_id: the thing's number (VIN, unit number, policy ...; of a step of procedure the clue's id): mask before
            anyone reads it.
        asset_name: plate, insurer, company ... as delivered, or "".
        holder: canonical number of whoever holds it by the newest entry known on the day, or "".
        holder_tie: 被执行人, the relation to one, 案外人, or "" where no entry says.
        chain: first case of the chain; case_no, episode, zb_date: its latest termination among the rows.
        office: division code of the court; court: its name as addressee of a recommendation.
        clues: ids of the clues, in the order of the catalogue.
        rows: every row of every clue about the thing in this chain, oldest first.
        value_fen: gross value in 分, None where unknown; value_rid: the source row that says it; value_note: how.
        deductions: what is taken off.
        net_fen: value less deductions, at least 0; None where the value or a deduction is unknown.
        net_note: the plain statement of what the net value is, or why it is not known.
        causes: why the thing was not reached, the main one first.
        routes: where it may go, 民事 first.
        grounds: questions on starting ex officio.
        steps: next steps of its clues; documents: (document, unit) to get.
        also_in: case numbers of other chains with a lead on the same thing.
    """

    id: str
    asset_class: str
    class_label: str
    asset_id: str
    asset_name: str
    holder: str
    holder_tie: str
    chain: str
    case_no: str
    episode: str
    zb_date: date
    office: str
    court: str
    clues: tuple[str, ...]
    rows: tuple[LeadRow, ...]
    value_fen: int | None
    value_rid: int | None
    value_note: str
    deductions: tuple[Deduction, ...]
    net_fen: int | None
    net_note: str
    causes: tuple[Cause, ...]
    routes: tuple[Route, ...]
    grounds: tuple[ExOfficioGround, ...]
    steps: tuple[str, ...]
    documents: tuple[tuple[str, str], ...]
    also_in: tuple[str, ...]

    @property
    def cause(self) -> str:
        """Code of the main cause."""
        return self.causes[0].code

    @property
    def first_day(self) -> date | None:
        """The earliest day of its rows."""
        return min((row.day for row in self.rows if row.day is not None), default=None)

    @property
    def last_day(self) -> date | None:
        """The latest day of its rows."""
        return max((row.day for row in self.rows if row.day is not None), default=None)
