"""Sums in words, in words and figures, and with a currency: read as what they say, or left to be refused."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.cells import arrow as cell_arrow
from features.intake.cells import sql as cell_sql
from features.intake.cells.written import sum_in_words, written_sums
from features.schema.contract import Column

READ = {
    "捌万元整": "80000",
    "1万5千": "15000",
    "人民币5万元整": "50000",
    "人民币（大写）伍万元整": "50000",
    "5仟元": "5000",
    "5.5萬圓": "55000",
    "壹拾贰万叁仟肆佰伍拾陆元柒角捌分": "123456.78",
    "1,234万5678元": "12345678",
    "3亿2000万元": "320000000",
    "十万元": "100000",
    "一千零五十元整": "1050",
    "两万五千元": "25000",
    "伍拾元零伍分": "50.05",
    "5元5角": "5.5",
    "1万零5元": "10005",
    "负伍佰元整": "-500",
    "零元整": "0",
    "伍万元整（¥50,000.00）": "50000",
}
LEFT = (
    *("约8万元", "8万余元", "捌万元左右", "1万5", "一百五", "5元5", "1万2万", "5百3千", "千万元", "万元整", "1.5万5千"),
    *("伍万元整（¥50,001.00）", "12,34万5678元", "十", "五百", "整", "暂未评估"),
)


@pytest.mark.parametrize(("text", "yuan"), READ.items())
def test_a_sum_that_can_mean_one_thing_is_read(text: str, yuan: str) -> None:
    assert sum_in_words(text) == yuan


@pytest.mark.parametrize("text", LEFT)
def test_an_estimate_or_a_sum_of_two_meanings_is_left(text: str) -> None:
    assert sum_in_words(text) is None


def spelt(number: int, digits: str, units: tuple[str, str, str]) -> str:
    """A whole number as cheques write it, from the place of each figure: an oracle of its own."""
    groups = [(number // 10**8, "亿"), (number // 10**4 % 10**4, "万"), (number % 10**4, "")]
    text, gap = "", False
    for group, large in groups:
        said = ""
        for place, figure in enumerate(f"{group:04d}"):
            if figure == "0":
                gap = gap or bool(text + said)
                continue
            said += ("零" if gap else "") + digits[int(figure)] + (*units, "")[place]
            gap = False
        text += said + large if said else ""
    return text or "零"


CHEQUE = ("零壹贰叁肆伍陆柒捌玖", ("仟", "佰", "拾"))
PLAIN = ("零一二三四五六七八九", ("千", "百", "十"))


@settings(max_examples=80)
@given(st.integers(1, 99_999_999_999), st.integers(0, 99), st.sampled_from([CHEQUE, PLAIN]))
def test_every_sum_of_a_cheque_is_read_back(yuan: int, fen: int, way: tuple[str, tuple[str, str, str]]) -> None:
    digits, units = way
    jiao = f"{digits[fen // 10]}角" if fen // 10 else ("零" if fen else "")
    end = f"{jiao}{digits[fen % 10]}分" if fen % 10 else (jiao if fen else "整")
    found = sum_in_words(f"{spelt(yuan, digits, units)}元{end}")
    assert found is not None and Decimal(found) == yuan + Decimal(fen) / 100


@settings(max_examples=15)
@given(st.lists(st.sampled_from([*READ, *LEFT, "5", "1,000.50", "8万元"]), min_size=3, max_size=12))
def test_both_ways_of_reading_agree_on_what_was_written(cells: list[str]) -> None:
    read = written_sums(pa.chunked_array([cells]), None)
    with duckdb.connect() as con:
        con.register("given", pa.table({"n": range(len(cells)), "t": read}))
        found = [row[0] for row in con.execute(f"SELECT {cell_sql.money_sql('t')} FROM given ORDER BY n").fetchall()]
    by_hand = {"5": 500, "1,000.50": 100_050, "8万元": 8_000_000, **{t: int(Decimal(y) * 100) for t, y in READ.items()}}
    assert found == [by_hand.get(cell) for cell in cells]
    plain = [text for text in read.to_pylist() if sum_in_words(text) is None and text.replace(".", "").isdigit()]
    whole = cell_arrow.parse_column(Column("x", "金额", "money"), pa.chunked_array([pa.array(plain, pa.string())]))
    assert whole is not None and whole.to_pylist() == [int(Decimal(text) * 100) for text in plain]


CURRENCIES = [
    ("$5", "USD", "5"),
    ("US$5", "美元", "5"),
    ("5万美元", "USD", "5万"),
    ("5美元", "840", "5"),
    ("USD 5,000.00", "USD", "5,000.00"),
    ("5（美元）", "USD", "5"),
    ("HK$5", "HKD", "5"),
    ("€5", "欧元", "5"),
    ("-$5", "USD", "-5"),
    ("¥5", "日元", "5"),
    ("￥5", None, "5"),
    ("5元", "USD", "5元"),
    ("$5", "HKD", None),
    ("$5", None, None),
    ("5美元", "CNY", None),
    ("¥5", "USD", None),
    ("RMB5", "USD", None),
    ("5万美元", "", None),
]


def test_a_sum_with_a_currency_counts_in_rows_of_that_currency_alone() -> None:
    given_cells, rows, _ = zip(*CURRENCIES, strict=True)
    read = written_sums(pa.chunked_array([list(given_cells)]), pa.chunked_array([pa.array(rows, pa.string())]))
    for found, (cell, _, bare) in zip(read.to_pylist(), CURRENCIES, strict=True):
        assert found == (bare if bare is not None else f"{cell}（与该行币种不符）")


def test_plain_cells_are_handed_back_as_they_came() -> None:
    cells = pa.chunked_array([["5", "1,000.50", "(8.00)", None]])
    assert written_sums(cells, pa.chunked_array([["USD", None, "CNY", None]])) is cells
