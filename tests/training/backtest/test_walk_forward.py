"""The rolling backtest on invented quarters: nothing known later is used, nobody is on both sides, reruns are free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import QUARTER_ENDS, LittleMatrix, little_matrices
from sklearn.metrics import roc_auc_score

import cli
from evaluation.metrics.off_policy import ENOUGH, NOT_ENOUGH
from features.errors import GoldenKeyError, NotEnoughDataError
from models.selection.logged_draws import LEDGER
from models.selection.policy import RANDOM
from training.backtest import cache
from training.backtest import run as backtest
from training.backtest.inputs import read_quarters
from training.backtest.plan import BacktestSettings, plan_backtest, quarter_ends
from training.backtest.run import run
from training.backtest.walk_forward import score_quarter
from training.data.labels import labels_from_reviews
from training.data.sample import Sample
from training.data.source import TrainingSource
from training.fitting.recipes import CANDIDATES
from training.fitting.train import Recipe, fit_two_part

PER_DAY = 36
DAYS = QUARTER_ENDS[4:7]
UNTIL = QUARTER_ENDS[-1]
QUICK = BacktestSettings(capacity=10, rounds=20)


@dataclass
class World:
    """Invented quarters of which chance reviewed 60 %, and what everybody conceals."""

    matrices: dict[date, LittleMatrix]
    reviews: pd.DataFrame
    listed: np.ndarray
    asked: list[date] = field(default_factory=list)
    unreadable: bool = False

    def source(self) -> TrainingSource:
        return TrainingSource(7, "test", self.known, lambda day, *_: (self.known(day), []), self.build, self.drawn)

    def known(self, day: date) -> pd.DataFrame:
        self.asked.append(day)
        return labels_from_reviews(self.reviews[self.listed], day)

    def build(self, days: Sequence[date]) -> Mapping[date, LittleMatrix]:
        assert not self.unreadable, "a stored report needs no matrix"
        return {day: self.matrices[day] for day in days}

    def drawn(self, day: date) -> pd.DataFrame:
        parts = [
            matrix.keys[["case_no", "zb_date"]].assign(
                selected_on=pd.Timestamp(at), inclusion=0.6, source=LEDGER, stratum=""
            )
            for at, matrix in self.matrices.items()
        ]
        return pd.concat(parts, ignore_index=True).assign(listed=self.listed)

    def truth(self, folder: Path) -> Path:
        folder.mkdir()
        rows = self.reviews.assign(
            kind=np.where(self.reviews["label"] == "Y1", "concealed", "insolvent"),
            recovered_if_reviewed_fen=self.reviews["recovered_amount"].astype("int64"),
        )
        rows[["case_no", "zb_date", "kind", "recovered_if_reviewed_fen"]].to_parquet(folder / "episodes.parquet")
        return folder


def world(seed: int = 0) -> World:
    random = np.random.default_rng([seed, 1])
    plain, reviews = little_matrices(PER_DAY, seed)
    made = {}
    for day, matrix in plain.items():
        keys = matrix.keys.assign(
            filing_date=date(2019, 1, 1),
            office=["339901", "339902"] * (PER_DAY // 2),
            debt_fen=random.integers(1, 10**8, PER_DAY),
            coverage="A",
            **{name: random.random(PER_DAY) < 0.4 for name in ("small", "vulnerable", "petitioned", "person")},
        )
        made[day] = replace(matrix, keys=keys)
    return World(made, reviews, random.random(len(reviews)) < 0.6)


def walked(made: World, day: date, name: str = "two_part") -> tuple[pd.DataFrame, list[dict[str, object]]]:
    settings = BacktestSettings(baselines=("random", "logistic"))
    plan, source = plan_backtest([day], [name], settings), made.source()
    (quarter,) = read_quarters(source, plan)
    scores = score_quarter(quarter, source.matrices(quarter.matrix_days), plan, source.state)
    assert scores.note == ""
    return scores.rows, scores.fits


def test_a_quarter_learns_from_what_was_concluded_by_then() -> None:
    made = world()
    day = DAYS[2]
    _, trained = walked(made, day)
    by_hand = sum(
        listed and concluded <= day
        for listed, concluded in zip(made.listed, made.reviews["conclude_date"], strict=True)
    )
    assert trained[0]["labels"] == by_hand
    assert set(made.asked) == {day}


def test_what_comes_out_later_moves_no_score() -> None:
    made, other = world(), world()
    later = pd.to_datetime(other.reviews["conclude_date"]) > pd.Timestamp(DAYS[2])
    other.reviews = other.reviews.assign(label=other.reviews["label"].where(~later, "Y1"))
    assert not other.reviews["label"].equals(made.reviews["label"])
    ours, _ = walked(made, DAYS[2])
    theirs, _ = walked(other, DAYS[2])
    pd.testing.assert_frame_equal(ours, theirs)


def test_nobody_stands_on_both_sides() -> None:
    made = world()
    day, before = DAYS[2], DAYS[0]
    reviewed = np.flatnonzero(made.listed[4 * PER_DAY : 5 * PER_DAY])
    old, new = made.matrices[before].keys.copy(), made.matrices[day].keys.copy()
    new.loc[0, "debtor"] = old.loc[reviewed[0], "debtor"]
    new.loc[1, "chain"] = old.loc[reviewed[1], "chain"]
    old.loc[reviewed[2], "debtor"] = old.loc[reviewed[1], "debtor"]
    made.matrices[before] = replace(made.matrices[before], keys=old)
    made.matrices[day] = replace(made.matrices[day], keys=new)
    _, trained = walked(made, day)
    assert trained[0]["set_aside"] == 3


def test_only_the_free_are_eligible() -> None:
    made = world()
    keys = made.matrices[DAYS[1]].keys.copy()
    keys.loc[3, "under_review"] = True
    keys["concluded_on"] = [DAYS[0] if row == 5 else None for row in range(PER_DAY)]
    made.matrices[DAYS[1]] = replace(made.matrices[DAYS[1]], keys=keys)
    frame, _ = walked(made, DAYS[1])
    assert set(keys["episode"]) - set(frame["episode"]) == {keys["episode"][3], keys["episode"][5]}


def test_held_against_truth_the_figures_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    made = world()
    truth = made.truth(tmp_path / "truth")
    body = run(tmp_path, DAYS, "two_part", until=UNTIL, truth=truth, settings=QUICK, source=made.source()).as_payload()
    hidden = dict(zip(made.reviews["case_no"], made.reviews["label"] == "Y1", strict=True))
    found, frames = 0, []
    for day in DAYS:
        frame, _ = walked(made, day)
        frames.append(frame)
        for _, part in frame.groupby("office"):
            top = part.sort_values("two_part", ascending=False).head(QUICK.capacity)
            found += sum(hidden[case] for case in top["case_no"])
    model = body["models"][0]
    assert (model["order"], model["found"], model["listed"]) == ("two_part", found, 2 * 10 * len(DAYS))
    assert model["eligible"] == body["rows"] == PER_DAY * len(DAYS)
    assert model["labelled"] == 1.0
    baselines = {row["order"]: row for row in body["baselines"]}
    assert baselines["random"]["lift"] == pytest.approx(1.0)
    everyone = pd.concat(frames)
    truly = roc_auc_score(everyone["case_no"].map(hidden), everyone["two_part:probability"])
    assert body["auc"] == pytest.approx(truly)
    assert json.loads(json.dumps(body, allow_nan=False)) == body


def test_on_records_the_draws_tell_what_the_truth_would(tmp_path: Path) -> None:
    made = world(3)
    truth = made.truth(tmp_path / "truth")
    source = made.source()
    whole = run(tmp_path, DAYS, "two_part", until=UNTIL, truth=truth, settings=QUICK, source=source).as_payload()
    seen = run(tmp_path, DAYS, "two_part", until=UNTIL, settings=QUICK, source=source).as_payload()
    model = seen["models"][0]
    assert 0.45 < model["labelled"] < 0.75
    estimate = next(row for row in seen["off_policy"] if row["order"] == "two_part" and row["of"] == "found")
    assert estimate["verdict"] == ENOUGH
    assert estimate["overlap"] == 1.0
    for name in ("ips", "snips", "dr"):
        assert estimate[name] == pytest.approx(whole["models"][0]["found"], rel=0.35)
    assert seen["auc"] == pytest.approx(whole["auc"], abs=0.1)
    assert any("其余未知，不作无隐匿计" in note for note in seen["notes"])


def test_without_logged_chances_there_is_no_estimate(tmp_path: Path) -> None:
    made = world()
    source = replace(made.source(), draws=lambda day: made.drawn(day).iloc[:0])
    body = run(tmp_path, DAYS, "two_part", until=UNTIL, settings=QUICK, source=source).as_payload()
    assert {row["verdict"] for row in body["off_policy"]} == {NOT_ENOUGH}
    assert any("没有随机抽取的入选概率记录" in note for note in body["notes"])
    assert (body["drawn"], body["effective"]) == (0, body["rows"])


def test_only_what_chance_listed_stands_for_others_and_for_ten_at_most(tmp_path: Path) -> None:
    made = world()
    random = np.arange(len(made.reviews)) % 2 == 0
    chance = np.where(np.arange(len(made.reviews)) % 4 == 0, 0.5, 0.02)
    drawn = made.drawn(UNTIL).assign(stratum=np.where(random, RANDOM, ""), inclusion=chance)
    source = replace(made.source(), draws=lambda day: drawn)
    body = run(tmp_path, DAYS, "two_part", until=UNTIL, settings=QUICK, source=source).as_payload()
    rows = pd.concat([walked(made, day)[0] for day in DAYS])
    raw = dict(zip(made.reviews["case_no"], np.where(random, np.minimum(1 / chance, 10), 1.0), strict=True))
    seen = dict(zip(made.reviews["case_no"], np.where(made.listed, made.reviews["label"] == "Y1", np.nan), strict=True))
    weight, outcome = rows["case_no"].map(raw).to_numpy(), rows["case_no"].map(seen).to_numpy()
    known = ~np.isnan(outcome)
    assert set(weight[known]) == {1.0, 2.0, 10.0}
    error = (rows["chance:two_part"].to_numpy() - outcome) ** 2
    assert body["brier"] == pytest.approx(np.average(error[known], weights=weight[known]))
    assert body["effective"] == pytest.approx(weight[known].sum() ** 2 / (weight[known] ** 2).sum())
    assert body["drawn"] == (weight[known] > 1).sum()
    assert any("超过 10 而截断" in note for note in body["notes"])


def test_what_other_code_or_another_rest_found_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, fits = world(), counted_fits(monkeypatch)
    for _ in range(2):
        run(tmp_path, DAYS[:1], until=UNTIL, settings=QUICK, source=made.source())
        assert len(fits) == 1
    monkeypatch.setenv("GOLDENKEY_REST_DAYS", "90")
    run(tmp_path, DAYS[:1], until=UNTIL, settings=QUICK, source=made.source())
    assert len(fits) == 2
    monkeypatch.setattr(cache, "source_digest", lambda: "other")
    run(tmp_path, DAYS[:1], until=UNTIL, settings=QUICK, source=made.source())
    assert len(fits) == 3


def counted_fits(monkeypatch: pytest.MonkeyPatch, broken_after: int = 10**6) -> list[Sample]:
    """Samples that `two_part` is fitted on from now on, for a backtest; the fit after so many is interrupted."""
    fits: list[Sample] = []

    def recipe(sample: Sample) -> Recipe:
        if len(fits) == broken_after:
            raise KeyboardInterrupt
        fits.append(sample)
        return fit_two_part

    monkeypatch.setitem(CANDIDATES, "two_part", replace(CANDIDATES["two_part"], recipe=recipe))
    return fits


def test_the_source_is_told_by_every_line_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "training" / "backtest" / "cache.py"))
    (tmp_path / "training").mkdir()
    path = tmp_path / "training" / "fit.py"
    digests = []
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        path.write_text(text, encoding="utf-8")
        digests.append(cache.source_digest.__wrapped__())
    assert digests[0] == digests[2] != digests[1]


def test_a_rerun_computes_nothing_and_an_interrupted_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world()
    counted_fits(monkeypatch, broken_after=2)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, DAYS, until=UNTIL, settings=QUICK, source=made.source())
    fits = counted_fits(monkeypatch)
    first = run(tmp_path, DAYS, until=UNTIL, settings=QUICK, source=made.source()).as_payload()
    assert len(fits) == 1, "two of three quarters were scored before the interruption"
    wider = replace(QUICK, capacity=12)
    again = run(tmp_path, DAYS, until=UNTIL, settings=wider, source=made.source()).as_payload()
    assert again["models"][0]["listed"] == 2 * 12 * len(DAYS)
    assert len(fits) == 1, "another capacity measures the same scores"
    made.unreadable = True
    assert run(tmp_path, DAYS, until=UNTIL, settings=QUICK, source=made.source()).as_payload() == first


def test_quarters_without_labels_are_left_out_and_named(tmp_path: Path) -> None:
    made = world()
    body = run(tmp_path, [QUARTER_ENDS[0], *DAYS], until=UNTIL, settings=QUICK, source=made.source()).as_payload()
    assert {row["quarter"] for row in body["quarters"]} == {day.isoformat() for day in DAYS}
    assert any(note.startswith(str(QUARTER_ENDS[0])) for note in body["notes"])
    with pytest.raises(NotEnoughDataError, match="没有一个季度可以训练"):
        run(tmp_path, [QUARTER_ENDS[0]], until=UNTIL, settings=QUICK, source=made.source())


def test_the_same_things_give_the_same_report(tmp_path: Path) -> None:
    one, two = (
        run(tmp_path / name, DAYS[:2], until=UNTIL, settings=QUICK, source=world().source()).as_payload()
        for name in "ab"
    )
    assert one == two


def test_several_candidates_stand_over_the_same_cases(tmp_path: Path) -> None:
    names = ["glass_box", "two_part", "delayed"]
    body = run(tmp_path, DAYS[:2], names, until=UNTIL, settings=QUICK, source=world().source()).as_payload()
    assert [row["order"] for row in body["models"]][::2] == names
    assert len({row["eligible"] for row in body["models"]}) == 1
    assert set(body["calibration"]) == set(names)
    assert body["recipe"] == "glass_box"
    assert body["auc"] == body["calibration"]["glass_box"]["auc"]


def test_how_labels_were_weighed_is_said_beside_the_figures(tmp_path: Path) -> None:
    made = world()
    source = replace(made.source(), weighted_labels=lambda day, *_: (made.known(day), ["没有随机层，权重相同。"]))
    body = run(tmp_path, DAYS[:2], ["two_part", "weighted"], until=UNTIL, settings=QUICK, source=source).as_payload()
    said = [note for note in body["notes"] if "权重相同" in note]
    assert said == [f"两段模型·抽取加权（{DAYS[1]}）：没有随机层，权重相同。"]


def test_bad_questions_are_refused(tmp_path: Path) -> None:
    assert quarter_ends(date(2023, 3, 31), date(2023, 10, 1)) == [
        date(2023, 3, 31),
        date(2023, 6, 30),
        date(2023, 9, 30),
    ]
    with pytest.raises(GoldenKeyError, match="没有任何季度末"):
        quarter_ends(date(2023, 4, 1), date(2023, 4, 1) + timedelta(days=20))
    with pytest.raises(GoldenKeyError, match="没有名为“best”的候选方案"):
        run(tmp_path, DAYS, "best", until=UNTIL, source=world().source())
    with pytest.raises(GoldenKeyError, match=r"没有 episodes\.parquet"):
        run(tmp_path, DAYS, until=UNTIL, truth=tmp_path, source=world().source())
    with pytest.raises(GoldenKeyError, match="应不小于 1"):
        BacktestSettings(capacity=0)


def test_the_command_tells_it_in_words_and_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pool").mkdir()
    said = ["--home", str(tmp_path), "backtest", "--from", str(DAYS[0]), "--to", str(DAYS[1]), "--capacity", "10"]
    assert cli.main(said) == 2
    assert "还没有任何交接批次" in capsys.readouterr().err
    made = world()
    monkeypatch.setattr(backtest, "pool_source", lambda home: made.source())
    monkeypatch.setattr(backtest, "last_delivery_date", lambda home: UNTIL)
    assert cli.main(said) == 0
    words = capsys.readouterr().out
    for part in (
        "两段模型",
        "随机（期望）",
        "离策略估计",
        "Wilson",
        "可估计",
        "小标的",
        "其余未知",
        "有效样本量",
        "未加权",
        "各季名单（两段模型",
    ):
        assert part in words
    assert "认定" not in words
    assert cli.main([*said, "--format", "json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert {row["order"] for row in body["baselines"]} == {
        "random",
        "amount",
        "age",
        "petition",
        "findings",
        "logistic",
    }
