"""Parts of the catalogue compared: which columns belong to a part, and concealers whose method no clue looks for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.clues import catalogue
from features.errors import GoldenKeyError
from training.studies.ablation import UNKNOWN_WAYS, _unknown_ways_found, catalogue_parts


def test_a_part_holds_the_model_columns_of_its_families() -> None:
    of_vehicles = []
    for clue in catalogue.CLUES.values():
        if clue.family == "vehicles" and clue.in_model:
            of_vehicles += [feature.name for feature in clue.features]
    (part,) = catalogue_parts({"车辆": ["vehicles"]})
    assert part.name == "车辆"
    assert sorted(part.columns) == sorted(set(of_vehicles) & set(catalogue.MODEL_FEATURES))
    assert part.columns
    first, whole = catalogue_parts()
    assert whole.columns == tuple(catalogue.MODEL_FEATURES)
    assert set(part.columns) <= set(first.columns) < set(whole.columns)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(GoldenKeyError, match=r"没有名为 vehicels 的线索族；可用的有 .*vehicles"):
        catalogue_parts({"车辆": ["vehicels", "funds"]})


def test_unknown_ways_are_counted_among_the_eligible_and_on_the_lists() -> None:
    day = date(2024, 3, 31)
    truth = pd.DataFrame(
        {
            "case_no": ["a", "b", "c", "d", "e"],
            "zb_date": [day] * 5,
            "ways": [UNKNOWN_WAYS[0], "", f"kin,{UNKNOWN_WAYS[1]}", "kin", UNKNOWN_WAYS[0]],
        }
    )
    frame = truth[["case_no", "zb_date"]].assign(
        episode=["a@", "b@", "c@", "d@", "e@"],
        office=["339901", "339901", "339901", "339902", "339902"],
        expected_fen=[300, 200, 100, 50, 40],
        probability=[0.1, 0.2, 0.9, 0.5, 0.5],
    )
    # The three that count are a, c and e. Listed by expected yield: a, d; then also b, e; then also c. Listed by
    # probability, one per office: c, d (equal to e and first by name).
    for order, capacity, listed in (("model", 1, 1), ("probability", 1, 1), ("model", 2, 2), ("model", 3, 3)):
        found = _unknown_ways_found({day: frame}, truth, capacity, order)
        assert found == {"unknown_ways": 3, "unknown_found": pytest.approx(listed / 3)}
    nobody = _unknown_ways_found({day: frame.iloc[[1, 3]]}, truth, 2, "model")
    assert nobody["unknown_ways"] == 0 and np.isnan(nobody["unknown_found"])
