"""Sums that are no facts of this case: another case's, said and disputed, or undone by what came after."""

from __future__ import annotations

import re
from collections.abc import Sequence

from features.intake.ruling.money.found import Sum
from features.intake.ruling.numbers import other_cases

_OTHER_CASE = re.compile(
    r"另案|他案|别案|[另外](?:一|有一?|外一?)案|其[他它](?:[一二三四五六七八九十两几]|多)?(?:件|宗|起)?(?:执行)?案件|系列案|关联案件|外案|另有[^,。]{0,6}案"
)
_SAME_OTHER = re.compile(r"\s*(?:该案|上述案件|前案|前述案件|上述另案)")
_THIS_CASE = re.compile(r"本案|本次|恢复(?:执行)?|本院(?:现|在本)")
_APART = re.compile(r"\s*(?:整)?\((?:系|属|为)?(?:另案|他案|其他案)")

_SAYS = re.compile(r"(?:辩称|声称|自称|诉称|陈述|主张|抗辩|提出异议|(?<![名职简号俗合全泛统])称(?![号谓为呼职]))")
_APPLICANT_SAYS = re.compile(r"申请执行人[^,。;执]{0,16}$")
_CONFIRMED = re.compile(
    r"(?<![不未否无])(?:认可|确认|属实|无异议|没有异议|查证属实|查实)|承认|(?<!不)予以认定|(?<!不)予采信"
)
_DENIED = re.compile(
    r"不(?:予|表示)?(?:以)?认可|否认|不予(?:以)?(?:采信|确认|认定|采纳)|不属实|(?<!属)不实|与事实不符|与实际不符|(?:未(?:能)?|无法)(?:予以)?(?:查实|核实|证实|认定|采信)"
    r"|查无此|(?:存在|有|提出)争议|未认可|不承认|未收到|没有收到"
)
_UNPROVEN = re.compile(
    r"(?:未(?:能)?|没有|无法|无)(?:向本院)?(?:提供|提交|举)?[^,。;]{0,14}(?:证据|凭证|证明|依据|举证)"
    r"|证据不足|不(?:能)?成立|不予支持|无(?:事实)?依据"
)
_UNDONE = re.compile(
    r"退回|退还(?!(?:给|至|予)?(?:申请执行人|原告))|发还(?!(?:给|至|予)?申请执行人)|原路返回|执行回转|予以返还|返还(?:给|至|予)?(?:被执行人|案外人|第三人|其|账户)"
    r"|(?<!不)(?<!未)异议(?:请求|理由)*(?:均|依法|全部|部分)*成立|误扣|(?:被|由|给|归|划至|转至|转入|分配给)(?:另案|他案|其[他它][^,。]{0,6}案)|[(,](?:包?含|其中)(?:另案|他案)|^(?:支付|交付|汇)?给(?:案外人|他人)|未(?:能)?(?:划拨|扣划|提取|支付)成功|(?:划拨|扣划|提取)(?:未(?:能)?成功|失败)|余额不足(?!以|部分)|错误(?:扣划|划拨|提取)|(?:扣划|划拨|提取)错误|(?:退票|拒付|冲正|未(?:能)?兑付|未(?:实际)?到账|撤销(?:该|上述)?(?:笔)?(?:扣划|划拨))"
)
_NOT_UNDONE = re.compile(r"(?:未|不予|不应|不能|无需|拒绝|要求|请求|申请)[^,。;]{0,8}$")
_GOES_ON = re.compile(
    r"[\s]*(?:但|后|嗣后|之后|其后|随后|现|因|该|上述|前述|此后|同日|次日|经|对此|本院|案外人|第三人|申请执行人|被执行人|双方|对该)"
)
_RECITED = re.compile(
    r"(?:判决|调解|裁决|仲裁|公证)书?(?:主文|内容)?(?:确定|认定|查明|载明|写明|确认|约定)|起诉前|诉讼(?:中|期间|过程中)|庭审(?:前|中)|判决前|审理(?:中|期间|过程中)|立案(?:执行)?前|(?:申请)?执行前"
)
"""What was paid before the enforcement."""
_ENFORCED = re.compile(r";|本案|执行标的|执行(?:过程|期间|中|到位)|本院(?:已|依法|于)|扣划|划拨|提取")
"""Where a sentence that recited a judgment speaks of the enforcement again."""
_FIGURED = re.compile(r"\d元?|[一二三四五六七八九十百千万]元")
_REACH = 120
_ACTS = frozenset({"paid", "outstanding", "claim"})


