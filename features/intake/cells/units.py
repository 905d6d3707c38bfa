"""Units that sums are written in: 8万 in a cell, 标的(万元) in a header, 单位：万元 above the header."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from features.rules.characters import without_blanks

UNITS = {
    "分": 100,
    "角": 1_000,
    "元": 10_000,
    "百元": 10**6,
    "千元": 10**7,
    "万元": 10**8,
    "十万元": 10**9,
    "百万元": 10**10,
    "千万元": 10**11,
    "亿元": 10**12,
}
"""Unit -> ten-thousandths of a yuan, in which every sum that is read is whole."""
YUAN = "元"
LONGEST = 300
"""Characters up to which a text is looked through for a unit, a currency or a sum in words."""
PROSE = 2000
"""Characters up to which a text may be a note on units, however much it explains."""
IN_CELL = "(?:十万|百万|千万|[百千万亿])元?|[元角分]"
"""A unit behind a number (RE2)."""
IN_HEADER = "(?:十|百|千)?万元?|[百千]元|亿元?|[元角分]"
"""A unit in a header or in a note beside a table."""
_CLOSED = r"[0-9０-９][.．]?[)）]?[-－]?$"
"""Pattern of the end of a number without a unit."""
_NOUGHT = r"^[^1-9１-９]*$"
MONEY = "(?:折合?)?(?:人民币|rmb|cny|本位币)"
"""Words that mark a unit as one of yuan (人民币)."""
_PERIOD = "(?:/(?:每?[月年次笔户人]|季度?))?"
_STATED = rf"(?:(?:金额|货币|计量)?单位[:为]?)?(?:{MONEY}[:/,]?)?(?P<unit>{IN_HEADER})(?:人民币)?{_PERIOD}"
_NAMED = rf"(?P<money>{MONEY}|¥)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<bare>.+?)[(\[【〔{{](?:{_STATED}|{_NAMED})[)\]】〕}}]",
        rf"[(\[【〔{{](?:{_STATED})[)\]】〕}}](?P<bare>.+)",
        rf"(?P<bare>.+?)[/_,:;、-](?:{_STATED}|{_NAMED})",
        r"(?P<bare>.+?[^十百千万亿])(?:单位)?(?P<unit>(?:十|百|千)?万元|[百千亿]元)",
    )
)
FOREIGN = (
    "美元|美金|美圆|港币|港元|日元|日圆|日币|欧元|英镑|澳元|澳币|加元|加币|韩元|韩币|新台币|台币|新加坡元|瑞士法郎|新西兰元|澳门元|泰铢"
    "|usd|hkd|jpy|eur|gbp|aud|cad|krw|sgd|chf|nzd|twd"
)
"""Currencies by which a header or a note may count, as `plain_text` writes them."""
SIGNS = r"us[$]|hk[$]|jp¥|nt[$]|a[$]|c[$]|s[$]|[$€£]"
"""Signs of other currencies, as `plain_text` writes them; ¥ is the yuan's."""
_ENGLISH = {"k": "千", "'000": "千", "000": "千", "000s": "千", "'000s": "千", "thousand": "千", "thousands": "千"}
_ENGLISH |= {"10k": "万", "10,000": "万", "10000": "万", "tenthousand": "万", "tenthousands": "万", "100k": "十万"}
_ENGLISH |= {
    "m": "百万",
    "mn": "百万",
    "mm": "百万",
    "million": "百万",
    "millions": "百万",
    "10m": "千万",
    "100m": "亿",
}
_COUNTS = "|".join(sorted(map(re.escape, _ENGLISH), key=len, reverse=True))
_MONEY_IN_ENGLISH = r"rmb|cny|yuan|usd|hkd|eur|jpy|gbp|us[$]|hk[$]|[$€£¥]"
_ENGLISH_UNITS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<counted>(?<=[a-z(])in)?(?P<money>{_MONEY_IN_ENGLISH})[:/,_-]?(?P<count>{_COUNTS})(?![a-z0-9])",
        rf"(?P<counted>(?<![a-z])in|(?<=amounts)in|(?<=amount)in)(?P<count>{_COUNTS})(?:of)?(?P<money>{_MONEY_IN_ENGLISH})",
        rf"(?<=unit:)(?P<counted>)(?P<count>{_COUNTS})(?:of)?(?P<money>{_MONEY_IN_ENGLISH})?(?![a-z0-9])",
    )
)
"""RMB 10K, in thousands of RMB, unit: million; as `plain_text` writes them."""
_DOUBTFUL_PART = re.compile(
    rf"[(\[【〔{{][^)\]】〕}}]*(?:[元圆币镑万亿千$€£]|{FOREIGN})[^)\]】〕}}]*[)\]】〕}}]|/[^/]*(?:{FOREIGN})$"
)
_SAYS = r"[^)\]】〕}元圆币镑万亿千$€£%]*[元圆币镑万亿千$€£%][^)\]】〕}]*"
_DOUBTFUL = re.compile(rf"[(\[【〔{{]({_SAYS})|/({_SAYS})|({FOREIGN})")


