"""Checkpoints of a run: a finished step is read, a failed one is computed again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from little_model import little_model

from features.errors import NotEnoughDataError
from training.retrain.checkpoints import Checkpoints


def test_a_finished_step_is_not_computed_again(tmp_path: Path) -> None:
    computed: list[str] = []

    def step(name: str) -> dict[str, object]:
        computed.append(name)
        return {"name": name, "quarters": [1, 2], "share": 0.1}

    started: list[str] = []
    first = Checkpoints(tmp_path / "run", started.append)
    results = [first.run_step(name, lambda name=name: step(name)) for name in ("labels", "gate", "labels")]
    assert computed == started == ["labels", "gate"]
    assert first.resumed == ["labels"]
    again = Checkpoints(tmp_path / "run")
    assert again.run_step("labels", lambda: step("labels")) == results[0] == results[2]
    assert (computed, again.resumed) == (["labels", "gate"], ["labels"])
    assert again.stored_result("gate") == {"name": "gate", "quarters": [1, 2], "share": 0.1}
    assert again.stored_result("register") is None
    again.discard("gate")
    again.run_step("gate", lambda: step("gate"))
    assert computed == ["labels", "gate", "gate"]


@pytest.mark.parametrize("bad", [{"auc": float("nan")}, {"day": date(2024, 3, 31)}])
def test_a_failed_step_leaves_nothing_and_is_computed_again(tmp_path: Path, bad: dict[str, object]) -> None:
    steps = Checkpoints(tmp_path)

    def failing() -> dict[str, object]:
        raise NotEnoughDataError("标签不足。")

    with pytest.raises(NotEnoughDataError):
        steps.run_step("labels", failing)
    with pytest.raises((TypeError, ValueError)):
        steps.run_step("labels", lambda: bad)
    assert list(tmp_path.iterdir()) == []
    assert steps.run_step("labels", lambda: {"concluded": 3}) == {"concluded": 3}
    assert steps.resumed == []


def test_a_model_is_stored_with_its_figures_and_read_back(tmp_path: Path) -> None:
    fitted = little_model("linear")
    computed: list[str] = []

    def fit() -> tuple[object, dict[str, float]]:
        computed.append("fit")
        return fitted, {"auc": 0.75}

    first, _ = Checkpoints(tmp_path).model("candidate", fit)  # type: ignore[arg-type]
    later = Checkpoints(tmp_path)
    second, figures = later.model("candidate", fit)  # type: ignore[arg-type]
    assert computed == ["fit"]
    assert first.version == second.version == fitted.version
    assert second.files() == fitted.files()
    assert (figures, later.resumed) == ({"auc": 0.75}, ["candidate"])
