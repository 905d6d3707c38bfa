"""Ridge-penalised linear head, for label counts too small for trees; contributions are exact by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Literal

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from models.scoring.elementary import exp, log1p
from models.scoring.head import RESTORE_HINT, Array, ModelFault, as_array

Family = Literal["binary", "log"]

CLIP = 6.0
"""Standardised values are clipped to ±CLIP, so that one extreme amount cannot dominate a score."""

MAX_STEPS = 100
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class LinearHead:
    """A linear head over signed logarithms: margin = base + Σ shares, one share per column.

    A present value x gives weight · clip((slog(x) - centre) / spread) - absent · rate, a missing one gives
    absent · (1 - rate), where slog(x) = sign(x) · ln(1 + |x|) and `rate` is the share of rows of training in
    which the column was missing. The missing indicator is thereby folded into the share of its own column.
    """

    columns: tuple[str, ...]
    intercept: float
    weight: tuple[float, ...]
    absent: tuple[float, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    rate: tuple[float, ...]
    kind: str = field(default="linear", init=False)

    @property
    def base(self) -> float:
        """Margin of a row with every column at its mean."""
        return self.intercept

    def margin(self, values: pd.DataFrame) -> Array:
        """Raw score of every row, shape (n,)."""
        return np.asarray(self.intercept + self.contributions(values).sum(axis=1))

    def contributions(self, values: pd.DataFrame) -> Array:
        """Share of every column, shape (n, k)."""
        scaled, missing = _design(as_array(self.columns, values), np.array(self.centre), np.array(self.spread))
        absent = (missing - np.array(self.rate)) * np.array(self.absent)
        return np.asarray(scaled * np.array(self.weight) + absent)

    def dump(self) -> dict[str, Any]:
        """The whole head as JSON values."""
        lists = {name: list(getattr(self, name)) for name in ("columns", *_VECTORS)}
        return {"kind": self.kind, "intercept": self.intercept, **lists}


_VECTORS = ("weight", "absent", "centre", "spread", "rate")


def load_linear(raw: Mapping[str, Any]) -> LinearHead:
    """A linear head from its JSON values; ModelFault when they are damaged."""
    try:
        vectors = {name: tuple(float(item) for item in raw[name]) for name in _VECTORS}
        head = LinearHead(tuple(raw["columns"]), float(raw["intercept"]), **vectors)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFault(f"线性模型的参数文件已损坏，无法读取；{RESTORE_HINT}") from error
    if any(len(vector) != len(head.columns) for vector in vectors.values()):
        raise ModelFault(f"线性模型的参数个数与列数不一致；{RESTORE_HINT}")
    return head


def constant_head(columns: tuple[str, ...], margin: float) -> LinearHead:
    """A head with one margin for every row; used for amounts before any recovery is known."""
    zero = (0.0,) * len(columns)
    return LinearHead(columns, margin, zero, zero, zero, (1.0,) * len(columns), zero)


def fit_linear(
    values: pd.DataFrame,
    target: Array,
    family: Family,
    penalty: float = 10.0,
    signs: Mapping[str, int] | None = None,
    weight: Array | None = None,
) -> LinearHead:
    """Fit by damped Newton steps on a ridge-penalised likelihood, or within bounds where signs are fixed.

    Args:
        values: float64 matrix (n, k); NaN = unknown.
        target: shape (n,): 0/1 for `binary` (margin = log-odds), a non-negative amount with a positive mean for
            `log` (margin = ln of the expected amount; quasi-Poisson, so zeros are allowed).
        family: which likelihood.
        penalty: weight of the squared coefficients; the intercept is free.
        signs: +1 or -1 per column whose weight may not be of the other sign.
        weight: of every row in the likelihood, mean 1, shape (n,); all alike by default. Columns are centred and
            scaled by the rows as they are.
    """
    columns = tuple(str(name) for name in values.columns)
    matrix = as_array(columns, values)
    slog = _slog(matrix)
    missing = np.isnan(matrix)
    present = (~missing).sum(axis=0)
    centre = np.where(missing, 0.0, slog).sum(axis=0) / np.maximum(present, 1)
    variance = np.where(missing, 0.0, (slog - centre) ** 2).sum(axis=0) / np.maximum(present, 1)
    spread = np.where(variance > 0, np.sqrt(variance), 1.0)
    rate = missing.mean(axis=0)
    scaled, indicator = _design(matrix, centre, spread)
    scale = 1.0 if family == "binary" else float(np.average(target, weights=weight))
    row_weight = np.ones(len(matrix)) if weight is None else weight
    with _pools().limit(limits=1):
        design, goal = np.hstack([scaled, indicator - rate]), np.asarray(target) / scale
        fixed = [(signs or {}).get(name, 0) for name in columns]
        solution = (
            _bounded(design, goal, family, penalty, fixed, row_weight)
            if any(fixed)
            else _newton(design, goal, family, penalty, row_weight)
        )
    slope, absent = np.split(solution[1:], 2)
    intercept = float(solution[0]) + float(np.log(scale))
    vectors = zip(_VECTORS, (slope, absent, centre, spread, rate), strict=True)
    return LinearHead(columns, intercept, **{name: tuple(map(float, vector)) for name, vector in vectors})


@cache
def _pools() -> ThreadpoolController:
    """Controller of the loaded thread pools, cached: finding them takes longer than a small fit."""
    import_module("scipy.optimize")
    return ThreadpoolController()


def _slog(matrix: Array) -> Array:
    return np.sign(matrix) * log1p(np.abs(matrix))


def _design(matrix: Array, centre: Array, spread: Array) -> tuple[Array, Array]:
    missing = np.isnan(matrix)
    scaled = np.clip((_slog(matrix) - centre) / spread, -CLIP, CLIP)
    return np.where(missing, 0.0, scaled), missing.astype(np.float64)


def _mean_of(margin: Array, family: Family) -> Array:
    return 1.0 / (1.0 + exp(-margin)) if family == "binary" else exp(np.minimum(margin, 50.0))


def _loss(margin: Array, target: Array, family: Family, weight: Array) -> float:
    grown = np.logaddexp(0.0, margin) if family == "binary" else exp(np.minimum(margin, 50.0))
    return float(np.sum(weight * (grown - target * margin)))


def _bounded(
    design: Array, target: Array, family: Family, penalty: float, signs: Sequence[int], weight: Array
) -> Array:
    """The minimum of `_newton` with sign constraints: weights of columns with sign +1 (-1) are at least (at most) 0."""
    from scipy.optimize import minimize  # only fitting needs it: kept out of the serving process

    full = np.hstack([np.ones((len(design), 1)), design])
    ridge = np.full(full.shape[1], penalty)
    ridge[0] = 1e-6

    def objective(at: Array) -> tuple[float, Array]:
        margin = full @ at
        value = _loss(margin, target, family, weight) + 0.5 * float(np.sum(ridge * at**2))
        return value, full.T @ (weight * (_mean_of(margin, family) - target)) + ridge * at

    sides = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
    bounds = [(None, None), *(sides[sign] for sign in signs), *[(None, None)] * (full.shape[1] - 1 - len(signs))]
    optimum = minimize(
        objective,
        np.zeros(full.shape[1]),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 5000, "maxfun": 20_000, "ftol": 1e-13, "gtol": 1e-8},
    )
    return np.asarray(optimum.x, dtype=np.float64)


def _newton(design: Array, target: Array, family: Family, penalty: float, weight: Array) -> Array:
    """Minimise the penalised negative log-likelihood; shape (1 + columns of design,)."""
    full = np.hstack([np.ones((len(design), 1)), design])
    ridge = np.full(full.shape[1], penalty)
    ridge[0] = 1e-6
    solution = np.zeros(full.shape[1])

    def objective(at: Array) -> float:
        return _loss(full @ at, target, family, weight) + 0.5 * float(np.sum(ridge * at**2))

    value = objective(solution)
    for _ in range(MAX_STEPS):
        mean = _mean_of(full @ solution, family)
        curve = weight * (mean * (1.0 - mean) if family == "binary" else mean)
        gradient = full.T @ (weight * (mean - target)) + ridge * solution
        hessian = (full * curve[:, None]).T @ full + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        size, lower = 1.0, objective(solution - step)
        while lower > value and size > 1e-6:
            size /= 2
            lower = objective(solution - size * step)
        if lower > value:
            break
        solution = solution - size * step
        if value - lower <= TOLERANCE * (abs(value) + 1.0):
            break
        value = lower
    return solution
