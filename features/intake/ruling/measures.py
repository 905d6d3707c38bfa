"""Find measures taken, reasons given and statutes cited, classified by keywords, each with its quotation."""

from __future__ import annotations

import re

from features.intake.ruling.document import Measure, RulingReason, Statute
from features.intake.ruling.plain import make_quote, parse_numeral, sentence_bounds

MEASURES = {
    "notice": "发出执行通知",
    "report_order": "责令报告财产",
    "network_query": "网络查控",
    "realty_query": "不动产现场查询",
    "visit": "实地走访",
    "limit": "限制消费",
    "dishonest": "纳入失信名单",
    "search": "搜查",
    "audit": "审计调查",
    "reward": "悬赏公告",
    "seal": "查封",
    "detain": "扣押",
    "freeze": "冻结",
    "waiting_seal": "轮候查封",
    "waiting_detain": "轮候扣押",
    "waiting_freeze": "轮候冻结",
    "deduct": "划拨",
    "interview": "终本约谈或告知",
    "fine": "罚款",
    "detention": "拘留",
    "auction": "拍卖或变卖",
    "criminal_transfer": "移送追究刑事责任",
}
"""Class of a measure and its 中文 name."""

CONTROLS = frozenset({"seal", "detain", "freeze", "deduct", "waiting_seal", "waiting_detain", "waiting_freeze"})
"""Measures on property: one that was taken says that property was found."""

REASONS = {
    "whereabouts_unknown": "被执行人下落不明",
    "no_property": "未发现可供执行的财产",
    "cannot_dispose": "发现的财产不能处置",
    "withdrawn": "申请执行人撤回或放弃",
    "settled": "和解",
    "objection_suit": "执行异议之诉",
    "dead": "被执行人死亡",
    "deferred": "延期履行",
    "consent": "申请执行人同意终本",
}
"""Class of reason and its 中文 name (docs/domain.md section 4.2)."""

_MEASURES = {
    "notice": r"执行通知",
    "report_order": r"报告财产令|财产报告令|责令[^。;]{0,40}?报告[^。;]{0,6}财产|报告财产(?:状况|情况)",
    "network_query": r"网络(?:执行)?查控|执行查控系统|查控系统|总对总|点对点|网络查询",
    "realty_query": r"(?:前往|赴|传统|线下|(?<!执行)到)[^。;]{0,60}?(?:不动产|自然资源|国土|房产|房管)"
    r"[^。;]{0,60}?(?:调查|查询|查找|核实)",
    "visit": r"走访|实地调查|现场调查|现场查看|上门调查|前往[^。;]{0,30}(?:住所|居住地|经营场所|村|社区)",
    "limit": r"限制(?:高)?消费|限制其高?消费|限高|限制高消费",
    "dishonest": r"失信",
    "search": r"搜查",
    "audit": r"审计",
    "reward": r"悬赏",
    "seal": r"查封",
    "detain": r"扣押",
    "freeze": r"冻结",
    "deduct": r"划拨|扣划|扣留|提取",
    "interview": r"终本约谈|约谈(?:了)?申请执行人|告知(?:了)?申请执行人|向申请执行人[^。;,]{0,10}告知",
    "fine": r"罚款",
    "detention": r"拘留",
    "auction": r"拍卖|变卖",
    "criminal_transfer": r"移送(?:公安|侦查)|追究[^。;]{0,10}刑事责任",
}
_MEASURE = {kind: re.compile(pattern) for kind, pattern in _MEASURES.items()}
_DENIED = re.compile(r"(?:未(?!履行|到|申报|报告|按)|无法|不予|不能|无需|没有|不具备|尚不|可供)[^,。;]{0,8}$")
_BY_OTHERS = re.compile(
    r"(?:其[他它]|他|外地|异地|另案|别的)[^,。;]{0,6}(?:法院|院|案件?)[^,。;本]{0,12}$|被[^,。;本]{2,20}法院[^,。;本]{0,12}$"
)
"""A measure of another court is none of this case."""
_WAITS_BEFORE = re.compile(r"轮[候侯](?:[^,。;、]{0,8}|(?:查封|冻结|扣押)[、和及与])$")
_WAITS_BEHIND = re.compile(
    r"(?:[、和及与](?:查封|冻结|扣押))?[^,。;、]{0,14}?(?:,(?:但|且|该|其|上述|前述|查封|冻结|扣押|措施|财产|房屋|车辆|均|都|亦)*)?"
    r"(?:\(|系|为|属于?|是)(?:系|为|本院)?轮[候侯]"
)
_LIFTED = re.compile(r"解除|撤销|屏蔽|删除")
_ITEM = re.compile(
    r"(?<![\d.,第年月(])(?P<no>\d{1,2})\s*(?:、|\.(?!\d))|\((?P<cn>[一二三四五六七八九十]{1,3})\)(?!项)|(?:(?<=[。;:\n])|^)[^\S\n]*(?P<cn2>[一二三四五六七八九十]{1,3})、"
)

