"""DuckDB SQL that parses text cells, one function per kind of column: the value or NULL, never a guess.

The functions take and return SQL expressions over cleaned text. A non-blank cell whose value is NULL is an error.
"""

from __future__ import annotations

from collections.abc import Sequence

from features.intake.cells import units
from features.rules import case_numbers, plates
from features.rules.characters import BLANK_CLASS, BLANKS, bare_sql, half_width_sql, without_blanks_sql
from features.schema.contract import Column

NULL_SPELLINGS = ("NULL", "null", "\\N", "#N/A", "None", "NaN", "nan")
DASHES = ("-", "--", "/", "—", "——")
TRUE = ("true", "True", "TRUE", "1", "是", "Y", "y", "有", "T", "yes")
FALSE = ("false", "False", "FALSE", "0", "否", "N", "n", "无", "F", "no")
UPPER_CASED = frozenset({"plate", "vin", "uscc", "engine_no", "asset_id", "unit_no"})
CASE_NUMBERS = frozenset({"case_no", "prev_case_no", "suit_no", "basis_no"})
CHECKED_CASE_NUMBERS = frozenset({"case_no", "prev_case_no"})
"""Case numbers that must be of the courts' format and are of a case, not of a ruling in it (之一); suits elsewhere may
be numbered in other ways."""
EXCEL_RUINED = r"[0-9](\.[0-9]+)?[eE][+]?[0-9]+"
EXCEL_DAY_ZERO = "DATE '1899-12-30'"
MONTH_COLUMNS = ("last_month",)
"""Columns that may hold a month alone; the month is stored as its first day."""


def sql_literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier_sql(text: str, name: str) -> str:
    """Identifiers: text, without blanks and without the quote marks that protect digits from Excel."""
    if name in CHECKED_CASE_NUMBERS:
        pattern, kept = case_numbers.WITHOUT_DOCUMENT
        return f"regexp_replace({case_number_sql(text)}, {sql_literal(pattern)}, {sql_literal(kept)})"
    if is_case_number(name):
        return case_number_sql(text)
    bare = f"""regexp_replace({half_width_sql(text)}, '^[''`]+|^="|"$|[{BLANK_CLASS}]+', '', 'g')"""
    plain = f"CASE WHEN regexp_full_match({text}, '[0-9A-Za-z_-]+') THEN {text} ELSE nullif({bare}, '') END"
    if name == "plate":
        return f"nullif(regexp_replace(upper({plain}), {sql_literal(f'[{plates.APART}]+')}, '', 'g'), '')"
    if name in UPPER_CASED:
        return f"upper({plain})"
    return f"CASE WHEN right({text}, 1) = 'x' AND strlen({text}) = 18 THEN upper({plain}) ELSE {plain} END"


def is_case_number(name: str) -> bool:
    """Whether a column holds court case numbers."""
    return name in CASE_NUMBERS


def plain_case_number(name: str) -> str:
    """The form (RE2) of a case number that a column keeps as it is."""
    return f"^{case_numbers.CASE_PATTERN if name in CHECKED_CASE_NUMBERS else case_numbers.PATTERN}$"


def case_number_sql(text: str) -> str:
    """Case numbers in their one form, see `case_numbers`: '(2024)浙9901执 1号' -> '（2024）浙9901执1号'."""
    signs = f"{sql_literal(case_numbers.GIVEN_SIGNS)}, {sql_literal(case_numbers.KEPT_SIGNS)}"
    made = f"translate({without_blanks_sql(text)}, {signs})"
    for pattern, kept in case_numbers.STEPS:
        made = f"regexp_replace({made}, {sql_literal(pattern)}, {sql_literal(kept)})"
    return f"nullif({made}, '')"


def date_sql(text: str, months: bool = False, formats: Sequence[str] = ()) -> str:
    """SQL of the date a text says in any common spelling or as an Excel day number; NULL for impossible days."""
    plain = _dashed_sql(text)
    custom = "".join(f"try_strptime({text}, {sql_literal(form)})::DATE, " for form in formats)
    month = (
        f"WHEN regexp_full_match({plain}, '[0-9]{{4}}-[0-9]{{1,2}}') THEN TRY_CAST({plain} || '-1' AS DATE) "
        f"WHEN regexp_full_match({plain}, '[0-9]{{6}}') THEN try_strptime({plain}, '%Y%m')::DATE "
        if months
        else ""
    )
    found = f"""CASE
        WHEN {_no_year_sql(text)} THEN NULL
        WHEN {text} LIKE '____-__-__' THEN TRY_CAST({text} AS DATE)
        {month}
        WHEN regexp_full_match({plain}, '[0-9]{{8}}') THEN try_strptime({plain}, '%Y%m%d')::DATE
        WHEN regexp_full_match({plain}, '[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') THEN TRY_CAST({plain} AS DATE)
        ELSE ({datetime_sql(text)})::DATE END"""
    return f"coalesce({custom}{found})" if custom else found


