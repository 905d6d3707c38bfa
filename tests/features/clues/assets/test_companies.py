"""Companies of debtors: handed over, mixed up with their owner, carried on by another, struck off, capital unpaid."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clue_rows import ZB, Book, cases, covered, episode, feature, module_facts, person, rows

from features.clues.assets.companies import family
from features.facts import Facts
from features.facts.assets.companies import comparable_address, comparable_phone
from features.pool.macros import define_macros

DAY = timedelta(days=1)
DEBT, SRV, ENF = date(2021, 5, 1), date(2022, 5, 20), date(2023, 1, 10)


def code(n: int) -> str:
    """An impossible code of a company."""
    return f"99990001MA{n:08d}"


def firm(book: Book, n: int, **more: Any) -> None:
    """Company n of the register, founded 2015."""
    book.add(
        "company",
        **({"uscc": code(n), "name": f"浙东{n}商贸有限公司", "status": "存续", "est_date": date(2015, 1, 1)} | more),
    )


def share(book: Book, n: int, holder: int, since: date = date(2015, 1, 1), **more: Any) -> None:
    """All shares of company n in the hands of a person: 100,000 元 subscribed, 40,000 paid."""
    book.add(
        "shareholding",
        **(
            {
                "uscc": code(n),
                "company_name": f"浙东{n}商贸有限公司",
                "holder_id": person(holder),
                "holder_name": f"股东{holder}",
                "from_date": since,
                "pct": 1.0,
                "subscribed": 10_000_000,
                "paid": 4_000_000,
            }
            | more
        ),
    )


def debtor_company(book: Book, n: int, **more: Any) -> None:
    """Case n is against company n."""
    book.case(n)
    book.tables["party"][-1].update({"kind": "company", "name": f"浙东{n}商贸有限公司", "id_no": code(n)} | more)


def control_change(book: Book, n: int, on: date, taker: int, kind: str = "法定代表人变更", **more: Any) -> None:
    """Company n passes from person n to another."""
    book.add(
        "company_change",
        **(
            {
                "uscc": code(n),
                "change_type": kind,
                "change_date": on,
                "before": f"债务人{n}",
                "before_id": person(n),
                "after": f"接手人{taker}",
                "after_id": person(taker),
            }
            | more
        ),
    )


@module_facts(Book)
def handed(book: Book) -> None:
    days = {1: DEBT - DAY, 2: DEBT, 3: ZB, 4: ZB + DAY, 5: SRV, 6: SRV, 7: SRV, 8: SRV, 9: SRV, 10: SRV, 11: SRV}
    for n, on in days.items():
        book.case(n)
        book.asked(n, "EQ", "KIN")
        firm(book, n)
        control_change(book, n, on, 800 + n, "股东变更" if n == 3 else "法定代表人变更")
        if n < 5 or n == 11:
            book.kin(n, 800 + n)
    # 5 sold to a stranger; 6 to an employee; 7 and 8 to somebody of whom the registers know nothing, 8 has a car;
    # 9: only one of the two registers was asked; 10: the change is no change of control.
    book.kin(6, 806, "employee")
    for n, sources in ((7, ("VEH", "RE")), (8, ("VEH", "RE")), (9, ("VEH",))):
        book.asked(800 + n, *sources)
    book.car(808, "LTEST000000000808", date(2020, 1, 1))
    book.tables["company_change"][9]["change_type"] = "经营范围变更"
    # 11 names nobody by number: the name of a relative counts in a company tied to the debtor.
    book.tables["company_change"][10].update(before_id=None, after_id=None, after="亲属811")
    share(book, 11, 11, to_date=SRV)
    # 13: the registers were asked before the change, and say nothing of its day.
    book.case(13)
    book.asked(13, "EQ", "KIN")
    firm(book, 13)
    control_change(book, 13, SRV, 813)
    book.asked(813, "VEH", "RE", on=SRV - DAY)
    # 12: the debtor is the company; who stood for it gave way to a son.
    debtor_company(book, 12)
    control_change(book, 12, SRV - 61 * DAY, 812, before="原法人", before_id=person(712))
    book.add(
        "relation",
        person_a=person(812),
        name_a="接手人812",
        person_b=person(712),
        name_b="原法人",
        rel_code="parent",
        valid_from=date(2000, 1, 1),
    )


def test_offices_and_shares_handed_to_kin_or_to_holders_without_property(handed: Facts) -> None:
    found = {int(row["episode"].split("执")[1].split("号")[0]): row for row in rows(family, "E01", handed)}
    assert sorted(found) == [2, 3, 6, 7, 11, 12]
    assert [n for n, row in sorted(found.items()) if row["to_kin"]] == [2, 3, 11, 12]
    assert [n for n, row in sorted(found.items()) if row["served"]] == [3, 6, 7, 11]
    # 12 went 61 days before service; the day of service itself is near.
    assert [n for n, row in sorted(found.items()) if row["soon"]] == [6, 7, 11]
    assert "仅姓名一致" in found[11]["note"] and "股东" in found[3]["note"]
    assert feature(family, "E01_kin", handed, 2) == 1 and feature(family, "E01_kin", handed, 6) == 0


def test_a_change_of_control_cites_the_change_and_the_relation_or_the_inquiries(handed: Facts) -> None:
    sources = {row["episode"]: row["src"] for row in rows(family, "E01", handed)}
    inquiry = handed.cut.table("inquiry").to_pandas()
    searched = inquiry[inquiry["subject_id"] == person(807)]["rid"].tolist()
    change = handed.cut.table("company_change").to_pandas().set_index("uscc")["rid"]
    relation = handed.cut.table("relation").to_pandas().set_index("person_b")["rid"]
    assert sources[episode(7)] == [change[code(7)], *sorted(searched)]
    assert sources[episode(2)] == [change[code(2)], relation[person(802)]]


def test_no_holder_without_property_is_found_where_kin_were_not_asked_about(book: Book) -> None:
    book.case(1)
    book.asked(1, "EQ")
    firm(book, 1)
    control_change(book, 1, SRV, 801)
    book.asked(801, "VEH", "RE")
    facts = book.open()
    assert rows(family, "E01", facts) == [] and covered(family, "E01", facts, 1) == [False]


def pay(book: Book, holder: str, name: str, yuan: float, other: str | None, cp: str | None = None, **more: Any) -> None:
    """A statement row of a holder: money in when positive."""
    number = len(book.tables["txn"])
    book.add(
        "txn",
        **(
            {
                "acct_no": f"99{holder[-12:]}",
                "holder_id": holder,
                "holder": name,
                "ts": datetime(2022, 8, 1, 9, number % 60),
                "amount": round(abs(yuan) * 100),
                "direction": "IN" if yuan > 0 else "OUT",
                "cp_name": other,
                "cp_id": cp,
                "memo": "往来",
                "ref_no": f"R{number}",
            }
            | more
        ),
    )


def mixed(book: Book, n: int, back: tuple[float, ...] = (5_000, 5_000), rest: float = 93_333, **more: Any) -> None:
    """Person n owns company n alone: 30,000 元 go in by two payments, `back` comes back, `rest` went elsewhere."""
    book.case(n)
    book.asked(n, "EQ", "TX")
    firm(book, n, one_person=True)
    share(book, n, n)
    for yuan in (-15_000, -15_000, *back):
        pay(book, person(n), f"债务人{n}", yuan, f"浙东{n}商贸有限公司", **more)
    pay(book, person(n), f"债务人{n}", -rest, "某超市")


@module_facts(Book)
def commingled(book: Book) -> None:
    mixed(book, 1, (10_000, 10_000), rest=116_666)  # 50,000 of 166,666: just 30 %
    mixed(book, 2, (10_000, 10_000), rest=116_668)  # just under 30 %
    mixed(book, 3, (10_000, 9_999))  # 49,999
    mixed(book, 4, (20_000,))  # one payment back
    mixed(book, 5, (), 0)
    mixed(book, 6, (15_000, 15_000), ts=datetime(2021, 4, 30, 9))  # before the debt
    mixed(book, 7, (15_000, 15_000))
    book.tables["shareholding"][-1]["pct"] = 0.6  # another owner stands beside
    mixed(book, 8, (15_000, 15_000))
    book.tables["shareholding"][-1].update(pct=None)  # one-person by the register alone
    # 9: the company's own statements are held and count, in which the owner is a small part.
    mixed(book, 9, (15_000, 15_000))
    pay(book, code(9), "浙东9商贸有限公司", 15_000, "债务人9", person(9))
    pay(book, code(9), "浙东9商贸有限公司", -900_000, "供货人")
    # 10: known by a former name alone; 11: only the owner's number stands there, by an account known as the company's.
    mixed(book, 10, (15_000, 15_000))
    book.tables["company"][-1].update(name="浙东新名商贸有限公司", former_name="浙东10商贸有限公司")
    book.tables["shareholding"][-1]["company_name"] = None
    mixed(book, 11, (15_000, 15_000), cp_name=None, cp_acct="990011")
    book.add("account", holder="浙东11商贸有限公司", holder_id=code(11), acct_no="990011", bank="测试银行")
    # 12: the debtor is the company, its owner is not; statements are the company's.
    debtor_company(book, 12)
    firm(book, 12)
    share(book, 12, 712)
    for yuan in (20_000, 20_000, -20_000, -20_000):
        pay(book, code(12), "浙东12商贸有限公司", yuan, "股东712")


def test_an_owner_and_a_company_with_commingled_funds(commingled: Facts) -> None:
    found = rows(family, "E02", commingled)
    assert cases(found) == [1, 8, 10, 11, 12]
    by_case = {row["episode"]: row for row in found}
    assert by_case[episode(1)]["amount"] == 5_000_000 and by_case[episode(1)]["part"] == 50_000 / 166_666
    assert by_case[episode(12)]["amount"] == 8_000_000 and by_case[episode(12)]["part"] == 1
    assert len(by_case[episode(1)]["src"]) == 2 + 4
    assert feature(family, "E02_ratio", commingled, 1) == 50_000 / 200_000


def test_the_companys_own_statements_take_precedence_over_the_owners(commingled: Facts) -> None:
    pair = commingled.commingled.to_pandas().set_index("episode").loc[episode(9)]
    assert (pair["side"], pair["paid_in"], pair["paid_out"], pair["total"]) == ("firm", 1_500_000, 0, 91_500_000)


def cluster(book: Book, n: int) -> None:
    """Case n, whose debtor has a company at an address where a relative founds five more of the same business."""
    book.case(n)
    book.kin(n, 800 + n)
    shop = {"address": "浙东市集群路1号", "scope": "软件"}
    firm(book, n, **shop)
    share(book, n, n)
    for number in range(200, 205):
        firm(book, number, est_date=SRV, **shop)
        share(book, number, 800 + n, SRV)


@module_facts(Book)
def shells(book: Book) -> None:
    home = {
        "address": "浙江省浙东市测试区长街18号2幢",
        "phone": "0571-99000018",
        "scope": "建材批发；五金销售、机械租赁",
    }
    cases_of: dict[int, dict[str, Any]] = {
        1: {},
        2: {"est_date": SRV - DAY},
        3: {"phone": None},
        4: {"phone": None, "scope": "餐饮服务"},
        5: {"address": "浙东市测试区长街19号", "phone": "0571-9900 0018"},
        6: {},
        7: {},
        8: {"address": "测试区 长街１８号2座", "phone": "12345", "scope": "五金销售;机械租赁；餐饮"},
        9: {"address": "测试区长街18号2幢", "phone": None, "scope": "五金销售;餐饮;住宿"},
    }
    for n, changes in cases_of.items():
        book.case(n)
        book.asked(n, "EQ", "KIN")
        own = {"address": home["address"].replace("长街", f"长{n}街"), "phone": f"0571-990000{n:02d}"}
        firm(book, n, **(home | own))
        share(book, n, n)
        given = {k: v.replace("长街", f"长{n}街") if k == "address" else v for k, v in changes.items()}
        if "phone" in given and given["phone"] == "0571-9900 0018":
            given["phone"] = f"0571-9900 00{n:02d}"
        firm(book, 100 + n, **(home | own | {"est_date": SRV} | given))
        share(book, 100 + n, 800 + n, SRV)
        if n != 6:
            book.kin(n, 800 + n)
    # 7: the relative only works there; nobody of the circle owns or leads it.
    book.tables["shareholding"][-5]["holder_id"] = person(999)
    # 10: the debtor company's own owner founds another one at the address the case tells; no relation is needed.
    debtor_company(book, 10, address="测试区短街1号", phone="13900000010")
    book.asked(10, "EQ")
    share(book, 10, 710)
    firm(book, 110, est_date=SRV, address="短街1号", phone="+8613900000010", legal_rep_id=person(710), legal_rep="甲")
    # 11: an address with many companies is an agent's.
    cluster(book, 11)


def test_companies_of_kin_that_carry_on_the_business(shells: Facts) -> None:
    found = {int(row["episode"].split("执")[1].split("号")[0]): row for row in rows(family, "E03", shells)}
    assert {n: row["same"] for n, row in found.items()} == {1: 3, 3: 2, 5: 2, 8: 2}
    assert "同址" not in found[5]["note"] and "同电话" in found[5]["note"] and "配偶" in found[1]["note"]
    table = {name: shells.cut.table(name).to_pandas() for name in ("company", "shareholding", "relation")}
    rid = {name: frame.set_index(frame.columns[0])["rid"] for name, frame in table.items()}
    want = {
        rid["company"][code(1)],
        rid["company"][code(101)],
        rid["shareholding"][code(101)],
        rid["relation"][person(1)],
    }
    assert set(found[1]["src"]) == want


def test_owners_of_a_debtor_company_who_found_another(shells: Facts) -> None:
    found = rows(family, "E03B", shells)
    assert cases(found) == [10] and "同址、同电话" in found[0]["note"]


@pytest.mark.parametrize(("threshold", "found"), [(5, 0), (6, 5)])
def test_an_address_of_as_many_companies_as_the_threshold_links_none(book: Book, threshold: int, found: int) -> None:
    cluster(book, 1)
    facts = book.open()
    facts.thresholds = facts.thresholds.overlaid({"E03-CROWD": threshold})
    assert len(rows(family, "E03", facts)) == found


def test_addresses_and_numbers_compare_regardless_of_notation() -> None:
    import ibis

    con = ibis.duckdb.connect()
    define_macros(con.con)

    def value(made: Any) -> Any:
        return con.to_pyarrow(made).as_py()

    assert value(comparable_address(ibis.literal("浙江省浙东市测试区长街18号2座301室"))) == "长街18号2幢301"
    assert value(comparable_address(ibis.literal("测试区　长街１８号，2幢301"))) == "长街18号2幢301"
    assert value(comparable_address(ibis.literal("浙东市长街"))) is None
    assert value(comparable_phone(ibis.literal("+86 139-0000-0010"))) == "13900000010"
    assert value(comparable_phone(ibis.literal("12345"))) is None
    con.disconnect()


@module_facts(Book)
def ended(book: Book) -> None:
    days = {1: ENF - DAY, 2: ENF, 3: ZB + 10 * DAY, 4: None, 5: ENF, 6: ENF, 7: ENF, 8: ENF, 9: date(2024, 1, 1)}
    for n, on in days.items():
        book.case(n)
        book.asked(n, "EQ")
        firm(book, n, status="注销" if on else "存续", end_date=on)
        share(book, n, n)
    book.tables["company"][4]["status"] = "吊销"
    # 6 had sold its share the day before the filing, 7 on the day; 8 had paid by then; the day of 9 has not come.
    book.tables["shareholding"][5]["to_date"] = ENF - DAY
    book.tables["shareholding"][6]["to_date"] = ENF
    book.event(8, "PAY_IN", ENF, amount=20_000_000)
    book.add("company_change", uscc=code(3), change_type="简易注销公告", change_date=ZB, before="", after="")
    book.add("company_change", uscc=code(2), change_type="清算组备案", change_date=ENF - DAY)
    debtor_company(book, 10)
    firm(book, 10, status="注销", end_date=ZB)
    # 11 bears no code in the case, and a former name of the register; 12's name is borne by two companies.
    debtor_company(book, 11, id_no=None, name="浙东老店（测试）有限公司")
    firm(book, 11, former_name="浙东更早有限公司；浙东老店(测试)有限公司", status="注销", end_date=ZB)
    debtor_company(book, 12, id_no=None, name="浙东同名有限公司")
    for n in (12, 13):
        firm(book, n, name="浙东同名有限公司", status="注销", end_date=ZB)
    # 14 only represented it.
    book.case(14)
    firm(book, 14, legal_rep_id=person(14), status="注销", end_date=ZB)


def test_companies_struck_off_before_the_debt_was_paid(ended: Facts) -> None:
    found = {int(row["episode"].split("执")[1].split("号")[0]): row for row in rows(family, "E04", ended)}
    assert sorted(found) == [2, 3, 7, 10, 11]
    assert [n for n, row in sorted(found.items()) if row["itself"]] == [10, 11]
    assert [n for n, row in sorted(found.items()) if row["simple"]] == [3] and len(found[3]["src"]) == 4
    assert found[3]["day"] == ZB + 10 * DAY
    assert [n for n, row in sorted(found.items()) if not row["bare"]] == [2] and "清算备案" in found[2]["note"]


@module_facts(Book)
def passed(book: Book) -> None:
    days = {1: SRV - DAY, 2: SRV, 3: ZB, 4: ZB + DAY, 5: SRV, 6: SRV, 7: SRV, 8: SRV, 9: SRV}
    for n, on in days.items():
        book.case(n)
        book.asked(n, "EQ", "KIN")
        share(book, n, n, to_date=on, paid=99_999 if n == 9 else 4_000_000)
        share(book, n, 800 + n, on + (31 if n == 6 else 30) * DAY if n in (2, 6) else on)
        if n != 5:
            book.kin(n, 800 + n)
    book.seal(7, code(7), SRV - DAY, "FREEZE")
    book.seal(8, code(8), SRV + DAY, "FREEZE")


def test_shares_that_went_to_kin_before_they_were_frozen(passed: Facts) -> None:
    found = rows(family, "M7B", passed)
    # 5 went to a stranger, 6 is no one passing, 7 was frozen already, 9 is too small.
    assert cases(found) == [2, 3, 8] and {row["amount"] for row in found} == {4_000_000}
    assert all(len(row["src"]) == 3 for row in found)
    assert feature(family, "M7B_value", passed, 2) == 40_000 / 200_000
    assert covered(family, "M7B", passed, 1) == [True]


def test_capital_that_shareholders_of_a_debtor_company_did_not_pay(book: Book) -> None:
    debtor_company(book, 1)
    book.asked(code(1), "EQ")
    share(book, 1, 701)
    share(book, 1, 702, paid=10_000_000)
    share(book, 1, 703, paid=None)
    share(book, 1, 704, to_date=DEBT)
    share(book, 1, 705, to_date=DEBT - DAY)
    share(book, 1, 706, subscribed=4_000_001)
    book.case(2)
    share(book, 2, 2)
    book.asked(2, "EQ")
    facts = book.open()
    found = rows(family, "M7C", facts)
    assert cases(found) == [1]
    assert sorted((row["holder"], row["amount"], row["left"]) for row in found) == [
        (person(701), 6_000_000, False),
        (person(704), 6_000_000, True),
        (person(706), 1, False),
    ]
    assert feature(family, "M7C_left", facts, 1) == 1
    assert covered(family, "M7C", facts, 1, 2) == [True, False]


def test_no_findings_without_the_register(book: Book) -> None:
    book.case(1)
    book.kin(1, 801)
    debtor_company(book, 2)
    facts = book.open()
    for clue in family.clues:
        assert rows(family, clue.id, facts) == []
        assert covered(family, clue.id, facts, 1, 2) == [False, False]
