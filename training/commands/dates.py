"""Dates given on the command line of training."""

from __future__ import annotations

from datetime import date

from features.errors import GoldenKeyError


def parse_date(text: str, name: str) -> date:
    """A date written YYYY-MM-DD; else a GoldenKeyError that names the argument (中文)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GoldenKeyError(f"{name}应写作 2024-03-31 这样的日期，实为 {text}。") from error
