"""Thirty invented rulings in the layouts of real ones (2012 to 2025): every field against its right value."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from features.intake.ruling.document import Ruling
from features.intake.ruling.reader import read_ruling

RULINGS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("thirty.toml").read_text(encoding="utf-8"))[
    "ruling"
]


def numbers(ruling: Ruling, role: str) -> list[str]:
    return list(dict.fromkeys(number.number for number in ruling.numbers if number.role == role))


def fields(ruling: Ruling) -> dict[str, object]:
    """The fields of a ruling in the words of the table."""
    return {
        "kind": ruling.kind,
        "nature": ruling.nature.code,
        "case_no": ruling.case_no,
        "court": ruling.court_name,
        "cause": ruling.cause,
        "parties": [f"{party.role} {party.kind} {party.name}" for party in ruling.parties],
        "basis": numbers(ruling, "basis"),
        "previous": numbers(ruling, "previous"),
        "applied": ruling.day("applied"),
        "filed": ruling.day("filed"),
        "ruled": ruling.day("ruled"),
        "claim": ruling.fen("claim"),
        "paid": ruling.fen("paid"),
        "outstanding": ruling.fen("outstanding"),
        "articles": [statute.article for statute in ruling.statutes],
    }


def right(row: dict[str, Any]) -> dict[str, object]:
    lists = {name: row.get(name, []) for name in ("basis", "previous", "articles")}
    days: dict[str, date | None] = {name: row.get(name) for name in ("applied", "filed", "ruled")}
    sums = {name: int(Decimal(row[name]) * 100) if name in row else None for name in ("claim", "paid", "outstanding")}
    return (
        {name: row[name] for name in ("kind", "nature", "case_no", "court", "cause", "parties")} | lists | days | sums
    )


def test_there_are_thirty_of_every_kind() -> None:
    assert len(RULINGS) == 30
    assert {row["kind"] for row in RULINGS} == {"终本裁定", "终结执行", "恢复", "其他"}
    assert {row["nature"] for row in RULINGS} == {"civil", "administrative", "criminal"}
    assert {row["ruled"].year for row in RULINGS} >= {2012, 2014, 2015, 2017, 2019, 2021, 2023, 2025}


@pytest.mark.parametrize("row", RULINGS, ids=lambda row: row["case_no"])
def test_every_field_is_right(row: dict[str, Any]) -> None:
    assert fields(read_ruling(row["text"].lstrip("\n"))) == right(row)
