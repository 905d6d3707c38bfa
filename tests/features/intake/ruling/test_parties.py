"""Parties of rulings: role, kind, representative, address, identity number."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.ruling.document import Party
from features.intake.ruling.parties import doubtful_parties, find_parties, kind_of
from features.intake.ruling.plain import normalise_text

TEXT = (
    "申请执行人：某某贸易有限公司，住所地浙江省测试市甲路1号。\n"
    "法定代表人：钱某某，经理。\n"
    "被执行人：李某某1，男，1985年6月7日出生，汉族，住浙江省测试市乙村2号，公民身份号码990001198506070019。\n"
    "被执行人：孙某某、周某某2。\n"
)


def test_parties_in_their_order_with_what_is_said_of_them() -> None:
    company, person, third, fourth = find_parties(TEXT, normalise_text(TEXT), len(TEXT))
    assert (company.role, company.kind, company.name) == ("applicant", "company", "某某贸易有限公司")
    assert (company.legal_rep, company.address) == ("钱某某", "浙江省测试市甲路1号")
    assert (person.role, person.kind, person.name, person.sex) == ("debtor", "person", "李某某1", "M")
    assert (person.birth, person.id_no) == (date(1985, 6, 7), "990001198506070019")
    assert person.address == "浙江省测试市乙村2号"
    assert [(one.role, one.name) for one in (third, fourth)] == [("debtor", "孙某某"), ("debtor", "周某某2")]


def test_parties_behind_the_operative_part_are_not_read() -> None:
    text = TEXT + "第三人：吴某某。\n"
    names = [party.name for party in find_parties(text, normalise_text(text), len(TEXT))]
    assert names == ["某某贸易有限公司", "李某某1", "孙某某", "周某某2"]


def test_parties_of_a_story_without_labels() -> None:
    text = "本院执行的申请执行人某某银行某某支行与被执行人郑某某金融借款合同纠纷一案，现已终结。"
    found = find_parties(text, normalise_text(text), len(text))
    assert [(one.role, one.kind, one.name) for one in found] == [
        ("applicant", "organisation", "某某银行某某支行"),
        ("debtor", "person", "郑某某"),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("欧阳某某", "person"),
        ("某某建材店", "organisation"),
        ("某某村民委员会", "company"),
        ("某某合伙企业（有限合伙）", "organisation"),
        ("某某股份有限公司测试分公司", "organisation"),
    ],
)
def test_kinds_by_name(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def find(text: str) -> list[Party]:
    return list(find_parties(text, normalise_text(text), len(text)))


def doubts(text: str) -> list[str]:
    return doubtful_parties(normalise_text(text), len(text), tuple(find(text)))


MASKS = (
    "陈某甲",
    "陈某乙",
    "陈某丙",
    "陈某",
    "陈某某",
    "陈某某甲",
    "陈某1",
    "陈某2",
    "陈某A",
    "陈某B",
    "甲某",
    "陈某某12",
)


def test_masked_names_of_every_form_stay_apart_with_what_is_said_of_each() -> None:
    entries = [
        f"被执行人：{name}，女，19{60 + at}年1月2日出生，汉族，住测试市{at}号。" for at, name in enumerate(MASKS)
    ]
    found = find("申请执行人：郑某，男，住测试市。\n" + "\n".join(entries) + "\n本院在执行一案中。")[1:]
    assert [party.name for party in found] == list(MASKS)
    assert [party.birth for party in found] == [date(1960 + at, 1, 2) for at in range(len(MASKS))]
    assert [party.address for party in found] == [f"测试市{at}号" for at in range(len(MASKS))]


@given(st.permutations(MASKS))
def test_masked_names_in_one_entry_stay_apart(names: list[str]) -> None:
    found = find(f"被执行人：{'、'.join(names)}。\n本院在执行中。")
    assert [party.name for party in found] == list(names)


def test_equal_masked_names_of_two_people_stay_two_and_one_named_twice_is_one() -> None:
    two = "被执行人：陈某，女，1960年1月2日出生。\n被执行人：陈某，男，1961年1月2日出生。\n"
    assert [party.sex for party in find(two)] == ["F", "M"]
    assert "出现两次" in "".join(doubts(two))
    once = "被执行人：陈某，女，1960年1月2日出生。\n被执行人：陈某。\n"
    assert len(find(once)) == 1


SHOPS = [
    "测试县甲乙布料商行",
    "甲乙超市",
    "某某超市",
    "甲乙餐饮馆",
    "甲乙养殖场",
    "甲乙美容院",
    "甲乙网吧",
    "甲乙大药房",
    "甲乙砖窑厂",
    "甲乙煤矿",
    "甲乙幼儿园",
    "甲乙酒楼",
    "甲乙种植园",
    "甲乙公司清算组",
    "测试村第三生产队",
    "甲乙经营部",
    "浙江甲乙律师事务所",
    "某某便利店",
    "甲乙饭馆",
    "甲乙个体诊所",
    "甲乙门市部",
    "某某某快餐店",
    "甲乙家具城",
    "甲乙农家乐大院",
    "甲乙汽车修理行",
    "甲乙建材批发部",
    "陈某甲商行",
]


@pytest.mark.parametrize("name", SHOPS)
def test_shops_and_units_are_no_natural_persons(name: str) -> None:
    for tail in ("，住所地测试市甲路1号。\n经营者：陈某乙，男，1970年1月2日出生，汉族。\n", "。\n"):
        (party,) = find(f"被执行人：{name}{tail}本院在执行中。")
        assert (party.kind, party.name, party.birth, party.sex) == ("organisation", name, None, "")


@pytest.mark.parametrize(
    "name", ["测试县甲乙养殖专业合作社", "测试镇甲乙村村委会", "测试村民委员会", "甲乙商贸有限公司"]
)
def test_special_legal_persons_are_legal_persons(name: str) -> None:
    assert kind_of(name) == "company"


@pytest.mark.parametrize(
    "name", ["王店", "李小楼", "张大园", "陈某甲", "欧阳某某", "阿某·买某", "刘铺", "孙场", "周行", "甲甲甲"]
)
def test_names_of_persons_that_end_like_shops_are_persons(name: str) -> None:
    (party,) = find(f"被执行人：{name}，男，1970年1月2日出生，住测试市。\n")
    assert (party.kind, party.name, party.sex) == ("person", name, "M")


def test_a_long_name_without_any_sign_is_told_as_unsure() -> None:
    text = "被执行人：甲乙丙丁戊己。\n"
    assert "无法确定" in "".join(doubts(text))


@pytest.mark.parametrize(
    ("entry", "role"),
    [
        ("异议人（被执行人）", "debtor"),
        ("复议申请人（异议人、被执行人）", "debtor"),
        ("申请复议人（申请执行人）", "applicant"),
        ("复议申请人（利害关系人、案外人）", "outsider"),
        ("申诉人（申请执行人、复议申请人）", "applicant"),
        ("被申请执行人", "debtor"),
        ("被执行人（原审被告、反诉原告）", "debtor"),
        ("申请执行人（原申请执行人某某银行股份有限公司的债权受让人）", "applicant"),
        ("利害关系人", "outsider"),
        ("案外人（异议人）", "outsider"),
    ],
)
@pytest.mark.parametrize("mark", ["：", ""])
def test_double_roles_in_brackets(entry: str, role: str, mark: str) -> None:
    (party,) = find(f"（2023）浙9901执异1号\n{entry}{mark}陈某甲，男，1970年1月2日出生，住测试市。\n本院立案。")
    assert (party.role, party.name, party.address) == (role, "陈某甲", "测试市")


def test_a_review_without_the_role_in_the_enforcement_is_told() -> None:
    text = "复议申请人：陈某甲，男，住测试市。\n"
    assert "暂按案外人" in "".join(doubts(text))


@pytest.mark.parametrize(
    "entry",
    [
        "被执行人陈某甲，男，1970年1月2日出生，汉族，住测试市。",
        "被执行人：陈某甲 男 1970年1月2日出生 汉族 住测试市。",
        "被执行人：陈某甲男，1970年1月2日出生，住测试市。",
        "被执行人:陈某甲(曾用名陈某),男,1970年1月2日生,住测试市.",
        "被执行人陈某甲。男，1970年1月2日出生，住测试市。",
        "被 执行人".replace(" ", "") + "：陈某甲，男，汉族，1970年1月2日出生，现住测试市，公民身份号码××××××。",
        "被执行人：陈某甲，男，一九七〇年一月二日出生，户籍地测试市。",
        "被执行人：陈某甲，男，1970年1月2日出生，住测试市，公民身份号码XXXXXXXXXXXXXXXXXX。",
        "被执行人（反诉原告）：陈某甲，男，1970年1月2日出生，住址：测试市。",
        "被执行人：陈某甲，男，1970 年1 月2 日出生，住 测试市。",
    ],
)
def test_entries_of_every_layout(entry: str) -> None:
    (party,) = find(f"测试市人民法院\n{entry}\n本院在执行中。")
    assert (party.name, party.sex, party.birth) == ("陈某甲", "M", date(1970, 1, 2))
    assert party.address.rstrip(".") == "测试市"
