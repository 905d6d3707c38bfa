"""Kinds of identifiers by form and by words; one number written in any way is one, numbers of two kinds never are."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.pool.identity import CITIZEN_CHECKS, CITIZEN_WEIGHTS, MACROS
from features.rules import identifiers as of
from features.rules.identifiers import identifier_kind, normal_identifier


def checked(seventeen: str) -> str:
    total = sum(int(sign) * weight for sign, weight in zip(seventeen, CITIZEN_WEIGHTS, strict=True))
    return seventeen + CITIZEN_CHECKS[total % 11]


def dated(region: str) -> list[str]:
    """Ten numbers of a region with a day of birth on which nobody alive was born."""
    days = [
        "18700101",
        "18850228",
        "18880229",
        "18991231",
        "18960229",
        "18071130",
        "18600615",
        "18490930",
        "18001231",
        "18120401",
    ]
    return [checked(f"{region}{day}{order:03}") for order, day in enumerate(days, start=900)]


CERTAIN = {
    of.CITIZEN: dated("990001"),
    of.PERMIT: [number for region in ("810000", "820000", "830000") for number in dated(region)[:4]],
    of.FOREIGNER: [*dated("933999")[:6], *(f"ZZZ{n:012}" for n in (1, 99, 310000000001, 999999999999))],
    of.HOME_RETURN: [f"{letter}{n:010}" for letter in "HM" for n in (9990000001, 9990000002, 99, 9999999901, 1)],
    of.PASSPORT: [f"{head}{n}" for head in ("E9", "G9", "EA", "EZ", "EN", "PE") for n in (9990001, 9990002)],
    of.MILITARY: [f"{word}字第{n}号" for word in ("军", "士", "文", "参", "离退") for n in ("0999001", "99900012")],
    of.ARMED_POLICE: [
        f"{word}字第{n}号" for word in ("武", "警", "武警", "武士", "警文") for n in ("0999001", "9990001")
    ],
    of.CREDIT_CODE: [f"{kind}990001MA9999999{n}" for kind in ("91", "92", "93", "51", "52", "12", "N1") for n in "1Y"],
    of.ORGANISATION: [f"{body}-{check}" for body in ("99999901", "MA999901", "X9999901") for check in "0129X"],
}
"""Ten forms and more of each kind that its form shows."""

TAIWAN = "99900001 00000001 99900002 9990000001 9990000001(B) 9990000001B 9990000001（01） T99900001 99999999 12399999"
PASSPORTS = "999000012 C9990001 AB999001 H99912345 K99912345 ZZ9990001 99900001 9ZZ99 99900 ZZZZ9990001"
ARMY = "99900012 0999001 军99900012 南字第999001号 政字第9990号 军字9990001 9990 99901 99902 99903号"
TOLD = {
    of.HOME_RETURN: ("回乡证", [f"{letter}{n:08}" for letter in "HM" for n in (99900001, 99900002, 1, 99, 12)]),
    of.TAIWAN: ("台胞证", TAIWAN.split()),
    of.PASSPORT: ("外国护照", PASSPORTS.split()),
    of.ORGANISATION: ("组织机构代码证", [f"{body}{check}" for body in ("99999901", "MA999901") for check in "0123X"]),
    of.MILITARY: ("军官证", ARMY.split()),
    of.CREDIT_CODE: ("营业执照", [f"91990001999999{n}" for n in range(9990, 10000)]),
}
"""Ten forms of kinds that others have too: with their words they are told, without them they are not."""

OF_NONE = [
    "张三",
    "9900****0017",
    "990001198013010012",
    "9900011980010100",
    "12345",
    "ZZ-99-9",
    "字第9990001号",
    "E9990001",
    "",
]
SAMPLES = [(kind, number) for kind, numbers in CERTAIN.items() for number in numbers]


@pytest.mark.parametrize("kind", CERTAIN)
def test_a_kind_is_known_by_its_form_however_it_is_written(kind: str) -> None:
    assert len(CERTAIN[kind]) >= 10
    for number in CERTAIN[kind]:
        assert [identifier_kind(way) for way in ways(number)] == [kind] * len(ways(number)), number


@pytest.mark.parametrize("kind", TOLD)
def test_what_several_kinds_may_be_is_told_by_words_alone(kind: str) -> None:
    words, numbers = TOLD[kind]
    assert len(numbers) >= 10
    for number in numbers:
        assert identifier_kind(number, words) == kind, number
        assert identifier_kind(number) == "", number


def test_words_decide_nothing_against_the_form_and_nothing_is_guessed() -> None:
    assert identifier_kind("990001198001010019", "护照") == of.CITIZEN
    assert identifier_kind("E99912345", "居民身份证") == of.PASSPORT
    assert [identifier_kind(text, "其他") for text in OF_NONE] == [""] * len(OF_NONE)


def ways(number: str) -> list[str]:
    wider = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in number)
    spaced = [gap.join((number[:4], number[4:9], number[9:])) for gap in (" ", "\u3000", "\u00a0", "\u200b", "\t")]
    return [number, number.lower(), wider, wider.lower(), f" {number}\r\n", *spaced]


def canonical(numbers: list[str]) -> list[Any]:
    with duckdb.connect() as con:
        for macro in MACROS:
            con.execute(macro)
        con.register("given", pa.table({"place": range(len(numbers)), "n": numbers}))
        found = con.execute("SELECT goldenkey_id(n) FROM given ORDER BY place").fetchall()
    return [number for (number,) in found]


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from(SAMPLES), st.integers(0, 9)), min_size=20, max_size=60))
def test_numbers_join_written_in_any_way_and_never_across_kinds(drawn: list[tuple[tuple[str, str], int]]) -> None:
    written = [ways(number)[way] for (_, number), way in drawn]
    joined: dict[str, set[tuple[str, str]]] = {}
    for sample, key, text in zip([sample for sample, _ in drawn], canonical(written), written, strict=True):
        joined.setdefault(key, set()).add(sample)
        assert key == normal_identifier(text) == sample[1]
    assert all(len(samples) == 1 for samples in joined.values())


def test_a_number_of_many_people_is_the_number_of_none() -> None:
    assert canonical(["990001********0019", "9900＊＊＊0019", "*", "990001198001010019"]) == [None] * 3 + [
        "990001198001010019"
    ]
