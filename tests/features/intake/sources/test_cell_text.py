"""Text of typed cells: what a cell holds is written without loss, or so that no number column takes it."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.sources.cell_text import EXACT_BELOW, cell_text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, None),
        ("  007 ", "  007 "),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (10**17 + 1, "100000000000000001"),
        (3.0, "3"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1234567.89, "1234567.89"),
        (float("nan"), ""),
        (Decimal("10000000000.10"), "10000000000.10"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 8, 5, 9), "2024-02-29 08:05:09"),
        (time(8, 5), "08:05:00"),
    ],
)
def test_a_cell_is_written_as_people_write_it(cell: Any, text: str | None) -> None:
    assert cell_text(cell) == text


@given(st.integers(-int(EXACT_BELOW) + 1, int(EXACT_BELOW) - 1))
def test_whole_numbers_that_a_workbook_keeps_are_written_to_the_last_digit(number: int) -> None:
    assert cell_text(float(number)) == str(number)


@given(st.integers(int(EXACT_BELOW), 10**24))
def test_a_number_that_has_lost_digits_cannot_pass_for_an_account(number: int) -> None:
    text = cell_text(float(number))
    assert text is not None and not text.isdigit() and "E" in text


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=2))
def test_sums_in_fen_up_to_ten_billion_survive_a_workbook(amount: Decimal) -> None:
    assert Decimal(cell_text(float(amount)) or "") == amount
