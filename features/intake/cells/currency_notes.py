"""Currencies named beside a table: in a title (某甲美元账户明细), a head (币种：美元), an account (…047(USD)).

What is stated is told from what is only mentioned (美元贷款纠纷, the name of a file), which decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from features.intake.cells.arrow import made_of
from features.intake.cells.units import FOREIGN, plain_text
from features.schema.currencies import YUAN, code_of

_NAMES = "|".join(sorted(FOREIGN.split("|"), key=len, reverse=True))
_OTHER = rf"(?:(?<![a-z])(?:{_NAMES})(?![a-z])|us[$]|hk[$])"
_ONE = rf"(?P<name>{_OTHER}|(?<![a-z])(?:人民币|rmb|cny)(?![a-z]))"
_KIND = (
    "(?:现汇|现钞|钞汇|活期|定期|储蓄|外汇|外币|一般|基本|专用|结算|资本|资本金|资本项目|经常项目|保证金"
    "|存款|借记|单位|个人|银行|[()-])*"
)
_STATED = tuple(
    re.compile(form)
    for form in (
        rf"(?:币种|币别|货币(?:种类|类型|类别|名称|代码)?|(?<![a-z])(?:currency|ccy)(?:code)?)[:=为是]*[0-9]*[-(]?"
        rf"{_ONE}",
        rf"{_ONE}{_KIND}(?:账户|帐户|账号|帐号|户(?![名头口])|存折|存单|一本通|子账|分户)",
        rf"{_ONE}{_KIND}(?:交易|收支|资金|往来)?(?:流水|明细|对账单|账单|清单)",
        rf"(?:流水|明细|对账单|账单|清单|表)[-_(\[]+{_ONE}[)\]]?$",
        rf"[0-9]{{6,}}[-_(\[]*{_ONE}[)\]]?(?![a-z])",
    )
)
_ANY = re.compile(_OTHER)
_UNSURE = re.compile("折|兑|换|除.{0,30}外|例外|不含|不包括|其中|等值|汇率|牌价")
_SUFFIX = re.compile(rf"[0-9A-Za-z]{{6,}}[-_(\[]*{_ONE}(?:现?[钞汇])?[)\]]?", re.IGNORECASE)
_DIGITS = b"0123456789"


@dataclass(frozen=True, slots=True)
class CurrencyNotes:
    """What texts beside a table say of its currency.

    Attributes:
        stated: codes that are stated; more than one state none.
        where: the text that states them, or ''.
        mentioned: a text that names another currency than yuan without stating it, or ''.
    """

    stated: frozenset[str] = frozenset()
    where: str = ""
    mentioned: str = ""

    @property
    def code(self) -> str:
        """The one currency stated, or ''."""
        return next(iter(self.stated)) if len(self.stated) == 1 else ""


def read_currencies(texts: Iterable[str]) -> CurrencyNotes:
    """What some texts beside a table say of its currency.

    >>> read_currencies(["某甲美元账户交易明细"]).code, read_currencies(["美元贷款纠纷"]).mentioned
    ('USD', '美元贷款纠纷')
    """
    stated: set[str] = set()
    where = mentioned = ""
    for text in texts:
        plain = plain_text(text)
        found = {code_of(hit["name"].upper()) for form in _STATED for hit in form.finditer(plain)}
        if found and not _UNSURE.search(plain):
            stated |= found
            where = where or text.strip()
        elif named(text):
            mentioned = mentioned or text.strip()
    return CurrencyNotes(frozenset(stated), where, mentioned or (where if len(stated) > 1 else ""))


def named(text: str) -> str:
    """The first currency other than yuan that a text names, as it is written; '' where it names none."""
    hit = _ANY.search(plain_text(text))
    return hit[0].upper() if hit else ""


def currencies_of_accounts(numbers: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The currency that each account number bears behind its digits (…047(USD)), NULL without; None where none does."""
    if made_of(numbers, _DIGITS):
        return None
    encoded = numbers.combine_chunks().dictionary_encode()
    hits = [_SUFFIX.fullmatch(plain_text(text)) for text in encoded.dictionary.to_pylist()]
    if not any(hits):
        return None
    codes = [hit and code_of(hit["name"].upper()) for hit in hits]
    return pa.chunked_array([pa.array(codes, pa.string()).take(encoded.indices)])


def is_foreign(code: str) -> bool:
    """Whether a code is that of another currency than yuan."""
    return bool(code) and code != YUAN
