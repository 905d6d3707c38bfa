"""Rulings whose lines a layout broke anywhere say the same as those whose lines are paragraphs."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.ruling.document import Ruling
from features.intake.ruling.lines import close_lines
from features.intake.ruling.reader import read_ruling, read_rulings
from features.intake.ruling.rows import ruling_rows

HERE = Path(__file__).parent
TEXTS = [row["text"] for row in tomllib.loads((HERE / "thirty.toml").read_text(encoding="utf-8"))["ruling"]]
TEXTS += [path.read_text(encoding="utf-8") for path in sorted((HERE / "rulings").glob("*.txt"))]


def said(ruling: Ruling) -> Ruling:
    """All that a ruling says, without where it stands."""
    bare = {
        name: tuple(replace(item, quote=None) for item in getattr(ruling, name))
        for name in ("numbers", "parties", "events", "measures", "amounts", "statutes", "reasons")
    }
    return replace(ruling, nature=replace(ruling.nature, quote=None), **bare)


RIGHT = [said(read_ruling(text)) for text in TEXTS]


def wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def broken(text: str, fits: Callable[[str], bool], tokens: str = ".") -> Iterator[str]:
    """Lines of a text that fit, cut between tokens."""
    for paragraph in text.split("\n"):
        line = ""
        for token in re.findall(tokens, paragraph):
            if line and not fits(line + token):
                yield line
                line = ""
            line += token
        yield line


def by_characters(text: str, width: int) -> str:
    return "\n".join(broken(text, lambda line: len(line) <= width))


WORDS = r"[（《〈“]*(?:[0-9A-Za-z*.,:-]+|.)[，。、；：）》〉”]*"
WAYS: dict[str, Callable[[str, int], str]] = {
    "characters": by_characters,
    "columns": lambda text, width: "\n".join(broken(text, lambda line: wide(line) <= 2 * width)),
    "whole words": lambda text, width: "\n".join(broken(text, lambda line: wide(line) <= 2 * width, WORDS)),
    "stops hang over": lambda text, width: "\n".join(
        broken(text, lambda line: len(line.rstrip("，。、；：）》")) <= width and len(line) <= width + 1)
    ),
    "line ends of two signs": lambda text, width: by_characters(text, width).replace("\n", "\r\n"),
    "margin": lambda text, width: "\n".join("    " + line for line in by_characters(text, width).split("\n")),
    "indented paragraphs": lambda text, width: by_characters(
        "\n".join("　　" + line if len(line) > 30 else line for line in text.split("\n")), width
    ),
    "padded lines": lambda text, width: "\n".join(line.ljust(width) for line in by_characters(text, width).split("\n")),
}


@pytest.mark.parametrize("width", range(20, 61))
def test_a_ruling_broken_at_any_width_says_the_same(width: int) -> None:
    """Each width with every third ruling, each ruling at every third width; all of them in the long tests."""
    for at in range(width % 3, len(TEXTS), 3):
        assert said(read_ruling(by_characters(TEXTS[at], width))) == RIGHT[at], (at, width)


@pytest.mark.long
def test_every_ruling_at_every_width_and_in_every_way() -> None:
    for way, made in WAYS.items():
        for width in range(20, 61):
            for text, right in zip(TEXTS, RIGHT, strict=True):
                assert said(read_ruling(made(text, width))) == right, (way, width, text[:40])


@settings(max_examples=80)
@given(st.sampled_from(range(len(TEXTS))), st.integers(20, 60), st.sampled_from(sorted(WAYS)))
def test_however_lines_were_broken_a_ruling_says_the_same(at: int, width: int, way: str) -> None:
    text = WAYS[way](TEXTS[at], width)
    ruling = read_ruling(text)
    assert said(ruling) == RIGHT[at]
    for item in (*ruling.numbers, *ruling.parties, *ruling.events, *ruling.amounts):
        assert text[item.quote.start : item.quote.end] == item.quote.text
        assert text.count("\n", 0, item.quote.start) + 1 == item.quote.line


@pytest.mark.parametrize("at", range(len(TEXTS)))
def test_lines_that_are_paragraphs_stay_as_they_are(at: int) -> None:
    assert close_lines(TEXTS[at]).text == TEXTS[at]
    assert close_lines("\n".join("　　" + line for line in TEXTS[at].split("\n"))).text.count("\n") == TEXTS[at].count(
        "\n"
    )


FRAME = (
    "测试市人民法院\n执行裁定书\n（2023）浙9901执1号\n申请执行人：陈某甲，男，住测试市。\n"
    "被执行人：陈某乙，男，住测试市。\n{}\n"
)
END = "裁定如下：\n终结本次执行程序。\n审判员 周某\n二〇二三年六月二十日\n书记员 吴某\n"


@pytest.mark.parametrize(
    "sentence",
    [
        "执行标的为人民币1,234,567.00元，已执行到位34,567.00元，未执行到位1,200,000.00元，",
        "执行标的1234567元，公民身份号码990001198506070019，统一社会信用代码91990100TEST00001X，",
        "依据（2022）浙9901民初567号民事判决书、（2023）浙99民终89号民事判决书，",
        "申请执行人陈某甲于2023年1月15日申请执行，本院于2023年1月29日立案执行，",
        "二〇二三年三月二日查封被执行人名下房屋，三月二十一日冻结其银行账户，",
        "执行标的壹佰贰拾叁万肆仟伍佰陆拾柒元，已执行到位伍万元，",
        "执行标的12万5000元，尚未执行到位11万元，执行费1775元，",
        "执行标的3000元及利息，依照《中华人民共和国民事诉讼法》第二百六十四条第（六）项，",
        "执行标的30.5万元，账户余额36.5元，起拍价88.88万元，",
        "共有被执行人陈某丙、陈某丁、陈某戊，执行标的5,000.00元，已执行到位2000元，",
    ],
)
def test_a_break_within_a_sum_a_number_or_a_day_loses_nothing(sentence: str) -> None:
    body = "本院在执行过程中查明如下事实并予以确认的经过情况，" + sentence + "本案其他经过从略不再赘述。"
    whole = FRAME.format(body) + END
    right = said(read_ruling(whole))
    for width in range(24, 46):
        broken_up = by_characters(whole, width)
        assert said(read_ruling(broken_up)) == right, broken_up


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("存款账户两个，余额分别为500", "1200元和其余零星款项，均已", "未连读"),
        ("名下账户余额分别为人民币5,000.00", "12000.00元，", "未连读"),
        ("本院查明被执行人名下有存款、车辆、房产，存款余额共12", "345元", "连读"),
        ("本院查明被执行人名下有存款、车辆、房产，余额共1,2", "34,567.00元", ""),
        ("本院查明被执行人名下有存款、车辆、房产，余额共计人民币1234", "5678元", ""),
    ],
)
def test_numbers_that_meet_at_a_break_are_told_unless_they_are_certainly_one(
    first: str, second: str, told: str
) -> None:
    full = "本院在执行过程中采取了下列各项措施，并查明下列各项事实，以上"
    rows = [full, full, first, second + "，其余情况从略，", full, full, "均属实。"]
    (read,), notes = read_rulings(FRAME.format("\n".join(rows)) + END)
    doubts = [note for note in (*notes, *read.ruling.unread) if "连读" in note]
    assert len(doubts) == bool(told) and all(told in note for note in doubts)


def test_words_of_an_event_are_kept_without_the_breaks_of_the_page() -> None:
    text = by_characters(TEXTS[0], 30)
    details = {row["detail"] for row in ruling_rows(read_ruling(text), "裁定.txt")["event"]}
    assert details == {row["detail"] for row in ruling_rows(read_ruling(TEXTS[0]), "裁定.txt")["event"]}
