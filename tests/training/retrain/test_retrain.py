"""Retraining on invented quarters: a challenger with papers, steps that resume, drift that stops, a gate that holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import PER_DAY, World, changed, world
from sqlalchemy import text

from features.errors import NotEnoughDataError
from models.audit.replay_model import replay_model
from models.audit.verify import verify
from models.card.page import MISSING, render_card
from models.database.engine import reading
from models.ledger.ledger import Ledger
from models.registry import registry, reports
from models.registry.champion import NOT_ENOUGH_EVIDENCE
from models.registry.promotion import PromotionError, promote
from training.backtest.plan import BacktestSettings
from training.data.labels import labels_from_reviews
from training.data.source_drift import DriftError
from training.fitting.heads import HeadSettings
from training.fitting.recipes import CANDIDATES, Candidate
from training.fitting.train import TrainSettings, train
from training.retrain.gate import Bounds
from training.retrain.gate_evidence import REFITS
from training.retrain.retrain import Retrained, RetrainSettings, retrain

FIRST, SECOND = date(2022, 12, 31), date(2023, 12, 31)
LINEAR = Candidate("linear", "直线", "仅供测试。", TrainSettings(heads=HeadSettings(few_labels=100_000)))
PLAIN = replace(LINEAR, name="plain", label="另一条直线")
SETTINGS = RetrainSettings(recipe="linear", quarters=0, bounds=Bounds(rounds=40), noise=1)

STEPS = (
    "cohort",
    "labels",
    "candidate",
    "training",
    "backtest",
    "change",
    "burden",
    "population",
    "explanations",
    "gate",
)


def copy_of(home: Path, folder: Path) -> Path:
    """A copy of a home within a folder."""
    return Path(shutil.copytree(home, folder / "home"))


def retrained_copy(home: Path, folder: Path) -> Path:
    """A copy of a home within a folder, retrained on the second day."""
    place = copy_of(home, folder)
    run(place, world())
    return place


@pytest.fixture(autouse=True, scope="module")
def _linear() -> Iterator[None]:
    """A recipe that is quick to fit, in the list of candidates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOLDENKEY_DATABASE", raising=False)
        patch.delenv("GOLDENKEY_ACTOR", raising=False)
        for one in (LINEAR, PLAIN):
            patch.setitem(CANDIDATES, one.name, one)
        yield


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, _linear: None) -> Path:
    """A home with three people and an empty registry."""
    place = tmp_path_factory.mktemp("empty") / "home"
    with Ledger(place) as ledger:
        for name in ("甲", "乙", "训练员"):
            ledger.add_actor(name, "person", "system")
    with registry.mlflow_silenced():
        registry.mlflow_client(place)
    return place


