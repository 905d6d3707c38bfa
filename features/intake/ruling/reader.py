"""From the text of a ruling to a `Ruling`; whatever was looked for and not found is said in plain Chinese."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from features.errors import GoldenKeyError
from features.intake.ruling.amounts import find_amounts
from features.intake.ruling.dates import find_events
from features.intake.ruling.document import CaseNumber, Nature, Party, Ruling
from features.intake.ruling.measures import find_measures, find_reasons, find_statutes
from features.intake.ruling.numbers import find_numbers
from features.intake.ruling.parties import find_parties
from features.intake.ruling.plain import plain, quote

_OPERATIVE = re.compile(r"裁定如下|裁定:|裁定为")
_REASONING = re.compile(r"本院认为|依照《|依据《|根据《|据此")
_COURT = re.compile(r"[\u4e00-\u9fff]{2,24}?(?:人民法院|海事法院|铁路运输法院|知识产权法院|金融法院)")

_NATURE_BY_TYPE = (("行", "administrative"), ("刑", "criminal"), ("民", "civil"), ("商", "civil"))
_NATURE_BY_WORDS = (
    (
        "administrative",
        re.compile(r"行政非诉|行政一案|非诉(?:行政|执行)|行政处罚决定|行政决定书|行政裁定书|行政判决书|社会抚养费"),
    ),
    (
        "criminal",
        re.compile(
            r"罚金|刑事判决|刑事裁定|刑事附带民事|没收(?:个人)?(?:全部|部分)?财产|追缴违法所得|责令退赔|财产刑|涉财产部分"
        ),
    ),
    (
        "civil",
        re.compile(r"民事(?:判决|调解|裁定)书|纠纷|仲裁(?:裁决|调解)|劳动(?:人事)?争议|公证债权文书|支付令|赔偿协议"),
    ),
)

_WANTED_DAYS = (("applied", "申请执行日期"), ("filed", "立案日期"), ("noticed", "执行通知日期"), ("ruled", "裁定日期"))
_WANTED_SUMS = (("claim", "执行标的金额"), ("paid", "已执行到位金额"), ("outstanding", "尚未执行到位金额"))


def read_ruling(text: str) -> Ruling:
    """Read one enforcement ruling.

    Dates keep the role the text gives them: a date of application never becomes a date of filing. Sums are in 分.
    Raises GoldenKeyError when the text is empty or holds neither a case number nor the word 裁定.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise GoldenKeyError("裁定书文本为空，无法读取。")
    flat = plain(text)
    numbers = find_numbers(text, flat)
    if not numbers and "裁定" not in flat:
        raise GoldenKeyError("文本中既没有案号也没有“裁定”字样，不像执行裁定书，未作读取。")
    operative = _OPERATIVE.search(flat)
    body = operative.start() if operative else len(flat)
    kind = _kind(flat[operative.end() :] if operative else "")
    reasoning = _REASONING.search(flat, 0, body)
    parties = find_parties(text, flat, body)
    events, bad_dates = find_events(text, flat, ends=kind == "终本裁定")
    amounts, bad_amounts = find_amounts(text, flat)
    nature = _nature(text, flat, numbers)
    measures = find_measures(text, flat, reasoning.start() if reasoning else body)
    statutes = find_statutes(text, flat)
    ruling = Ruling(
        kind=kind,
        nature=nature,
        cause=_cause(flat, parties),
        case_no=next((number.number for number in numbers if number.role == "this"), ""),
        court_name=_court(flat),
        numbers=numbers,
        parties=parties,
        events=events,
        measures=measures,
        amounts=amounts,
        statutes=statutes,
        reasons=find_reasons(text, flat, body),
        unread=(),
    )
    unread = (*_missing(ruling, has_operative=operative is not None), *bad_dates, *bad_amounts)
    return replace(ruling, unread=tuple(dict.fromkeys(unread)))


