"""Burden by group against a plain loop; small groups stay untold; what petitions do is shown apart."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_pool import deliver
from made_home import AS_OF, CASES, Home, case_no, written_model
from scipy.stats import binomtest

import cli
from evaluation.lists.by_group import DIMENSIONS, age_bands, group_fairness, known_outcomes, measure_groups
from features.clues import catalogue
from features.errors import NotFoundError
from features.matrix import build_matrix
from models.registry import reports
from models.scoring.linear import LinearHead


def made(rows: int, seed: int) -> pd.DataFrame:
    """Eligible episodes of three offices with groups, ties in the order, and outcomes of most."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "episode": [f"e{n:04d}" for n in random.permutation(rows)],
            "office": random.choice(["339901", "339902", "339903"], rows),
            "expected": random.integers(0, 20, rows).astype(float),
            "y": random.choice([0.0, 1.0, np.nan], rows, p=[0.6, 0.2, 0.2]),
            "recovered_yuan": random.choice([0.0, 1000.0, np.nan], rows),
        }
    )
    return frame.assign(**{name: random.choice(["甲", "乙", "丙"], rows, p=[0.6, 0.35, 0.05]) for name in DIMENSIONS})


def by_hand(frame: pd.DataFrame, capacity: int) -> set[str]:
    """Episodes listed, by plain sorting per office."""
    listed = set()
    for office in set(frame["office"]):
        rows = [row for row in frame.to_dict("records") if row["office"] == office]
        rows.sort(key=lambda row: (-row["expected"], row["episode"]))
        listed |= {row["episode"] for row in rows[:capacity]}
    return listed


@pytest.mark.parametrize("seed", [0, 1])
def test_rates_are_those_of_a_plain_loop(seed: int) -> None:
    frame = made(300, seed)
    found = measure_groups(frame, 20, smallest=30)
    listed = by_hand(frame, 20)
    for name in DIMENSIONS:
        for row in found["groups"][name]:
            mine = [item for item in frame.to_dict("records") if item[name] == row["group"]]
            if len(mine) < 30:
                assert row == {"group": row["group"], "told": "少于 30，不列"}
                continue
            on = [item for item in mine if item["episode"] in listed]
            known = [item for item in on if not math.isnan(item["y"])]
            wrong = sum(item["y"] == 0 for item in known)
            money = sum(item["recovered_yuan"] for item in on if not math.isnan(item["recovered_yuan"]))
            assert (row["eligible"], row["listed"], row["known"]) == (len(mine), len(on), len(known))
            assert row["selection"]["share"] == pytest.approx(len(on) / len(mine))
            assert row["precision"]["count"] == len(known) - wrong
            assert row["false_positive"]["share"] == pytest.approx(wrong / len(mine))
            assert row["recovered_yuan"] == pytest.approx(money)
    assert found["overall"]["listed"] == len(listed)


def test_intervals_are_those_of_scipy() -> None:
    overall = measure_groups(made(300, 3), 20)["overall"]
    for name, method in (("selection", "wilson"), ("precision", "exact"), ("false_positive", "wilson")):
        rate = overall[name]
        low, high = binomtest(rate["count"], rate["of"]).proportion_ci(method=method)
        assert (rate["low"], rate["high"]) == (pytest.approx(low), pytest.approx(high))


@given(st.integers(1, 60), st.integers(0, 5))
@settings(max_examples=20)
def test_groups_add_up_to_the_whole(capacity: int, seed: int) -> None:
    found = measure_groups(made(120, seed), capacity, smallest=1)
    for name, rows in found["groups"].items():
        for part in ("eligible", "listed", "known", "concealed"):
            assert sum(row[part] for row in rows) == found["overall"][part], name
        shares = [row["selection"]["share"] for row in rows]
        assert found["gaps"][name]["selection"] == pytest.approx(max(shares) - min(shares))


def test_a_small_group_has_no_figures() -> None:
    frame = made(100, 0).assign(cause=["罕见"] * 3 + ["常见"] * 97)
    found = measure_groups(frame, 10)
    assert {row["group"]: set(row) for row in found["groups"]["cause"]}["罕见"] == {"group", "told"}
    assert found["gaps"]["cause"]["selection"] is None


def test_age_is_completed_years() -> None:
    day = date(2024, 3, 31)
    born = pd.Series([date(1994, 3, 31), date(1994, 4, 1), date(1964, 3, 31), date(1979, 4, 1), None], dtype=object)
    assert age_bands(born, day).tolist() == ["30–44 岁", "30 岁以下", "60 岁以上", "30–44 岁", "不详"]


