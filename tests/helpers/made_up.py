"""Invented matrices and reviews with a known law behind them, for tests of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from evaluation.monitoring.delivery_gaps import received_deliveries
from models.selection.logged_draws import COLUMNS as DRAW_COLUMNS
from models.selection.logged_draws import LEDGER
from models.selection.policy import RANDOM
from training.data.labels import labels_from_reviews
from training.data.source import TrainingSource

PER_DAY = 60
"""Cases of each matrix of a `World`."""

COLUMNS = tuple(f"A0{number}_x" for number in range(6)) + tuple(f"V0{number}_x" for number in range(6))
QUARTER_ENDS = tuple(day.date() for day in pd.date_range("2020-03-31", "2023-12-31", freq="QE"))


DRAW = {
    **dict.fromkeys(("case_no", "office", "stratum", "source"), "str"),
    "listed": "bool",
    **dict.fromkeys(("zb_date", "selected_on"), "datetime64[ns]"),
    **dict.fromkeys(("inclusion", "probability", "expected_fen"), "float64"),
}
NO_DRAWS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in DRAW.items()})
"""Draws of a home where none was ever logged."""


def logged_draws(
    episodes: pd.DataFrame, selected_on: Any, at_random: np.ndarray, chance: float, by_rule: float
) -> pd.DataFrame:
    """Draws of queues that listed every episode: those at random with a chance, the others by rule with another.

    Args:
        episodes: case_no, zb_date, office. selected_on: day of the queue, for all or for each.
        at_random: whether each was drawn at random. chance, by_rule: inclusion of either.
    """
    frame = episodes[["case_no", "zb_date", "office"]].assign(
        selected_on=selected_on,
        listed=True,
        stratum=np.where(at_random, RANDOM, "规则"),
        inclusion=np.where(at_random, chance, by_rule),
        probability=np.nan,
        expected_fen=np.nan,
        source=LEDGER,
        skipped=None,
    )
    return frame.assign(zb_date=pd.to_datetime(frame["zb_date"]))[list(DRAW_COLUMNS)]


def groups(per_day: int) -> dict[str, Any]:
    """Keys of the subgroups: every third debtor a woman, all else alike."""
    return {
        "sex": ["女" if place % 3 == 0 else "男" for place in range(per_day)],
        "age": "45–59 岁",
        "applicant": "自然人",
        "cause": "民间借贷",
        "petitioned": False,
    }


@dataclass(frozen=True)
class LittleMatrix:
    """What training reads of a matrix."""

    as_of: date
    keys: pd.DataFrame
    model_values: pd.DataFrame

    @property
    def values(self) -> pd.DataFrame:
        """Every column: a model may see them all."""
        return self.model_values


def little_matrices(per_day: int, seed: int = 0) -> tuple[dict[date, LittleMatrix], pd.DataFrame]:
    """Matrices of every quarter end and reviews of some of their episodes.

    The law: log-odds = 1.2 · A00 + 0.8 · A01 - 1.5 where A00 is missing for a third; recoveries are log-normal
    around exp(13 + V00) 分 with 30 % zeros. Every review is selected 20 days after a quarter end and concluded 60
    days later.
    """
    random = np.random.default_rng(seed)
    matrices, reviews = {}, []
    for number, day in enumerate(QUARTER_ENDS):
        x = random.normal(size=(per_day, len(COLUMNS)))
        x[random.random(x.shape) < 0.33] = np.nan
        values = pd.DataFrame(x, columns=list(COLUMNS))
        name = [f"（2019）浙9901执{number * per_day + place}号" for place in range(per_day)]
        keys = pd.DataFrame(
            {
                "episode": [f"{case}@2019-12-01" for case in name],
                "case_no": name,
                "chain": name,
                "zb_date": date(2019, 12, 1),
                "debtor": [f"d{number * per_day + place}" for place in range(per_day)],
                "under_review": False,
                "concluded_on": pd.NaT,
            }
        )
        matrices[day] = LittleMatrix(day, keys, values)
        filled = np.nan_to_num(x)
        chance = 1 / (1 + np.exp(-(1.2 * filled[:, 0] + 0.8 * filled[:, 1] - 1.5)))
        hidden = random.random(per_day) < chance
        money = np.where(random.random(per_day) < 0.3, 0, np.exp(13 + filled[:, 6] + random.normal(size=per_day)))
        reviews.append(
            pd.DataFrame(
                {
                    "review_id": [f"r{number:02d}{place:04d}" for place in range(per_day)],
                    "case_no": name,
                    "zb_date": date(2019, 12, 1),
                    "office": "339901",
                    "selected_on": day + timedelta(days=20),
                    "conclude_date": day + timedelta(days=80),
                    "label": np.where(hidden, "Y1", "Y4"),
                    "found_value": pd.array(np.where(hidden, 1_000_000, 0), dtype="Int64"),
                    "reply": np.where(hidden, "adopted", None),
                    "recovered_amount": pd.array(np.where(hidden, money, 0).astype(np.int64), dtype="Int64"),
                    "recovered_date": pd.to_datetime(np.where(hidden, str(day + timedelta(days=140)), None)),
                    "unaided": pd.array([False] * per_day, dtype="boolean"),
                }
            )
        )
    return matrices, pd.concat(reviews, ignore_index=True)


@dataclass
class World:
    """Matrices and reviews as a source of retraining; `state` is that of an invented pool."""

    matrices: dict[date, LittleMatrix]
    reviews: pd.DataFrame
    state: int = 3
    deliveries: pd.DataFrame = field(default_factory=lambda: received_deliveries((), QUARTER_ENDS[-1]))

    def source(self) -> TrainingSource:
        def known(day: date) -> pd.DataFrame:
            return labels_from_reviews(self.reviews, day)

        return TrainingSource(
            self.state,
            "test",
            labels=known,
            weighted_labels=lambda day, *_: (known(day), []),
            matrices=self.build,
            draws=lambda _: NO_DRAWS,
            deliveries=lambda _: self.deliveries,
        )

    def build(self, days: Sequence[date]) -> Mapping[date, Any]:
        return {day: self.matrices[day] for day in days}


def world(seed: int = 0) -> World:
    matrices, reviews = little_matrices(PER_DAY, seed)
    random = np.random.default_rng(seed)
    by_day = {
        day: replace(
            matrix, keys=matrix.keys.assign(office="339901", person=random.random(PER_DAY) < 0.7, **groups(PER_DAY))
        )
        for day, matrix in matrices.items()
    }
    return World(by_day, reviews)


def changed(found: World, change: Callable[[pd.DataFrame, date], pd.DataFrame]) -> World:
    matrices = {day: replace(one, model_values=change(one.model_values, day)) for day, one in found.matrices.items()}
    return replace(found, matrices=matrices)