def _kind(decision: str) -> str:
    """Kind of ruling by its operative part alone; a right to resume named there is not a resumption."""
    if re.search(r"终结[^。;]{0,60}?本次执行", decision):
        return "终本裁定"
    if re.search(r"(?<!申请)恢复[^。;]{0,60}?执行", decision) and not re.search(r"终结[^。;]{0,60}?执行", decision):
        return "恢复"
    return "终结执行" if re.search(r"终结[^。;]{0,60}?执行", decision) else "其他"


def _nature(text: str, flat: str, numbers: tuple[CaseNumber, ...]) -> Nature:
    """Nature by the number of the instrument enforced, else by the words of the case; presumed civil otherwise."""
    for number in numbers:
        if number.role == "basis":
            for prefix, code in _NATURE_BY_TYPE:
                if number.type.startswith(prefix):
                    return Nature(code, number.quote)
    for code, pattern in _NATURE_BY_WORDS:
        if found := pattern.search(flat):
            return Nature(code, quote(text, *found.span()))
    return Nature("civil", None)


def _cause(flat: str, parties: tuple[Party, ...]) -> str:
    """Cause of the case: what stands between the last party named and 一案."""
    end = flat.find("一案")
    if end < 0:
        return ""
    start = max((flat.rfind(stop, 0, end) for stop in ",。;:\n"), default=-1) + 1
    said = flat[start:end]
    for party in parties:
        at = said.rfind(party.name)
        if at >= 0:
            said = said[at + len(party.name) :]
    said = re.sub(r"^(?:等)?(?:[一二三四五六七八九十\d]+人)?的?|^与|^和", "", said)
    return said if re.fullmatch(r"[\u4e00-\u9fff、(),]{1,24}", said) and "执行人" not in said else ""


def _court(flat: str) -> str:
    found = _COURT.search(flat)
    return re.sub(r"^(?:终结|恢复|由|向|经|的|执行法院)+", "", found.group()) if found else ""


def _missing(ruling: Ruling, *, has_operative: bool) -> tuple[str, ...]:
    """Sentences on what a case history needs and this text does not give, or gives twice."""
    said = []
    if not ruling.case_no:
        said.append("未见本案案号")
    if not has_operative:
        said.append("未见裁定主文（“裁定如下”），裁定种类无法确定")
    for role, label in (("applicant", "申请执行人"), ("debtor", "被执行人")):
        if not any(party.role == role for party in ruling.parties):
            said.append(f"未见{label}")
    said += _doubtful_days(ruling)
    for role, label in _WANTED_SUMS:
        values = {amount.fen for amount in ruling.amounts if amount.role == role}
        if not values:
            said.append(f"未见{label}")
        elif ruling.fen(role) is None:
            said.append(f"{label}有 {len(values)} 处不同写法，无法确定以哪一处为准")
    if not any(number.role == "basis" for number in ruling.numbers):
        said.append("未见执行依据文号")
    if ruling.nature.quote is None:
        said.append("未见说明案件性质的文字，暂按民事执行处理，待核对")
    if not ruling.measures:
        said.append("未见执行措施")
    if not ruling.statutes:
        said.append("未见引用的法律条文")
    if any(party.role == "debtor" for party in ruling.parties) and not _has_id(ruling.parties):
        said.append("未见被执行人证件号码")
    return tuple(f"{sentence}。" for sentence in said)


def _doubtful_days(ruling: Ruling) -> list[str]:
    said = []
    for role, label in _WANTED_DAYS:
        days: tuple[date, ...] = ruling.days(role)
        if not days:
            said.append(f"未见{label}")
        elif len(days) > 1 and role != "noticed":
            said.append(
                f"{label}有 {len(days)} 个（{'、'.join(day.isoformat() for day in days)}），无法确定以哪一个为准"
            )
    return said


def _has_id(parties: tuple[Party, ...]) -> bool:
    return any(party.role == "debtor" and party.id_no and not re.search(r"[*×]", party.id_no) for party in parties)
