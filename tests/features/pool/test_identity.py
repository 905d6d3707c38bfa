"""Identity numbers join whatever their length, width and blanks: the engine's macro against a loop in Python."""

from __future__ import annotations

import random
import re
import unicodedata
from datetime import datetime

import duckdb
import pyarrow as pa
import pytest

from features.pool.identity import MACROS
from features.pool.pool import OFFLINE

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def a_day(digits: str) -> bool:
    try:
        datetime.strptime(digits, "%Y%m%d")
    except ValueError:
        return False
    return True


def by_hand(number: str | None) -> str | None:
    clean = re.sub(r"[\s\u200b]", "", unicodedata.normalize("NFKC", number or "").upper())
    if "*" in clean:
        return None
    long = clean[:6] + "19" + clean[6:]
    if not re.fullmatch("[0-9]{15}", clean) or not a_day(long[6:14]) or clean[12:] >= "996":
        return clean or None
    return long + "10X98765432"[sum(int(sign) * weight for sign, weight in zip(long, WEIGHTS, strict=True)) % 11]


def canonical(given: list[str | None] | list[str]) -> list[str | None]:
    con = duckdb.connect(config=OFFLINE)
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
    con = duckdb.connect(config=OFFLINE)
    for macro in MACROS:
        con.execute(macro)
    given = ("张测试", "990001800101001", "99000180010100", "")
    calls = ", ".join(f"goldenkey_id('{number}')" for number in given)
    assert con.execute(f"SELECT {calls}").fetchone() == tuple(by_hand(number) for number in given)
