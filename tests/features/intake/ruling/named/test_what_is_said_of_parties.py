"""Labels with counts, several parties under one label, births, former names, addresses 同上, wrong numbers."""

from __future__ import annotations

from datetime import date

import pytest

from features.intake.ruling.document import Party, Ruling
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import ruling_rows

MAN, WOMAN = "男，1980年1月2日出生，住测试市甲路", "女，1981年3月4日出生，住测试市乙路"
APPLICANT = "申请执行人：甲某，男，住测试市丙路。\n"


def read(entries: str, above: str = APPLICANT) -> Ruling:
    story = "本院于2023年3月1日立案执行。经查：1、甲某，男，系经办人；2、扣划存款100元。"
    return read_ruling(
        f"测试县人民法院\n执行裁定书\n（2023）浙9901执5号\n{above}{entries}\n{story}\n裁定如下：\n终结本次执行程序。\n"
        "审判员 王某\n二〇二三年六月一日\n书记员 赵某\n"
    )


def debtors(ruling: Ruling) -> list[Party]:
    return [party for party in ruling.parties if party.role == "debtor"]


def one(entry: str) -> tuple[Party, str]:
    ruling = read(entry)
    (party,) = debtors(ruling)
    return party, "".join(sentence for sentence in ruling.unread if "当事人" in sentence)


@pytest.mark.parametrize(
    "entries",
    [
        f"被执行人一：乙某，{MAN}。\n被执行人二：丁某，{WOMAN}。",
        f"被执行人1：乙某，{MAN}。\n被执行人2：丁某，{WOMAN}。",
        f"被执行人（一）：乙某，{MAN}。\n被执行人（二）：丁某，{WOMAN}。",
        f"被执行人①：乙某，{MAN}。\n被执行人②：丁某，{WOMAN}。",
        f"第一被执行人：乙某，{MAN}。\n第二被执行人：丁某，{WOMAN}。",
        f"被执行人之一：乙某，{MAN}。\n被执行人之二：丁某，{WOMAN}。",
        f"被执行人甲：乙某，{MAN}。\n被执行人乙：丁某，{WOMAN}。",
        f"1、被执行人：乙某，{MAN}。\n2、被执行人：丁某，{WOMAN}。",
        f"被执行人：1、乙某，{MAN}；2、丁某，{WOMAN}。",
        f"被执行人：1.乙某，{MAN}。\n2.丁某，{WOMAN}。",
        f"被执行人：（1）乙某，{MAN}。（2）丁某，{WOMAN}。",
        f"被执行人：乙某，{MAN}；丁某，{WOMAN}。",
        f"被执行人：乙某，{MAN}。\n丁某，{WOMAN}。",
        f"被执行人 1 ：乙某，{MAN}。\n被执行人 2 ：丁某，{WOMAN}。",
        f"被申请人（被执行人）：乙某，{MAN}。\n被申请人（被执行人）：丁某，{WOMAN}。",
    ],
)
def test_debtors_that_are_counted_or_share_a_label_are_all_read(entries: str) -> None:
    found = [(party.name, party.sex, party.birth, party.address) for party in debtors(read(entries))]
    assert found == [
        ("乙某", "M", date(1980, 1, 2), "测试市甲路"),
        ("丁某", "F", date(1981, 3, 4), "测试市乙路"),
    ]


def test_counted_names_alone_are_names() -> None:
    assert [party.name for party in debtors(read("被执行人：1、乙某、2、丁某、3、戊某。"))] == ["乙某", "丁某", "戊某"]


@pytest.mark.parametrize(
    ("above", "told"),
    [
        ("申请人（申请执行人）：甲某，男。\n被申请人（被执行人）：乙某，男。\n", False),
        ("申请人（原申请执行人）：甲某，男。\n被申请人（被执行人）：乙某，男。\n", False),
        ("申请人：甲某，男。\n被申请人：乙某，男。\n", True),
    ],
)
def test_applicants_and_respondents_are_those_of_the_enforcement(above: str, told: bool) -> None:
    ruling = read("", above)
    assert [(party.role, party.name) for party in ruling.parties] == [("applicant", "甲某"), ("debtor", "乙某")]
    assert ("未写明是否为执行当事人" in "".join(ruling.unread)) == told