@pytest.fixture(scope="module")
def crowned(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a champion made on the first day."""
    place = copy_of(empty, tmp_path_factory.mktemp("crowned"))
    crown(place, world())
    return place


@pytest.fixture(scope="module")
def retrained(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The empty home after a retraining on the second day; running it again resumes every step."""
    return retrained_copy(empty, tmp_path_factory.mktemp("retrained"))


@pytest.fixture(scope="module")
def challenged(crowned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home with a champion after a retraining on the second day; running it again resumes every step."""
    return retrained_copy(crowned, tmp_path_factory.mktemp("challenged"))


@pytest.fixture
def home(empty: Path, tmp_path: Path) -> Path:
    return copy_of(empty, tmp_path)


@pytest.fixture
def done_home(retrained: Path, tmp_path: Path) -> Path:
    return copy_of(retrained, tmp_path / "done")


@pytest.fixture
def reigned(crowned: Path, tmp_path: Path) -> Path:
    return copy_of(crowned, tmp_path / "reigned")


@pytest.fixture
def contested(challenged: Path, tmp_path: Path) -> Path:
    return copy_of(challenged, tmp_path / "contested")


def run(home: Path, found: World, day: date = SECOND, **given: Any) -> Retrained:
    return retrain(home, day, "训练员", **{"settings": SETTINGS, "source": found.source()} | given)


def crown(home: Path, found: World, day: date = FIRST) -> str:
    """Retrain on a day and have the result promoted."""
    version = run(home, found, day).version
    with Ledger(home) as ledger:
        for name in ("甲", "乙"):
            promote(ledger, version, name, despite_evidence="首个模型")
    return version


def failing(done: Retrained) -> list[str]:
    return [row["check"] for row in done.gate["checks"] if row["answer"] == "fail"]


def acts(home: Path) -> list[tuple[str, str]]:
    with Ledger(home) as ledger, reading(ledger.engine) as connection:
        found = connection.execute(text("SELECT actor, act FROM audit ORDER BY seq"))
        return [(row.actor, row.act) for row in found]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_quarter_makes_a_challenger_with_its_papers_and_promotes_nothing(contested: Path) -> None:
    found = world()
    champion = registry.current_version(contested)
    done = run(contested, found)
    assert done.champion == champion
    assert done.version != champion
    assert registry.current_version(contested) == champion
    papers = {name: reports.read_report(contested, done.version, name) for name in reports.REPORTS}
    assert all(papers.values())
    known = labels_from_reviews(found.reviews, SECOND)
    assert papers["labels"]["concluded"] == len(known)  # type: ignore[index]
    assert papers["labels"]["positives"] == int((known["label"] == "Y1").sum())  # type: ignore[index]
    assert papers["change"]["listed"] == papers["change"]["stay"] + papers["change"]["leave"]  # type: ignore[index]
    assert papers["gate"] == json.loads(json.dumps(done.gate))
    assert ("训练员", "model.train") in acts(contested)
    with Ledger(contested) as ledger:
        with pytest.raises(PromotionError, match="训练者不能批准"):
            promote(ledger, done.version, "训练员")
        assert verify(ledger).sound


def test_the_gate_judges_by_what_was_concluded_after_the_champions_day(contested: Path) -> None:
    found = world()
    gate = run(contested, found).gate
    known = labels_from_reviews(found.reviews, SECOND)
    later = known[pd.to_datetime(known["label_date"]) > pd.Timestamp(FIRST)]
    assert gate["rows"] == len(later)
    assert gate["positives"] == int((later["label"] == "Y1").sum())
    (compared,) = [row for row in gate["checks"] if row["check"] == "no_worse_overlap"]
    assert compared["figure"]["rows"] == len(later)
    # The same recipe on the same labels, only debtors of the later rows left out: nothing between them.
    assert abs(compared["figure"]["auc_difference"]["value"]) < 0.02
    assert gate["answer"] == "pass", [row for row in gate["checks"] if row["answer"] != "pass"]


def test_a_rerun_changes_nothing(home: Path) -> None:
    found = world()
    first = run(home, found)
    before = files(home)
    again = run(home, found)
    assert again.version == first.version
    assert set(again.resumed) == {*STEPS, "register"}
    after = files(home)
    assert {name for name in before if "operational.db" not in name and before[name] != after[name]} == set()
    assert [act for _, act in acts(home)].count("model.train") == 1


def test_the_noise_floor_is_measured_and_part_of_the_version(done_home: Path) -> None:
    done = run(done_home, world())
    model = registry.load(done_home, done.version)
    assert model.settings["noise_floor"] > 0
    assert {row["check"]: row["answer"] for row in done.gate["checks"]}["reproducible"] == "pass"
    plain = registry.load(done_home, run(done_home, world(), settings=replace(SETTINGS, noise=0)).version)
    assert "noise_floor" not in plain.settings
    settings = {name: value for name, value in model.settings.items() if name != "noise_floor"}
    assert replace(model, settings=settings, notes=model.notes[:-1]).version == plain.version != model.version


def test_an_interrupted_run_goes_on_where_it_stopped(home: Path, done_home: Path) -> None:
    whole = run(done_home, world())
    resumed: list[str] = []
    for at in ("labels", "candidate", "gate", "register"):
        seen = list(resumed)

        def breaking(name: str, at: str = at, seen: list[str] = seen) -> None:
            if name == at:
                raise KeyboardInterrupt
            seen.append(name)

        with pytest.raises(KeyboardInterrupt):
            run(home, world(), progress=breaking)
        assert registry.registered_models(home) == ()
        resumed = seen
    done = run(home, world())
    assert list(done.resumed) == resumed == list(STEPS)
    assert (whole.version, whole.gate) == (done.version, done.gate)


def test_a_home_that_was_moved_retrains_where_it_is(reigned: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    reigned.rename(moved)
    reigned.write_text("", encoding="utf-8")
    champion = registry.current_version(moved)
    done = run(moved, world())
    assert done.champion == champion
    with Ledger(moved) as ledger:
        assert replay_model(ledger, champion).same
        assert replay_model(ledger, done.version).same


def test_papers_changed_behind_our_back_are_written_anew(done_home: Path) -> None:
    found = world()
    done = run(done_home, found)
    reports.write_report(done_home, done.version, "gate", {"answer": "pass", "champion": None})
    run(done_home, found)
    assert reports.read_report(done_home, done.version, "gate") == json.loads(json.dumps(done.gate))


def test_another_state_of_the_pool_is_another_run(done_home: Path) -> None:
    found = world()
    first = run(done_home, found)
    assert run(done_home, replace(found, state=4)).version != first.version


def test_another_rest_after_a_review_is_another_run(done_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    run(done_home, world(), progress=stop)
    monkeypatch.setenv("GOLDENKEY_REST_DAYS", "90")
    with pytest.raises(KeyboardInterrupt):
        run(done_home, world(), progress=stop)


def test_a_feature_dated_after_the_cut_is_refused(reigned: Path) -> None:
    found = world()
    label = found.reviews.assign(y=(found.reviews["label"] == "Y1").astype(float)).set_index("case_no")["y"]
    random = np.random.default_rng(1)

    def leak(values: pd.DataFrame, day: date) -> pd.DataFrame:
        outcome = label.reindex(found.matrices[day].keys["case_no"]).to_numpy()
        return values.assign(V05_x=4 * outcome + random.normal(0, 0.3, len(outcome)))

    assert "leak" in failing(run(reigned, changed(found, leak)))


def test_shuffled_labels_are_refused(reigned: Path) -> None:
    found = world()
    dealt = found.reviews["label"].sample(frac=1, random_state=4).to_numpy()
    done = run(reigned, replace(found, reviews=found.reviews.assign(label=dealt)))
    assert "better_than_chance" in failing(done)


def test_half_the_sources_stop_it_and_are_refused_where_somebody_goes_on(reigned: Path) -> None:
    found = world()
    half = [name for name in found.matrices[FIRST].model_values.columns if name.startswith("A")]

    def gone(values: pd.DataFrame, day: date) -> pd.DataFrame:
        return values.assign(**dict.fromkeys(half, np.nan)) if day > FIRST else values

    fewer = changed(found, gone)
    with pytest.raises(DriftError, match="覆盖"):
        run(reigned, fewer, date(2023, 6, 30))
    assert acts(reigned)[-1] == ("训练员", "retrain.stopped")
    done = run(reigned, fewer, accept_drift="来源已停止交接，另行商定")
    assert ("训练员", "retrain.drift_accepted") in acts(reigned)
    assert "coverage" in failing(done)


def test_better_on_average_and_worse_for_a_subgroup_is_refused(home: Path) -> None:
    """The champion reads what speaks of women, the challenger what speaks of men; both stand in the later rows."""
    found = world()
    random = np.random.default_rng(3)
    keys = pd.concat([one.keys for one in found.matrices.values()]).set_index("case_no")
    values = pd.concat([one.model_values for one in found.matrices.values()]).set_axis(keys.index)
    women = keys["sex"].eq("女")
    first, second = ["A02_x", "A03_x"], ["V02_x", "V04_x"]
    law = 1.5 * values[first].sum(axis=1).where(women, values[second].sum(axis=1)) - 0.4
    hidden = pd.Series(random.random(len(law)) < 1 / (1 + np.exp(-law)), index=law.index)
    label = np.where(hidden.reindex(found.reviews["case_no"]), "Y1", "Y4")
    relabelled = replace(found, reviews=found.reviews.assign(label=label))

    def blurred(columns: list[str]) -> World:
        def mixed(values: pd.DataFrame, day: date) -> pd.DataFrame:
            if day >= FIRST:
                return values
            return values.assign(**{name: random.permutation(values[name].to_numpy()) for name in columns})

        return changed(relabelled, mixed)

    # In use without the gate's leave, as `train` puts a first model in use: it knows nothing of most cases.
    registry.set_current(home, run(home, blurred(second), FIRST).version)
    done = run(home, blurred(first))
    (compared,) = [row for row in done.gate["checks"] if row["check"] == "no_worse_overlap"]
    assert compared["figure"]["auc_difference"]["value"] > 0
    assert "subgroups" in failing(done)
    (groups,) = [row for row in done.gate["checks"] if row["check"] == "subgroups"]
    assert "被执行人性别：女" in groups["note"]


def test_no_paper_holds_the_figures_of_an_office(reigned: Path) -> None:
    found = world()
    half = {
        day: replace(one, keys=one.keys.assign(office=["339901", "339902"] * (PER_DAY // 2)))
        for day, one in found.matrices.items()
    }
    done = run(reigned, replace(found, matrices=half))
    for name in reports.REPORTS:
        assert "33990" not in json.dumps(reports.read_report(reigned, done.version, name), ensure_ascii=False), name
    assert reports.read_report(reigned, done.version, "change")["offices"] == 2


def test_auditors_reach_the_gate_whenever_they_speak(contested: Path) -> None:
    found, champion = world(), registry.current_version(contested)
    overall = {"judged": 97, "supported": 49, "low": 0.249, "high": 0.55}
    first = run(contested, found)
    assert not [
        row for row in first.gate["checks"] if row["check"] == "verdicts" and row["answer"] != NOT_ENOUGH_EVIDENCE
    ]

    def said(version: str, **changes: Any) -> dict[str, Any]:
        reports.write_report(contested, version, "review", {"version": version, "overall": overall | changes})
        gate = run(contested, found).gate
        assert reports.read_report(contested, first.version, "gate") == json.loads(json.dumps(gate))
        (one,) = [row for row in gate["checks"] if row["check"] == "verdicts"]
        return one | {"whole": gate["answer"]}

    champions = said(champion)
    assert (champions["answer"], champions["whole"]) == (NOT_ENOUGH_EVIDENCE, first.gate["answer"]), (
        "it can be replaced"
    )
    assert champion in champions["note"]
    assert said(first.version)["answer"] == "fail"
    assert said(first.version, high=0.759)["answer"] == "pass", "the interval of the paper, not one of raw counts"
    reports.write_report(contested, first.version, "review", {"version": first.version, "overall": overall})
    with Ledger(contested) as ledger:
        run(contested, found)
        with pytest.raises(PromotionError, match="未通过"):
            promote(ledger, first.version, "甲")


def test_a_model_in_use_is_not_held_against_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = world()
    version = run(home, found, settings=replace(SETTINGS, noise=0)).version
    registry.set_current(home, version)
    done = run(home, found)
    assert done.champion is None
    assert reports.read_report(home, done.version, "change") == {
        "champion": None,
        "notes": ["没有在用模型，无从比较。"],
    }
    with Ledger(home) as ledger:
        for name in ("甲", "乙"):
            promote(ledger, done.version, name, despite_evidence="首个模型")
    before = reports.report_digests(home, done.version)
    again = run(home, found)
    assert again.version == done.version
    assert "在用模型" in again.notes[0]
    assert reports.report_digests(home, done.version) == before


def test_the_card_of_a_challenger_is_whole(contested: Path) -> None:
    done = run(contested, world())
    text = render_card(contested, done.version)
    for heading in reports.REPORTS.values():
        part = text.split(f"<h2>{heading}</h2>")[1].split("<h2>")[0]
        assert MISSING not in part, heading
    explained = reports.read_report(contested, done.version, "explanations")
    assert explained is not None
    assert (explained["version"], explained["stability"]["models"]) == (done.version, REFITS)
    carried = reports.read_report(contested, done.version, "burden")
    assert carried is not None
    assert {row["group"] for row in carried["with_petitions"]["groups"]["sex"]} == {"男", "女"}
    changed_ = reports.read_report(contested, done.version, "change")
    assert changed_ is not None
    assert changed_["clues"] and {"clue", "label", "moved", "led"} <= set(changed_["clues"][0])
    assert changed_["moved"]


def test_other_candidates_stand_beside_the_recipe_and_none_is_taken_for_its_figures(home: Path) -> None:
    settings = replace(
        SETTINGS,
        quarters=1,
        noise=0,
        beside=("linear", "plain"),
        backtest=BacktestSettings(capacity=20, rounds=20, baselines=("random", "logistic")),
    )
    done = run(home, world(), settings=settings)
    body = reports.read_report(home, done.version, "backtest")
    assert body is not None
    assert body["candidates"] == ["linear", "plain"]
    assert {"linear", "plain"} <= {row["order"] for row in body["models"]}
    assert "采用“直线”" in body["notes"][0] and "逻辑回归" in body["notes"][0]
    assert registry.load(home, done.version).settings["recipe"] == "linear"


def test_reasons_that_flip_are_refused(home: Path) -> None:
    found = world()

    def turned(values: pd.DataFrame, _: date) -> pd.DataFrame:
        return values.iloc[:, ::-1].set_axis(values.columns, axis=1)

    crown(home, changed(found, turned))
    assert "reasons" in failing(run(home, found))


def test_a_champion_with_other_columns_cannot_be_compared(home: Path) -> None:
    found = world()
    crown(home, changed(found, lambda values, _: values.rename(columns={"V05_x": "V09_x"})))
    done = run(home, found)
    answers = {row["check"]: row["answer"] for row in done.gate["checks"]}
    assert answers["no_worse_overlap"] == "not enough evidence"
    assert any("列不同" in note for note in done.notes)


def test_train_still_serves_a_home_without_a_champion_and_no_other(reigned: Path) -> None:
    """`train` on an empty pool trains nothing; what is in use stays the champion's."""
    champion = registry.current_version(reigned)
    with pytest.raises(NotEnoughDataError):
        train(reigned, SECOND)
    assert registry.current_version(reigned) == champion
