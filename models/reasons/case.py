"""Explain scored cases: contributions, evidence rows, masked sentences and context, assembled here for every caller.

The command `explain`, the service, its lists and the samples for auditors all go through `explain_cases`; they differ
only in where the score comes from and in how many reasons they ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.clues.base.clue import PROCEDURE
from features.clues.catalogue import CLUES
from features.cuts.stored import StoredCut
from features.errors import NotFoundError
from features.facts.lookup import default_day
from features.matrix import Matrix
from features.pool.pool import Pool
from features.rules.case_numbers import normal_case_number
from models.ledger.chain import SYSTEM
from models.ledger.ledger import Ledger
from models.ledger.vouched_cuts import open_vouched_cut
from models.reasons.contributions import explain
from models.reasons.sentences import (
    DEFAULT_SETTINGS,
    CaseContext,
    CaseReasons,
    ReasonSettings,
    build_case_reasons,
    named_clues,
    render_masked_sentence,
)
from models.registry import registry
from models.scoring.cohort import optional_float, optional_int, score_cohort
from models.scoring.model import Model


@dataclass(frozen=True, slots=True)
class ProcedureFinding:
    """A finding on procedure (channel B or AB): the clue, its number of rows, its sentence with names masked."""

    episode: str
    case_no: str
    clue: str
    rows: int
    sentence: str

    @property
    def label(self) -> str:
        """中文 label of the clue."""
        return CLUES[self.clue].label

    @property
    def next_step(self) -> str:
        """The clue's next step of verification."""
        return CLUES[self.clue].next_step

    @property
    def law(self) -> str:
        """The clue's law."""
        return CLUES[self.clue].law


def build_context(
    score: Mapping[str, Any] | pd.Series[Any],
    debt_fen: int,
    as_of: date,
    model_version: str,
    anchors: Mapping[str, date],
    currency_notes: tuple[str, ...] = (),
) -> CaseContext:
    """What the reasons of a case state beside its contributions: score, debt, legal dates, notes.

    Args:
        score: episode, case_no, probability, percentile, level, coverage, amount_fen, expected_fen, missed; a row of
            `score_cohort` or of `Ledger.scores`.
        debt_fen: amount not yet performed, 分.
        as_of, model_version: the day and the model of the score.
        anchors: known legal dates of the episode, by anchor name.
        currency_notes: 中文 sentences on the debtors' amounts in foreign currencies.
    """
    return CaseContext(
        episode=str(score["episode"]),
        case_no=str(score["case_no"]),
        as_of=as_of,
        model_version=model_version,
        probability=float(score["probability"]),
        percentile=float(score["percentile"]),
        level=str(score["level"]),
        coverage=str(score["coverage"]),
        debt_fen=int(debt_fen),
        amount_fen=optional_int(score["amount_fen"]),
        expected_fen=optional_int(score["expected_fen"]),
        missed=optional_float(score["missed"]),
        anchors=anchors,
        currency_notes=currency_notes,
    )


def build_contexts(
    scores: pd.DataFrame, debt_fen: pd.Series[Any], as_of: date, model_version: str, cut: StoredCut
) -> dict[str, CaseContext]:
    """Contexts of several episodes, by episode.

    Args:
        scores: see `build_context`, one row per episode, in the order wanted.
        debt_fen: amount not yet performed, 分; index episode.
        as_of, model_version: the day and the model of the scores.
        cut: the cut of the same day, for the legal dates.
    """
    rows: list[dict[str, Any]] = scores.to_dict("records")  # type: ignore[assignment]
    episodes = [str(row["episode"]) for row in rows]
    anchors, notes = cut.anchors(episodes), cut.currency_notes(episodes)

    def context(row: dict[str, Any]) -> CaseContext:
        episode = str(row["episode"])
        more = (anchors.get(episode, {}), notes.get(episode, ()))
        return build_context(row, debt_fen[row["episode"]], as_of, model_version, *more)

    contexts = map(context, rows)
    return {context.episode: context for context in contexts}


