"""Find dates in every style of a ruling and classify each by role; an application is never taken for a filing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from features.intake.ruling.document import Event
from features.intake.ruling.measures import waits_behind
from features.intake.ruling.plain import make_quote, operative_part, parse_numeral, sentence_bounds

ROLES = {
    "birth": "出生",
    "period_start": "期限起",
    "period_end": "期限止",
    "resume_applied": "申请恢复执行",
    "withdrawn": "撤回申请",
    "applied": "申请执行",
    "suit_filed": "起诉或诉讼立案",
    "filed": "立案",
    "noticed": "发出执行通知",
    "queried": "网络查询",
    "terminated": "终结本次执行程序",
    "ended": "终结执行",
    "resumed": "恢复执行",
    "ruled": "裁定",
    "sealed": "查封",
    "queued": "轮候查封、扣押或冻结",
    "detained": "扣押",
    "frozen": "冻结",
    "deducted": "划拨",
    "limited": "限制消费",
    "dishonest": "纳入失信名单",
    "searched": "搜查",
    "visited": "走访调查",
    "reported": "申报财产",
    "interviewed": "终本约谈",
    "settled": "和解",
    "paid": "履行",
    "auctioned": "拍卖",
    "died": "死亡",
    "effective": "生效",
    "served": "送达",
    "decided": "作出执行依据",
    "other": "其他",
}
"""Role of a date and its 中文 name."""

_NOUGHT = "〇OoОо0Οο"
"""Characters written in place of 〇: the digit 0 and the letter O of three alphabets."""
_ONE = "一—―ー"
"""Signs written for 一: dashes of the same width."""
_Y = rf"[{_NOUGHT}{_ONE}\d二三四五六七八九壹贰叁肆伍陆柒捌玖]"
_YEAR = (
    rf"\d{{4}}|\d\s\d\s\d\s\d|(?=[^年]{{0,12}}[{_NOUGHT}{_ONE}二三四五六七八九壹贰叁肆伍陆柒捌玖]){_Y}(?:\s*{_Y}){{3}}"
)
_C = r"[〇一二三四五六七八九十廿卄卅元壹贰叁肆伍陆柒捌玖拾]"
_MONTH = rf"\d\s?\d?|{_C}(?:\s*{_C})?"
_DAY = rf"\d\s?\d?|{_C}(?:\s*{_C}){{0,2}}"
_FULL = re.compile(
    rf"(?<!\d)(?P<y>{_YEAR})\s*年\s*(?P<m>{_MONTH})\s*月\s*(?P<d>{_DAY})\s*[日号]"
    r"|(?<![\d.])(?P<y2>(?:19|20)\d{2})(?P<sep>[-/.])(?P<m2>\d{1,2})(?P=sep)(?P<d2>\d{1,2})(?![\d.元])"
    rf"|(?P<rel>(?:同|当|次|翌|第二)年)\s*(?P<m3>{_MONTH})\s*月\s*(?P<d3>{_DAY})\s*日"
    rf"|(?P<mon>[同当]月)\s*(?P<d4>{_DAY})\s*日"
    r"|(?P<same>同日|当日|当天|同一天)|(?P<next>次日|翌日)"
    r"|(?P<short>(?<!\d)\d{2}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日)"
    rf"|(?<![\d年月十])(?P<m5>\d{{1,2}}|十[一二]|{_C})\s*月\s*(?P<d5>{_DAY})\s*日"
)
_SIGNS = str.maketrans(
    {**dict.fromkeys(_NOUGHT, "〇"), **dict.fromkeys(_ONE, "一"), "元": "一", "廿": "二十", "卄": "二十", "卅": "三十"}
)
_ARABIC = str.maketrans("123456789", "一二三四五六七八九")

# Tried from the date onwards; the one that starts nearest wins, and on a tie the one that stands first here.
_AFTER = (
    ("birth", r"\s*(?:出)?生(?!效)"),
    ("period_end", r"\s*(?:止|届满|到期)"),
    ("period_start", r"\s*起(?!诉)"),
    ("resume_applied", r"(?:申请|请求|要求)[^,]{0,6}恢复|恢复执行申请"),
    ("withdrawn", r"撤回|不再要求|放弃|(?:申请|请求)[^,]{0,12}(?:终结|撤销)"),
    (
        "applied",
        r"申请(?:法院)?(?:强制)?执行(?!人|通知|费|标的|的)|(?<!的)申请[^,]{0,6}立案|立案申请|立案材料|执行申请|强制执行的?申请"
        r"|执行申请书|申请执行书|(?:提交|递交)[^,]{0,10}立案|收到[^,]{0,30}(?:执行申请|申请执行)",
    ),
    ("suit_filed", r"起诉|诉至|提起诉讼"),
    ("filed", r"立案|受理(?!费)"),
    ("noticed", r"执行通知"),
    ("terminated", r"终结[^,]{0,20}本次执行|终本"),
    ("resumed", r"恢复[^,]{0,12}执行"),
    ("ended", r"终结[^,]{0,20}执行"),
    ("queued", r"轮[候侯][^,。;、]{0,8}(?:查封|冻结|扣押)"),
    ("deducted", r"划拨|扣划|扣留|提取"),
    ("frozen", r"冻结"),
    ("sealed", r"查封"),
    ("detained", r"扣押"),
    ("queried", r"查控|总对总|点对点|网络查询|查询"),
    ("dishonest", r"失信"),
    ("limited", r"限制(?:高)?消费|限制高消费|限高"),
    ("searched", r"搜查"),
    ("visited", r"走访|实地|前往|赴"),
    ("reported", r"申报财产|报告财产"),
    ("interviewed", r"约谈|告知申请执行人"),
    ("settled", r"和解"),
    ("auctioned", r"拍卖|变卖"),
    ("died", r"死亡|去世|病故"),
    ("effective", r"(?:发生法律效力|生效)(?!的|法律|判决|裁|调解|民事|行政|刑事|文书)"),
    ("served", r"送达(?![^,]{0,12}(?:执行通知|报告财产令))"),
    ("decided", r"作出(?!的)"),
    ("paid", r"(?<![不未])履行|支付|缴纳|给付|偿还|汇入"),
)
_ROLE_AFTER = tuple((role, re.compile(pattern)) for role, pattern in _AFTER)
_ADJACENT = {"birth", "period_end", "period_start"}
_ROLE_BEFORE = (
    ("birth", re.compile(r"(?:出生于|(?<![一-鿿])生于|出生(?:日期|年月日?|时间)|生日)[为是:]{0,2}\s*$")),
    ("applied", re.compile(r"(?:申请(?:强制)?执行|申请)的?(?:之日|日期|时间|日)[为是:]?\s*$")),
    ("applied", re.compile(r"(?:申请|提交|递交)[^,。]{0,8}立案[^,。]{0,4}[为是:于]{0,2}\s*$")),
    ("filed", re.compile(r"(?:立案|受理)(?:执行)?(?:之日|日期|时间|日)?[为是:于]{0,2}\s*$")),
    ("noticed", re.compile(r"执行通知书?[^,。]{0,6}(?:日期|时间|日)[为是:]?\s*$")),
    ("terminated", re.compile(r"终结本次执行程序的?(?:日期|时间|日)[为是:]?\s*$")),
    ("resumed", re.compile(r"恢复执行的?(?:日期|时间|日)[为是:]?\s*$")),
    ("period_end", re.compile(r"[至到]\s*$")),
)
_JUDGE = re.compile(r"(?:审\s*判\s*[员长]|执\s*行\s*[员长]|陪\s*审\s*员)[^\n。;:]{0,24}\s*$")
_ASKED = re.compile(r"申请(?!执行人|人)(?!(?:依法)?(?:立案|受理))")
_SUIT = re.compile(r"[^。;]{0,60}?(?:审理|判决|民初|民终|调解书|原告)")
_CLERK = re.compile(
    r"\s*(?:法\s*官\s*助\s*理|(?:代\s*)?(?:理\s*)?书\s*记\s*员|执\s*行\s*[员长]|审\s*判\s*[员长]|(?:人\s*民\s*)?陪\s*审\s*员|本\s*件\s*与\s*原\s*本)"
)

_UNSIGNED = re.compile(r"(?<=\n)[^\n,。;:]{0,12}年[^\n,。;:]{0,8}月[^\n,。;:]{0,8}")
"""A line under a ruling that looks like a date."""


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as it stands in the text: bounds, the day, and whether part of it was left out."""

    start: int
    end: int
    day: date
    elided: bool


