"""A day in one form is read and refused in the same words wherever it is asked for."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.command import day
from features.errors import GoldenKeyError
from features.intake.sources.delivery import read_delivery_note
from features.rules.iso_days import NoDayError, read_day

WRONG = (
    "三月",
    "2024",
    "2024-03",
    "2024-3-1",
    "2024/03/01",
    "2024.03.01",
    "2024年3月1日",
    "01-03-2024",
    "2024-13-01",
    "2024-02-30",
    "2023-02-29",
    "0000-01-01",
    "2024-03-01 10:00",
    "２０２４-03-01",
    " 2024-03-01",
    "",
)


@given(st.dates())
def test_a_day_is_read_as_written(given_day: date) -> None:
    assert read_day(given_day.isoformat()) == day(given_day.isoformat()) == given_day


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_day_is_refused_in_the_same_words(text: str, tmp_path: Path) -> None:
    with pytest.raises(NoDayError, match=r"^应为日期（如 2024-03-01）$"):
        read_day(text)
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        day(text)
    assert str(refused.value) == f"应为日期（如 2024-03-01），收到“{text}”"
    note = tmp_path / "交接单.toml"
    note.write_text(f'received_on = "{text or "-"}"\n', encoding="utf-8")
    with pytest.raises(GoldenKeyError) as noted:
        read_delivery_note(note)
    assert str(noted.value).endswith(f"的 received_on 应为日期（如 2024-03-01），收到“{text or '-'}”。")
