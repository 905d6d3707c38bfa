"""What people did with lists, against plain loops and against queues written to a ledger."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from little_pool import deliver, one_case
from made_ledger import AS_OF, write_queue, write_run

from evaluation.monitoring.bounds import read_bounds
from evaluation.monitoring.list_part import ListRecords, significantly_above, watch_precision, watch_use
from evaluation.monitoring.list_use import (
    CHANCE,
    POOLED,
    REST,
    count_overrides,
    count_overturned,
    count_refusals,
    exploration_outcomes,
    latest_lists,
    listed_episodes,
    open_issues_by_clue,
)
from features.pool.pool import Pool
from models.feedback import funnel
from models.ledger.ledger import Ledger
from models.scoring.calibration import probability
from models.selection.policy import RANDOM, Policy

BOUNDS = read_bounds()
DRAWN = (date(2023, 3, 31), date(2023, 6, 30), date(2023, 9, 30))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path) as opened:
        yield opened


def test_the_last_list_of_a_quarter_is_read_as_it_was_written(ledger: Ledger) -> None:
    run = write_run(ledger)
    write_queue(ledger, run, seed=1)
    last = write_queue(ledger, run, seed=2)
    items, seats = listed_episodes(ledger, AS_OF), latest_lists(ledger, AS_OF)
    kept = ledger.queue_items(last.queue_id)
    kept = kept[kept["listed"]].set_index("episode")
    assert sorted(items["episode"]) == sorted(kept.index)
    assert items["quarter"].unique().tolist() == ["2024Q2"]
    assert items.set_index("episode")["by_chance"].to_dict() == (kept["stratum"] == RANDOM).to_dict()
    scores = ledger.scores(run.run_id)
    assert items.set_index("episode")["margin"].to_dict() == scores["margin"].loc[kept.index].to_dict()
    assert seats["random_wanted"].tolist() == [Policy(capacity=8).places()[RANDOM]]
    assert listed_episodes(ledger, AS_OF - timedelta(days=1)).empty
    assert latest_lists(ledger, AS_OF - timedelta(days=1)).empty


def test_a_list_is_of_the_same_quarter_here_and_on_the_label_page(ledger: Ledger) -> None:
    write_queue(ledger, write_run(ledger))
    deliver(ledger.home, AS_OF, one_case())
    with Pool(ledger.home).as_of(AS_OF) as cut:
        page = funnel.listed_episodes(cut, ledger)
    assert page["quarter"].astype(str).unique().tolist() == listed_episodes(ledger, AS_OF)["quarter"].unique().tolist()


def world(seed: int = 0, better: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Three lists of 100 with 20 seats by chance; reviews of most, and cases taken beside the list."""
    random = np.random.default_rng(seed)
    items, seats, done, chosen = [], [], [], []
    for number, day in enumerate(DRAWN):
        quarter = f"2023Q{number + 1}"
        name = [f"（2022）浙9901执{number * 100 + n}号@2022-12-01" for n in range(100)]
        by_chance = np.arange(100) < 20
        margin = np.where(by_chance, -2.0, 0.0) + random.normal(size=100) / 4
        items.append(
            pd.DataFrame(
                {
                    "quarter": quarter,
                    "office": "339901",
                    "drawn_on": day,
                    "episode": name,
                    "margin": margin,
                    "probability": probability(margin),
                    "stratum": "x",
                    "by_chance": by_chance,
                    "model_version": "m",
                }
            )
        )
        seats.append(
            {
                "quarter": quarter,
                "office": "339901",
                "drawn_on": day,
                "random_wanted": 20,
                "eligible": 900,
                "listed": 100,
            }
        )
        y = (random.random(100) < probability(margin + better * by_chance)).astype(float)
        picked = random.random(100) < 0.8
        start = pd.Timestamp(day) + pd.Timedelta(days=20)
        done.append(
            pd.DataFrame(
                {
                    "episode": name,
                    "selected_on": start,
                    "label_date": start + pd.Timedelta(days=60),
                    "y": y,
                    "reply": np.where(y > 0, "adopted", None),
                }
            )[picked]
        )
        beside = [f"（2022）浙9901执{9000 + number * 100 + n}号@2022-12-01" for n in range(10)]
        chosen += [
            pd.DataFrame(
                {"episode": np.array(name)[picked], "selected_on": start, "office": "339901", "channel": "清单"}
            ),
            pd.DataFrame({"episode": beside, "selected_on": start, "office": "339901", "channel": "依职权-信访"}),
            pd.DataFrame({"episode": beside, "selected_on": start, "office": "339902", "channel": "他院"}),
        ]
    whole = [pd.concat(part, ignore_index=True) for part in (items, done, chosen)]
    return whole[0], pd.DataFrame(seats), whole[1], whole[2]


def test_seats_by_chance_and_the_rest_are_counted_as_a_plain_loop_counts_them() -> None:
    items, seats, done, _ = world()
    found = exploration_outcomes(items, seats, done).set_index(["quarter", "part"])
    outcome = done.set_index("episode")["y"].to_dict()
    for quarter in (*items["quarter"].unique(), POOLED):
        for part, wanted in ((CHANCE, True), (REST, False)):
            mine = [
                row["episode"]
                for row in items.to_dict("records")
                if row["by_chance"] is wanted and quarter in (row["quarter"], POOLED)
            ]
            said = [outcome[episode] for episode in mine if episode in outcome]
            row = found.loc[(quarter, part)]
            assert (row["seats"], row["concluded"], row["confirmed"]) == (len(mine), len(said), sum(said))
            assert row["low"] <= row["share"] <= row["high"]
    assert found.loc[(POOLED, CHANCE), "wanted"] == 60