@pytest.mark.parametrize(
    ("entry", "representative"),
    [
        ("某某业主委员会。", ""),
        ("某某小区业主委员会，住所地测试市。", ""),
        ("某某花园业主大会。", ""),
        ("某某花园业主自治管理会。", ""),
        ("某某小区业主委员会，负责人：丙某，主任。", "丙某"),
        ("某某商店，业主：丙某。", "丙某"),
        ("某某商店，业主丙某。", "丙某"),
        ("某某商店，经营者丙某，男。", "丙某"),
        ("某某有限公司，法定代表人：丙某，经理。", "丙某"),
        ("某某业主代表会。", ""),
    ],
)
def test_a_committee_of_owners_is_no_representative(entry: str, representative: str) -> None:
    assert one(f"被执行人：{entry}")[0].legal_rep == representative


@pytest.mark.parametrize(
    "birth",
    [
        "1981年1月2日出生",
        "1981年1月2日生",
        "出生于1981年1月2日",
        "生于1981年1月2日",
        "生于一九八一年一月二日",
        "出生日期：1981年1月2日",
        "出生日期为1981年1月2日",
        "出生年月日：1981.1.2",
        "1981-01-02出生",
        "1981.01.02生",
        "19810102出生",
        "出生时间：一九八一年元月二日",
    ],
)
def test_births_of_every_form(birth: str) -> None:
    party, said = one(f"被执行人：乙某，男，{birth}，汉族，住测试市。")
    assert (party.birth, party.address, said) == (date(1981, 1, 2), "测试市", "")


@pytest.mark.parametrize(
    "birth",
    [
        "1981年1月生",
        "1981年出生",
        "出生于1981年1月",
        "生于一九八一年",
        "1981年2月30日出生",
        "81年1月2日出生",
        "1981年13月2日生",
    ],
)
def test_a_birth_that_is_no_day_is_told(birth: str) -> None:
    party, said = one(f"被执行人：乙某，男，{birth}，汉族，住测试市。")
    assert party.birth is None
    assert "出生日期未能读出" in said


@pytest.mark.parametrize(
    ("entry", "former"),
    [
        ("乙某（曾用名：丙某），男。", "丙某"),
        ("乙某，曾用名丙某，男。", "丙某"),
        ("乙某（曾用名丙某），男。", "丙某"),
        ("乙某，又名丙某，男。", "丙某"),
        ("乙某（别名：丙某），男。", "丙某"),
        ("乙某（原名丙某），男。", "丙某"),
        ("甲乙有限公司（原名：甲丙有限公司），住所地测试市。", "甲丙有限公司"),
        ("甲乙有限公司（原甲丙有限公司），住所地测试市。", "甲丙有限公司"),
        ("甲乙有限公司（曾用名称为甲丙有限公司），住所地测试市。", "甲丙有限公司"),
        ("甲乙有限公司（变更前名称：甲丙有限公司），住所地测试市。", "甲丙有限公司"),
        ("乙某（原审被告），男。", ""),
        ("乙某（原告），男。", ""),
    ],
)
def test_former_names_are_kept_as_such(entry: str, former: str) -> None:
    ruling = read(f"被执行人：{entry}")
    (party,) = debtors(ruling)
    assert party.former_name == former and "某" not in party.name[2:]
    rows = [row for row in ruling_rows(ruling, "a.txt")["party"] if row["role"] == "debtor"]
    assert rows[0].get("former_name", "") == former


def test_of_several_former_names_the_others_are_told() -> None:
    party, said = one("被执行人：乙某（曾用名：丙某、戊某），男。")
    assert party.former_name == "丙某" and "多个曾用名" in said


