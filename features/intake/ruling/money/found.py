"""A sum as it was found in the plain text, before it becomes an `Amount`."""

from __future__ import annotations

from typing import NamedTuple

from features.intake.ruling.plain import make_quote


class Sum(NamedTuple):
    """A sum of money in 分: where it stands, its role, where the words that give the role begin.

    Attributes:
        verb: a verb gives the role (已扣划), not a noun alone (存款).
        total: the ruling says that it is a total (共计).
        behind: words behind it in a clause of their own give the role (存款100元,已扣划).
    """

    start: int
    end: int
    role: str
    fen: int
    said: int
    verb: bool
    total: bool = False
    behind: bool = False

    def written(self, text: str) -> str:
        """The sum as it stands in the text."""
        return make_quote(text, self.start, self.end).text
