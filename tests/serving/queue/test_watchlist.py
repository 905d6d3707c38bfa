"""The watch list beside a queue: first days, reasons, and what is said of those not listed."""

from __future__ import annotations

from datetime import date

import pytest

from serving.queue.watchlist import NAMED, WatchEntry, first_listed, unlisted_notes, watch_reasons


def entry(number: int, **changes: object) -> WatchEntry:
    values = {
        "case_no": f"案{number}",
        "episode": f"案{number}@2023-06-20",
        "office": "339901",
        "known": True,
        "listed_on": date(2024, 1, number),
        "reason": "交办",
        "unit": "",
    }
    return WatchEntry(**(values | changes))  # type: ignore[arg-type]


def test_the_first_day_on_any_list_counts_and_reasons_are_said_once() -> None:
    entries = [
        entry(5, episode="a", listed_on=date(2024, 3, 1), unit="上级院"),
        entry(6, episode="a", listed_on=date(2024, 2, 1), reason="督办"),
        entry(7, episode="a", listed_on=date(2024, 3, 1), unit="上级院"),
        entry(8, episode=None),
    ]
    assert first_listed(entries) == {"a": date(2024, 2, 1)}
    assert watch_reasons(entries) == {
        "a": "上级院（交办，2024年3月1日列入）；督办（督办，2024年2月1日列入）",
    }


def test_listed_entries_need_no_note() -> None:
    entries = [entry(1), entry(2)]
    episodes = [str(one.episode) for one in entries]
    assert unlisted_notes(entries, episodes, episodes, {}) == ()


def test_entries_beyond_the_capacity_are_named_up_to_a_limit() -> None:
    entries = [entry(number) for number in range(1, NAMED + 3)]
    episodes = [str(one.episode) for one in entries]
    (note,) = unlisted_notes(entries, episodes[:1], episodes, {})
    assert f"另有 {NAMED + 1} 件（" in note
    assert note.count("案") - note.count("案件") == NAMED
    assert " 等）" in note
    (all_named,) = unlisted_notes(entries, episodes[:2], episodes, {})
    assert f"另有 {NAMED} 件（" in all_named
    assert " 等" not in all_named


@pytest.mark.parametrize(
    ("changes", "busy", "why"),
    [
        ({"known": False, "episode": None}, {}, "数据池中无此案"),
        ({"episode": None}, {}, "尚无终本记录"),
        ({"episode": "x"}, {"x": "审查中"}, "审查中"),
        ({"episode": "x"}, {}, "不属选案范围"),
    ],
)
def test_entries_not_to_be_chosen_from_say_why(changes: dict[str, object], busy: dict[str, str], why: str) -> None:
    (note,) = unlisted_notes([entry(1, **changes)], (), (), busy)
    assert "1 件（案1（" in note
    assert why in note
