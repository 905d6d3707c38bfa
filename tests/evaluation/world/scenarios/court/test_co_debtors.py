"""Co-debtors in the court's acts."""

from __future__ import annotations

from collections import Counter

import pytest
from world_reading import ReadWorld


@pytest.fixture(scope="module")
def beside(small_world: ReadWorld) -> list[tuple[str, str]]:
    rows = {
        (row["案号"], row["证件号码"])
        for row in small_world.rows("执行主体")
        if row["法律地位"] == "被执行人" and row["序号"] in ("3", "4") and row["案号"] in small_world.log
    }
    assert len(rows) > 30
    return sorted(rows)


def test_every_co_debtor_is_named_by_notice_and_mostly_by_limit(
    small_world: ReadWorld, beside: list[tuple[str, str]]
) -> None:
    share: Counter[str] = Counter()
    for number, who in beside:
        codes = {event.code for event in small_world.of(number) if event.cell("对象证件号码") == who}
        share.update(codes)
    assert share["NOTICE"] == len(beside)
    assert share["LIMIT"] > 0.85 * len(beside)
    assert share["RPT_ORDER"] > 0.85 * len(beside)


def test_every_co_debtor_is_asked_about_in_the_registers(small_world: ReadWorld, beside: list[tuple[str, str]]) -> None:
    asked: dict[tuple[str, str], set[str]] = {}
    for row in small_world.rows("网络查控反馈"):
        asked.setdefault((row["案号"], row["被查询人证件号码"]), set()).add(row["查询范围"])
    full = [key for key in beside if len(asked.get(key, ())) >= 7]
    assert len(full) > 0.9 * len(beside)
