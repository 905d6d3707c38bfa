"""Ablation: the same recipe fitted on parts of the clue catalogue, measured against the simulated truth.

Every part is fitted on the same labels and measured on the same later days, over every eligible episode. Reads
`truth/`, so it can only be asked of a simulated world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.lists.against_truth import against_truth, load_truth
from features.clues import catalogue
from features.cuts.matrices import build_matrices
from features.errors import GoldenKeyError
from features.matrix import Matrix
from features.pool.pool import Pool
from models.scoring.model import Model
from models.selection.eligibility import eligible, unlearnt
from training.data.labels import load_labels
from training.data.sample import Sample, assemble, scoring_dates
from training.fitting.train import TrainSettings, fit_model

FIRST_FAMILIES = (
    "funds",
    "kin_flows",
    "passthrough",
    "income",
    "vehicles",
    "acquired",
    "disposals",
    "registered",
    "procedure",
    "timers",
    "petitions",
    "coverage",
    "process",
    "context",
)
"""The families the catalogue began with."""

UNKNOWN_WAYS = ("wage_advance", "stock_partner")
"""Ways of concealing that no clue looks for (docs/domain.md section 5.4 and the world's settings)."""


@dataclass(frozen=True, slots=True)
class CataloguePart:
    """A part of the catalogue: its name and the columns of the matrix that belong to it."""

    name: str
    columns: tuple[str, ...]


def catalogue_parts(named: Mapping[str, Sequence[str]] | None = None) -> list[CataloguePart]:
    """The first families, the whole catalogue, and the whole without each family that is not context.

    Raises:
        GoldenKeyError: a family of `named` is unknown.
    """
    family_of = {name: catalogue.CLUES[catalogue.CLUE_OF[name]].family for name in catalogue.MODEL_FEATURES}
    families = set(family_of.values())
    if named is not None:
        unknown = sorted({family for chosen in named.values() for family in chosen} - families)
        if unknown:
            raise GoldenKeyError(f"没有名为 {'、'.join(unknown)} 的线索族；可用的有 {'、'.join(sorted(families))}。")
        return [CataloguePart(name, _columns(family_of, chosen)) for name, chosen in named.items()]
    return [CataloguePart("最初各族", _columns(family_of, FIRST_FAMILIES)), CataloguePart("全部目录", tuple(family_of))]


def _columns(family_of: Mapping[str, str], families: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name, family in family_of.items() if family in families)


def compare_parts(
    home: Path,
    truth: Path,
    as_of: date,
    days: Sequence[date],
    capacity: int,
    chosen: Sequence[CataloguePart] | None = None,
    settings: TrainSettings | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """One row per part and order: columns of the matrix, cases listed, found, precision, recovered (元), AUC, and the
    share of concealers of the two unknown ways found.

    Args:
        home: the home folder. truth: the world's `truth/`. as_of: labels concluded later are not seen.
        days: days on which the lists are drawn. capacity: cases per office and day.
        chosen: parts, by default the first families and the whole catalogue.
    """
    pool = Pool(home)
    state = pool.state
    with pool.as_of(as_of, state) as cut:
        known = load_labels(cut)
    sample = assemble(known, build_matrices(home, scoring_dates(known), state=state))
    matrices = build_matrices(home, days, state=state)
    truth_rows = load_truth(truth)
    rows = []
    for part in chosen or catalogue_parts():
        model, _ = fit_model(
            _with_columns(sample, part.columns),
            as_of,
            state,
            threads=threads,
            settings=settings or TrainSettings(),
        )
        scored = {day: _score_eligible(model, matrix, part.columns, known) for day, matrix in matrices.items()}
        report = against_truth(scored, truth_rows, capacity)
        rows += [
            {
                "part": part.name,
                "columns": len(part.columns),
                **{name: row[name] for name in ("order", "listed", "found", "precision", "recovered")},
                "auc": report.auc,
                "brier": report.brier,
                **_unknown_ways_found(scored, truth_rows, capacity, str(row["order"])),
            }
            for row in report.by_order.to_dict("records")
            if row["order"] in ("model", "probability")
        ]
    return pd.DataFrame(rows)


def _with_columns(sample: Sample, columns: Sequence[str]) -> Sample:
    return replace(sample, values=sample.values[list(columns)])


def _score_eligible(model: Model, matrix: Matrix, columns: Sequence[str], known: pd.DataFrame) -> pd.DataFrame:
    """Scored episodes that may be listed on the day of the matrix and whose label the model was not trained on."""
    scores = model.score(matrix.model_values[list(columns)]).reset_index(drop=True)
    frame = pd.concat([matrix.keys.reset_index(drop=True), scores], axis=1)
    return frame[eligible(frame, matrix.as_of) & unlearnt(frame, known)]


def _unknown_ways_found(
    scored: Mapping[date, pd.DataFrame], truth_rows: pd.DataFrame, capacity: int, order: str
) -> dict[str, float]:
    """Concealers who use an unknown way: how many were eligible, and which share the lists held."""
    by = "expected_fen" if order == "model" else "probability"
    ways = truth_rows[["case_no", "zb_date", "ways"]].drop_duplicates(["case_no", "zb_date"])
    eligible = listed = 0
    for frame in scored.values():
        joined = frame.merge(ways, on=["case_no", "zb_date"], how="left")
        hidden = joined["ways"].fillna("").str.contains("|".join(UNKNOWN_WAYS))
        ordered = joined.sort_values([by, "episode"], ascending=[False, True], kind="stable")
        top = ordered.groupby("office", sort=False).head(capacity).index
        eligible += int(hidden.sum())
        listed += int(hidden.loc[top].sum())
    return {"unknown_ways": eligible, "unknown_found": listed / eligible if eligible else np.nan}
