"""The queue of an office: who is on it, who may not be, and that it stays what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from little_pool import deliver
from made_home import OFFICES, Home, case_no

from features.errors import GoldenKeyError, NotFoundError
from models.audit.verify import verify
from models.ledger.ledger import Ledger
from models.selection.policy import Policy
from serving.http.settings import read_settings
from serving.queue.draw import draw_queue
from serving.queue.views import QueueView

PLAIN = replace(read_settings({}), policy=Policy(capacity=10, min_probability=0.0, min_expected_fen=0))


def draw(path: Path, ledger: Ledger, office: str = OFFICES[0], day: date = date(2024, 3, 31)) -> QueueView:
    return draw_queue(path, ledger, office, day, "system", PLAIN)


def test_an_office_gets_its_own_cases_within_capacity(home: Home) -> None:
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


def test_a_prefix_covers_the_offices_below(home: Home) -> None:
    with Ledger(home.path) as ledger:
        assert draw(home.path, ledger, "3399").cohort == 60


def test_drawn_again_it_is_the_same_queue(home: Home) -> None:
    with Ledger(home.path) as ledger:
        first = draw(home.path, ledger)
        for cached in (home.path / "cache" / "queue").iterdir():
            cached.unlink()
        assert draw(home.path, ledger) == first
        assert draw(home.path, ledger) == first
        other = draw_queue(home.path, ledger, OFFICES[0], home.as_of, "system", replace(PLAIN, seed=5))
    assert other.queue_id != first.queue_id


def test_reviews_keep_a_case_off_the_list(home: Home) -> None:
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


def test_unknown_offices_and_wrong_codes_are_sentences(home: Home) -> None:
    with Ledger(home.path) as ledger:
        with pytest.raises(NotFoundError, match="339901、339902"):
            draw(home.path, ledger, "330683")
        for code in ("", "3", "三三九九", "3399011"):
            with pytest.raises(GoldenKeyError, match="2 至 6 位"):
                draw(home.path, ledger, code)
        with pytest.raises(GoldenKeyError, match="容量"):
            draw_queue(home.path, ledger, OFFICES[0], home.as_of, "system", PLAIN, capacity=0)


def on_list(number: int, day: date, **more: object) -> dict[str, object]:
    row = {"list_no": "关注1", "case_no": case_no(number), "listed_on": day, "reason": "commission"}
    return row | {"from_unit": "浙东市委政法委"} | more


def test_watched_cases_are_listed_first_with_their_reason_and_leave_a_trace(home: Home) -> None:
    watch = [
        on_list(2, date(2024, 1, 3)),
        on_list(4, date(2024, 1, 2), reason="superior"),
        on_list(3, date(2024, 1, 1)),
    ]
    watch += [on_list(6, date(2024, 1, 1), until=date(2024, 3, 30)), on_list(778, date(2024, 1, 9))]
    deliver(home.path, date(2024, 3, 1), {"watch": watch})
    with Ledger(home.path) as ledger:
        view = draw(home.path, ledger)
        items = ledger.queue_items(view.queue_id).set_index("position")
        assert verify(ledger).sound
        assert draw(home.path, ledger) == view
    assert [row.case_no for row in view.rows[:2]] == [case_no(4), case_no(2)]
    assert [row.stratum for row in view.rows[:3]] == ["关注", "关注", "预期收益"]
    assert view.rows[0].watch == "浙东市委政法委（上级院交办，2024年1月2日列入）"
    assert items.loc[[1, 2], "stratum"].tolist() == ["关注", "关注"]
    assert items.loc[[1, 2], "inclusion"].tolist() == [1.0, 1.0]
    # Case 3 is another office's, the entry of case 6 has run out; the number 778 is no case at all, and is named.
    assert len(view.watch_notes) == 1
    assert case_no(778) in view.watch_notes[0] and "数据池中无此案" in view.watch_notes[0]
    assert {row.clue for row in view.findings if row.case_no == case_no(4)} >= {"WATCH01"}


def test_more_watched_than_seats_are_named(home: Home) -> None:
    watch = [on_list(2 * n, date(2024, 1, n)) for n in range(1, 13)]
    deliver(home.path, date(2024, 3, 1), {"watch": watch})
    with Ledger(home.path) as ledger:
        view = draw(home.path, ledger)
    assert [row.case_no for row in view.rows] == [case_no(2 * n) for n in range(1, 11)]
    (note,) = view.watch_notes
    assert "另有 2 件" in note and case_no(22) in note and case_no(24) in note
    assert sum(row.inclusion for row in view.inclusion) == pytest.approx(10)
