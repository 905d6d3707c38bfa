"""Tracing clues against pools written by hand: statements of debtors, kin and friends, and what became of the money."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isnan
from typing import Any

from clue_rows import ZB, Book, cases, episode, feature, module_facts, person, rows

from features.clues.money.tracing import family
from features.facts import Facts

SERVED = date(2022, 5, 20)
DAY = date(2022, 7, 1)
HOME = "某某置业有限公司"


class Bank(Book):
    """A book with statements: person n has the account 99 and n; kin of person n is person 1000 + n."""

    def row(self, n: int, day: date, yuan: float, name: str | None = None, to: int | None = None, **more: Any) -> None:
        """A statement row of person n: positive in, negative out; `to` is the other person."""
        count = len(self.tables["txn"])
        ts = datetime.combine(day, time(9)) + timedelta(minutes=count)
        given = {
            "acct_no": account(n),
            "holder_id": person(n),
            "ts": ts,
            "txn_day": day,
            "occurrence": 1,
            "direction": "IN" if yuan > 0 else "OUT",
            "amount": round(abs(yuan) * 100),
            "cp_name": name,
            "cp_acct": account(to) if to is not None else None,
            "ref_no": f"R{count}",
            "success": "ok",
        }
        self.add("txn", **(given | more))

    def pay(self, one: int, two: int, day: date, yuan: float, **more: Any) -> None:
        """A transfer that stands on both statements."""
        self.row(one, day, -yuan, f"收款人{two}", two, **more)
        self.row(two, day, yuan, f"付款人{one}", one, **more)


def account(n: int) -> str:
    return f"99{n:08d}"


def after(days: int) -> date:
    return DAY + timedelta(days=days)


@module_facts(Bank)
def traced(book: Bank) -> None:
    """Case 1 buys a home through a spouse; the others differ from it in one thing."""
    for n in range(1, 12):
        book.case(n)
        book.kin(n, 1000 + n)
        book.asked(n, "TX", "KIN", "KRE", "KVEH", "RE", "VEH", "INS", on=date(2023, 9, 1))
        book.row(n, SERVED - timedelta(days=200), 900_000, "货款")
    through(book, 1)
    # 2: the spouse had money of her own first in; only pro rata reaches the home.
    book.row(1002, DAY - timedelta(days=1), 300_000, "某公司", memo="工资")
    through(book, 2)
    # 3: only the debtor's statement is held.
    book.row(3, DAY, -300_000, "收款人1003", 1003)
    # 4: the payment lies a day too long before service; 11: on the first day that counts.
    for n, days in ((4, 181), (11, 180)):
        book.pay(n, 1000 + n, SERVED - timedelta(days=days), 300_000)
        book.row(1000 + n, SERVED - timedelta(days=days - 1), -300_000, HOME)
    # 5: two hands on the way, one of them a friend without any relation.
    book.pay(5, 1005, DAY, 200_000)
    book.pay(1005, 2005, after(1), 200_000)
    book.row(2005, after(2), -200_000, "浙东汽车销售服务有限公司")
    # 6: delivered twice under another number.
    through(book, 6)
    for row in list(book.tables["txn"]):
        if row["holder_id"] in (person(6), person(1006)):
            book.add("txn", **{**row, "occurrence": 2})
    # 7: paid in cash and kept.
    book.pay(7, 1007, DAY, 100_000)
    book.row(1007, after(1), -60_000, memo="ATM取现", cash_flag="cash")
    # 8: the spouse pays the applicant with it.
    book.pay(8, 1008, DAY, 5_000)
    book.row(1008, after(1), -5_000, HOME)
    # 9: paid to the applicant himself, whose statement happens to be held.
    book.pay(9, 5009, DAY, 300_000, cp_id=None)
    book.row(5009, after(1), -300_000, HOME)
    # 10: home bought by the spouse and registered to her.
    through(book, 10)
    book.add("realty", unit_no="99RE10", holder_id=person(1010), reg_date=after(30), market_value=30_000_000)


def through(book: Bank, n: int) -> None:
    book.pay(n, 1000 + n, DAY, 300_000)
    book.row(1000 + n, after(5), -290_000, HOME, memo="购房款")


def test_a_home_bought_through_another_account_is_found(traced: Facts) -> None:
    found = rows(family, "M1P", traced)
    assert cases(found) == [1, 2, 5, 6, 10, 11]
    by_case = {row["episode"]: row for row in found}
    one = by_case[episode(1)]
    assert (one["amount"], one["by_share"], one["day"], one["who"]) == (29_000_000, 29_000_000, after(5), "收款人1001")
    assert one["both"] and HOME in one["note"] and "按先进先出法推定" in one["note"]
    assert len(one["src"]) == 3
    two = by_case[episode(2)]
    assert (two["by_fifo"], two["both"]) == (0, False)
    assert two["note"].startswith("房地产") and "仅按比例法推定成立" in two["note"]
    assert by_case[episode(5)]["who"] == "收款人1005" and len(by_case[episode(5)]["src"]) == 5
    assert by_case[episode(6)]["amount"] == 29_000_000
    assert (
        by_case[episode(10)]["asset_id"] == "99RE10"
        and by_case[episode(10)]["asset_kind"] == "RE"
        and by_case[episode(10)]["found"]
    )
    assert feature(family, "M1P_fifo_ratio", traced, 1) == 29_000_000 / 20_000_000
    assert feature(family, "M1P_hand_n", traced, 5) == 1.0


def test_the_ratio_is_unknown_and_not_zero_without_the_other_statement(traced: Facts) -> None:
    assert isnan(feature(family, "M1P_fifo_ratio", traced, 3))
    assert feature(family, "M1P_fifo_ratio", traced, 4) == 0.0
    assert feature(family, "M1P_fifo_ratio", traced, 7) == 0.0


def test_a_trail_ends_with_a_note_where_the_other_statement_is_not_held(traced: Facts) -> None:
    found = rows(family, "M1S", traced)
    assert [(row["episode"], row["amount"]) for row in found] == [(episode(3), 30_000_000)]
    assert "未取得对方流水" in found[0]["note"]
    assert feature(family, "M1S_ratio", traced, 1) == 0.0


def test_amounts_drawn_in_cash_and_left_on_the_account(traced: Facts) -> None:
    found = {(row["episode"], row["note"]): row["amount"] for row in rows(family, "M1C", traced)}
    assert found[episode(7), "现金"] == 6_000_000
    assert found[episode(7), "留存账户"] == 4_000_000
    assert found[episode(1), "留存账户"] == 1_000_000


@module_facts(Bank)
def nominees(book: Bank) -> None:
    """Cases 1-7: signs that the debtor controls the spouse's account."""
    for n in range(1, 8):
        book.case(n)
        book.kin(n, 1000 + n)
        book.asked(n, "TX", "KIN", on=date(2023, 9, 1))
        book.row(n, SERVED - timedelta(days=200), 900_000, "货款", ip=f"10.9.{n}.1", mac=f"99-00-{n}")
        book.pay(n, 1000 + n, DAY, 100_000)
    # 1: emptied at once; 2: a wife with an income who keeps it; 3: the same terminal; 4: lives on the account.
    book.row(1001, after(1), -95_000, "某某商行")
    book.row(1002, after(2), 300_000, "某公司", memo="工资")
    for turn in range(4):
        book.row(1003, after(3 + turn), -100, "某超市", ip="10.9.3.1" if turn else "10.8.0.1")
        book.row(1005, after(3 + turn), -100, "某超市", ip=f"10.7.0.{turn}")
        book.row(1007, after(3 + turn), -100, "某超市", ip=f"10.6.0.{turn}", mac="99-00-7")
    book.car(4, "TESTZZ00004", date(2018, 3, 1))
    book.add(
        "veh_use",
        plate="浙Z00004",
        event_type="JQX",
        event_time=datetime(2023, 11, 1),
        payer_id=person(1004),
        amount=95_000,
    )
    for day in (ZB + timedelta(days=91), ZB + timedelta(days=93)):
        book.row(1006, day, -1_500, "房东甲", memo="债务人6房租")


