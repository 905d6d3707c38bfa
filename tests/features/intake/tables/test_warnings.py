"""Warnings on citizen ids (GB 11643), on negative sums and on other currencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.tables.convert import TEXT
from features.intake.tables.warnings import SheetWarnings, failing_ids
from features.schema import TABLES


def holds(text: str) -> bool:
    """ISO 7064 MOD 11-2, of which GB 11643 is a case: the number with its check character leaves 1 modulo 11."""
    digits = [10 if letter == "X" else int(letter) for letter in text]
    return sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1


@given(st.from_regex("[1-9][0-9]{16}", fullmatch=True))
def test_exactly_one_last_character_holds(first17: str) -> None:
    every = [first17 + last for last in "0123456789X"]
    failing = failing_ids(pa.array(every))
    assert len(failing) == 10
    assert [text for text in every if text not in failing] == [text for text in every if holds(text)]


def test_each_failing_number_counts_once_per_column_and_other_numbers_are_left_alone() -> None:
    warnings = SheetWarnings(TABLES["relation"])
    texts = {column.name + TEXT: pa.chunked_array([pa.nulls(4, pa.string())]) for column in TABLES["relation"].columns}
    texts["person_a" + TEXT] = pa.chunked_array(
        [["990001198001010018", "990001198001010018", "990001198001010019", "91990001MA00000A9X"]]
    )
    warnings.check(texts)
    warnings.check(texts)
    (sentence,) = warnings.sentences()
    assert "甲方证件号码" in sentence and "有 1 个" in sentence


def test_negative_sums_and_other_currencies_are_counted_over_all_accepted_rows() -> None:
    warnings = SheetWarnings(TABLES["txn"])
    sums = pa.array([1, -1, -2, -3, -4, -5, 6, None], pa.int64())
    rows = pa.table({"amount": sums, "ccy": ["CNY", "人民币", None, "美元", "USD", "日元", "156", "rmb"]})
    warnings.count_accepted(rows)
    warnings.count_accepted(rows)
    negative, foreign = warnings.sentences()
    assert "有 10 行金额为负" in negative
    assert "（JPY 2 行、USD 4 行）" in foreign


@pytest.mark.parametrize(
    ("cell", "day", "ccy", "counted"),
    [
        ("500.00-", "2025-01-02", "", ["金额为负"]),
        ("(500)", "2025-01-02", "USD", ["金额为负", "USD 1 行"]),
        ("¥-5", "2025-01-02", "", ["金额为负"]),
        ("-5", "2025-01-02", "美元", ["金额为负", "USD 1 行"]),
        ("5", "2025-01-02", "日元", ["JPY 1 行"]),
        ("500.00-", "2025-13-02", "", []),
        ("-5", "无", "USD", []),
        ("-5", "", "", []),
        ("5", "2025-02-30", "日元", []),
        ("-五", "2025-01-02", "USD", []),
    ],
)
def test_a_row_that_is_set_aside_is_not_counted(
    shown: Callable[..., Any], cell: str, day: str, ccy: str, counted: list[str]
) -> None:
    head = "账号,户名,交易日期,收付标志,交易金额,币种"
    text = f"{head}\n9900000000000017,某甲,{day},付,{cell},{ccy}\n9900000000000017,某甲,2025-01-02,付,1,\n"
    _, said, _ = shown("流水.csv", text)
    assert [one for one in ("金额为负", "USD 1 行", "JPY 1 行") if one in said] == counted


def test_a_number_of_another_kind_than_its_document_is_told_and_kinds_not_known_are_not() -> None:
    warnings = SheetWarnings(TABLES["party"])
    pairs = {
        "990001198001010019": "居民身份证",
        "990001800101001": "居民身份证",
        "E99912345": "居民身份证",
        "Ｅ９９９１２３４５": "护照",
        "99912345": "台胞证",
        "军字第0999001号": "军官证",
        "990001198001010027": "护照",
        "99991234": "其他",
        "H9991234501": None,
    }
    texts = {column.name + TEXT: pa.chunked_array([pa.nulls(9, pa.string())]) for column in TABLES["party"].columns}
    texts["id_type" + TEXT] = pa.chunked_array([list(pairs.values())])
    texts["id_no" + TEXT] = pa.chunked_array([list(pairs)])
    warnings.check(texts)
    warnings.check(texts)
    assert [text for text in warnings.sentences() if "证件类型" in text] == [
        "有 2 个证件号码与所写的证件类型形式不符，已按所写入库，请核对。"
    ]
