"""What the rows above a header say of all rows below it: account, holder, currency."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from features.rules.characters import BLANK_CLASS, NOT_SHOWN

_SPACE = rf"(?:(?!\n)[{BLANK_CLASS}])*"
_MASKED = re.compile(NOT_SHOWN)


def joined_cells(rows: Sequence[Sequence[str]]) -> list[str]:
    """The filled cells of each row, joined by line ends."""
    return ["\n".join(cell.strip() for cell in row if cell.strip()) for row in rows]


def read_above_header(labels: Mapping[str, str], lines: Sequence[str]) -> dict[str, str]:
    """Contract column -> value behind its label, e.g. `支付宝账户：990…`, `户名: [某某]` or `账号: [一卡通:990… 某行]`.

    `lines`: the rows above a header, see `joined_cells`. A number that is masked is none.
    """
    found: dict[str, str] = {}
    for name, label in labels.items():
        spaced = _SPACE.join(map(re.escape, label))
        kind = r"(?:[一-龥]+[:：]\s*)?"
        pattern = re.compile(rf"(?:^|\s){spaced}{_SPACE}(?:[:：]\s*+|\n)[\[［]?\s*+{kind}([^\s\]］]+)")
        hits = {hit.group(1) for line in lines for hit in pattern.finditer(line)}
        if len(hits) == 1:  # several values would be a guess
            value = hits.pop()
            if not (name in ("acct_no", "card_no") and _MASKED.search(value)):
                found[name] = value
    return found