def test_signs_of_control_are_counted(nominees: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "M1N", nominees)}
    assert {n: found[episode(n)]["signs"] for n in range(1, 8)} == {1: 2, 2: 0, 3: 2, 4: 2, 5: 1, 6: 2, 7: 2}
    assert found[episode(1)]["emptied"] == 9_500_000 and "四十八小时" in found[episode(1)]["note"]
    assert found[episode(2)]["note"] == "未见"
    assert feature(family, "M1N_n", nominees, 2) == 0.0
    assert feature(family, "M1N_ratio", nominees, 3) == 0.5


def test_the_same_terminal_is_a_share_of_what_carries_one(nominees: Facts) -> None:
    found = {row["episode"]: row for row in rows(family, "B08", nominees)}
    assert set(found) == {episode(3), episode(5), episode(7)}
    assert [found[episode(n)]["by_mac"] for n in (3, 5, 7)] == [False, False, True]
    assert feature(family, "B08_mac_n", nominees, 3) == 0.0 and feature(family, "B08_mac_n", nominees, 7) == 1.0
    assert (found[episode(3)]["part"], found[episode(3)]["high"]) == (0.75, True)
    assert (found[episode(5)]["part"], found[episode(5)]["high"]) == (0.0, False)
    assert feature(family, "B08_known", nominees, 1) == 0.0
    assert feature(family, "B08_known", nominees, 5) == 1.0


