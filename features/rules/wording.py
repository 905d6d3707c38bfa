"""Numbers of thresholds and legal periods in words: what `{A02-DAYS}` or `{T-PAY:汉}` reads as in a text for people.

A text names a number by the id of its threshold (`config/thresholds/*.toml`) or rule (`config/timers.toml`), so that
it says what the clue computes with, an office's own value too. A letter after the colon says how it is written:

    {A02-DAYS}     figures: 7; for 元 in 万 and 千 where it is whole thousands (2万, 1千)
    {B02-DAYS:汉}  Chinese numerals: 三十
    {C10-SHARE:成} tenths of a whole for a percentage: 八成
    {D01-BACK:期}  a span of days or months with its unit: 一年, 半年, 两个月, 四十日
    {C04-ROUND:整} a round sum: 万, 五万
    {T-3M:年}      years, of a number of months: 二
    {T-3M:时}      hours, of a number of days: 二十四

A rule whose versions differ in length cannot stand in a text: each act is judged by the version of its own day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from features.errors import GoldenKeyError
from features.rules.periods import MONTH_DAYS, MONTHS_A_YEAR, RULES, YEAR_DAYS
from features.rules.thresholds import SHIPPED, Thresholds, shipped_thresholds

FIELD = re.compile(r"\{([A-Z][A-Z0-9]*-[A-Z0-9-]+)(?::(\w))?\}")
"""A field of a text that names a threshold or a rule; the fields that evidence fills have no hyphen."""

_DIGITS = "零一二三四五六七八九"
_HALF_YEAR_DAYS = 180
_HOURS_A_DAY = 24


def fill_numbers(text: str, thresholds: Thresholds = SHIPPED) -> str:
    """A text with its fields of thresholds and rules filled; all others stay.

    Raises:
        GoldenKeyError: no threshold or rule has the id, no such way of writing, or the rule's versions differ.
    """

    def filled(match: re.Match[str]) -> str:
        number, unit = _number(match[1], thresholds)
        form = _FORMS.get(match[2] or "")
        if form is None:
            raise GoldenKeyError(f"文本“{text}”的 {match[0]} 写法不对：冒号后须为 {'、'.join(filter(None, _FORMS))}。")
        return form(number, unit)

    return FIELD.sub(filled, text)


def _number(id: str, thresholds: Thresholds) -> tuple[Decimal, str]:
    """A number in its own unit, and that unit."""
    if one := shipped_thresholds().get(id):
        return _plain(thresholds.changed.get(id, one.value)), one.unit
    found = {(rule.value, rule.unit) for rule in RULES if rule.id == id}
    if not found:
        raise GoldenKeyError(f"文本中的 {id} 既不是阈值也不是法定期限。")
    if len(found) > 1:
        raise GoldenKeyError(f"法定期限 {id} 先后有不同的长度，文本中不能写成一个数。")
    value, unit = found.pop()
    return Decimal(value), unit


def _plain(value: float) -> Decimal:
    """A number without trailing zeros: 2.0 is 2."""
    exact = Decimal(str(value))
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact.normalize()


def figures(value: Decimal, unit: str) -> str:
    """Figures; 元 in 万 from ten thousand on, in 千 where it is whole thousands below.

    >>> figures(Decimal(20000), "元"), figures(Decimal(1000), "元"), figures(Decimal("2.5"), "%")
    ('2万', '1千', '2.5')
    """
    for size, word in ((10_000, "万"), (1_000, "千")) if unit == "元" else ():
        if value >= size and (size == 10_000 or value % size == 0):
            return f"{(value / size).normalize():f}{word}"
    return f"{value:f}"


def numerals(value: Decimal, unit: str = "") -> str:
    """Chinese numerals; a part after the point digit by digit.

    >>> [numerals(Decimal(one)) for one in ("7", "15", "48", "105", "2010", "20000", "2.5")]
    ['七', '十五', '四十八', '一百零五', '二千零一十', '二万', '二点五']
    """
    whole, point = int(value), value % 1
    if point:
        return f"{numerals(Decimal(whole))}点{''.join(_DIGITS[int(one)] for one in f'{point:f}'.split('.')[1])}"
    if whole >= 10_000:
        more, rest = divmod(whole, 10_000)
        return f"{numerals(Decimal(more))}万{_after(rest, 1_000)}"
    for size, word in ((1_000, "千"), (100, "百"), (10, "十")):
        if whole >= size:
            more, rest = divmod(whole, size)
            head = "" if size == 10 and more == 1 else _DIGITS[more]
            return f"{head}{word}{_after(rest, size // 10)}"
    return _DIGITS[whole]


def _after(rest: int, size: int) -> str:
    """What follows a larger place; a place that is skipped is read as 零, a ten within a number as 一十."""
    if not rest:
        return ""
    said = numerals(Decimal(rest))
    said = f"一{said}" if said.startswith("十") else said
    return said if rest >= size else f"零{said}"


def tenths(value: Decimal, unit: str) -> str:
    """A percentage in tenths where it is whole fives, else in hundredths.

    >>> tenths(Decimal(80), "%"), tenths(Decimal(85), "%"), tenths(Decimal(83), "%")
    ('八成', '八成五', '百分之八十三')
    """
    more, rest = divmod(value, 10)
    if value % 5 or not 0 < value < 100:
        return f"百分之{numerals(value)}"
    return f"{numerals(more)}成{numerals(rest) if rest else ''}" if more else f"百分之{numerals(value)}"


def span(value: Decimal, unit: str) -> str:
    """A span with its unit: years and months of `YEAR_DAYS` and `MONTH_DAYS` where it is whole ones, else days.

    >>> [span(Decimal(one), "天") for one in (365, 180, 60, 40)], span(Decimal(6), "month")
    (['一年', '半年', '两个月', '四十日'], '六个月')
    """
    if unit in ("月", "month"):
        return _months(value)
    if value == _HALF_YEAR_DAYS:
        return "半年"
    if value and value % YEAR_DAYS == 0:
        return f"{_counted(value / YEAR_DAYS)}年"
    return _months(value / MONTH_DAYS) if value > MONTH_DAYS and value % MONTH_DAYS == 0 else f"{numerals(value)}日"


def _months(value: Decimal) -> str:
    return f"{_counted(value)}个月"


def _counted(value: Decimal) -> str:
    return "两" if value == 2 else numerals(value)


_FORMS: dict[str, Callable[[Decimal, str], str]] = {
    "": figures,
    "汉": numerals,
    "成": tenths,
    "期": span,
    "整": lambda value, unit: numerals(value).removeprefix("一"),
    "年": lambda value, unit: numerals(value / MONTHS_A_YEAR),
    "时": lambda value, unit: numerals(value * _HOURS_A_DAY),
}
"""Ways of writing a number, by the letter after the colon."""
