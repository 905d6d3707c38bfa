"""Chance, and the small arithmetic on arrays that every domain of the world shares.

Each (quarter, domain) has a generator of its own, so a knob of one domain does not reshuffle another.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Any numpy array: days since 1970 as int64, money as int64 分, text as object, flags as bool."""

NEVER = 60_000
"""The day that never comes; delivered as an empty cell."""
NOTHING = -1
"""An amount or number that does not exist; delivered as an empty cell."""


def random_stream(seed: int, quarter: int, domain: str) -> np.random.Generator:
    """The generator of one domain in one quarter; quarter -1 stands for the whole world."""
    key = (quarter + 1, zlib.crc32(domain.encode()))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def bernoulli(rng: np.random.Generator, chance: Array | float, size: int) -> Array:
    """True with the given chance, one draw per row."""
    return np.asarray(rng.random(size) < chance)


def randint(rng: np.random.Generator, low: Array | int, high: Array | int, size: int) -> Array:
    """Whole numbers from low to high, both possible, evenly."""
    low_, high_ = np.asarray(low), np.asarray(high)
    return np.asarray((low_ + np.floor(rng.random(size) * (high_ - low_ + 1))).astype(np.int64))


def choice(rng: np.random.Generator, options: list[str], weights: list[float] | None, size: int) -> Array:
    """One text per row by weight."""
    chance = None if weights is None else np.asarray(weights) / np.sum(weights)
    return np.asarray(options, dtype=object)[rng.choice(len(options), size=size, p=chance)]


def choice_by_row(rng: np.random.Generator, weights: Array) -> Array:
    """One column per row, by the row's own weights (shape rows x columns); rows of zeros give column 0."""
    total = np.cumsum(weights, axis=1)
    return np.asarray(
        (rng.random(len(weights))[:, None] * total[:, -1:] > total).sum(axis=1).clip(0, weights.shape[1] - 1)
    )


def sigmoid(x: Array) -> Array:
    """The logistic curve."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def chances_with_mean(score: Array, share: float) -> Array:
    """Chances that rise with the score and average `share`: a logistic curve with its intercept solved."""
    low, high = -30.0, 30.0
    for _ in range(50):
        middle = (low + high) / 2
        if float(sigmoid(score + middle).mean()) > share:
            high = middle
        else:
            low = middle
    return sigmoid(score + (low + high) / 2)


def yuan_to_fen(yuan: Array) -> Array:
    """Whole 分 from yuan, never negative."""
    return np.asarray(np.maximum(np.round(np.asarray(yuan, dtype=np.float64) * 100), 0).astype(np.int64))


def round_to_yuan(amount: Array, step_yuan: int) -> Array:
    """Amounts in 分 rounded to whole steps of yuan."""
    step = step_yuan * 100
    return np.asarray((amount + step // 2) // step * step)


def repeat_text(value: str, size: int) -> Array:
    """The same text on every row."""
    return np.full(size, value, dtype=object)


def where(mask: Array, yes: Array | str | int, no: Array | str | int) -> Array:
    """numpy.where that keeps texts as objects."""
    if isinstance(yes, str) or isinstance(no, str):
        size = len(mask)
        yes = repeat_text(yes, size) if isinstance(yes, str) else yes
        no = repeat_text(no, size) if isinstance(no, str) else no
    return np.asarray(np.where(mask, yes, no))
