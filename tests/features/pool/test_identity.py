"""Identity numbers join whatever their length, width and blanks: the engine's macro against a loop in Python."""

from __future__ import annotations

import random
import re
import unicodedata
from datetime import datetime

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from features.pool.identity import MACROS, known_number
from features.settings import NO_EXTENSIONS

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def a_day(digits: str) -> bool:
    try:
        datetime.strptime(digits, "%Y%m%d")
    except ValueError:
        return False
    return True


def check(digits: str) -> str:
    return "10X98765432"[sum(int(sign) * weight for sign, weight in zip(digits, WEIGHTS, strict=False)) % 11]


def by_hand(number: str | None) -> str | None:
    clean = re.sub(r"[\s\u200b]", "", unicodedata.normalize("NFKC", number or "").upper())
    if re.fullmatch("[0-9]{17}\\*", clean) and check(clean) == "X":
        return clean[:-1] + "X"
    if "XX" in clean and not re.fullmatch("XX.{1,12}", clean):
        return None
    if "*" in clean or re.fullmatch("0*|-+", clean):
        return None
    long = clean[:6] + "19" + clean[6:]
    if not re.fullmatch("[0-9]{15}", clean) or not a_day(long[6:14]) or clean[12:] >= "996":
        return clean or None
    return long + check(long)


def canonical(given: list[str | None] | list[str]) -> list[str | None]:
    con = duckdb.connect(config=NO_EXTENSIONS)
    for macro in MACROS:
        con.execute(macro)
    con.register("given", pa.table({"place": range(len(given)), "n": given}))
    return [clean for (clean,) in con.execute("SELECT goldenkey_id(n) FROM given ORDER BY place").fetchall()]


def test_numbers_are_cleaned_and_brought_to_eighteen_signs() -> None:
    chance = random.Random(1)
    given: list[str | None] = [None, "", " ", "990001800101001", "99000119800101001x", " 99000180 0101\t001\r\n"]
    for _ in range(6500):
        signs = [chance.choice("0123456789") for _ in range(chance.choice((1, 14, 15, 15, 15, 16, 18)))]
        if len(signs) == 15 and chance.random() < 0.7:
            signs[8:12] = f"{chance.randrange(14):02}{chance.randrange(33):02}"
        for _ in range(chance.randrange(3)):
            signs.insert(chance.randrange(len(signs)), chance.choice(" \t\n\r\f\v\u3000\xa0\u200bxX-+.*张１ｘ"))
        given.append("".join(signs))
    found = canonical(given)
    assert found == [by_hand(number) for number in given]
    assert found == [known_number(number or "") for number in given]
    assert sum(number is not None and len(number) == 18 for number in found) > 1000


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("990001800101001", by_hand("990001800101001")),
        ("990001 800131 995", by_hand("990001800131995")),
        ("990001800229001", by_hand("990001800229001")),
        ("990001800230001", "990001800230001"),
        ("990001810229001", "990001810229001"),
        ("990001801301001", "990001801301001"),
        ("990001800431001", "990001800431001"),
        ("990001000012345", "990001000012345"),
        ("990001010101996", "990001010101996"),
        ("990001010101999", "990001010101999"),
        ("g99912345", "G99912345"),
        ("EZ9991234", "EZ9991234"),
        ("H99912345", "H99912345"),
        ("M9991234501", "M9991234501"),
        ("99912345", "99912345"),
        ("ZZZ999901019991", "ZZZ999901019991"),
        ("990001198001010019", "990001198001010019"),
        ("91990001MA00000001", "91990001MA00000001"),
    ],
)
def test_fifteen_digits_are_joined_with_eighteen_only_where_they_are_a_citizens(number: str, kept: str) -> None:
    assert canonical([number]) == [kept]
    assert canonical([kept]) == [kept]


def test_a_name_given_outright_is_no_number_and_no_error() -> None:
    con = duckdb.connect(config=NO_EXTENSIONS)
    for macro in MACROS:
        con.execute(macro)
    given = ("张测试", "990001800101001", "99000180010100", "")
    calls = ", ".join(f"goldenkey_id('{number}')" for number in given)
    assert con.execute(f"SELECT {calls}").fetchone() == tuple(by_hand(number) for number in given)


WHOLE = "99000119800101006X"
"""A citizen id of nobody, whose check character is X."""
assert check(WHOLE) == "X"


@pytest.mark.parametrize(
    "written",
    [
        f"身份证{WHOLE}",
        f"身份证号：{WHOLE}",
        f"居民身份证号码:{WHOLE}",
        f"公民身份号码 {WHOLE}",
        f"（身份证）{WHOLE}",
        f"{WHOLE}（身份证）",
        f"证件号码为{WHOLE}",
        WHOLE.replace("X", "×"),
        WHOLE.replace("X", "✕"),
        WHOLE.replace("X", "x"),
        WHOLE.replace("X", "Ｘ"),
        WHOLE.replace("X", "*"),
        WHOLE.replace("X", "＊"),
        f"身份证：{WHOLE.replace('X', '×')}",
        "".join(chr(ord(sign) + 0xFEE0) for sign in WHOLE),
        " 990001 19800101\u3000006 x\u00a0",
    ],
)
def test_one_number_written_in_any_way_is_one(written: str) -> None:
    assert canonical([written]) == [WHOLE]
    assert known_number(written) == WHOLE


@pytest.mark.parametrize(
    "written",
    [
        "无", " 无 ", "不详", "未知", "/", "-", "——", "//", "暂无", "没有", "n/a", "NULL", "无身份证", "无证件号码",
        "身份不明",
        "0", "000000000000000000", "未提供", "空", "９９０００１＊＊＊＊０１０１００９Ｘ", "99000119800101000*",
        f"{WHOLE}、990001198001010017", f"{WHOLE}/990001198001010017", f"{WHOLE} 990001198001010017",
        f"张三{WHOLE}，李四990001198001010017", f"{WHOLE}；H99912345", f"{WHOLE}及990001198001010017",
    ],
)  # fmt: skip
def test_what_is_no_number_or_two_is_nobodys(written: str) -> None:
    assert canonical([written]) == [None]
    assert known_number(written) is None


@settings(max_examples=30)
@given_by(
    st.lists(
        st.text(st.sampled_from("0019XXx×*●■•无不详身份证号:（）()、/-− 张H"), max_size=24), min_size=30, max_size=30
    )
)
def test_the_engine_and_python_agree_on_whatever_is_written(texts: list[str]) -> None:
    assert canonical(texts) == [known_number(text) for text in texts]
