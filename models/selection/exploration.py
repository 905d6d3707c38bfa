"""The random stratum of a list: inclusion probabilities of the remaining episodes, and the sampling itself.

Uniform: everyone of the rest has the same chance. Stratified, in the spirit of adaptive bin sampling (Henderson et al.,
arXiv 2204.11910): the rest is cut into bins by expected reward; a bin's share of the places grows with its reward, and
nobody's chance falls below a stated least. Both keep the number of places fixed and state exact first-order inclusion
probabilities, so that what is found can be weighted up to all who were eligible (Horvitz & Thompson 1952).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

NONE = "none"
UNIFORM = "uniform"
STRATIFIED = "stratified"
EXPLORATIONS = (NONE, UNIFORM, STRATIFIED)
"""Ways of filling the random stratum."""


def reward_bins(reward: Array, bins: int) -> Rows:
    """Bin of every row by its reward, 0 for the poorest: about equal in size, and equal rewards share a bin."""
    rank = pd.Series(reward).rank(method="min").to_numpy(dtype=np.float64) - 1
    return np.asarray(np.floor(rank * bins / max(len(reward), 1)), dtype=np.intp)


def inclusion_probabilities(reward: Array, places: int, bins: int, least: float) -> Array:
    """Inclusion probability of every row under the stratified draw; they add up to the places.

    Each row has `least` (or places / rows, where the places do not allow so much) and, of the places that are left, a
    part that grows with the square root of its bin's mean reward: rewards span several orders of magnitude, and in
    proportion to them the bin with the largest would get nearly all places.

    Args:
        reward: expected reward of every row, not negative, shape (n,).
        places: rows to be drawn, at most n.
        bins: number of bins.
        least: smallest probability of any row.
    """
    count = len(reward)
    if not count:
        return np.zeros(0)
    bin_of = reward_bins(reward, bins)
    size = np.bincount(bin_of)
    mean = np.bincount(bin_of, weights=reward) / np.maximum(size, 1)
    pull = np.sqrt(mean) if mean.any() else np.ones(len(size))
    low = min(least, places / count)
    chance = np.full(len(size), low)
    full = np.zeros(len(size), dtype=bool)
    for _ in range(len(size)):
        chance[full] = 1.0
        left = places - float((size * np.where(full, 1.0, low)).sum())
        pulled = float((size * pull)[~full].sum())
        if pulled > 0:
            chance[~full] = low + left * pull[~full] / pulled
        elif (~full & (size > 0)).any():
            chance[~full] = low + left / size[~full].sum()
        over = ~full & (chance > 1.0)
        if not over.any():
            break
        full |= over
    return np.asarray(np.clip(chance, 0.0, 1.0)[bin_of], dtype=np.float64)


def draw_uniform(count: int, places: int, seed: int) -> Rows:
    """Rows of a simple random sample, in the order drawn."""
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")[:places]


def draw_systematic(chance: Array, bin_of: Rows, places: int, seed: int) -> Rows:
    """Rows of a systematic sample with given inclusion probabilities, in random order.

    Rows are laid end to end, bin after bin and in random order within a bin, each with the length of its probability;
    drawn are the rows at a random start in [0, 1) and at every whole number after it (Madow 1949). The number drawn
    from a bin differs by less than one from the sum of its probabilities.

    Args:
        chance: inclusion probabilities that add up to `places`, shape (n,).
        bin_of: bin of every row.
        places: rows drawn.
        seed: 0 to 2**64 - 1.
    """
    bits = np.random.PCG64(seed)
    key = bits.random_raw(len(chance))
    start = float(int(bits.random_raw()) >> 11) * 2.0**-53
    order = np.lexsort((key, bin_of))
    ends = np.cumsum(chance[order])
    ends[-1:] = places
    points = np.minimum(start + np.arange(places), np.nextafter(places, 0))
    drawn = order[np.searchsorted(ends, points, side="right")]
    return np.asarray(drawn[np.argsort(key[drawn], kind="stable")], dtype=np.intp)
