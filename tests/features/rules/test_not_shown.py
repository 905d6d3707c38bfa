"""A number of which not all is shown is that of many: every reader sees it alike, and takes no whole one for it."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.ruling.named.identities import is_masked
from features.intake.tables.above_header import read_above_header
from features.pool.identity import known_number
from features.pool.macros import define_macros
from features.rules.characters import HIDDEN_SIGNS, NOT_SHOWN
from features.rules.plates import normal_plate, normal_vin

MASKED = [
    *(f"990001{sign * 8}0019" for sign in "*＊﹡∗●■○〇□◯█•×✕╳XxＸｘ"),
    *(f"9900{sign * 4}{sign * 4}0017" for sign in "*●×X"),
    "9900XX0000000017",
    "990001XXXXXX001",
    "990001-XXXXXXXX-0019",
    "990001 xxxxxxxx 0019",
    "9900 XXXX XXXX 0017",
    "99000119800101XXXX",
    "99000119800101XX",
    "9900011980010100XX",
    "99000119800101×019",
    "990001980010×0Xx19",
    "XXXXXXXXXXXXXX0019",
    "XX000119800101001X",
    "XXXXXXXXXXXXXXXXXX",
    "９９０００１ＸＸＸＸ００１９",
    "H99XXXX0101",
    "E99XXX345",
    "NRA9900XXXX0017",
    "9900■0017",
]
WHOLE = [
    "990001198001010019",
    "99000119800101006X",
    "99000119800101006x",
    "9900000000000017",
    "91990001000000000X",
    "9199000100000000XX",
    "91990001MA0XX00001",
    "91990001MAXX00000X",
    "9999990X-X",
    "EXX123",
    "EX9991234",
    "XXX999901019991",
    "foxx@pay.example",
    "foxx99@pay.example",
    "maxxx@pay.example",
    "wxid_a9xx9bc",
    "NRA9900000000000017",
    "H9991234501",
]
"""Identity numbers, codes, passports, accounts and wallets of which all is shown, and X stands for itself."""


def in_engine(query: str, texts: list[str]) -> list[object]:
    with duckdb.connect() as con:
        define_macros(con)
        con.register("given", pa.table({"place": range(len(texts)), "t": pa.array(texts, pa.string())}))
        return [value for (value,) in con.execute(f"SELECT {query} FROM given ORDER BY place").fetchall()]


def above(number: str) -> bool:
    return "acct_no" in read_above_header({"acct_no": "账号"}, [f"账号：{number}"])


def test_a_number_not_wholly_shown_is_nobodys_to_every_reader() -> None:
    assert {text for text in MASKED if known_number(text) is not None} == set()
    assert {text for text in MASKED if not is_masked(text)} == set()
    assert {text for text in MASKED if " " not in text and above(text)} == set()
    assert in_engine("goldenkey_id(t)", MASKED) == [None] * len(MASKED)
    assert in_engine("goldenkey_masked(t)", MASKED) == [True] * len(MASKED)


def test_a_number_wholly_shown_stays_to_every_reader() -> None:
    kept = [text.upper() for text in WHOLE]
    assert [known_number(text) for text in WHOLE] == kept
    assert [text for text in WHOLE if is_masked(text) or not above(text)] == []
    assert in_engine("goldenkey_id(t)", WHOLE) == kept
    assert in_engine("goldenkey_masked(t)", WHOLE) == [False] * len(WHOLE)


@pytest.mark.parametrize("last", ["X", "x", "Ｘ", "×", "*", "＊"])
def test_one_sign_at_the_end_is_the_check_character(last: str) -> None:
    written = f"99000119800101006{last}"
    assert known_number(written) == "99000119800101006X"
    assert in_engine("goldenkey_id(t)", [written]) == ["99000119800101006X"]


@pytest.mark.parametrize("sign", HIDDEN_SIGNS + "×✕╳")
def test_a_plate_or_body_not_wholly_shown_is_none(sign: str) -> None:
    assert normal_plate(f"浙Z{sign}9912") == normal_vin(f"TESTZZ{sign * 7}0001") == ""
    assert normal_plate("浙ZXX912") == "浙ZXX912"


@settings(max_examples=15)
@given(st.lists(st.text(st.sampled_from("0019Xx×*●•H-− Ｘ９"), max_size=20), min_size=60, max_size=60))
def test_the_engine_sees_what_python_sees(texts: list[str]) -> None:
    assert in_engine("goldenkey_id(t)", texts) == [known_number(text) for text in texts]
    assert in_engine("goldenkey_masked(t)", texts) == [re.search(NOT_SHOWN, text) is not None for text in texts]


@given(st.integers(10**9, 10**18), st.data())
def test_hiding_three_digits_or_more_of_any_number_hides_the_number(number: int, data: st.DataObject) -> None:
    whole = str(number)
    start = data.draw(st.integers(1, len(whole) - 4))
    size = data.draw(st.integers(3, len(whole) - start))
    sign = data.draw(st.sampled_from(HIDDEN_SIGNS + "×•Xx"))
    written = whole[:start] + sign * size + whole[start + size :]
    assert known_number(written) is None
    assert is_masked(written)
