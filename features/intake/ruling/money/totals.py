"""Parts and their total: a total has the role of what it is the total of, and its parts share that role."""

from __future__ import annotations

import re
from collections.abc import Sequence

from features.intake.ruling.money.found import Sum
from features.rules.money import format_exact_yuan

_TOTAL = re.compile(
    r"(?:(?:以上|上述|前述|前列|[两二三四五六七八九十\d]+[项笔])?(?:款项|金额|费用|各项|本息|债权|存款)?(?:总共|共计|合计|总计|总额|累计|一共|共)"
    r"(?:金额|款项|数额|标的)?(?:为|是|人民币|计|[:,])*)\s*(?:[¥￥]|RMB|CNY)?\s*$"
)
"""The words right before a sum that make it a total."""
_SUMMED = re.compile(r"(?:总共|共计|合计|总计|累计|一共|(?<!公)共(?![同有管享用]))[^,。;、\d元]{0,10}$")
"""Words some way before a sum that make it a total where the sums before it add up to it (共计执行到位)."""
_DIVIDES = re.compile(r"其中|包括|包含|分别(?:为|是)|由[^。;]{0,6}构成")
"""Words between two sums that make the first the total of what follows."""
_CHANGED = re.compile(
    r"\s*,?(?:后|现|又|并)?(?:申请执行人)?[^,。;\d]{0,8}(?:变更|调整|减少|减|增加|更正|补正|修改|降低?)[^,。;\d]{0,8}(?:为|至|到)[^,。;\d]{0,6}$"
)
"""Words between two sums by which the second stands in place of the first: 由500元变更为400元."""
_LABELLED = re.compile(r"标的")
_JOINT = re.compile(r"均|全部|都|一并|上述|以上|合计|共")
_LEFT_OVER = re.compile(r"余额|剩余|尚有|结余|仅余|冻结|另|未|不")
_SHARED = frozenset({"claim", "paid", "outstanding"})
_OPEN = frozenset({"balance", "other", "price"})
_MOST = 30
"""Parts of a total at most."""


def share_roles(flat: str, sums: Sequence[Sum], ordered: int) -> tuple[list[Sum], list[str]]:
    """The sums with the role of the whole where they are its parts or total, and sentences on what does not add up.

    Sums from `ordered` on stand in the operative part, where nothing was paid.
    """
    found = _governed(flat, list(sums), ordered)
    notes: list[str] = []
    taken: dict[int, int] = {}
    for at, one in enumerate(found):
        if at and found[at - 1].role in _SHARED and _CHANGED.match(flat[found[at - 1].end : one.start]):
            one = found[at] = one._replace(role=found[at - 1].role, total=found[at - 1].total)
            found[at - 1] = found[at - 1]._replace(role="other", total=False)
        before = flat[_before(found, at) : one.start]
        stated = _TOTAL.search(before) is not None
        if at and (stated or (_SUMMED.search(before) and _parts(found, at, taken))):
            notes += _take_total(flat, found, at, taken)
        elif at + 1 < len(found) and one.role in _SHARED and _divides(flat, one, found[at + 1]):
            found[at] = one._replace(total=True)
            taken[at] = at
    return found, notes + _unsummed(flat, found, taken)


def _before(found: list[Sum], at: int) -> int:
    """Where the sum before ends, at most some words back."""
    return max(found[at - 1].end if at else 0, found[at].start - 30)


def _divides(flat: str, one: Sum, following: Sum) -> bool:
    between = flat[one.end : following.start]
    return len(between) <= 40 and not re.search(r"[。\n;]", between) and _DIVIDES.search(between) is not None


def _governed(flat: str, found: list[Sum], ordered: int) -> list[Sum]:
    """Sums of an enumeration that one seizure governs: 扣划甲存款1元,乙存款2元; 存款1元、余额2元,均已扣划."""
    for at in range(len(found) - 2, -1, -1):
        one, following = found[at], found[at + 1]
        between = flat[one.end : following.start]
        behind = following.behind and one.role in _OPEN and not one.verb and not re.search(r"[。\n;]", between)
        if behind and (re.match(r"\s*[、和及]", between) or _JOINT.search(_clause_behind(flat, following))):
            found[at] = one._replace(role="paid", verb=True, behind=True)
    for at in range(1, len(found)):
        before, one = found[at - 1], found[at]
        between = flat[before.end : one.start]
        listed = re.match(r"\s*[,、]", between) and not re.search(r"[。\n;]", between) and one.start < ordered
        seized = before.role == "paid" and before.verb and not before.total and not before.behind
        if seized and listed and one.role == "balance" and not one.verb and not _LEFT_OVER.search(between):
            found[at] = one._replace(role="paid", verb=True)
    return found


