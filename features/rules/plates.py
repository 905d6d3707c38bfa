"""Plates of vehicles: the one form they are kept in, and the kind of plate that the form shows (GA 36)."""

from __future__ import annotations

import re
from typing import Any

from features.rules.case_numbers import BLANKS
from features.sql_function import sql_function

WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
NARROW = "".join(chr(code) for code in range(0x21, 0x7F))
APART = BLANKS + "·•‧∙⋅・･․．.。｡_ˉ˙‐‑‒–—―−﹣－" + "\\-"
"""Characters dropped from a plate (dots, hyphens, blanks), as the inside of a regex character class."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_CITY, _SIGN = f"[{PROVINCES}][A-Z]", "[A-HJ-NP-Z0-9]"
_ENERGY = "[A-HJK]"
ORDINARY = "普通号牌"
KINDS = {
    ORDINARY: f"{_CITY}{_SIGN}{{5}}",
    "新能源汽车号牌": f"{_CITY}(?:{_ENERGY}{_SIGN}[0-9]{{4}}|[0-9]{{5}}{_ENERGY})",
    "教练汽车号牌": f"{_CITY}{_SIGN}{{4}}学",
    "警用汽车号牌": f"{_CITY}{_SIGN}{{4}}警",
    "挂车号牌": f"{_CITY}{_SIGN}{{4}}挂",
    "试验或超限汽车号牌": f"{_CITY}{_SIGN}{{4}}[试超]",
    "临时行驶车号牌": f"{_CITY}{_SIGN}{{4,5}}临",
    "应急救援号牌": f"{_CITY}{_SIGN}{{4,5}}应急",
    "港澳入出境车号牌": f"粤Z{_SIGN}{{4}}[港澳]",
    "领馆汽车号牌": f"{_CITY}{_SIGN}{{3,4}}领|领[0-9]{{6}}",
    "使馆汽车号牌": "使[0-9]{6}|[0-9]{6}使",
    "民航号牌": "民航[A-Z0-9]{5}",
    "农业机械号牌": f"[{PROVINCES}][0-9]{{2}}[A-Z0-9]{{5}}",
    "武警号牌": f"WJ[{PROVINCES}][A-Z0-9]{{5}}|WJ[0-9]{{7}}",
    "军用号牌": "[军海空北沈兰济南广成][A-Z][0-9]{5}|[A-HJ-NP-Z]{2}[0-9]{5}",
}
"""Kinds of plates in 中文, and the form of each; a plate of none of these forms is of no kind that is known."""

_KNOWN = {kind: re.compile(form) for kind, form in KINDS.items()}
_SHOWN = (
    f"[{PROVINCES}](?:[A-Z][A-Z0-9]{{5,6}}|[0-9]{{2}}[A-Z0-9]{{5}}|[A-Z][A-Z0-9]{{3,5}}(?:[学警挂试超临领港澳]|应急))"
    f"|WJ[{PROVINCES}][A-Z0-9]{{5}}|[使领][0-9]{{6}}|[0-9]{{6}}使|民航[A-Z0-9]{{5}}|[军海空北沈兰济南广成][A-Z][0-9]{{5}}"
)
"""Pattern by which a plate is recognised in a column of mixed asset numbers."""


def normal_plate(text: str) -> str:
    """A plate in the form that joins: half width, upper case, without dots, hyphens and blanks.

    >>> normal_plate("浙z·９９９12"), normal_plate("浙Z 9991-警")
    ('浙Z99912', '浙Z9991警')
    """
    return re.sub(f"[{APART}]+", "", text.translate(str.maketrans(WIDE, NARROW))).upper()


_NARROWED = f"translate(number, '{WIDE}', '{NARROW.replace(chr(39), chr(39) * 2)}')"

# A list of one is a variable, as in `pool.account_numbers`. A plate holds a character that is not ASCII, whatever its
# form: a number of ASCII signs alone is none, and most numbers are such.
MACROS = (
    "CREATE OR REPLACE MACRO goldenkey_plate(number) AS "
    f"nullif(upper(regexp_replace({_NARROWED}, '[{APART}]+', '', 'g')), '')",
    "CREATE OR REPLACE MACRO goldenkey_joinable(number) AS CASE WHEN strlen(number) = length(number) THEN number "
    "ELSE list_transform([goldenkey_plate(number)], lambda plate: CASE "
    f"WHEN regexp_matches(plate, '^(?:{_SHOWN})$') THEN plate ELSE number END)[1] END",
)
"""Statements that define the macros in a DuckDB session."""


_goldenkey_plate = sql_function("goldenkey_plate", ("string",), "string")
_goldenkey_joinable = sql_function("goldenkey_joinable", ("string",), "string")


def normal_plate_column(plate: Any) -> Any:
    """`normal_plate` of an Ibis string; blank is NULL."""
    return _goldenkey_plate(plate)


def joinable_number(number: Any) -> Any:
    """A number of a thing of any kind (Ibis string): a plate in the form that joins, another number as it is."""
    return _goldenkey_joinable(number)


def plate_kind(plate: str) -> str:
    """The kind a plate's form shows, in 中文; "" where it shows none.

    >>> plate_kind("浙Z·D99912"), plate_kind("浙Z9991警"), plate_kind("无牌")
    ('新能源汽车号牌', '警用汽车号牌', '')
    """
    plate = normal_plate(plate)
    return next((kind for kind, form in _KNOWN.items() if form.fullmatch(plate)), "")
