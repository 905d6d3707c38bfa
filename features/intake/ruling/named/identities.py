"""Whether a number of identity fits what is said of its bearer, and whether two bear the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from features.intake.ruling.document import Party
from features.rules.characters import NOT_SHOWN

_CITIZEN = re.compile(r"\d{6}(?P<birth>\d{8})\d{2}(?P<sex>\d)[\dXx]|\d{6}(?P<short>\d{6})\d{2}(?P<sex15>\d)")
_MASKED = re.compile(NOT_SHOWN)


def is_masked(id_no: str) -> bool:
    """Whether a number is masked (XXXX, ****): no identity, or two people would become one."""
    return _MASKED.search(id_no) is not None


def shared_numbers(parties: Sequence[Party]) -> frozenset[str]:
    """Numbers that parties of different names bear: they identify none of them."""
    names: dict[str, set[str]] = {}
    for party in parties:
        if party.id_no and not is_masked(party.id_no):
            names.setdefault(party.id_no.upper(), set()).add(party.name)
    return frozenset(number for number, bearers in names.items() if len(bearers) > 1)


def doubtful_identities(parties: Sequence[Party]) -> list[str]:
    """Sentences on numbers that contradict birth or sex, or that two parties bear; a number is shown by its end."""
    said = []
    for party in parties:
        found = _CITIZEN.fullmatch(party.id_no)
        if found is None or party.kind != "person":
            continue
        birth = found["birth"] or f"19{found['short']}"
        sex = "M" if int(found["sex"] or found["sex15"]) % 2 else "F"
        wrong = []
        if party.birth and birth != f"{party.birth:%Y%m%d}":
            wrong.append("出生日期")
        if party.sex and party.sex != sex:
            wrong.append("性别")
        if wrong:
            said.append(f"当事人“{party.name}”的{'和'.join(wrong)}与证件号码不符，待核对")
    for number in sorted(shared_numbers(parties)):
        names = "、".join(dict.fromkeys(party.name for party in parties if party.id_no.upper() == number))
        said.append(f"证件号码（尾号{number[-4:]}）同时写在“{names}”名下，均未采用，待核对")
    return said