def find_dates(flat: str) -> tuple[tuple[DateMention, ...], tuple[str, ...]]:
    """Every date of the plain text in order, and sentences on those that do not exist or lack a year."""
    found: list[DateMention] = []
    unread: list[str] = []
    for match in _FULL.finditer(flat):
        if match["short"]:
            unread.append(f"日期“{match[0]}”的年份只写了两位，未采用。")
            continue
        last = found[-1].day if found else None
        if last is None and not (match["y"] or match["y2"]):
            if not (match["same"] or match["next"]):
                unread.append(f"日期“{match[0]}”没有写明年份，前文也没有可以参照的日期。")
            continue
        try:
            day = _day(match, last or date.min)
        except ValueError:
            unread.append(f"日期“{match[0].strip()}”不存在，未采用。")
            continue
        found.append(DateMention(*match.span(), day, not (match["y"] or match["y2"])))
    return tuple(found), tuple(unread)


def find_events(text: str, flat: str, *, own: str | None) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Dated events in the order of the text; `own` is the role that the day of the ruling has besides."""
    dates, unread = find_dates(flat)
    signed = _signature(flat, dates)
    events = []
    for position, found in enumerate(dates):
        limit = dates[position + 1].start if position + 1 < len(dates) else len(flat)
        floor = dates[position - 1].end if position else 0
        role, left, right = ("ruled", found.start, found.end) if found is signed else _role(flat, found, floor, limit)
        events.append(Event(role, found.day, found.elided, False, make_quote(text, left, right)))
        if found is signed and own:
            events.append(Event(own, found.day, found.elided, False, make_quote(text, left, right)))
    if signed is None:
        unread = (*unread, *_unread_signature(flat))
    return _mark_earlier_enforcement(events, signed.day if signed else None), unread


def _day(match: re.Match[str], last: date) -> date:
    """The day meant; ValueError when there is no such day."""
    if match["same"]:
        return last
    if match["next"]:
        return last + timedelta(days=1)
    years = {"同年": 0, "当年": 0, "次年": 1, "翌年": 1, "第二年": 1}
    year = _numeral(match["y"] or match["y2"]) if match["y"] or match["y2"] else last.year
    if match["rel"]:
        year = last.year + years[match["rel"]]
    month = last.month if match["mon"] else _numeral(match["m"] or match["m2"] or match["m3"] or match["m5"])
    day = _numeral(match["d"] or match["d2"] or match["d3"] or match["d4"] or match["d5"])
    if year is None or month is None or day is None:
        raise ValueError(match[0])
    return date(year, month, day)


def _numeral(written: str) -> int | None:
    """Value of a year, month or day as clerks write it: 二O一八, 二 〇 一 九, 廿一, 元."""
    tight = re.sub(r"\s+", "", written)
    return parse_numeral(tight if tight.isascii() and tight.isdigit() else tight.translate(_SIGNS).translate(_ARABIC))


def _signature(flat: str, dates: tuple[DateMention, ...]) -> DateMention | None:
    """The date under the ruling: after the operative part, before the clerk's name or at the very end."""
    operative = operative_part(flat)
    for found in reversed(dates):
        if found.elided or (operative and found.start < operative.start()):
            continue
        if _CLERK.match(flat, found.end) or _JUDGE.search(flat[max(0, found.start - 60) : found.start]):
            return found
        if len(flat) - found.end <= 30 and not re.search(
            r"[一-鿿]{2}", re.sub(r"\s*书\s*记\s*员.*", "", flat[found.end :])
        ):
            return found
    return None


