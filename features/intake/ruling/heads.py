"""Lines that stand by themselves at the head and foot of a paper of a court: court, title, case number, signatures."""

from __future__ import annotations

import re

_COURT = (
    r"(?:中华人民共和国)?最高人民法院"
    r"|[一-鿿]{2,24}?(?:人民法院|海事法院|铁路运输(?:中级)?法院|知识产权法院|金融法院|互联网法院)"
)
_PAPERS = (
    r"裁定书|判决书|调解书|决定书|通知书|告知书|委托书|建议函|协助执行书|财产令|消费令|执行令|支付令|搜查令|拘留票|传票|公告|笔录|证明书"
    r"|送达回证|执行证书|公证书|结案报告"
)
_WITHIN = r"(?:之(?:[一二三四五六七八九十百〇]+|\d+))?"
_NUMBER = (
    rf"\((?:\d{{4}}|[〇一二三四五六七八九]{{4}})年?\)[一-鿿\d]{{1,16}}?字?第?"
    rf"\d+(?:-\d+)?(?:[、,]\d+)*{_WITHIN}号{_WITHIN}"
)
_TITLE = rf"(?:执行|民事|行政|刑事|刑事附带民事|限制|报告|协助|履行|查封|公证|劳动)*[一-鿿]{{0,6}}?(?P<paper>{_PAPERS})"
_HEADING = re.compile(rf"(?P<court>{_COURT})?(?:(?P<title>{_TITLE}))?(?P<number>{_NUMBER})?(?:正本|副本)?")
_ROLE = re.compile(
    r"申请执行人|被执行人|移送执行|异议人|案外人|申诉人|(?:申请)?复议(?:申请)?人|申请人|利害关系人|第三人"
)
_SIGNED = re.compile(
    r"(?:代理?|助理|人民)*(?:审判长|审判员|执行长|执行员|陪审员|书记员|法官助理)[:：]?[一-鿿·]{0,8}"
    r"|[〇O零一二三四五六七八九\d]{4}年[一二三四五六七八九十元\d]{1,3}月[一二三四五六七八九十廿卅\d]{1,4}日"
)
_LONGEST = 120
"""Characters beyond which no line is a heading."""


def tight(flat: str) -> str:
    """A line of plain text without its blanks."""
    return re.sub(r"\s+", "", flat)


def heading(flat: str) -> re.Match[str] | None:
    """Court, title and number (groups `court`, `title`, `paper`, `number`) where a line says nothing else.

    A number may be followed by the first party on the same line.
    """
    line = tight(flat[:_LONGEST])
    found = _HEADING.fullmatch(line) if line and len(flat) <= _LONGEST else None
    if found is None and (role := _ROLE.search(line)) and role.start():
        found = _HEADING.fullmatch(line[: role.start()])
        found = found if found and found["number"] else None
    return found


def is_heading(flat: str) -> bool:
    """Whether a line is a whole court, title or number."""
    return len(flat) <= _LONGEST and bool(tight(flat)) and _HEADING.fullmatch(tight(flat)) is not None


def is_signature(flat: str) -> bool:
    """Whether a line is signed by a judge or clerk, or is a date alone."""
    return _SIGNED.fullmatch(tight(flat)) is not None
