"""Chains of resumed cases against a walk upwards, and what an episode's status is on a day."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, TODAY, ZB, Book, episode, facts_on, tuples
from little_pool import TERMINATED_CASE, deliver

from features.facts import Facts
from features.facts.case.episodes import CHAIN_DEPTH
from features.pool.pool import Pool

DAY = timedelta(days=1)
MILLIARD_FEN = 1_000_000_000_000
"""Ten thousand million 元."""


def number(n: int) -> str:
    return f"（2023）浙9901执{n}号"


def case(n: int, **more: Any) -> dict[str, Any]:
    return TERMINATED_CASE | {"case_no": number(n)} | more


def test_a_chain_begins_six_cases_up_at_most(tmp_path: Path) -> None:
    rng = random.Random(2)
    before = {n: rng.choice([None, n - 1, n - 1, n - 1, rng.randrange(n)]) if n else None for n in range(80)}
    # Two that name each other, and one that names a case nobody delivered.
    before |= {90: 91, 91: 90, 92: 999}
    rows = [case(n, prev_case_no=None if up is None else number(up)) for n, up in before.items()]
    deliver(tmp_path, KNOWN, {"case": rows})
    wanted = {}
    for n in before:
        first, steps = n, 0
        while steps < CHAIN_DEPTH and (up := before.get(first)) is not None:
            first, steps = up, steps + 1
        wanted[number(n)] = number(first)
    with facts_on(tmp_path).cut as cut:
        assert dict(tuples(Facts(cut).chains, "case_no", "chain")) == wanted
    assert wanted[number(92)] == number(999)


@pytest.mark.parametrize(
    ("held", "named", "chain"),
    [
        (["（2014）虚执民字第0123号"], "（2014）虚执民字第0123号", "（2014）虚执民字第0123号"),
        (["（2014）虚执民字第0123号"], "（2014）虚执民字第123号", "（2014）虚执民字第0123号"),
        (["（2014）虚执民字第123号"], "（2014）虚执民字第0123号之一百二十", "（2014）虚执民字第123号"),
        (["（2019）浙9901执7号"], "（2019）浙9901执7号之二", "（2019）浙9901执7号"),
        ([], "（2014）虚执民字第123号", "（2014）虚执民字第123号"),
        (["（2014）虚执字第123号"], "（2014）虚执民字第123号", "（2014）虚执民字第123号"),
        (["（2014）虚执字第123-1号"], "（2014）虚执字第123号", "（2014）虚执字第123号"),
        (["（2014）虚执字第012号", "（2014）虚执字第0012号"], "（2014）虚执字第12号", "（2014）虚执字第12号"),
        (["（2014）虚执字第12号", "（2014）虚执字第012号"], "（2014）虚执字第12号", "（2014）虚执字第12号"),
    ],
)
def test_a_chain_reaches_back_before_2016(held: list[str], named: str, chain: str, tmp_path: Path) -> None:
    resumed = "（2024）浙9901执恢12号"
    rows = [case(n, case_no=old) for n, old in enumerate(held)]
    deliver(tmp_path, KNOWN, {"case": [*rows, case(50, case_no=resumed, prev_case_no=named)]})
    with facts_on(tmp_path).cut as cut:
        assert dict(tuples(Facts(cut).chains, "case_no", "chain"))[resumed] == chain


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One case per number, each with one thing that decides its status."""
    path = tmp_path_factory.mktemp("episodes")
    made = Book()
    rows = [
        case(1),
        case(2, amt_unpaid=None, amt_due=MILLIARD_FEN + 1, amt_paid=1),
        case(3, amt_unpaid=None, amt_due=None, amt_paid=5, vulnerable_tags="老年人", nature=None),
        case(4, amt_unpaid=0),
        case(5, amt_unpaid=10_000_000),
        case(6, amt_unpaid=10_000_001, court_division="33990100", nature="administrative"),
        case(7, close_date=TODAY),
        case(8, close_date=TODAY + DAY),
        case(9, close_mode="settled"),
        case(10, case_type="preservation"),
    ]
    # 20 resumed on the day of its termination, 21 the day before, 22 tomorrow, 23 by a case filed later.
    for n, day in ((20, ZB), (21, ZB - DAY), (22, TODAY + DAY)):
        rows.append(case(n))
        made.event(n, "RESUME", day)
    rows += [
        case(23),
        case(24, case_type="resumed", prev_case_no=number(23), filing_date=TODAY, close_date=None, close_mode=None),
    ]
    # 30 paid today in a resumed case, 32 tomorrow, 34 before the termination.
    for n, day in ((30, TODAY), (32, TODAY + DAY), (34, ZB - DAY)):
        rows.append(case(n))
        rows.append(case(n + 1, prev_case_no=number(n), case_type="other", close_mode="settled_paid", close_date=day))
    for n, ended in ((40, None), (41, TODAY), (42, TODAY + DAY)):
        rows.append(case(n))
        made.add(
            "review", review_id=f"S{n}", case_no=number(n), zb_date=ZB, selected_on=TODAY - DAY, conclude_date=ended
        )
    rows += [case(43), case(44)]
    made.add("review", review_id="S43", case_no=number(43), zb_date=ZB - DAY, selected_on=ZB)
    made.add("review", review_id="S44", case_no=number(44), zb_date=ZB, selected_on=TODAY + DAY)
    made.tables["case"] = rows
    deliver(path, KNOWN, made.tables)
    return path


