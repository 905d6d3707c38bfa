"""Dates given to the commands of training."""

from __future__ import annotations

from datetime import date

import pytest

from features.errors import GoldenKeyError
from training.commands.dates import parse_date


def test_a_date_is_read() -> None:
    assert parse_date("2024-02-29", "首日") == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["2023-02-29", "2024/03/01", "", "三月一日"])
def test_what_is_no_date_is_named_with_its_argument(text: str) -> None:
    with pytest.raises(GoldenKeyError, match=f"^末日应写作 2024-03-31 这样的日期，实为 {text}。$"):
        parse_date(text, "末日")