@pytest.fixture(scope="module")
def told_home(made_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The made home with three petitions before the day and ten reviews after it.

    Reviews: the first ten cases, every other one Y1 with 1,000 元 recovered.
    """
    path = tmp_path_factory.mktemp("fairness") / "home"
    shutil.copytree(made_home.path, path)
    petitions = [
        {
            "pet_id": f"P{n}",
            "channel": "web",
            "case_no": case_no(n),
            "recv_date": date(2024, 1, 10),
            "text": "反映被执行人有车不还钱",
        }
        for n in range(1, 4)
    ]
    deliver(path, date(2024, 2, 2), {"petition": petitions})
    rows: list[dict[str, Any]] = [
        {
            "review_id": f"R{n}",
            "case_no": case_no(n),
            "zb_date": date(2023, 6, 1) + pd.Timedelta(days=n),
            "office": "339901",
            "selected_on": date(2024, 4, 10),
            "accept_date": date(2024, 4, 10),
            "conclude_date": date(2024, 6, 1),
            "label": "Y1" if n % 2 else "Y4",
            "found_value": 100_000 * (n % 2),
            "recovered_amount": 100_000 * (n % 2),
            "recovered_date": date(2024, 7, 1),
        }
        for n in range(1, 11)
    ]
    deliver(path, date(2024, 8, 1), {"review": rows})
    return Home(path, made_home.version)


@pytest.mark.long
def test_reviews_begun_after_the_day_speak_and_the_paper_is_whole(told_home: Home) -> None:
    home = told_home
    report = group_fairness(home.path, home.version, AS_OF, capacity=CASES, smallest=20)
    reports.write_report(home.path, home.version, "burden", report)
    overall = report["with_petitions"]["overall"]
    assert (overall["eligible"], overall["listed"], overall["known"]) == (CASES, CASES, 10)
    assert (overall["precision"]["count"], overall["recovered_yuan"]) == (5, 5000.0)
    assert report["outcomes"] == "reviews"
    assert "无此字段" in report["absent"]["district"]
    groups = {name: [row["group"] for row in rows] for name, rows in report["with_petitions"]["groups"].items()}
    assert groups["sex"] == ["男"]
    assert groups["age"] == ["30–44 岁"]
    assert groups["person"] == groups["applicant"] == ["自然人"]
    assert np.nansum(known_outcomes(home.path, build_matrix(home.path, AS_OF))) == 5


def test_truth_speaks_of_every_case(told_home: Home, tmp_path: Path) -> None:
    home = told_home
    frame = pd.DataFrame(
        {
            "case_no": [case_no(n) for n in range(1, CASES + 1)],
            "zb_date": [date(2023, 6, 1) + pd.Timedelta(days=n) for n in range(1, CASES + 1)],
            "kind": ["concealed" if n % 4 == 0 else "honest" for n in range(1, CASES + 1)],
            "recovered_if_reviewed_fen": [200_000 if n % 4 == 0 else 0 for n in range(1, CASES + 1)],
        }
    )
    frame.to_parquet(tmp_path / "episodes.parquet")
    overall = group_fairness(home.path, home.version, AS_OF, 10, tmp_path)["with_petitions"]["overall"]
    assert (overall["listed"], overall["known"], overall["concealed"]) == (20, 20, 15)
    assert overall["recovered_yuan"] == 2000 * overall["precision"]["count"]


def test_without_petitions_a_model_that_reads_only_petitions_lists_by_nothing(told_home: Home) -> None:
    home = told_home
    columns = catalogue.MODEL_FEATURES
    mine = [catalogue.CLUES[catalogue.CLUE_OF[name]].family == "petitions" for name in columns]
    zero, one = (0.0,) * len(columns), (1.0,) * len(columns)
    head = LinearHead(columns, 0.0, tuple(map(float, mine)), zero, zero, one, zero)
    model = replace(written_model(), concealment=head, amount=None)
    model.save(home.path / "models" / model.version)
    version = model.version
    report = group_fairness(home.path, version, AS_OF, capacity=2, smallest=1)
    assert report["petition_columns"] == sum(mine) > 0
    rates = {
        side: {row["group"]: row["listed"] for row in report[side]["groups"]["petitioned"]}
        for side in ("with_petitions", "without_petitions")
    }
    assert rates["with_petitions"]["有信访"] == 3
    first = sorted(f"{case_no(n)}@" for n in range(1, CASES + 1))
    by_name = {office: [name for name in first if f"浙99{office}执" in name][:2] for office in ("01", "02")}
    petitioned = sum(name[:-1] in {case_no(n) for n in range(1, 4)} for names in by_name.values() for name in names)
    assert rates["without_petitions"]["有信访"] == petitioned, "all scores equal: the first by name are listed"


@pytest.mark.long
def test_the_command_writes_both_papers(told_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home = told_home
    asked = ("--home", str(home.path), "examine", "--as-of", str(AS_OF), "--refits", "0")
    assert cli.main([*asked, "--format", "json"]) == 0
    papers = json.loads(capsys.readouterr().out)
    for name in ("explanations", "burden"):
        assert reports.read_report(home.path, home.version, name) == papers[name]
    assert cli.main(asked) == 0
    out = capsys.readouterr().out
    assert "解释检查" in out
    assert "分组负担" in out
    assert cli.main([*asked, "--truth", str(home.path)]) == 2
    assert "episodes.parquet" in capsys.readouterr().err
    with pytest.raises(NotFoundError):
        group_fairness(home.path, "20200101-000000000000", AS_OF)
