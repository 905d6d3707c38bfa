"""Random draws and small array helpers shared by the simulator.

Each (quarter, domain) has its own generator, so a knob of one domain does not change the draws of others.
Domain names are part of the seed: renaming one makes another world.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Any numpy array: days since 1970 as int64, money as int64 分, text as object, flags as bool."""

NEVER = 60_000
"""Sentinel for "no date" (after every real date); delivered as an empty cell."""
NOTHING = -1
"""Sentinel for "no amount" or "no number"; delivered as an empty cell."""


def random_stream(seed: int, quarter: int, domain: str) -> np.random.Generator:
    """The random generator for one part of the simulation (`domain`: "docket", "travels" ...) in one quarter, the same
    for the same three arguments whatever else is drawn; quarter -1 stands for the whole world."""
    key = (quarter + 1, zlib.crc32(domain.encode()))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def bernoulli(rng: np.random.Generator, chance: Array | float, size: int) -> Array:
    """(size,) booleans, True with the given chance (one for all or one per row)."""
    return np.asarray(rng.random(size) < chance)


def randint(rng: np.random.Generator, low: Array | int, high: Array | int, size: int) -> Array:
    """(size,) uniform integers from low to high, both included (like `random.randint`)."""
    low_, high_ = np.asarray(low), np.asarray(high)
    return np.asarray((low_ + np.floor(rng.random(size) * (high_ - low_ + 1))).astype(np.int64))


def choice(rng: np.random.Generator, options: list[str], weights: list[float] | None, size: int) -> Array:
    """(size,) texts drawn by weight, evenly without weights."""
    chance = None if weights is None else np.asarray(weights) / np.sum(weights)
    return np.asarray(options, dtype=object)[rng.choice(len(options), size=size, p=chance)]


def choice_by_row(rng: np.random.Generator, weights: Array) -> Array:
    """One column index per row, drawn by the row's weights (rows, columns); a row of zeros gives column 0."""
    total = np.cumsum(weights, axis=1)
    return np.asarray(
        (rng.random(len(weights))[:, None] * total[:, -1:] > total).sum(axis=1).clip(0, weights.shape[1] - 1)
    )


def position_in_group(count: Array) -> Array:
    """0, 1, 2 ... within each of consecutive groups of the given sizes (as after `np.repeat(x, count)`)."""
    return np.asarray(np.arange(int(np.sum(count))) - np.repeat(np.cumsum(count) - count, count))


def sigmoid(x: Array) -> Array:
    """Logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def chances_with_mean(score: Array, share: float) -> Array:
    """A chance per score, `sigmoid(score + c)`; c is found by bisection so that the mean of the chances is `share`."""
    low, high = -30.0, 30.0
    for _ in range(50):
        middle = (low + high) / 2
        if float(sigmoid(score + middle).mean()) > share:
            high = middle
        else:
            low = middle
    return sigmoid(score + (low + high) / 2)


def yuan_to_fen(yuan: Array) -> Array:
    """Whole 分 from 元; negative amounts become 0."""
    return np.asarray(np.maximum(np.round(np.asarray(yuan, dtype=np.float64) * 100), 0).astype(np.int64))


def round_to_yuan(amount: Array, step_yuan: int) -> Array:
    """Amounts in 分, rounded to multiples of `step_yuan` 元."""
    step = step_yuan * 100
    return np.asarray((amount + step // 2) // step * step)


def repeat_text(value: str, size: int) -> Array:
    """(size,) object array of one text."""
    return np.full(size, value, dtype=object)


def where(mask: Array, yes: Array | str | int, no: Array | str | int) -> Array:
    """numpy.where whose text results are object arrays, not fixed-width ones."""
    if isinstance(yes, str) or isinstance(no, str):
        size = len(mask)
        yes = repeat_text(yes, size) if isinstance(yes, str) else yes
        no = repeat_text(no, size) if isinstance(no, str) else no
    return np.asarray(np.where(mask, yes, no))
