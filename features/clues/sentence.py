"""Fill a clue's sentence template from its evidence rows; names and notes stay as delivered unless a mask is given.

The fields are those of `Clue.sentence`. What a service or a printed list shows goes through `models.reasons.sentences`,
which passes the masks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from features.rules.masking import mask_party
from features.rules.money import format_exact_yuan
from features.schema.sources import COVERAGE_LABELS


class SentenceRow(Protocol):
    """What a row of evidence or of a lead has in common: day, amount, other party and note."""

    @property
    def day(self) -> date | None:
        """When it was so."""

    @property
    def amount_fen(self) -> int | None:
        """分, None where none is meant or known."""

    @property
    def who(self) -> str:
        """The other party."""

    @property
    def note(self) -> str:
        """A few words of the source."""


def mask_who(value: str | None) -> str:
    """Mask the other party of a clue's row (`mask_party`); the code of a source becomes its label.

    >>> mask_who("RE"), mask_who("张测试"), mask_who(None)
    ('不动产登记', '张*', '（未载明）')
    """
    return COVERAGE_LABELS.get((value or "").strip()) or mask_party(value)


_ONE_DAY = re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日)至\1")


def render_sentence(
    sentence: str,
    rows: Sequence[SentenceRow],
    anchors: Mapping[str, date] | None = None,
    debt_fen: int | None = None,
    format_amount: Callable[[int | None], str] | None = None,
    mask_name: Callable[[str], str] = str,
    mask_note: Callable[[str], str] = str,
) -> str:
    """Fill a clue's sentence template; a field that is not known reads as unknown.

    Args:
        sentence: template; its fields are listed under `Clue.sentence`.
        rows: evidence rows of the clue for one episode.
        anchors: known legal dates of the episode, by anchor name.
        debt_fen: amount not yet performed, 分.
        format_amount: writes an amount of 分; `format_yuan` by default.
        mask_name, mask_note: applied to the other party and to the note of the largest row; unmasked by default.
    """
    amount = format_amount or format_yuan
    amounts = [row.amount_fen for row in rows if row.amount_fen is not None]
    days = [row.day for row in rows if row.day is not None]
    largest = min(rows, key=lambda row: (-(row.amount_fen or 0), row.day or date.min, row.who), default=None)
    total = sum(amounts) if amounts else None
    values: dict[str, str] = {name: format_date(value) for name, value in (anchors or {}).items()}
    values |= {
        "n": str(len(rows)),
        "total": amount(total),
        "top": amount(max(amounts, default=None)),
        "first": format_date(min(days, default=None)),
        "last": format_date(max(days, default=None)),
        "who": mask_name(largest.who if largest else "") or "（未载明）",
        "whos": str(len({row.who for row in rows if row.who})),
        "note": mask_note(largest.note if largest else "") or "（无备注）",
        "debt": amount(debt_fen),
        "share": f"{100 * (total or 0) / debt_fen:.1f}" if debt_fen else "比例不详",
    }
    return _ONE_DAY.sub(r"\1", sentence.format_map(_UnknownAsText(values)))


class _UnknownAsText(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "日期不详"


def format_yuan(fen: int | None) -> str:
    """An amount of 分 in 元, or in 万元 from 10,000 元 on.

    >>> format_yuan(302246), format_yuan(5_883_300), format_yuan(None)
    ('3,022.46元', '5.88万元', '金额不详')
    """
    if fen is None:
        return "金额不详"
    return f"{format_exact_yuan(fen)}元" if abs(fen) < 1_000_000 else f"{fen / 1_000_000:,.2f}万元"


def format_date(value: date | None) -> str:
    """A date as 2024年3月1日; 日期不详 where none is known."""
    return f"{value.year}年{value.month}月{value.day}日" if value is not None else "日期不详"
