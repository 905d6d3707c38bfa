"""The selection policy: from the eligible episodes of an office to its list, as a pure function.

Most places go by expected yield; small claims, vulnerable applicants and petitioned cases have places of their own
(小案不小办; docs/domain.md section 5.3); a random stratum keeps learning possible (`models.selection.exploration`:
none, uniform, or stratified by expected yield). Cases on a watch list come before all of them, whatever their score
(docs/domain.md section 6.29). The probability of being listed is exact for every eligible episode, over the whole draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import GoldenKeyError
from models.scoring.calibration import finding_probability
from models.selection.capacity import CAPACITY
from models.selection.exploration import (
    EXPLORATIONS,
    NONE,
    STRATIFIED,
    UNIFORM,
    draw_systematic,
    draw_uniform,
    inclusion_probabilities,
    reward_bins,
)

WATCH = "关注"
HEAD = "预期收益"
SMALL = "小标的"
VULNERABLE = "涉民生"
PETITIONED = "信访"
RANDOM = "随机"
UNLISTED = ""

NEEDED = ("episode", "probability", "amount_fen", "small", "vulnerable", "petitioned")
"""Columns `select_episodes` reads."""

MISSED = "missed"
"""Column `select_episodes` reads if present: chance of property missed by the court and concealed by nobody, NaN where
the model has no such head."""

WATCHED_ON = "watched_on"
"""Column `select_episodes` reads if present: day on which the case came on a watch list, NaT or None for the others."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of the selection of a list.

    Attributes:
        capacity: most episodes listed.
        min_probability: least probability of finding property (concealed or missed) of a listed episode. Episodes below
            it can only be drawn at random; where too few reach it, the list is shorter.
        min_expected_fen: least expected yield (分) for the places that go by yield.
        small, vulnerable, petitioned: shares of the capacity kept for these strata.
        random: share of the capacity for the random stratum, drawn from all the rest.
        exploration: how that share is drawn: `none` (its places go by yield), `uniform`, or `stratified` by expected
            yield.
        bins: score bins of the stratified draw.
        least: smallest inclusion probability of any of the rest under the stratified draw, as far as the places allow.
    """

    capacity: int = CAPACITY
    min_probability: float = 0.02
    min_expected_fen: int = 100_000
    small: float = 0.10
    vulnerable: float = 0.10
    petitioned: float = 0.10
    random: float = 0.15
    exploration: str = UNIFORM
    bins: int = 8
    least: float = 0.002

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise GoldenKeyError(f"清单容量应为不小于 1 的整数，实为 {self.capacity}。")
        shares = (self.small, self.vulnerable, self.petitioned, self.random)
        if min(shares) < 0 or sum(shares) > 1 + 1e-9:
            raise GoldenKeyError("小标的、涉民生、信访和随机各层的份额应在 0 至 1 之间且合计不超过 1。")
        if not 0 <= self.min_probability <= 1 or self.min_expected_fen < 0:
            raise GoldenKeyError("清单质量底线的概率应在 0 至 1 之间，预期收益不得为负。")
        if self.exploration not in EXPLORATIONS:
            raise GoldenKeyError(f"随机层的抽取方式应为 {'、'.join(EXPLORATIONS)} 之一，实为“{self.exploration}”。")
        if self.bins < 1 or not 0 <= self.least <= 1:
            raise GoldenKeyError(
                f"分层抽取的分箱数应不小于 1、最低入选概率应在 0 至 1 之间，实为 {self.bins} 和 {self.least}。"
            )

    def as_payload(self) -> dict[str, Any]:
        """The settings as the ledger stores them."""
        return {"name": "strata-4", **asdict(self)}

    def places(self, watched: int = 0) -> dict[str, int]:
        """Places of each stratum; they add up to the capacity. Where rounding up exceeds it, the last strata get fewer.

        Cases on a watch list (`watched`) take their places first; the shares are of what they leave.
        """
        random = 0.0 if self.exploration == NONE else self.random
        wanted = {RANDOM: random, SMALL: self.small, VULNERABLE: self.vulnerable, PETITIONED: self.petitioned}
        first = min(watched, self.capacity)
        room = left = self.capacity - first
        places: dict[str, int] = {}
        for stratum, share in wanted.items():
            places[stratum] = min(left, int(np.floor(share * room + 0.5)))
            left -= places[stratum]
        return {WATCH: first, HEAD: left, **places}


def policy_from_payload(payload: Mapping[str, Any]) -> Policy:
    """The policy a queue was drawn with, from its settings in the ledger.

    Queues of `strata-2` and before name no exploration: their random stratum was drawn uniformly, which is the default
    here.
    """
    return Policy(**{field.name: payload[field.name] for field in fields(Policy) if field.name in payload})


@dataclass(frozen=True, slots=True)
class Selection:
    """A drawn list.

    Attributes:
        rows: one row per eligible episode, listed ones first by position, then the rest by episode; columns episode,
            listed, position (nullable Int64, from 1), stratum (empty for the unlisted), inclusion (exact
            probability of being listed), probability, missed, amount_fen, expected_fen (分, nullable Int64).
        policy: how it was drawn.
        seed: of the random stratum.
    """

    rows: pd.DataFrame
    policy: Policy
    seed: int

    @property
    def listed(self) -> pd.DataFrame:
        """The listed rows by position."""
        return self.rows[self.rows["listed"]]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the draw could not keep, in 中文; see `shortfalls`."""
        return shortfalls(self.policy, self.rows)


