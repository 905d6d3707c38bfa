"""The docket, selection and review: chains of cases, money, capacity and the order of days."""

from __future__ import annotations

import re

import numpy as np

from evaluation.world.base.chance import NEVER, random_stream
from evaluation.world.base.config import load_knobs
from evaluation.world.population import docket as dockets
from evaluation.world.population.cohort import Cohort, episode_view
from evaluation.world.population.concealment import CONCEALED, MISSED
from evaluation.world.population.offices import merge_views, review_episodes, select_episodes, simulate_reviews


def test_cases_add_up_and_chains_hang_together(cohort: Cohort) -> None:
    docket = cohort.docket
    assert len(set(docket.case_no)) == len(docket)
    assert all(re.fullmatch(r"（20\d\d）浙990[123]执恢?\d+号", number) for number in docket.case_no)
    assert (docket.paid <= docket.due).all()
    assert (docket.paid == docket.due)[docket.mode == dockets.PAID].all()
    child = np.flatnonzero(docket.parent >= 0)
    parent = docket.parent[child]
    assert (docket.filed[child] == docket.reopen[parent]).all()
    assert (docket.due[child] == docket.due[parent] - docket.paid[parent]).all()
    assert (docket.chain[child] == docket.chain[parent]).all()
    assert (docket.filed < docket.closed).all()
    assert (docket.reopen[~docket.terminated] == NEVER).all()
    first = np.flatnonzero(docket.terminated & (docket.parent < 0))
    short = docket.closed[first] - docket.filed[first] < 90
    assert (docket.defects[first, dockets.EARLY] == short).all()


def test_what_a_review_finds_was_there(cohort: Cohort) -> None:
    docket, conduct = cohort.docket, cohort.conduct
    kind = conduct.kind[docket.household]
    assert (kind[docket.label == "Y1"] == CONCEALED).all()
    assert (kind[docket.label == "Y2"] == MISSED).all()
    assert docket.defects[docket.label == "Y3", : dockets.NO_REQUERY].any(axis=1).all()
    assert (docket.found <= conduct.hidden[docket.household]).all()
    assert (docket.recovered <= np.minimum(docket.found, docket.due - docket.paid)).all()
    assert ((docket.found > 0) == np.isin(docket.label.astype(str), ["Y1", "Y2"])).all()


def test_rows_and_concatenation_are_each_others_inverse(cohort: Cohort) -> None:
    docket = cohort.docket
    cut = len(docket) // 3
    parts = [docket.select(np.arange(cut)), docket.select(np.arange(cut, len(docket)))]
    whole = dockets.Docket.concatenate(parts)
    assert all((getattr(whole, name) == getattr(docket, name)).all() for name in docket.__dataclass_fields__)


def test_offices_review_within_capacity_and_each_episode_once(cohort: Cohort) -> None:
    knobs, view = load_knobs(), episode_view(cohort, 0)
    starts = [18993 + 90 * number for number in range(6)]
    reviews, open_until, exists = simulate_reviews(knobs, 3, view, starts)
    assert len(set(reviews.episode)) == len(reviews) > 50
    assert len(reviews) <= 40 * 3 * 5
    assert ((reviews.probability > 0) & (reviews.probability <= 1)).all()
    assert (view.closed[reviews.episode] + 20 <= reviews.selected).all()
    for early, late in (
        (reviews.selected, reviews.accepted),
        (reviews.accepted, reviews.concluded),
        (reviews.concluded, reviews.suggested),
    ):
        assert (early < late).all()
    assert ((reviews.suggested < NEVER) == np.isin(reviews.label.astype(str), ["Y1", "Y2", "Y3"])).all()
    assert (reviews.recovered[reviews.paid < NEVER] > 0).all()
    assert (open_until <= view.reopen).all()
    lost = np.flatnonzero(~exists)
    assert (view.parent[lost] >= 0).all()


def test_petitions_come_first_and_late_property_is_not_found_early(cohort: Cohort) -> None:
    knobs, view = load_knobs(), episode_view(cohort, 0)
    pool, today = np.flatnonzero(view.office == 0), int(view.closed.max()) + 200
    chosen, channel, _ = select_episodes(random_stream(1, 0, "a"), knobs, view, pool, today)
    assert len(chosen) == min(40, len(pool) // 10)
    first = chosen[channel == 0]
    assert len(first) == round(len(chosen) * 0.45)
    waiting = np.sort(view.petition[pool][view.petition[pool] <= today - 5])
    assert sorted(view.petition[first]) == waiting[-len(first) :].tolist()
    every = np.arange(len(view))
    reviews = review_episodes(random_stream(1, 0, "b"), knobs, view, every, every * 0, np.ones(len(view)), 19_000)
    early = (view.late_until > reviews.concluded) & (view.label == "Y2")
    assert (reviews.label[early] == "Y2").mean() < 0.1


def test_views_of_several_quarters_keep_their_parents(cohort: Cohort) -> None:
    view = episode_view(cohort, 0)
    both = merge_views([view, view])
    child = np.flatnonzero(view.parent >= 0)
    assert (both.parent[child + len(view)] == view.parent[child] + len(view)).all()
    assert (both.row == np.concatenate([view.row, view.row])).all()
