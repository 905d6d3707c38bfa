"""The training sample: each label joined to the matrix row its episode had before it was selected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.matrix import Matrix
from training.data.labels import scoring_date
from training.data.splits import Rows, groups

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Training rows.

    Attributes:
        values: matrix (n, k), NaN = unknown.
        outcome: 1.0, 0.0 or NaN (left out of the concealment head), shape (n,).
        fen: amount recovered, 分, or NaN (not known), shape (n,).
        scored: scoring date of every row.
        concluded: date its label was known.
        group: connected debtors and chains, numbered.
        lost: labels whose episode was not in the cohort at their scoring date.
        office: office that reviewed each row, or None where it is not known.
        weight: how much each row counts, shape (n,); None where all count alike.
        notes: 中文 sentences on the weights.
        missed: 1.0 where the court missed property, 0.0 where there was none, NaN elsewhere, shape (n,); None where not
            known.
        paid_weight: factor of the weight of each row in the amount head, shape (n,); None where all count alike.
    """

    values: pd.DataFrame
    outcome: Array
    fen: Array
    scored: pd.Series
    concluded: pd.Series
    group: Rows
    lost: int = 0
    office: pd.Series | None = None
    weight: Array | None = None
    notes: tuple[str, ...] = ()
    paid_weight: Array | None = None
    missed: Array | None = None

    def take(self, rows: Rows) -> Sample:
        """The sample of some rows, in the order given."""
        return Sample(
            self.values.iloc[rows].reset_index(drop=True),
            self.outcome[rows],
            self.fen[rows],
            self.scored.iloc[rows].reset_index(drop=True),
            self.concluded.iloc[rows].reset_index(drop=True),
            self.group[rows],
            self.lost,
            office=None if self.office is None else self.office.iloc[rows].reset_index(drop=True),
            weight=None if self.weight is None else self.weight[rows],
            notes=self.notes,
            paid_weight=None if self.paid_weight is None else self.paid_weight[rows],
            missed=None if self.missed is None else self.missed[rows],
        )

    def with_outcome(self) -> Sample:
        """Rows for the concealment head: those with an outcome."""
        return self.take(np.flatnonzero(~np.isnan(self.outcome)))

    def with_missed(self) -> Sample:
        """Rows for the head of property the court missed: those where `missed` is known, with it as their outcome."""
        if self.missed is None:
            return self.take(np.zeros(0, dtype=np.int64))
        known = self.take(np.flatnonzero(~np.isnan(self.missed)))
        return replace(known, outcome=known.missed) if known.missed is not None else known

    def with_amount(self) -> Sample:
        """Rows for the amount head, with its weights: those whose recovery is known."""
        known = self.take(np.flatnonzero(~np.isnan(self.fen)))
        if known.paid_weight is None:
            return known
        return replace(known, weight=known.paid_weight * (1.0 if known.weight is None else known.weight))

    @property
    def normalised_weight(self) -> Array | None:
        """Weights scaled to mean 1, shape (n,); None where all rows count alike."""
        if self.weight is None or not len(self.weight) or np.ptp(self.weight) == 0:
            return None
        return self.weight / float(self.weight.mean())

    @property
    def positives(self) -> int:
        """Number of positive outcomes."""
        return int(np.nansum(self.outcome))


def scoring_dates(labels: pd.DataFrame) -> list[date]:
    """The distinct scoring dates of labels, rising."""
    return sorted(set(scoring_date(labels["selected_on"]))) if len(labels) else []


def assemble(labels: pd.DataFrame, matrices: Mapping[date, Matrix]) -> Sample:
    """Join labels to matrix rows by (case number, termination date) at the last quarter end before selection.

    Args:
        labels: from `training.data.labels.load_labels`; with columns `weight` and `paid_weight` where they count
            differently.
        matrices: the matrix of every date of `scoring_dates(labels)`.

    Returns:
        Rows sorted by (scoring date, review). Of several reviews of one episode with one scoring date the latest
        conclusion stands.
    """
    labels = labels.assign(scored=scoring_date(labels["selected_on"])) if len(labels) else labels.assign(scored=[])
    parts: list[pd.DataFrame] = []
    values: list[pd.DataFrame] = []
    for day in sorted(set(labels["scored"])):
        matrix = matrices[day]
        rows_of_day = matrix.keys[["case_no", "zb_date", "debtor", "chain"]].assign(row=np.arange(len(matrix.keys)))
        chosen = labels[labels["scored"] == day].sort_values(["label_date", "review_id"])
        chosen = chosen.drop_duplicates(["case_no", "zb_date"], keep="last").sort_values("review_id")
        joined = chosen.merge(rows_of_day, on=["case_no", "zb_date"], how="inner", validate="one_to_one")
        parts.append(joined)
        values.append(matrix.model_values.iloc[joined["row"].to_numpy(dtype=np.int64)])
    if not parts:
        empty = pd.Series([], dtype=object)
        nothing = np.zeros(0)
        return Sample(pd.DataFrame(), nothing, nothing, empty, empty, np.zeros(0, dtype=np.int64), 0)
    rows = pd.concat(parts, ignore_index=True)
    return Sample(
        values=pd.concat(values, ignore_index=True),
        outcome=rows["y"].to_numpy(dtype=np.float64),
        fen=rows["recovered_fen"].to_numpy(dtype=np.float64),
        scored=rows["scored"],
        concluded=rows["label_date"],
        group=groups(rows["debtor"], rows["chain"]),
        lost=len(labels) - len(rows),
        office=rows["office"] if "office" in rows.columns else None,
        weight=_column(rows, "weight"),
        paid_weight=_column(rows, "paid_weight"),
        missed=_column(rows, "missed"),
    )


def shuffle_outcomes(sample: Sample, seed: int) -> Sample:
    """The sample with its known outcomes in random order; recoveries stay where they were."""
    outcome = sample.outcome.copy()
    known = np.flatnonzero(~np.isnan(outcome))
    outcome[known] = np.random.default_rng(seed).permutation(outcome[known])
    return replace(sample, outcome=outcome)


def _column(rows: pd.DataFrame, name: str) -> Array | None:
    """A column as floats, None where it is not there."""
    return rows[name].to_numpy(dtype=np.float64) if name in rows.columns else None
