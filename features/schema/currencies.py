"""Currencies of statement rows: one code per currency, so that sums are only made within one."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

YUAN = "CNY"
_SPELLINGS = {
    YUAN: "CNY|RMB|CNH|156|01|人民币|人民币元|元|¥|￥|CNY人民币|人民币CNY|人民币(CNY)|人民币（CNY）",
    "USD": "USD|US$|$|840|14|美元|美金|美圆",
    "HKD": "HKD|HK$|344|13|港币|港元|港纸",
    "JPY": "JPY|392|27|日元|日圆|日币",
    "EUR": "EUR|€|978|38|欧元",
    "GBP": "GBP|£|826|12|英镑",
    "AUD": "AUD|036|36|29|澳元|澳大利亚元|澳币",
    "CAD": "CAD|124|28|加元|加拿大元|加币",
    "SGD": "SGD|702|18|新加坡元|新币",
    "CHF": "CHF|756|15|瑞士法郎",
    "KRW": "KRW|410|韩元|韩币",
    "TWD": "TWD|NT$|901|新台币|台币",
    "MOP": "MOP|446|澳门元|澳门币",
    "THB": "THB|764|泰铢",
}
"""Code -> its spellings: ISO 4217 letters and digits, the old numbers of banks, names."""


_CODES = {spelling: code for code, spellings in _SPELLINGS.items() for spelling in spellings.split("|")}


def code_of(text: str) -> str:
    """As `currency_code`, of one text."""
    bare = "".join(text.split()).upper()
    return _CODES.get(bare, bare) or YUAN


def currency_code(ccy: ir.StringColumn) -> ir.StringColumn:
    """The ISO code of a currency; blank is yuan, an unknown spelling stands for a currency of its own."""
    bare = ccy.re_replace(r"[\s　]+", "").upper()
    known = [(bare.isin(spellings.split("|")), code) for code, spellings in _SPELLINGS.items()]
    return ibis.cases((ccy.isnull() | (ccy == YUAN) | (bare == ""), YUAN), *known, else_=bare)
