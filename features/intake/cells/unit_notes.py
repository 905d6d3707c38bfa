"""Units stated beside a table, in the rows above and below it and in a row of units, and what only looks like one.

Stated: `单位：万元`, `明细表（万元）`, `以上金额均以万元为单位`. Not stated:
`10万元以上案件明细`. A statement with an exception (`除余额外以万元计`) says nothing that could be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from features.intake.cells.units import (
    FOREIGN,
    IN_HEADER,
    LONGEST,
    MONEY,
    PROSE,
    full_unit,
    in_chinese,
    plain_text,
)

_LARGE = "(?:十|百|千)?万元|[百千亿]元"
_SMALL = "[十百千]?[万亿]|[百千]万|千"
"""Units without 元, in a sentence: 以万计."""
_OF_FOREIGN = rf"(?:十|百|千)?[万亿千百]?(?:{FOREIGN}|原币|外币)"
_OTHER = "件|户|人次|人|个|笔|%|套|辆|宗|起|亩|平方米|㎡|m2|天|次|家|台|份|股|处|岁|年|月|日"
_BETWEEN = "[、,/和及;|]"
_ONE = rf"(?:{_OF_FOREIGN}|{IN_HEADER}|{_OTHER})"
_RUN = rf"(?:{MONEY}[:/,、]?)?{_ONE}(?:{_BETWEEN}(?:{MONEY})?{_ONE})*(?:人民币)?"
_BEHIND = (
    "(?=$|[^一-龥]|币种|货币|制表|制单|填报|填表|编制|日期|时间|统计|截至|截止|年度|数据|报表|第|共|注|说明|保留|户名|账号"
    "|开户|审核|页)"
)
_WHO = "".join(
    f"(?<!{word})"
    for word in ("制表", "填表", "填报", "编制", "报送", "上报", "主管", "执行", "用人", "缴存", "参保", "反馈")
)
_LABEL = rf"(?:{_WHO}单位|(?<![a-z])units?)(?:均|都|皆|一律|统一|[:;=_—-]|为|是|系)*"
_LABELLED = re.compile(rf"(?P<before>[一-龥]{{0,30}}){_LABEL}(?P<run>{_RUN}){_BEHIND}")
_NAMED = re.compile(
    rf"(?P<before>)(?<![一-龥])(?:{MONEY}|金额|币种|计价)[:](?:{MONEY})?(?P<run>{_LARGE}|{_OF_FOREIGN}){_BEHIND}"
)
_BRACKETS = re.compile(r"[(\[【〔{<《]([^()\[\]【】〔〕{}<>《》]{1,30})[)\]】〕}>》]")
_IN_BRACKETS = re.compile(
    rf"(?:(?:均|全部)?(?:以|按))?(?:(?:金额|货币|计量|统计|币种)*(?:{_LABEL}|[:]))?(?P<run>{_RUN})(?:为单位|计)?"
)
_AT_END = re.compile(
    rf"(?:表|册|单|账|汇总|明细|统计|情况|一览|报告)[-_—:;,、/|·]*(?:{MONEY})?(?P<run>{_LARGE}|{_OF_FOREIGN})$"
)
_ALONE = re.compile(rf"(?:{MONEY})?(?P<run>{_LARGE}|{_OF_FOREIGN}|元)")
_COUNTED = (
    "(?:为(?:基本)?(?:计量|金额|货币|记账|统计|计算|核算)?单位|计算|计价|计量|计列|计|列示|列报|列|填列|填写|填报|填|表示|统计"
    "|反映|核算|记载|记|折算|显示|展示)"
)
_AHEAD = 120
"""Signs of a sentence before its unit that are looked at; where there are as many, it may speak of one column."""
_SENTENCES = tuple(
    re.compile(form)
    for form in (
        rf"(?P<before>[^,。;!?]{{0,{_AHEAD}}}?)(?<!数)(?:以|按照|按|用)(?:人民币)?(?P<run>{_LARGE}|{_OF_FOREIGN}|{_SMALL}|元)(?:人民币)?{_COUNTED}",
        rf"(?P<before>[^,。;!?]{{0,{_AHEAD}}}?)(?:为|是|系)(?:人民币)?(?P<run>{_LARGE}|{_OF_FOREIGN}|元){_BEHIND}",
    )
)
_NUMERALS = "(?:[0-9二三四五六七八九十]|一(?!律))"
_GENERAL = re.compile(
    rf"(?:(?:注|备注|说明|附注|提示|特别提示|编制说明|填表说明)(?:{_NUMERALS}++[:)、.]?|[:、.])?|[(]?{_NUMERALS}++[)、.]"
    "|本|该|此|以上|以下|上述|下列|上列|下述|所有|全部|表格|表|内|中|里|所列示|所列|所示|涉及|涉案|有关|各|项|栏|列"
    "|的|之|金额|数额|款额|款项|数据|数字|数值|数|货币|币种|计量|计价|单位|均|都|皆|全|一律|统一|人民币|及|和|与|、|案件|执行|统计"
    "|填报|报表|明细|财务|all|amounts?|figures?|sums?|values?|expressed|stated|shown|are|[:])*+"
)
"""What may stand before a unit in a sentence that speaks of every sum of the table. No word is made of
two others: it is read in one way, where trying all of them would double the time with each."""
_UNLESS_SAID = re.compile(
    "除(?:另有|另行|特别|特殊|单独|专门|有|已)?(?:注明|说明|标明|标注|载明)(?:者|的|之处|单位)*(?:之外|以外|外)[,]?"
)
"""An exception that the headers themselves make."""
_EXCEPTION = re.compile("除.{0,30}外|例外|不含(?!税|利|迟|本)|不包括(?!税|利|迟|本)|其中|但|惟|唯|另有")
_OF_ONE_COLUMN = re.compile(
    "(?:余额|到位|标的额?|本金|利息|费用?|保证金|价格?|收入|支出|借方|贷方|未执行|放弃|抵押|出资|余款|缴存)(?:金额|数额|款项|的)*$"
)
_ASKS = re.compile(r"(?:单位|units?)(?:均|都|[:;=—-]|为|是)*$")
_NO_UNIT = re.compile(
    r"[-—/*无]+|单位[:]?|文本|文字|日期|字符|(?:年|月|日|时|分|秒|[ymdhs/:-])+|" + f"[(]?(?:{_OTHER})[)]?"
)


@dataclass(frozen=True, slots=True)
class UnitNotes:
    """What texts beside a table say of the unit of its sums.

    Attributes:
        units: units of yuan that are stated, see `units.UNITS`.
        foreign: units in other currencies that are stated (万美元).
        unsure: a text that states a unit in a way that cannot be relied on, or ''.
        mentioned: a text that names a unit without stating it, or ''.
    """

    units: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    unsure: str = ""
    mentioned: str = ""
    said: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "said", bool(self.units or self.foreign or self.unsure))

    def __or__(self, other: UnitNotes) -> UnitNotes:
        return UnitNotes(
            self.units | other.units,
            self.foreign | other.foreign,
            self.unsure or other.unsure,
            self.mentioned or other.mentioned,
        )


def read_notes(rows: Iterable[Sequence[str]]) -> UnitNotes:
    """What the cells of some rows beside a table say of units; a label's unit may stand in the next filled cell.

    >>> sorted(read_notes([["执行案件明细表"], ["单位：", "", "万元"]]).units)
    ['万元']
    """
    found = UnitNotes()
    for row in rows:
        for text in joined(row):
            found |= _read_text(text)
    return found


def joined(row: Sequence[str]) -> list[str]:
    """The filled cells of a row; one that asks for a unit with the one behind it."""
    texts: list[str] = []
    for cell in row:
        if cell.strip():
            if texts and _ASKS.search(plain_text(texts[-1][-LONGEST:])):
                texts[-1] += cell
            else:
                texts.append(cell)
    return texts


def _read_text(text: str) -> UnitNotes:
    text = text[:PROSE]  # the time of the patterns grows with the square of the length
    plain = _UNLESS_SAID.sub("", _plain(text))
    pieces = {plain, *(_plain(piece) for piece in text.split())}
    labelled = [hit for piece in pieces for hit in (*_LABELLED.finditer(piece), *_NAMED.finditer(piece))]
    runs = [hit["run"] for hit in labelled]
    inner = [part for inside in _BRACKETS.findall(plain) for part in re.split("[,;]", inside)]
    runs += [hit["run"] for part in inner if part not in ("分", "角") and (hit := _IN_BRACKETS.fullmatch(part))]
    runs += [hit["run"] for hit in (_AT_END.search(plain), _ALONE.fullmatch(plain)) if hit]
    sentences = [hit for form in _SENTENCES for hit in form.finditer(plain)]
    runs += [hit["run"] for hit in sentences]
    units, foreign = _units(runs)
    if units or foreign:
        partial = any(
            len(hit["before"]) == _AHEAD or not _GENERAL.fullmatch(_after_brackets(hit["before"])) for hit in sentences
        )
        partial |= any(_OF_ONE_COLUMN.search(hit["before"]) for hit in labelled)
        unsure = partial or _EXCEPTION.search(plain) is not None
        return UnitNotes(unsure=text.strip()) if unsure else UnitNotes(units, foreign)
    named = re.search(rf"{_LARGE}|[万亿千]{FOREIGN}", plain)
    return UnitNotes(mentioned=text.strip() if named else "")


def _plain(text: str) -> str:
    """A text as it is compared: without quotes, units in English put into Chinese."""
    return in_chinese(re.sub("[\"'“”‘’「」『』]", "", plain_text(text)), sentence=True)


def _after_brackets(text: str) -> str:
    """What stands behind the last bracket or stop: a title and its note may share a cell."""
    return re.split(r"[(\[【〔)\]】〕]", text)[-1]


def _units(runs: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Units of yuan and of other currencies in lists such as 件、万元; 分 and 角 only count behind a label."""
    units, foreign = set(), set()
    for run in runs:
        for one in re.split(_BETWEEN, run):
            bare = re.sub(f"^(?:{MONEY})[:]?|人民币$", "", one)
            if re.fullmatch(_OF_FOREIGN, bare):
                foreign.add(bare)
            elif re.fullmatch(f"{IN_HEADER}|{_SMALL}", bare):
                units.add(full_unit(bare))
    return frozenset(units), frozenset(foreign)


def unit_row(cells: Sequence[str]) -> dict[int, str] | None:
    """Position -> unit of each cell of a row of units ('' where it states none), or None where it is another row.

    Such a row holds units, other measures (件, 天), dashes and blanks, and at least one unit of sums.
    """
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        if len(cell) > PROSE:
            return None
        plain = plain_text(cell)
        if not plain:
            continue
        if len(plain) > LONGEST:
            return None
        notes = _read_text(cell) if len(plain) <= 12 else UnitNotes()
        bare = re.fullmatch(
            rf"[(\[【]?(?:{_LABEL})?(?:{MONEY}[:/,]?)?(?P<run>{_OF_FOREIGN}|{IN_HEADER})[)\]】]?", plain
        )
        if bare and not re.search(r"[0-9]", plain):
            found[place] = bare["run"] if re.fullmatch(_OF_FOREIGN, bare["run"]) else full_unit(bare["run"])
        elif _NO_UNIT.fullmatch(plain) and not notes.said:
            found[place] = ""
        else:
            return None
    return found if any(found.values()) else None
