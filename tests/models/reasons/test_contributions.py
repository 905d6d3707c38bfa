"""Explanations: additive on every row, times the slope, summed by clue, and a fault where they are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from little_model import little_matrix, little_model

from models.reasons.contributions import contributions_by_clue, decompose_margins, explain
from models.scoring.head import Array, ColumnMismatchError, ModelFault
from models.scoring.model import ADDITIVITY


@pytest.mark.parametrize("kind", ["tree", "linear"])
@pytest.mark.parametrize("head", ["concealment", "amount"])
def test_base_and_shares_add_up_on_every_row(kind: str, head: Any) -> None:
    model, values = little_model(kind), little_matrix()
    margin = model.margin(values, head)
    for row, explanation in enumerate(explain(model, values, head)):
        whole = explanation.base + sum(clue.contribution for clue in explanation.clues)
        assert abs(whole - margin[row]) <= ADDITIVITY
        assert explanation.margin == margin[row]
        assert explanation.error <= 1e-9
        for clue in explanation.clues:
            assert sum(part.contribution for part in clue.shares) == pytest.approx(clue.contribution, abs=1e-12)


def test_the_line_multiplies_every_share() -> None:
    model, values = little_model(), little_matrix()
    parts = decompose_margins(model, values)
    assert np.allclose(parts.shares, 0.8 * model.concealment.contributions(values), atol=1e-12)
    assert parts.base == pytest.approx(0.8 * model.concealment.base - 0.3)


def test_shares_are_summed_by_clue_and_ordered() -> None:
    model, values = little_model(), little_matrix(rows=50)
    parts = decompose_margins(model, values)
    by_clue = contributions_by_clue(model, parts, values.index)
    assert list(by_clue.columns) == [f"C{number:02d}" for number in range(6)]
    for row, explanation in enumerate(explain(model, values)):
        assert explanation.episode == f"e{row}"
        assert [clue.contribution for clue in explanation.clues] == sorted(
            (clue.contribution for clue in explanation.clues), reverse=True
        )
        for clue in explanation.clues:
            oracle = sum(
                parts.shares[row, place] for place, name in enumerate(values.columns) if name.startswith(clue.clue)
            )
            assert clue.contribution == pytest.approx(oracle, abs=1e-12)
            assert by_clue.iloc[row][clue.clue] == pytest.approx(oracle, abs=1e-12)


def test_what_is_not_covered_stays_unknown() -> None:
    model, values = little_model(), little_matrix(rows=20)
    explanation = {part.feature: part.value for clue in explain(model, values)[0].clues for part in clue.shares}
    assert {name for name, value in explanation.items() if np.isnan(value)} == set(
        values.columns[values.iloc[0].isna()]
    )


def test_every_head_is_explained() -> None:
    values = little_matrix(rows=3)
    for model, heads in ((little_model(), {"concealment", "amount"}), (little_model(amount=None), {"concealment"})):
        assert set(model.heads) == heads
        for head in model.heads:
            assert {(one.head, one.episode) for one in explain(model, values, head)} == {
                (head, episode) for episode in values.index
            }


@dataclass(frozen=True)
class Crooked:
    """A head whose shares do not add up."""

    columns: tuple[str, ...]
    base: float = 0.0
    kind: str = "crooked"

    def margin(self, values: pd.DataFrame) -> Array:
        return np.ones(len(values))

    def contributions(self, values: pd.DataFrame) -> Array:
        return np.zeros(values.shape)

    def dump(self) -> dict[str, Any]:
        return {"kind": self.kind}


def test_an_explanation_that_does_not_add_up_is_never_served() -> None:
    values = little_matrix(rows=5)
    model = little_model(concealment=Crooked(tuple(values.columns)))
    with pytest.raises(ModelFault, match="解释不可加：e0") as caught:
        explain(model, values)
    assert caught.value.exit_status == 1


def test_a_missing_column_is_refused_and_further_ones_change_nothing() -> None:
    model, values = little_model(), little_matrix(rows=2)
    more = values.assign(more=1.0)
    assert repr(explain(model, more[more.columns[::-1]])) == repr(explain(model, values))
    with pytest.raises(ColumnMismatchError, match=f"缺少 {values.columns[0]}，"):
        explain(model, more.drop(columns=values.columns[0]))
