"""Views of scores, reasons and findings: what `models.reasons.case` assembled, as the service serialises it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

import pandas as pd

from features.rules.masking import mask_name
from features.schema import TABLES
from models.ledger.records import Run
from models.reasons import format as formatting
from models.reasons.case import ProcedureFinding
from models.reasons.sentences import CaseReasons, Reason
from models.scoring.cohort import optional_float, optional_int
from serving.queue.views import CaseView, EvidenceView, FeatureView, FindingRow, ReasonView, ScoreView, SourceView


def score_view(score: pd.Series[Any], run: Run) -> ScoreView:
    """A row of `Ledger.scores` as it is served."""
    return ScoreView(
        score_id=str(score["score_id"]),
        case_no=str(score["case_no"]),
        as_of=run.as_of,
        zb_date=termination_date(str(score["episode"])),
        office=str(score["office"]),
        percentile=float(score["percentile"]),
        level=str(score["level"]),
        coverage=str(score["coverage"]),
        model_version=run.model_version,
        pool_state=run.pool_state,
        **score_figures(score),
    )


def score_figures(score: pd.Series[Any]) -> dict[str, Any]:
    """The numbers of a row of `Ledger.scores` that every view of a score shows, None where one is not known."""
    return {
        "probability": float(score["probability"]),
        "missed": optional_float(score["missed"]),
        "amount_fen": optional_int(score["amount_fen"]),
        "expected_fen": optional_int(score["expected_fen"]),
    }


def row_of(frame: pd.DataFrame, key: Any) -> pd.Series[Any]:
    """The one row of a frame with this index label."""
    return cast("pd.Series[Any]", frame.loc[key])


def termination_date(episode: str) -> date:
    """Termination date of an episode, which its id ends with."""
    return date.fromisoformat(episode.rsplit("@", 1)[1])


def finding_rows(findings: Iterable[ProcedureFinding], positions: Mapping[str, int]) -> tuple[FindingRow, ...]:
    """Findings as rows of a list, cases of the list first in the order of `positions` (episode -> position)."""
    last = len(positions) + 1
    rows = [
        FindingRow(
            case_no=finding.case_no,
            position=positions.get(finding.episode),
            clue=finding.clue,
            label=finding.label,
            rows=finding.rows,
            sentence=finding.sentence,
            next_step=finding.next_step,
            law=finding.law,
        )
        for finding in findings
    ]
    return tuple(sorted(rows, key=lambda row: (row.position or last, row.case_no, row.clue)))


def case_view(
    reasons: CaseReasons,
    score: ScoreView,
    key: pd.Series[Any],
    findings: tuple[FindingRow, ...],
    sources: Mapping[str, bool],
    notes: tuple[str, ...],
) -> CaseView:
    """One case as it is shown; `key` is its row of the matrix keys."""
    return CaseView(
        score=score,
        debtor=mask_name(str(key["debtor_name"] or "")) or "（未载明）",
        debt_fen=reasons.context.debt_fen,
        cause=str(key["cause"] or ""),
        base=reasons.base,
        margin=reasons.margin,
        rest=reasons.rest,
        reasons=tuple(map(_reason, reasons.reasons)),
        lowers=tuple(map(_reason, reasons.lowers)),
        findings=findings,
        sources=dict(sources),
        notes=notes,
        disclaimer=reasons.disclaimer,
        no_reason=reasons.no_reason,
        no_lower=reasons.no_lower,
        rest_label=reasons.rest_label,
    )


def source_location(source: SourceView) -> str:
    """Where a source row stands, in words."""
    return f"{source.table} {formatting.format_location(source.file, source.sheet or None, source.row)}"


def _reason(reason: Reason) -> ReasonView:
    return ReasonView(
        clue=reason.clue,
        label=reason.label,
        text=reason.text,
        contribution=reason.contribution,
        direction=reason.direction,
        features=tuple(
            FeatureView(line.feature, line.label, line.value, line.unit, line.contribution) for line in reason.features
        ),
        evidence=tuple(
            EvidenceView(
                line.day,
                line.amount_fen,
                line.who,
                line.note,
                tuple(SourceView(TABLES[table].label, file, sheet, row) for table, _, file, sheet, row in line.sources),
            )
            for line in reason.evidence
        ),
        evidence_total=reason.evidence_total,
        innocent=reason.innocent,
        next_step=reason.next_step,
        law=reason.law,
    )
