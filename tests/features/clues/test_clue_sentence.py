"""Sentences of clues filled from their rows: largest row, totals, unknowns, masking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clues.sentence import format_date, format_yuan, render_sentence


@dataclass(frozen=True)
class Row:
    day: date | None
    amount_fen: int | None
    who: str = ""
    note: str = ""


ROWS = (
    Row(date(2023, 3, 9), 1_200_000, "甲", "货款"),
    Row(date(2023, 1, 5), 4_000_050, "乙", "还款"),
    Row(None, None, "甲", "不明"),
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{n}笔共{total}，最大{top}", "3笔共5.20万元，最大4.00万元"),
        ("{first}至{last}", "2023年1月5日至2023年3月9日"),
        ("付给{who}等{whos}人（{note}）", "付给乙等2人（还款）"),
        ("占债务的{share}%，债务{debt}", "占债务的26.0%，债务20.00万元"),
        ("送达于{t_srv}，终本于{t_zb}", "送达于2022年5月20日，终本于日期不详"),
    ],
)
def test_fields_of_a_sentence(template: str, text: str) -> None:
    assert render_sentence(template, ROWS, {"t_srv": date(2022, 5, 20)}, 20_000_000) == text


def test_without_rows_every_field_reads_as_unknown() -> None:
    template = "{n}|{total}|{top}|{first}|{who}|{whos}|{note}|{debt}|{share}"
    unknown = "0|金额不详|金额不详|日期不详|（未载明）|0|（无备注）|金额不详|比例不详"
    assert render_sentence(template, ()) == unknown


def test_a_span_of_one_day_is_one_date() -> None:
    assert render_sentence("{first}至{last}转出", ROWS[:1]) == "2023年3月9日转出"


def test_of_equal_amounts_the_oldest_row_is_named() -> None:
    rows = [Row(date(2023, 2, 1), 500, "后"), Row(date(2023, 1, 1), 500, "先")]
    assert render_sentence("{who}", rows) == render_sentence("{who}", rows[::-1]) == "先"


def test_names_and_notes_go_through_the_masks_and_amounts_through_the_format() -> None:
    text = render_sentence(
        "{who} {note} {top}", ROWS, format_amount=lambda fen: f"<{fen}>", mask_name=lambda _: "*", mask_note=len_of
    )
    assert text == "* 2字 <4000050>"


def len_of(note: str) -> str:
    return f"{len(note)}字"


@given(st.integers(-(10**15), 10**15))
def test_an_amount_reads_back_within_half_of_its_last_digit(fen: int) -> None:
    text = format_yuan(fen).replace(",", "")
    unit = 1_000_000 if text.endswith("万元") else 100
    assert (unit == 1_000_000) == (abs(fen) >= 1_000_000)
    assert abs(float(text.removesuffix("元").removesuffix("万")) * unit - fen) <= unit * 0.00501 + abs(fen) * 1e-12


@given(st.dates())
def test_a_date_has_no_leading_zeros(day: date) -> None:
    year, month, rest = format_date(day).replace("月", "年").split("年")
    assert (year, month, rest) == (str(day.year), str(day.month), f"{day.day}日")
