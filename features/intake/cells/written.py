"""Sums in words or with a currency: 捌万元整, 1万5千, 1,234万5678元, $5. Read where they can mean one thing only.

What is read is put in the place of the cell as a plain number of yuan, or of the row's currency, before it is parsed;
whatever else stands there stays and is refused by the parser. An estimate (约8万元, 8万余元) is no sum.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from features.intake.cells.arrow import made_of
from features.intake.cells.units import LONGEST, plain_text
from features.schema.currencies import YUAN, amount_signs, code_of

_DIGITS = {
    text: place
    for place, texts in enumerate(
        ("零〇", "一壹", "二贰貳两兩", "三叁叄參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for text in texts
}
_PLACES = {"亿": 10**8, "万": 10**4, "千": 1000, "百": 100, "十": 10}
_OTHERS = str.maketrans(
    {
        "拾": "十",
        "佰": "百",
        "仟": "千",
        "萬": "万",
        "億": "亿",
        "圆": "元",
        "圓": "元",
        "块": "元",
        "正": "整",
        "負": "负",
    }
)
_WRITTEN = f"[{''.join(_DIGITS)}拾佰仟萬億圆圓整正十]|[百千万亿角元][0-9０-９]|[0-9０-９][百千万亿][百千万亿角分]"
"""A cell that may hold a sum in words (RE2); `cells.sql.money_sql` reads those with one unit behind a number."""
_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_SUM = re.compile(r"(?:(?P<yuan>[^元角分]+)元)?(?P<zero>零?)(?:(?P<jiao>[^元角分]+)角)?(?:(?P<fen>[^元角分]+)分)?")
_MARK = re.compile("^(?:人民币|rmb|cny|[¥])[:]?")
_BOTH = re.compile(r"(?P<words>[^()]+)\((?P<figures>[^()]+)\)")
_WORDS_FOR = re.compile(r"[(]?[大小]写[)]?[:]?")
_FIGURES = b"0123456789.,+-() "
"""What the cells of a column without words and signs are made of."""
MOST = 10**13
"""Upper limit in yuan: a sum from here on is not read."""
OTHER_CURRENCY = "（与该行币种不符）"
"""Suffix put on a sum in another currency than its row's, so that the parser refuses it."""
_YUAN_OR_YEN = "¥"
_CODES = {**amount_signs(), "¥": _YUAN_OR_YEN}
_ANY_SIGN = "|".join(re.escape(sign) for sign in sorted(_CODES, key=len, reverse=True))
_SIGNS = (
    re.compile(rf"^(?P<open>\()?(?P<sign>{_ANY_SIGN})(?(open)\))[:]?(?=.)"),
    re.compile(rf"(?P<open>\()?(?P<sign>{_ANY_SIGN})(?(open)\))整?$"),
)
_SIGNED = f"(?i){_ANY_SIGN}|[＄￥￡]"


def sum_in_words(text: str) -> str | None:
    """A sum in words as a plain number of yuan, or None where it is none or could mean another.

    >>> [sum_in_words(text) for text in ("捌万元整", "1万5千", "人民币5万元整", "1万5", "约8万元", "伍元柒角捌分")]
    ['80000', '15000', '50000', None, None, '5.78']
    """
    if len(text) > LONGEST:
        return None
    plain = _WORDS_FOR.sub("", plain_text(text).translate(_OTHERS))
    if both := _BOTH.fullmatch(plain):
        values = {_value(both["words"]), _value(both["figures"], figures=True)}
        return _text(values.pop()) if len(values) == 1 else None
    return _text(_value(plain))


def _text(value: Decimal | None) -> str | None:
    if value is None or abs(value) >= MOST or value != round(value, 4):
        return None
    return f"{value.normalize():f}"


def _value(plain: str, figures: bool = False) -> Decimal | None:
    """The value in yuan of one sum; `figures`: it repeats one in words, so that a bare number will do."""
    less = re.match("[-负]", plain)
    bare = _MARK.sub("", plain[1:] if less else plain)
    whole, bare = bare.endswith("整"), bare.removesuffix("整")
    if not less and (less := re.match("[-负]", bare)):
        bare = bare[1:]
    hit = _SUM.fullmatch(bare)
    if hit and (hit["yuan"] or hit["jiao"] or hit["fen"]):
        parts = [(hit["yuan"], Decimal(1)), (hit["jiao"], Decimal("0.1")), (hit["fen"], Decimal("0.01"))]
        values = [(_count(part), size) for part, size in parts if part]
        small = [count for count, size in values if size < 1 and hit["yuan"]]
        if any(count is None for count, _ in values) or any(
            count is not None and not 0 <= count < 10 for count in small
        ):
            return None
        total = sum((count * size for count, size in values if count is not None), Decimal(0))
    elif "元" in bare or not (whole or figures or re.search("[万亿]", bare)) or (found := _count(bare)) is None:
        return None  # 十 or 五百 alone may count in the unit of the column
    else:
        total = found
    return -total if less else total


