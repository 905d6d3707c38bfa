"""The gate lets a truly better model pass, and none that leaks, guesses, sees half, wrongs a group or flips reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.metrics import recall_score, roc_auc_score

from evaluation.metrics.probability import auc
from models.registry.champion import FAIL, NOT_ENOUGH_EVIDENCE, PASS
from training.retrain import gate_figures
from training.retrain.gate import Bounds, Check, GateEvidence, ReasonReview, judge, update_with_review

QUICK = Bounds(rounds=60)
FAMILIES = ("funds", "vehicles", "petitions", "companies", "welfare", "auctions")


VERSION, CHAMPION = "20240331-aaaaaaaaaaaa", "20231231-bbbbbbbbbbbb"


def reviewed(judged: int, supported: int, low: float = 0.8, high: float = 0.97, version: str = VERSION) -> ReasonReview:
    return ReasonReview(version, judged, supported, low, high)


def law(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """True log-odds, outcomes drawn from them, and two subgroups a third and two thirds of the rows."""
    random = np.random.default_rng(seed)
    truth = random.normal(-0.6, 1.4, count)
    outcome = (random.random(count) < 1 / (1 + np.exp(-truth))).astype(float)
    groups = pd.DataFrame({"性别": np.where(random.random(count) < 0.35, "女", "男")})
    return truth, outcome, groups


def evidence(count: int = 600, seed: int = 0, noise: float = 1.5, **changes: Any) -> GateEvidence:
    """A challenger that knows the law, a champion that sees it through noise, everything else as it should be."""
    truth, outcome, groups = law(count, seed)
    random = np.random.default_rng(seed + 1)
    plain = GateEvidence(
        version="20240331-aaaaaaaaaaaa",
        champion="20231231-bbbbbbbbbbbb",
        outcome=outcome,
        challenger=truth,
        group=np.arange(count, dtype=np.int64) // 2,
        champion_margin=truth / 2 + random.normal(0, noise, count),
        drawn=random.random(count) < 0.3,
        groups=groups,
        reasons_refit=0.7,
        reasons_champion=0.6,
        coverage=dict.fromkeys(FAMILIES, 0.5),
        coverage_before=dict.fromkeys(FAMILIES, 0.55),
        alone={"F01_a": 0.66},
        without=("F01_a", 0.74),
        repeated="20240331-aaaaaaaaaaaa",
        verdicts=reviewed(40, 37),
        against=(120, 0),
    )
    return replace(plain, **changes)


def check(found: GateEvidence, name: str) -> Check:
    (one,) = [item for item in judge(found, QUICK).checks if item.check == name]
    return one


def failed(found: GateEvidence) -> list[str]:
    verdict = judge(found, QUICK)
    assert (verdict.answer == FAIL) == any(item.answer == FAIL for item in verdict.checks)
    return [item.check for item in verdict.checks if item.answer == FAIL]


@pytest.mark.parametrize("seed", range(3))
def test_a_truly_better_model_passes(seed: int) -> None:
    verdict = judge(evidence(seed=seed), QUICK)
    assert verdict.answer == PASS, [item for item in verdict.checks if item.answer != PASS]
    body = json.loads(json.dumps(verdict.as_payload(evidence(seed=seed), QUICK), allow_nan=False))
    assert (body["answer"], body["champion"]) == (PASS, "20231231-bbbbbbbbbbbb")
    assert len({item["check"] for item in body["checks"]}) == len(body["checks"]) == 11


def test_a_worse_model_fails() -> None:
    truth, _, _ = law(600)
    random = np.random.default_rng(3)
    found = evidence(challenger=truth / 2 + random.normal(0, 1.5, 600), champion_margin=truth)
    assert "no_worse_overlap" in failed(found)


def test_worse_on_the_random_slice_alone_fails() -> None:
    truth, _, _ = law(600)
    random = np.random.default_rng(3)
    drawn = np.arange(600) < 200
    challenger = np.where(drawn, random.normal(-0.6, 1.0, 600), truth)
    found = evidence(challenger=challenger, champion_margin=truth, drawn=drawn, overlap=~drawn)
    assert "no_worse_random" in failed(found)
    assert check(found, "no_worse_overlap").answer == PASS


def test_the_same_model_on_few_rows_is_not_enough_evidence() -> None:
    few = evidence(count=40)
    verdict = judge(few, QUICK)
    assert verdict.answer == NOT_ENOUGH_EVIDENCE
    assert check(few, "no_worse_overlap").answer == NOT_ENOUGH_EVIDENCE
    noisy = evidence(count=120, noise=0.4)
    assert judge(noisy, QUICK).answer in (PASS, NOT_ENOUGH_EVIDENCE)


def test_rows_the_champion_learned_from_do_not_count() -> None:
    plain = evidence()
    assert plain.champion_margin is not None
    seen = plain.champion_margin.copy()
    seen[40:] = np.nan
    assert check(replace(plain, champion_margin=seen), "no_worse_overlap").answer == NOT_ENOUGH_EVIDENCE


def test_without_a_champion_there_is_nothing_to_be_worse_than() -> None:
    assert judge(evidence(champion=None, champion_margin=None), QUICK).answer == PASS


def test_shuffled_labels_fail() -> None:
    random = np.random.default_rng(5)
    assert "better_than_chance" in failed(evidence(challenger=random.normal(-0.6, 0.5, 600)))


@pytest.mark.parametrize(
    "changes",
    [
        {"alone": {"F01_a": 0.66, "V99_late": 0.97}},
        {"without": ("V99_late", 0.55)},
    ],
)
def test_a_planted_leak_fails(changes: dict[str, Any]) -> None:
    assert failed(evidence(**changes)) == ["leak"]


def test_an_auc_too_good_to_be_true_fails() -> None:
    truth, outcome, _ = law(600)
    assert "leak" in failed(evidence(challenger=truth / 4 + 6 * (outcome - 0.5)))


def test_half_the_sources_fails_and_names_them() -> None:
    half = {name: 0.5 if place % 2 else 0.0 for place, name in enumerate(FAMILIES)}
    found = evidence(coverage=half)
    assert failed(found) == ["coverage"]
    note = check(found, "coverage").note
    assert all((name in note) == (place % 2 == 0) for place, name in enumerate(FAMILIES))


def test_better_on_average_and_worse_for_a_subgroup_fails() -> None:
    truth, outcome, groups = law(900)
    random = np.random.default_rng(8)
    women = (groups["性别"] == "女").to_numpy()
    challenger = np.where(women, random.normal(-0.6, 1.0, 900), truth)
    champion = truth / 2 + random.normal(0, 1.3, 900)
    assert auc(challenger, outcome) > auc(champion, outcome)
    found = evidence(count=900, challenger=challenger, champion_margin=champion, groups=groups)
    assert "subgroups" in failed(found)
    assert "性别：女" in check(found, "subgroups").note


def test_small_subgroups_are_not_told() -> None:
    rare = pd.DataFrame({"类型": np.where(np.arange(600) < 20, "少数", "多数")})
    answered = check(evidence(groups=rare), "subgroups")
    assert answered.answer == PASS
    assert all("少数" not in row["group"] for row in answered.figure)


@pytest.mark.parametrize("kept", [{"reasons_refit": 0.1}, {"reasons_champion": 0.05}])
def test_reasons_that_flip_fail(kept: dict[str, float]) -> None:
    assert failed(evidence(**kept)) == ["reasons"]


def test_margins_too_far_apart_fail() -> None:
    truth, _, _ = law(600)
    assert failed(evidence(challenger=truth * 4)) == ["calibration"]


def test_a_second_fit_that_differs_fails_and_none_is_lacking() -> None:
    assert failed(evidence(repeated="20240331-cccccccccccc")) == ["reproducible"]
    assert judge(evidence(repeated=None), QUICK).answer == NOT_ENOUGH_EVIDENCE


def test_auditors_who_disagree_fail_and_few_do_not_decide() -> None:
    assert failed(evidence(verdicts=reviewed(40, 15, 0.24, 0.53))) == ["verdicts"]
    assert judge(evidence(verdicts=reviewed(5, 0, 0.0, 0.4)), QUICK).answer == PASS
    assert judge(evidence(verdicts=None), QUICK).answer == PASS


def test_the_interval_is_the_one_of_the_review_by_cases() -> None:
    wide = check(evidence(verdicts=reviewed(97, 49, 0.249, 0.759)), "verdicts")
    assert wide.answer == PASS
    assert "25% 至 76%" in wide.note


@pytest.mark.parametrize("supported", [0, 15, 40])
def test_what_is_said_of_the_champion_neither_fails_nor_passes_the_challenger(supported: int) -> None:
    found = check(evidence(verdicts=reviewed(40, supported, 0.0, 0.3, CHAMPION)), "verdicts")
    assert found.answer == NOT_ENOUGH_EVIDENCE
    assert CHAMPION in found.note
    assert judge(evidence(verdicts=reviewed(40, supported, 0.0, 0.3, CHAMPION)), QUICK).answer == PASS


def test_a_paper_kept_is_told_with_what_auditors_say_by_now() -> None:
    found = evidence(verdicts=None)
    paper = judge(found, QUICK).as_payload(found, QUICK)
    assert (paper["answer"], paper["lacking"]) == (PASS, ["复核人认可解释"])
    worse = update_with_review(paper, reviewed(40, 10, 0.14, 0.4), QUICK)
    assert (worse["answer"], worse["lacking"]) == (FAIL, [])
    again = update_with_review(worse, reviewed(40, 37), QUICK)
    direct = evidence()
    assert again["checks"] == judge(direct, QUICK).as_payload(direct, QUICK)["checks"]
    assert again["answer"] == PASS


def test_what_lacks_evidence_is_named_though_it_withholds_nothing() -> None:
    found = evidence(drawn=None, groups=None, verdicts=None, coverage_before={}, against=None)
    body = judge(found, QUICK).as_payload(found, QUICK)
    assert body["answer"] == PASS
    assert len(body["lacking"]) == 5
    assert set(body["lacking"]) == {row["label"] for row in body["checks"] if not row["decisive"]}


def test_a_score_that_moves_against_a_known_direction_fails() -> None:
    assert failed(evidence(against=(120, 3))) == ["directions"]


def test_a_line_that_made_the_calibration_worse_in_training_withholds_a_pass() -> None:
    assert judge(evidence(ece=(0.038, 0.09)), QUICK).answer == PASS
    found = evidence(ece=(0.038, 0.142))
    assert judge(found, QUICK).answer == NOT_ENOUGH_EVIDENCE
    assert "0.038 增至 0.142" in check(found, "calibration").note


def test_the_effective_size_of_weighted_rows_is_told() -> None:
    weight = np.where(np.arange(600) % 6, 1.0, 10.0)
    effective = check(evidence(weight=weight), "no_worse_overlap").figure["effective"]
    assert effective == pytest.approx(weight.sum() ** 2 / np.sum(weight**2), abs=0.05)


@hypothesis_settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_columns_alone_equal_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    outcome = (random.random(60) < 0.4).astype(float)
    outcome[:2] = 0, 1
    values = pd.DataFrame(random.integers(0, 4, (60, 3)).astype(float), columns=["a", "b", "c"])
    found = gate_figures.single_column_auc(values, outcome)
    for name in values.columns:
        plain = roc_auc_score(outcome, values[name])
        assert found[name] == pytest.approx(max(plain, 1 - plain))


def test_gaps_equal_those_of_plain_counting() -> None:
    truth, outcome, groups = law(200)
    other = np.random.default_rng(2).normal(size=200)
    member = np.stack([(groups["性别"] == name).to_numpy() for name in ("女", "男")], axis=1)
    found = gate_figures.gap_changes(truth, other, outcome, member, np.arange(200), 0.25, rounds=10)
    for place, name in enumerate(("女", "男")):
        inside = (groups["性别"] == name).to_numpy()
        gaps = []
        for margin in (truth, other):
            listed = np.zeros(200)
            listed[np.argsort(-margin)[:50]] = 1
            gaps.append(recall_score(outcome, listed) - recall_score(outcome[inside], listed[inside]))
        assert found["recall"][0][place] == pytest.approx(gaps[0] - gaps[1])
        low, high = found["recall"][1][place], found["recall"][2][place]
        assert low <= high
        plain = [roc_auc_score(outcome, m) - roc_auc_score(outcome[inside], m[inside]) for m in (truth, other)]
        assert found["auc"][0][place] == pytest.approx(plain[0] - plain[1])


def test_the_paired_difference_is_that_of_two_aucs_and_zero_with_itself() -> None:
    truth, outcome, _ = law(300)
    other = np.random.default_rng(4).normal(size=300)
    group, even = np.arange(300), np.ones(300)
    found = gate_figures.paired_auc_difference(truth, other, outcome, group, even, 0.9, 50)
    assert found.value == pytest.approx(roc_auc_score(outcome, truth) - roc_auc_score(outcome, other))
    assert found.low < found.value < found.high
    same = gate_figures.paired_auc_difference(truth, truth, outcome, group, even, 0.9, 50)
    assert (same.low, same.value, same.high) == (0, 0, 0)
