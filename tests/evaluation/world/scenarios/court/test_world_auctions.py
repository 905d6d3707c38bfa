"""Auctions and distributions as delivered: rounds that follow from one another, periods kept by honest courts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from world_reading import ReadWorld, day, fen


@pytest.fixture(scope="module")
def lots(small_world: ReadWorld) -> dict[tuple[str, str], dict[str, dict[str, str]]]:
    rounds: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for row in small_world.rows("网络司法拍卖"):
        rounds.setdefault((row["案号"], row["财产标识"]), {})[row["拍卖轮次"]] = row
    assert len(rounds) > 30
    return rounds


def test_the_second_reserve_follows_from_the_first(
    small_world: ReadWorld, lots: dict[tuple[str, str], dict[str, dict[str, str]]]
) -> None:
    honest = {(act["case_no"], act["asset_id"]) for act in small_world.acts_of("auction_procedure", False)}
    pairs = [rounds for key, rounds in lots.items() if key in honest and len(rounds) == 2]
    assert len(pairs) > 10
    for rounds in pairs:
        first, second = fen(rounds["一拍"]["起拍价"]), fen(rounds["二拍"]["起拍价"])
        assert first and second and 0.798 < second / first < 0.925
        for row in rounds.values():
            reserve, deposit = fen(row["起拍价"]), fen(row["保证金"])
            assert reserve and deposit and 0.05 <= deposit / reserve <= 0.20


def test_a_real_default_is_the_same_buyer_twice(
    small_world: ReadWorld, lots: dict[tuple[str, str], dict[str, dict[str, str]]]
) -> None:
    seen = {True: 0, False: 0}
    for act in small_world.acts_of("auction_default"):
        rounds = lots.get((act["case_no"], act["asset_id"]), {})
        if len(rounds) == 2:
            seen[act["real"]] += 1
            same = rounds["一拍"]["买受人证件号码"] == rounds["二拍"]["买受人证件号码"]
            assert same == act["real"]
            assert rounds["一拍"]["拍卖状态"] == "悔拍"
            assert not act["real"] or rounds["二拍"]["拍卖状态"] == "悔拍"
    assert min(seen.values()) >= 2


def test_shares_are_paid_after_the_last_day_to_object_and_before_closing(small_world: ReadWorld) -> None:
    served: dict[str, list[dict[str, str]]] = {}
    for row in small_world.rows("参与分配债权"):
        served.setdefault(row["分配方案编号"], []).append(row)
    assert len(served) > 20
    for rows in served.values():
        notified = [when for row in rows if (when := day(row["分配方案送达日期"]))]
        closed = day(small_world.cases[rows[0]["案号"]]["结案日期"])
        for row in rows:
            paid = day(row["发放日期"])
            assert paid is None or not notified or paid > max(notified) + timedelta(days=15 + 8)
            assert paid is None or closed is None or paid < closed