def test_not_taken_and_taken_beside_the_list_only_once_the_list_has_run_out() -> None:
    items, _, done, chosen = world()
    day = DRAWN[1] + timedelta(days=92)
    found = count_overrides(items, chosen, day, 92).set_index("quarter")
    assert list(found.index) == ["2023Q1", "2023Q2"]
    first = items[items["quarter"] == "2023Q1"]["episode"]
    assert found.loc["2023Q1", "not_taken"] == len(set(first) - set(done["episode"]))
    assert found.loc["2023Q1", "unlisted"] == 10
    assert found.loc["2023Q1", "channels"] == "依职权-信访 10"
    assert count_overrides(items, chosen, DRAWN[0], 92).empty


def used(better: float = 0.0) -> ListRecords:
    items, seats, done, chosen = world(better=better)
    return ListRecords(items, seats, done, chosen, {"decided": 0, "overturned": 0})


def test_a_model_that_chance_beats_is_told_and_a_working_one_is_not() -> None:
    day = date(2024, 1, 31)
    assert [finding.kind for finding in watch_use(used(), day, BOUNDS).findings] == []
    assert [finding.kind for finding in watch_use(used(better=5.0), day, BOUNDS).findings] == ["random_better"]


def test_short_draws_skipped_lists_and_refusals_are_reported() -> None:
    made = used()
    fewer = made.items[~made.items["by_chance"] | (made.items["quarter"] != "2023Q3")]
    mostly = made.chosen[made.chosen["channel"] != "清单"]
    refused = made.done.assign(reply=np.where(np.arange(len(made.done)) % 3 == 0, "refused", "adopted"))
    records = ListRecords(fewer, made.seats, refused, mostly, {"decided": 40, "overturned": 20}, {"A03": 2})
    found = {finding.kind: finding for finding in watch_use(records, date(2024, 1, 31), BOUNDS).findings}
    assert set(found) == {"random_short", "not_taken", "taken_unlisted", "overturned", "refused", "misleading"}
    assert found["random_short"].figure == 0
    assert found["overturned"].figure == 0.5
    assert count_refusals(refused) == {"answered": len(refused), "refused": -(-len(refused) // 3)}


def test_a_lead_decided_otherwise_again_counts_once_and_only_within_the_days(ledger: Ledger) -> None:
    moves = {"L1": ["初筛", "有效", "无效", "有效"], "L2": ["初筛", "有效", "已推送"], "L3": ["初筛", "无效"]}
    for lead, states in moves.items():
        for before, after in itertools.pairwise(states):
            ledger.record("system", "lead.decide", lead, {"from": before, "to": after})
    ledger.record("system", "queue.export", "L4", {"from": "有效", "to": "无效"})
    today = datetime.now(UTC).date()
    assert count_overturned(ledger, today, today) == {"decided": 3, "overturned": 1}
    earlier = today - timedelta(days=1)
    assert count_overturned(ledger, earlier, earlier) == {"decided": 0, "overturned": 0}


def test_two_of_three_are_not_yet_a_habit() -> None:
    assert not significantly_above(2, 3, 0.5)
    assert significantly_above(70, 100, 0.5)
    assert not significantly_above(0, 0, 0.0)


def test_expected_precision_is_told_with_its_past_and_a_drifted_calibration_is_noticed() -> None:
    part = watch_precision(used(), BOUNDS)
    figures = part.figures
    assert figures["quarter"] == "2023Q3"
    assert figures["low"] <= figures["expected"] <= figures["high"]
    assert figures["checked_quarters"] == 3
    assert figures["mean_absolute_error"] < 0.1
    assert not part.findings
    worse = used()
    flat = ListRecords(worse.items, worse.seats, worse.done.assign(y=0.0), worse.chosen, worse.leads)
    assert "calibration_shift" in [finding.kind for finding in watch_precision(flat, BOUNDS).findings]


def test_an_estimate_is_not_blamed_for_what_few_reviews_do_by_chance() -> None:
    made = used()
    few = made.done.groupby("selected_on").sample(12, random_state=0)
    section = watch_precision(ListRecords(made.items, made.seats, few, made.chosen, made.leads), BOUNDS)
    assert section.figures["error_by_chance"] > 0.05
    assert "estimate_error" not in [finding.kind for finding in section.findings]
    wrong = made.items.assign(margin=made.items["margin"] + 3)
    section = watch_precision(ListRecords(wrong, made.seats, few.assign(y=0.0), made.chosen, made.leads), BOUNDS)
    assert "estimate_error" in [finding.kind for finding in section.findings]


def test_a_home_without_lists_says_so(ledger: Ledger) -> None:
    nothing = ListRecords(
        listed_episodes(ledger, AS_OF),
        latest_lists(ledger, AS_OF),
        used().done.iloc[:0],
        used().chosen.iloc[:0],
        count_overturned(ledger, DRAWN[0], AS_OF),
    )
    assert watch_precision(nothing, BOUNDS).notes == ("台账中还没有清单，未估计预期准确率。",)
    assert watch_use(nothing, AS_OF, BOUNDS).findings == ()
    assert open_issues_by_clue(ledger) == {}
    assert nothing.leads == {"decided": 0, "overturned": 0}
