"""Small trained models over invented matrices, shared by the tests of this room."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models.scoring.calibration import Calibration
from models.scoring.linear import fit_linear
from models.scoring.model import Model
from models.scoring.trees import TreeSettings, fit_trees


def little_matrix(rows: int = 600, columns: int = 12, seed: int = 0) -> pd.DataFrame:
    """Skewed amounts, counts and flags with a third missing; columns C00_a, C00_b, C01_a ... two to a clue."""
    random = np.random.default_rng(seed)
    x = random.lognormal(size=(rows, columns)) * 1000
    x[:, ::3] = random.poisson(1, size=(rows, len(range(0, columns, 3))))
    x[random.random(x.shape) < 0.33] = np.nan
    names = [f"C{number // 2:02d}_{'ab'[number % 2]}" for number in range(columns)]
    return pd.DataFrame(x, columns=names, index=[f"e{row}" for row in range(rows)])


def little_outcome(values: pd.DataFrame, seed: int = 1) -> np.ndarray:
    """0/1 outcomes whose log-odds rise with the first column and fall with the second."""
    random = np.random.default_rng(seed)
    filled = values.fillna(0).to_numpy()
    score = filled[:, 0] - np.log1p(filled[:, 1]) / 4 - 1
    return (random.random(len(values)) < 1 / (1 + np.exp(-score))).astype(float)


def little_amount(values: pd.DataFrame, seed: int = 2) -> np.ndarray:
    """Amounts in 分 with a third of zeros."""
    random = np.random.default_rng(seed)
    return np.where(random.random(len(values)) < 0.33, 0.0, random.lognormal(15, 1.5, len(values)))


def little_model(kind: str = "tree", threads: int = 1, rounds: int = 40, **changes: object) -> Model:
    """A model of either kind on the little matrix, with a line that is not the identity."""
    values = little_matrix()
    outcome, amount = little_outcome(values), little_amount(values)
    if kind == "tree":
        trees = TreeSettings(rounds=rounds)
        first = fit_trees(values, outcome, "binary", trees, threads=threads)
        second = fit_trees(values, amount, "tweedie", trees, threads=threads, unit=1e6)
    else:
        first, second = fit_linear(values, outcome, "binary"), fit_linear(values, amount, "log")
    given = {
        "concealment": first,
        "calibration": Calibration(0.8, -0.3, 100, 20),
        "amount": second,
        "clue_of": {name: name[:3] for name in values.columns},
        "catalogue_version": "test",
        "as_of": date(2024, 3, 31),
        "pool_state": 3,
        "fingerprint": "f" * 64,
        "counts": {"concealment": {"labels": len(values), "positives": int(outcome.sum())}},
        "notes": ("仅供测试。",),
        "settings": {"rounds": rounds},
    }
    return Model(**(given | changes))  # type: ignore[arg-type]