def _count(text: str) -> Decimal | None:
    """A number in figures, in words, or both mixed (1万5千); None where it is none or its places are not sure."""
    if _NUMBER.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if text in _DIGITS:
        return Decimal(_DIGITS[text])
    for unit, size in _PLACES.items():
        head, found, rest = text.rpartition(unit)
        if found:
            return _product(head, unit, size, rest)
    return None


def _product(head: str, unit: str, size: int, rest: str) -> Decimal | None:
    """So many of a unit, and what follows it."""
    number = Decimal(1) if unit == "十" and not head else _count(head)
    behind = _behind(rest, size)
    if number is None or behind is None or unit in head:
        return None
    if rest and (number != number.to_integral_value() or (size < 10**4 and number >= 10)):
        return None
    return number * size + behind


def _behind(text: str, size: int) -> Decimal | None:
    """What follows a unit, less than one of it. A bare number only behind 零, or of as many figures as noughts."""
    bare = text.removeprefix("零").removeprefix("〇")
    if not bare:
        return Decimal(0) if not text else None
    value, figures = _count(bare), bare.isascii() or bare in _DIGITS
    sure = bare != text or not figures or len(bare) == len(str(size)) - 1
    return value if value is not None and sure and value < size and value == value.to_integral_value() else None


def written_sums(cells: pa.ChunkedArray, currencies: pa.ChunkedArray | None) -> pa.ChunkedArray:
    """Cells of sums with those in words, or in the currency of their row, as plain numbers; the same where none is.

    Args:
        cells: cleaned texts of a column of sums.
        currencies: what the rows say of their currency, where the table has a column for it.
    """
    if made_of(cells, _FIGURES):
        return cells
    if currencies is not None:
        cells = _in_row_currency(cells, currencies)
    marked = _matching(cells, _WRITTEN)
    if marked is None:
        return cells
    return pc.coalesce(each_text(marked, sum_in_words), cells)


def _matching(cells: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray | None:
    """The cells that match, the others NULL; None where no cell does."""
    hits = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
    return pc.if_else(hits, cells, None) if pc.any(hits).as_py() else None


def each_text(cells: pa.ChunkedArray, each: Callable[[str], str | None]) -> pa.ChunkedArray:
    """Each distinct text put through a function."""
    encoded = cells.combine_chunks().dictionary_encode()
    found = pa.array([each(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([found.take(encoded.indices)])


def _sign(text: str) -> tuple[str, str]:
    """A sum without the signs of its currency, and the currency; ('', '') where it bears none or two."""
    if len(text) > LONGEST:
        return "", ""
    plain = plain_text(text).upper()
    less, plain = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    found = set()
    for form in _SIGNS:
        if hit := form.search(plain):
            found.add(_CODES[hit["sign"]])
            plain = plain[: hit.start()] + plain[hit.end() :]
    return (less + plain, found.pop()) if len(found) == 1 else ("", "")


def _in_row_currency(cells: pa.ChunkedArray, currencies: pa.ChunkedArray) -> pa.ChunkedArray:
    """Sums that bear the currency of their row without it; those that bear another so marked that none is read."""
    marked = _matching(cells, _SIGNED)
    if marked is None:
        return cells
    bare = each_text(marked, lambda text: _sign(text)[0] or None)
    told = each_text(marked, lambda text: _sign(text)[1] or None)
    given = pc.fill_null(each_text(currencies, code_of), YUAN)
    yen = pc.and_(pc.equal(told, _YUAN_OR_YEN), pc.or_(pc.equal(given, "JPY"), pc.equal(given, YUAN)))
    agree = pc.or_(pc.equal(told, given), yen)
    other = pc.binary_join_element_wise(cells, OTHER_CURRENCY, "")
    return pc.coalesce(pc.if_else(agree, bare, other), cells)
