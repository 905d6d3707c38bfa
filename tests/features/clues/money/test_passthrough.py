"""Pass-through accounts and accounts the court never saw, against counts done by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from little_pool import CASE_NO, DEBTOR
from little_statement import ACCT, NTC, SRV, TODAY, ZB, facts_of, line, rows_and_numbers

from features.clues.money.passthrough import family

CLUE = {clue.id: clue for clue in family.clues}
DAY = timedelta(days=1)
EIGHT = datetime(2022, 6, 1, 8)
CARD = "9900000000000000029"


def test_pairs_in_and_out_and_how_many_of_a_hundred_receipts_they_take(tmp_path: Path) -> None:
    def pair(start: datetime, got: float, minutes: int, paid: float, to: str = "王友人") -> list[dict[str, Any]]:
        return [line(start, got, "甲公司"), line(start + timedelta(minutes=minutes), -paid, to)]

    lines = [
        *pair(EIGHT, 50_000, 30, 50_000),
        *pair(EIGHT + 10 * DAY, 50_000, 31, 50_000),
        *pair(EIGHT + 20 * DAY, 30_000, 48 * 60, 25_500),
        *pair(EIGHT + 30 * DAY, 30_000, 48 * 60 + 1, 30_000),
        *pair(EIGHT + 40 * DAY, 100_000, 60, 100_000, "浙东市人民法院"),
        *pair(datetime(2022, 4, 1), 60_000, 0, 60_000),
        line(EIGHT + 60 * DAY, 40_000, "张测试", cp_acct="990011112222"),
        line(EIGHT + 60 * DAY, -40_000, "王友人"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["C01"], facts)
    assert sorted(rows["amount"] // 100) == [30_000, 50_000, 50_000, 60_000]
    assert got == {
        "C01_pair_n": 4.0,
        "C01_rate": 400 / 6,
        "C01_since_n": 3.0,
        "C01_since_ratio": 13_000_000.0,
        "C01_strict_n": 1.0,
    }


def test_days_that_take_in_much_and_end_with_nothing(tmp_path: Path) -> None:
    lines = [
        line(EIGHT, 30_000, "甲公司", balance=3_000_000),
        line(EIGHT + timedelta(hours=9), -29_001, "王", balance=99_900),
        line(EIGHT + 2 * DAY, 30_000, "甲公司", balance=100_000),
        line(EIGHT + 4 * DAY, 29_999, "甲公司", balance=1),
        line(EIGHT - 200 * DAY, 40_000, "甲公司", balance=0),
        line(EIGHT + 6 * DAY, 40_000, "甲公司"),
        line(EIGHT + 8 * DAY, 40_000, "张测试", cp_acct="990011112222", balance=0),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["C02"], facts)
    assert rows["amount"].tolist() == [4_000_000, 3_000_000]
    assert got == {"C02_share": 2 / 3, "C02_day_n": 2.0, "C02_since_n": 1.0}


def test_turnover_after_termination_over_the_mean_balance_by_days(tmp_path: Path) -> None:
    lines = [
        line(ZB - 9 * DAY, 1, "甲公司", balance=1_000_000),
        line(ZB + 10 * DAY, 5_000, "甲公司", balance=3_000_000),
        line(ZB + 30 * DAY, -7_000, "王友人", balance=2_000_000),
        line(ZB + 30 * DAY, -9_000, "张测试", cp_acct="990011112222"),
    ]
    with facts_of(tmp_path, lines) as facts:
        rows, got = rows_and_numbers(CLUE["C03"], facts)
    mean = (9 * 1_000_000 + 20 * 3_000_000 + 1 * 2_000_000) // 30
    assert got["C03_turnover"] == 1_200_000 / mean
    assert got["C03_total_ratio"] == 1_200_000.0
    assert len(rows) == 2 and [len(src) for src in rows["src"]] == [1, 2]


def feedback(number: str, kind: str = "YH") -> dict[str, Any]:
    return {
        "case_no": CASE_NO,
        "request_no": number,
        "subject_id": DEBTOR,
        "range_code": kind,
        "asset_id": number,
        "req_date": NTC,
        "fb_date": NTC,
        "has_result": True,
    }


def test_an_account_in_the_debtors_name_that_no_bank_query_named(tmp_path: Path) -> None:
    tables = {
        "account": [
            {"holder_id": DEBTOR, "acct_no": "990011110001", "card_no": CARD},
            {"holder_id": DEBTOR, "acct_no": "990011110002"},
        ],
        "query_feedback": [feedback(ACCT), feedback("990011110001"), feedback("990011110009")],
    }
    lines = [
        line(SRV, -1, "张测试", cp_acct=CARD),
        line(SRV, -2, "张测试", cp_acct="990011110009"),
        line(SRV, -4, "张测试", cp_acct="990011110002"),
        line(SRV - DAY, -8, "张测试", cp_acct="990099990001"),
        line(SRV, 16, "张测试", cp_acct="990099990002_3"),
        line(SRV, -32, "别名", cp_acct="990099990003", cp_id=DEBTOR),
        line(SRV, -64, "张测试", cp_acct="990099990004", cp_id="990001197505050017"),
        line(TODAY, -128, "张测试", cp_acct="990099990003", cp_id=DEBTOR),
    ]
    with facts_of(tmp_path / "asked", lines, tables=tables) as facts:
        rows, got = rows_and_numbers(CLUE["C12"], facts)
    by_account = rows.set_index("who")
    assert by_account["amount"].to_dict() == {
        "990011110002": 400,
        "990099990001": 800,
        "990099990002": 1_600,
        "990099990003": 16_000,
    }
    assert by_account["note"].to_dict() == {
        "990011110002": "账户信息载明属本人",
        "990099990001": "仅户名一致",
        "990099990002": "仅户名一致",
        "990099990003": "证件号一致",
    }
    assert got == {
        "C12_acct_n": 3.0,
        "C12_id_n": 1.0,
        "C12_missed_n": 1.0,
        "C12_out_ratio": 17_200.0,
        "C12_in_ratio": 1_600.0,
        "C12_since_n": 3.0,
    }
    with facts_of(tmp_path / "never", lines, tables={"query_feedback": [feedback("x", "CL")]}) as facts:
        assert rows_and_numbers(CLUE["C12"], facts)[0].empty


def test_an_account_the_court_finds_later_is_no_longer_unknown(tmp_path: Path) -> None:
    later = feedback("990099990001") | {"req_date": date(2023, 12, 1), "fb_date": date(2023, 12, 2)}
    lines = [line(SRV, -1, "张测试", cp_acct="990099990001")]
    for day, found in ((date(2023, 11, 30), 1), (date(2023, 12, 1), 0)):
        with facts_of(
            tmp_path / str(found), lines, day=day, tables={"query_feedback": [feedback(ACCT), later]}
        ) as facts:
            assert len(rows_and_numbers(CLUE["C12"], facts)[0]) == found