def by_case(facts: Facts, *columns: str) -> dict[int, tuple[Any, ...]]:
    rows = tuples(facts.episodes, "case_no", *columns)
    return {int(case_no.split("执")[1][:-1]): tuple(rest) for case_no, *rest in rows}


def test_terminations_up_to_the_day_are_episodes_and_nothing_else(facts: Facts) -> None:
    found = by_case(facts, "episode")
    assert set(found) == {*range(1, 8), *range(20, 24), 30, 32, 34, *range(40, 45)}
    assert found[7] == (episode(7, TODAY),)


def test_the_debt_is_what_is_unpaid_and_never_nothing(facts: Facts) -> None:
    found = by_case(facts, "debt", "small", "civil", "vulnerable", "office")
    assert found[1] == (20_000_000, False, True, False, "339901")
    assert found[2] == (MILLIARD_FEN, False, True, False, "339901")
    assert found[3] == (1, None, True, True, "339901")
    assert found[4] == (1, True, True, False, "339901")
    assert found[5] == (10_000_000, True, True, False, "339901")
    assert found[6] == (10_000_001, False, False, False, "339901")


def test_resumption_counts_from_the_termination_up_to_the_day(facts: Facts) -> None:
    found = by_case(facts, "resumed_on")
    assert [found[n][0] for n in (20, 21, 22, 23)] == [ZB, None, None, TODAY]


def test_payment_counts_from_the_termination_up_to_the_day(facts: Facts) -> None:
    found = by_case(facts, "paid")
    assert {n for n, (paid,) in found.items() if paid} == {4, 30}


def test_a_review_runs_from_its_selection_until_its_conclusion(facts: Facts) -> None:
    found = by_case(facts, "under_review", "concluded_on")
    assert [found[n] for n in range(40, 45)] == [
        (True, None),
        (False, TODAY),
        (True, None),
        (False, None),
        (False, None),
    ]


def test_a_withdrawn_correction_brings_the_earlier_row_back(home: Path, tmp_path: Path) -> None:
    deliver(tmp_path, KNOWN, {"case": [case(1)]})
    deliver(tmp_path, KNOWN + 30 * DAY, {"case": [case(1, close_date=ZB + DAY, amt_unpaid=1)]})
    Pool(tmp_path).withdraw([2], KNOWN + 60 * DAY, "误送")
    for day, end, debt in ((29, ZB, 20_000_000), (30, ZB + DAY, 1), (59, ZB + DAY, 1), (60, ZB, 20_000_000)):
        with facts_on(tmp_path, KNOWN + day * DAY).cut as cut:
            assert tuples(Facts(cut).episodes, "zb_date", "debt") == [(end, debt)]