def shortfalls(policy: Policy, rows: pd.DataFrame) -> tuple[str, ...]:
    """中文 sentences on what a draw could not keep of its policy: so far, the least probability of the rest.

    Args:
        policy: how it was drawn.
        rows: one row per eligible episode with stratum and inclusion, as in `Selection.rows` or a queue of the ledger.
    """
    rest = rows[rows["stratum"].isin([RANDOM, UNLISTED])]
    if policy.exploration != STRATIFIED or policy.random <= 0 or rest.empty:
        return ()
    lowest = float(rest["inclusion"].min())
    if lowest >= policy.least * (1 - 1e-9):
        return ()
    places = int((rest["stratum"] == RANDOM).sum())
    wanted, got = f"{policy.least:.4f}", f"{lowest:.4f}"
    return (f"随机层 {places} 个名额不足以使其余 {len(rest)} 件每件的入选概率都达到 {wanted}，实际最低为 {got}。",)


def draw_seed(seed: int, office: str, as_of: date) -> int:
    """Seed of one office's draw on one day: 64 bits of SHA-256 over the three, so that no two draws share one."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{office}|{as_of.isoformat()}".encode()).digest()[:8], "big")


def select_episodes(eligible: pd.DataFrame, policy: Policy, seed: int) -> Selection:
    """Draw the list of one office.

    Ties are ordered by episode. Where amounts are not known to the model (any amount_fen is NA) the places that go by
    yield go by probability, and the floor on yield does not apply. Cases on a watch list are listed with certainty,
    those watched longest first; watched cases beyond the capacity compete like all others.

    Args:
        eligible: one row per eligible episode with the columns `NEEDED`, and `MISSED` and `WATCHED_ON` or not; order
            and index do not matter.
        policy: how to draw.
        seed: of the random stratum, 0 to 2**64 - 1.

    Raises:
        GoldenKeyError: a column is missing, an episode stands twice, or a probability is not in 0..1.
    """
    table = _checked(eligible)
    concealed = table["probability"].to_numpy(dtype=np.float64)
    amount = table["amount_fen"].astype("Int64")
    amounts_known = not amount.isna().any()
    chance = finding_probability(concealed, table[MISSED].to_numpy(dtype=np.float64))
    reward = np.asarray(chance * amount.to_numpy(dtype=np.float64) if amounts_known else chance, dtype=np.float64)
    above_floor = chance >= policy.min_probability
    by_reward = above_floor & (reward >= policy.min_expected_fen) if amounts_known else above_floor
    stratum = np.full(len(table), UNLISTED, dtype=object)
    since = _watched_since(table)
    places = policy.places(int(np.isfinite(since).sum()))
    watched = _take(stratum, WATCH, places[WATCH], np.isfinite(since), -since)
    head = _take(stratum, HEAD, places[HEAD], by_reward, reward)
    strata = [
        _take(stratum, name, places[name], above_floor & table[column].to_numpy(dtype=bool), concealed)
        for name, column in ((SMALL, "small"), (VULNERABLE, "vulnerable"), (PETITIONED, "petitioned"))
    ]
    unfilled = policy.capacity - places[RANDOM] - len(watched) - len(head) - sum(map(len, strata))
    more = _take(stratum, HEAD, unfilled, by_reward, reward)
    rest = np.flatnonzero(stratum == UNLISTED)
    drawn, inclusion = _explore(policy, reward, rest, min(places[RANDOM], len(rest)), seed)
    stratum[drawn] = RANDOM
    order = np.concatenate([watched, head, more, *strata, drawn])
    return Selection(_rows(table, amount, reward if amounts_known else None, stratum, inclusion, order), policy, seed)


def _checked(eligible: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in NEEDED if name not in eligible.columns]
    if missing:
        raise GoldenKeyError(f"待选案件表缺少列 {'、'.join(missing)}。")
    more = [name for name in (MISSED, WATCHED_ON) if name in eligible.columns]
    table = eligible[[*NEEDED, *more]].reset_index(drop=True).sort_values("episode", kind="stable", ignore_index=True)
    if MISSED not in table.columns:
        table = table.assign(**{MISSED: np.nan})
    if table["episode"].duplicated().any():
        raise GoldenKeyError("待选案件表中有重复的终本程序，每个应只出现一次。")
    chances = [table["probability"].astype(float), table[MISSED].astype(float).fillna(0.0)]
    if not all(column.between(0, 1).all() for column in chances):
        raise GoldenKeyError("待选案件表中有不在 0 至 1 之间的概率。")
    return table


def _watched_since(table: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Day on which each case came on a watch list, as a number; NaN for the others."""
    if WATCHED_ON not in table.columns:
        return np.full(len(table), np.nan)
    days = pd.to_datetime(table[WATCHED_ON])
    return np.where(days.notna(), days.astype("datetime64[ns]").astype("int64").astype(np.float64), np.nan)


