"""Measures, reasons and statutes of rulings by their words; what was not done is no measure."""

from __future__ import annotations

import pytest

from features.intake.ruling.measures import find_measures, find_reasons, find_statutes
from features.intake.ruling.plain import normalise_text


def measures(text: str) -> list[tuple[int | None, str, bool]]:
    found = find_measures(text, normalise_text(text), len(text))
    assert all(text[one.quote.start : one.quote.end] == one.quote.text for one in found)
    return [(one.item, one.kind, one.lifted) for one in found]


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("本院发出执行通知书。", ["notice"]),
        ("本院通过总对总系统查询。", ["network_query"]),
        ("本院查封被执行人房屋。", ["seal"]),
        ("本院未查封被执行人房屋。", []),
        ("本院无法扣押车辆。", []),
        ("对被执行人限制消费，并列入失信名单。", ["limit", "dishonest"]),
        ("对被执行人拘留十五日。", ["detention"]),
    ],
)
def test_measures_by_their_words(sentence: str, kinds: list[str]) -> None:
    assert [kind for _, kind, _ in measures(sentence)] == kinds


def test_measures_know_their_item_and_whether_they_were_lifted() -> None:
    text = "执行情况：1、本院发出执行通知书；2、本院冻结账户。再次冻结账户；3、解除对被执行人的冻结。"
    assert measures(text) == [(1, "notice", False), (2, "freeze", False), (3, "freeze", True)]


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("被执行人下落不明。", ["whereabouts_unknown"]),
        ("未发现被执行人有可供执行的财产，申请执行人同意终结本次执行程序。", ["no_property", "consent"]),
        ("双方达成执行和解。", ["settled"]),
        ("双方未达成和解。", []),
        ("被执行人李某某已死亡。", ["dead"]),
    ],
)
def test_reasons_by_their_words(sentence: str, kinds: list[str]) -> None:
    found = find_reasons(sentence, normalise_text(sentence), len(sentence))
    assert [one.kind for one in found] == kinds


def test_statutes_are_cited_once_with_paragraph_and_item() -> None:
    text = (
        "依照《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》第五百一十七条、第519条第二款，"
        "《中华人民共和国民事诉讼法》第二百六十四条第(六)项，又依民事诉讼法第264条，以及第五百一十七条之规定。"
    )
    found = [(one.article, one.paragraph, one.item) for one in find_statutes(text, normalise_text(text))]
    assert found == [(517, None, None), (519, 2, None), (264, None, 6), (264, None, None), (517, None, None)]
    laws = [one.law for one in find_statutes(text, normalise_text(text))]
    assert laws[0] == laws[1] == "最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释"
    assert laws[2] == "中华人民共和国民事诉讼法"
    assert laws[3] == laws[4] == "民事诉讼法"
