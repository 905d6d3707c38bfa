"""Masking of personal values wherever a person reads them: names, numbers of people and cards, phones, plates.

What is hidden stands in rows of pattern and replacement that Python, Arrow and DuckDB read alike; every form of masking
applies these rows. RE2 looks at nothing behind or ahead of a match, so a row takes the characters on both sides with it
and puts them back, and is applied twice: numbers beside each other share the character between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from features.rules import plates
from features.rules.case_numbers import WRITTEN
from features.rules.characters import BLANK_CLASS, GAP_CLASS

_D, _ALNUM = "[0-9０-９]", "0-9A-Za-z０-９Ａ-Ｚａ-ｚ"
_LETTERS = "A-Za-zＡ-Ｚａ-ｚ"
_CODE = "[0-9A-HJ-NP-RTUWXYa-hj-np-rtuwxy０-９Ａ-ＨＪ-ＮＰ-ＲＴＵＷＸＹ]"
_VIN = "[0-9A-HJ-NPR-Za-hj-npr-z]"
_GAP = f"[{GAP_CLASS}]"


@dataclass(frozen=True, slots=True)
class _Hidden:
    """A form of a number: two groups that stay, what stands between them afterwards, and what is on neither side of it.

    `before` and `after` are insides of a character class, "" where anything may stand there.
    """

    form: str
    between: str
    before: str = _ALNUM
    after: str = _ALNUM

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Pattern and replacement, as often as they are applied."""
        before = f"(^|[^{self.before}])" if self.before else "()"
        after = f"($|[^{self.after}])" if self.after else "()"
        row = (before + self.form + after, rf"\1\2{self.between}\3\4")
        return (row, row) if self.before or self.after else (row,)


_NUMBERS = (
    _Hidden(f"({_D}{{6}}){_D}{{8}}({_D}{{3}}[0-9０-９XxＸｘ])", "*" * 8),
    _Hidden(f"({_D}{{6}}){_GAP}{_D}{{8}}{_GAP}({_D}{{3}}[0-9０-９XxＸｘ])", "*" * 8),
    _Hidden(f"({_D}{{3}}){_D}{{4}}({_D}{{4}})", "*" * 4),
    _Hidden(f"(1[3-9][0-9]|999){_GAP}{_D}{{4}}{_GAP}({_D}{{4}})", "*" * 4),
    _Hidden(f"((?:NRA|OSA|FT[EFINU])?{_D}{{4}}){_D}{{3,}}({_D}{{4}})", "*" * 4),
    _Hidden(f"({_D}{{4}})(?:{_GAP}{_D}{{4}}){{2,3}}{_GAP}({_D}{{3,4}})", "*" * 4),
)
"""Identity numbers, phones, accounts and cards, some of them in groups."""
_CODES = (
    _Hidden(f"({_CODE}{{2}}{_D}{{2}}){_D}{{4}}{_CODE}{{6}}({_CODE}{{4}})", "*" * 10),
    _Hidden(f"({_VIN}{{2}}){_VIN}{{11}}{_D}{{2}}({_D}{{2}})", "*" * 4),
    _Hidden(f"(E[A-HJ-NP-Z0-9]|G[0-9]|[DSP]E){_D}{{5}}({_D}{{2}})", "*" * 4),
    _Hidden(f"([HM]{_D}){_D}{{7}}({_D}{{2}})", "*" * 4),
)
"""Codes of companies, bodies of vehicles, passports, permits to travel."""
_SAID = f"(?:{plates.LABEL}|驾驶|乘坐|车辆?)[:：]?{_GAP}?"
"""What is said before a plate, of whatever form."""


