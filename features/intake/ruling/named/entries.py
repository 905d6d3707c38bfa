"""Several parties under one label: 被执行人：1、甲…；2、乙…, or one sentence each."""

from __future__ import annotations

import re
from collections.abc import Callable

_COUNTED = (
    r"(?:\d{1,2}\s*[、.](?!\d)|\(\d{1,2}\)|\([一二三四五六七八九十]{1,2}\)|[①-⑳]|[一二三四五六七八九十]{1,2}、)\s*"
)
_NAME = (
    r"(?!本院|申请执行|被执行|法定|负责|经营|委托|以上|上述|原告|依照|执行中|系|现)"
    r"[一-鿿·]{2,30}?\d{0,2}(?:\([^)\n]{1,30}\))?"
)
_PERSON = rf"{_NAME}\s*,\s*[男女]\s*[,。;]"
_FIRM = rf"{_NAME}(?:公司|[厂店局行社部院所]|中心|合伙\))\s*,\s*(?:住所|统一社会|组织机构)"
_FIRST = re.compile(rf"\s*{_COUNTED}(?=[一-鿿])")
_WITHIN = re.compile(rf"[,、;。\s]\s*{_COUNTED}(?={_NAME}\s*(?:[,;。、]|$))|;\s*(?={_PERSON}|{_FIRM})")
_BEHIND = re.compile(rf"[,、;。\s]*(?:{_COUNTED}(?={_PERSON}|{_FIRM})|(?={_PERSON}|{_FIRM}))")
_LEADING = re.compile(rf"^{_COUNTED}|^\d{{1,2}}$")


def split_entries(flat: str, inner: int, end: int, stop: Callable[[str, int, int], int]) -> list[tuple[int, int]]:
    """Bounds of what is said of each party between a label and the next; `stop` tells where the last one ends.

    >>> text = "1、甲某,男,住某市;2、乙某,女,住某县。本院查明"
    >>> [text[start:end] for start, end in split_entries(text, 0, len(text), lambda text, start, end: text.index("。"))]
    ['甲某,男,住某市', '乙某,女,住某县']
    """
    found: list[tuple[int, int]] = []
    first = _FIRST.match(flat, inner, end)
    at = first.end() if first else inner
    while True:
        ends = stop(flat, at, end)
        within = _WITHIN.search(flat, at, ends)
        piece = within.start() if within else ends
        found.append((at, piece))
        following = within or _BEHIND.match(flat, piece, end)
        if following is None or following.end() <= at:
            return found
        at = following.end()


def without_count(name: str) -> str:
    """A name without the count before it (1、甲某); "" for a count alone."""
    return _LEADING.sub("", name.strip())