@pytest.mark.parametrize(
    "address",
    [
        "住址同上",
        "住同上",
        "地址：住同上",
        "住所地同上",
        "住址同前",
        "住址与前者相同",
        "住址与上列被执行人相同",
        "户籍地同上",
        "住址同乙某",
        "住址同被执行人乙某",
        "住址与乙某相同",
        "住址：同上",
    ],
)
def test_an_address_as_above_is_that_of_the_party_above(address: str) -> None:
    found = debtors(read(f"被执行人：乙某，男，住测试市甲路1号。\n被执行人：丁某，女，{address}。"))
    assert [party.address for party in found] == ["测试市甲路1号"] * 2


@pytest.mark.parametrize("address", ["同安区甲路", "同心县乙路", "同上村1号", "同福花园2幢"])
def test_places_that_begin_alike_are_places(address: str) -> None:
    found = debtors(read(f"被执行人：乙某，男，住测试市甲路1号。\n被执行人：丁某，女，住{address}。"))
    assert found[1].address == address


def test_an_address_as_above_with_none_above_is_told() -> None:
    ruling = read("被执行人：乙某，男，住址同上。", "申请执行人：甲某，男。\n")
    assert debtors(ruling)[0].address == ""
    assert "写为同上" in "".join(ruling.unread)


@pytest.mark.parametrize(
    ("said", "number", "wrong"),
    [
        ("男，1980年1月2日出生", "990001198001020010", ""),
        ("女，1980年1月2日出生", "990001198001020020", ""),
        ("男，1980年1月2日出生", "99000119800102001X", ""),
        ("女，1980年1月2日出生", "990001197505050031", "出生日期和性别"),
        ("男，1980年1月2日出生", "990001197505050031", "出生日期"),
        ("女，1980年1月2日出生", "990001198001020010", "性别"),
        ("男", "990001198001020020", "性别"),
        ("1980年1月2日出生", "990001198001030020", "出生日期"),
        ("男，1980年1月2日出生", "990001800102001", ""),
        ("女，1980年1月2日出生", "990001800102001", "性别"),
        ("男，1980年1月2日出生", "9900011980****0010", ""),
    ],
)
def test_a_number_that_contradicts_birth_or_sex_is_told(said: str, number: str, wrong: str) -> None:
    party, sentences = one(f"被执行人：乙某，{said}，公民身份号码{number}。")
    assert party.id_no == number
    assert (f"的{wrong}与证件号码不符" in sentences) if wrong else "不符" not in sentences


def test_a_number_of_two_parties_identifies_neither() -> None:
    ruling = read("被执行人：乙某，公民身份号码990001198001020010。\n被执行人：丁某，公民身份号码990001198001020010。")
    assert "同时写在“乙某、丁某”名下" in "".join(ruling.unread)
    assert all("id_no" not in row for row in ruling_rows(ruling, "a.txt")["party"])


@pytest.mark.parametrize(
    ("said", "number", "kind"),
    [
        ("护照号码A99999999", "A99999999", "护照"),
        ("护照号：E99999999", "E99999999", "护照"),
        ("护照A9999999", "A9999999", "护照"),
        ("港澳居民来往内地通行证号码H99999999", "H99999999", "港澳居民来往内地通行证"),
        ("台湾居民来往大陆通行证号码99999999", "99999999", "台湾居民来往大陆通行证"),
        ("台胞证号99999999", "99999999", "台胞证"),
        ("公民身份号码990001198001020010", "990001198001020010", ""),
        ("身份证号990001198001020010", "990001198001020010", ""),
        ("外国人永久居留身份证号码USA999999999999", "USA999999999999", "外国人永久居留身份证"),
        ("军官证号：9999999", "9999999", "军官证"),
    ],
)
def test_numbers_of_other_papers_are_kept_with_their_kind(said: str, number: str, kind: str) -> None:
    ruling = read(f"被执行人：乙某，男，{said}，住测试市。")
    (party,) = debtors(ruling)
    assert (party.id_no, party.id_type) == (number, kind)
    row = ruling_rows(ruling, "a.txt")["party"][-1]
    assert (row["id_no"], row.get("id_type", "")) == (number, kind)
