"""What people and platforms are shown, as structures: the same ones become JSON, tables, xlsx and pages.

Amounts are in 分 (names end in `_fen`), probabilities 0 to 1. Names and numbers of persons are masked before they get
here. The structures are also the OpenAPI schemas.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from models.reasons.format import DISCLAIMER, REST


class ScoreView(msgspec.Struct, frozen=True):
    """One score as served; `score_id` finds it in the ledger."""

    score_id: str
    case_no: str
    as_of: date
    zb_date: date
    office: str
    probability: float
    percentile: float
    level: str
    coverage: str
    amount_fen: int | None
    expected_fen: int | None
    model_version: str
    pool_state: int
    missed: float | None = None


class QueueRow(msgspec.Struct, frozen=True):
    """One listed case: its place, its arithmetic (probability, missed, amount, product, stratum) and main reasons.

    `no_reason` says why there is none.
    """

    position: int
    score_id: str
    case_no: str
    zb_date: date
    debtor: str
    debt_fen: int
    level: str
    probability: float
    amount_fen: int | None
    expected_fen: int | None
    reasons: tuple[str, ...]
    coverage: str
    stratum: str
    petitioned: bool
    small: bool
    vulnerable: bool
    watch: str = ""
    missed: float | None = None
    no_reason: str = ""


class InclusionRow(msgspec.Struct, frozen=True):
    """One eligible case, listed or not, with its exact probability of being listed over the whole draw."""

    case_no: str
    zb_date: date
    listed: bool
    stratum: str
    inclusion: float
    probability: float
    amount_fen: int | None
    expected_fen: int | None
    missed: float | None = None


class FindingRow(msgspec.Struct, frozen=True):
    """One finding on procedure (channel B): beside the list, never part of its order."""

    case_no: str
    position: int | None
    clue: str
    label: str
    rows: int
    sentence: str
    next_step: str
    law: str


class QueueView(msgspec.Struct, frozen=True):
    """The list of an office, every inclusion probability, and the findings on procedure beside it."""

    queue_id: str
    run_id: str
    office: str
    as_of: date
    pool_state: int
    model_version: str
    capacity: int
    cohort: int
    under_review: int
    resting: int
    eligible: int
    listed: int
    seed: str
    policy: dict[str, Any]
    rows: tuple[QueueRow, ...]
    inclusion: tuple[InclusionRow, ...]
    findings: tuple[FindingRow, ...]
    notes: tuple[str, ...] = ()
    disclaimer: str = DISCLAIMER
    watch_notes: tuple[str, ...] = ()
    as_of_why: str = ""
    currency_notes: tuple[str, ...] = ()
    unscored: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class SourceView(msgspec.Struct, frozen=True):
    """Where a source row stands: table (中文), file, sheet, row."""

    table: str
    file: str
    sheet: str
    row: int | None


class EvidenceView(msgspec.Struct, frozen=True):
    """One evidence row, masked."""

    day: date | None
    amount_fen: int | None
    who: str
    note: str
    sources: tuple[SourceView, ...]


class FeatureView(msgspec.Struct, frozen=True):
    """One number beneath a reason; value None means that no source reaches it."""

    name: str
    label: str
    value: float | None
    unit: str
    contribution: float


class ReasonView(msgspec.Struct, frozen=True):
    """One clue's part in a score."""

    clue: str
    label: str
    text: str
    contribution: float
    direction: str
    features: tuple[FeatureView, ...]
    evidence: tuple[EvidenceView, ...]
    evidence_total: int
    innocent: tuple[str, ...]
    next_step: str
    law: str


class CaseView(msgspec.Struct, frozen=True):
    """One case explained: base + Σ reasons + Σ lowers + rest = margin.

    `no_reason` and `no_lower` say why there is none, `rest_label` what the rest is made of.
    """

    score: ScoreView
    debtor: str
    debt_fen: int
    cause: str
    base: float
    margin: float
    rest: float
    reasons: tuple[ReasonView, ...]
    lowers: tuple[ReasonView, ...]
    findings: tuple[FindingRow, ...]
    sources: dict[str, bool]
    notes: tuple[str, ...] = ()
    disclaimer: str = DISCLAIMER
    no_reason: str = ""
    no_lower: str = ""
    rest_label: str = REST
    as_of_why: str = ""
    currency_notes: tuple[str, ...] = ()


class ModelView(msgspec.Struct, frozen=True):
    """The model in use: what it stands on."""

    version: str
    as_of: date | None
    catalogue_version: str
    pool_state: int
    columns: int
    labels: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    registered_at: str
    code: str
    metrics: dict[str, float]


class ScoresRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which cases are to be scored, and as of which day (default: the day of the last batch)."""

    case_nos: list[str]
    as_of: date | None = None


class ScoresReply(msgspec.Struct, frozen=True):
    """Scores in the order of the request."""

    scores: tuple[ScoreView, ...]
    disclaimer: str = DISCLAIMER
    as_of_why: str = ""