def _plates() -> Iterator[_Hidden]:
    """The longest first: six signs also begin with five."""
    for form in sorted(plates.FORMS, key=lambda form: -form.signs):
        sign = "[0-9]" if form.body == f"[0-9]{{{form.signs}}}" else "[A-Z0-9]"
        end = f"(?:{plates.ENDS})?" if form.head == plates.CITY and form.signs > 3 else form.end
        hidden = f"{sign}{{{form.signs - 2}}}({sign}{{2}}{end})"
        apart, between = (f"[{plates.APART}]{{0,2}}", "·") if form.head else ("", "")
        between += "*" * (form.signs - 2)
        if form.before or form.after or form.bare:
            yield _Hidden(_wide(f"({_SAID}{form.head}){apart}{hidden}"), between, "", "")
        if not form.bare:
            yield _Hidden(_wide(f"({form.head}){apart}{hidden}"), between, _wide(form.before), _wide(form.after))


def _wide(pattern: str) -> str:
    """A pattern of plates that takes small letters and full width, too."""
    return pattern.replace("A-Z", _LETTERS).replace("0-9", "0-9０-９").replace("WJ", "[WwＷｗ][JjＪｊ]")


_GROUPS = (_NUMBERS, tuple(dict.fromkeys(_plates())), _CODES)
_WHOLE = tuple("|".join(f"(?:{hidden.form})" for hidden in group) for group in _GROUPS)
ROWS = tuple(row for group in _GROUPS for hidden in group for row in hidden.rows)
"""What is hidden of the numbers in a text: pattern (RE2) and what takes its place, applied in this order."""
_BY_GROUP = tuple(
    (re.compile(whole), [(re.compile(pattern), kept) for hidden in group for pattern, kept in hidden.rows])
    for whole, group in zip(_WHOLE, _GROUPS, strict=True)
)
"""The same rows; most texts hold nothing of a group, and one look tells."""
_NUMBER = "|".join(_WHOLE)

_COMPANY = "(?s)公司|集团|合作社|事务所|商行|商店|经营部|工作室|银行|信用社|中心|工厂|^..+[厂店行部社局院会所处站]$"
_COMPOUND = "^(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|令狐|司徒|夏侯|端木|慕容|南宫)(?s:.)"
_WORDS = "[\u4e00-\u9fff·]{2}|[A-Za-z]{2} ?[A-Za-z]"
"""What is a name and no number."""
_EDGES = f"^[{BLANK_CLASS}]+|[{BLANK_CLASS}]+$"
LONGEST_PERSON, SHORT = 5, 6
"""Signs of a person's name, and of a number of which nothing but the first is shown."""
_THING = re.compile(r"([\u4e00-\u9fff]{2,6}) ([0-9A-Za-z\-]+)")
"""An asset as its kind and its number."""
_OPEN = frozenset(("申请执行人", "被执行人", "当事人", "利害关系人", "案外人", "申请执行人亲属", "数据完备度"))
"""Roles in a case; they identify nobody."""


def mask_numbers(text: str) -> str:
    """Mask every identity number, card, phone and plate inside a text; other words stay.

    >>> mask_numbers("转入 990001198001010019，卡 9900123412342346，车 浙Z99912")
    '转入 990001********0019，卡 9900****2346，车 浙Z·***12'
    >>> mask_numbers("已领100000元，车牌领999001，2024-03-01 12:30:00，（2023）浙9901执14265号")
    '已领100000元，车牌领·****01，2024-03-01 12:30:00，（2023）浙9901执14265号'
    """
    for any_of_them, rows in _BY_GROUP:
        if any_of_them.search(text):
            for pattern, kept in rows:
                text = pattern.sub(kept, text)
    return text


def mask_name(name: str) -> str:
    """Mask a person's name (the surname stays) or a company's (two characters at each end stay).

    A name that the court masked stays: its letters tell people apart.

    >>> mask_name("张测试"), mask_name("欧阳测试"), mask_name("浙江测试贸易有限公司"), mask_name("李某甲")
    ('张*', '欧阳*', '浙江****公司', '李某甲')
    """
    name = _trimmed(name)
    if len(name) <= 1:
        return name
    if re.search(_COMPANY, name) or len(name) > LONGEST_PERSON:
        return f"{name[:2]}****{name[-2:]}" if len(name) > 4 else f"{name[:1]}****{name[-1:]}"
    if "某" in name:
        return name
    return f"{name[:2]}*" if re.search(_COMPOUND, name) else f"{name[:1]}*"


