"""Petitions as people write them: varied texts that name things, and columns the intake left empty."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from world_reading import table


@pytest.fixture(scope="module")
def petitions(folders: list[Path]) -> list[dict[str, str]]:
    rows = {row["信访编号"]: row for row in table(folders, "信访反映")}
    assert len(rows) > 80
    return list(rows.values())


@pytest.mark.long
def test_texts_differ(petitions: list[dict[str, str]]) -> None:
    assert len({row["反映内容"] for row in petitions}) > 0.85 * len(petitions)
    assert all(len(row["反映内容"]) > 5 for row in petitions)


def test_columns_are_often_empty_where_the_text_names_a_plate(petitions: list[dict[str, str]]) -> None:
    plate = re.compile(r"浙Z[·\- ]?[A-Z0-9０-９]{5}", re.IGNORECASE)
    named = [row for row in petitions if plate.search(row["反映内容"])]
    noted = [row for row in named if row["所反映财产标识"]]
    assert len(named) >= 5
    assert 0 < len(noted) < len(named)


def test_an_identifier_in_its_column_stands_in_the_text_too(petitions: list[dict[str, str]]) -> None:
    for row in petitions:
        number = row["所反映财产标识"]
        if number.startswith("浙Z"):
            wide = str.maketrans("０１２３４５６７８９", "0123456789")
            plain = re.sub(r"[·\- ]", "", row["反映内容"].translate(wide)).upper()
            assert number in plain
