"""For how much foreign money a rate of exchange is quoted: 每100外币兑人民币 in a header, 100日元 or JPY/100 in a cell.

A rate quoted for a hundred and read as of one is wrong by a hundred. What says the quantity twice must say it alike,
and what quotes foreign money for yuan (每100元人民币折合外币) is no such header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.units import LONGEST, plain_text
from features.intake.cells.written import each_text

_WORDS = {"一": "1", "十": "10", "百": "100", "一百": "100", "壹佰": "100", "千": "1000", "一千": "1000", "万": "10000"}
_FIGURES = "10000|10,000|1000|1,000|100|10|1"
_QUANTITY = re.compile(
    rf"(?:每|per)?(?<![0-9.])(?P<many>{_FIGURES}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})?"
    r"(?:个)?(?P<unit>单位|元)?(?:的)?(?:外币|外汇|原币|fcy)(?:单位)?"
)
_RATE = re.compile(
    r"(?:折算|兑换|兑|对|合|折|为|等于|的|元|人民币|cny|rmb|基准|中间|汇|牌|价格|率|价|单位|per|[()\[\]/=:,、_-])*+"
)
"""What a header of a rate says beside the quantity; not 买入 or 卖出, which are other prices."""
_OF_YUAN = re.compile(r"(?P<bare>.+?)(?:/|兑|对)(?:cny|rmb|cnh|人民币)", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:每)?(?P<many>{_FIGURES})(?:个|单位|元)?(?P<bare>[^-0-9.,].*)")
_BEHIND = re.compile(rf"(?P<bare>.*[^-0-9.,/(])[/(]?(?:每)?(?P<many>{_FIGURES})(?:单位|元)?[)]?")
_NUMBER_ENDS = r"\.0+$|[,，\s]"


def quantity_in(header: str) -> str:
    """The quantity of foreign money that a header of a rate names, in figures, or ''.

    >>> quantity_in("每100外币兑人民币"), quantity_in("现汇买入价（元/百外币）"), quantity_in("100元人民币折合外币")
    ('100', '100', '')
    """
    hit = _QUANTITY.search(plain_text(header)) if len(header) <= LONGEST else None
    if not hit or not (hit["many"] or hit["unit"] == "单位"):
        return ""
    return _WORDS.get(hit["many"] or "一", hit["many"] or "").replace(",", "")


def is_rate(header: str) -> bool:
    """Whether a header says that its column is what so much foreign money is worth in yuan, and nothing more."""
    plain = plain_text(header)
    return bool(quantity_in(header)) and _RATE.fullmatch(_QUANTITY.sub("", plain, count=1)) is not None


def split_quantity(currency: str) -> tuple[str, str]:
    """A currency without the quantity it is quoted for, and that quantity; without the yuan it is quoted in.

    >>> split_quantity("100日元"), split_quantity("JPY/100"), split_quantity("100JPY/CNY"), split_quantity("840-美元")
    (('日元', '100'), ('jpy', '100'), ('jpy', '100'), ('840-美元', ''))
    """
    if len(currency) > LONGEST:
        return currency, ""
    plain = plain_text(currency)
    if of_yuan := _OF_YUAN.fullmatch(plain):
        plain = of_yuan["bare"]
    hit = _BEFORE.fullmatch(plain) or _BEHIND.fullmatch(plain)
    if not hit:
        return (plain if of_yuan else currency), ""
    return hit["bare"], hit["many"].replace(",", "")


def read_quantities(
    currencies: pa.ChunkedArray, given: Sequence[pa.ChunkedArray], in_header: str
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Currencies without quantities, and the quantity of each row; one that differs from another becomes no number.

    Args:
        currencies: cleaned texts of the column.
        given: cleaned texts of the column of quantities, where there is one.
        in_header: the quantity the header names, or ''.
    """
    bare = each_text(currencies, lambda text: split_quantity(text)[0])
    told = each_text(currencies, lambda text: split_quantity(text)[1] or None)
    header = pa.chunked_array([pa.repeat(pa.scalar(in_header or None, pa.string()), len(currencies))])
    stated = [*(pc.replace_substring_regex(part, _NUMBER_ENDS, "") for part in given), told, header]
    quantity = pc.coalesce(*stated)
    for other in stated:
        unlike = pc.fill_null(pc.not_equal(quantity, other), False)
        marked = pc.binary_join_element_wise(quantity, "（另写每", other, "）", "")
        quantity = pc.if_else(unlike, marked, quantity)
    return bare, quantity