def mask_value(value: str) -> str:
    """Mask a whole personal value of whatever kind; of more than one character never all is shown.

    >>> mask_value("9900123412342346"), mask_value("张测试"), mask_value("1980-01-01"), mask_value("12345")
    ('9900****2346', '张*', '19****01', '1****')
    """
    value = _trimmed(value)
    if re.fullmatch(_NUMBER, value):
        return mask_numbers(value)
    if re.search(_WORDS, value):
        return mask_name(value)
    if len(value) > SHORT:
        return f"{value[:2]}****{value[-2:]}"
    return f"{value[:1]}****" if len(value) > 1 else value


def mask_party(value: str | None) -> str:
    """Mask whatever names the other side of a fact: a person, a company, a number or a plate.

    Case numbers and roles in the case (被执行人 …) identify nobody and stay.

    >>> mask_party("张测试"), mask_party("990001198001010019"), mask_party("浙Z99912"), mask_party(None)
    ('张*', '990001********0019', '浙Z·***12', '（未载明）')
    >>> mask_party("（2023）浙9901执14265号"), mask_party("不动产 DY99000110")
    ('（2023）浙9901执14265号', '不动产 DY****10')
    >>> mask_party("（2014）浙虚执民字第7-1号")
    '（2014）浙虚执民字第7-1号'
    """
    value = _trimmed(value or "")
    if not value:
        return "（未载明）"
    if value in _OPEN or re.fullmatch(WRITTEN, value):
        return value
    masked = mask_numbers(value)
    if masked != value:
        return masked
    if thing := _THING.fullmatch(value):
        return f"{thing[1]} {_number(thing[2])}"
    return mask_value(value) if re.search(_WORDS, value) else _number(value)


def _number(value: str) -> str:
    """The number of a thing: a short one names a clue or a place in a list and stays."""
    return mask_value(value) if len(value) > SHORT else value


def _trimmed(text: str) -> str:
    return re.sub(_EDGES, "", text)


def mask_numbers_arrow(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """`mask_numbers` of a column of texts."""
    for pattern, kept in ROWS:
        texts = pc.replace_substring_regex(texts, pattern, kept)
    return texts


def mask_numbers_sql(text: str) -> str:
    """DuckDB SQL of `mask_numbers` of an expression."""
    for pattern, kept in ROWS:
        text = f"regexp_replace({text}, {_literal(pattern)}, {_literal(kept)}, 'g')"
    return text


def mask_value_sql(text: str) -> str:
    """DuckDB SQL of `mask_value` of an expression."""
    ends = "left(text, {n}) || '****' || right(text, {n})"
    name = (
        f"CASE WHEN length(text) <= 1 THEN text WHEN regexp_matches(text, {_literal(_COMPANY)}) "
        f"OR length(text) > {LONGEST_PERSON} THEN CASE WHEN length(text) > 4 THEN {ends.format(n=2)} "
        f"ELSE {ends.format(n=1)} END WHEN contains(text, '某') THEN text "
        f"WHEN regexp_matches(text, {_literal(_COMPOUND)}) THEN left(text, 2) || '*' ELSE left(text, 1) || '*' END"
    )
    shown = (
        f"CASE WHEN regexp_full_match(text, {_literal(_NUMBER)}) THEN {mask_numbers_sql('text')} "
        f"WHEN regexp_matches(text, {_literal(_WORDS)}) THEN {name} "
        f"WHEN length(text) > {SHORT} THEN {ends.format(n=2)} "
        "WHEN length(text) > 1 THEN left(text, 1) || '****' ELSE text END"
    )
    return f"list_transform([regexp_replace({text}, {_literal(_EDGES)}, '', 'g')], lambda text: {shown})[1]"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