def _unread_signature(flat: str) -> tuple[str, ...]:
    """A sentence on a date under the ruling that is none (二口二三年九月十二日, 年 月 日)."""
    operative = operative_part(flat)
    found = _UNSIGNED.search(flat, operative.end()) if operative else None
    written = " ".join(found[0].split()) if found else ""
    return (f"落款日期“{written}”无法读出，裁定日期未知。",) if written else ()


def _role(flat: str, found: DateMention, floor: int, limit: int) -> tuple[str, int, int]:
    """Role of a date and the bounds of the words that say so."""
    left, right = sentence_bounds(flat, found.start, found.end)
    left, right = max(left, floor), min(right, limit)
    before = flat[left : found.start]
    for role, pattern in _ROLE_BEFORE:
        if matched := pattern.search(before):
            return role, left + matched.start(), found.end
    # The words up to the next comma speak of this date; a comma right behind the date is no end.
    clause = _clause(flat, found.end, right)
    said_at = _nearest_role(clause)
    if said_at is None:
        # An application may be mentioned one comma further on; other roles are not searched that far.
        following = _clause(flat, found.end, right, commas=2)
        said_at = _nearest_role(following)
        if said_at is None or said_at[0] not in {"applied", "resume_applied", "withdrawn"}:
            return "other", found.start, found.end
    role, at, end = said_at
    if role in ("sealed", "frozen", "detained") and waits_behind(flat, found.end + end):
        role = "queued"
    if role == "filed":
        rest = flat[found.end + end : sentence_bounds(flat, found.start, found.end)[1]]
        if any(asked.start() < at for asked in _ASKED.finditer(clause)):
            role = "applied"
        elif "执行" not in clause and _SUIT.match(rest):
            role = "suit_filed"
    return role, _clause_start(flat, left, found.start), found.end + end


