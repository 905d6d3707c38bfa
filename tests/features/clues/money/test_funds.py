"""Money that left around the legal dates, against sums done by hand, with those who only look alike beside."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from little_pool import CASE_NO, DEBTOR
from little_statement import EFF, NTC, SRV, ZB, facts_of, line, long_before, rows_and_numbers

from features.clues.money.funds import family
from features.matrix import episode_coverage, is_covered

CLUE = {clue.id: clue for clue in family.clues}
DAY = timedelta(days=1)
OTHER = "990001197505050017"


def test_outflow_counts_from_service_to_termination_by_window_and_kind(tmp_path: Path) -> None:
    lines = [
        long_before(),
        line(SRV - DAY, -10, "王友人"),
        line(SRV, -100, "王友人"),
        line(EFF - DAY, -200, "财付通"),
        line(EFF, -400, "王友人"),
        line(NTC - DAY, -800, "测试公司"),
        line(NTC, -1600, "测试公司"),
        line(ZB, -3200, "李配偶"),
        line(ZB + DAY, -6400, "王友人"),
        line(NTC, -12800, None, cash_flag="cash"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["A01"], facts)
    assert rows["amount"].sum() == (100 + 200 + 400 + 800 + 1600 + 3200 + 12800) * 100
    yuan = {name: value / 100 for name, value in got.items()}
    assert yuan == {
        "A01_out_ratio": 100 + 200 + 1600 + 3200 + 12800,
        "A01_person_ratio": 100 + 3200,
        "A01_third_ratio": 200,
        "A01_company_ratio": 1600,
        "A01_cash_ratio": 12800,
        "A01_new_ratio": 3200,
        "A01_gap_ratio": 400 + 800,
        "A01_soon_ratio": 100 + 1600 + 12800,
    }


def test_own_accounts_shops_loans_and_this_debt_are_no_outflow(tmp_path: Path) -> None:
    lines = [
        line(SRV, -1, "张测试", cp_acct="990011112222"),
        line(SRV, -2, "某超市", memo="消费"),
        line(SRV, -4, "浙东农村商业银行", memo="还贷"),
        line(SRV, -8, "浙东市人民法院", memo="执行款"),
        line(SRV, -16, "申请人甲"),
        line(SRV, 32, "王友人"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["A01"], facts)
        paid, paid_got = rows_and_numbers(CLUE["A09"], facts)
    assert rows.empty and set(got.values()) == {0.0}
    assert sorted(paid["amount"]) == [800, 1600]
    assert paid_got == {"A09_paid_ratio": 2400.0, "A09_paid_n": 2.0}


def test_without_a_suit_on_record_only_enforcement_is_a_window(tmp_path: Path) -> None:
    lines = [line(NTC - DAY, -1, "王友人"), line(NTC, -2, "王友人"), line(ZB, -4, "王友人")]
    with facts_of(tmp_path, lines, basis_no="（2022）浙9901民初999号") as facts:
        _, got = rows_and_numbers(CLUE["A01"], facts)
    assert got["A01_out_ratio"] == 600.0 and got["A01_gap_ratio"] == 0.0


def test_payments_within_seven_days_of_the_notice_against_the_balance_before(tmp_path: Path) -> None:
    lines = [
        line(NTC - 3 * DAY, 5, "甲", balance=10_000_000),
        line(NTC - DAY, -1, "王友人", acct_no="990077", balance=2_000_000),
        line(NTC, -10_000, "王友人", balance=9_000_000),
        line(NTC, -9_999.99, "王友人"),
        line(NTC + 7 * DAY, -20_000, "王友人"),
        line(NTC + 8 * DAY, -40_000, "王友人", balance=1, acct_no="990077"),
        line(NTC, -50_000, "申请人甲"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["A02"], facts)
    assert rows["amount"].tolist() == [1_000_000, 2_000_000]
    assert got["A02_balance_share"] == 30_000 / 120_000
    assert [len(src) for src in rows["src"]] == [3, 3]


def test_without_a_known_balance_there_is_a_sum_but_no_share(tmp_path: Path) -> None:
    with facts_of(tmp_path, [line(NTC, -10_000, "王友人")]) as facts:
        _, got = rows_and_numbers(CLUE["A02"], facts)
    assert got == {"A02_balance_share": 0.0, "A02_out_ratio": 1_000_000.0}


@pytest.mark.parametrize(("debt", "expected"), [(40_000_000, [20_000, 30_000]), (60_000_000, [30_000])])
def test_large_after_the_report_order_means_both_thresholds(tmp_path: Path, debt: int, expected: list[int]) -> None:
    lines = [
        line(NTC, -90_000, "王友人"),
        line(NTC + DAY, -20_000, "王友人"),
        line(NTC + DAY, -19_999, "王友人"),
        line(ZB, -30_000, "测试公司"),
        line(ZB + DAY, -90_000, "王友人"),
        line(NTC + DAY, -90_000, "浙东市人民法院"),
    ]
    with facts_of(tmp_path, lines, amt_unpaid=debt) as facts:
        rows, got = rows_and_numbers(CLUE["A03"], facts)
    assert sorted(rows["amount"] // 100) == expected
    assert got["A03_out_n"] == len(expected)
    assert got["A03_person_n"] == len(expected) - 1


def monthly(yuan: dict[int, float]) -> list[dict[str, object]]:
    """One payment in the middle of each month of 30 days back from service, 1 being the last."""
    return [line(SRV - timedelta(days=30 * month - 15), -paid, "王友人") for month, paid in yuan.items()]


def test_a_surge_is_measured_against_the_median_month_with_its_silent_months(tmp_path: Path) -> None:
    lines = [long_before(), *monthly({1: 900, 2: 600, 3: 0.03, 4: 100, 5: 100, 6: 200, 7: 300, 8: 50, 9: 20})]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["A04"], facts)
    assert rows["amount"].tolist() == [150_003]
    assert got["A04_surge"] == 150_003 / 3 / 5_000
    assert len(rows["src"].iloc[0]) == 9


def test_a_surge_needs_statements_that_reach_back_and_is_capped(tmp_path: Path) -> None:
    short = [line(SRV - timedelta(days=209), 1, "甲"), *monthly({1: 900, 2: 10, 5: 10})]
    with facts_of(tmp_path / "short", short) as facts:
        assert rows_and_numbers(CLUE["A04"], facts)[0].empty
    long = [line(SRV - timedelta(days=210), 1, "甲"), *monthly({1: 900, 5: 10})]
    with facts_of(tmp_path / "long", long) as facts:
        assert rows_and_numbers(CLUE["A04"], facts)[1]["A04_surge"] == 20.0


@pytest.mark.parametrize(("low", "emptied"), [(100_000, 1), (100_001, 0)])
def test_accounts_are_emptied_at_one_percent_of_all_together(tmp_path: Path, low: int, emptied: int) -> None:
    second = {"acct_no": "990088"}
    lines = [
        line(SRV - 10 * DAY, 1, "甲", balance=9_000_000),
        line(SRV - 9 * DAY, 1, "甲", balance=1_000_000, **second),
        line(SRV + DAY, -90_000, "王友人", balance=0),
        line(EFF - DAY, -9_000, "王友人", balance=low, **second),
        line(EFF, -1_000, "王友人", balance=0, **second),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["A05"], facts)
    assert len(rows) == emptied and got["A05_emptied"] == emptied
    if emptied:
        assert rows["amount"].tolist() == [10_000_000 - low]
        assert len(rows["src"].iloc[0]) == 4


def test_money_moved_between_own_accounts_empties_nothing(tmp_path: Path) -> None:
    second = {"acct_no": "990088"}
    lines = [
        line(SRV - 10 * DAY, 1, "甲", balance=9_000_000),
        line(SRV - 10 * DAY, 1, "甲", balance=100, **second),
        line(datetime(2022, 6, 1, 9), -90_000, "张测试", cp_acct="990088", balance=0),
        line(datetime(2022, 6, 1, 9), 90_000, "张测试", balance=9_000_100, **second),
    ]
    with facts_of(tmp_path, lines) as facts:
        assert rows_and_numbers(CLUE["A05"], facts)[0].empty
        assert rows_and_numbers(CLUE["A01"], facts)[0].empty


def test_spending_named_in_the_report_is_not_unreported(tmp_path: Path) -> None:
    report = [
        {"event_id": "1", "case_no": CASE_NO, "ev_code": "RPT_ORDER", "ev_date": NTC},
        {
            "event_id": "2",
            "case_no": CASE_NO,
            "ev_code": "RPT_CONTENT",
            "ev_date": NTC + DAY,
            "asset_kind": "支出",
            "amount": 3_000_000,
        },
        {"event_id": "3", "case_no": CASE_NO, "ev_code": "RPT_CONTENT", "ev_date": ZB + DAY, "amount": 2_000_000},
    ]
    lines = [
        line(NTC - 365 * DAY, -20_000, "王友人"),
        line(NTC - 366 * DAY, -20_000, "王友人"),
        line(NTC - DAY, -30_000, "测试公司"),
        line(NTC - DAY, -19_999, "测试公司"),
        line(NTC, -50_000, "王友人"),
        line(NTC - DAY, -60_000, "申请人甲"),
        line(NTC - DAY, -25_000, "测试公司"),
    ]
    with facts_of(tmp_path, lines, tables={"event": report}) as facts:
        rows, got = rows_and_numbers(CLUE["A06"], facts)
    assert sorted(rows["amount"]) == [2_000_000, 2_500_000]
    assert got == {"A06_out_ratio": 4_500_000.0, "A06_out_n": 2.0, "A06_person_ratio": 2_000_000.0}
    assert all(len(src) == 3 for src in rows["src"])


def test_the_year_before_the_suit_stands_as_baseline(tmp_path: Path) -> None:
    lines = [
        line(SRV - 366 * DAY, -1, "王友人"),
        line(SRV - 365 * DAY, -2, "王友人"),
        line(SRV - DAY, -4, "测试公司"),
        line(SRV, -8, "王友人"),
    ]
    with facts_of(tmp_path, lines) as facts:
        _, got = rows_and_numbers(CLUE["A10"], facts)
    assert got == {"A10_out_ratio": 600.0, "A10_person_ratio": 200.0}


def test_co_debtors_of_one_case_are_summed_together(tmp_path: Path) -> None:
    fellow = {"case_no": CASE_NO, "party_no": 3, "role": "debtor", "kind": "person", "name": "赵共同", "id_no": OTHER}
    lines = [
        line(SRV, -100, "王友人"),
        line(SRV, -200, "王友人", holder_id=OTHER, acct_no="990055"),
        line(SRV, -400, "赵共同", cp_id=OTHER),
        line(SRV, 400, "张测试", cp_id=DEBTOR, holder_id=OTHER, acct_no="990055"),
    ]
    with facts_of(tmp_path, lines, tables={"party": [fellow]}) as facts:
        rows, _ = rows_and_numbers(CLUE["A01"], facts)
    assert sorted(rows["amount"]) == [10_000, 20_000]


@pytest.mark.parametrize("answered", [False, True])
def test_silence_is_nought_only_where_statements_were_asked_for(tmp_path: Path, answered: bool) -> None:
    asked = {
        "inquiry_no": "1",
        "subject_id": DEBTOR,
        "source_code": "TX",
        "asked_on": date(2023, 6, 21),
        "answered_on": date(2023, 6, 25) if answered else None,
        "has_result": False,
        "period_from": date(2020, 1, 1),
    }
    with facts_of(tmp_path, [], tables={"inquiry": [asked]}) as facts:
        reach = episode_coverage(facts, facts.episodes.to_pandas())
        assert all(
            bool(is_covered(clue, reach)[0]) is answered for clue in CLUE.values() if clue.needs.sources == ("TX",)
        )
        assert all(rows_and_numbers(clue, facts)[0].empty for clue in CLUE.values())


def test_statements_that_begin_too_late_say_nothing_of_the_time_before(tmp_path: Path) -> None:
    asked = {
        "inquiry_no": "1",
        "subject_id": DEBTOR,
        "source_code": "TX",
        "asked_on": date(2023, 6, 21),
        "answered_on": date(2023, 6, 25),
        "has_result": False,
        "period_from": SRV + timedelta(days=1),
    }
    with facts_of(tmp_path, [], tables={"inquiry": [asked]}) as facts:
        reach = episode_coverage(facts, facts.episodes.to_pandas())
        told = {clue.id: bool(is_covered(clue, reach)[0]) for clue in CLUE.values() if clue.needs.sources == ("TX",)}
    assert not any(told[clue.id] for clue in CLUE.values() if clue.id in told and clue.needs.since == "t_srv")
    assert all(told[clue.id] for clue in CLUE.values() if clue.id in told and not clue.needs.since)
