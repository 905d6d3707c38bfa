"""The matrix does not know the future, whatever it holds, and is the same however it is computed."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from little_pool import CASE_NO, deliver, one_case, poisoned
from world_reading import SmallWorld

from features.clues import catalogue
from features.clues.people.petitions import CHANNELS
from features.cuts.matrices import build_matrices, build_matrix
from features.facts import Facts
from features.matrix import Matrix, cohort_keys
from features.pool.manifests import Delivery
from features.pool.pool import Pool
from features.schema import TABLES

DAY = date(2023, 3, 31)


def cohort_on(home: Path, day: date) -> pd.DataFrame:
    with Pool(home).as_of(day) as cut:
        return cohort_keys(Facts(cut))


def same(one: Matrix, two: Matrix) -> bool:
    pd.testing.assert_frame_equal(one.keys, two.keys)
    pd.testing.assert_frame_equal(one.values, two.values, check_exact=True)
    return one.fingerprint == two.fingerprint


def share_query_texts(world: SmallWorld, home: Path) -> None:
    """Let a home ask with the texts the world's home keeps: making them takes longer than asking."""
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "queries").symlink_to(world.home / "cache" / "queries")


@pytest.fixture(scope="module")
def base(small_world: SmallWorld) -> Matrix:
    return build_matrix(small_world.home, DAY)


@pytest.mark.long
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    tables=st.sets(st.sampled_from(sorted(TABLES)), min_size=6),
    factor=st.sampled_from([0, 1, 1000, -7]),
    days=st.sampled_from([-3000, -1, 0, 400]),
    rename=st.booleans(),
    lag=st.integers(1, 500),
)
def test_rows_known_later_change_no_cell(
    small_world: SmallWorld,
    base: Matrix,
    tmp_path_factory: pytest.TempPathFactory,
    tables: set[str],
    factor: int,
    days: int,
    rename: bool,
    lag: int,
) -> None:
    home = tmp_path_factory.mktemp("poison")
    shutil.copytree(small_world.home / "pool", home / "pool")
    share_query_texts(small_world, home)
    pool = Pool(home)
    with pool.as_of(DAY) as cut:
        live = {name: cut.outcomes(name).limit(3000).to_pyarrow() for name in sorted(tables)}
    later = Delivery("毒", "测试", DAY + timedelta(lag), "依据", "目的", "范围", "批准人")
    with pool.begin(later) as batch:
        for name, rows in live.items():
            batch.write(name, poisoned(rows, name, factor, days, rename))
        batch.commit()
    assert same(base, build_matrix(home, DAY))


def test_later_deliveries_change_nothing_on_an_earlier_day(small_world: SmallWorld, base: Matrix) -> None:
    arrived = [
        m.seq for m in Pool(small_world.home).batches() if (m.withdrawn_on or m.delivery.received_on or date.max) <= DAY
    ]
    assert 0 < max(arrived) < Pool(small_world.home).state
    assert same(base, build_matrix(small_world.home, DAY, max(arrived)))


@pytest.mark.long
def test_one_thread_and_two_give_the_same_bits(
    small_world: SmallWorld, base: Matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for threads in ("1", "2"):
        home = tmp_path / threads
        share_query_texts(small_world, home)
        (home / "pool").symlink_to(small_world.home / "pool")
        monkeypatch.setenv("GOLDENKEY_THREADS", threads)
        assert same(base, build_matrix(home, DAY))


@pytest.mark.long
def test_days_computed_side_by_side_equal_days_computed_alone(
    small_world: SmallWorld, base: Matrix, tmp_path: Path
) -> None:
    home = tmp_path
    (home / "pool").symlink_to(small_world.home / "pool")
    share_query_texts(small_world, home)
    both = build_matrices(home, [DAY, date(2022, 12, 31)], workers=2)
    assert same(base, both[DAY])


def test_the_cache_gives_back_what_was_computed(small_world: SmallWorld, base: Matrix) -> None:
    again = build_matrix(small_world.home, DAY)
    assert again.fingerprint == base.fingerprint
    assert same(base, again)


def test_covered_silence_is_zero_and_the_uncovered_is_blank(tmp_path: Path) -> None:
    rows = one_case()
    rows["inquiry"] = [
        {
            "inquiry_no": "1",
            "subject_id": "990001198001010019",
            "source_code": "VEH",
            "asked_on": date(2023, 7, 1),
            "answered_on": date(2023, 7, 5),
            "has_result": False,
        }
    ]
    deliver(tmp_path, date(2023, 7, 10), rows)
    matrix = build_matrix(tmp_path, date(2023, 8, 1))
    assert matrix.keys["case_no"].tolist() == [CASE_NO]
    by_source = {name: catalogue.CLUES[catalogue.CLUE_OF[name]].needs.sources for name in matrix.values.columns}
    vehicles = [name for name, needs in by_source.items() if needs == ("VEH",)]
    statements = [name for name, needs in by_source.items() if "TX" in needs]
    assert vehicles and statements
    assert (matrix.values[vehicles] == 0).all().all()
    assert matrix.values[statements].isna().all().all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1),
        ({"nature": "administrative"}, 0),
        ({"nature": "criminal"}, 0),
        ({"amt_unpaid": 0}, 0),
        ({"close_mode": "paid"}, 0),
        ({"close_date": None, "close_mode": None}, 0),
    ],
)
def test_the_cohort_is_civil_terminated_and_unpaid(tmp_path: Path, changes: dict[str, object], expected: int) -> None:
    deliver(tmp_path, date(2023, 7, 10), one_case(**changes))
    assert len(cohort_on(tmp_path, date(2023, 8, 1))) == expected


