"""The selection policy: its promises as properties, and its inclusion probabilities against repeated draws."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from models.selection.exploration import EXPLORATIONS, inclusion_probabilities, reward_bins
from models.selection.policy import (
    HEAD,
    PETITIONED,
    RANDOM,
    SMALL,
    UNLISTED,
    VULNERABLE,
    WATCH,
    Policy,
    draw_seed,
    policy_from_payload,
    select_episodes,
)


def office(size: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "episode": [f"案{n:04d}@2023-01-01" for n in range(size)],
            "probability": np.round(rng.beta(1, 6, size), 3),
            "amount_fen": pd.array(rng.integers(0, 50_000_000, size), dtype="Int64"),
            "small": rng.random(size) < 0.4,
            "vulnerable": rng.random(size) < 0.2,
            "petitioned": rng.random(size) < 0.1,
        }
    )


def watched(size: int, seed: int = 0, share: float = 0.1) -> pd.DataFrame:
    """An office some of whose cases stand on a watch list since different days."""
    rng = np.random.default_rng(seed + 1)
    on = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 5, size), unit="D")
    return office(size, seed).assign(watched_on=pd.Series(on).where(rng.random(size) < share))


share = st.floats(0, 0.25)
policies = st.builds(
    Policy,
    capacity=st.integers(1, 60),
    min_probability=st.floats(0, 0.4),
    min_expected_fen=st.integers(0, 5_000_000),
    small=share,
    vulnerable=share,
    petitioned=share,
    random=share,
    exploration=st.sampled_from(EXPLORATIONS),
    bins=st.integers(1, 12),
    least=st.floats(0, 0.3),
)
offices = st.builds(office, st.integers(0, 90), st.integers(0, 10_000)) | st.builds(
    watched, st.integers(0, 90), st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.9])
)
seeds = st.integers(0, 2**64 - 1)


@settings(max_examples=60)
@given(offices, policies, seeds)
def test_what_always_holds(eligible: pd.DataFrame, policy: Policy, seed: int) -> None:
    rows = select_episodes(eligible, policy, seed).rows
    listed = rows[rows["listed"]]
    assert sorted(rows["episode"]) == sorted(eligible["episode"])
    assert len(listed) <= policy.capacity
    assert rows["inclusion"].between(0, 1).all()
    assert rows["inclusion"].sum() == pytest.approx(len(listed))
    assert (rows.loc[rows["stratum"].isin([WATCH, HEAD, SMALL, VULNERABLE, PETITIONED]), "inclusion"] == 1).all()
    assert listed["position"].tolist() == list(range(1, len(listed) + 1))
    assert rows.loc[~rows["listed"], "position"].isna().all()
    assert set(rows.loc[~rows["listed"], "stratum"]) <= {UNLISTED}
    chosen = listed[~listed["stratum"].isin([RANDOM, WATCH])]
    assert (chosen["probability"] >= policy.min_probability).all()
    head = listed[listed["stratum"] == HEAD]
    assert (head["probability"] * head["amount_fen"].astype(float) >= policy.min_expected_fen).all()


@settings(max_examples=30)
@given(offices, policies, seeds, st.integers(0, 99))
def test_order_of_the_rows_does_not_matter(eligible: pd.DataFrame, policy: Policy, seed: int, shuffle: int) -> None:
    mixed = eligible.sample(frac=1, random_state=shuffle)
    pd.testing.assert_frame_equal(
        select_episodes(eligible, policy, seed).rows, select_episodes(mixed, policy, seed).rows
    )


def test_members_of_a_stratum_are_members() -> None:
    eligible = office(200)
    rows = select_episodes(eligible, Policy(), 5).rows.merge(eligible[["episode", "small", "vulnerable", "petitioned"]])
    for stratum, column in ((SMALL, "small"), (VULNERABLE, "vulnerable"), (PETITIONED, "petitioned")):
        members = rows[rows["stratum"] == stratum]
        assert len(members) == 4
        assert members[column].all()


def test_head_is_the_top_by_expected_yield() -> None:
    eligible = office(200)
    rows = select_episodes(eligible, Policy(small=0, vulnerable=0, petitioned=0, random=0), 5).rows
    by_hand = sorted(
        zip(eligible["probability"], eligible["amount_fen"], eligible["episode"], strict=True),
        key=lambda row: (-(row[0] * row[1]), row[2]),
    )
    assert rows["episode"].head(40).tolist() == [episode for _, _, episode in by_hand[:40]]


def assert_inclusion_is_the_share_of_draws(eligible: pd.DataFrame, policy: Policy, draws: int = 300) -> None:
    """Within 4.5 standard errors for every episode."""
    first = select_episodes(eligible, policy, 0).rows.sort_values("episode", ignore_index=True)
    times = np.zeros(len(eligible))
    for seed in range(draws):
        rows = select_episodes(eligible, policy, draw_seed(seed, "339901", date(2024, 3, 31))).rows
        times += rows.sort_values("episode")["listed"].to_numpy()
    spread = np.sqrt(first["inclusion"] * (1 - first["inclusion"]) / draws)
    assert (np.abs(times / draws - first["inclusion"]) <= 4.5 * spread).all()


@pytest.mark.parametrize("exploration", ["uniform", "stratified"])
def test_inclusion_probabilities_are_those_of_repeated_draws(exploration: str) -> None:
    policy = Policy(capacity=20, random=0.2, exploration=exploration, bins=5, least=0.03)
    assert_inclusion_is_the_share_of_draws(office(60), policy)


def test_the_list_gets_shorter_when_the_rest_is_poor() -> None:
    eligible = office(100).assign(probability=0.001)
    rows = select_episodes(eligible, Policy(random=0.1), 1).rows
    assert rows.loc[rows["listed"], "stratum"].tolist() == [RANDOM] * 4


def test_places_of_an_empty_stratum_go_to_the_head() -> None:
    eligible = office(200).assign(petitioned=False, probability=0.5)
    counts = select_episodes(eligible, Policy(min_expected_fen=0), 1).rows["stratum"].value_counts()
    assert counts[HEAD] == 40 - 6 - 4 - 4
    assert PETITIONED not in counts


def test_without_amounts_probability_orders() -> None:
    eligible = office(50).assign(amount_fen=pd.array([pd.NA] * 50, dtype="Int64"))
    rows = select_episodes(eligible, Policy(capacity=5, small=0, vulnerable=0, petitioned=0, random=0), 1).rows
    best = eligible.sort_values(["probability", "episode"], ascending=[False, True])["episode"].head(5)
    assert rows["episode"].head(5).tolist() == best.tolist()
    assert rows["expected_fen"].isna().all()


def test_a_draw_seed_belongs_to_one_office_and_day() -> None:
    one = draw_seed(1, "339901", date(2024, 3, 31))
    others = {draw_seed(2, "339901", date(2024, 3, 31)), draw_seed(1, "339902", date(2024, 3, 31))}
    assert one not in others | {draw_seed(1, "339901", date(2024, 6, 30))}
    assert one == draw_seed(1, "339901", date(2024, 3, 31))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"capacity": 0}, "容量"),
        ({"random": 0.9, "small": 0.2}, "合计"),
        ({"min_probability": 1.5}, "底线"),
        ({"exploration": "bandit"}, "抽取方式"),
        ({"bins": 0}, "分箱"),
        ({"least": 1.5}, "最低入选概率"),
    ],
)
def test_a_policy_out_of_range_is_refused(wrong: dict[str, float], text: str) -> None:
    with pytest.raises(GoldenKeyError, match=text):
        Policy(**wrong)  # type: ignore[arg-type]


def test_an_episode_twice_is_refused() -> None:
    eligible = office(3)
    with pytest.raises(GoldenKeyError, match="重复"):
        select_episodes(pd.concat([eligible, eligible]), Policy(), 1)


@settings(max_examples=60)
@given(st.integers(1, 60), policies, seeds, st.integers(0, 10_000))
def test_the_watched_come_first_and_the_longest_watched_before_all(
    size: int, policy: Policy, seed: int, made: int
) -> None:
    eligible = watched(size, made, 0.4)
    rows = select_episodes(eligible, policy, seed).rows
    by_hand = sorted(
        (day, episode)
        for day, episode in zip(eligible["watched_on"], eligible["episode"], strict=True)
        if not pd.isna(day)
    )
    seats = [episode for _, episode in by_hand][: policy.capacity]
    assert rows["episode"].head(len(seats)).tolist() == seats
    assert rows.loc[rows["stratum"] == WATCH, "episode"].tolist() == seats
    assert (rows.loc[rows["stratum"] == WATCH, "inclusion"] == 1).all()


def test_a_case_of_no_promise_is_looked_at_because_it_is_watched() -> None:
    eligible = office(100).assign(probability=0.0, watched_on=None)
    eligible.loc[7, "watched_on"] = date(2024, 1, 5)
    rows = select_episodes(eligible, Policy(random=0.0), 1).rows
    assert rows.loc[rows["listed"], ["episode", "stratum"]].to_numpy().tolist() == [["案0007@2023-01-01", WATCH]]


def test_without_anybody_watched_the_list_is_what_it_was() -> None:
    eligible = office(120)
    nobody = eligible.assign(watched_on=pd.NaT)
    pd.testing.assert_frame_equal(
        select_episodes(eligible, Policy(), 3).rows, select_episodes(nobody, Policy(), 3).rows
    )


def test_the_shares_are_of_what_the_watched_leave() -> None:
    places = Policy(capacity=40).places(20)
    assert places == {WATCH: 20, HEAD: 11, RANDOM: 3, SMALL: 2, VULNERABLE: 2, PETITIONED: 2}
    assert Policy(capacity=40).places(99) == {WATCH: 40, HEAD: 0, RANDOM: 0, SMALL: 0, VULNERABLE: 0, PETITIONED: 0}


def test_inclusion_probabilities_stay_exact_beside_the_watched() -> None:
    assert_inclusion_is_the_share_of_draws(watched(60, 2), Policy(capacity=20, random=0.2))


rewards = st.lists(st.sampled_from([0.0, 1.0, 7.0]) | st.floats(0, 1e9), min_size=1, max_size=80).map(np.array)


@settings(max_examples=150)
@given(rewards, st.data())
def test_chances_add_up_to_the_seats_and_grow_with_the_bin(reward: np.ndarray, data: st.DataObject) -> None:
    seats = data.draw(st.integers(0, len(reward)))
    bins, least = data.draw(st.integers(1, 12)), data.draw(st.floats(0, 1))
    chance = inclusion_probabilities(reward, seats, bins, least)
    assert chance.sum() == pytest.approx(seats)
    assert ((chance >= min(least, seats / len(reward)) - 1e-12) & (chance <= 1)).all()
    order = np.argsort(reward, kind="stable")
    assert (np.diff(chance[order]) >= -1e-12).all()
    assert len(np.unique(reward_bins(reward, bins))) <= bins
    for value in np.unique(reward):
        assert np.ptp(chance[reward == value]) == 0


def test_the_share_of_a_bin_is_what_the_rule_says() -> None:
    reward = np.repeat([0.0, 4.0, 16.0], [10, 10, 10])
    chance = inclusion_probabilities(reward, 6, 3, 0.05)
    by_hand = [0.05 + (6 - 30 * 0.05) * root / 60 for root in (0, 2, 4)]
    assert chance[[0, 10, 20]].tolist() == pytest.approx(by_hand)


def test_a_bin_that_has_all_its_seats_leaves_the_others_more() -> None:
    reward = np.repeat([1.0, 1e12], [10, 10])
    assert inclusion_probabilities(reward, 12, 2, 0.0)[[0, 19]].tolist() == pytest.approx([0.2, 1.0])


def test_the_stratified_draw_takes_from_every_bin_as_often_as_it_says() -> None:
    eligible = office(300)
    policy = Policy(exploration="stratified", random=0.5, small=0, vulnerable=0, petitioned=0, bins=4)
    for seed in range(20):
        rows = select_episodes(eligible, policy, seed).rows
        rest = rows[rows["stratum"].isin([RANDOM, UNLISTED])]
        place = reward_bins((rest["probability"] * rest["amount_fen"].astype(float)).to_numpy(), 4)
        taken = np.bincount(place, weights=rest["listed"], minlength=4)
        wanted = np.bincount(place, weights=rest["inclusion"], minlength=4)
        assert (np.abs(taken - wanted) < 1 + 1e-9).all()


def test_without_exploration_the_places_go_by_yield() -> None:
    rows = select_episodes(office(200), Policy(exploration="none", min_expected_fen=0), 1).rows
    assert (rows["stratum"] == HEAD).sum() == 28
    assert set(rows["inclusion"]) == {0.0, 1.0}


def test_seats_too_few_for_the_least_chance_are_told() -> None:
    few = select_episodes(office(400), Policy(exploration="stratified", least=0.05), 1)
    assert few.rows["inclusion"].min() == pytest.approx(6 / 366)
    assert [note.split("，")[0] for note in few.notes] == [
        "随机层 6 个名额不足以使其余 366 件每件的入选概率都达到 0.0500"
    ]
    assert select_episodes(office(400), Policy(exploration="stratified", least=0.01), 1).notes == ()
    assert select_episodes(office(400), Policy(least=0.05), 1).notes == ()


def test_a_queue_written_before_explorations_had_names_is_drawn_as_it_was() -> None:
    text = {
        name: value for name, value in Policy(capacity=30).as_payload().items() if name not in ("exploration", "least")
    }
    policy = policy_from_payload(text | {"name": "strata-2", "rest_days": 180})
    assert policy == Policy(capacity=30)
    rows = select_episodes(office(100), policy, 7).rows
    rest = sorted(rows.loc[rows["stratum"].isin([RANDOM, UNLISTED]), "episode"])
    key = np.random.PCG64(7).random_raw(len(rest))
    by_hand = [rest[place] for place in np.argsort(key, kind="stable")[: policy.places()[RANDOM]]]
    assert rows.loc[rows["stratum"] == RANDOM, "episode"].tolist() == by_hand