def _take(
    stratum: npt.NDArray[np.object_],
    name: str,
    places: int,
    member: npt.NDArray[np.bool_],
    score: npt.NDArray[np.float64],
) -> npt.NDArray[np.intp]:
    """Give the places of a stratum to its best members not yet listed, best first; ties keep the order of episodes."""
    free = np.flatnonzero(member & (stratum == UNLISTED))
    best = free[np.argsort(-score[free], kind="stable")[: max(places, 0)]]
    stratum[best] = name
    return best


def _explore(
    policy: Policy, reward: npt.NDArray[np.float64], rest: npt.NDArray[np.intp], places: int, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The rows drawn from the rest, and the inclusion probability of every row of the table."""
    inclusion = np.ones(len(reward))
    if policy.exploration != STRATIFIED:
        inclusion[rest] = places / max(len(rest), 1)
        return rest[draw_uniform(len(rest), places, seed)], inclusion
    inclusion[rest] = inclusion_probabilities(reward[rest], places, policy.bins, policy.least)
    bins = reward_bins(reward[rest], policy.bins)
    return rest[draw_systematic(inclusion[rest], bins, places, seed)], inclusion


def _rows(
    table: pd.DataFrame,
    amount: pd.Series[Any],
    reward: npt.NDArray[np.float64] | None,
    stratum: npt.NDArray[np.object_],
    inclusion: npt.NDArray[np.float64],
    order: npt.NDArray[np.intp],
) -> pd.DataFrame:
    position = np.full(len(table), np.nan)
    position[order] = np.arange(1, len(order) + 1)
    expected = np.full(len(table), np.nan) if reward is None else np.rint(reward)
    rows = pd.DataFrame(
        {
            "episode": table["episode"],
            "listed": stratum != UNLISTED,
            "position": pd.Series(position).astype("Int64"),
            "stratum": stratum,
            "inclusion": inclusion,
            "probability": table["probability"].astype(float),
            MISSED: table[MISSED].astype(float),
            "amount_fen": amount,
            "expected_fen": pd.Series(expected).astype("Int64"),
        }
    )
    return rows.sort_values(["position", "episode"], na_position="last", kind="stable", ignore_index=True)
