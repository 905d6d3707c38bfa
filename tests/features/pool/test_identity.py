"""Identity numbers join whatever their length and blanks: the engine's macro against a loop in Python."""

from __future__ import annotations

import random
import re

import duckdb
import pyarrow as pa

from features.pool.identity import MACROS
from features.pool.pool import OFFLINE

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def by_hand(number: str | None) -> str | None:
    clean = re.sub(r"[ \t\n\f\r]", "", (number or "").upper())
    if not re.fullmatch("[0-9]{15}", clean):
        return clean or None
    long = clean[:6] + "19" + clean[6:]
    return long + "10X98765432"[sum(int(sign) * weight for sign, weight in zip(long, WEIGHTS, strict=True)) % 11]


def test_numbers_are_cleaned_and_brought_to_eighteen_signs() -> None:
    chance = random.Random(1)
    given: list[str | None] = [None, "", " ", "990001800101001", "99000119800101001x", " 99000180 0101\t001\r\n"]
    for _ in range(5000):
        signs = [chance.choice("0123456789") for _ in range(chance.choice((1, 14, 15, 15, 15, 16, 18)))]
        for _ in range(chance.randrange(3)):
            signs.insert(chance.randrange(len(signs)), chance.choice(" \t\n\r\f\v\u3000\xa0xX-+.张１"))
        given.append("".join(signs))
    con = duckdb.connect(config=OFFLINE)
    for macro in MACROS:
        con.execute(macro)
    con.register("given", pa.table({"place": range(len(given)), "n": given}))
    found = con.execute("SELECT n, goldenkey_id(n) FROM given ORDER BY place").fetchall()
    assert [clean for _, clean in found] == [by_hand(number) for number in given]
    assert sum(number is not None and len(number) == 18 for _, number in found) > 1000


def test_a_name_given_outright_is_no_number_and_no_error() -> None:
    con = duckdb.connect(config=OFFLINE)
    for macro in MACROS:
        con.execute(macro)
    given = ("张测试", "990001800101001", "99000180010100", "")
    calls = ", ".join(f"goldenkey_id('{number}')" for number in given)
    assert con.execute(f"SELECT {calls}").fetchone() == tuple(by_hand(number) for number in given)
