"""Records of reviews as structures: what a platform sends, what it is answered. Amounts in 分; no person's name."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from models.feedback.funnel import NOTE
from models.reasons.format import DISCLAIMER

Label = Literal["Y1", "Y2", "Y3", "Y4", "Y5", "Y6"]
Answer = Literal["adopted", "partly", "refused", "overdue"]


class OutcomeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a review, whole: what is left out is blank in this version."""

    case_no: str
    zb_date: date
    office: str
    selected_on: date
    accept_date: date
    origin: str | None = None
    reviewer: str | None = None
    score_id: str | None = None
    conclude_date: date | None = None
    label: Label | None = None
    irregularity: tuple[str, ...] = ()
    found_kind: str | None = None
    found_value_fen: int | None = None
    sug_date: date | None = None
    reply_date: date | None = None
    reply: Answer | None = None
    resume_date: date | None = None
    recovered_amount_fen: int | None = None
    recovered_date: date | None = None
    unaided: bool | None = None
    false_positive_reason: str | None = None


class OutcomeView(msgspec.Struct, frozen=True):
    """A review as it stands; who reviewed is kept and not shown."""

    review_id: str
    case_no: str
    zb_date: date
    office: str
    selected_on: date
    accept_date: date
    origin: str | None
    score_id: str | None
    conclude_date: date | None
    label: str | None
    irregularity: tuple[str, ...]
    found_kind: str | None
    found_value_fen: int | None
    sug_date: date | None
    reply_date: date | None
    reply: str | None
    resume_date: date | None
    recovered_amount_fen: int | None
    recovered_date: date | None
    unaided: bool | None
    false_positive_reason: str | None
    known_at: date
    batch: int


class OutcomeReply(msgspec.Struct, frozen=True):
    """What a record did: `result` is new, changed or unchanged; `notes` say what to look at."""

    result: str
    outcome: OutcomeView
    notes: tuple[str, ...]


class OutcomesReply(msgspec.Struct, frozen=True):
    """A page of the reviews within the jurisdiction."""

    as_of: date
    office: str
    total: int
    offset: int
    outcomes: tuple[OutcomeView, ...]
    disclaimer: str = DISCLAIMER
    as_of_why: str = ""


class FunnelReply(msgspec.Struct, frozen=True):
    """Figures by quarter of selection and their sums; `office` is empty for all, pooled."""

    as_of: date
    office: str
    headings: dict[str, str]
    quarters: dict[str, dict[str, int]]
    total: dict[str, int]
    note: str = NOTE
    as_of_why: str = ""