_CLOSED = re.compile(
    r"本院(?:已|现已|于[^,。]{4,16}日)?(?:将|告知|向申请执行人|约谈)|上述|以上(?:事实|措施)|综上|另查明|再查明"
)

_REASON = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "whereabouts_unknown": r"下落不明|去向不明|查找不到被执行人",
        "no_property": r"未(?:能)?(?:发现|查找到)[^。;]{0,30}?(?:可供执行的?(?:其他)?财产|财产可供执行)"
        r"|[暂无]无?(?:其他)?(?:可供执行的?财产|财产可供执行)|穷尽(?:了)?财产调查措施",
        "cannot_dispose": r"财产(?:暂)?(?:不能|无法|不宜)处置|未(?:能)?实际扣押|流拍",
        "withdrawn": r"撤回(?:强制)?执行申请|撤回[^。;,]{0,6}申请|撤销执行申请|不再要求|放弃(?:债权|执行|剩余)",
        "settled": r"(?:达成|签订|自行)[^。;,]{0,12}和解|长期履行",
        "objection_suit": r"异议之诉",
        "dead": r"被执行人[^。;,]{0,30}(?:死亡|去世|病故)",
        "deferred": r"延期履行|暂缓履行|分期履行",
        "consent": r"(?:同意|申请|书面要求)[^。;,]{0,20}终结本次执行|同意终本",
    }.items()
}
_NOT_REACHED = re.compile(r"未(?:能)?$|没有$|不$|无法$|或者?(?:发现的)?$")

_ARTICLE = re.compile(
    r"第\s*(?P<a>[\d一二三四五六七八九十百千〇零]{1,8})\s*条(?:之[一二三四五六七八九十])?"
    r"(?:第\s*(?P<p>[\d一二三四五六七八九十]{1,4})\s*款)?(?:第?\s*\(?\s*(?P<i>[\d一二三四五六七八九十]{1,4})\s*\)?\s*项)?"
)
_PLAIN_LAW = re.compile(r"(?:民事诉讼法|行政诉讼法|行政强制法|刑事诉讼法|刑法|民法典)(?=\s*第)")


def find_measures(text: str, flat: str, end: int) -> tuple[Measure, ...]:
    """Measures named before `end` (the court's reasoning): the first mention of each class in each item of the list."""
    items = _items(flat, end)
    bounds: list[tuple[int | None, int, int]] = [(None, 0, items[0][1] if items else end), *items]
    if items:
        bounds.append((None, items[-1][2], end))
    rows: list[Measure] = []
    seen: set[tuple[str, int | None, bool]] = set()
    for number, left, right in bounds:
        for kind, pattern in _MEASURE.items():
            for match in pattern.finditer(flat, left, right):
                start = max(flat.rfind(stop, left, match.start()) for stop in ",。;:\n") + 1
                matched = flat[max(start, left) : match.start()]
                lifted = bool(_LIFTED.search(flat[max(sentence_bounds(flat, *match.span())[0], left) : match.start()]))
                taken, at = _waiting(flat, kind, match)
                if _DENIED.search(matched) or _BY_OTHERS.search(matched) or (taken, number, lifted) in seen:
                    continue
                seen.add((taken, number, lifted))
                rows.append(Measure(taken, number, lifted, make_quote(text, at, match.end())))
    return tuple(sorted(rows, key=lambda row: row.quote.start))