def set_aside(text: str, flat: str, sums: Sequence[Sum], own: str) -> tuple[list[Sum], list[str]]:
    """The sums, those that are no facts of the case `own` without a role, and a sentence on each of these."""
    others = other_cases(flat, own)
    kept: list[Sum] = []
    notes: list[str] = []
    for at, one in enumerate(sums):
        following = sums[at + 1] if at + 1 < len(sums) else None
        why = _why_not(flat, one, following, others) if one.role in _ACTS else ""
        if why:
            notes.append(f"金额“{one.written(text)}”{why}，未采用，待核对。")
            one = one._replace(role="other", total=False)
        kept.append(one)
    return kept, notes


def _why_not(flat: str, one: Sum, following: Sum | None, others: Sequence[tuple[int, int]]) -> str:
    """Why a sum is no fact of this case; "" where nothing says so."""
    if _of_another_case(flat, one, others):
        return "所在语句写的是另一案件"
    behind = _behind(flat, one, following)
    left = _left(flat, one.start, "。\n")
    says = list(_SAYS.finditer(flat, max(left, one.start - _REACH), one.start))
    if says and not re.search(
        r"本院(?:查明|认为)|经(?:本院)?(?:审理|审查|核实)?查明", flat[says[-1].end() : one.start]
    ):
        before = flat[left : says[-1].start()]
        if denied := (_DENIED.search(behind) or _UNPROVEN.search(behind)):
            return f"是一方所称，后文写“{denied.group()}”"
        if one.role in ("paid", "claim") and not _APPLICANT_SAYS.search(before) and not _CONFIRMED.search(behind):
            return "是一方所称，未见另一方认可或法院查实"
    if one.role != "paid" and one.role != "outstanding":
        return ""
    recited = [*_RECITED.finditer(flat, left, one.start)]
    if one.role == "paid" and recited and not _ENFORCED.search(flat, recited[-1].end(), one.start):
        return f"写在“{recited[-1].group()}”的内容里，不是执行中到位"
    own = re.search(r"扣划|划拨|划扣|提取|扣缴|扣留", flat[max(one.said, left) : one.start])
    if one.role == "paid" and not own and (denied := _DENIED.search(behind)):
        return f"有争议，后文写“{denied.group()}”"
    return _undone(flat, one, behind.split(";")[0])


def _undone(flat: str, one: Sum, behind: str) -> str:
    """Why a sum that was paid is paid no longer; "" where it is."""
    for undone in _UNDONE.finditer(behind):
        if _NOT_UNDONE.search(behind[: undone.start()]):
            continue
        clause = behind[behind.rfind(",", 0, undone.start()) + 1 :].split(",")[0]
        mine = "," not in behind[: undone.start()]
        if one.role == "outstanding":
            return "已退回" if mine and re.search(r"余款|剩余", flat[one.said : one.start]) else ""
        handed = re.search(
            r"(?:发还|发放|支付|转付|汇付|交付)[^,。;]{0,4}申请执行人[^,。;]{0,4}$", flat[one.said - 20 : one.start]
        )
        handed = handed or re.match(r"[^,。;]{0,12}(?:发放|支付|转付|汇付|交付)[^,。;]{0,4}申请执行人", behind)
        # What is said of a sum of its own (余款100元退还) takes from the whole, not from what was handed on.
        if not (not mine and _FIGURED.search(clause) and handed):
            return f"先到位，后文写“{undone.group()}”"
    return ""


def _left(flat: str, at: int, stops: str) -> int:
    return max(flat.rfind(stop, 0, at) for stop in stops) + 1


def _behind(flat: str, one: Sum, following_sum: Sum | None) -> str:
    """The words behind a sum that may speak of it: its sentence, and the next where that goes on without a new sum."""
    end = min((found for stop in "。\n" if (found := flat.find(stop, one.end)) >= 0), default=len(flat))
    following = re.compile(r"[。\s]*([^。\n]*)").match(flat, end)
    if following and _GOES_ON.match(flat, following.start(1)):
        # A sentence that goes on holds no other sum, or the same again: 后将该20000元退回.
        other = following_sum and end <= following_sum.start < following.end() and following_sum.fen != one.fen
        end = end if other else following.end()
    return flat[one.end : min(end, one.end + 3 * _REACH)]


def _of_another_case(flat: str, one: Sum, others: Sequence[tuple[int, int]]) -> bool:
    """Whether the last case named before a sum in its sentence, or in the one that goes on, is another."""
    if _APART.match(flat, one.end):
        return True
    left = _left(flat, one.start, "。\n")
    if _SAME_OTHER.match(flat, left):
        left = _left(flat, max(0, left - 1), "。\n")
    named = [found.end() for found in _OTHER_CASE.finditer(flat, left, one.start)]
    named += [end for start, end in others if left <= start and end <= one.start]
    this = [found.end() for found in _THIS_CASE.finditer(flat, left, one.start)]
    return bool(named) and max(named) > max(this, default=-1)
