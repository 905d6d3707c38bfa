"""Reasons for people: explanations of scored episodes joined to their evidence on one cut of the pool."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import pandas as pd

from features.clues.catalogue import CLUES
from features.clues.evidence import Evidence
from features.schema import TABLES
from models.ledger.records import Run
from models.reasons import format as formatting
from models.reasons.contributions import explain
from models.reasons.masking import mask_name
from models.reasons.sentences import (
    CaseContext,
    CaseReasons,
    Reason,
    ReasonSettings,
    build_case_reasons,
    named_clues,
    render_masked_sentence,
)
from models.scoring.model import Model
from serving.queue.views import CaseView, EvidenceView, FeatureView, FindingRow, ReasonView, ScoreView, SourceView


def score_view(score: pd.Series[Any], run: Run) -> ScoreView:
    """A row of `Ledger.scores` as it is served."""
    return ScoreView(
        score_id=str(score["score_id"]),
        case_no=str(score["case_no"]),
        as_of=run.as_of,
        zb_date=termination(str(score["episode"])),
        office=str(score["office"]),
        probability=float(str(score["probability"])),
        percentile=float(str(score["percentile"])),
        level=str(score["level"]),
        coverage=str(score["coverage"]),
        amount_fen=whole(score["amount_fen"]),
        expected_fen=whole(score["expected_fen"]),
        model_version=run.model_version,
        pool_state=run.pool_state,
        missed=share(score["missed"]),
    )


def row_of(frame: pd.DataFrame, key: Any) -> pd.Series[Any]:
    """The one row of a frame with this index label."""
    return cast("pd.Series[Any]", frame.loc[key])


def termination(episode: str) -> date:
    """Termination date of an episode, which its id ends with."""
    return date.fromisoformat(episode.rsplit("@", 1)[1])


def share(value: object) -> float | None:
    """A float of a frame, None where it is missing."""
    return None if value is None or value is pd.NA or value != value else float(str(value))


def whole(value: object) -> int | None:
    """A nullable integer of a frame as Python knows it."""
    return None if value is None or value is pd.NA else int(str(value))


def reasons_of(
    model: Model,
    values: pd.DataFrame,
    contexts: Mapping[str, CaseContext],
    evidence: Evidence,
    settings: ReasonSettings,
) -> dict[str, CaseReasons]:
    """Reasons of many episodes at once, evidence fetched for the named clues alone.

    Args:
        model: what scored them.
        values: their matrix rows, index episode, the model's columns.
        contexts: what is known beside, by episode.
        evidence: an open cut of the same day and state.
        settings: how much is told.
    """
    settings = settings.over_noise(model.settings)
    explained = explain(model, values)
    named = {item.episode: named_clues(item, CLUES, settings) for item in explained}
    clues = [clue for clue in CLUES if any(clue in chosen for chosen in named.values())]
    rows = evidence.rows(list(values.index), clues) if len(values) else {}
    return {item.episode: build_case_reasons(item, rows, contexts[item.episode], CLUES, settings) for item in explained}


def findings_of(
    evidence: Evidence, contexts: Mapping[str, CaseContext], positions: Mapping[str, int]
) -> tuple[FindingRow, ...]:
    """Findings on procedure (channels B and AB) of these episodes, listed cases first in the order of the list."""
    clues = [clue for clue in CLUES.values() if clue.kind == "finding" and clue.channel in ("B", "AB")]
    found = evidence.rows(list(contexts), [clue.id for clue in clues]) if contexts else {}
    told = [
        FindingRow(
            case_no=contexts[episode].case_no,
            position=positions.get(episode),
            clue=clue_id,
            label=CLUES[clue_id].label,
            rows=len(rows),
            sentence=render_masked_sentence(CLUES[clue_id].sentence, rows, contexts[episode]),
            next_step=CLUES[clue_id].next_step,
            law=CLUES[clue_id].law,
        )
        for (episode, clue_id), rows in found.items()
    ]
    last = len(positions) + 1
    return tuple(sorted(told, key=lambda row: (row.position or last, row.case_no, row.clue)))


def case_view(
    told: CaseReasons,
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
        debt_fen=told.context.debt_fen,
        cause=str(key["cause"] or ""),
        base=told.base,
        margin=told.margin,
        rest=told.rest,
        reasons=tuple(map(_reason, told.reasons)),
        lowers=tuple(map(_reason, told.lowers)),
        findings=findings,
        sources=dict(sources),
        notes=notes,
        disclaimer=told.disclaimer,
        no_reason=told.no_reason,
        no_lower=told.no_lower,
        rest_label=told.rest_label,
    )


def place(source: SourceView) -> str:
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
