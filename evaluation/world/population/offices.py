"""Selection and review by the offices in the past: petitions first, then file order, then a simple rule.

All quarters are reviewed from a few columns of every episode (`EpisodeView`); nothing else stays in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evaluation.world.base.chance import NEVER, Array, bernoulli, randint, random_stream
from evaluation.world.base.config import Knobs
from evaluation.world.base.table import ArrayTable

CHANNELS = ("信访优先", "按卷宗顺序", "规则筛查")


@dataclass(frozen=True)
class EpisodeView(ArrayTable):
    """Columns that selection looks at and that decide a review; one row per termination episode.

    Attributes:
        quarter, row: quarter and docket row of the episode. parent: row of the parent episode in this view, -1 for
            none. car: the court knew of a vehicle. late_until: day on which missed property came into being (0: before
            the termination). The other columns are those of `Docket`.
    """

    quarter: Array
    row: Array
    parent: Array
    office: Array
    filed: Array
    closed: Array
    unpaid: Array
    petition: Array
    car: Array
    reopen: Array
    label: Array
    found: Array
    recovered: Array
    delay: Array
    late_until: Array


@dataclass(frozen=True)
class Reviews(ArrayTable):
    """Reviews, one row each; dates are NEVER and amounts -1 where they do not apply.

    Attributes:
        episode: row in the view. selected, accepted, concluded, suggested, replied, resumed, paid: days.
        label: the conclusion recorded. found, recovered: 分. channel: index of `CHANNELS`.
        adopted: the court adopted the recommendation. unaided: the case was resumed before,
            so its money is not due to the review.
        statements: the review asked banks for statements. probability: chance of selection under the policy.
    """

    episode: Array
    selected: Array
    accepted: Array
    concluded: Array
    suggested: Array
    replied: Array
    resumed: Array
    paid: Array
    label: Array
    found: Array
    recovered: Array
    channel: Array
    adopted: Array
    unaided: Array
    statements: Array
    probability: Array


def merge_views(views: list[EpisodeView]) -> EpisodeView:
    """Concatenate the views of several quarters; `parent`, a row number, counts in the whole from then on."""
    shift = np.cumsum([0] + [len(view) for view in views])
    parents = [np.where(v.parent >= 0, v.parent + s, -1) for v, s in zip(views, shift, strict=False)]
    return replace(EpisodeView.concatenate(views), parent=np.concatenate(parents))


def select_episodes(
    rng: np.random.Generator, knobs: Knobs, view: EpisodeView, pool: Array, today: int
) -> tuple[Array, Array, Array]:
    """Select from one office's pool of rows; returns (rows, channel, approximate chance of selection)."""
    capacity = min(knobs.integer("offices.capacity"), int(len(pool) * knobs.number("offices.pool_share")))
    petitioned = pool[view.petition[pool] <= today - 5]
    petitioned = petitioned[np.argsort(view.petition[petitioned], kind="stable")][::-1]
    first = petitioned[: round(capacity * knobs.number("offices.petition_quota"))]
    rest = pool[~np.isin(pool, first)]
    by_file = rest[np.argsort(view.closed[rest] + rng.integers(0, 60, len(rest)), kind="stable")]
    second = by_file[: round(capacity * knobs.number("offices.order_quota"))]
    rest = rest[~np.isin(rest, second)]
    rule = np.log1p(view.unpaid[rest]) + 1.2 * view.car[rest] + 1.4 * rng.normal(0, 1, len(rest))
    third = rest[np.argsort(-rule, kind="stable")][: max(0, capacity - len(first) - len(second))]
    chosen = np.concatenate([first, second, third])
    channel = np.repeat([0, 1, 2], [len(first), len(second), len(third)])
    sizes = [max(len(petitioned), 1), max(len(by_file), 1), max(len(rest), 1)]
    chance = np.array([len(first) / sizes[0], len(second) / sizes[1], len(third) / sizes[2]])[channel]
    return chosen, channel, np.minimum(chance, 1.0)


def _recorded_labels(rng: np.random.Generator, knobs: Knobs, truth: Array) -> Array:
    """Recorded conclusions: the true labels, a few of them replaced by wrong ones."""
    size = len(truth)
    wrong = bernoulli(rng, knobs.number("offices.wrong_label"), size)
    down = np.where(rng.random(size) < 0.7, "Y4", "Y3")
    up = np.where(rng.random(size) < 0.45, "Y1", np.where(rng.random(size) < 0.5, "Y2", "Y3"))
    other = np.where(np.isin(truth.astype(str), ["Y1", "Y2"]), down, up).astype(object)
    other = np.where(other == truth, "Y4", other)
    return np.where(wrong, other, truth)


