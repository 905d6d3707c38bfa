"""Births, former names and addresses that are those of the party before (住址同上)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from features.intake.ruling.dates import find_dates
from features.intake.ruling.document import Party

_BORN_BEFORE = re.compile(r"(?:出生于|生于|出生日期|出生年月日?|出生时间|生日)(?:为|是|:|\s)*$")
_BORN_BEHIND = re.compile(r"\s*(?:出)?生(?!效)")
_BORN = re.compile(r"出生(?!地)|生于|生日|\d\s*[年月日]\s*生")
_EIGHT = re.compile(r"(?<!\d)(?P<y>19\d\d|20\d\d)(?P<m>\d\d)(?P<d>\d\d)(?=\s*(?:出)?生)")
_FORMER = re.compile(
    r"(?:曾用名称?|原名称?|原企业名称|原姓名|曾名|又名|别名|(?:更名|变更)前(?:的)?(?:名称|姓名)?|旧名)(?:为|是|:|\s)*(?P<name>[^,。;()、\n:]{2,40})(?P<more>、)?"
    r"|\(原(?:系|为|:)?(?P<firm>(?![告被审名])[^),。;]{2,40}(?:公司|厂|店|中心|社|部|银行|集团))\)"
)
_RENAMED = re.compile(r"(?:现|已|后)(?:更名|变更)(?:名称)?为?")
_ABOVE = re.compile(
    r"(?:均)?同(?:上|前)(?:址|述)?|与?(?:上|前)(?:一?(?:被执行人|申请执行人)|者|列[^,]{0,10}|述[^,]{0,10})?(?:住址|地址)?(?:相同|一致)"
)
_SAME_AS = re.compile(
    r"(?:与|同)(?:被执行人|申请执行人|第三人)?(?P<name>.{2,20}?)(?:的?(?:住址|地址|住所))?(?:相同|一致|同)?"
)


def birth_of(entry: str) -> date | None:
    """The day of birth that an entry states, whatever its form; None for none, or a part of one (1981年1月生)."""
    found, _ = find_dates(entry)
    for item in found:
        if _BORN_BEHIND.match(entry, item.end) or _BORN_BEFORE.search(entry, 0, item.start):
            return item.day
    eight = _EIGHT.search(entry)
    try:
        return date(int(eight["y"]), int(eight["m"]), int(eight["d"])) if eight else None
    except ValueError:
        return None


def former_name_of(details: str) -> str:
    """The first former name (曾用名, 原名) that an entry states, or ""."""
    found = _FORMER.search(details)
    return (found["name"] or found["firm"]).strip() if found else ""


def resolve_addresses(parties: Sequence[Party]) -> list[Party]:
    """The parties, an address 同上 replaced by that of the party it points to; "" where there is none."""
    resolved: list[Party] = []
    for party in parties:
        named = _SAME_AS.fullmatch(party.address)
        by_name = {one.name: one.address for one in resolved}
        if _ABOVE.fullmatch(party.address):
            party = replace(party, address=resolved[-1].address if resolved else "")
        elif named and named["name"] in by_name:
            party = replace(party, address=by_name[named["name"]])
        elif named and re.search(r"相同|一致", party.address):
            party = replace(party, address="")
        resolved.append(party)
    return resolved


def doubtful_details(flat: str, parties: Sequence[Party]) -> list[str]:
    """Sentences on births, former names and addresses that an entry speaks of and that could not be read."""
    said = []
    for party in parties:
        entry = flat[party.quote.start : party.quote.end]
        own = re.split(r"法定代表人|负责人|经营者|投资人|代理人", entry, maxsplit=1)[0]
        if party.birth is None and _BORN.search(own):
            said.append(f"当事人“{party.name}”的出生日期未能读出，未记录")
        if not party.address and re.search(r"住[^,。]{0,6}(?:同(?:上|前)|相同|一致)", own):
            said.append(f"当事人“{party.name}”的住址写为同上，不能确定是哪一个，未记录")
        former = _FORMER.search(own)
        if former and former["more"]:
            said.append(f"当事人“{party.name}”有多个曾用名，只记录第一个")
        if _RENAMED.search(own):
            said.append(f"当事人“{party.name}”的名称后有变更，仍按裁定书所列名称记录，待核对")
    return said
