"""Currencies of sums: one code per currency, so that sums are only made within one, or converted at a known rate."""

from __future__ import annotations

import re
from collections.abc import Iterable

import ibis.expr.types as ir

from features.rules.characters import bare_sql, half_width, without_blanks
from features.sql_function import sql_function

YUAN = "CNY"
_SPELLINGS = {
    YUAN: "CNY|RMB|CNH|156|01|人民币|人民币元|元|¥|￥|CN¥|本币|本位币",
    "USD": "USD|US$|$|840|14|美元|美金|美圆",
    "HKD": "HKD|HK$|344|13|港币|港元|港纸|港圆",
    "JPY": "JPY|JP¥|392|27|日元|日圆|日币|円",
    "EUR": "EUR|€|978|38|欧元",
    "GBP": "GBP|£|826|12|英镑",
    "AUD": "AUD|A$|036|36|29|澳元|澳大利亚元|澳币",
    "CAD": "CAD|C$|124|28|加元|加拿大元|加币",
    "SGD": "SGD|S$|702|18|新加坡元|新加坡币|新币",
    "CHF": "CHF|756|15|瑞士法郎",
    "NZD": "NZD|554|新西兰元|纽元",
    "KRW": "KRW|410|韩元|韩币|韩圆",
    "TWD": "TWD|NT$|901|新台币|台币",
    "MOP": "MOP|446|澳门元|澳门币",
    "THB": "THB|764|泰铢",
}
"""Code -> its spellings: ISO 4217 letters and digits, the old numbers of banks, names."""

_CODES = {spelling: code for code, spellings in _SPELLINGS.items() for spelling in spellings.split("|")}

KNOWN = frozenset(_SPELLINGS)
"""The codes that have a list of spellings."""


def _pattern(spellings: str) -> str:
    """Several spellings of one currency after each other (156-人民币, 美元(USD)), with 钞 or 汇 behind."""
    one = "|".join(re.escape(spelling) for spelling in sorted(spellings.split("|"), key=len, reverse=True))
    return rf"^(?:{one})(?:[-/_:,.()]*(?:{one}))*(?:\.0)?[-/_(]*(?:现钞|现汇|钞户|汇户|钞|汇|账户|户)?[()]*$"


_PATTERNS = {code: _pattern(spellings) for code, spellings in _SPELLINGS.items()}

_LONGEST = 40
"""Signs up to which a text is tried for spellings after each other: the time doubles with each (人民币元人民币元…)."""


def code_of(text: str) -> str:
    """As `currency_code`, of one text."""
    bare = without_blanks(half_width(text)).upper()
    forms = _PATTERNS if len(bare) <= _LONGEST else {}
    found = _CODES.get(bare) or next((code for code, form in forms.items() if re.search(form, bare)), bare)
    return found or YUAN


def amount_signs() -> dict[str, str]:
    """What stands before or behind a sum to name its currency, in capitals -> code; 元 and 本币 name none."""
    vague = {"元", "本币", "本位币", "￥"}
    return {sign: code for sign, code in _CODES.items() if not sign.isdigit() and sign not in vague}


_BARE = f"upper({bare_sql('ccy')})"
_LISTED = "".join(
    f" WHEN bare IN {tuple(spellings.split('|'))} THEN '{code}'" for code, spellings in _SPELLINGS.items()
)
_COMPOSED = "".join(f" WHEN regexp_matches(bare, '{form}') THEN '{code}'" for code, form in _PATTERNS.items())

# A list of one is a variable, as in `pool.account_numbers`. Within it an IN stays a test of one value after another:
# outside, DuckDB joins every row of the table with each list of spellings before any of them is needed.
MACROS = (
    "CREATE OR REPLACE MACRO goldenkey_currency(ccy) AS CASE "
    f"WHEN ccy IS NULL OR ccy IN ('{YUAN}', '人民币', 'RMB', '156') THEN '{YUAN}' ELSE list_transform([{_BARE}], "
    f"lambda bare: CASE WHEN bare = '' THEN '{YUAN}'{_LISTED}{_COMPOSED} ELSE bare END)[1] END",
)
"""Statements that define the macro in a DuckDB session."""


_goldenkey_currency = sql_function("goldenkey_currency", ("string",), "string")


def currency_code(ccy: ir.StringColumn) -> ir.StringColumn:
    """The ISO code of a currency; blank is yuan, an unknown spelling stands for a currency of its own."""
    return _goldenkey_currency(ccy)


def unknown_codes(codes: Iterable[str]) -> list[str]:
    """Of codes that `currency_code` gave, those that are spellings nobody listed, sorted."""
    return sorted(set(codes) - KNOWN)