def _waiting(flat: str, kind: str, match: re.Match[str]) -> tuple[str, int]:
    """The kind of a seizure and where its words begin: one that waits behind another's (轮候) controls nothing."""
    if kind in ("seal", "detain", "freeze"):
        if before := waits_before(flat, match.start()):
            return f"waiting_{kind}", before.start()
        if waits_behind(flat, match.end()):
            return f"waiting_{kind}", match.start()
    return kind, match.start()


def waits_before(flat: str, at: int) -> re.Match[str] | None:
    """The words right before a place that make a seizure one that waits."""
    return _WAITS_BEFORE.search(flat, max(0, at - 16), at)


def waits_behind(flat: str, at: int) -> bool:
    """Whether the words right behind a seizure make it one that waits."""
    return _WAITS_BEHIND.match(flat, at) is not None


def find_reasons(text: str, flat: str, end: int) -> tuple[RulingReason, ...]:
    """Classes of reason named before `end` (the operative part), first mention each."""
    rows = []
    for kind, pattern in _REASON.items():
        for match in pattern.finditer(flat, 0, end):
            if not _NOT_REACHED.search(flat[max(0, match.start() - 6) : match.start()]):
                rows.append(RulingReason(kind, make_quote(text, *match.span())))
                break
    return tuple(sorted(rows, key=lambda row: row.quote.start))


def find_statutes(text: str, flat: str) -> tuple[Statute, ...]:
    """Every article cited, once, with the law as the ruling names it; nested book marks are kept whole."""
    rows: list[Statute] = []
    for name, end in _laws(text, flat):
        position = end
        while match := re.compile(r"(?:规定|的|、|,|和|及|以及|与|\s)*").match(flat, position):
            article = _ARTICLE.match(flat, match.end())
            if article is None:
                break
            rows.append(
                Statute(
                    name,
                    parse_numeral(article["a"]) or 0,
                    parse_numeral(article["p"]) if article["p"] else None,
                    parse_numeral(article["i"]) if article["i"] else None,
                    make_quote(text, *article.span()),
                )
            )
            position = article.end()
    unique = {(row.law, row.article, row.paragraph, row.item): row for row in reversed(rows)}
    return tuple(sorted(unique.values(), key=lambda row: row.quote.start))


def _laws(text: str, flat: str) -> list[tuple[str, int]]:
    """Names of laws with the position behind each: in book marks to their balance, or plainly before 第…条."""
    laws: list[tuple[str, int]] = []
    covered = 0
    for match in re.finditer("《", flat):
        if match.start() < covered:
            continue
        depth = 0
        for at in range(match.start(), min(len(flat), match.start() + 120)):
            depth += (flat[at] == "《") - (flat[at] == "》")
            if depth == 0:
                laws.append((text[match.start() + 1 : at], at + 1))
                covered = at
                break
    laws += [(text[match.start() : match.end()], match.end()) for match in _PLAIN_LAW.finditer(flat)]
    return sorted(laws, key=lambda law: law[1])


def _items(flat: str, end: int) -> list[tuple[int | None, int, int]]:
    """Numbered items as (number, start, end): the longest run 1, 2, 3 ... of one style, up to the words closing it."""
    best: list[tuple[int, int]] = []
    for style in ("no", "cn", "cn2"):
        run: list[tuple[int, int]] = []
        for match in _ITEM.finditer(flat, 0, end):
            number = parse_numeral(match[style]) if match[style] else None
            if number == len(run) + 1:
                run.append((number, match.end()))
        if len(run) > len(best):
            best = run
    if len(best) < 2:
        return []
    starts = [start for _, start in best]
    closed = _CLOSED.search(flat, starts[-1], end)
    stops = [*starts[1:], closed.start() if closed else end]
    return [(number, start, stop) for (number, start), stop in zip(best, stops, strict=True)]