def _no_year_sql(text: str) -> str:
    """Whether a day lies before the year 1, or the end of its day after 9999: no calendar of ours has it."""
    return f"regexp_matches({text}, '^(0000|9999.*[^0-9]24[:时.])')"


def _dashed_sql(text: str) -> str:
    mark = f"[{BLANK_CLASS}]*[年月/.][{BLANK_CLASS}]*"
    return f"regexp_replace(regexp_replace({half_width_sql(text)}, '{mark}', '-', 'g'), '日', '')"


def datetime_sql(text: str, formats: Sequence[str] = ()) -> str:
    """SQL of the timestamp a text says, without zone (Asia/Shanghai): midnight for a date alone, NULL where a zone
    stands."""
    dashes = f"regexp_replace({half_width_sql(text)}, '[年月/]', '-', 'g')"
    dashes = f"regexp_replace({dashes}, '^([0-9]{{4}})\\.([0-9]{{1,2}})\\.([0-9]{{1,2}})', '\\1-\\2-\\3')"
    plain = f"regexp_replace(regexp_replace({dashes}, '日[{BLANK_CLASS}]*', ' '), '时|分', ':', 'g')"
    plain = f"regexp_replace(regexp_replace({plain}, '秒', ''), ':$', '')"
    plain = f"trim(regexp_replace({plain}, '[{BLANK_CLASS}]+', ' ', 'g'))"
    dotted = (
        f"regexp_replace({plain}, "
        "'^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[- ]([0-9]{1,2})\\.([0-9]{2})\\.([0-9]{2})', '\\1 \\2:\\3:\\4')"
    )
    clock = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\\.[0-9]+)?)?)?"
    digits = f"regexp_replace({plain}, '[^0-9]', '', 'g')"
    custom = "".join(f"try_strptime({text}, {sql_literal(form)}), " for form in formats)
    serial = f"TRY_CAST({plain} AS DOUBLE)"
    found = f"""CASE
        WHEN {_no_year_sql(text)} THEN NULL
        WHEN {text} LIKE '____-__-__ __:__:__' THEN TRY_CAST({text} AS TIMESTAMP)
        WHEN regexp_full_match({plain}, '[0-9]{{14}}|[0-9]{{8}} [0-9]{{6}}')
            THEN try_strptime({digits}, '%Y%m%d%H%M%S')
        WHEN regexp_full_match({plain}, '[0-9]{{8}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}')
            THEN try_strptime({digits}, '%Y%m%d%H%M%S')
        WHEN regexp_full_match({plain}, '[0-9]{{8}}') THEN try_strptime({plain}, '%Y%m%d')
        WHEN regexp_full_match({plain}, '[0-9]{{5}}(\\.[0-9]+)?') AND {serial} BETWEEN 20000 AND 80000
            THEN {EXCEL_DAY_ZERO} + to_microseconds(CAST(round({serial} * 86400) AS BIGINT) * 1000000)
        WHEN regexp_full_match({dotted}, '{clock}') THEN TRY_CAST({dotted} AS TIMESTAMP)
        END"""
    return f"coalesce({custom}{found})" if custom else found


MONEY_MARKS = "人民币|RMB|CNY|[¥￥]"
"""Written before a sum, in any case of letters."""


_GROUPED = "[+-]?[0-9]{1,3}(,[0-9]{3})+(\\.[0-9]+)?"


def money_sql(text: str) -> str:
    """SQL of the 分 that a sum in 元 says; 3 or 4 decimals of a yuan round half to even.

    Accepted beside plain numbers: thousands separators, ¥ and its names before, a unit behind (see `units`: 元, 万,
    千元, 亿元, 分), and minus as `-1.00`, `1.00-`, `(1.00)` or `¥-1.00`. Other letters are not.
    """
    bare = bare_sql(text)
    number = _number_sql(bare)
    # round_even works on doubles: exact up to 2^53 of a hundredth of a 分, far above any sum in a statement.
    exact = f"TRY_CAST({number} AS DECIMAL(18, 4))"
    rounded = f"CAST(round_even(CAST(CAST({exact} AS DECIMAL(24, 4)) * 100 AS DOUBLE), 0) AS BIGINT)"
    return f"""CASE
        WHEN regexp_full_match({text}, '-?[0-9]{{1,13}}(\\.[0-9]{{1,2}})?') THEN
            CAST(CAST({text} AS DECIMAL(18, 2)) * 100 AS BIGINT)
        WHEN regexp_matches({bare}, '({units.IN_CELL})[)-]*$') THEN {_in_unit_sql(bare)}
        WHEN regexp_full_match({number}, '[+-]?[0-9]{{1,13}}(\\.[0-9]{{0,4}})?') THEN {rounded}
        END"""


