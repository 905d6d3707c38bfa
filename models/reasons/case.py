"""From a matrix to the reasons of some of its cases: score all, explain these, fetch their evidence, tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from features.clues.catalogue import CLUES
from features.clues.evidence import EvidenceRow, open_evidence
from features.errors import NotFoundError
from features.facts.lookup import default_day, episode_of
from features.matrix import Matrix, build_matrix
from models.reasons.contributions import explain
from models.reasons.sentences import CaseContext, CaseReasons, ReasonSettings, build_case_reasons, named_clues
from models.registry import registry
from models.scoring.levels import assign_levels, percentiles
from models.scoring.model import Model

TOLD = ReasonSettings()
"""How much is told unless a caller asks otherwise."""


class EvidenceShelf(Protocol):
    """Where evidence comes from; `features.clues.evidence.Evidence` is one."""

    def rows(
        self, episodes: Sequence[str], clue_ids: Sequence[str] | None = None
    ) -> Mapping[tuple[str, str], Sequence[EvidenceRow]]:
        """Rows by (episode, clue id)."""

    def anchors(self, episodes: Sequence[str]) -> Mapping[str, Mapping[str, date]]:
        """Known legal dates of each episode by anchor name."""


def explain_episodes(
    model: Model,
    matrix: Matrix,
    shelf: EvidenceShelf,
    episodes: Sequence[str],
    settings: ReasonSettings = TOLD,
) -> list[CaseReasons]:
    """Reasons of some episodes of a matrix, in the order asked; percentiles and levels are among the whole matrix.

    Raises:
        NotFoundError: an episode is not in the cohort of the matrix.
        ColumnMismatchError: the model knows other columns.
    """
    place = {str(name): number for number, name in enumerate(matrix.keys["episode"])}
    missing = [name for name in episodes if name not in place]
    if missing:
        raise NotFoundError(
            f"终本案件 {missing[0]} 在 {matrix.as_of} 不在评分范围内（已恢复执行、已履行、被执行人死亡或非民事案件）。"
        )
    contexts = _contexts(model, matrix, shelf, episodes, [place[name] for name in episodes])
    chosen = matrix.model_values.iloc[[place[name] for name in episodes]].set_axis(list(episodes))
    settings = settings.over_noise(model.settings)
    explanations = explain(model, chosen)
    wanted = [clue for item in explanations for clue in named_clues(item, CLUES, settings) if clue in CLUES]
    rows = shelf.rows(episodes, list(dict.fromkeys(wanted)))
    return [
        build_case_reasons(explanation, rows, context, CLUES, settings)
        for explanation, context in zip(explanations, contexts, strict=True)
    ]


def explain_case(home: Path, case_no: str, as_of: date | None = None, threads: int = 1) -> CaseReasons:
    """Reasons of the latest termination of a case by its number, in any style of brackets, with the model in use.

    Args:
        home: the home folder.
        case_no: the case number.
        as_of: the day; the last delivery's by default.
        threads: threads of the model.

    Raises:
        NotFoundError: no model, no such case, or the case is not in the cohort on the day.
    """
    model = registry.load_current(home, threads)
    day = as_of or default_day(home)
    with open_evidence(home, day) as shelf:
        episode = episode_of(shelf.facts, case_no)
        matrix = build_matrix(home, day)
        return explain_episodes(model, matrix, shelf, [episode])[0]


def _contexts(
    model: Model, matrix: Matrix, shelf: EvidenceShelf, episodes: Sequence[str], places: Sequence[int]
) -> list[CaseContext]:
    scores = model.score(matrix.model_values)
    chance = scores["probability"].to_numpy(dtype=np.float64)
    missed = scores["missed"].to_numpy(dtype=np.float64)
    ranks = percentiles(chance)
    coverage = matrix.keys["coverage"].fillna("D").astype(str).tolist()
    names = assign_levels(chance, ranks, coverage)
    anchors = shelf.anchors(episodes)
    return [
        CaseContext(
            episode=episode,
            case_no=str(matrix.keys["case_no"].iloc[row]),
            as_of=matrix.as_of,
            model_version=model.version,
            probability=float(chance[row]),
            percentile=float(ranks[row]),
            level=names[row],
            coverage=coverage[row],
            debt_fen=int(matrix.keys["debt_fen"].iloc[row]),
            amount_fen=_whole(scores["amount_fen"].iloc[row]),
            expected_fen=_whole(scores["expected_fen"].iloc[row]),
            missed=None if np.isnan(missed[row]) else float(missed[row]),
            anchors=anchors.get(episode, {}),
        )
        for episode, row in zip(episodes, places, strict=True)
    ]


def _whole(value: object) -> int | None:
    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]