def explain_cases(
    model: Model,
    values: pd.DataFrame,
    contexts: Mapping[str, CaseContext],
    cut: StoredCut,
    settings: ReasonSettings = DEFAULT_SETTINGS,
) -> dict[str, CaseReasons]:
    """Reasons of many episodes at once; evidence is read only of the clues that become reasons.

    Args:
        model: what scored them.
        values: their matrix rows, index episode, the model's columns.
        contexts: from `build_contexts`, by episode.
        cut: of the same day and pool state.
        settings: how many reasons and rows are given.

    Raises:
        ColumnMismatchError: the model was trained on other columns.
    """
    settings = settings.over_noise(model.settings)
    explanations = explain(model, values)
    named = {clue for explanation in explanations for clue in named_clues(explanation, CLUES, settings)}
    rows = cut.rows(list(values.index), [clue for clue in CLUES if clue in named]) if len(values) else {}
    return {
        explanation.episode: build_case_reasons(explanation, rows, contexts[explanation.episode], CLUES, settings)
        for explanation in explanations
    }


def procedure_findings(cut: StoredCut, contexts: Mapping[str, CaseContext]) -> list[ProcedureFinding]:
    """Findings on the court's procedure in some episodes; they are shown beside the score and are no part of it."""
    clues = [clue.id for clue in CLUES.values() if clue.kind == "finding" and clue.channel in PROCEDURE]
    rows_by_clue = cut.rows(list(contexts), clues) if contexts else {}
    return [
        ProcedureFinding(
            episode=episode,
            case_no=contexts[episode].case_no,
            clue=clue_id,
            rows=len(rows),
            sentence=render_masked_sentence(CLUES[clue_id].sentence, rows, contexts[episode]),
        )
        for (episode, clue_id), rows in rows_by_clue.items()
    ]


def explain_episodes(
    model: Model,
    matrix: Matrix,
    cut: StoredCut,
    episodes: Sequence[str],
    settings: ReasonSettings = DEFAULT_SETTINGS,
) -> list[CaseReasons]:
    """Score a matrix and explain some of its episodes, in the order asked; errors as for `explain_cases`.

    Raises:
        NotFoundError: an episode is not in the cohort of the matrix.
    """
    keys = matrix.keys.set_index(matrix.keys["episode"].astype(str))
    missing = [name for name in episodes if name not in keys.index]
    if missing:
        raise NotFoundError(
            f"终本案件 {missing[0]} 在 {matrix.as_of} 不在评分范围内（已恢复执行、已履行、被执行人死亡或非民事案件）。"
        )
    chosen = list(episodes)
    scores = score_cohort(model, matrix).loc[chosen].reset_index()
    contexts = build_contexts(scores, keys["debt_fen"], matrix.as_of, model.version, cut)
    reasons = explain_cases(model, matrix.model_values.set_axis(keys.index).loc[chosen], contexts, cut, settings)
    return [reasons[episode] for episode in chosen]


def explain_case(home: Path, case_no: str, as_of: date | None = None, threads: int = 1) -> CaseReasons:
    """Reasons of the latest termination of a case by its number, in any style of brackets, with the model in use.

    Args:
        home: the home folder.
        case_no: the case number.
        as_of: the day; the last delivery's by default.
        threads: threads of the model.

    Raises:
        NotFoundError: no model, no such case, or the case is not in the cohort on the day.
        CaseFaultError: the case could not be computed.
    """
    model = registry.load_current(home, threads)
    day = as_of or default_day(home)
    with Ledger(home) as ledger:
        cut = open_vouched_cut(ledger, day, Pool(home).state, SYSTEM)
    cut.isolation.check_case(normal_case_number(case_no))
    return explain_episodes(model, cut.matrix(), cut, [cut.episode_of(case_no)])[0]
