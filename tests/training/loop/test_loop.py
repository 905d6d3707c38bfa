"""The closed loop: fair answers, honest books, capacity, credit, learning, and a trial that resumes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.world.base.chance import NEVER
from evaluation.world.potential_outcomes import (
    SELECTION_DELAY_DAYS,
    PotentialOutcomes,
    potential_outcomes,
)
from features.clues import catalogue
from features.errors import GoldenKeyError
from training.loop import report, trial
from training.loop.environment import WARM_UP, Environment, Size, _publish, world_digest, world_knobs
from training.loop.policies import policies, top_rows
from training.loop.state import TrajectoryState
from training.loop.trajectory import SCENARIOS, Choice, net_fen, run_trajectory, with_offices

SIZE = Size(cases=900, quarters=4, capacity=30)
SAID = ("auc", "brier", "expected", "served", "measured", "share", "share_true", "share_written")


@dataclass(frozen=True)
class InventedEnvironment(Environment):
    """An environment of invented matrices: one column shows who conceals, another the findings, the rest is noise."""

    frames: dict[int, pd.DataFrame] = field(default_factory=dict)

    def seen(self, quarter: int) -> pd.DataFrame:
        return self.frames[quarter]


def made_frames(known: PotentialOutcomes) -> dict[int, pd.DataFrame]:
    random = np.random.default_rng(5)
    starts = known.plan.calendar.starts
    names = list(catalogue.MODEL_FEATURES)
    noise = random.normal(size=(len(known), len(names))).astype(np.float32)
    noise[:, 0] += 3 * (known.view.label == "Y1")
    by_quarter = {}
    for quarter in range(1, SIZE.whole):
        closed = known.view.closed < starts[quarter] - 20
        rows = np.flatnonzero(closed & (known.view.reopen > starts[quarter]))
        frame = pd.DataFrame(noise[rows], columns=names, index=rows)
        by_quarter[quarter] = frame.assign(
            office=known.table["office"].to_numpy()[rows], debt_fen=known.view.unpaid[rows], findings=rows % 4
        )
    return by_quarter


@pytest.fixture(scope="module")
def environment() -> InventedEnvironment:
    known = potential_outcomes(world_knobs(False), SIZE.cases, SIZE.whole, 3)
    return InventedEnvironment(SIZE, 3, known.plan.knobs, known, Path("nowhere"), made_frames(known))


@dataclass(frozen=True)
class Played:
    """The trajectory of a policy: its figures, and per quarter what could be chosen and what was."""

    figures: pd.DataFrame
    choices: list[tuple[int, np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def play(environment: InventedEnvironment) -> Callable[[str], Played]:
    """Policy -> its trajectory in the scenario `base`, simulated once."""

    @functools.cache
    def played(name: str) -> Played:
        choose, choices = policies(SIZE.capacity)[name][1](), []

        def watched(state: TrajectoryState, quarter: int, pool: np.ndarray) -> Choice:
            choice = choose(state, quarter, pool)
            choices.append((quarter, pool, choice.rows))
            return choice

        return Played(run_trajectory(environment, SCENARIOS["base"], watched), choices)

    return played


@pytest.mark.parametrize(
    "name", ["today", "amount", "findings", "random", "greedy", "uniform", "weighted", "likely", "ceiling", "oracle"]
)
def test_every_policy_keeps_to_the_pool_and_the_capacity(play: Callable[[str], Played], name: str) -> None:
    figures = play(name).figures
    last: dict[int, int] = {}
    for quarter, pool, rows in play(name).choices:
        assert set(rows) <= set(pool)
        assert len(set(rows)) == len(rows) <= SIZE.capacity
        # A review takes some weeks and its case then rests half a year: three quarters, seldom less, lie between.
        assert all(quarter - last[row] >= 3 for row in rows if row in last)
        last |= dict.fromkeys(rows, quarter)
    assert list(figures["quarter"]) == list(range(-WARM_UP, SIZE.quarters))
    assert (figures["chosen"] >= figures["confirmed"] + figures["missed"]).all()
    assert (figures["net_fen"] <= figures["gross_fen"]).all()


def test_the_warm_up_is_the_same_for_every_policy(play: Callable[[str], Played]) -> None:
    first, second = play("amount").figures, play("oracle").figures
    pd.testing.assert_frame_equal(first.iloc[:WARM_UP], second.iloc[:WARM_UP])


def test_an_episode_taken_on_a_day_answers_the_same_whoever_takes_it(environment: InventedEnvironment) -> None:
    one, two = environment.fates.reviews_if_selected(6), environment.fates.reviews_if_selected(6)
    for name in one.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert (environment.fates.reviews_if_selected(7).concluded != one.concluded).any()


def test_the_books_hold_nothing_before_its_conclusion_and_no_money_before_it_arrived(
    environment: InventedEnvironment,
) -> None:
    seen: list[tuple[pd.DataFrame, object]] = []

    def looking(state: TrajectoryState, quarter: int, pool: np.ndarray) -> Choice:
        seen.append((state.known_reviews(environment.day(quarter)), environment.day(quarter)))
        return Choice(pool[:4])

    run_trajectory(environment, SCENARIOS["base"], looking)
    for books, day in seen:
        assert (pd.to_datetime(books["conclude_date"]) < pd.Timestamp(day)).all()
    last = seen[-1][0]
    paid = last[last["recovered_date"].notna()]
    assert (paid["recovered_date"] > paid["conclude_date"]).all()
    assert (paid["recovered_amount"] > 0).all()


def test_only_what_no_reopening_would_have_brought_is_credited(environment: InventedEnvironment) -> None:
    answers = environment.fates.reviews_if_selected(6)
    credit = net_fen(environment, answers)
    table, end = environment.fates.table, environment.fates.plan.calendar.end
    for row in range(len(table)):
        gross = int(answers.recovered[row]) if answers.paid[row] < NEVER else 0
        alone = int(table["unaided_fen"].iloc[row]) if table["reopen"].iloc[row] < end else 0
        assert credit[row] == (0 if answers.unaided[row] else max(gross - alone, 0))
    assert 0 < credit.sum() < np.where(answers.paid < NEVER, answers.recovered, 0).sum()


def test_what_would_have_followed_an_unaided_reopening_is_gone_once_a_review_resumed_the_case(
    environment: InventedEnvironment,
) -> None:
    parents = set(environment.fates.view.parent[environment.fates.view.parent >= 0])
    last: list[TrajectoryState] = []

    def parents_first(state: TrajectoryState, quarter: int, pool: np.ndarray) -> Choice:
        last[:] = [state]
        wanted = np.array([row in parents for row in pool], dtype=float)
        return Choice(top_rows(state, pool, wanted))

    run_trajectory(environment, SCENARIOS["base"], parents_first)
    state, view = last[0], environment.fates.view
    child = np.flatnonzero(view.parent >= 0)
    resumed_before = state.open_until[view.parent[child]] < view.filed[child]
    assert resumed_before.any()
    assert not state.exists[child[resumed_before]].any()


def test_the_oracle_brings_most_in_its_first_quarter_and_the_model_learns_what_tells(
    play: Callable[[str], Played],
) -> None:
    by_policy = {name: play(name).figures for name in ("oracle", "random", "greedy", "ceiling")}
    first = {name: rows.loc[rows["quarter"] == 0, "net_fen"].iloc[0] for name, rows in by_policy.items()}
    assert first["oracle"] >= max(first.values())
    found = {name: rows.loc[rows["quarter"] >= 0, "confirmed"].sum() for name, rows in by_policy.items()}
    assert found["greedy"] > found["random"]
    assert found["ceiling"] > found["random"]


def test_outcomes_without_error_are_all_right_and_the_drift_moves_the_ways() -> None:
    knobs = world_knobs(True)
    drifting = potential_outcomes(knobs, 800, 12, 1)
    start = knobs.integer("drift.from_quarter")
    conceals = drifting.table["kind"] == "concealed"
    uses = drifting.table["ways"].str.contains("insurance")
    late = drifting.view.quarter >= start
    assert uses[conceals & late].mean() > 2 * uses[conceals & ~late].mean()
    clean = drifting.reviews_if_selected(5, with_offices(knobs, {"wrong_label": 0.0}))
    late_property = (drifting.view.late_until > clean.concluded) & (drifting.view.label == "Y2")
    assert (clean.label == np.where(late_property, "Y4", drifting.view.label)).all()


def test_a_case_rests_as_long_as_the_office_sets(
    environment: InventedEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, quarter, fates = int(environment.seen(6).index[0]), 6, environment.fates
    concluded = np.zeros(len(fates), dtype=np.int64)
    concluded[row] = fates.plan.calendar.starts[quarter] + SELECTION_DELAY_DAYS - 100
    everything = np.ones(len(fates), bool)
    state = TrajectoryState(environment, environment.knobs, concluded, everything, np.full(len(fates), NEVER))
    task = trial.TrialTask(tmp_path, SIZE, 1, "base", ("random",))
    files = set()
    for days, is_free in (("101", False), ("100", True), ("", False)):
        monkeypatch.setenv("GOLDENKEY_REST_DAYS", days)
        assert (row in state.pool(quarter)) is is_free, days
        files.add(task.path("random"))
    assert len(files) == 3, "trajectories under other rules are not read"


def test_the_mark_of_the_frozen_world_changes_with_what_decides_it() -> None:
    assert world_digest(SIZE) == world_digest(Size(900, 4, 30))
    assert (
        len(
            {
                world_digest(SIZE),
                world_digest(Size(901, 4, 30)),
                world_digest(Size(900, 5, 30)),
                world_digest(Size(900, 4, 31)),
            }
        )
        == 4
    )


def test_a_trial_resumes_and_a_rerun_plays_nothing(
    environment: InventedEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "open_environment", lambda *_: environment)
    played: list[str] = []
    real = trial.run_trajectory

    def counted(environment_, scenario, choose):
        played.append(scenario.name)
        if len(played) == 3:
            raise KeyboardInterrupt
        return real(environment_, scenario, choose)

    monkeypatch.setattr(trial, "run_trajectory", counted)
    arguments = (tmp_path, SIZE, [1, 2], ["base"], ["random", "amount"], 1)
    with pytest.raises(KeyboardInterrupt):
        trial.run_trial(*arguments)
    rows = trial.run_trial(*arguments)
    assert len(played) == 5
    again = trial.run_trial(*arguments)
    assert len(played) == 5
    pd.testing.assert_frame_equal(rows, again)
    with pytest.raises(GoldenKeyError, match="luck"):
        trial.run_trial(tmp_path, SIZE, [1], ["base"], ["luck"], 1)


def played_quarters(policies: tuple[str, ...], seeds: tuple[int, ...], quarters: range) -> pd.DataFrame:
    """Keys of every quarter of every trajectory of the scenario `base`, in this order."""
    rows = list(itertools.product(["base"], policies, seeds, quarters))
    return pd.DataFrame(rows, columns=["scenario", "policy", "seed", "quarter"])


def test_the_summary_says_what_a_plain_sum_says() -> None:
    random = np.random.default_rng(1)
    rows = played_quarters(("today", "greedy", "ceiling"), (1, 2, 3), range(-2, 4)).assign(
        chosen=6, missed=1, new_way=0
    )
    rows["confirmed"] = random.integers(0, 5, len(rows))
    rows["net_fen"] = random.integers(0, 10**8, len(rows)).astype(float)
    table = report.summary(rows).set_index("policy")
    total = {
        policy: sum(
            row["net_fen"] for row in rows.to_dict("records") if row["policy"] == policy and row["quarter"] >= 0
        )
        for policy in table.index
    }
    assert table.loc["greedy", "net"] == pytest.approx(total["greedy"] / 3 / 100)
    assert table.loc["greedy", "times_today"] == pytest.approx(total["greedy"] / total["today"])
    assert table.loc["greedy", "of_ceiling"] == pytest.approx(total["greedy"] / total["ceiling"])
    assert table.loc["today", "times_today_low"] == table.loc["today", "times_today_high"] == 1
    assert table.loc["greedy", "net_low"] <= table.loc["greedy", "net"] <= table.loc["greedy", "net_high"]
    assert "of_oracle" not in table or table["of_oracle"].isna().all()


def test_what_was_foretold_is_held_against_the_truth_as_a_plain_loop_does() -> None:
    random = np.random.default_rng(2)
    rows = played_quarters(("uniform", "greedy"), (1, 2), range(-1, 5))
    rows[list(SAID)] = random.random((len(rows), len(SAID)))
    rows = rows.assign(share_low=rows["share"] - 0.2, share_high=rows["share"] + 0.2)
    rows.loc[rows["policy"] == "greedy", "share"] = np.nan
    table = report.prediction_summary(rows).set_index("policy")
    mine = [row for row in rows.to_dict("records") if row["policy"] == "uniform" and row["quarter"] >= 0]
    assert table.loc["uniform", "error"] == pytest.approx(np.mean([abs(r["expected"] - r["measured"]) for r in mine]))
    inside = [r["share_low"] <= r["share_true"] <= r["share_high"] for r in mine]
    assert table.loc["uniform", "covered"] == pytest.approx(np.mean(inside))
    assert table.loc["uniform", "half_width"] == pytest.approx(0.2)
    assert table.loc["greedy", "intervals"] == 0


def test_an_environment_half_made_is_made_anew_and_one_made_twice_stays_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "base-001"
    folder.mkdir()
    (folder / "01.parquet").write_text("half")
    for who in ("first", "second"):
        made = tmp_path / f"{who}.work"
        made.mkdir()
        (made / "01.parquet").write_text(who)
        (made / "done").touch()
        _publish(made, folder)
    assert (folder / "01.parquet").read_text() == "first"
    assert (folder / "done").exists()
