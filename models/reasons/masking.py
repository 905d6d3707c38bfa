"""Masking of personal values wherever a person reads them: names, numbers of people and cards, phones, plates."""

from __future__ import annotations

import re

from features.schema.sources import COVERAGE_LABELS

_COMPANY = re.compile(
    r"公司|集团|合作社|事务所|商行|商店|经营部|工作室|银行|信用社|中心|工厂|^..+[厂店行部社局院会所处站]$"
)
_CITIZEN = re.compile(r"(?<![0-9A-Za-z])(\d{6})\d{8}(\d{3}[0-9Xx])(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z])(\d{4})\d{3,23}(\d{4})(?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9A-Za-z])(\d{3})\d{4}(\d{4})(?![0-9A-Za-z])")
_USCC_CHARS = "[0-9A-HJ-NP-RTUWXY]"
_USCC = re.compile(rf"(?<![0-9A-Za-z])({_USCC_CHARS}{{4}}){_USCC_CHARS}{{10}}({_USCC_CHARS}{{4}})(?![0-9A-Za-z])")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(rf"([{_PROVINCES}][A-Z])[·•‧∙⋅・.\-—_ ]?[A-Z0-9]{{2,4}}([A-Z0-9]{{2}}[学警挂领港澳]?)")
_NAME = re.compile(r"[\u4e00-\u9fff·]{2,}")
_CASE_NO = re.compile(
    r"[（(]\d{4}[）)][\u4e00-\u9fff]{1,2}\d{0,6}[\u4e00-\u9fff]{1,10}\d+(-\d+)?号(之[一二三四五六七八九十百零〇\d]+)?"
)
_THING = re.compile(r"([\u4e00-\u9fff]{2,6}) ([0-9A-Za-z\-]+)")
"""An asset as its kind and its number."""
_OPEN = frozenset(("申请执行人", "被执行人", "当事人", "利害关系人", "案外人", "申请执行人亲属", "数据完备度"))
"""Roles in a case; they identify nobody."""
_COMPOUND = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "令狐",
    "司徒",
    "夏侯",
    "端木",
    "慕容",
    "南宫",
)


def mask_numbers(text: str) -> str:
    """Mask every identity number, card, phone and plate inside a text; other words stay.

    >>> mask_numbers("转入 990001198001010019，卡 9900123412342346，车 浙Z99912")
    '转入 990001********0019，卡 9900****2346，车 浙Z·***12'
    """
    text = _CITIZEN.sub(r"\1********\2", text)
    text = _CARD.sub(_card, text)
    text = _PLATE.sub(_plate, text)
    return _USCC.sub(_uscc, text)


def mask_name(name: str) -> str:
    """Mask a person's name (the surname stays) or a company's (two characters at each end stay).

    >>> mask_name("张测试"), mask_name("欧阳测试"), mask_name("浙江测试贸易有限公司")
    ('张*', '欧阳*', '浙江****公司')
    """
    name = name.strip()
    if len(name) <= 1:
        return name
    if _COMPANY.search(name) or len(name) > 5:
        return f"{name[:2]}****{name[-2:]}" if len(name) > 4 else f"{name[:1]}****{name[-1:]}"
    return f"{name[:2]}*" if name.startswith(_COMPOUND) and len(name) > 2 else f"{name[:1]}*"


def mask_who(value: str | None) -> str:
    """Mask whatever names the other side of a fact: a person, a company, a number or a plate.

    Case numbers and roles in the case (被执行人 …) identify nobody and stay; the code of a source becomes its label.

    >>> mask_who("张测试"), mask_who("990001198001010019"), mask_who("浙Z99912"), mask_who(None)
    ('张*', '990001********0019', '浙Z·***12', '（未载明）')
    >>> mask_who("（2023）浙9901执14265号"), mask_who("RE"), mask_who("不动产 DY99000110")
    ('（2023）浙9901执14265号', '不动产登记', '不动产 DY****10')
    >>> mask_who("（2014）浙虚执民字第7-1号")
    '（2014）浙虚执民字第7-1号'
    """
    value = (value or "").strip()
    if not value:
        return "（未载明）"
    if value in COVERAGE_LABELS:
        return COVERAGE_LABELS[value]
    if value in _OPEN or _CASE_NO.fullmatch(value):
        return value
    masked = mask_numbers(value)
    if masked != value:
        return masked
    if thing := _THING.fullmatch(value):
        return f"{thing.group(1)} {_tail(thing.group(2))}"
    return mask_name(value) if _NAME.search(value) or re.search(r"[A-Za-z]{2,} ?[A-Za-z]", value) else _tail(value)


def _card(found: re.Match[str]) -> str:
    if len(found.group(0)) == 11:
        return _PHONE.sub(r"\1****\2", found.group(0))
    return f"{found.group(1)}****{found.group(2)}"


def _plate(found: re.Match[str]) -> str:
    hidden = len(found.group(0).replace("·", "")) - 2 - len(found.group(2))
    return f"{found.group(1)}·{'*' * hidden}{found.group(2)}"


def _uscc(found: re.Match[str]) -> str:
    whole = found.group(0)
    return whole if whole.isalpha() else f"{found.group(1)}**********{found.group(2)}"


def _tail(value: str) -> str:
    return f"{value[:2]}****{value[-2:]}" if len(value) > 6 else value
