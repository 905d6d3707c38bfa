"""Papers beside the gate: labels with their holes, why a recipe was taken, what a home without draws says."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from little_pool import deliver
from made_home import Home, case_no
from made_up import little_matrices, logged_draws

from features.cuts.matrices import build_matrix
from features.pool.pool import Pool
from features.pool.reviews import reviews, typed_reviews
from models.feedback import funnel
from models.ledger.ledger import Ledger
from models.registry import registry
from training.data.labels import labels_from_reviews
from training.data.sample import assemble, scoring_dates
from training.data.source import pool_source
from training.retrain import reports as retrain_reports

DAY = date(2020, 11, 30)


def page(found: pd.DataFrame) -> pd.DataFrame:
    """The label page of some reviews, without lists."""
    full = found.assign(accept_date=found["selected_on"], sug_date=None, reply_date=None)
    nothing = pd.DataFrame({name: pd.Series(dtype=object) for name in ("office", "case_no", "zb_date")})
    return funnel.count_by_quarter(typed_reviews(full), nothing.assign(quarter=pd.PeriodIndex([], freq="Q")), DAY)


def drawn(known: pd.DataFrame, logged: int, chance: int) -> pd.DataFrame:
    """A draw before each of the first `logged` labels, the first `chance` of them by chance."""
    part = known.head(logged)
    before = pd.to_datetime(part["selected_on"]) - pd.Timedelta(days=5)
    return logged_draws(part, before, np.arange(logged) < chance, 0.3, 1.0)


def test_labels_tell_what_is_still_open_and_what_was_never_logged() -> None:
    matrices, found = little_matrices(20)
    found = found.assign(unaided=pd.array([n % 2 == 0 for n in range(len(found))], dtype="boolean"))
    known = labels_from_reviews(found, DAY)
    sample = assemble(known, {day: matrices[day] for day in scoring_dates(known)})
    running = found[(found["selected_on"] <= DAY) & (found["conclude_date"] > DAY)]
    assert len(running)
    report = retrain_reports.labels_report(known, sample, ["一句"], drawn(known, 12, 5), page(found))
    assert report["stages"]["running"] == len(running)
    assert report["stages"]["concluded"] == report["concluded"] == len(known)
    alone = found["unaided"].astype(bool) & found["recovered_amount"].gt(0)
    assert report["stages"]["unaided"] == int((alone & (found["recovered_date"] <= pd.Timestamp(DAY))).sum()) > 0
    assert report["logged"] == {"count": 12, "of": len(known), "share": 12 / len(known)}
    assert report["drawn"] == 5
    assert report["notes"] == ["一句", funnel.NOTE]
    bare = retrain_reports.labels_report(known, sample, [], pd.DataFrame(), None)
    assert (bare["stages"], bare["logged"]["share"], bare["drawn"]) == (None, 0.0, 0)


def row(order: str, share: float | None, half: float = 0.05) -> dict[str, Any]:
    low, high = (None, None) if share is None else (share - half, share + half)
    return {"order": order, "precision": share, "precision_low": low, "precision_high": high}


@pytest.mark.parametrize(
    ("other", "half", "said"),
    [(0.3, 0.05, ""), (0.45, 0.05, "区间重叠"), (0.6, 0.05, "建议以 --recipe 另行训练"), (None, 0.05, "")],
)
def test_why_a_recipe_was_taken_is_told_and_none_is_switched(other: float | None, half: float, said: str) -> None:
    body = {
        "candidates": ["two_part", "glass_box"],
        "models": [row("two_part", 0.4, half), row("two_part:probability", 0.9), row("glass_box", other)],
        "baselines": [row("random", 0.95), row("logistic", 0.2)],
    }
    sentence = retrain_reports.describe_choice(body, "two_part")
    assert sentence.startswith("采用“两段模型”，为默认方案，不因回测自动更换。")
    assert "两段模型 40.0%（35.0% 至 45.0%）" in sentence and "逻辑回归 20.0%" in sentence
    assert ("可读模型 —" in sentence) is (other is None)
    assert said in sentence and (bool(said) or "占比较高" not in sentence)


def test_the_pool_gives_groups_and_stages_and_says_why_nothing_can_be_estimated(home: Home) -> None:
    review = {
        "review_id": "R1",
        "case_no": case_no(1),
        "zb_date": date(2023, 6, 2),
        "office": "339902",
        "selected_on": date(2024, 2, 1),
        "accept_date": date(2024, 2, 1),
    }
    deliver(home.path, date(2024, 3, 1), {"review": [review]})
    newest = build_matrix(home.path, home.as_of)
    known = labels_from_reviews(reviews_of(home), home.as_of)
    with Ledger(home.path) as ledger:
        source = pool_source(home.path, ledger)
        stages = source.funnel(home.as_of)
        assert stages is not None and funnel.sum_quarters(stages)["running"] == 1
        population = retrain_reports.population_report(source.reviewed_draws(home.as_of), home.as_of)
        assert "未能推算" in population["notes"][0]
        model = registry.load(home.path, home.version)
        body = retrain_reports.fairness_report(model, newest, source.groups(newest), known, 10)
    assert body["with_petitions"]["overall"]["listed"] == 20
    (men,) = [row for row in body["with_petitions"]["groups"]["sex"] if row["group"] == "男"]
    assert men["eligible"] == men["selection"]["of"] > 50
    bare = retrain_reports.fairness_report(model, newest, newest.keys, known, 10)
    assert "未测分组负担" in bare["notes"][0]
    assert "不在数据池中" in retrain_reports.population_report(None, home.as_of)["notes"][0]


def reviews_of(home: Home) -> pd.DataFrame:
    pool = Pool(home.path)
    with pool.as_of(home.as_of, pool.state) as cut:
        return reviews(cut)
