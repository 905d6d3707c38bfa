"""Kinds of identity documents and of organisations' numbers: told by the form of a number where that is certain.

Citizens (GB 11643), residence permits of Hong Kong, Macau and Taiwan (regions 81, 82, 83), permits to travel,
passports, permanent residence cards of foreigners, military documents, organisations (GB 32100, GB 11714). Numbers are
kept as they are whatever their kind (see `features.pool.identity.canonical_id` for the form that joins).
"""

from __future__ import annotations

import re

from features.rules.characters import BLANKS, NARROW, STROKES, TIMES, WIDE

_LONG_MONTHS, _SHORT_MONTHS = "(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])", "(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
_COMMON_DAY = f"(?:{_LONG_MONTHS}|{_SHORT_MONTHS}|02(?:0[1-9]|1[0-9]|2[0-8]))"
_LEAP_DAY = "(?:0[48]|[2468][048]|[13579][26])0229"
CITIZEN_15 = f"^[0-9]{{6}}(?:[0-9]{{2}}{_COMMON_DAY}|{_LEAP_DAY})(?:[0-8][0-9]{{2}}|9[0-8][0-9]|99[0-5])$"
"""A citizen id of 15 digits whose 18 are certain: with a day of birth, and not of those born before 1900 (996 to 999).

Other numbers of 15 digits are of companies (registration, tax) or of nobody, and stay as they are.
"""
CITIZEN_18 = f"^[0-9]{{6}}(?:18|19|20)(?:[0-9]{{2}}{_COMMON_DAY}|{_LEAP_DAY}|000229)[0-9]{{3}}[0-9X]$"
"""A number with a day of birth where citizen ids, residence permits and permanent residence cards of 18 have it."""

NO_NUMBER = (
    "无|没有|暂无|暂缺|缺|无信息|不详|未详|未知|不明|不清|不清楚|空|空白|未提供|未登记|未填|未填写|未采集|未录入|未查到|未识别"
    "|无法识别|NULL|NONE|NIL|N/A|NA|[-/\\\\]+|0+"
)
"""What stands in the place of a number that nobody has, in capitals (RE2): of two such nothing is the same."""

_DOCUMENT = (
    "(?:居民身份证|公民身份证?|身份证明|身份证|证件|统一社会信用代码|社会信用代码|信用代码|组织机构代码|营业执照|护照|通行证|军官证|士兵证"
    "|证)(?:号码|代码|编号|号)?"
)
SPELT = (
    (f"^\\(?{_DOCUMENT}\\)?[:=]?(?:为|是)?([0-9A-Z()*{TIMES}-]{{8,}})$", r"\1"),
    (f"^([0-9A-Z*{TIMES}-]{{8,}})\\({_DOCUMENT}\\)$", r"\1"),
    (f"^([0-9]{{17}})[{TIMES}]$", r"\1X"),
)
"""Spellings that differ by more than a sign (RE2): 身份证990001…, 990001…(身份证), a sign of multiplication for X."""
_AND = "[,;，；、|｜及和与或]"
_ID = "[0-9]{17}[0-9X]"
TWO_NUMBERS = f"[0-9A-Z]{{8,}}{_AND}+[^0-9A-Z]*[0-9A-Z]{{8,}}|[0-9A-Z]{{12,}}/+[0-9A-Z]{{8,}}|{_ID}.*{_ID}"
"""Two numbers in one cell (RE2), blanks between them left out: whose they are nobody knows."""
_MISSING = "(?:无|未办理?|没有)(?:居民)?(?:身份证明?|证件|护照)?(?:号码|号)?|(?:号码|身份)(?:不详|不明|未知)"
NOBODYS = f"^(?:{NO_NUMBER}|{_MISSING})$"
"""What says in the place of an identity number that there is none (RE2)."""

