"""What every source table must hold to, and the numbers that stored row ids depend on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from features.schema import TABLE_NUMBER, TABLES, Table
from features.schema.contract import ARROW_TYPE
from features.schema.dictionary import read_tables
from features.schema.sources import COVERAGE_LABELS, SOURCE_LABELS, SOURCES

NUMBERS = {
    "case": 1,
    "party": 2,
    "event": 3,
    "query_feedback": 4,
    "litigation": 5,
    "relation": 6,
    "marriage": 7,
    "travel": 8,
    "txn": 9,
    "account": 10,
    "vehicle": 11,
    "veh_use": 12,
    "realty": 13,
    "insurance": 14,
    "hpf": 15,
    "social": 16,
    "company": 17,
    "shareholding": 18,
    "company_change": 19,
    "auction": 20,
    "auction_bid": 21,
    "demolition": 22,
    "petition": 23,
    "inquiry": 24,
    "selection": 25,
    "review": 26,
    "claim": 27,
    "lease": 28,
    "encumbrance": 29,
    "utility": 30,
    "death": 31,
    "watch": 32,
    "rate": 33,
}
"""Numbers in the row ids of pools that exist. A new table takes the next one; none is ever changed or given anew."""


def test_the_numbers_in_row_ids_are_those_of_existing_pools() -> None:
    assert TABLE_NUMBER == NUMBERS


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_a_table_speaks_of_is_its_own(table: Table) -> None:
    stored = {column.name: column for column in table.stored}
    assert len(stored) == len(table.stored)
    assert set(table.key) <= set(stored)
    assert table.happened is None or stored[table.happened].kind in ("date", "datetime")
    assert all(
        stored[name].kind in ("date", "datetime") for check in table.checks for name in (check.early, check.late)
    )
    named = [*table.subjects, *(name for pair in table.person_names for name in pair)]
    assert set(named) | {column.stand_in for column in table.columns if column.stand_in} <= set(stored)
    assert all(stored[number].kind == "id" for number, _ in table.person_names)
    assert table.source in SOURCE_LABELS


def test_words_of_file_names_and_labels_mean_one_table_each() -> None:
    words = Counter(word for table in TABLES.values() for word in (table.label, *table.file_words))
    assert set(words.values()) == {1}


def test_sources_have_codes_and_names_of_their_own() -> None:
    assert len(SOURCE_LABELS) == len(SOURCES) == len({source.label for source in SOURCES})
    assert set(SOURCE_LABELS) - set(COVERAGE_LABELS) == {"OFFICE"}
    assert {source.kin_of for source in SOURCES} - {""} <= set(SOURCE_LABELS)
    assert {name for source in SOURCES for name in source.tables} <= set(TABLES)


def test_an_inquiry_can_be_recorded_of_every_source_with_tables_of_its_own() -> None:
    """Court records and petitions come by themselves; every other source is asked for, case by case."""
    codes = set(TABLES["inquiry"].column("source_code").codes.values())
    assert codes == {table.source for table in TABLES.values()} - {"COURT", "PET", "OFFICE"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ('plate = {label = "号牌", requried = true}', "requried"),
        ('plate = {kind = "id"}', "label"),
        ('plate = {label = "号牌"}\n[car.codes.colour]\nred = "红"', "colour"),
    ],
    ids=["unknown attribute", "no label", "codes of no column"],
)
def test_a_mistake_in_a_contract_is_an_error_and_not_passed_over(wrong: str, says: str, tmp_path: Path) -> None:
    head = '[car]\nnumber = 99\nlabel = "车"\nsource = "VEH"\nkey = ["plate"]\n[car.columns]\n'
    path = tmp_path / "car.toml"
    path.write_text(head + wrong + "\n", encoding="utf-8")
    with pytest.raises(TypeError, match=says):
        read_tables(path)


def test_every_kind_of_a_column_can_be_stored_and_a_label_of_a_code_is_its_first_spelling() -> None:
    columns = [column for table in TABLES.values() for column in table.stored]
    assert {column.kind for column in columns} == set(ARROW_TYPE)
    assert TABLES["utility"].column("kind").codes["水"] == "water"
    assert TABLES["utility"].column("kind").code_labels["water"] == "水费"
