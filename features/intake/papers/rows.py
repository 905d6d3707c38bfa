"""What rows of a statement look like on whichever paper: a day, a sum, sums of a page, a holder, how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from features.intake.cells.currency_notes import read_currencies
from features.intake.cells.unit_notes import read_notes
from features.intake.papers.base import Row
from features.rules.masking import mask_numbers

QUOTED = 30
"""Signs of a row that a sentence quotes."""

_TIME = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
_DAY = r"(?:19|20)\d{2}(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|[01]\d[0-3]\d)"
_DAY_WORD = re.compile(rf"{_DAY}(?:[\sT]*{_TIME})?")
_SUM_WORD = re.compile(r"[-+]?[¥￥]?\d[\d,]*(?:\.\d+)?")
SUMMARY = re.compile(
    r"(?:[本总]?[页期月]?(?:小计|合计|总计|累计)|全部合计|承[前上]页?|接上页|[转过][下次]页"
    r"|(?:本页|本期|本月|上期|上月|上页|期初|期末|年初|借方|贷方|收入|支出)(?:小计|合计|余额|结余|结转|发生额?|笔数|总额|总计|累计|借方|贷方|收入|支出)"
    r"|(?:交易)?(?:总|合计)笔数|以下(?:空白|无正文)|[-—*=_]+$)"
)
"""How lines begin that sum up or carry over: no movement of their own."""
TWO_SUMS = re.compile(r"\.\d{2}\s*[-+]?\d[\d,]*\.\d")
"""Two sums in one cell."""
_COUNT = re.compile(r"(?<!本页)共计?[:：]?(\d{1,7})[笔条]|(?:总笔数|交易笔数|记录数|总条数|合计笔数)[:：为]?(\d{1,7})")
_HOLDER = re.compile(r"(账号|帐号|卡号|账户名称?|户名|客户名称?)\s*[:：]\s*([^\s:：]+)")


def bears_day(row: Row) -> bool:
    """Whether a cell of the row is a day."""
    return any(_DAY_WORD.fullmatch(cell) for cell in row)


def bears_movement(texts: Sequence[str]) -> bool:
    """Whether one of the texts is a day (with a time, maybe) and another a number."""
    days = [text for text in texts if _DAY_WORD.fullmatch(text)]
    return bool(days) and any(_SUM_WORD.fullmatch(text) for text in texts if text not in days)


def joined(parts: Iterable[str]) -> str:
    """A cell that runs over lines as one: a blank only between a day and a time, and between words of letters."""
    whole = ""
    for part in filter(None, parts):
        apart = re.fullmatch(_DAY, whole) and re.match(_TIME, part)
        latin = re.search(r"[A-Za-z]{2}$", whole) and re.match(r"[A-Za-z]{2}", part)
        whole += f" {part}" if apart or latin else part
    return whole


def rows_stated(texts: Iterable[str]) -> int | None:
    """How many movements the text says there are; None where it does not, or says two numbers."""
    stated = {int(found[1] or found[2]) for text in texts for found in _COUNT.finditer(text)}
    return stated.pop() if len(stated) == 1 else None


def several_holders(lines: Iterable[str]) -> str:
    """A label of account or holder that lines beside the rows give several values, e.g. 卡号; '' for one account."""
    said: dict[str, set[str]] = {}
    for line in lines:
        for label, value in _HOLDER.findall(line):
            said.setdefault(label, set()).add(value)
    return next((label for label, values in said.items() if len(values) > 1), "")


def with_notes(above: Sequence[Row], below: Iterable[str]) -> list[Row]:
    """Lines above a heading, the first with the texts below the table that state the unit or currency of its sums.

    A note holds for the table wherever it stands; no line is added, as rows are counted from the first.
    """
    notes = [text for text in below if read_notes([[text]]).said or read_currencies([text]).code]
    if not notes:
        return list(above)
    first, *others = above or [[]]
    return [[*notes, *first], *others]


def quoted(*cells: str) -> str:
    """How a row begins, as the sentence that refuses it quotes it: numbers masked."""
    return mask_numbers(" ".join(filter(None, cells)).strip())[:QUOTED]
