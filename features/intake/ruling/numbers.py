"""Find case numbers in every bracket style and classify each by its role (docs/domain.md section 4.1)."""

from __future__ import annotations

import re
from dataclasses import replace

from features.intake.ruling.document import CaseNumber
from features.intake.ruling.plain import make_quote, parse_numeral, sentence_bounds
from features.rules.case_numbers import CASE_TYPES, RESUMED, old_court_and_kind

PROVINCES = {
    "京": 11,
    "津": 12,
    "冀": 13,
    "晋": 14,
    "内": 15,
    "辽": 21,
    "吉": 22,
    "黑": 23,
    "沪": 31,
    "苏": 32,
    "浙": 33,
    "皖": 34,
    "闽": 35,
    "赣": 36,
    "鲁": 37,
    "豫": 41,
    "鄂": 42,
    "湘": 43,
    "粤": 44,
    "桂": 45,
    "琼": 46,
    "渝": 50,
    "川": 51,
    "黔": 52,
    "云": 53,
    "藏": 54,
    "陕": 61,
    "甘": 62,
    "青": 63,
    "宁": 64,
    "新": 65,
}
"""First character of a court code and the first two digits of its division (GB/T 2260)."""

_DOCUMENT = r"\s*之\s*(?:[一二三四五六七八九十百零〇]+|\d+)"
_YEAR = r"(?P<year>\d{4}|[〇一二三四五六七八九]{4})"
_LIST = r"(?P<list>(?:\s*[、,和及与]\s*\d+(?!\d*\s*号?\s*[年月日元条]))+)?"
"""Further serials of cases decided together: 执12、13、14号."""
_SERIAL = rf"(?P<no>\d+(?:-\d+)?){_LIST}(?P<within>{_DOCUMENT})?\s*号(?P<suffix>{_DOCUMENT})?"
_NEW = re.compile(
    rf"\(\s*{_YEAR}\s*年?\s*\)\s*(?P<court>最高法|[内军兵" + "".join(PROVINCES) + r"](?:\s*\d){0,4})\s*"
    rf"(?P<words>(?:(?!字\s*第?\s*\d)[\u4e00-\u9fff]){{1,4}}?)\s*{_SERIAL}"
)
_OLD = re.compile(
    rf"\(\s*{_YEAR}\s*年?\s*\)\s*(?P<words>[\u4e00-\u9fff](?:\s*[\u4e00-\u9fff]){{0,9}}?)\s*字\s*第?\s*" + _SERIAL
)
_HEAD = re.compile(r"申请执行人|被执行人|申请人")
_OPERATIVE = re.compile(r"裁定如下|裁定:")

_EARLIER = re.compile(r"原(?:执行)?(?:案件?)?(?:案?号)?[:为是(]*\s*$|(?:恢复|首次)[^\n]{0,6}$")
"""Words before a number of the head that make it that of an earlier enforcement."""
_UNRELATED = re.compile(r"另案|他案|别案|另[一有外]|其[他它][^,。;]{0,8}案|关联案件|系列案")
_ONCE = re.compile(r"恢复|原|终结|终本|曾|首次|此前|前次|上次|之前|先前|重新|再次")
"""Words by which a first enforcement names one before it."""
_MORE = re.compile(r"\s*(?:[、,和及与至到~]\s*(?:第\s*)?\d+(?:-\d+)?\s*号?)+")
"""Further serials behind the own number: （2023）浙9901执12号、13号."""


def find_numbers(text: str, flat: str) -> tuple[CaseNumber, ...]:
    """Every case number of the text at its first mention, with its role; `flat` is its plain text."""
    found = [_number(text, match, form) for form in (_NEW, _OLD) for match in form.finditer(flat)]
    found = [number for number in found if number.type]
    found.sort(key=lambda number: number.quote.start)
    first = {(number.number, number.suffix): number for number in reversed(_with_roles(flat, found))}
    return tuple(sorted(first.values(), key=lambda number: number.quote.start))


def _number(text: str, match: re.Match[str], form: re.Pattern[str]) -> CaseNumber:
    """A number found by one of the two forms; blanks and line breaks inside it are no part of it."""
    words = _tight(match["words"])
    court, kind, joint = (_tight(match["court"]), words, "") if form is _NEW else (*old_court_and_kind(words), "字第")
    year = parse_numeral(match["year"]) or 0
    # Since 2016 the serial has no part: 1018-1 is the first paper of the case 1018, as 1018号之一.
    serial, _, paper = match["no"].partition("-") if form is _NEW else (match["no"], "", "")
    return CaseNumber(
        number=f"（{year}）{court}{kind}{joint}{serial}号",
        suffix=_tight(match["suffix"] or match["within"] or (f"之{paper}" if paper else "")),
        year=year,
        court=court,
        type=kind,
        role="other",
        quote=make_quote(text, *match.span()),
    )


