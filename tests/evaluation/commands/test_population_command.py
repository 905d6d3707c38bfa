"""From queues and reviews to the estimate: what the ledger logged, what reviews found, what the command prints."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from little_pool import deliver
from made_ledger import write_run

from evaluation.commands.population import run_population
from evaluation.metrics.reviewed_draws import reviewed_draws
from features.errors import NotEnoughDataError
from features.pool.pool import Pool
from models.ledger.ledger import Ledger
from models.ledger.records import Queue
from models.registry import registry, reports
from models.selection.logged_draws import is_random_draw, match_reviews, read_draws
from models.selection.policy import RANDOM, Policy, select_episodes

DRAWN = date(2024, 3, 31)
TOLD = date(2025, 3, 31)
POLICY = Policy(capacity=60, random=0.6, small=0, vulnerable=0, petitioned=0, exploration="stratified", least=0.05)


def draw(ledger: Ledger, policy: Policy = POLICY, office: str = "339901", seed: int = 3) -> pd.DataFrame:
    """One queue over a run of two hundred episodes; its items, listed ones first."""
    run = write_run(ledger, size=200)
    scores = ledger.scores(run.run_id)
    flags = dict.fromkeys(("small", "vulnerable", "petitioned"), False)
    selection = select_episodes(scores[["episode", "probability", "amount_fen"]].assign(**flags), policy, seed)
    items = selection.rows.assign(score_id=scores["score_id"].loc[selection.rows["episode"]].to_numpy())
    ledger.write_queue(
        Queue("", run.run_id, office, DRAWN, policy.as_payload(), seed, policy.capacity), items, "system"
    )
    return selection.rows


def review(number: int, episode: str) -> dict[str, object]:
    hidden = number % 5 == 0
    return {
        "review_id": f"r{number:03d}",
        "case_no": episode.split("@")[0],
        "zb_date": date(2023, 6, 1),
        "office": "339901",
        "selected_on": date(2024, 4, 12),
        "accept_date": date(2024, 4, 20),
        "conclude_date": date(2024, 6, 20),
        "label": "Y1" if hidden else "Y4",
        "unaided": False,
        "found_value": 900_000 if hidden else None,
        "reply": "adopted" if hidden else None,
        "recovered_amount": 500_000 if hidden else None,
        "recovered_date": date(2024, 9, 1) if hidden else None,
    }


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[Path, pd.DataFrame]]:
    with Ledger(tmp_path) as ledger:
        rows = draw(ledger)
    listed = rows.loc[rows["listed"], "episode"]
    old = {
        "case_no": "（2020）浙9901执1号",
        "zb_date": date(2020, 6, 1),
        "selected_on": date(2021, 4, 1),
        "office": "339901",
        "channel": "信访",
        "probability": 0.3,
    }
    reviews = [review(number, episode) for number, episode in enumerate(listed)]
    named = listed.str.split("@").str[0]
    same = [old | {"case_no": name, "zb_date": date(2023, 6, 1), "selected_on": date(2024, 4, 12)} for name in named]
    deliver(tmp_path, date(2025, 1, 15), {"review": reviews, "selection": [old, *same]})
    yield tmp_path, rows


def test_every_eligible_episode_is_logged_with_its_chance(home: tuple[Path, pd.DataFrame]) -> None:
    path, rows = home
    with Ledger(path) as ledger, Pool(path).as_of(TOLD) as cut:
        found = read_draws(cut, ledger)
        history = read_draws(cut, None)
    mine = found[found["source"] == "ledger"]
    named = mine["case_no"] + "@" + mine["zb_date"].dt.strftime("%Y-%m-%d")
    output = dict(zip(rows["episode"], rows["inclusion"], strict=True))
    assert dict(zip(named, mine["inclusion"], strict=True)) == output
    assert mine["listed"].sum() == 60
    assert is_random_draw(mine).sum() == (rows["stratum"] == RANDOM).sum() == 36
    assert found.loc[found["source"] == "history", "case_no"].tolist() == ["（2020）浙9901执1号"]
    assert history[["stratum", "inclusion", "listed"]].to_numpy().tolist() == [["信访", 0.3, True]] * 61
    assert not is_random_draw(history).any()


def test_of_two_queues_of_an_office_and_day_the_last_stands_and_two_offices_draw_apart(tmp_path: Path) -> None:
    deliver(tmp_path, date(2025, 1, 15), {"review": [review(0, "（2023）浙9901执00000号@2023-06-01")]})
    with Ledger(tmp_path) as ledger, Pool(tmp_path).as_of(TOLD) as cut:
        draw(ledger, seed=1)
        last = draw(ledger, seed=2).set_index("episode")
        first = read_draws(cut, ledger)
        above = draw(ledger, office="3399", seed=9).set_index("episode")
        both = read_draws(cut, ledger)
    key = first["case_no"] + "@2023-06-01"
    assert first["listed"].tolist() == last.loc[key, "listed"].tolist()
    assert len(first) == len(both) == 200
    chance = 1 - (1 - last["inclusion"]) * (1 - above["inclusion"])
    assert both["inclusion"].tolist() == pytest.approx(chance.loc[both["case_no"] + "@2023-06-01"].tolist())
    assert both["listed"].sum() == (last["listed"] | above["listed"].loc[last.index]).sum()


def test_the_command_prints_what_the_sampled_reviews_found(
    home: tuple[Path, pd.DataFrame], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rows = home
    monkeypatch.setattr(registry, "current_version", lambda home: "m1")
    arguments = argparse.Namespace(home=path, as_of=TOLD, version=None, format="json")
    with Ledger(path) as ledger, Pool(path).as_of(TOLD) as cut:
        draws = reviewed_draws(cut, ledger)
        assert match_reviews(draws[draws["listed"]], draws)["drawn_on"].notna().all()
    assert run_population(arguments) == 0
    output = json.loads(capsys.readouterr().out)
    listed = rows[rows["listed"]].reset_index(drop=True)
    hidden = listed.index.to_numpy() % 5 == 0
    drawn = (listed["stratum"] == RANDOM).to_numpy()
    weight = 1 / listed["inclusion"].to_numpy()
    rest = 200 - (~drawn).sum()
    by_hand = hidden[~drawn].sum() + rest * weight[drawn & hidden].sum() / weight[drawn].sum()
    assert output["number"]["estimate"] == pytest.approx(by_hand)
    assert (output["eligible"], output["concluded"], output["open_drawn"], output["model_version"]) == (
        200,
        36,
        0,
        "m1",
    )
    paper = reports.read_report(path, "m1", "population")
    assert paper is not None
    assert paper["share"] == output["share"]
    assert run_population(argparse.Namespace(home=path, as_of=TOLD, version=None, format="table")) == 0
    assert "疑似隐匿转移财产所占比例" in capsys.readouterr().out


def test_young_draws_wait(home: tuple[Path, pd.DataFrame]) -> None:
    arguments = argparse.Namespace(home=home[0], as_of=date(2024, 9, 1), version=None, format="json")
    with pytest.raises(NotEnoughDataError, match="只有 0 件"):
        run_population(arguments)
