"""Levels: from the table alone, and a missing source never reads as low."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refused_files import assert_refused

from models.scoring.levels import INSUFFICIENT, LEVEL_NAMES, Level, assign_levels, percentiles, read_levels


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from("ABCD"))
def test_grade_d_is_never_low(probability: float, percentile: float, grade: str) -> None:
    (level,) = assign_levels(np.array([probability]), np.array([percentile]), [grade])
    assert level in LEVEL_NAMES
    if grade == "D":
        assert level in ("高", INSUFFICIENT)


def test_the_table_is_read_top_down() -> None:
    table = [Level("高", 0.4, 0.9, "ABCD"), Level("中", 0.1, 0.0, "ABC"), Level("低", 0.0, 0.0, "ABC")]
    probability = np.array([0.4, 0.4, 0.1, 0.0999, 0.0, 0.5])
    percentile = np.array([0.9, 0.89, 0.5, 0.5, 0.0, 1.0])
    assert assign_levels(probability, percentile, list("AAAADD"), table) == ["高", "中", "中", "低", INSUFFICIENT, "高"]


def test_percentiles_count_ties_half() -> None:
    assert percentiles(np.array([0.2, 0.1, 0.2, 0.9])).tolist() == [0.5, 0.125, 0.5, 0.875]
    assert percentiles(np.zeros(0)).tolist() == []


def test_the_table_in_force_is_sound() -> None:
    assert [level.name for level in read_levels()] == ["高", "较高", "中", "低"]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ('name = "极高"\nmin_probability = 0.1\nmin_percentile = 0\ncoverage = "A"', "极高"),
        ('name = "高"\nmin_probability = 1.5\nmin_percentile = 0\ncoverage = "A"', "0 至 1"),
        ('name = "高"\nmin_probability = 0.5\nmin_percentile = 0\ncoverage = "AX"', "A、B、C、D"),
        ('name = "低"\nmin_probability = 0.0\nmin_percentile = 0\ncoverage = "ABCD"', "资料缺失不等于低风险"),
        ('name = "低"', "无法读取"),
    ],
)
def test_a_wrong_table_is_refused_in_one_sentence(tmp_path: Path, row: str, sentence: str) -> None:
    assert_refused(read_levels, tmp_path / "levels.toml", f"[[level]]\n{row}\n", sentence)