def _number_sql(bare: str) -> str:
    """A number without its unit, currency and separators: '(¥1,000.50)' -> '-1000.5'."""
    signed = f"regexp_replace({bare}, '^([+-]?)(?i:{MONEY_MARKS})([+-]?)', '\\1\\2')"
    signed = f"regexp_replace(regexp_replace({signed}, '^\\(([^()+-]+)\\)$', '-\\1'), '^([^+-]+)-$', '-\\1')"
    number = f"regexp_replace({signed}, '^([+-]?)(?i:{MONEY_MARKS})', '\\1')"
    number = f"CASE WHEN regexp_full_match({number}, '{_GROUPED}') THEN replace({number}, ',', '') ELSE {number} END"
    return f"regexp_replace({number}, '(\\.[0-9]*?)0+$', '\\1')"


def _in_unit_sql(bare: str) -> str:
    """分 of a sum with a unit behind (15.5万元), half to even; NULL from ten thousand 亿元 on, as of a sum in 元."""
    end = f"'({units.IN_CELL})([)-]*)$'"
    unit = f"rtrim(regexp_extract({bare}, {end}, 1), '元')"
    number = _number_sql(f"regexp_replace({bare}, {end}, '\\2')")
    sizes = " ".join(f"WHEN '{name.rstrip(units.YUAN)}' THEN {size // 100}" for name, size in units.UNITS.items())
    exact = f"TRY_CAST({number} AS DECIMAL(25, 12)) * CAST(CASE {unit} {sizes} END AS DECIMAL(13, 0))"
    parts = "(\\.[0-9]{0,12})?"
    fits = f"[+-]?([0-9]{{1,5}}{parts}[十百千万亿]+|[0-9]{{1,9}}{parts}[百千万]|[0-9]{{1,13}}(\\.[0-9]{{0,4}})?[角分]?)"
    return f"""CASE WHEN regexp_full_match({number} || {unit}, '{fits}')
        THEN CAST(round_even(CAST({exact} AS DOUBLE), 0) AS BIGINT) END"""


def int_sql(text: str) -> str:
    """SQL of the integer a text says, NULL for any other text or for more than fifteen digits."""
    plain = half_width_sql(text)
    whole = f"regexp_full_match({plain}, '[+-]?0*[0-9]{{1,15}}(\\.0+)?')"
    return f"CASE WHEN {whole} THEN TRY_CAST({plain} AS DOUBLE)::BIGINT END"


def real_sql(text: str) -> str:
    """SQL of the number a text says ('50%' is 0.5), NULL for any other text or for more than fifteen digits before the
    point."""
    plain = half_width_sql(text)
    number = "[+-]?0*[0-9]{1,15}(\\.[0-9]+)?"
    return f"""CASE
        WHEN regexp_full_match({plain}, '{number}') THEN TRY_CAST({plain} AS DOUBLE)
        WHEN regexp_full_match({plain}, '{number}%') THEN TRY_CAST(rtrim({plain}, '%') AS DOUBLE) / 100
        END"""


def set_sql(text: str) -> str:
    """SQL of a set written as a list (甲、乙，丙): its members sorted and joined by `;`."""
    parts = f"string_split_regex({text}, '[;；、，,|]')"
    trimmed = f"list_transform({parts}, lambda part: trim(part, {sql_literal(BLANKS)}))"
    return (
        f"nullif(array_to_string(list_sort(list_distinct(list_filter({trimmed}, lambda part: part <> ''))), ';'), '')"
    )


def value_sql(column: Column, text: str, formats: Sequence[str] = ()) -> str:
    """The stored value of a column from its cleaned text, for the kinds that are read by SQL."""
    if column.kind == "date":
        return date_sql(text, column.name in MONTH_COLUMNS, formats)
    if column.kind == "datetime":
        return datetime_sql(text, formats)
    if column.kind == "id":
        return identifier_sql(text, column.name)
    return {"money": money_sql, "int": int_sql, "real": real_sql, "set": set_sql}[column.kind](text)
