"""Parties of rulings: role, kind, representative, address, identity number."""

from __future__ import annotations

from datetime import date

import pytest

from features.intake.ruling.parties import find_parties, kind_of
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