def review_episodes(
    rng: np.random.Generator, knobs: Knobs, view: EpisodeView, chosen: Array, channel: Array, chance: Array, today: int
) -> Reviews:
    """Draw the reviews of the episodes selected on a day, one row per episode in the order given."""
    size = len(chosen)
    selected = today + randint(rng, 0, 6, size)
    accepted = selected + randint(rng, 3, 16, size)
    concluded = accepted + (14 + rng.gamma(4.0, (knobs.number("offices.conclude_days") - 14) / 4, size)).astype(
        np.int64
    ).clip(1, 106)
    truth = np.where((view.late_until[chosen] > concluded) & (view.label[chosen] == "Y2"), "Y4", view.label[chosen])
    label = _recorded_labels(rng, knobs, truth)
    real = (label == truth) & np.isin(truth.astype(str), ["Y1", "Y2"])
    urged = np.isin(label.astype(str), ["Y1", "Y2", "Y3"])
    suggested = np.where(urged, concluded + randint(rng, 2, 14, size), NEVER)
    wait = np.minimum(knobs.number("offices.reply_days") * np.exp(0.5 * rng.normal(0, 1, size)), 120).astype(np.int64)
    replied = np.where(urged, suggested + wait, NEVER)
    adopted = urged & bernoulli(rng, knobs.number("offices.adoption"), size)
    resumes = adopted & (np.isin(label.astype(str), ["Y1", "Y2"]) | (rng.random(size) < 0.2))
    resumed = np.where(resumes, replied + randint(rng, 2, 24, size), NEVER)
    unaided = view.reopen[chosen] < resumed
    resumed = np.where(unaided, view.reopen[chosen], resumed)
    money = np.where(real & adopted, view.recovered[chosen], 0)
    paid = np.where(resumes & (money > 0), resumed + view.delay[chosen], NEVER)
    claimed = (view.unpaid[chosen] * rng.uniform(0.02, 0.3, size)).astype(np.int64)
    found_fen = np.where(real, view.found[chosen], np.where(np.isin(label.astype(str), ["Y1", "Y2"]), claimed, 0))
    suspicious = np.isin(truth.astype(str), ["Y1"]) * 0.12 + knobs.number("offices.review_statement") - 0.02
    return Reviews(
        episode=chosen,
        selected=selected,
        accepted=accepted,
        concluded=concluded,
        suggested=suggested,
        replied=replied,
        resumed=resumed,
        paid=paid,
        label=label,
        found=found_fen,
        recovered=money,
        channel=channel,
        adopted=adopted,
        unaided=unaided & (resumed < NEVER),
        statements=bernoulli(rng, suspicious, size),
        probability=chance,
    )


def simulate_reviews(knobs: Knobs, seed: int, view: EpisodeView, starts: list[int]) -> tuple[Reviews, Array, Array]:
    """Select and review quarter by quarter; returns (reviews, day each episode is resumed, which episodes exist).

    `starts` are the first days of the quarters. An episode that follows an unaided reopening does not exist where a
    review resumed its parent earlier.
    """
    exists = np.ones(len(view), dtype=bool)
    open_until = view.reopen.copy()
    selected = np.zeros(len(view), dtype=bool)
    child_of = np.flatnonzero(view.parent >= 0)
    parts: list[Reviews] = []
    for number, start in enumerate(starts[1:], start=1):
        rng = random_stream(seed, number, "offices")
        today = start + 7
        eligible = exists & ~selected & (view.closed + 20 <= today) & (open_until > today)
        for office in range(len(knobs.texts("offices.codes"))):
            pool = np.flatnonzero(eligible & (view.office == office))
            chosen, channel, chance = select_episodes(rng, knobs, view, pool, today)
            review = review_episodes(rng, knobs, view, chosen, channel, chance, today)
            selected[chosen] = True
            open_until[chosen] = np.minimum(open_until[chosen], review.resumed)
            parts.append(review)
        parent = view.parent[child_of]
        exists[child_of] = exists[parent] & (view.filed[child_of] <= open_until[parent])
    return Reviews.concatenate(parts), open_until, exists