def division(court: str) -> str:
    """Six-digit division of a court code: 浙0683 -> 330683, 浙06 -> 330600; "" where the code does not say.

    >>> division("浙9901"), division("浙06"), division("浙"), division("最高法")
    ('339901', '330600', '330000', '')
    """
    province = PROVINCES.get(court[:1])
    digits = court[1:]
    return f"{province}{digits:0<4}" if province and (not digits or digits.isdigit()) else ""


def enforces(number: CaseNumber) -> bool:
    """Whether it is the number of an enforcement case (执, 执恢), not of a preservation or an objection."""
    return CASE_TYPES.get(number.type) in {"first", "resumed"} or re.search(RESUMED, number.type) is not None


def other_cases(flat: str, own: str) -> list[tuple[int, int]]:
    """Where numbers of enforcement cases other than `own` stand; none without `own`, or where that is no enforcement.

    A ruling on an objection speaks of the enforcement it is about.
    """
    found = [_number(flat, match, form) for form in (_NEW, _OLD) for match in form.finditer(flat)]
    if not any(number.number == own and enforces(number) for number in found):
        return []
    return [(number.quote.start, number.quote.end) for number in found if number.number != own and enforces(number)]


def _tight(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _with_roles(flat: str, found: list[CaseNumber]) -> tuple[CaseNumber, ...]:
    this = _this(flat, found)
    joint = {number.number for number in _joint(flat, found, this)}
    rows = []
    for number in found:
        if this and number.number == this.number:
            role = "this"
        elif number.number in joint or (enforces(number) and _of_another(flat, number, this)):
            role = "other"
        elif number.type in {"执保", "财保"} or "保" in number.type:
            role = "preservation"
        elif enforces(number):
            role = "previous"
        elif number.type.startswith(("民", "行", "刑", "商", "经", "知", "破", "仲", "法赔")) or "赔" in number.type:
            role = "basis"
        else:
            role = "other"
        rows.append(replace(number, role=role))
    return tuple(rows)


def _of_another(flat: str, number: CaseNumber, this: CaseNumber | None) -> bool:
    """Whether a number is that of an unrelated enforcement: so called, or not called an earlier one."""
    left, right = sentence_bounds(flat, number.quote.start, number.quote.end)
    before = flat[left : number.quote.start]
    if _UNRELATED.search(before) and not re.search(r"本案|原执行案", before):
        return True
    first = this is not None and CASE_TYPES.get(this.type) == "first"
    return first and not _ONCE.search(flat[left:right])


def _joint(flat: str, found: list[CaseNumber], this: CaseNumber | None) -> list[CaseNumber]:
    """Enforcements that the head names beside the own number: cases decided together, none of them an earlier one."""
    head = _HEAD.search(flat)
    if head is None or this is None or this.quote.start > head.start():
        return []
    return [
        number
        for number in found
        if number.number != this.number
        and enforces(number)
        and number.quote.end <= head.start()
        and not _EARLIER.search(flat[max(0, number.quote.start - 12) : number.quote.start])
    ]


def doubtful_numbers(flat: str, numbers: tuple[CaseNumber, ...]) -> list[str]:
    """Sentences on a head that names more cases than one, or may: 执12号、执13号; 执12、13号; 执12-14号."""
    this = next((number for number in numbers if number.role == "this"), None)
    if this is None:
        return []
    joint = _joint(flat, list(numbers), this)
    head = _HEAD.search(flat)
    more = _MORE.match(flat, this.quote.end, head.start() if head else this.quote.end)
    if joint or more:
        named = "、".join(number.number for number in joint) or (more.group().strip("、,和及与 ") if more else "")
        said = f"裁定书首部除本案案号外还有“{named}”，像是几案合并裁定，只按 {this.number} 记录，"
        said += "其余未记录，金额是否为合计待核对。"
        return [said]
    if re.search(r"\d\s*[、,和及与，]\s*\d", this.quote.text):
        return [f"案号“{this.quote.text}”是几个案号，只按 {this.number} 记录，其余未记录，金额是否为合计待核对。"]
    ranged = re.match(r"之(\d+)$", this.suffix)
    serial = re.search(r"(\d+)号$", this.number)
    if ranged and serial and int(ranged[1]) > int(serial[1]) and "-" in this.quote.text:
        return [f"案号“{this.quote.text}”像是几个连续的案号，只按 {this.number} 记录，其余未记录，待核对。"]
    return []


def _this(flat: str, found: list[CaseNumber]) -> CaseNumber | None:
    """The ruling's own number: at its head, else in its operative part, else the only one of an enforcement."""
    own = [number for number in found if "执" in number.type]
    head = _HEAD.search(flat)
    if head:
        for number in own:
            if number.quote.end <= head.start():
                return number
    operative = _OPERATIVE.search(flat)
    if operative:
        for number in own:
            if number.quote.start >= operative.end():
                return number
    distinct = {number.number for number in own if enforces(number)}
    return own[0] if len(distinct) == 1 and enforces(own[0]) else None
