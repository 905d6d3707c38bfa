"""Find amounts of money and classify each by role: claimed, paid, outstanding, balance, price, fee ..."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from features.intake.ruling.document import Amount
from features.intake.ruling.money.doubted import set_aside
from features.intake.ruling.money.found import Sum
from features.intake.ruling.money.totals import share_roles
from features.intake.ruling.plain import NUMERAL, make_quote, operative_part, parse_numeral, sentence_bounds

ROLES = {
    "outstanding": "尚未执行到位",
    "paid": "已执行到位",
    "balance": "账户余额",
    "fee": "费用",
    "interest": "利息",
    "fine": "罚款",
    "price": "财产价格",
    "claim": "申请执行标的",
    "other": "其他金额",
}
"""Role of an amount and its 中文 name."""

_PART = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNIT = r"[十拾百佰千仟]?[万萬亿億]"
_YUAN = "[元圆圓]"
_FIGURE = re.compile(
    rf"(?P<mixed>(?<![\d.,]){_PART}\s*(?:{_UNIT}|[千仟])(?:\s*{_PART}\s*[万萬千仟百佰]){{0,4}}(?:(?<=[万萬千仟百佰亿億])\s*{_PART})?)(?P<about3>余)?\s*{_YUAN}"
    rf"|(?P<raw>(?<![\d.])(?<!\d,)\d[\d,. ]{{0,40}}?)\s*(?P<about4>[余多几来])?\s*"
    rf"(?P<unit>{_UNIT}|[千仟百佰])?\s*(?P<about>[余多])?\s*{_YUAN}"
    rf"|(?P<words>(?<![{NUMERAL}])[{NUMERAL}]{{1,30}})(?P<about2>[余多几来][万萬亿億]?)?{_YUAN}(?:(?P<jiao>[{NUMERAL}])角)?(?:(?P<fen>[{NUMERAL}])分)?"
    rf"|(?:[¥￥]|RMB|CNY|人民币)\s*:?\s*(?P<sign>{_PART})(?![,.]?\d)\s*(?P<unit2>{_UNIT})?(?=整|\s*[,。;、()]|\s*$)"
)
_ALONE = frozenset("千万亿百〇萬億仟佰拾十")
"""Numerals that are no sum by themselves."""
_LONG = re.compile(r"(?<![\d,. ])(?:\d[,. ]{0,2}){42,}+\s*[万亿]?元")
"""A figure too long to be a sum."""
_ABOUT_BEFORE = re.compile(r"(?:大?约(?!定)|近|将近|接近|逾|超过|超|不足|不到|至少|不低于|不少于)(?:人民币|为)*\s*$")
_VAGUE_BEFORE = re.compile(r"[数几]|(?<!以)上")
_ABOUT_BEHIND = re.compile(r"\s*整?(?:左右|上下|许(?![可多])|以上|多(?!次|笔|人|年))")
_VAGUE = re.compile(rf"[数几上][十百千万亿]{{1,3}}[余多]?{_YUAN}")
"""A sum without any figure: 数万元."""
_STRICT = re.compile(_PART)
_TERM = re.compile(rf"({_PART})({_UNIT}|[千仟百佰])?")
_SCALE = {"": 1, "十": 10, "拾": 10, "百": 10**2, "佰": 10**2, "千": 10**3, "仟": 10**3}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_CURRENCY = (
    r"美元|美金|港元|港币|港幣|欧元|日元(?![旦月])|英镑|加元|加拿大元|澳元|澳大利亚元|新加坡元|新元|韩元|瑞士法郎|卢布|新台币|台币|澳门元|泰铢"
    r"|USD|HKD|EUR|JPY|GBP|US\$|HK\$|\$|€|£"
)
_SAID = (
    rf"(?:(?<![\d.,])\d[\d,.]*(?:\s*(?:{_UNIT}|[千仟百佰])(?:\d[\d,.]*)?){{0,3}}|(?<![{NUMERAL}])[{NUMERAL}]{{1,30}})"
)
_FOREIGN = re.compile(
    rf"{_SAID}\s*[余多]?\s*(?:{_CURRENCY})|(?:{_CURRENCY})\s*:?\s*{_SAID}\s*[余多]?\s*{_YUAN}?"
    rf"|{_SAID}\s*{_YUAN}整?\s*\(?(?:{_CURRENCY})"
)
"""A sum in another currency."""

_SUM = r"(?:的|为|是|有|:|债务|执行|标的额?|金额|款项?|债权|本金|数额|案款|部分|义务)*"
_DUTY = r"(?!(?:的)?(?:生效|法律|判决|上述|该|全部义务|义务|还款义务|付款义务|给付义务|支付义务))"
_UNPAID = (
    r"(?:(?:尚|仍|还|均|实际)*(?:未|没有|未能|未予)\s*(?:能|实际)?"
    rf"(?:执行到位|执行|履行|受偿|支付|清偿|到位|实现|偿还|归还|给付|缴纳|退赔|付清|付|还清|还款|还(?![有是在未需应])|缴清){_DUTY}(?:到位|完毕)?"
    rf"|尚欠|下欠|仍欠|还欠|尚有|尚余|剩余|余款|不足部分){_SUM}"
)
_SEIZED = r"扣划|划拨|划扣|扣缴|提取|扣留|强制执行到"
_ACTED = (
    rf"(?:(?<!未)(?<!未能)(?<!能)(?:实际|共|累计|总共)*(?:执行到位|到位|实现债权|受偿){_SUM}"
    r"|(?<![未应])(?:已|均已|业已|共|累计|全部|先后)(?:经|依法|陆续|自动|主动|实际|按(?:照)?[^,]{0,12}?(?:协议|约定)|于[^,]{1,16}?|分[^,]{1,3}[次笔期批]|一次性|向[^,]{1,20}?)*"
    rf"(?:执行|到位|受偿|实现|清偿|履行|支付|给付|偿还|归还|偿付|发放|缴纳|交纳|交付|退赔|赔偿|还款|还清|还|付款|付清|付|缴清|缴|交清|汇入|汇付|转账|转入|收到|领取)"
    rf"(?:完毕|完成|了|过|清|给申请执行人|申请执行人|其)*{_SUM}"
    rf"|(?:申请执行人|债权人)(?:(?!未|没有|要求|请求|应)[^,。]){{0,10}}?(?:收到|收取|领取|领到)(?:执行款|案款|款项|货款|本金)*{_SUM}"
    rf"|(?:分[一二两三四五六七八九十\d多数]{{1,2}}[次笔]|陆续|先后|多次|当场|当庭)(?:向[^,]{{1,20}}?)?(?:履行|支付|给付|偿还|归还|缴纳|交付|还款|付款){_SUM}"
    rf"|(?<![未应])(?:履行|支付|给付|偿还|归还|偿付|缴纳|交纳|交付|还款|付款|退赔|赔偿|转账|汇款|还|付)(?:完毕|清)?(?:了|给了){_SUM}"
    rf"|(?<!未)(?<!未能)(?<!不能)(?<!无法)(?<!不予)(?<!供)(?:{_SEIZED})|(?:自动|主动|自行|自愿)(?:履行|支付|缴纳|偿还)|(?:发放|转付|汇付)(?:给)?申请执行人|执行款)"
)
_CLAIMED = (
    r"标的|要求|请求|申请(?:强制)?执行(?!人|费)|判令|判决|责令"
    r"|应(?:当|依法)?(?:向[^,。]{1,30}?)?(?:连带)?(?:支付(?!宝)|给付|缴纳|偿还|退赔|赔偿|返还|履行|清偿)"
)
_VERBS = tuple(
    (role, re.compile(pattern)) for role, pattern in (("outstanding", _UNPAID), ("paid", _ACTED), ("claim", _CLAIMED))
)
_NOUNS = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        ("fee", r"(?:申请)?执行费|案件受理费|受理费|诉讼费|保全费|评估费|公告费|鉴定费"),
        ("interest", r"利息|违约金|罚息|迟延履行金|复利|滞纳金"),
        ("fine", r"罚款"),
        ("price", r"(?:拍卖|成交|变卖|拍得|竞得|处置)[^,。]{0,4}款|拍卖|成交|起拍|评估|变卖|流拍|保留价"),
        ("balance", r"存款|余额|账户|公积金|保单现金价值"),
        (
            "claim",
            r"支付(?!宝)|给付|偿还|缴纳|案件款|退赔|罚金|赔偿|返还|借款|货款|本金|欠款|工资|劳动报酬|租金|价款|工程款|追缴|没收|债权(?!人)",
        ),
    )
)
_PAID_ON = re.compile(
    r"(?:日|当天)(?!前|之前|以前|起|内)[^,]{0,20}(?<!应)(?<!应当)(?:支付|给付|缴纳|偿还|履行|归还|还款|付款|交付|汇款|转账)[^,]{0,10}$"
)
_RATE = re.compile(r"每(?:个)?(?:月|年|季|期|日)|按(?:月|年|季)|月均|逐月")
_ORDERED = re.compile(
    rf"(?:裁定|决定|拟|应|需|将)[^,已]{{0,12}}(?:{_SEIZED})|可(?:供|以)?(?:{_SEIZED})|(?:冻结|查封|扣押)、(?:{_SEIZED})"
)
_PROMISED = re.compile(
    r"约定|承诺|协议|同意|愿意|计划|打算|表示|拟|按约|按期|未能|倘|若|如(?![下期数实上])|保证(?!人|责任|合同|金|担保)"
)
_SETTLEMENT = re.compile(r"(?<!未)(?<!无法)(?<!未能)达成[^,。]{0,8}和解|和解协议")
_LIMITED = re.compile(r"\s*(?:整)?(?:的)?(?:为限|以内|范围内|限额|额度内|相应价值|等值)|\s*以?内")

_BEHIND = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        (
            "outstanding",
            r"(?:整)?(?:的)?(?:债权|款项|案款)?(?:尚|均|仍|还|至今)*(?:未|没有|未能)(?:能|实际|被)?(?:执行|履行|受偿|支付|到位|清偿|实现|偿还|缴纳|退赔|给付|付)"
            r"|的?债权(?!人)",
        ),
        ("claim", r"(?:整)?(?:的)?(?:付款|给付|支付|还款|赔偿|债务)?(?:义务|责任)"),
        (
            "paid",
            r"(?:整)?,?(?:现|均|并|本院|该款|款项|案款)*已(?:经|由本院|被本院|被|将(?:其|该款|上述款项))?(?:依法|全部|均|予以?|如数|一并|分别|先后|悉数)*"
            r"(?:划拨|扣划|划扣|提取|扣留|发放|执行到位|履行|支付|到位|受偿|领取|偿还|归还|缴纳|还清|付清|给付|清偿)"
            r"|(?:整)?(?:,(?:本院)?)?(?:依法)?(?:予以)?(?:划拨|扣划|划扣|提取)(?!限额)"
            r"|(?:整)?(?:依法|全部|均)*(?:发放|支付|转付|汇付|交付|划付)(?:给|至|予)?申请执行人",
        ),
        ("fine", r"(?:的)?罚款"),
        ("price", r"(?:的)?(?:价格|价款|最高价)?(?:竞得|成交|拍得|买受|起拍|变卖)"),
    )
)
_PAID_BEHIND = dict(_BEHIND)["paid"]
_HANDED_ON = re.compile(r"(?:(?!未|应)[^,。;]){0,20}(?:发放|支付|转付|汇付|交付)(?:给|至|予)?申请执行人")
"""What is left after a fee (余款) and handed to the applicant is paid."""
_DONE_BEHIND = re.compile(
    r",?(?:本院|该款|上述款项|款项|现|被执行人|其)*(?:已|均已|业已)(?:经|由本院|依法|全部|如数|按期)*"
    r"(?:(?:发还|发放|支付|转付|交付|付给|过付)(?:给|至|予)?申请执行人|交纳|缴纳|履行|付清)"
)
"""What was ordered or paid in (缴纳) and is said to be done in the clause behind."""
_PROCEEDS = re.compile(r"拍卖|变卖|成交|变价|处置|扣除[^,。已]{0,12}[税费]")
_LEFT_OVER = re.compile(r"余款|剩余(?!的?(?:债|未|标的|本金|欠))|余下")
_SHARED_OUT = re.compile(r"其中|余款|分配")
_COMMA = re.compile(r",(?!\d{3}(?!\d))")
LARGEST = 10**15
"""分 beyond which a figure is no sum of money, as in tables: 13 digits of yuan."""
_REACH = 300
"""Characters before a sum beyond which nothing is said of it; bounds the work on a text without stops."""
_WHOLE = re.compile(r"(?:共计|合计|总计|总额|标的额?|标的金额|共)[^,。]{0,6}$")
_SETTLED = re.compile(r"(?:到位|实现债权|受偿)[^,。]{0,8}$")


@dataclass(frozen=True, slots=True)
class _Said:
    """Role that words give a sum, where they begin, whether a verb gives it (已扣划) or a noun alone (存款).

    `behind` where a clause of its own behind the sum gives it (,已扣划).
    """

    role: str
    start: int
    verb: bool
    behind: bool = False


def find_amounts(text: str, flat: str, own: str = "") -> tuple[tuple[Amount, ...], tuple[str, ...]]:
    """Every sum in the text in 分 with its role, and sentences on those that cannot be trusted or are not this case's.

    `own` is the number of the case, without which no sum is known to be another's.
    """
    operative = operative_part(flat)
    decision = operative.end() if operative else len(flat)
    sums, unread = _sums(text, flat, decision)
    sums, unequal = share_roles(flat, sums, decision)
    sums, aside = set_aside(text, flat, sums, own)
    amounts = (Amount(one.role, one.fen, one.total, make_quote(text, one.said, one.end)) for one in sums)
    return tuple(amounts), (*unread, *unequal, *aside)


def _sums(text: str, flat: str, decision: int) -> tuple[list[Sum], list[str]]:
    """Every sum with the role that its own clauses give it, and sentences on figures whose form cannot be trusted."""
    sums: list[Sum] = []
    unread: list[str] = []
    foreign = [found.span() for found in _FOREIGN.finditer(flat)]
    unread += (f"金额“{text[start:end].strip()}”是外币，未折算，未计入人民币金额。" for start, end in foreign)
    unread += (f"金额“{text[found.start() : found.end()]}”是约数，未采用。" for found in _VAGUE.finditer(flat))
    unread += (f"金额“{text[found.start() :][:20]}…”的写法无法确定数值，未采用。" for found in _LONG.finditer(flat))
    floor = 0
    for match in _FIGURE.finditer(flat):
        if any(start < match.end() and match.start() < end for start, end in foreign):
            floor = match.end()
            continue
        written = text[match.start() : match.end()].strip()
        if _is_about(flat, match):
            unread.append(f"金额“{written}”是约数，未采用。")
            continue
        fen = _fen(flat, match)
        if fen is None or fen > LARGEST:
            if (
                fen
                or match["raw"]
                or match["mixed"]
                or match["sign"]
                or flat[match.start() - 1 : match.start()].isdigit()
            ):
                unread.append(f"金额“{written}”的写法无法确定数值，未采用。")
            continue
        left, right = sentence_bounds(flat, *match.span())
        left = max(left, match.start() - _REACH, decision if decision <= match.start() else 0)
        said = _role(flat, match, left, max(left, floor), right, ordered=match.start() >= decision)
        before = flat[max(left, floor) : match.start()]
        # 共 within one seizure is no total of what was paid; 执行到位 is.
        whole = _SETTLED if said.role == "paid" else _WHOLE
        total = bool(whole.search(before)) or (said.role == "outstanding" and "到位" in before)
        sums.append(Sum(*match.span(), said.role, fen, said.start, said.verb, total, said.behind))
        floor = match.end()
    return sums, unread


def _is_about(flat: str, match: re.Match[str]) -> bool:
    """Whether a figure is only about what it says: 50余万元, 约50万元, 50万元左右."""
    if any(match[name] for name in ("about", "about2", "about3", "about4")):
        return True
    if match["words"] and _VAGUE_BEFORE.match(flat, match.start() - 1):
        return True
    return bool(_ABOUT_BEFORE.search(flat, max(0, match.start() - 8), match.start())) or bool(
        _ABOUT_BEHIND.match(flat, match.end())
    )


def _fen(flat: str, match: re.Match[str]) -> int | None:
    """Value in 分, or None when the figure is malformed (23,45元) or no figure at all."""
    before = flat[match.start() - 1 : match.start()]
    if match["mixed"]:
        return _mixed_fen(match["mixed"])
    if match["words"]:
        whole = parse_numeral(match["words"])
        if match["words"] == "〇" and not re.match(r"[\d.,]", before):
            return 0
        if whole is None or before.isdigit() or match["words"] in _ALONE:
            return None
        return (
            whole * 100 + (parse_numeral(match["jiao"] or "〇") or 0) * 10 + (parse_numeral(match["fen"] or "〇") or 0)
        )
    raw, unit = re.sub(r"\s+", "", match["raw"] or match["sign"]), match["unit"] or match["unit2"] or ""
    # 12万零500元 is more than its last figure.
    if not _STRICT.fullmatch(raw) or (match["raw"] and before and before in NUMERAL and before != "两"):
        return None
    value = Decimal(raw.replace(",", "")) * _scale(unit) * 100
    return int(value.to_integral_value())


def _scale(unit: str) -> int:
    """What a unit multiplies by: 千万 is ten million."""
    return math.prod(_LARGE.get(sign) or _SCALE[sign] for sign in unit)


def _mixed_fen(written: str) -> int | None:
    """Value in 分 of 12万5000 or 1亿2000万; None where the parts do not grow smaller."""
    total, last = Decimal(0), Decimal(10**18)
    for figure, unit in _TERM.findall(re.sub(r"\s+", "", written)):
        value = Decimal(figure.replace(",", "")) * _scale(unit)
        if value >= (last if total else Decimal(10**18)):
            return None
        total, last = total + value, Decimal(_scale(unit))
    return int((total * 100).to_integral_value())


def _role(flat: str, match: re.Match[str], left: int, floor: int, right: int, *, ordered: bool) -> _Said:
    """Role of an amount: words right behind it, then its own comma clause, then the clauses before it.

    `left` begins the sentence, `floor` ends the figure before, `right` ends the sentence; `ordered` within the
    operative part, where 划拨 is an order and no payment.
    """
    start = match.start()
    starts = [left, *(comma.end() for comma in _COMMA.finditer(flat, left, start))]
    clause = flat[starts[-1] : start]
    rest = flat[match.end() : right].removeprefix("整")
    if _RATE.search(clause) or _LIMITED.match(rest):
        return _Said("other", start, False)
    for role, pattern in _BEHIND:
        if pattern.match(rest) and not rest.startswith(","):
            done = _said(flat, max(starts[-1], floor), start) if role == "claim" else None
            if done and _is_done(flat, done, start):
                return done
            return _Said("other" if ordered and role == "paid" else role, start, True)
    said = _said(flat, max(starts[-1], floor), start) or _Said("other", start, False)
    if not said.verb and starts[-1] < floor:
        # In an enumeration (存款100元、公积金200元) the verb before the first sum governs the others.
        governing = _said(flat, starts[-1], floor)
        if governing and governing.verb and said.role not in {"fee", "price"} and governing.role != "claim":
            said = _Said(governing.role, max(starts[-1], floor), True)
        elif governing and said.role == "other" and not re.search(r"[一-鿿]{2}", flat[floor:start]):
            said = _Said(governing.role, start, governing.verb)
    earlier = len(starts) - 1
    while said.role == "other" and earlier and starts[earlier] > floor:
        earlier -= 1
        said = _said(flat, max(starts[earlier], floor), starts[earlier + 1] - 1) or said
    return _settled(said, flat[left:start], clause, rest, start, ordered=ordered)


def _is_done(flat: str, said: _Said, start: int) -> bool:
    """Whether a duty behind a sum (元的义务) was done (已履行), or is left (尚未履行) and not described."""
    return said.role == "paid" or (
        said.role == "outstanding" and re.fullmatch(_UNPAID, flat[said.start : start].strip()) is not None
    )


def _settled(said: _Said, before: str, clause: str, rest: str, start: int, *, ordered: bool) -> _Said:
    """What the clause as a whole and the clause behind say otherwise: paid on a day, only promised, only ordered."""
    if said.role in {"claim", "other"} and _PAID_ON.search(clause) and not _PROMISED.search(clause):
        said = _Said("paid", said.start, True)
    elif said.role == "claim" and (_PROMISED.search(clause) or ("标的" not in clause and _SETTLEMENT.search(before))):
        said = _Said("other", said.start, False)
    if said.role == "paid" and (ordered or _ORDERED.search(clause)) and not re.search(r"已|到位", clause):
        return _Said("other", said.start, False)
    if said.role == "outstanding" and re.search(r"余款|剩余", clause) and _HANDED_ON.match(rest):
        return _Said("paid", said.start, True)
    if said.role == "outstanding" and re.search(r"申请(?:强制)?执行(?!人)[^,未欠]{0,6}(?:剩余|余款)", clause):
        return _Said("claim", said.start, True)
    if said.role == "claim" and not re.search(r"标的|要求|请求|判", clause) and _DONE_BEHIND.match(rest):
        return _Said("paid", said.start, True)
    # What a sale left over, and to whom else it went, is neither unpaid nor claimed.
    if _PROCEEDS.search(before) and (
        (said.role == "outstanding" and _LEFT_OVER.search(clause) and not re.search("未|欠|债", clause))
        or (said.role == "claim" and _SHARED_OUT.search(before) and not re.search(r"标的|要求|请求|判", clause))
    ):
        return _Said("other", said.start, False)
    # A clause behind (,已划拨) speaks of this sum only where it holds none of its own.
    open_to_it = not said.verb and said.role in {"balance", "other", "price"} and not ordered and rest.startswith(",")
    if open_to_it and _PAID_BEHIND.match(rest) and not _FIGURE.search(_COMMA.split(rest[1:])[0]):
        return _Said("paid", start, True, behind=True)
    return said


def _said(flat: str, left: int, right: int) -> _Said | None:
    """What the words at [left, right) say of a sum that follows: a verb, unless the sum is a fee; else a noun."""
    stretch = flat[left:right]
    verbs = [
        (found.end(), -rank, role, found.start())
        for rank, (role, pattern) in enumerate(_VERBS)
        for found in pattern.finditer(stretch)
    ]
    nouns = [
        (found.end(), -rank, role, found.start())
        for rank, (role, pattern) in enumerate(_NOUNS)
        for found in pattern.finditer(stretch)
    ]
    noun = max(nouns, default=None)
    verb = max(verbs, default=None)
    if verb and (noun is None or noun[2] != "fee"):
        if verb[2] == "claim" and noun and noun[0] > verb[0] and noun[2] in {"interest", "price", "balance"}:
            return _Said(noun[2], left + noun[3], False)
        return _Said(verb[2], left + verb[3], True)
    return _Said(noun[2], left + noun[3], False) if noun else None