def _clause_behind(flat: str, one: Sum) -> str:
    """The comma clause right behind a sum."""
    found = re.compile(r",?[^,。;\n]*").match(flat, one.end)
    return found.group() if found else ""


def _take_total(flat: str, found: list[Sum], at: int, taken: dict[int, int]) -> list[str]:
    """Give a total the role of its parts, and its parts their common role; a sentence where they do not add up."""
    one = found[at]
    parts = _parts(found, at, taken)
    exact = parts is not None
    if parts is None:
        parts = _listed(flat, found, at, taken)
    if len(parts) < 2:
        return []
    whole = found[parts[0]]
    if one.verb and one.role in _SHARED and (one.role != "claim" or whole.role not in _SHARED):
        role = one.role
    elif whole.role in _SHARED:
        role = whole.role
    else:
        roles = {found[part].role for part in parts}
        role = next((role for role in ("claim", "paid", "outstanding") if role in roles), one.role)
    if role not in _SHARED:
        return []
    taken[at] = parts[0]
    found[at] = one._replace(role=role, total=True, said=min(one.said, one.start))
    for part in parts:
        paid = role == "paid" and found[part].role in _OPEN
        found[part] = found[part]._replace(role=role if paid else found[part].role, total=False)
    if exact or role == "paid":  # payments that do not add up are told where all of them are known
        return []
    sums = sum(found[part].fen for part in parts)
    summed, stated = format_exact_yuan(sums), format_exact_yuan(one.fen)
    return [f"所列各项之和 {summed} 元与合计 {stated} 元不符，按合计读取，待核对。"]


def _parts(found: list[Sum], at: int, taken: dict[int, int]) -> list[int] | None:
    """The sums right before a total that add up to it, across sentences; None where none do."""
    left, first, parts = found[at].fen, at, list[int]()
    while left > 0 and first and len(parts) < _MOST:
        part = first - 1
        # A total among the parts stands for its own.
        first = taken.get(part, part)
        if first == part and part in taken:
            return None
        parts.append(part)
        left -= found[part].fen
    while left == 0 and first and found[first - 1].fen == 0 and found[first].fen == 0:
        first -= 1
        parts.append(first)
    return parts[::-1] if left == 0 and len(parts) >= 2 else None


def _listed(flat: str, found: list[Sum], at: int, taken: dict[int, int]) -> list[int]:
    """The sums before a total within its sentence that an enumeration holds together."""
    first = at
    while first and not re.search(r"[。\n;]", flat[found[first - 1].end : found[first].start]):
        before = found[first - 1]
        if first - 1 in taken or (first < at and before.role in _SHARED - {found[first].role} and found[first].verb):
            break
        first -= 1
    return list(range(first, at))


def _unsummed(flat: str, found: list[Sum], taken: dict[int, int]) -> list[str]:
    """A sentence where a claim is listed item by item and no total is stated."""
    if any(found[at].role == "claim" for at in taken):
        return []
    for at, one in enumerate(found[:-1]):
        sentence = max(flat.rfind(stop, 0, one.start) for stop in "。;\n") + 1
        following = found[at + 1]
        between = flat[one.end : following.start]
        if (
            one.role == "claim"
            and one.verb
            and _LABELLED.search(flat[max(sentence, found[at - 1].end if at else 0) : one.start])
            and following.role in {"interest", "fee"}
            and len(between) <= 20
            and not re.search(r"[。\n]|执行费|撤回|放弃|不含|已|未|尚|另|负担|其中|包括|交", between)
        ):
            return ["执行标的分项列明而未写合计，标的金额只计其中的本金等债权，利息、费用未计入，待核对。"]
    return []
