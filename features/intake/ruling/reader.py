"""Read the text of a ruling into a `Ruling`; what was expected and not found is listed in Chinese sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from features.errors import GoldenKeyError
from features.intake.ruling.amounts import find_amounts
from features.intake.ruling.dates import find_events
from features.intake.ruling.document import CaseNumber, Event, Nature, Party, Ruling
from features.intake.ruling.lines import Closed, close_lines
from features.intake.ruling.measures import find_measures, find_reasons, find_statutes
from features.intake.ruling.notary import find_instruments
from features.intake.ruling.notes.missing import missing
from features.intake.ruling.numbers import doubtful_numbers, enforces, find_numbers
from features.intake.ruling.parties import doubtful_parties, find_parties, find_transfer
from features.intake.ruling.plain import make_quote, normalise_text, operative_part, sentence_bounds
from features.intake.ruling.several import RULING, split_papers

_REASONING = re.compile(r"本院认为|依照《|依据《|根据《|据此")
_COURT = re.compile(
    r"(?P<name>(?:中华人民共和国)?最高人民法院|[\u4e00-\u9fff]{2,24}?(?:人民法院|海事法院|铁路运输(?:中级)?法院|知识产权法院|金融法院|互联网法院))"
    r"(?=(?:执行|民事|行政|刑事)?(?:裁定书|决定书|通知书)|[^\u4e00-\u9fff]|$)"
)
_HEAD = re.compile(
    r"\(\s*(?:\d{4}|[〇一二三四五六七八九]{4})\s*\)|申\s*请\s*执\s*行\s*人|被\s*执\s*行\s*人|移\s*送\s*执\s*行|申\s*请\s*人|异\s*议\s*人|案\s*外\s*人|申\s*诉\s*人"
)
_NAMED_COURT = re.compile(r"(?<=终结)[\u4e00-\u9fff]{2,24}?人民法院(?=的?\()")
_RECITED = re.compile(r"驳回|维持|撤销|不予|异议|复议|不服|申请|准许|可以|可向|有权|请求|如发现|中止")
"""Words before 终结 or 恢复 that make it the subject of a decision and not the decision."""

_REVOKES = re.compile(r"撤\s*销(?P<what>(?:(?!维持|变更|[。;\n]).){0,80})")
_NOT_REVOKED = re.compile(r"(?:不予|驳回|请求|申请|要求)[^。;]*$")
_TERMINATION = re.compile(r"终\s*结[^。;,]{0,20}?本\s*次\s*执\s*行|终\s*本")
_GOES_ON = re.compile(r"(?:恢\s*复|继\s*续|重新)[^。;]{0,40}?(?:执\s*行|立\s*案)")
_ENFORCED = re.compile(r"(?:立案执行|执行立案|申请(?:强制)?执行(?!人|异议)|强制执行申请|恢复执行|执行通知)")
_ENFORCED_HERE = re.compile(r"立案执行|执行立案")

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
        re.compile(
            r"民事(?:判决|调解|裁定)书|纠纷|仲裁(?:裁决|调解)|劳动(?:人事)?争议|公证债权文书|公证文书|公证书|执行证书|支付令|赔偿协议"
        ),
    ),
)

_RULING_DATE_ROLES = {"终本裁定": "terminated", "终结执行": "ended", "恢复": "resumed"}
"""What happened on the day of the ruling, by its kind."""


_ON_ENFORCEMENT = {"执异", "执复", "执监", "执他"}
"""Types of number of rulings on an enforcement (objection, review, supervision) and not in it."""

LONGEST = 100_000
"""Characters beyond which a text is no single ruling."""

_QUOTED = ("numbers", "parties", "events", "measures", "amounts", "statutes", "reasons")
"""Parts of a ruling whose items bear a quote."""


class ReadRuling(NamedTuple):
    """A ruling, its text, and where this begins; its quotes are places of the whole text it was found in."""

    ruling: Ruling
    text: str
    start: int = 0


def read_rulings(text: str) -> tuple[tuple[ReadRuling, ...], tuple[str, ...]]:
    """Every ruling of a text, and sentences on the text as a whole; errors as for `read_ruling`.

    Papers of other kinds (a judgment, a notice) between them are named and left out.
    """
    closed = close_lines(text)
    papers = split_papers(normalise_text(closed.text))
    rulings = [paper for paper in papers if paper.title in ("", RULING)] if len(papers) > 1 else list(papers)
    if not rulings:
        raise GoldenKeyError(f"文本中是{'、'.join(paper.title for paper in papers)}，没有裁定书，未作读取。")
    read = tuple(_read_part(text, closed, paper.start, paper.end) for paper in rulings)
    notes = []
    if len(papers) > 1:
        said = "、".join(
            f"第 {at} 份{paper.title or RULING}{_shown(paper.number)}" for at, paper in enumerate(papers, start=1)
        )
        notes.append(f"文件内有 {len(papers)} 份文书（{said}），裁定书已分别读取。")
        notes += [
            f"第 {at} 份是{paper.title}，不是裁定书，未读取。"
            for at, paper in enumerate(papers, start=1)
            if paper not in rulings
        ]
    return read, (*notes, *closed.doubts)


def _shown(number: str) -> str:
    """A case number with the brackets it is kept with."""
    return number.replace("(", "（").replace(")", "）")


def read_ruling(text: str) -> Ruling:
    """Read one enforcement ruling, as one whatever it holds.

    Dates keep the role the text gives them: a date of application never becomes a date of filing. Sums are in 分.
    Raises GoldenKeyError when the text is empty, too long, or holds neither a case number nor the word 裁定.
    """
    closed = close_lines(text)
    ruling = _read_part(text, closed, 0, len(closed.text)).ruling
    return replace(ruling, unread=(*ruling.unread, *closed.doubts)) if closed.doubts else ruling


def _read_part(text: str, closed: Closed, start: int, end: int) -> ReadRuling:
    """The ruling that stands at these bounds of the text without breaks, its quotes at their places in `text`."""
    part = closed.text[start:end]
    ruling = _read(part)
    if part == text:
        return ReadRuling(ruling, text)
    first, behind = closed.places[start], closed.places[end - 1] + 1
    return ReadRuling(_placed(ruling, text, closed.places[start:end]), text[first:behind], first)


def _placed(ruling: Ruling, text: str, places: Sequence[int]) -> Ruling:
    """The ruling with its quotes at their places in `text`."""

    def placed(item: Any) -> Any:
        quote = item.quote
        if quote is None or quote.start == quote.end:
            return item
        return replace(item, quote=make_quote(text, places[quote.start], places[quote.end - 1] + 1))

    found: dict[str, Any] = {name: tuple(map(placed, getattr(ruling, name))) for name in _QUOTED}
    return replace(ruling, nature=placed(ruling.nature), **found)


def _read(text: str) -> Ruling:
    """The ruling of a text whose lines are paragraphs."""
    flat = normalise_text(text)
    if not flat.strip():
        raise GoldenKeyError("裁定书文本为空，无法读取。")
    if len(text) > LONGEST:
        raise GoldenKeyError(f"文本有 {len(text):,} 个字，超过一份裁定书的上限 {LONGEST:,} 个字，未作读取。")
    instruments, without = find_instruments(text, flat)
    numbers = (*find_numbers(text, without), *instruments)
    numbers = tuple(sorted(numbers, key=lambda number: number.quote.start))
    if not numbers and "裁定" not in flat:
        raise GoldenKeyError("文本中既没有案号也没有“裁定”字样，不像执行裁定书，未作读取。")
    operative = operative_part(flat)
    body = operative.start() if operative else len(flat)
    decision = flat[operative.end() :] if operative else ""
    kind, revoked = _kind(decision, flat[:body]), revokes_termination(decision, flat[:body])
    reasoning = _REASONING.search(flat, 0, body)
    parties = find_parties(text, flat, body)
    events, bad_dates = find_events(text, flat, own=_RULING_DATE_ROLES.get(kind))
    if any(number.role == "this" and number.type in _ON_ENFORCEMENT for number in numbers):
        events = tuple(_of_the_enforcement(flat, event, numbers) for event in events)
    elif revoked:
        # The same enforcement goes on: nothing of it is an earlier one's but the termination that is no more.
        events = tuple(replace(event, previous=event.role == "terminated") for event in events)
    own = next((number.number for number in numbers if number.role == "this"), "")
    amounts, bad_amounts = find_amounts(text, flat, own)
    nature = _nature(text, flat, numbers)
    measures = find_measures(text, flat, reasoning.start() if reasoning else body)
    statutes = find_statutes(text, flat)
    ruling = Ruling(
        kind=kind,
        nature=nature,
        cause=_cause(flat, parties),
        case_no=own,
        court_name=_court(flat),
        numbers=numbers,
        parties=parties,
        events=events,
        measures=measures,
        amounts=amounts,
        statutes=statutes,
        reasons=find_reasons(text, flat, body),
        unread=(),
        transferred_by=find_transfer(flat, body),
    )
    doubts = (f"{doubt}。" for doubt in doubtful_parties(flat, body, parties))
    if any(event.role == "queued" for event in events):
        bad_dates = (*bad_dates, "轮候查封、扣押或冻结尚未实际控制财产，未作为查封、扣押、冻结事件记录。")
    if revoked:
        bad_dates = (*bad_dates, _revoked_note(kind))
    bad_dates = (*bad_dates, *doubtful_numbers(flat, numbers))
    unread = (*missing(ruling, flat, has_operative=operative is not None), *doubts, *bad_dates, *bad_amounts)
    return replace(ruling, unread=tuple(dict.fromkeys(unread)))


def _revoked_note(kind: str) -> str:
    """The sentence on a ruling that revokes a termination."""
    said = "按恢复执行记录" if kind == "恢复" else "未写明恢复或继续执行"
    return f"裁定撤销此前的终本裁定，{said}，被撤销的终本不作为终本记录。"


def _kind(decision: str, body: str) -> str:
    """Kind of ruling by its operative part alone.

    A right to resume named there is no resumption, and a termination that is upheld or revoked there is none: one that
    is revoked so that the enforcement goes on is a resumption, for which the `body` may say what was revoked.
    """
    if revokes_termination(decision, body) and _GOES_ON.search(decision):
        return "恢复"
    kinds = (("终本裁定", r"终\s*结[^。;]{0,60}?本\s*次\s*执\s*行"), ("终结执行", r"终\s*结[^。;]{0,60}?执\s*行"))
    resumed = r"恢\s*复[^。;]{0,60}?执\s*行"
    for kind, pattern in (kinds[0], ("恢复", resumed), kinds[1]):
        for found in re.finditer(pattern, decision):
            start = max(decision.rfind(stop, 0, found.start()) for stop in "。;\n") + 1
            if not _RECITED.search(decision[start : found.start()]) and not (
                kind == "恢复" and re.search(kinds[1][1], decision)
            ):
                return kind
    return "其他"


def revokes_termination(decision: str, body: str) -> bool:
    """Whether a ruling revokes a termination (终本): named in the decision, or in the body alone."""
    for found in _REVOKES.finditer(decision):
        start = max(decision.rfind(stop, 0, found.start()) for stop in "。;\n") + 1
        if not _NOT_REVOKED.search(decision[start : found.start()]):
            named = found["what"]
            if _TERMINATION.search(named) or ("执行裁定" in named and _TERMINATION.search(body)):
                return True
    return False


def _of_the_enforcement(flat: str, event: Event, numbers: tuple[CaseNumber, ...]) -> Event:
    """An event that a ruling on an objection or review recites belongs to the enforcement it is about.

    A filing or application is that of the objection unless the words before and behind it, or its year, say otherwise.
    """
    if event.role in {"filed", "applied"}:
        left, right = sentence_bounds(flat, event.quote.start, event.quote.end)
        behind = re.compile(r"[^,。;\n]*").match(flat, event.quote.end)
        said = flat[left : behind.end() if behind else right]
        enforced = _ENFORCED.search(said) or any(
            enforces(number) and event.quote.end <= number.quote.start < right for number in numbers
        )
        own = next(number.year for number in numbers if number.role == "this")
        others = {number.year for number in numbers if enforces(number)}
        here = not _ENFORCED_HERE.search(said) and (
            bool(re.search(r"审查|异议|复议|监督", flat[event.quote.start : event.quote.end + 6]))
            or not (enforced or (event.day.year != own and event.day.year in others))
        )
    else:
        here = event.role in {"ruled", "birth"}
    return event if here else replace(event, previous=True)


def _nature(text: str, flat: str, numbers: tuple[CaseNumber, ...]) -> Nature:
    """Nature by the number of the instrument enforced, else by the words of the case; presumed civil otherwise."""
    for number in numbers:
        if number.role == "basis":
            for prefix, code in _NATURE_BY_TYPE:
                if number.type.startswith(prefix):
                    return Nature(code, number.quote)
    for code, pattern in _NATURE_BY_WORDS:
        if found := pattern.search(flat):
            return Nature(code, make_quote(text, *found.span()))
    return Nature("civil", None)


def _cause(flat: str, parties: tuple[Party, ...]) -> str:
    """Cause of the case: what stands between the last party named and 一案."""
    end = flat.find("一案")
    if end < 0:
        return ""
    start = max((flat.rfind(stop, 0, end) for stop in ",。;:\n"), default=-1) + 1
    matched = flat[start:end]
    # The longest names first: 郑某 also begins 郑某甲.
    for party in sorted(parties, key=lambda party: -len(party.name)):
        at = matched.rfind(party.name)
        if at >= 0:
            matched = matched[at + len(party.name) :]
    matched = re.sub(r"^(?:等)?(?:[一二三四五六七八九十\d]+人)?的?|^与|^和|^犯", "", matched)
    return matched if re.fullmatch(r"[\u4e00-\u9fff、(),]{1,24}", matched) and "执行人" not in matched else ""


def _court(flat: str) -> str:
    """The court of the heading, its letters closed up; without one, the court the operative part names as its own."""
    head = _HEAD.search(flat)
    for line in flat[: head.start() if head else 0].splitlines():
        if found := _COURT.search(re.sub(r"\s+", "", line)):
            return found["name"]
    named = _NAMED_COURT.search(flat)
    return named.group() if named else ""
