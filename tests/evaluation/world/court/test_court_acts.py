"""Every court-side scenario yields real acts and look-alikes of its classes, more real ones among concealers."""

from __future__ import annotations

from collections import Counter

import pyarrow.parquet as pq
import pytest
from world_reading import ReadWorld

from evaluation.world.stage.acts import COURT_CLASSES

CLASSES = (*COURT_CLASSES, "refusal_crime")


@pytest.mark.parametrize("cls", CLASSES)
def test_a_small_world_holds_both_kinds(small_world: ReadWorld, cls: str) -> None:
    count = Counter(act["real"] for act in small_world.acts_of(cls))
    assert count[True] >= 4
    assert count[False] >= 4


@pytest.mark.parametrize("cls", ["sham_lease", "sham_claim", "refusal_crime"])
def test_those_who_conceal_do_it_more_often_but_not_only_they(small_world: ReadWorld, cls: str) -> None:
    truth = pq.read_table(small_world.out / "truth" / "episodes.parquet")
    hides = {
        number
        for number, kind in zip(truth["case_no"].to_pylist(), truth["kind"].to_pylist(), strict=True)
        if kind == "concealed"
    }
    real = Counter(act["case_no"] in hides for act in small_world.acts_of(cls, True))
    assert real[True] / len(hides) > 2 * real[False] / (len(truth) - len(hides))
    assert real[False]


def test_acts_belong_to_episodes_of_the_truth(small_world: ReadWorld) -> None:
    known = set(pq.read_table(small_world.out / "truth" / "episodes.parquet")["case_no"].to_pylist())
    assert {act["case_no"] for act in small_world.acts if act["cls"] in CLASSES} <= known
