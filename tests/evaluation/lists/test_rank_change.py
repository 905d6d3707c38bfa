"""Rank movement between two models against plain loops, and what was planted is what is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from evaluation.lists.rank_change import rank_change
from features import matrix
from features.clues import catalogue
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.scoring.calibration import Calibration
from models.scoring.head import ColumnMismatchError
from models.scoring.linear import LinearHead
from models.scoring.model import Model

NAMES = catalogue.MODEL_FEATURES[:12]
CASES = 90


def invented(cases: int = CASES) -> Matrix:
    random = np.random.default_rng(4)
    values = pd.DataFrame(0.0, index=range(cases), columns=list(catalogue.FEATURES))
    values[list(NAMES)] = random.normal(size=(cases, len(NAMES)))
    keys = pd.DataFrame(dict.fromkeys(matrix.KEYS, [""] * cases)).assign(
        episode=[f"（2023）浙9901执{n}号@2023-06-01" for n in range(cases)],
        office=["339901" if n % 3 else "339902" for n in range(cases)],
    )
    return Matrix(date(2024, 3, 31), 1, keys, values, "f" * 64)


def model(weights: dict[str, float], amount: bool = False, columns: tuple[str, ...] = NAMES) -> Model:
    zero = (0.0,) * len(columns)
    head = LinearHead(
        columns,
        -1.0,
        tuple(weights.get(name, 0.1) for name in columns),
        zero,
        (0.0,) * len(columns),
        (1.0,) * len(columns),
        zero,
    )
    return Model(
        head,
        Calibration(),
        replace(head, intercept=14.0) if amount else None,
        catalogue.CLUE_OF,
        catalogue.VERSION,
        date(2023, 12, 31),
        1,
        "0" * 64,
        {},
        (),
    )


def test_the_same_model_changes_nothing() -> None:
    report = rank_change(model({}), model({}), invented(), 10)
    assert (report["spearman"], report["overlap"], report["entering"]) == (pytest.approx(1), 1.0, 0)
    assert (report["moved"], report["clues"], report["listed"]) == ([], [], 20)
    assert report["median_rank_move"] == 0


@pytest.mark.parametrize("amount", [False, True])
def test_overlap_and_movement_are_those_of_a_plain_loop(amount: bool) -> None:
    made, first, second = invented(), model({}, amount), model({NAMES[0]: 2.0, NAMES[5]: -1.0}, amount)
    report = rank_change(first, second, made, 10)
    merit = "expected_fen" if amount else "probability"
    tops, orders = [], []
    for one in (first, second):
        scores = one.score(made.values[list(NAMES)])[merit].astype(float).tolist()
        order = sorted(range(CASES), key=lambda n: (-scores[n], made.keys["episode"][n]))
        orders.append({case: place for place, case in enumerate(order, 1)})
        top = set()
        for office in ("339901", "339902"):
            top |= set([case for case in order if made.keys["office"][case] == office][:10])
        tops.append(top)
    assert report["overlap"] == len(tops[0] & tops[1]) / 20
    assert report["entering"] == len(tops[1] - tops[0]) > 0
    farthest = max(abs(orders[1][case] - orders[0][case]) for case in range(CASES))
    assert abs(report["moved"][0]["place_after"] - report["moved"][0]["place_before"]) == farthest
    assert report["by"] == ("expected yield" if amount else "probability")


def test_the_clue_whose_weight_changed_is_the_one_reported() -> None:
    clue = catalogue.CLUE_OF[NAMES[3]]
    report = rank_change(model({}), model({NAMES[3]: 3.0}), invented(), 10)
    assert [row["clue"] for row in report["clues"]] == [clue]
    assert report["clues"][0]["led"] == 2 * report["entering"] > 0
    assert all([row["clue"] for row in case["clues"]] == [clue] for case in report["moved"])
    up = [case for case in report["moved"] if case["place_after"] < case["place_before"]]
    assert up
    assert all(case["clues"][0]["moved"] > 0 for case in up)


def test_the_paper_is_plain_json_and_names_nobody() -> None:
    text = json.dumps(
        rank_change(model({}), model({NAMES[1]: 2.0}), invented(), 10), allow_nan=False, ensure_ascii=False
    )
    assert "浙9901执" not in text
    assert "339901" not in text


def test_a_flat_model_has_no_order_to_compare_and_too_few_cases_are_refused() -> None:
    flat = model(dict.fromkeys(NAMES, 0.0))
    assert rank_change(flat, model({}), invented(), 10)["spearman_probability"] is None
    with pytest.raises(NotEnoughDataError, match="实有 1 个"):
        rank_change(flat, flat, invented(1), 10)


def test_a_model_of_unknown_columns_is_refused() -> None:
    with pytest.raises(ColumnMismatchError):
        rank_change(model({}), model({}, columns=(*NAMES[:2], "X99_new")), invented(), 10)
