"""Plates of vehicles: the one form they are kept in, and the kind of plate that the form shows (GA 36)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from features.rules.characters import (
    BLANK_CLASS,
    GAP_CLASS,
    HIDDEN_SIGNS,
    NOT_SHOWN,
    TIMES,
    half_width,
    translate_sql,
    without_blanks,
)
from features.rules.identifiers import NO_NUMBER
from features.sql_function import sql_function

APART = "\\s\\v·•‧∙⋅・･․．.。｡_ˉ˙" + GAP_CLASS
"""Characters dropped from a plate (dots, hyphens, blanks), as the inside of a regex character class."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
CITY = f"[{PROVINCES}][A-Z]"
_SIGN, _ENERGY, _ANY = "[A-HJ-NP-Z0-9]", "[A-HJK]", "[A-Z0-9]"
ORDINARY = "普通号牌"


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a plate: `head`, then `signs` signs of the form `body`, then `end`; each a regex that RE2 reads too.

    Attributes:
        kind: the kind of plate it shows, in 中文.
        before, after: characters (inside of a regex character class) beside which the form is something else in running
            text, as 领100000 before 元; "" where the form alone tells.
        bare: the form alone tells nothing in running text, whatever stands beside it.
    """

    kind: str
    head: str
    body: str
    signs: int
    end: str = ""
    before: str = ""
    after: str = ""
    bare: bool = False

    @property
    def pattern(self) -> str:
        """The whole form."""
        return self.head + self.body + self.end


_ALNUM, _HAN = "0-9A-Za-z", "\u4e00-\u9fff"
_COUNTED = "元万亿年人次份件套股张户笔只台美港欧"
"""What follows a number that counts something."""
_OTHER, _SUM = _HAN + _ALNUM, f"{_ALNUM}.{_COUNTED}"
"""Beside a head that is also a word: 已领100000, 领100000元."""
FORMS = (
    Form(ORDINARY, CITY, f"{_SIGN}{{5}}", 5),
    Form("新能源汽车号牌", CITY, f"(?:{_ENERGY}{_SIGN}[0-9]{{4}}|[0-9]{{5}}{_ENERGY})", 6),
    Form("教练汽车号牌", CITY, f"{_SIGN}{{4}}", 4, "学"),
    Form("警用汽车号牌", CITY, f"{_SIGN}{{4}}", 4, "警"),
    Form("挂车号牌", CITY, f"{_SIGN}{{4}}", 4, "挂"),
    Form("试验或超限汽车号牌", CITY, f"{_SIGN}{{4}}", 4, "[试超]"),
    Form("临时行驶车号牌", CITY, f"{_SIGN}{{4}}", 4, "临"),
    Form("临时行驶车号牌", CITY, f"{_SIGN}{{5}}", 5, "临"),
    Form("应急救援号牌", CITY, f"{_SIGN}{{4}}", 4, "应急"),
    Form("应急救援号牌", CITY, f"{_SIGN}{{5}}", 5, "应急"),
    Form("港澳入出境车号牌", "粤Z", f"{_SIGN}{{4}}", 4, "[港澳]"),
    Form("领馆汽车号牌", CITY, f"{_SIGN}{{3}}", 3, "领", after="取款到走回用证"),
    Form("领馆汽车号牌", CITY, f"{_SIGN}{{4}}", 4, "领"),
    Form("领馆汽车号牌", "领", "[0-9]{6}", 6, before=_OTHER, after=_SUM),
    Form("使馆汽车号牌", "使", "[0-9]{6}", 6, before=_OTHER, after=_SUM),
    Form("使馆汽车号牌", "", "[0-9]{6}", 6, "使", before=_ALNUM + ".,", after=_HAN + _ALNUM),
    Form("民航号牌", "民航", f"{_ANY}{{5}}", 5, after=f"{_ALNUM}.航班次{_COUNTED}"),
    Form("农业机械号牌", f"[{PROVINCES}][0-9]{{2}}", f"{_ANY}{{5}}", 5, before="更最全）)", after=_SUM),
    Form("武警号牌", f"WJ[{PROVINCES}]", f"{_ANY}{{5}}", 5),
    Form("武警号牌", "WJ[0-9]{2}", "[0-9]{5}", 5, before=_ALNUM, after=_ALNUM),
    Form("军用号牌", "[军海空北沈兰济南广成][A-Z]", "[0-9]{5}", 5, after=f"{_ALNUM}.座栋楼室区{_COUNTED}"),
    Form("军用号牌", "[A-HJ-NP-Z]{2}", "[0-9]{5}", 5, bare=True),
)
"""Every form of a plate, by its kind."""
KINDS = {form.kind: "|".join(one.pattern for one in FORMS if one.kind == form.kind) for form in FORMS}
"""Kinds of plates in 中文, and the form of each; a plate of none of these forms is of no kind that is known."""
ENDS = "|".join(dict.fromkeys(form.end for form in FORMS if form.end and form.head))
"""What may stand behind the signs of a plate."""
PLAIN = f"^{CITY}{_SIGN}{{5,6}}$"
"""The form of most plates; one of it is kept as it is written."""

_KNOWN = {kind: re.compile(form) for kind, form in KINDS.items()}
_SHOWN = (
    f"[{PROVINCES}](?:[A-Z][A-Z0-9]{{5,6}}|[0-9]{{2}}[A-Z0-9]{{5}}|[A-Z][A-Z0-9]{{3,5}}(?:[学警挂试超临领港澳]|应急))"
    f"|WJ[{PROVINCES}][A-Z0-9]{{5}}|[使领][0-9]{{6}}|[0-9]{{6}}使|民航[A-Z0-9]{{5}}|[军海空北沈兰济南广成][A-Z][0-9]{{5}}"
)
"""What is a plate also in a column that holds numbers of things of every kind."""
LABEL = "(?:号牌号码|车牌号码|牌照号码|车牌号|号牌号|牌照号|车牌|号牌|牌照|牌号|车号)(?:为|是)?"
"""What is said before a plate."""
_WORD = (
    "大|中|小|微|重|轻|型|普通|特种|专用|新能源|纯电|电动|混合动力|燃油|机动|轿车|客车|货车|汽车|卡车|跑车|越野|面包|牵引|自卸|厢式"
    "|栏板|仓栅|载货|载客|两轮|三轮|摩托|教练|营运|私家|家用|车辆|车|蓝|黄|绿|白|黑|渐变|双拼|色|牌|号|[:;,/]"
)
_SAID = f"^(?:{LABEL}|挂|半|非|{_WORD})*({_SHOWN}|[A-HJ-NP-Z]{{2}}[0-9]{{5}})(?:{_WORD})*$"
"""A plate and what kind of plate or car it is: 小型汽车浙Z99912, 车牌号:浙Z99912, 浙Z99912号."""
_ASIDE = r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕"
_TWO = f"[{PROVINCES}][A-Z][A-Z0-9]{{3}}.*[{PROVINCES}][A-Z][A-Z0-9]{{3}}"
"""Two plates in one cell: of one nothing is said."""
_MASKED = f"[{HIDDEN_SIGNS}{TIMES}]"
"""Signs that stand for others that are not shown: such a plate is one of many. An X is part of plates."""
_VIN_MASKED = f"[{TIMES}]|{NOT_SHOWN}"
_NONE = (
    f"^(?:{NO_NUMBER}|无(?:号牌|车牌|牌照|牌)(?:号码?|照|车辆?|新车)*|(?:尚|暂)?(?:未|没)(?:上|挂|悬挂|领|核发|办理)(?:临时)?"
    "(?:号牌|车牌|牌照|牌)(?:车辆?|新车)*|待上牌|新车|新车(?:未|待)上牌|(?:故意)?遮挡(?:号牌)?|号牌遮挡)$"
)
"""What says in the place of a plate that there is none."""
_LONGEST = 40
"""Signs up to which a text is looked through for a plate."""


def normal_plate(text: str) -> str:
    """A plate in the form that joins: half width, upper case, without dots, hyphens, blanks and what is said of it.

    "" for a plate with signs that are not shown, and for what says that there is none. Two plates stay as written.

    >>> normal_plate("浙z·９９９12"), normal_plate("车牌号：浙Z 9991-警（白牌）"), normal_plate("无牌")
    ('浙Z99912', '浙Z9991警', '')
    """
    bare = re.sub(f"[{APART}]+", "", half_width(text)).upper()
    if re.fullmatch(_SHOWN, bare) or len(bare) > _LONGEST:
        return bare
    if re.search(_MASKED, bare) or re.search(_NONE, bare):
        return ""
    said = None if re.search(_TWO, bare) else re.search(_SAID, re.sub(_ASIDE, "", bare))
    return said[1] if said else bare


def normal_vin(text: str) -> str:
    """As `normal_plate`, of the number of a vehicle's body.

    >>> normal_vin("车架号：testzz 00000000001"), normal_vin("TESTZZ00000000001（车架号）"), normal_vin("不详")
    ('TESTZZ00000000001', 'TESTZZ00000000001', '')
    """
    bare = without_blanks(half_width(text)).upper()
    if re.search(_VIN_MASKED, bare) or re.search(f"^(?:{NO_NUMBER})$", bare):
        return ""
    said = re.search(_VIN_SAID, bare)
    return said[1] if said else bare


_VIN_SAID = (
    "^(?:车辆识别代号|车辆识别代码|车架号码|车架号|识别代号|VIN码?)?[:]?([0-9A-Z-]{6,20})"
    r"(?:\((?:车辆识别代号|车辆识别代码|车架号码?|识别代号|VIN码?)\))?$"
)
_NARROWED = translate_sql("number")

_NUMBERED = 10
"""Signs up to which a number of a thing with some that are not shown may be a plate."""

# A list of one is a variable, as in `pool.account_numbers`. A plate holds a character that is not ASCII, whatever its
# form: a number of ASCII signs alone is none, and most numbers are such.
MACROS = (
    "CREATE OR REPLACE MACRO goldenkey_plate(number) AS list_transform("
    f"[upper(regexp_replace({_NARROWED}, '[{APART}]+', '', 'g'))], lambda bare: CASE WHEN bare = '' THEN NULL "
    f"WHEN regexp_matches(bare, '^(?:{_SHOWN})$') OR length(bare) > {_LONGEST} THEN bare "
    f"WHEN regexp_matches(bare, '{_MASKED}|{_NONE}') THEN NULL WHEN regexp_matches(bare, '{_TWO}') THEN bare "
    f"ELSE coalesce(nullif(regexp_extract(regexp_replace(bare, '{_ASIDE}', '', 'g'), '{_SAID}', 1), ''), bare) END)[1]",
    "CREATE OR REPLACE MACRO goldenkey_vin(number) AS list_transform("
    f"[upper(regexp_replace({_NARROWED}, '[{BLANK_CLASS}]+', '', 'g'))], lambda bare: CASE WHEN bare = '' "
    f"OR regexp_matches(bare, '{_VIN_MASKED}|^(?:{NO_NUMBER})$') THEN NULL "
    f"ELSE coalesce(nullif(regexp_extract(bare, '{_VIN_SAID}', 1), ''), bare) END)[1]",
    "CREATE OR REPLACE MACRO goldenkey_joinable(number) AS CASE WHEN strlen(number) = length(number) THEN number "
    "ELSE list_transform([goldenkey_plate(number)], lambda plate: CASE "
    f"WHEN regexp_matches(plate, '^(?:{_SHOWN})$') THEN plate "
    f"WHEN plate IS NULL AND (length(number) <= {_NUMBERED} OR trim(number) = '') THEN NULL ELSE number END)[1] END",
)
"""Statements that define the macros in a DuckDB session."""


_goldenkey_plate = sql_function("goldenkey_plate", ("string",), "string")
_goldenkey_vin = sql_function("goldenkey_vin", ("string",), "string")
_goldenkey_joinable = sql_function("goldenkey_joinable", ("string",), "string")


def normal_plate_column(plate: Any) -> Any:
    """`normal_plate` of an Ibis string; blank and no plate are NULL."""
    return _goldenkey_plate(plate)


def normal_vin_column(number: Any) -> Any:
    """`normal_vin` of an Ibis string; blank and no number are NULL."""
    return _goldenkey_vin(number)


def joinable_number(number: Any) -> Any:
    """A number of a thing of any kind (Ibis string): a plate in the form that joins, what says that there is none NULL,
    another number as it is."""
    return _goldenkey_joinable(number)


def plate_kind(plate: str) -> str:
    """The kind a plate's form shows, in 中文; "" where it shows none.

    >>> plate_kind("浙Z·D99912"), plate_kind("浙Z9991警"), plate_kind("无牌")
    ('新能源汽车号牌', '警用汽车号牌', '')
    """
    plate = normal_plate(plate)
    return next((kind for kind, form in _KNOWN.items() if form.fullmatch(plate)), "")
