"""Days as people write them where one form is asked for: an argument, a parameter of a query, a delivery note."""

from __future__ import annotations

from datetime import date

A_DAY = "日期（如 2024-03-01）"
"""What is asked for, in the words of every refusal."""


class NoDayError(ValueError):
    """A text is no day; its words go behind the name of the field, with or without what was got."""

    def __init__(self) -> None:
        super().__init__(f"应为{A_DAY}")


def read_day(text: str) -> date:
    """The day a text names.

    Raises:
        NoDayError: it names none.

    >>> read_day("2024-03-01")
    datetime.date(2024, 3, 1)
    >>> read_day("2024-02-30")
    Traceback (most recent call last):
    features.rules.iso_days.NoDayError: 应为日期（如 2024-03-01）
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoDayError from None
