"""Money to kin, namesakes and single hands, and money that returns, against sums done by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from little_pool import DEBTOR, SPOUSE
from little_statement import NTC, SRV, TODAY, ZB, facts_of, line, long_before, rows_and_numbers

from features.clues.money.kin_flows import family

CLUE = {clue.id: clue for clue in family.clues}
DAY = timedelta(days=1)
BROTHER = "990001198303030033"
NAMESAKE = "990001199009090099"


def test_kin_flows_are_net_from_service_to_this_day(tmp_path: Path) -> None:
    tie = {"person_a": BROTHER, "name_a": "张兄弟", "person_b": DEBTOR, "name_b": "张测试", "rel_code": "sibling"}
    lines = [
        line(SRV - DAY, -1_000, "李配偶"),
        line(SRV, -30_000, "李配偶", cp_id=SPOUSE),
        line(SRV + 60 * DAY, 10_000, "李配偶"),
        line(ZB, -20_000, "张兄弟", cp_id=BROTHER),
        line(TODAY, -500, "张兄弟", cp_id=BROTHER),
        line(SRV, -77, "张兄弟", cp_id=NAMESAKE),
        line(SRV, -88, "王友人"),
    ]
    with facts_of(tmp_path, lines, tables={"relation": [tie]}) as facts:
        rows, got = rows_and_numbers(CLUE["B01"], facts)
    assert sorted(rows["amount"] // 100) == [-10_000, 500, 20_000, 30_000]
    assert {name: value / 100 for name, value in got.items() if name.endswith("ratio")} == {
        "B01_net_ratio": 40_500,
        "B01_out_ratio": 50_500,
        "B01_back_ratio": -10_000,
        "B01_soon_ratio": 30_000,
    }
    assert (got["B01_kin_n"], got["B01_large_n"]) == (2, 2)
    assert set(rows["note"]) == {"配偶", "兄弟姐妹", "配偶（仅姓名一致，推定概率99%）"}
    assert all(len(src) == 2 for src in rows["src"])


def test_a_relative_s_name_that_many_bear_is_weak_kin_and_not_kin(tmp_path: Path) -> None:
    cars = [
        {
            "plate": f"浙Z{n:05d}",
            "vin": f"TESTZZ{n:011d}",
            "owner_id": f"99000119700101{n:04d}",
            "owner_name": "李配偶",
            "own_from": date(2015, 1, 1),
        }
        for n in range(400)
    ]
    lines = [line(SRV + n * DAY, -20_000, "李配偶") for n in range(3)] + [line(SRV, -5_000, "李配偶", cp_id=SPOUSE)]
    with facts_of(tmp_path, lines, tables={"vehicle": cars}) as facts:
        sure, _ = rows_and_numbers(CLUE["B01"], facts)
        weak, got = rows_and_numbers(CLUE["B03"], facts)
    assert list(sure["amount"] // 100) == [5_000]
    assert (len(weak), got["B03_hand_n"]) == (3, 1)


def test_the_year_before_service_shows_who_always_pooled(tmp_path: Path) -> None:
    lines = [
        line(SRV - 366 * DAY, -1, "李配偶"),
        line(SRV - 365 * DAY, -200, "李配偶"),
        line(SRV - DAY, 50, "李配偶"),
        line(SRV, -400, "李配偶"),
    ]
    with facts_of(tmp_path, lines) as facts:
        _, got = rows_and_numbers(CLUE["B10"], facts)
    assert got == {"B10_net_ratio": 15_000.0, "B10_month_n": 2.0}


def spread(payments: int, yuan: float, step: int, name: str = "李配偶") -> list[dict[str, Any]]:
    return [line(SRV + number * step * DAY, -yuan, name) for number in range(payments)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (spread(6, 20_000, 5), 6),
        (spread(6, 50_000, 5), 6),
        (spread(6, 50_000.01, 5), 0),
        (spread(5, 50_000, 5), 0),
        (spread(6, 16_666, 5), 0),
        (spread(6, 20_000, 6), 0),
        ([line(SRV + 29 * DAY, -20_000, "李配偶"), *spread(5, 20_000, 1)], 6),
        ([line(SRV + 30 * DAY, -20_000, "李配偶"), *spread(5, 20_000, 1)], 0),
        (spread(6, 20_000, 5, "王友人"), 0),
        ([*spread(6, 20_000, 1), line(SRV + 200 * DAY, -20_000, "李配偶")], 6),
    ],
)
def test_small_steps_need_six_payments_and_a_hundred_thousand_in_thirty_days(
    tmp_path: Path, lines: list[dict[str, Any]], found: int
) -> None:
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["B02"], facts)
    assert len(rows) == found == got["B02_run_n"]
    assert got["B02_kin_n"] == (found > 0)


def test_namesakes_count_from_three_payments_and_thirty_thousand_net_each(tmp_path: Path) -> None:
    def paid(name: str, *yuan: float) -> list[dict[str, Any]]:
        return [line(SRV + place * DAY, value, name) for place, value in enumerate(yuan)]

    lines = [
        *paid("张某甲", -10_000, -10_000, -10_000),
        *paid("张某乙", -10_000, -10_000, -9_999),
        *paid("张某丙", -20_000, -20_000),
        *paid("张某丁", -20_000, -20_000, -20_000, 30_001),
        *paid("王某戊", -20_000, -20_000, -20_000),
        *paid("张记商行", -20_000, -20_000, -20_000),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["B03"], facts)
        kin, _ = rows_and_numbers(CLUE["B01"], facts)
    assert set(rows["who"]) == {"张某甲"}
    assert got == {"B03_net_ratio": 3_000_000.0, "B03_hand_n": 1.0}
    assert kin.empty


def test_the_one_hand_that_takes_most_and_whether_it_is_new(tmp_path: Path) -> None:
    lines = [
        long_before(),
        line(SRV - 300 * DAY, -1, "赵熟人"),
        line(SRV, -3_000, "王友人"),
        line(TODAY, -3_000, "王友人"),
        line(NTC, -4_000, "赵熟人"),
        line(NTC, -90_000, "测试公司"),
        line(NTC, -90_000, "财付通"),
    ]
    with facts_of(tmp_path / "new", lines) as facts:
        rows, got = rows_and_numbers(CLUE["B04"], facts)
    assert rows["who"].tolist() == ["王友人"] and len(rows["src"].iloc[0]) == 2
    assert got == {
        "B04_top_share": 0.6,
        "B04_top_ratio": 600_000.0,
        "B04_new_share": 0.6,
        "B04_new_ratio": 600_000.0,
    }
    with facts_of(tmp_path / "old", [*lines, line(NTC, -3_000, "赵熟人")]) as facts:
        _, got = rows_and_numbers(CLUE["B04"], facts)
    assert got["B04_top_share"] == 7_000 / 13_000 and got["B04_new_share"] == 0.0


def test_new_hands_appear_within_sixty_days_and_receive_twenty_thousand(tmp_path: Path) -> None:
    lines = [
        long_before(),
        line(SRV, -10_000, "王甲"),
        line(TODAY, -10_000, "王甲"),
        line(SRV + 60 * DAY, -20_000, "王乙"),
        line(SRV + 61 * DAY, -20_000, "王丙"),
        line(SRV, -19_999, "王丁"),
        line(SRV - DAY, -1, "王戊"),
        line(SRV, -50_000, "王戊"),
        line(SRV, -50_000, "测试公司"),
        line(SRV, 100, "王己"),
        line(TODAY, -20_000, "王己"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["B05"], facts)
    assert sorted(rows["who"]) == ["王乙", "王己", "王甲"]
    assert got == {"B05_new_n": 3.0, "B05_out_ratio": 6_000_000.0}


def test_money_that_returns_since_service(tmp_path: Path) -> None:
    lines = [
        line(SRV - DAY, -5_000, "王甲"),
        line(SRV + DAY, 5_000, "王甲"),
        line(SRV, -6_000, "王乙"),
        line(SRV + 10 * DAY, 5_000, "王乙"),
        line(SRV, -7_000, "申请人甲"),
        line(SRV + DAY, 7_000, "申请人甲"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["B06"], facts)
    assert rows["who"].tolist() == ["王乙"] and len(rows["src"].iloc[0]) == 2
    assert got == {"B06_loop_n": 1.0, "B06_out_ratio": 600_000.0, "B06_tied_n": 0.0}
    assert CLUE["B06"].risk == 0