def full_unit(unit: str) -> str:
    """One of `UNITS` from a unit as written: 万 -> 万元."""
    return unit if unit in UNITS else f"{unit}元"


def plain_text(text: str) -> str:
    """A text without blanks and full-width forms, in lower case: '标的（万元）' -> '标的(万元)'."""
    return without_blanks(_compatible(text)).lower()


def _compatible(text: str) -> str:
    """A text without full-width forms (NFKC); one so long that it is prose as it is."""
    # The time of normalisation grows with the square of a run of accents.
    return unicodedata.normalize("NFKC", text) if len(text) <= PROSE else text


def in_chinese(plain: str, sentence: bool = False) -> str:
    """A plain text with a unit in English put into Chinese; `sentence`: as 以万元计 where it stands behind `in`.

    >>> in_chinese("unit:rmb10k"), in_chinese("amount(rmb'000)"), in_chinese("usdmillion"), in_chinese("checkin")
    ('unit:万元', 'amount(千元)', '百万usd', 'checkin')
    """

    def put(hit: re.Match[str]) -> str:
        money = hit["money"] or ""
        unit = _ENGLISH[hit["count"]] + (YUAN if money in ("", "rmb", "cny", "yuan", "¥") else money)
        return f"以{unit}计" if sentence and hit["counted"] else unit

    if plain.isascii() or re.search("rmb|cny|usd|unit", plain):
        for form in _ENGLISH_UNITS:
            plain = form.sub(put, plain)
    return plain


def split_unit(header: str) -> tuple[str, str]:
    """A header without the unit it states, and the unit ('' where it states none).

    >>> split_unit("标的(万元)"), split_unit("余额/千元"), split_unit("收/支")
    (('标的', '万元'), ('余额', '千元'), ('收/支', ''))
    """
    plain = in_chinese(plain_text(header))
    for form in _FORMS if len(plain) <= LONGEST else ():
        if hit := form.fullmatch(plain):
            return hit["bare"], full_unit(hit["unit"]) if hit["unit"] else YUAN
    return plain, ""


def doubtful_unit(header: str) -> str:
    """The unit in a header that is not one of yuan (万美元) and that `split_unit` therefore leaves there; or ''."""
    hit = _DOUBTFUL.search(in_chinese(plain_text(header[:LONGEST])))
    return (hit[1] or hit[2] or hit[3]) if hit else ""


def without_doubtful(header: str) -> str:
    """A header without what it says of a unit that is not known, for the name of its column: 金额(万美元) -> 金额."""
    plain = _DOUBTFUL_PART.sub("", in_chinese(plain_text(header[:LONGEST])), count=1)
    return re.sub(f"^(?:{FOREIGN})|[-_/]?(?:{FOREIGN})$", "", plain)


def foreign_unit(unit: str) -> str:
    """The currency that a unit such as 万美元 names, as it is written, or ''."""
    hit = re.fullmatch(rf"(?:十|百|千)?[万亿千百]?({FOREIGN}|{SIGNS})", plain_text(unit[:LONGEST]))
    return hit[1] if hit else ""


def multiple_of(unit: str) -> str:
    """The unit of a sum in another currency: 万美元 counts in ten thousands, as 万元; '' for two (元/万元)."""
    hits = (re.match("(?:十|百|千)?万|[百千亿]", one) for one in re.split("[/、,;和或及与]", unit))
    found = {f"{hit[0]}元" if hit else YUAN for hit in hits}
    return found.pop() if len(found) == 1 else ""


def with_unit(cells: pa.ChunkedArray, unit: str | pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers with the unit of their column, or of each row, behind; nought, and what bears a unit of its own, stay."""
    closed = pc.and_not(pc.match_substring_regex(cells, _CLOSED), pc.match_substring_regex(cells, _NOUGHT))
    return pc.if_else(pc.fill_null(closed, False), pc.binary_join_element_wise(cells, unit, ""), cells)


def own_unit(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether a cell bears a unit of its own."""
    return pc.fill_null(pc.match_substring_regex(cells, f"[0-9０-９.．)）](?:{IN_CELL})[)）]?[-－]?$"), False)
