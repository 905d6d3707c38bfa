"""Instruments enforced that bear no case number of a court: a notary's deed and certificate, an arbitral award."""

from __future__ import annotations

import re

from features.intake.ruling.document import CaseNumber
from features.intake.ruling.plain import make_quote

_DEED = re.compile(
    r"\(\s*(?P<year>\d{4})\s*\)\s*(?P<court>[一-鿿]{1,12}?证)\s*(?P<type>[一-鿿]{0,6}?)\s*(?P<form>字?\s*第?)\s*"
    r"(?P<no>\d+(?:-\d+)?)\s*号"
)
_AWARD = re.compile(
    r"\(\s*(?P<year>\d{4})\s*\)\s*(?P<court>[一-鿿]{1,12}?)(?P<type>劳人仲案|劳仲案|仲裁|仲案|仲裁字|仲)(?P<form>字?\s*第?)\s*"
    r"(?P<no>\d+(?:-\d+)?)\s*号"
)


def find_instruments(text: str, flat: str) -> tuple[tuple[CaseNumber, ...], str]:
    """Numbers of deeds, certificates and awards as bases, and the plain text with them blanked out, length kept.

    A notary's （2018）某证执字第22号 would otherwise pass for an earlier enforcement case.
    """
    found: dict[str, CaseNumber] = {}
    for match in sorted(
        [found for pattern in (_DEED, _AWARD) for found in pattern.finditer(flat)], key=lambda one: one.start()
    ):
        issuer, kind, form = (re.sub(r"\s+", "", match[name]) for name in ("court", "type", "form"))
        number = f"（{match['year']}）{issuer}{kind}{form}{match['no']}号"
        quote = make_quote(text, *match.span())
        found.setdefault(number, CaseNumber(number, "", int(match["year"]), issuer, kind, "basis", quote))
        flat = f"{flat[: match.start()]}{'□' * (match.end() - match.start())}{flat[match.end() :]}"
    return tuple(found.values()), flat
