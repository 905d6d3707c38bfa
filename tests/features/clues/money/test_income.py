"""Inflow after termination, steady pay, income against the report, purchases: against sums done by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from little_pool import CASE_NO
from little_statement import NTC, TODAY, ZB, facts_of, line, rows_and_numbers

from features.clues.money.income import family

CLUE = {clue.id: clue for clue in family.clues}
DAY = timedelta(days=1)


def test_inflow_after_termination_without_what_is_exempt_or_ones_own(tmp_path: Path) -> None:
    lines = [
        line(ZB, 1, "甲公司"),
        line(ZB + DAY, 2, "甲公司"),
        line(TODAY - 180 * DAY, 4, "王友人"),
        line(TODAY - 179 * DAY, 8, "王友人"),
        line(TODAY, 16, None, cash_flag="cash"),
        line(TODAY, 32, "浙东市民政局", memo="低保金"),
        line(TODAY, 64, "财付通", memo="提现"),
        line(TODAY, 128, "张测试", cp_acct="990011112222"),
        line(TODAY, 256, "浙东农村商业银行", memo="放款"),
        line(TODAY, -512, "王友人"),
        line(TODAY, 1024, "财付通", memo="扫码收款"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["C05"], facts)
    assert sorted(rows["amount"] // 100) == [2, 4, 8, 16, 1024]
    assert {name: value / 100 for name, value in got.items()} == {
        "C05_in_ratio": 1054,
        "C05_unit_ratio": 2,
        "C05_person_ratio": 12,
        "C05_cash_ratio": 16,
        "C05_recent_ratio": 8 + 16 + 1024,
    }


def test_a_steady_payer_pays_in_two_months_by_name_or_by_size(tmp_path: Path) -> None:
    july, august, september = date(2023, 7, 5), date(2023, 8, 5), date(2023, 9, 5)
    lines = [
        line(ZB, 3_000, "甲公司", memo="工资"),
        *(line(day, 3_000, "甲公司", memo="工资") for day in (july, august, september)),
        line(august + DAY, 6_000, "甲公司", memo="往来"),
        line(july, 5_000, "王房客"),
        line(august, 5_000, "王房客"),
        line(july, 4_999, "赵某"),
        line(august, 4_999, "赵某"),
        line(july, 9_000, "钱某"),
        line(july + DAY, 9_000, "钱某"),
        *(line(day, 2_000, "浙东农村商业银行", memo="代发养老金") for day in (july, august)),
        *(line(day, 9_000, "浙东农村商业银行", memo="放款") for day in (july, august)),
        *(line(day, 9_000, "财付通", memo="货款") for day in (july, august)),
        *(line(day, 9_000, "民政局", memo="低保代发") for day in (july, august)),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["C06"], facts)
    assert rows.groupby("who")["amount"].sum().to_dict() == {
        "甲公司": 1_500_000,
        "王房客": 1_000_000,
        "浙东农村商业银行": 400_000,
    }
    assert got == {"C06_month_n": 3.0, "C06_pay_month_n": 3.0, "C06_payer_n": 3.0, "C06_in_ratio": 2_900_000.0}


def reported(*incomes: int) -> list[dict[str, object]]:
    zero = {"event_id": "0", "case_no": CASE_NO, "ev_code": "RPT_CONTENT", "ev_date": NTC + 5 * DAY, "result": "零申报"}
    return [zero] + [
        zero | {"event_id": f"{place + 1}", "asset_kind": "收入", "amount": fen, "result": None}
        for place, fen in enumerate(incomes)
    ]


def test_income_above_the_report_and_the_flag_beyond_ten_thousand(tmp_path: Path) -> None:
    lines = [
        line(NTC - DAY, 90_000, "甲公司"),
        line(NTC, 8_000, "甲公司"),
        line(ZB, 7_000, "王友人"),
        line(ZB + DAY, 90_000, "甲公司"),
        line(ZB, 90_000, "张测试", cp_acct="990011112222"),
    ]
    for name, incomes, gap, flag in (
        ("a", (500_000,), 1_000_000, 0),
        ("b", (499_999,), 1_000_001, 1),
        ("c", (), 1_500_000, 1),
    ):
        with facts_of(tmp_path / name, lines, tables={"event": reported(*incomes)}) as facts:
            _, got = rows_and_numbers(CLUE["C07"], facts)
        assert got == {"C07_gap_ratio": gap, "C07_gap_flag": flag}
    with facts_of(tmp_path / "none", lines) as facts:
        assert rows_and_numbers(CLUE["C07"], facts)[0].empty


def test_purchases_by_what_the_memo_says(tmp_path: Path) -> None:
    lines = [
        line(NTC - 366 * DAY, -1, "甲房产公司", memo="购房款"),
        line(NTC - 365 * DAY, -2, "甲房产公司", memo="购房首付"),
        line(NTC - DAY, -4, "乙汽车公司", memo="购车款"),
        line(NTC, -8, "丙人寿", memo="保费"),
        line(TODAY, -16, "丁银行", memo="理财申购"),
        line(TODAY, -32, "戊某", memo="转账", remark="装修款"),
        line(TODAY, -64, "己某", memo="定金"),
        line(TODAY, 128, "己某", memo="退定金"),
        line(TODAY, -256, "庚某", memo="房租"),
        line(TODAY, -512, "张测试", cp_acct="990011112222", memo="理财"),
    ]
    with facts_of(tmp_path, lines) as facts:
        _, got = rows_and_numbers(CLUE["D01"], facts)
    assert got.pop("D01_n") == 6
    assert {name: value / 100 for name, value in got.items()} == {
        "D01_out_ratio": 126,
        "D01_home_ratio": 34,
        "D01_car_ratio": 4,
        "D01_policy_ratio": 24,
        "D01_after_ratio": 120,
    }
