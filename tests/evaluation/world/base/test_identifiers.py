"""Invented identifiers: valid check digits, impossible regions, no two alike."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.world.base import identifiers as ids

QUARTERS = st.integers(0, 59)


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits)) % 10 == 0


@settings(max_examples=20)
@given(QUARTERS, st.integers(-12_000, 14_000))
def test_citizen_numbers_check_and_belong_nowhere(quarter: int, birth: int) -> None:
    count = np.arange(300)
    numbers = ids.citizen_ids(quarter, count, np.full(300, birth), count % 2 == 0)
    assert len(set(numbers)) == 300
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    for number in numbers[:20]:
        assert number.startswith("99")
        assert "10X98765432"[sum(int(d) * w for d, w in zip(number[:17], weights, strict=True)) % 11] == number[17]


@settings(max_examples=20)
@given(QUARTERS)
def test_cards_pass_luhn_and_start_with_99(quarter: int) -> None:
    count = np.arange(200)
    cards = ids.cards(quarter, count % 6, count)
    assert len(set(cards)) == 200
    assert all(len(card) == 19 and card.startswith("99") and _luhn(card) for card in cards)


@settings(max_examples=20)
@given(QUARTERS)
def test_companies_carry_both_check_characters(quarter: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    codes = ids.uscc(quarter, np.arange(50) * 997)
    assert len(set(codes)) == 50
    for code in codes:
        assert code.startswith("9199")
        total = sum(alphabet.index(letter) * 3**place % 31 for place, letter in enumerate(code[:17]))
        assert alphabet[(31 - total % 31) % 31] == code[17]
        weights = (3, 7, 9, 10, 5, 8, 4, 2)
        org = (11 - sum(int(letter, 36) * w for letter, w in zip(code[8:16], weights, strict=True)) % 11) % 11
        assert "0123456789X"[org] == code[16]


@settings(max_examples=20)
@given(QUARTERS)
def test_plates_vins_and_phones_are_valid_and_fake(quarter: int) -> None:
    count = np.arange(500)
    plates, vins, phones = ids.plates(quarter, count), ids.vins(quarter, count), ids.phones(quarter, count)
    for values in (plates, vins, phones):
        assert len(set(values)) == 500
    assert all(re.fullmatch(r"浙Z[A-HJ-NP-Z0-9]{5}", plate) for plate in plates)
    assert all(re.fullmatch(r"TESTZZ[A-HJ-NPR-Z0-9]{11}", vin) for vin in vins)
    assert all(re.fullmatch(r"999\d{8}", phone) for phone in phones)
