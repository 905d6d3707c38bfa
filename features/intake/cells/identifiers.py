"""Identifiers and their checksums (docs/domain.md section 4.11): for people, companies, cards and vehicles.

The functions judge one value; `canonical_id_sql` is `canonical_id` for a column of a DuckDB query. A failing checksum
is a hint, never a reason to change what was delivered.
"""

from __future__ import annotations

import re

CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CITIZEN_CHECKS = "10X98765432"
USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, power, 31) for power in range(17))
VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]"
    "(?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[DFABCEGHJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[DFABCEGHJK])"
)


def citizen_check(first17: str) -> str:
    """The last character of a citizen id (GB 11643).

    >>> citizen_check("99000119800101001")
    '9'
    """
    return CITIZEN_CHECKS[sum(int(c) * w for c, w in zip(first17, CITIZEN_WEIGHTS, strict=True)) % 11]


def is_citizen_id(text: str) -> bool:
    """Whether an 18-character citizen id has the right last character."""
    return bool(re.fullmatch(r"[0-9]{17}[0-9X]", text)) and citizen_check(text[:17]) == text[17]


def canonical_id(text: str) -> str:
    """One spelling for one holder: a 15-digit citizen id becomes its 18-character form, `x` becomes `X`.

    Other identifiers come back in upper case. For joining only; the value delivered is never changed.

    >>> canonical_id("990001800101001")
    '990001198001010019'
    """
    bare = text.strip().upper()
    if re.fullmatch(r"[1-9][0-9]{5}[0-9]{2}[01][0-9][0-3][0-9]{4}", bare):
        first17 = f"{bare[:6]}19{bare[6:]}"
        return first17 + citizen_check(first17)
    return bare


def _citizen_sum(text: str) -> str:
    return " + ".join(f"{weight} * substr({text}, {place}, 1)::INT" for place, weight in enumerate(CITIZEN_WEIGHTS, 1))


def canonical_id_sql(column: str) -> str:
    """SQL of `canonical_id`."""
    bare = f"upper(trim({column}))"
    long17 = f"(left({bare}, 6) || '19' || right({bare}, 9))"
    return (
        f"CASE WHEN regexp_full_match({bare}, '[1-9][0-9]{{5}}[0-9]{{2}}[01][0-9][0-3][0-9]{{4}}') "
        f"THEN {long17} || substr('{CITIZEN_CHECKS}', ({_citizen_sum(long17)}) % 11 + 1, 1) ELSE {bare} END"
    )


def is_uscc(text: str) -> bool:
    """Whether a unified social credit code has the right last character (GB 32100).

    >>> is_uscc("91990001MA00000A9W")
    True
    """
    if len(text) != 18 or any(letter not in USCC_LETTERS for letter in text):
        return False
    total = sum(USCC_LETTERS.index(letter) * weight for letter, weight in zip(text, USCC_WEIGHTS, strict=False))
    return USCC_LETTERS[(31 - total % 31) % 31] == text[17]


def is_card(text: str) -> bool:
    """Whether a bank card number of 16 to 19 digits passes Luhn; accounts and passbooks need not."""
    if not re.fullmatch(r"[0-9]{16,19}", text):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_vin(text: str) -> bool:
    """Whether a vehicle identification number has the right ninth character (GB 16735).

    >>> is_vin("1M8GDM9AXKP042788")
    True
    """
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", text):
        return False
    values = [int(letter) if letter.isdigit() else VIN_VALUES[letter] for letter in text]
    remainder = sum(value * weight for value, weight in zip(values, VIN_WEIGHTS, strict=True)) % 11
    return text[8] == ("X" if remainder == 10 else str(remainder))


def is_plate(text: str) -> bool:
    """Whether a number plate is of a pattern in use (ordinary or new-energy)."""
    return PLATE.fullmatch(text) is not None
