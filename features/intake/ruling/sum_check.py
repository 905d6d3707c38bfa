"""Check claim - paid = outstanding; interest and costs that the ruling names besides explain a difference."""

from __future__ import annotations

import re
from typing import NamedTuple

from features.intake.ruling.document import Amount, Ruling
from features.intake.ruling.plain import normalise_text, sentence_bounds
from features.rules.money import format_exact_yuan

_BESIDE = (
    ("利息", re.compile(r"利息|本息|罚息|复利|利率")),
    ("迟延履行金", re.compile(r"迟延履行|加倍")),
    ("违约金", re.compile(r"违约金|滞纳金")),
    ("诉讼费用", re.compile(r"诉讼费|受理费|保全费|公告费|鉴定费|评估费|律师费")),
    ("执行费", re.compile(r"执行费")),
)
"""Items due besides the principal, with the words that name them."""
_GIVEN_UP = re.compile(
    r"(?<!不)放弃|免除|减免|(?<!未达成)(?<!未能达成)(?<!无法达成)(?<!未)和解|抵偿|(?<!接受以物)(?<!未)抵债|抵销|抵顶|抵扣|撤回|不再(?:要求|主张|申请)|另行(?:执行|主张|处理)|(?:变更|减少)[^,。]{0,6}(?:标的|请求|数额)"
)
"""Words by which part of the claim was given up or fell away."""
_PRINCIPAL = re.compile(r"本金")
_TITLES = re.compile(r"《[^》]*》+")


class SumCheck(NamedTuple):
    """Claim, paid and left in 分; what is named beside the principal; why less may be left than was claimed."""

    claim: int
    paid: int
    left: int
    beside: tuple[str, ...]
    reason: str

    @property
    def over(self) -> int:
        """By how much more is left than claim less payments; below 0 by how much less."""
        return self.left - (self.claim - self.paid)

    @property
    def fits(self) -> bool:
        """Whether the sums agree, or may for what the ruling itself says."""
        return not self.over or bool(self.beside if self.over > 0 else self.reason)

    @property
    def sentence(self) -> str:
        """What was compared, and what was not counted."""
        said = [format_exact_yuan(sum_) for sum_ in (self.claim, self.paid, self.left)]
        compared = f"标的 {said[0]} 元减去到位 {said[1]} 元{'不' if self.over else ''}等于未到位 {said[2]} 元"
        if not self.over:
            return f"{compared}。"
        if not self.fits:
            return f"{compared}，待核实。"
        apart = f"{'多' if self.over > 0 else '少'} {format_exact_yuan(abs(self.over))} 元"
        if self.over > 0:
            words = "、".join(self.beside)
            return f"{compared}（{apart}）；裁定在本金之外另写有{words}，核对不含{words}，不作为不符。"
        return f"{compared}（{apart}）；裁定写有“{self.reason}”，可能因此减少，不作为不符。"


def compared_sums(ruling: Ruling, text: str | None = None) -> SumCheck | None:
    """The three sums with what the ruling says beside them; None where one is missing or not certain.

    What stands beside a sum is looked for in its sentence of the `text`, without it in the quotes alone.
    """
    claim, paid, left = (ruling.fen(role) for role in ("claim", "paid", "outstanding"))
    if claim is None or paid is None or left is None:
        return None
    return SumCheck(claim, paid, left, named_beside(ruling, text), _less(ruling, text))


def named_beside(ruling: Ruling, text: str | None = None) -> tuple[str, ...]:
    """What is due beside the principal by the words around the sums."""
    words = "".join(_sentences(ruling, text, "claim", "outstanding", "paid", "interest", "fee"))
    return tuple(name for name, pattern in _BESIDE if pattern.search(words))


def _less(ruling: Ruling, text: str | None) -> str:
    """The words by which less may be left than was claimed ('' for none)."""
    whole = _tight(text) if text is not None else "".join(quote.quote.text for quote in ruling.reasons)
    if found := _GIVEN_UP.search(whole):
        return found.group()
    claimed, left = ("".join(_sentences(ruling, text, role)) for role in ("claim", "outstanding"))
    beside = any(pattern.search(claimed) for _, pattern in _BESIDE)
    return "本金" if beside and _PRINCIPAL.search(left) else ""


def _sentences(ruling: Ruling, text: str | None, *roles: str) -> list[str]:
    """The sentences in which sums of these roles stand."""
    whole = _tight(text) if text is not None else ""
    return [_sentence(amount, whole) for amount in ruling.amounts if amount.role in roles]


def _sentence(amount: Amount, whole: str) -> str:
    words = _tight(amount.quote.text)
    at = whole.find(words)
    if at < 0:
        return words
    left, right = sentence_bounds(whole, at, at + len(words), "。")
    return whole[left:right]


def _tight(text: str) -> str:
    """Plain text without blanks, line ends and titles of laws."""
    return _TITLES.sub("", re.sub(r"\s+", "", normalise_text(text)))