def test_kin_paying_for_living_counts_from_three_months_on(nominees: Facts) -> None:
    found = rows(family, "B07", nominees)
    assert [(row["episode"], row["day"]) for row in found] == [
        (episode(4), date(2023, 11, 1)),
        (episode(6), ZB + timedelta(days=93)),
    ]


@module_facts(Bank)
def others(book: Bank) -> None:
    """Payments beside registers: kin who buy (1-6), debtors who pay for what is not theirs (11-15), payers (21-24)."""
    for n in (*range(1, 7), *range(11, 16), *range(21, 25)):
        book.case(n)
        book.kin(n, 1000 + n)
        book.asked(n, "TX", "KIN", "KRE", "KVEH", "RE", "VEH", "INS", on=date(2023, 9, 1))
        book.row(n, SERVED - timedelta(days=200), 900_000, "货款")
    for n in range(1, 6):
        book.row(n, DAY, -100_000, f"收款人{100 + n}", 1000 + n, cp_id=person(1000 + n))
    bought(book, 1, after(60), 12_000_000)
    bought(book, 2, after(61), 12_000_000)
    bought(book, 3, after(10), 20_000_001)
    bought(book, 4, DAY - timedelta(days=60), 20_000_000)
    bought(book, 5, after(10), 10_000_000)
    book.tables["realty"].append({**book.tables["realty"][-1], "unit_no": "99RE5", "cert_no": "又一件"})
    book.kin(5, 1005, "household")
    book.row(11, DAY, -200_000, HOME, memo="购房款")
    book.row(12, DAY, -200_000, HOME, memo="购房款")
    book.add("realty", unit_no="99RE12", holder_id=person(12), reg_date=after(90), market_value=30_000_000)
    book.row(13, date(2023, 6, 1), -200_000, HOME, memo="购房款")
    book.row(14, DAY, -19_999, HOME, memo="定金")
    book.row(15, DAY, -30_000, "浙东人寿保险公司", memo="保费")
    for n in range(21, 25):
        for month in (8, 9):
            book.row(n, date(2022, month, 1), 20_000, "某贸易有限公司", memo="货款")
        book.row(1000 + n, date(2022, 7, 1), 3_000, "某厂", memo="工资")
    book.row(1021, date(2023, 3, 1), 20_000, "某贸易有限公司", memo="货款")
    book.row(1022, date(2022, 3, 1), 20_000, "某贸易有限公司", memo="货款")
    book.row(1022, date(2023, 3, 1), 20_000, "某贸易有限公司", memo="货款")
    book.row(1023, date(2023, 3, 1), 20_000, "某贸易有限公司", memo="工资")
    book.row(1024, date(2023, 1, 12), 20_000, "某贸易有限公司", memo="货款")


def bought(book: Book, n: int, day: date, fen: int) -> None:
    book.add("realty", unit_no=f"99RE{n}", holder_id=person(1000 + n), reg_date=day, price=fen, market_value=fen)


def test_kin_who_buy_for_about_what_they_received(others: Facts) -> None:
    found = rows(family, "B09", others)
    assert cases(found) == [1, 4, 5]
    assert {row["amount"] for row in found} == {10_000_000}
    assert feature(family, "B09_n", others, 5) == 1.0
    assert feature(family, "B09_n", others, 6) == 0.0


def test_a_payment_for_a_home_that_is_nowhere_in_the_debtors_name(others: Facts) -> None:
    # 12 registered one; 13 paid too late for the register to show; 14 paid too little.
    found = rows(family, "M1D", others)
    assert cases(found) == [11, 15]
    assert {row["episode"]: row["home"] for row in found} == {episode(11): True, episode(15): False}
    assert "末次反馈2023-09-01" in found[0]["note"]


def test_a_payer_who_turns_to_kin_after_the_notice(others: Facts) -> None:
    found = rows(family, "E09", others)
    assert [(row["episode"], row["amount"], row["who"]) for row in found] == [
        (episode(21), 2_000_000, "某贸易有限公司")
    ]
    assert len(found[0]["src"]) == 3
