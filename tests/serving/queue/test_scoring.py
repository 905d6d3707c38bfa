"""Scoring a cohort: once per pool state and model, the same with more threads, refused in a sentence otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from little_pool import deliver
from made_home import CASES, Home, install_model, written_model

from features.cuts.matrices import build_matrix
from features.errors import GoldenKeyError, NotEnoughDataError, NotFoundError
from models.ledger.ledger import Ledger
from models.scoring.head import ColumnMismatchError
from models.scoring.linear import constant_head
from serving.queue.scoring import score_all


def test_the_whole_cohort_once(home: Home) -> None:
    with Ledger(home.path) as ledger:
        run = score_all(home.path, home.as_of, "system", ledger)
        assert run.rows == CASES
        assert score_all(home.path, home.as_of, "system", ledger, threads=2) == run
        deliver(home.path, date(2024, 2, 1), {"petition": []})
        assert score_all(home.path, home.as_of, "system", ledger).run_id != run.run_id


def test_scores_are_the_models_own(home: Home) -> None:
    run = score_all(home.path, home.as_of, "system")
    matrix = build_matrix(home.path, home.as_of)
    expected = written_model().score(matrix.model_values)
    with Ledger(home.path) as ledger:
        scores = ledger.scores(run.run_id).loc[matrix.keys["episode"]]
        one = ledger.score(scores["score_id"].iloc[7])
    assert scores["margin"].to_numpy().tobytes() == expected["margin"].to_numpy().tobytes()
    assert scores["expected_fen"].tolist() == expected["expected_fen"].tolist()
    assert one.values.tobytes() == np.ascontiguousarray(matrix.model_values.iloc[7]).tobytes()
    slope_and_shift = 0.9 * -1.2 - 0.1
    assert slope_and_shift + one.contributions.sum() == pytest.approx(one.margin, abs=1e-6)


def test_what_cannot_be_scored_is_a_sentence(home: Home) -> None:
    with pytest.raises(GoldenKeyError, match="在将来"):
        score_all(home.path, date.today() + timedelta(days=1), "system")
    with pytest.raises(NotEnoughDataError, match="没有可评分"):
        score_all(home.path, date(2020, 1, 1), "system")
    install_model(home.path, replace(written_model(), concealment=constant_head(("别的列",), 0.0), amount=None))
    with pytest.raises(ColumnMismatchError, match="别的列"):
        score_all(home.path, home.as_of, "system")
    (home.path / "models" / "CURRENT").unlink()
    with pytest.raises(NotFoundError, match="还没有训练好的模型"):
        score_all(home.path, home.as_of, "system")