def test_a_resumed_case_leaves_the_cohort_and_returns_as_a_new_episode(tmp_path: Path) -> None:
    deliver(tmp_path, date(2023, 7, 10), one_case())
    again = one_case()["case"][0] | {
        "case_no": "（2024）浙9901执恢2号",
        "case_type": "resumed",
        "prev_case_no": CASE_NO,
        "filing_date": date(2024, 1, 5),
        "close_mode": None,
        "close_date": None,
    }
    party = [row | {"case_no": again["case_no"]} for row in one_case()["party"]]
    deliver(tmp_path, date(2024, 1, 10), {"case": [again], "party": party})
    assert len(cohort_on(tmp_path, date(2024, 1, 9))) == 1
    assert len(cohort_on(tmp_path, date(2024, 1, 11))) == 0
    closed = again | {"close_mode": "terminated", "close_date": date(2024, 6, 1)}
    deliver(tmp_path, date(2024, 6, 10), {"case": [closed]})
    keys = cohort_on(tmp_path, date(2024, 7, 1))
    assert keys["episode"].tolist() == [f"{CASE_NO}@2024-06-01"]
    assert keys["chain"].tolist() == [CASE_NO]


def test_the_debtor_of_an_episode_is_one_person_and_no_mixture_of_two(tmp_path: Path) -> None:
    rows = one_case()
    nameless = rows["party"][1] | {"name": None}
    other = rows["party"][1] | {"party_no": 3, "id_no": "990001198505050032", "name": "王旁人", "kind": "company"}
    deliver(tmp_path, date(2023, 7, 10), rows | {"party": [rows["party"][0], nameless, other]})
    (keys,) = cohort_on(tmp_path, date(2023, 8, 1)).to_dict(orient="records")
    assert keys["debtor"] == "990001198001010019"
    assert pd.isna(keys["debtor_name"]) and keys["person"]


@pytest.mark.parametrize("doors", [("web", "visit"), ("visit", "web")])
def test_of_petitions_of_one_day_the_one_delivered_first_counts_as_the_first(
    tmp_path: Path, doors: tuple[str, str]
) -> None:
    petitions = [
        {"pet_id": str(number), "case_no": CASE_NO, "recv_date": date(2023, 7, 1), "channel": door}
        for number, door in enumerate(doors)
    ]
    deliver(tmp_path, date(2023, 7, 10), one_case() | {"petition": petitions})
    first = build_matrix(tmp_path, date(2023, 8, 1)).values["G03_first"].tolist()
    assert first == [CHANNELS.index(doors[0]) + 1]


def test_a_dead_debtor_leaves_the_cohort_unless_another_lives(tmp_path: Path) -> None:
    rows = one_case()
    rows["party"][1]["id_verify"] = "已死亡"
    deliver(tmp_path, date(2023, 7, 10), rows)
    assert len(cohort_on(tmp_path, date(2023, 8, 1))) == 0
    other = rows["party"][1] | {"party_no": 3, "id_no": "990001198505050032", "name": "王在世", "id_verify": "一致"}
    deliver(tmp_path, date(2023, 9, 1), {"party": [other]})
    keys = cohort_on(tmp_path, date(2023, 9, 2))
    assert keys["debtor"].tolist() == ["990001198505050032"]
    assert np.isfinite(keys["debt_fen"]).all()
