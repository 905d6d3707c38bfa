"""Numbers written as text in a foreign column: "1,234.50", "12%", "3万", "(1,200.00)", "１２".

A column is numbers throughout or words throughout: what is half of each, or looks like a number and cannot be read as
one, is refused in a sentence, for words are ordered as words and would order numbers wrongly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import GoldenKeyError

_MARK = r"(?:人民币|RMB|CNY|￥|¥)?"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)?"
_NUMBER = re.compile(
    rf"^(?P<open>\()?(?P<sign>[+-])?{_MARK}(?P<after>[+-])?(?P<whole>{_DIGITS})(?P<part>\.\d*)?(?P<power>E[+-]?\d{{1,3}})?"
    r"(?P<unit>%|‰|千|万|百万|千万|亿)?元?(?P<close>\))?(?P<behind>-)?$",
    re.IGNORECASE,
)
_POWERS = {"%": -2, "‰": -3, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8}
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a5": "¥", "\u2019": "'"})
_ALIKE = re.compile(
    r"^[(+\-]*(?:人民币|RMB|CNY|USD|HKD|JPY|EUR|US\$|HK\$|[￥¥$€£])?[+\-]?[\d.][\d.,' ]*(?:E[+\-]?\d+)?"
    r"(?:%|‰|[千百万亿]+)?(?:人民币|美元|港币|港元|日元|欧元|英镑|元|RMB|CNY|USD|HKD|JPY|EUR)?[)\-]*$",
    re.IGNORECASE,
)
_SHOWN = 3


def read_number(text: str) -> float | None:
    """The number a text is, None where it is none or cannot be read for certain.

    Accepted: thousands by commas or blanks, ¥ and its names before, 元 behind, %, ‰, 千, 万, 百万, 千万, 亿, minus as
    `-1`, `1-`, `(1)` or `¥-1`, powers of ten as `1.2e5`, full-width forms, blanks around.

    >>> [read_number(text) for text in ("1,234.50", "12%", "3万", "(1,200.00)", "1.2e5", "12,34")]
    [1234.5, 0.12, 30000.0, -1200.0, 120000.0, None]
    """
    match = _NUMBER.match(_plain(text))
    if match is None or not re.search(r"\d", (match["whole"] or "") + (match["part"] or "")):
        return None
    signs = [bool(match["open"]), match["sign"] is not None, match["after"] is not None, bool(match["behind"])]
    if sum(signs) > 1 or bool(match["open"]) != bool(match["close"]):
        return None
    digits = re.sub("[, ]", "", match["whole"] or "0") + (match["part"] or "")
    power = int((match["power"] or "E0")[1:]) + _POWERS.get(match["unit"] or "", 0)
    number = float(f"{digits}e{power}")
    return -number if match["open"] or match["behind"] or "-" in (match["sign"], match["after"]) else number


def looks_like_number(text: str) -> bool:
    """Whether a text is digits with marks of sums around them, readable or not ("12,34", "US$5", "1.234,50")."""
    plain = _plain(text)
    return bool(_ALIKE.match(plain)) and bool(re.search(r"\d", plain))


def numbers_of(column: pd.Series, file: str) -> npt.NDArray[np.float64] | None:
    """A column of text as numbers (n,), NaN where missing; None where it is words throughout.

    Args:
        column: text; missing or blank cells are ignored.
        file: name of the file, for sentences.

    Raises:
        GoldenKeyError: some values are numbers and some are not, look like numbers nobody can read for certain, or
            stand with and without %.
    """
    words = column.astype("string").str.strip()
    words = words.mask(words == "")
    distinct = sorted(map(str, words.dropna().unique()))
    read = {word: read_number(word) for word in distinct}
    numbers = [word for word in distinct if read[word] is not None]
    rest = [word for word in distinct if read[word] is None]
    unclear = [word for word in rest if looks_like_number(word)]
    if not numbers and not unclear:
        return None
    place = f"特征矩阵 {file} 的列 {column.name} "
    advice = "请改为统一写法的数字，或用 --drop 剔除；确为类别的，用 --text 指明按文字处理。"
    if unclear:
        raise GoldenKeyError(f"{place}有看似数字而无法确定数值的内容（如{_listed(unclear)}）：{advice}")
    if rest:
        raise GoldenKeyError(f"{place}既有数字（如{_listed(numbers)}）又有文字（如{_listed(rest)}）：{advice}")
    shares = [word for word in numbers if "%" in _plain(word)]
    plain = [word for word in numbers if "%" not in _plain(word) and read[word] != 0]
    if shares and plain:
        raise GoldenKeyError(f"{place}有的带百分号（如{_listed(shares)}）有的不带（如{_listed(plain)}）：{advice}")
    return np.asarray(words.map(read).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _plain(text: str) -> str:
    """Half-width, one kind of minus, no blanks but those between digits."""
    narrow = unicodedata.normalize("NFKC", text.translate(_MINUS)).translate(_MINUS)
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", narrow.strip())


def _listed(words: Iterable[str]) -> str:
    return "、".join(f"“{word}”" for word in list(words)[:_SHOWN])
