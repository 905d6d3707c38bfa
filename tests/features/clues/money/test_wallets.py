"""Wallets, cash, wages that leave at once, accounts given up: on the mark, beside it, and in innocent dress."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from little_pool import DEBTOR
from little_statement import ACCT, EFF, NTC, SRV, TODAY, ZB, facts_of, line, long_before, rows_and_numbers

from features.clues.money.wallets import family
from features.pool.pool import table_of

CLUE = {clue.id: clue for clue in family.clues}
DAY = timedelta(days=1)


def told(home: Path, clue: str, lines: list[dict[str, Any]], **more: Any) -> tuple[pd.DataFrame, dict[str, float]]:
    with facts_of(home, lines, **more) as facts:
        return rows_and_numbers(CLUE[clue], facts)


def test_round_payments_need_enough_payments(tmp_path: Path) -> None:
    round_ = [line(SRV + n * DAY, -10_000 * (1 + n % 2), "王友人") for n in range(4)]
    other = [line(SRV + n * DAY, -10_000.01, "王友人") for n in range(6)]
    shop = [line(SRV, -20_000, "某某商场", memo="消费", merchant="某某商场"), line(SRV - DAY, -10_000, "王友人")]
    rows, got = told(tmp_path / "ten", "C04", [*round_, *other, *shop])
    assert got == {"C04_share": 0.4, "C04_n": 4.0}
    assert len(rows) == 4
    _, got = told(tmp_path / "nine", "C04", [*round_, *other[:5], *shop])
    assert got == {"C04_share": 0.0, "C04_n": 0.0}


def test_share_that_goes_to_wallets(tmp_path: Path) -> None:
    lines = [
        line(NTC - 366 * DAY, -9_000, "财付通"),
        line(SRV, -4_999, "财付通"),
        line(SRV + 40 * DAY, -5_000, "支付宝"),
        line(SRV, -10_001, "王友人"),
        line(SRV, -50_000, "张测试", cp_acct=ACCT),
        line(SRV, 7_000, "财付通"),
    ]
    rows, got = told(tmp_path, "C08", [long_before(), *lines])
    assert got["C08_share"] == 9_999 / 20_000
    assert got["C08_month"] == 999_900 // 2
    assert got["C08_large_ratio"] == 500_000
    assert len(rows) == 2 and set(rows["note"]) == {"占对外转出的49%"}


def test_top_ups_less_what_was_drawn_back(tmp_path: Path) -> None:
    lines = [
        line(SRV, -8_000, "财付通", memo="微信零钱充值"),
        line(ZB, -2_000, "支付宝", memo="转入余额宝"),
        line(ZB, 3_000, "财付通", memo="零钱提现"),
        line(ZB, -600, "财付通", memo="扫码付款"),
        line(SRV - DAY, -9_000, "财付通", memo="充值"),
        line(ZB, -9_000, "某游戏公司", memo="充值"),
    ]
    rows, got = told(tmp_path, "C08W", lines)
    assert got == {"C08W_net_ratio": 700_000.0}
    assert sorted(rows["amount"]) == [-300_000, 200_000, 800_000]


def cash(day: date, yuan: float) -> dict[str, Any]:
    return line(day, -yuan, None, cash_flag="cash", memo="取现")


def test_cash_is_counted_from_a_year_before_service_to_the_judgment(tmp_path: Path) -> None:
    days_ = [SRV - 366 * DAY, SRV - 365 * DAY, EFF - DAY, EFF]
    rows, got = told(tmp_path, "C09", [long_before(), *(cash(day, 100 * 2**n) for n, day in enumerate(days_))])
    assert sorted(rows["amount"] // 100) == [200, 400]
    assert got["C09_out_ratio"] == 60_000
    assert got["C09_balance_share"] == 60_000  # No balance is known: against one 分, which the cap cuts.


def test_cash_against_the_highest_balance(tmp_path: Path) -> None:
    lines = [line(SRV - 30 * DAY, 40_000, "甲公司", balance=4_000_000), cash(SRV, 10_000) | {"balance": 3_000_000}]
    _, got = told(tmp_path, "C09", lines)
    assert got["C09_balance_share"] == 0.25


def test_three_withdrawals_within_seven_days_are_a_burst(tmp_path: Path) -> None:
    for name, days_, sums, bursts in (
        ("on", (0, 3, 7), (10_000, 10_000, 10_000), 1),
        ("after", (0, 3, 8), (10_000, 10_000, 10_000), 0),
        ("less", (0, 3, 7), (10_000, 9_999.99, 10_000), 0),
        ("two", (0, 7), (10_000, 10_000), 0),
        ("four", (0, 1, 2, 3), (10_000,) * 4, 2),
    ):
        lines = [cash(SRV + day * DAY, yuan) for day, yuan in zip(days_, sums, strict=True)]
        assert told(tmp_path / name, "C09", lines)[1]["C09_burst_n"] == bursts, name


def test_sums_just_under_fifty_thousand(tmp_path: Path) -> None:
    lines = [cash(SRV + 20 * n * DAY, yuan) for n, yuan in enumerate((48_999.99, 49_000, 49_999.99, 50_000))]
    lines.append(line(SRV, -49_500, "王友人"))
    assert told(tmp_path, "C09", lines)[1]["C09_near_n"] == 2


def pay(month: int, share: float, after: int, name: str = "王友人", **more: Any) -> list[dict[str, Any]]:
    day = date(2023, month, 10)
    out = line(day + after * DAY, -8_000 * share, name, **({"memo": "转账"} | more))
    return [line(day, 8_000, "甲公司", memo="工资"), out]


def test_wages_that_leave_within_three_days_for_three_months(tmp_path: Path) -> None:
    for name, months, months_n in (
        ("three", [pay(7, 0.8, 3), pay(8, 1.0, 0), pay(9, 0.9, 1)], 3),
        ("two", [pay(7, 0.8, 3), pay(8, 1.0, 0)], 0),
        ("late", [pay(7, 0.8, 3), pay(8, 1.0, 4), pay(9, 0.9, 1)], 0),
        ("little", [pay(7, 0.8, 3), pay(8, 0.79, 0), pay(9, 0.9, 1)], 0),
        ("loan", [pay(month, 1.0, 0, memo="房贷扣款") for month in (7, 8, 9)], 0),
        ("shop", [pay(month, 1.0, 0, "某某商场", memo="消费", merchant="某某商场") for month in (7, 8, 9)], 0),
        ("own", [pay(month, 1.0, 0, "张测试", cp_acct="9900000000000000022") for month in (7, 8, 9)], 3),
    ):
        rows, got = told(tmp_path / name, "C10", [row for month in months for row in month])
        assert got["C10_month_n"] == months_n, name
        assert all(len(src) == 2 for src in rows["src"])
    lines = [row for month in (7, 8, 9) for row in pay(month, 0.5, 0) + pay(month, 0.4, 1)[1:]]
    rows, got = told(tmp_path / "parts", "C10", lines)
    assert got == {"C10_month_n": 3.0, "C10_out_ratio": 3 * 720_000.0}
    assert all(len(src) == 3 for src in rows["src"])


OLD = "9900000000000000033"


def ended(closed: date | None, yuan: float = 10_000, moved: date | None = None, **more: Any) -> dict[str, Any]:
    """Statements of an account that ends, and of another that goes on; the account information if it was closed."""
    last = moved or closed or NTC
    lines = [line(last, -yuan, "王友人", acct_no=OLD, **more), line(TODAY - 60 * DAY, -5, "某店")]
    row = {"holder_id": DEBTOR, "acct_no": OLD, "open_date": date(2015, 1, 1), "close_date": closed}
    return {"lines": lines, "tables": {"account": [row]}}


def test_accounts_closed_near_the_notice_with_their_money_moved(tmp_path: Path) -> None:
    for name, made, count in (
        ("before", ended(NTC - 90 * DAY), 1),
        ("too early", ended(NTC - 91 * DAY, moved=NTC - 92 * DAY), 0),
        ("after", ended(NTC + 90 * DAY), 1),
        ("too late", ended(NTC + 91 * DAY), 0),
        ("little", ended(NTC, 9_999.99), 0),
        ("long gone", ended(NTC, moved=NTC - 31 * DAY), 0),
        ("in time", ended(NTC, moved=NTC - 30 * DAY), 1),
        ("shop", ended(NTC, merchant="某某商场", memo="消费", cp_name="某某商场"), 0),
        ("silent", ended(None, moved=NTC), 1),
    ):
        rows, got = told(tmp_path / name, "C11", **made)
        assert got["C11_n"] == count, name
        if count:
            tables = {table_of(int(rid)) for rid in rows["src"][0]}
            assert tables == ({"txn"} if name == "silent" else {"txn", "account"}), name


def test_an_account_is_not_silent_where_the_statements_end_with_it(tmp_path: Path) -> None:
    made = ended(None, moved=NTC)
    _, got = told(tmp_path / "near", "C11", [made["lines"][0], line(NTC + 89 * DAY, -5, "某店")])
    assert got["C11_n"] == 0
    _, got = told(tmp_path / "far", "C11", [made["lines"][0], line(NTC + 90 * DAY, -5, "某店")])
    assert got["C11_n"] == 1


def test_a_new_account_that_no_query_named(tmp_path: Path) -> None:
    when = datetime(NTC.year, NTC.month, NTC.day, 9)
    made = ended(NTC, moved=NTC)
    made["lines"][0] |= {"cp_name": "张测试", "cp_acct": "9900000000000000044", "ts": when}
    _, got = told(tmp_path, "C11", **made)
    assert (got["C11_n"], got["C11_hidden_n"]) == (1.0, 1.0)
