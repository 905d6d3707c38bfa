"""Numbers written as text in foreign matrices: read as what they are, or refused; never ordered as words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from training.studies.foreign_matrix import MatrixOptions, encode_columns, prepare_matrix, read_table
from training.studies.number_text import looks_like_number, read_number

READ = {
    "1,234.50": 1234.5,
    "12,345,678": 12345678,
    "1 234 567": 1234567,
    "12%": 0.12,
    "０．５％": 0.005,
    "-3.5%": -0.035,
    "5‰": 0.005,
    "3万": 30_000,
    "1.5万元": 15_000,
    "2亿": 200_000_000,
    "3百万": 3_000_000,
    "１２": 12,
    "１，２３４．５": 1234.5,
    "(1,200.00)": -1200,
    "（1,200.00）": -1200,
    "1,200.00-": -1200,
    "−5": -5,
    "+7": 7,
    "1.2e5": 120_000,
    "1.2E-3": 0.0012,
    "\u300012 ": 12,
    " 12\t": 12,
    ".5": 0.5,
    "5.": 5,
    "￥8.50": 8.5,
    "¥-8": -8,
    "人民币8元": 8,
    "007": 7,
    "12 %": 0.12,
}
REFUSED = ("1,23", "12,34,567", "1.234,50", "1.2.3", "US$5", "5美元", "(1,200.00", "--5", "(-5)", "1,234,5", "1'234")
WORDS = (
    "甲",
    "三年",
    "2024-01-31",
    "A12",
    "1-3",
    "12号楼",
    "10～20",
    "",
    "万",
    "%",
    "一审",
    "inf",
    "nan",
    "1_000",
    "0x10",
)


@pytest.mark.parametrize(("text", "number"), READ.items())
def test_a_number_in_any_writing(text: str, number: float) -> None:
    assert read_number(text) == number
    assert looks_like_number(text)


@pytest.mark.parametrize("text", REFUSED)
def test_what_looks_like_a_number_and_is_none_for_certain_refuses_its_column(text: str) -> None:
    assert read_number(text) is None and looks_like_number(text)
    for beside in (["1", "2"], ["甲", "乙"]):
        with pytest.raises(GoldenKeyError, match="看似数字") as refused:
            encode_columns(pd.DataFrame({"列": [text, *beside]}), "m.csv")
        assert text in str(refused.value) and "列" in str(refused.value)


@pytest.mark.parametrize("text", WORDS)
def test_a_word_stays_a_word(text: str) -> None:
    assert read_number(text) is None and not looks_like_number(text)


@given(st.integers(-(10**12), 10**12), st.sampled_from([1, 100, 10_000]), st.booleans())
def test_however_written_a_number_reads_as_itself(whole: int, parts: int, wide: bool) -> None:
    number = Decimal(whole) / parts
    forms = [f"{number:,f}", f"{number:f}", f" {number:,f}　", f"¥{number:,f}", f"{number:,f}元"]
    forms += [f"({-number:,f})", f"{-number:,f}-"] if number < 0 else [f"+{number:,f}"]
    shift = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "0123456789,.-+()"})
    for form in forms:
        assert read_number(form.translate(shift) if wide else form) == float(number)


@given(st.lists(st.integers(-(10**7), 10**7), min_size=2, max_size=20))
def test_numbers_as_text_are_ordered_as_numbers(values: list[int]) -> None:
    made, learned = encode_columns(pd.DataFrame({"额": [f"{value:,}" for value in values]}), "m")
    assert learned == {} and made["额"].tolist() == values


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["1", "2", "未知"], "既有数字（如“1”、“2”）又有文字（如“未知”）"),
        (["0", "1", "3+"], "又有文字（如“3+”）"),
        (["12%", "12"], "有的带百分号"),
    ],
)
def test_a_column_of_both_is_refused_and_may_be_called_words(column: list[str], said: str) -> None:
    with pytest.raises(GoldenKeyError) as refused:
        encode_columns(pd.DataFrame({"列": column}), "m.csv")
    assert said in str(refused.value) and "--text" in str(refused.value)
    _, learned = encode_columns(pd.DataFrame({"列": column}), "m.csv", text=("列",))
    assert learned == {"列": tuple(sorted(column))}


def test_nought_needs_no_per_cent_and_blanks_are_missing() -> None:
    made, learned = encode_columns(pd.DataFrame({"率": ["12%", "0", None, " "], "类": ["甲", "乙", None, "甲"]}), "m")
    np.testing.assert_array_equal(made["率"], [0.12, 0, np.nan, np.nan])
    assert list(learned) == ["类"]


def test_amounts_and_features_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text('标签,额,到位\n1,"1,234.50",3万\n0,"999.00",\n1,"(1,200.00)","1,000"\n', encoding="utf-8")
    made = prepare_matrix(read_table(path), MatrixOptions("标签", amount="到位"), "m.csv")
    assert made.values["额"].tolist() == [1234.5, 999.0, -1200.0]
    assert made.fen is not None
    np.testing.assert_array_equal(made.fen, [3_000_000, np.nan, 100_000])
    path.write_text("标签,额,到位\n1,2,若干\n0,3,\n", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="金额列 到位 应为数字"):
        prepare_matrix(read_table(path), MatrixOptions("标签", amount="到位"), "m.csv")