_DATED = CITIZEN_18.removeprefix("^[0-9]{6}").removesuffix("$")
_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])"
_USCC = "[0-9A-HJ-NP-RTUWXY]"
CITIZEN, PASSPORT, HOME_RETURN, TAIWAN = "公民身份号码", "护照", "港澳居民来往内地通行证", "台湾居民来往大陆通行证"
PERMIT, FOREIGNER, MILITARY, ARMED_POLICE = "港澳台居民居住证", "外国人永久居留身份证", "军人证件", "武警证件"
CREDIT_CODE, ORGANISATION = "统一社会信用代码", "组织机构代码"
CERTAIN = {
    PERMIT: f"8[123]0000{_DATED}",
    FOREIGNER: f"[A-Z]{{3}}[0-9]{{12}}|9{_PROVINCE}[0-9]{{3}}{_DATED}",
    CITIZEN: f"[1-79][0-9]{{5}}{_DATED}",
    HOME_RETURN: "[HM][0-9]{10}",
    PASSPORT: "[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP]E[0-9]{7}",
    MILITARY: "[军士文参离退义]{1,2}字第[0-9]{4,10}号?",
    ARMED_POLICE: "[武警]{1,2}[士文]?字第[0-9]{4,10}号?",
    CREDIT_CODE: f"(?=.{{2,16}}[A-Z].)[1-9AGNY][1-59][0-9]{{6}}{_USCC}{{10}}",
    ORGANISATION: "[0-9A-Z]{8}-[0-9X]",
}
"""Kinds whose form no other kind has, and that form; of two that fit the earlier counts."""
TOLD = {
    HOME_RETURN: "[HM][0-9]{8}",
    TAIWAN: r"[0-9]{8}|[0-9]{10}(?:\([0-9A-Z]{1,2}\)|[A-Z])?|T[0-9]{8}",
    PASSPORT: "[0-9A-Z]{5,12}",
    FOREIGNER: "[0-9A-Z]{15}",
    MILITARY: "[^0-9]{0,6}[0-9]{4,10}号?",
    ARMED_POLICE: "[^0-9]{0,6}[0-9]{4,10}号?",
    CREDIT_CODE: f"[1-9AGNY][1-59][0-9]{{6}}{_USCC}{{10}}",
    ORGANISATION: "[0-9A-Z]{8}[0-9X]",
}
"""Forms that several kinds share (a code of digits alone): taken only where column 证件类型 names the kind."""
WORDS = {
    PERMIT: "港澳台居民居住证|居住证",
    FOREIGNER: "永久居留",
    HOME_RETURN: "港澳.*通行证|往来内地|来往内地|回乡证",
    TAIWAN: "台湾.*通行证|来往大陆|台胞证",
    PASSPORT: "护照",
    ARMED_POLICE: "武警|警官证",
    MILITARY: "军官|士兵|军人|文职|军队",
    CREDIT_CODE: "信用代码|营业执照",
    ORGANISATION: "组织机构代码",
    CITIZEN: "身份证|公民身份",
}
"""How a kind is told in a column 证件类型."""
LONGEST_NUMBER = 200
"""Signs up to which a text is looked through for an identity number."""
LONGEST_KIND = 100
"""Characters of such a column that are looked at."""
_NARROWED = str.maketrans(WIDE + STROKES, NARROW + "-" * len(STROKES), BLANKS)


def normal_identifier(text: str) -> str:
    """An identifier in half width, upper case and without blanks, and without the name of the document.

    >>> normal_identifier("ｈ999 12345（01）"), normal_identifier("9999012３—X"), normal_identifier("护照号：E99912345")
    ('H99912345(01)', '99990123-X', 'E99912345')
    """
    clean = text.upper().translate(_NARROWED)
    for spelt, kept in SPELT if len(clean) <= LONGEST_NUMBER else ():
        clean = re.sub(spelt, kept, clean)
    return clean


def told_kind(words: str) -> str:
    """The kind that the words of a column 证件类型 name; "" where they name none that is known.

    >>> told_kind("港澳居民来往内地通行证"), told_kind("居民身份证"), told_kind("其他")
    ('港澳居民来往内地通行证', '公民身份号码', '')
    """
    return next((kind for kind, pattern in WORDS.items() if re.search(pattern, words[:LONGEST_KIND])), "")


def identifier_kind(number: str, told: str = "") -> str:
    """The kind of an identifier, in 中文; "" where its form is that of several kinds or of none.

    Args:
        number: written in any way.
        told: words of a column 证件类型; they decide among the kinds that have the form, and against the form nothing.

    >>> identifier_kind("E99912345"), identifier_kind("99912345"), identifier_kind("99912345", "台湾居民来往大陆通行证")
    ('护照', '', '台湾居民来往大陆通行证')
    """
    number, kind = normal_identifier(number), told_kind(told)
    if kind == CITIZEN and re.fullmatch(CITIZEN_15, number):
        return kind
    if kind in TOLD and re.fullmatch(TOLD[kind], number):
        return kind
    return next((kind for kind, form in CERTAIN.items() if re.fullmatch(form, number)), "")
