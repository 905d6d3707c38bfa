"""Find amounts of money and classify each by role: claimed, paid, outstanding, balance, price, fee ..."""

from __future__ import annotations

import re
from decimal import Decimal

from features.intake.ruling.document import Amount
from features.intake.ruling.plain import NUMERAL, make_quote, parse_numeral, sentence_bounds

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

_FIGURE = re.compile(
    r"(?P<raw>(?<![\d.])(?<!\d,)\d[\d,. ]*?)\s*(?P<unit>[百千]?[万亿]|千|百)?\s*(?P<about>余)?\s*元"
    rf"|(?P<words>(?<![{NUMERAL}])[{NUMERAL}]{{1,30}})(?P<about2>余)?元(?:(?P<jiao>[{NUMERAL}])角)?(?:(?P<fen>[{NUMERAL}])分)?"
)
_STRICT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_SCALE = {
    "": 1,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "百亿": 10**10,
    "千亿": 10**11,
}

_UNPAID = r"(?:尚未|未能|仍未|未)\s*(?:实际)?(?:执行|履行|受偿|支付|清偿|到位)(?:到位)?|尚欠|下欠|剩余|余款|不足部分"
_PAID_ON = re.compile(
    r"(?:日|当天)(?!前|之前|以前|起|内)[^,]{0,20}(?<!应)(?<!应当)(?:支付|给付|缴纳|偿还|履行)[^,]{0,10}$"
)
_BEFORE = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        ("outstanding", _UNPAID),
        ("fee", r"(?:申请)?执行费|案件受理费|诉讼费|保全费|评估费|公告费"),
        ("interest", r"利息|违约金|罚息|迟延履行金|复利"),
        ("fine", r"罚款"),
        ("price", r"拍卖|成交|起拍|评估|变卖|流拍|保留价"),
        (
            "paid",
            r"(?<!未)(?<!未能)(?<!能)(?:实际)?执行到位|(?<!未)(?:已|共|全部)(?:经)?(?:实际)?(?:到位|受偿|履行|支付|给付|偿还|发放|缴纳|执行)"
            r"|划拨|扣划|实际到位|执行款|扣留|提取",
        ),
        ("balance", r"存款|余额|账户"),
        (
            "claim",
            r"标的|要求|请求|应(?:当)?(?:向[^,。]{1,30})?(?:支付|给付|缴纳|偿还|退赔|赔偿|返还)|支付|给付|偿还|缴纳|案件款"
            r"|退赔|罚金|赔偿|借款|货款|本金|欠款|工资|追缴|没收",
        ),
    )
)
_AFTER = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        ("outstanding", r"(?:的)?(?:债权)?(?:尚未|未能|仍未|未)(?:执行|履行|受偿|支付|到位)|的?债权"),
        (
            "paid",
            r",?(?:并)?已(?:经)?(?:依法)?(?:全部)?(?:划拨|扣划|发放|执行到位|履行|支付|到位)|,(?:本院)?(?:依法)?(?:予以)?(?:划拨|扣划)",
        ),
        ("fine", r"(?:的)?罚款"),
    )
)


def find_amounts(text: str, flat: str) -> tuple[tuple[Amount, ...], tuple[str, ...]]:
    """Every sum in the text in 分 with its role, and sentences on figures whose form cannot be trusted."""
    amounts: list[Amount] = []
    unread: list[str] = []
    floor = 0
    for match in _FIGURE.finditer(flat):
        if match["about"] or match["about2"]:
            unread.append(f"金额“{text[match.start() : match.end()].strip()}”是约数，未采用。")
            continue
        fen = _fen(match)
        if fen is None:
            if match["raw"]:
                unread.append(f"金额“{text[match.start() : match.end()].strip()}”的写法无法确定数值，未采用。")
            continue
        left, right = sentence_bounds(flat, *match.span())
        role, start = _role(flat, match, max(left, floor), right)
        total = bool(
            re.search(
                r"(?:共计|合计|总计|总额|标的额?|标的金额|共)[^,。]{0,6}$", flat[max(left, floor) : match.start()]
            )
        )
        amounts.append(Amount(role, fen, total, make_quote(text, start, match.end())))
        floor = match.end()
    return tuple(amounts), tuple(unread)


def _fen(match: re.Match[str]) -> int | None:
    """Value in 分, or None when the figure is malformed (23,45元) or no figure at all."""
    if match["words"]:
        whole = parse_numeral(match["words"])
        if whole is None or (len(match["words"]) == 1 and match["words"] in "千万亿百〇"):
            return None
        return (
            whole * 100 + (parse_numeral(match["jiao"] or "〇") or 0) * 10 + (parse_numeral(match["fen"] or "〇") or 0)
        )
    raw = re.sub(r"\s+", "", match["raw"])
    if not _STRICT.fullmatch(raw):
        return None
    value = Decimal(raw.replace(",", "")) * _SCALE[match["unit"] or ""] * 100
    return int(value.to_integral_value())


def _role(flat: str, match: re.Match[str], left: int, right: int) -> tuple[str, int]:
    """Role of an amount and where the words that say so begin: behind the figure first, then nearest before it."""
    before, after = flat[left : match.start()], flat[match.end() : right]
    for role, pattern in _AFTER:
        if pattern.match(after):
            return role, match.start()
    matched = [
        (found.end(), -rank, role, found.start())
        for rank, (role, pattern) in enumerate(_BEFORE)
        for found in pattern.finditer(before)
    ]
    if not matched:
        return "other", match.start()
    _, _, role, start = max(matched)
    if role == "claim" and _PAID_ON.search(before[before.rfind(",", 0, start) + 1 :]):
        role = "paid"
    return role, left + start