def _clause(flat: str, start: int, right: int, commas: int = 1) -> str:
    """The words behind a date up to the next comma; a comma right behind the date is no end."""
    comma = start - 1
    while commas:
        comma = flat.find(",", comma + 1, right)
        if comma < 0:
            return flat[start:right]
        commas -= bool(flat[start:comma].strip())
    return flat[start:comma]


def _nearest_role(clause: str) -> tuple[str, int, int] | None:
    """The role whose words start nearest to the date, with their bounds in the clause."""
    rows = []
    for rank, (role, pattern) in enumerate(_ROLE_AFTER):
        found = pattern.match(clause) if role in _ADJACENT else pattern.search(clause)
        if found:
            rows.append((found.start(), rank, role, found.end()))
    if not rows:
        return None
    at, _, role, end = min(rows)
    return role, at, end


def _clause_start(flat: str, left: int, start: int) -> int:
    """Start of the comma clause in which the date stands."""
    return max(left, flat.rfind(",", left, start) + 1)


def _mark_earlier_enforcement(events: list[Event], ruled: date | None) -> tuple[Event, ...]:
    """Mark events of an earlier enforcement: all up to a termination that a resumption or new filing follows."""
    anew = [event.day for event in events if event.role in {"resumed", "resume_applied", "filed", "applied"}]
    recited = [
        event.day
        for event in events
        if event.role == "terminated" and event.day != ruled and any(day > event.day for day in anew)
    ]
    if not recited:
        return tuple(events)
    last = max(recited)
    carried = {"birth", "suit_filed", "decided", "effective", "period_start", "period_end"}
    return tuple(
        replace(event, previous=True) if event.day <= last and event.role not in carried else event for event in events
    )
