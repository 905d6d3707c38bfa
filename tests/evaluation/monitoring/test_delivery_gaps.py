"""Deliveries held against their own past: late, stopped, shrunken, and everything that must not be called so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from refused_files import assert_refused

from evaluation.monitoring.bounds import DEFAULT_FILE, NAMES, read_bounds
from evaluation.monitoring.delivery_gaps import delivery_gaps, received_deliveries
from evaluation.monitoring.delivery_part import watch_deliveries
from features.pool.manifests import Delivery, Manifest, SourceFile, StoredPart

BOUNDS = read_bounds()
START = date(2023, 1, 15)


def batch(seq: int, day: date, rows: dict[str, int], bad: int = 0, backfile: bool = False) -> Manifest:
    delivery = Delivery(
        f"D{seq}", "测试单位", None if backfile else day, "依据", "目的", "范围", "人", backfile=backfile
    )
    files = tuple(SourceFile(f"{name}.csv", f"{seq}{name}", name, count, bad) for name, count in rows.items())
    return Manifest(seq, delivery, files, tuple(StoredPart(name, "", count) for name, count in rows.items()))


def every(days: int, rows: Sequence[int], table: str = "vehicle", bad: int = 0) -> list[Manifest]:
    return [batch(n + 1, START + timedelta(days=days * n), {table: count}, bad) for n, count in enumerate(rows)]


def kinds(manifests: Sequence[Manifest], day: date) -> list[tuple[str, str]]:
    return [(finding.kind, finding.subject) for finding in watch_deliveries(manifests, day, BOUNDS).findings]


@pytest.mark.parametrize(
    ("since_last", "state"), [(30, "正常"), (43, "正常"), (46, "迟延"), (90, "迟延"), (91, "疑似中断")]
)
def test_a_monthly_source_is_late_after_a_month_and_a_half_and_stopped_after_three(since_last: int, state: str) -> None:
    made = every(30, [100] * 6)
    day = START + timedelta(days=150 + since_last)
    (row,) = delivery_gaps(received_deliveries(made, day), day, "source", BOUNDS).to_dict("records")
    assert row["state"] == state
    assert row["due"] == START + timedelta(days=180)
    assert row["late_days"] == max(since_last - 30, 0)


def test_a_weekly_source_has_its_days_of_grace() -> None:
    made = every(7, [10] * 6)
    last = START + timedelta(days=35)
    assert kinds(made, last + timedelta(days=20)) == []
    assert kinds(made, last + timedelta(days=21)) == [("delivery_late", "VEH")]


def test_one_long_gap_in_the_past_does_not_make_a_habit() -> None:
    made = [*every(30, [100] * 5), batch(9, START + timedelta(days=320), {"vehicle": 100})]
    (row,) = delivery_gaps(received_deliveries(made, date(2023, 12, 5)), date(2023, 12, 5), "source", BOUNDS).to_dict(
        "records"
    )
    assert row["usual_days"] == 30


def test_few_deliveries_or_none_say_nothing() -> None:
    assert kinds(every(30, [100, 100]), date(2024, 6, 1)) == []
    assert watch_deliveries([], date(2024, 6, 1), BOUNDS).notes
    assert kinds([batch(n, START, {"vehicle": 5}, backfile=True) for n in range(1, 6)], date(2024, 6, 1)) == []


def test_what_was_delivered_later_or_withdrawn_does_not_count() -> None:
    made = every(30, [100] * 6)
    gone = Manifest(7, made[0].delivery, withdraws=(6,), withdrawn_on=START + timedelta(days=170), reason="有误")
    later = START + timedelta(days=175)
    assert received_deliveries([*made, gone], START + timedelta(days=169))["received_on"].max() == START + timedelta(
        days=150
    )
    assert received_deliveries([*made, gone], later)["received_on"].max() == START + timedelta(days=120)
    assert len(received_deliveries(made, START + timedelta(days=45))) == 2


def test_a_table_missing_from_a_source_that_comes_is_reported_by_itself() -> None:
    made = [
        batch(n + 1, START + timedelta(days=30 * n), {"company": 50} | ({"shareholding": 80} if n < 5 else {}))
        for n in range(10)
    ]
    day = START + timedelta(days=275)
    assert kinds(made, day) == [("delivery_stopped", "shareholding")]
    assert kinds(made, day + timedelta(days=90)) == [("delivery_stopped", "EQ")]


def test_a_delivery_far_smaller_than_ever_is_reported_and_a_small_one_as_before_is_not() -> None:
    day = START + timedelta(days=155)
    assert kinds(every(30, [900, 100, 110, 95, 105, 40]), day) == [("rows_fell", "vehicle")]
    assert kinds(every(30, [900, 100, 30, 95, 105, 40]), day) == []
    assert kinds(every(30, [900, 100, 110, 95, 105, 60]), day) == []
    assert kinds(every(30, [4, 5, 3, 4, 6, 1]), day) == [], "four rows or one: chance"
    assert kinds(every(30, [400, 90, 1600, 200, 700, 60]), day) == [], "a table that always varies"


def test_rows_set_aside_more_than_before_are_reported() -> None:
    made = [*every(30, [100] * 5, bad=1), batch(9, START + timedelta(days=150), {"vehicle": 90}, bad=12)]
    assert kinds(made, START + timedelta(days=160)) == [("rejected_rows", "vehicle")]
    assert kinds(every(30, [100] * 6, bad=12), START + timedelta(days=160)) == []


def test_bounds_are_complete_and_a_broken_table_is_refused_in_one_sentence(tmp_path: Path) -> None:
    assert set(read_bounds()) == set(NAMES)
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    wrong = {
        "late_ratio": text.replace('name = "late_ratio"', 'name = "later_ratio"'),
        "不小于 0": text.replace("value = 1.5", "value = -1.5"),
        "缺少 source": text.replace('source = "同 feature_excess"', 'source = ""', 1),
        "无法读取": text.replace("value = 1.5", "value = "),
    }
    for sentence, body in wrong.items():
        assert_refused(read_bounds, tmp_path / f"{len(sentence)}{sentence[:2]}.toml", body, sentence)
