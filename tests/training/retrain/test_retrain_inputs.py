"""What a retraining reads: the days it asks matrices of, the labels it knows, what the reports of a model say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_up import NO_DRAWS, QUARTER_ENDS, little_matrices

from evaluation.monitoring.delivery_gaps import received_deliveries
from features.errors import NotEnoughDataError
from models.ledger.ledger import Ledger
from models.registry import reports
from training.data.labels import labels_from_reviews
from training.data.source import TrainingSource
from training.fitting.train import TrainSettings
from training.retrain.inputs import read_inputs, reason_review

VERSION = "v-0001"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    with Ledger(tmp_path) as ledger:
        yield ledger


@pytest.fixture
def source() -> tuple[TrainingSource, list[date]]:
    """Invented quarters, and the days whose matrices were asked for."""
    matrices, reviews = little_matrices(20)
    asked: list[date] = []

    def known(day: date) -> Any:
        return labels_from_reviews(reviews, day)

    def build(days: Sequence[date]) -> Any:
        asked.extend(days)
        return {day: matrices[day] for day in days}

    made = TrainingSource(
        7,
        "v9",
        labels=known,
        weighted_labels=lambda day, *words: (known(day), [f"权重：{'、'.join(words)}"]),
        matrices=build,
        draws=lambda _: NO_DRAWS,
        groups=lambda matrix: matrix.keys.assign(sex="女"),
        deliveries=lambda day: received_deliveries((), day),
    )
    return made, asked


@pytest.mark.parametrize(
    ("day", "newest"),
    [
        (date(2023, 12, 31), date(2023, 12, 31)),
        (date(2023, 12, 30), date(2023, 9, 30)),
        (date(2023, 10, 1), date(2023, 9, 30)),
        (date(2023, 9, 30), date(2023, 9, 30)),
    ],
)
def test_the_newest_matrix_is_that_of_the_last_quarter_end_up_to_the_day(
    ledger: Ledger, source: tuple[TrainingSource, list[date]], day: date, newest: date
) -> None:
    read = read_inputs(ledger, source[0], day, TrainSettings(), None)
    assert read.newest.as_of == newest
    assert max(read.matrices) <= day and set(read.matrices) <= set(QUARTER_ENDS)


def test_each_day_is_asked_for_once_and_labels_concluded_later_are_not_seen(
    ledger: Ledger, source: tuple[TrainingSource, list[date]]
) -> None:
    day = date(2022, 6, 30)
    read = read_inputs(ledger, source[0], day, TrainSettings(weighting="none", delay="none"), None)
    assert source[1] == sorted(set(source[1])) == sorted(read.matrices)
    assert len(read.labels) and read.labels["label_date"].max() <= day
    assert (read.as_of, read.state, read.catalogue_version, read.notes) == (day, 7, "v9", ("权重：none、none",))
    assert read.groups.keys() == read.matrices.keys() and set(read.groups[day]["sex"]) == {"女"}
    assert (read.backtest, read.champion, read.funnel, read.reviewed_draws) == (None, None, None, None)


def test_a_day_before_any_conclusion_is_refused_in_one_sentence(
    ledger: Ledger, source: tuple[TrainingSource, list[date]]
) -> None:
    with pytest.raises(NotEnoughDataError, match="截至 2019-12-31 还没有任何已审结的审查"):
        read_inputs(ledger, source[0], date(2019, 12, 31), TrainSettings(), None)


def test_what_auditors_said_of_a_model_is_read_from_its_report(tmp_path: Path) -> None:
    assert reason_review(tmp_path, VERSION) is None
    reports.write_report(tmp_path, VERSION, "review", {"overall": None})
    assert reason_review(tmp_path, VERSION) is None
    overall = {"judged": 40, "supported": 30, "low": 0.6, "high": 0.86}
    reports.write_report(tmp_path, VERSION, "review", {"overall": overall})
    review = reason_review(tmp_path, VERSION)
    assert review is not None
    assert (review.version, review.judged, review.supported, review.low, review.high) == (VERSION, 40, 30, 0.6, 0.86)
