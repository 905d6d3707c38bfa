"""The queue of an office: who is on it, who may not be, and that it stays what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from little_pool import deliver
from made_home import OFFICES, Home, case_no, home, made_home  # noqa: F401

from features.errors import GoldenKeyError, NotFoundError
from models.ledger import Ledger
from models.policy import Policy
from models.verification import verify
from serving.queue import draw_queue
from serving.settings import read_settings
from serving.views import QueueView

PLAIN = replace(read_settings({}), policy=Policy(capacity=10, min_probability=0.0, min_expected_fen=0))


def draw(path: Path, ledger: Ledger, office: str = OFFICES[0], day: date = date(2024, 3, 31)) -> QueueView:
    return draw_queue(path, ledger, office, day, "system", PLAIN)


def test_an_office_gets_its_own_cases_within_capacity(home: Home) -> None:  # noqa: F811
    with Ledger(home.path) as ledger:
        view = draw(home.path, ledger)
        assert verify(ledger).sound
    own = {case_no(n) for n in range(2, 61, 2)}
    assert view.listed == len(view.rows) == 10
    assert {row.case_no for row in view.inclusion} == own
    assert [row.position for row in view.rows] == list(range(1, 11))
    assert sum(row.inclusion for row in view.inclusion) == pytest.approx(10)
    assert {row.debtor for row in view.rows} == {"张*"}
    assert all(len(row.reasons) <= 3 for row in view.rows)
    for row in view.rows:
        assert row.expected_fen == round(row.probability * (row.amount_fen or 0))


def test_a_prefix_covers_the_offices_below(home: Home) -> None:  # noqa: F811
    with Ledger(home.path) as ledger:
        assert draw(home.path, ledger, "3399").cohort == 60


def test_drawn_again_it_is_the_same_queue(home: Home) -> None:  # noqa: F811
    with Ledger(home.path) as ledger:
        first = draw(home.path, ledger)
        for cached in (home.path / "cache" / "queue").iterdir():
            cached.unlink()
        assert draw(home.path, ledger) == first
        assert draw(home.path, ledger) == first
        other = draw_queue(home.path, ledger, OFFICES[0], home.as_of, "system", replace(PLAIN, seed=5))
    assert other.queue_id != first.queue_id


def test_reviews_keep_a_case_off_the_list(home: Home) -> None:  # noqa: F811
    review = {"selected_on": date(2023, 12, 1), "case_no": "", "zb_date": None}
    running = review | {"review_id": "R1", "case_no": case_no(2), "zb_date": date(2023, 6, 3)}
    fresh = review | {"review_id": "R2", "case_no": case_no(4), "zb_date": date(2023, 6, 5)}
    old = review | {"review_id": "R3", "case_no": case_no(6), "zb_date": date(2023, 6, 7)}
    old |= {"selected_on": date(2023, 7, 1), "conclude_date": date(2023, 8, 1)}
    deliver(home.path, date(2024, 3, 1), {"review": [running, fresh | {"conclude_date": date(2024, 2, 1)}, old]})
    with Ledger(home.path) as ledger:
        view = draw(home.path, ledger)
    assert (view.cohort, view.under_review, view.resting, view.eligible) == (30, 1, 1, 28)
    eligible = {row.case_no for row in view.inclusion}
    assert not {case_no(2), case_no(4)} & eligible
    assert case_no(6) in eligible


def test_unknown_offices_and_wrong_codes_are_sentences(home: Home) -> None:  # noqa: F811
    with Ledger(home.path) as ledger:
        with pytest.raises(NotFoundError, match="339901、339902"):
            draw(home.path, ledger, "330683")
        for code in ("", "3", "三三九九", "3399011"):
            with pytest.raises(GoldenKeyError, match="2 至 6 位"):
                draw(home.path, ledger, code)
        with pytest.raises(GoldenKeyError, match="容量"):
            draw_queue(home.path, ledger, OFFICES[0], home.as_of, "system", PLAIN, capacity=0)
