"""Checksums against published specimens and against brute force."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from features.intake.cells import identifiers
from features.intake.tables.warnings import failing_ids


def test_specimens() -> None:
    assert identifiers.is_citizen_id("11010519491231002X")
    assert not identifiers.is_citizen_id("110105194912310021")
    assert identifiers.is_uscc("91990001MA00000A9W")
    assert not identifiers.is_uscc("91990001MA00000A9X")
    assert identifiers.is_vin("1M8GDM9AXKP042788")
    assert not identifiers.is_vin("1M8GDM9A1KP042788")
    assert identifiers.is_card("9900000000000012346") == (not identifiers.is_card("9900000000000012347"))


@pytest.mark.parametrize(
    ("plate", "valid"), [("浙Z12345", True), ("浙ZD12345", True), ("浙Z1234", False), ("浙I12345", False)]
)
def test_plates(plate: str, valid: bool) -> None:
    assert identifiers.is_plate(plate) is valid


def test_exactly_one_last_character_holds() -> None:
    for first17 in ("99000119800101001", "99123419991231999", "99010120000229123"):
        holding = [last for last in "0123456789X" if identifiers.is_citizen_id(first17 + last)]
        assert len(holding) == 1
        ids = [first17 + last for last in "0123456789X"]
        assert failing_ids(pa.array(ids)) == [text for text in ids if text[17] != holding[0]]


@pytest.mark.parametrize("text", ["990001800101001", " 99000119800101001x ", "91990001MA00000A9W", "护照a1"])
def test_canonical_form_is_the_same_in_sql(text: str) -> None:
    sql = f"SELECT {identifiers.canonical_id_sql('t')} FROM (SELECT $t AS t)"
    with duckdb.connect() as con:
        assert con.execute(sql, {"t": text}).fetchall()[0][0] == identifiers.canonical_id(text)
    assert identifiers.canonical_id("990001800101001") == "990001198001010019"
