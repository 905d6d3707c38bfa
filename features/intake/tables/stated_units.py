"""Find the unit of each column of sums: from mapping, header, a row of units, formats or notes beside the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import GoldenKeyError
from features.intake.cells import row_units
from features.intake.cells.currency_notes import is_foreign, named, read_currencies
from features.intake.cells.unit_notes import UnitNotes, joined, read_notes, unit_row
from features.intake.cells.units import (
    FOREIGN,
    SIGNS,
    UNITS,
    YUAN,
    doubtful_unit,
    foreign_unit,
    full_unit,
    multiple_of,
    plain_text,
    split_unit,
)
from features.intake.sources.base import Block, Sheet
from features.intake.tables.convert import MappingRules, StatedUnit
from features.intake.tables.headers import SheetMatch, sheet_location
from features.schema.contract import Table
from features.schema.currencies import KNOWN, code_of
from features.schema.currencies import YUAN as CNY

BELOW = 30
"""How many records at the end of a sheet are searched for a note on units."""
NOTE_CELLS = 3
"""A record with more filled cells is no note."""
NOTED = 2
"""Most filled cells of a note on units: label and unit may stand in two."""
_UNDER = "表头旁的单位行写明"


def _past(match: SheetMatch) -> SheetMatch:
    """The match with the row of units right under the header passed over: it is no row of data."""
    return replace(match, layout=replace(match.layout, first_row=match.layout.first_row + 1))


def _row_under(sheet: Sheet, match: SheetMatch) -> Sequence[str] | None:
    """The row of units or the note on them that stands under the header; None where data begin there."""
    rows = sheet.first_rows[match.reading]
    at = match.layout.first_row - 1
    if at >= len(rows):
        return None
    filled = [cell for cell in rows[at] if cell.strip()]
    noted = 0 < len(filled) <= NOTED and len(joined(filled)) == 1 and read_notes([filled]).said
    return rows[at] if noted or unit_row(rows[at]) else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+¥(]*[0-9][0-9,.]*[)]?", plain_text(text)) is not None


def stated_units(
    sheet: Sheet,
    match: SheetMatch,
    given: Mapping[str, str] | None = None,
    foreign: bool = False,
) -> tuple[SheetMatch, dict[int, StatedUnit]]:
    """The match without its row of units, and position of a source column of sums -> its unit.

    Columns of which nothing is said are in yuan and left out.

    Args:
        sheet: the sheet, for the rows above its header and the one below, and the formats of its numbers.
        match: its columns.
        given: contract column -> unit, from a mapping; it goes before the header.
        foreign: the rows have a currency of their own, so that a unit may name one (万美元 counts in rows in USD).
    """
    under = _row_under(sheet, match)
    aligned = _aligned(under, match) or _aligned_above(sheet, match)
    notes = _notes_above(sheet, match)
    if under is not None and not aligned:
        notes |= read_notes([under])
    found = {}
    for name, place in _sums(match):
        header, shown = match.layout.headers[place], _Shown(sheet, match, place)
        stated = _stated(header, (given or {}).get(name, ""), aligned, place, shown, foreign)
        stated = stated or _of_notes(notes, shown, foreign, "上方" if under is None or aligned else "上方或下一行")
        if stated is not None:
            found[place] = stated
    return (match if under is None else _past(match)), found


def stated_currency(sheet: Sheet, match: SheetMatch, stem: str, known: bool) -> tuple[str, tuple[str, ...]]:
    """The currency of the rows that do not say their own ('' for yuan), and what the report says of it.

    It is that of the formats of the sums, or what title and head state. Names of file and sheet only raise a doubt.

    Args:
        stem: name of the file. known: a mapping says the currency.
    """
    if "ccy" not in match.table.names or known:
        return "", ()
    rows = sheet.first_rows[match.reading][: match.layout.header_row - 1]
    notes = read_currencies(text for row in rows for text in joined(row))
    shown = {code_of(foreign_unit(unit).upper()) for unit in _shown_currencies(sheet, match)}
    codes = shown | ({notes.code} if notes.code else set())
    blank = "没有另写币种的行" if "ccy" in match.sources else "各行"
    if len(codes) == 1 and is_foreign(code := next(iter(codes))):
        why = "数字格式写明" if shown else f"表头上方写明（{notes.where}）"
        return code, (f"币种：{why}，{blank}按 {code} 读取。",)
    if "ccy" in match.sources or codes - {CNY}:
        return "", ()
    hints = [("表头上方", notes.mentioned)] if notes.mentioned else []
    hints += [(what, name) for what, name in (("文件名", stem), ("工作表名", sheet.name)) if named(name) and not codes]
    return "", tuple(
        f"{what}写有“{named(text)}”（{text}），不能断定是各行的币种，按人民币读取；请核对，不是人民币的，"
        "请用 --mapping 的 [constants] 写明币种（ccy）。"
        for what, text in hints
    )


def _shown_currencies(sheet: Sheet, match: SheetMatch) -> set[str]:
    """Units in other currencies that the formats of the sums bear; none where one column bears them in some cells."""
    columns = [{unit for _, unit in _Shown(sheet, match, place).ways} for _, place in _sums(match)]
    told = [units for units in columns if any(map(foreign_unit, units))]
    return set().union(*told) if all(foreign_unit(unit) for units in told for unit in units) else set()


def named_units(sheet: Sheet, match: SheetMatch, units: Mapping[int, StatedUnit], stem: str) -> tuple[str, ...]:
    """What the report says of units that the names of file and sheet bear, where nothing in the sheet states one."""
    open_sums = [place for _, place in _sums(match) if place not in units]
    hints = [
        (what, text, hit[0])
        for what, text in (("文件名", stem), ("工作表名", sheet.name))
        if (hit := _HINT.search(text))
    ]
    return tuple(
        f"{what}写有“{unit}”（{text}），表内没有写明金额的单位，按元读取；请核对，不是元的，"
        "请用 --mapping 的 [units] 说明。"
        for what, text, unit in hints
        if open_sums
    )


_HINT = re.compile(
    r"(?<![0-9０-９余多几数十百千两.．])(?:[十百千]?万[元圆]|[百千亿][元圆])|(?<=[(（\[【_-])[百千]?[万亿千](?=[)）\]】]|$)"
    r"|单位[：:_-]?[百千]?[万亿千]|(?i:(?:rmb|cny)[ _-]?(?:10k|k|million))"
)
"""A unit in the name of a file or sheet; 10万元以上 names a sum."""


def _sums(match: SheetMatch) -> Iterator[tuple[str, int]]:
    """Each column of sums with the positions of its source columns."""
    for column in match.table.columns:
        for place in match.sources.get(column.name, ()) if column.kind == "money" else ():
            yield column.name, place


def _notes_above(sheet: Sheet, match: SheetMatch) -> UnitNotes:
    """What the rows above the header say, and those between it and the data."""
    rows, at = sheet.first_rows[match.reading], match.layout.header_row
    return read_notes([*rows[: at - 1], *rows[at : match.layout.first_row - 1]])


def _aligned(row: Sequence[str] | None, match: SheetMatch) -> dict[int, str]:
    """Position -> unit of a row of units whose units stand in columns of sums; empty where it is a note on all."""
    found = (unit_row(row) if row is not None else None) or {}
    places = {place for _, place in _sums(match)}
    units = {place: unit for place, unit in found.items() if unit}
    return {place: units.get(place, "") for place in places} if units and set(units) <= places else {}


def _aligned_above(sheet: Sheet, match: SheetMatch) -> dict[int, str]:
    """As `_aligned`, of the row right above the header; one unit alone there is one for all columns."""
    at = match.layout.header_row - 2
    found = _aligned(sheet.first_rows[match.reading][at], match) if at >= 0 else {}
    return found if sum(map(bool, found.values())) > 1 else {}


class _Shown:
    """How the numbers of a column are shown: divided by a power of ten, with a text, in one way or several."""

    def __init__(self, sheet: Sheet, match: SheetMatch, place: int) -> None:
        rows = [one for one in sheet.formats if one[0] == place and one[3] >= match.layout.first_row]
        self.ways = {(power, _unit_of_format(text)) for _, power, text, _ in rows}
        self.mixed = len(self.ways) > 1
        self.power, self.unit = next(iter(self.ways)) if len(self.ways) == 1 else (0, "")

    def stored(self, unit: str) -> str:
        """The unit of the numbers held, from that of the numbers shown; '' where there is none."""
        size = UNITS[unit] / 10**self.power
        return next((name for name, held in UNITS.items() if held == size), "")


def _unit_of_format(text: str) -> str:
    """The unit or currency that the text of a format names; '' for a bare sign of the yuan or none."""
    plain = re.sub("^(?:general|g/通用格式)|^(?:人民币|rmb|cny|¥)", "", plain_text(text))
    plain = re.sub("^[(]|[)]$", "", plain)
    if re.fullmatch("k", plain):
        return "千元"
    if re.fullmatch("(?:十|百|千)?万元?|[百千亿]元?|[元角分]", plain):
        return full_unit(plain)
    return plain if re.search(f"{FOREIGN}|{SIGNS}|外币|[万亿千百]", plain) else ""


def _stated(
    header: str, given: str, aligned: Mapping[int, str], place: int, shown: _Shown, foreign: bool
) -> StatedUnit | None:
    """The unit stated for one column itself: by mapping, header, row of units or cell format."""
    own, doubtful = split_unit(header)[1], doubtful_unit(header)
    under = aligned.get(place, "")
    if given:
        against = own or doubtful or under
        aside = f"，表头写的是{against}，以对应关系为准" if against and against != given else ""
        return StatedUnit(given, True, f"对应关系写明{aside}")
    if own and under and own != under:
        return StatedUnit(f"{own}或{under}", False, "表头和下一行写的不同")
    if own or (under in UNITS):
        return _as_shown(own or under, shown, "表头写明" if own else _UNDER)
    if doubtful or under:
        return _foreign(doubtful or under, "表头写明" if doubtful else _UNDER, foreign)
    if aligned:
        return StatedUnit(
            "、".join(sorted({unit for unit in aligned.values() if unit})), False, f"{_UNDER}而本列空白，其他列为"
        )
    return _of_formats(shown, foreign)


def _as_shown(unit: str, shown: _Shown, why: str, common: bool = False) -> StatedUnit:
    """A `StatedUnit` that allows for cell formats which show the stored number divided."""
    if shown.mixed:
        powers = {power for power, _ in shown.ways}
        if powers == {0}:
            return StatedUnit(unit, True, why, common)
        return StatedUnit(unit, False, f"{why}，而各格的数字格式不一，", common)
    held = shown.stored(unit)
    if held == unit:
        return StatedUnit(unit, True, why, common)
    told = f"{why}{unit}，数字格式只是缩小显示"
    return StatedUnit(held, True, f"{told}，以存储的数为准", common) if held else StatedUnit(unit, False, told, common)


def _of_formats(shown: _Shown, foreign: bool) -> StatedUnit | None:
    named = {unit for _, unit in shown.ways if unit}
    if shown.mixed and (named or any(power for power, _ in shown.ways)):
        return StatedUnit("或".join(sorted(named)) or "元", False, "各格的数字格式不一，")
    if "或" in shown.unit:
        return StatedUnit(shown.unit, False, "数字格式的各节分别写明")
    if shown.unit in UNITS:
        return _as_shown(shown.unit, shown, "数字格式写明")
    if shown.unit:
        return _foreign(shown.unit, "数字格式写明", foreign)
    return None


def _foreign(unit: str, why: str, foreign: bool) -> StatedUnit:
    """A unit that is none of yuan: that of rows in its currency, or none that is known."""
    if foreign and foreign_unit(unit):
        return StatedUnit(unit, True, why)
    if foreign and not re.match("外币.", unit) and (counted := multiple_of(unit)):
        return StatedUnit(counted, True, f"{why}{unit}，币种以各行所写为准，没有写的按人民币")
    return StatedUnit(unit, False, why)


def _of_notes(notes: UnitNotes, shown: _Shown, foreign: bool, where: str) -> StatedUnit | None:
    """The unit stated for the whole table, in notes beside it."""
    why = f"表头{where}写明"
    if notes.unsure:
        return StatedUnit(notes.unsure, False, f"表头{where}的话不能确定各列的单位，", common=True)
    if len(notes.units) + len(notes.foreign) > 1:
        return StatedUnit("或".join(sorted(notes.units | notes.foreign)), False, f"表头{where}写了不止一种单位", True)
    if notes.units:
        return _as_shown(next(iter(notes.units)), shown, why, common=True)
    if notes.foreign:
        return replace(_foreign(next(iter(notes.foreign)), why, foreign), common=True)
    if notes.mentioned:
        return StatedUnit(
            YUAN, True, "没有写明单位，按元", True, f"表头{where}写有“{notes.mentioned}”，不能断定是金额的单位"
        )
    if shown.power:
        return StatedUnit(
            YUAN, True, "没有写明单位，按元", True, f"数字格式缩小显示（除以 {10**shown.power:,}），按存储的数"
        )
    return None


class UnitsBelow:
    """The units of a sheet with what its last records say; those are found in its first block or refuse the sheet."""

    def __init__(self) -> None:
        self._rules: MappingRules | None = None

    @property
    def rules(self) -> MappingRules | None:
        """The rules the sheet is read by; None before its first block."""
        return self._rules

    def with_notes(self, block: Block, sheet: Sheet, match: SheetMatch, rules: MappingRules) -> MappingRules:
        """The rules with the units that notes below the rows state.

        Raises:
            GoldenKeyError: a note behind many rows that were read already states another unit.
        """
        notes = _notes_within(block, sheet, match)
        units = self._units(notes, sheet, match, rules) if notes.said or notes.mentioned else rules.units
        if self._rules is None:
            self._rules = with_row_units(replace(rules, units=units), block)
        elif notes.said and _differ(units, self._rules.units):
            raise GoldenKeyError(_late_note(block, sheet, match, notes, self._rules.units))
        return self._rules

    @staticmethod
    def _units(notes: UnitNotes, sheet: Sheet, match: SheetMatch, rules: MappingRules) -> dict[int, StatedUnit]:
        foreign = "ccy" in match.sources or "ccy" in rules.constants
        above = _notes_above(sheet, match)
        found = dict(rules.units)
        for _, place in _sums(match):
            if place not in found or found[place].common:
                where = "上方或表格下方" if above.said else "以下表格下方"
                stated = _of_notes(above | notes, _Shown(sheet, match, place), foreign, where)
                if stated is not None:
                    found[place] = replace(stated, why=stated.why.replace("表头以下表格下方", "表格下方"))
        return found


def _differ(units: Mapping[int, StatedUnit], used: Mapping[int, StatedUnit]) -> bool:
    """Whether a column is in another unit than the one used; one of which nothing is said is in yuan."""
    plain = StatedUnit(YUAN, True, "")
    pairs = [(units.get(place, plain), used.get(place, plain)) for place in {**units, **used}]
    return any((one.unit, one.known) != (was.unit, was.known) for one, was in pairs)


def _late_note(block: Block, sheet: Sheet, match: SheetMatch, notes: UnitNotes, used: Mapping[int, StatedUnit]) -> str:
    """The sentence on a note behind rows that were read in another unit: where it stands, what to write."""
    said = "、".join(sorted(notes.units | notes.foreign)) or notes.unsure
    name, place = next(iter(_sums(match)))
    unit = used[place].unit if place in used else YUAN
    key = _to_write(said, match.table).removesuffix(" 说明")
    example = f'（{name} = "{said}"）' if notes.units and len(notes.units | notes.foreign) == 1 else ""
    return (
        f"{sheet_location(sheet)}第 {_row_of_note(block, place)} 行写明了金额的单位（{said}），"
        f"与其前各行所用的单位（{unit}）不同，不能断定哪些行以此为准，该文件未导入："
        f"请核对后用 --mapping 的{key}{example}写明。"
    )


def _row_of_note(block: Block, place: int) -> str:
    """The row of the first record of a block that holds no sum and states a unit; with thousands separated."""
    rows = block.rows[_without_number(block, place)]
    cells = block.cells.take(pa.array(np.flatnonzero(_without_number(block, place))))
    texts = zip(*(column.to_pylist() for column in cells.columns), strict=True)
    told = [
        int(number)
        for number, row in zip(rows, texts, strict=True)
        if read_notes([[cell for cell in row if cell]]).said
    ]
    told += [one.row for one in block.broken if read_notes([[_broken_text(one.text)]]).said]
    return f"{min(told):,}" if told else "末"


def _without_number(block: Block, place: int) -> npt.NDArray[np.bool_]:
    """Which records of a block have no figure in a column of sums."""
    has = pc.fill_null(pc.match_substring_regex(block.cells.column(place), "[0-9]"), False)
    without: npt.NDArray[np.bool_] = ~has.to_numpy()
    return without


def unit_columns(
    sheet: Sheet, match: SheetMatch, given: Mapping[str, str] | None = None
) -> tuple[SheetMatch, MappingRules]:
    """The match without the column that holds the unit of each row among the unused, and rules that say where it is.

    Columns of sums whose unit a mapping gives have no other.
    """
    found = row_units.unit_column(match.layout.headers, match.unknown)
    places = {place: found[0] for name, place in _sums(match) if found and name not in (given or {})}
    if found is None or not places:
        return match, MappingRules()
    place, sure = found
    first = sheet.first_rows[match.reading][match.layout.first_row - 1 :]
    sure = sure or any(row_units.unit_of(row[place]) for row in first if place < len(row))
    unused = tuple(text for text in match.unknown if text != match.layout.headers[place].strip())
    return replace(match, unknown=unused) if sure else match, MappingRules(row_units=places, row_units_sure=sure)


def with_row_units(rules: MappingRules, block: Block) -> MappingRules:
    """The rules without a column of units whose header may mean another thing, where no cell of it names a unit."""
    if not rules.row_units or rules.row_units_sure:
        return rules
    named = any(row_units.names_units(block.cells.column(place)) for place in {*rules.row_units.values()})
    return rules if named else replace(rules, row_units={})


def _notes_within(block: Block, sheet: Sheet, match: SheetMatch) -> UnitNotes:
    """What the records of a block that hold no sum say: those at its end, and those between the rows.

    A unit stated between rows holds for those behind it at most: unless it is the one stated for all, none is known.
    """
    sums = [place for _, place in _sums(match)]
    if not sums:
        return UnitNotes()
    texts, last = _last_texts(block, sums)
    notes = read_notes([text] for text in texts)
    stated = _notes_above(sheet, match) | notes
    for text in _texts_between(block, sums, last):
        found = read_notes([[text]])
        if found.unsure or found.units | found.foreign not in (frozenset(), stated.units | stated.foreign):
            notes |= UnitNotes(unsure=text)
    return notes


def _texts_between(block: Block, sums: Sequence[int], last: int) -> list[str]:
    """The texts in one or two cells of records up to a row that hold no sum."""
    bare = _without_number(block, sums[0]) & (block.rows <= last)
    places = np.flatnonzero(bare)
    filled = np.zeros(len(places), np.int64)
    chosen = block.cells.take(pa.array(places))
    for column in chosen.columns:
        filled += pc.fill_null(pc.match_substring_regex(column, r"\S"), False).to_numpy().astype(np.int64)
    kept = chosen.filter(pa.array((filled > 0) & (filled <= NOTED)))
    rows = zip(*(column.to_pylist() for column in kept.columns), strict=True)
    texts = [text for row in rows for text in joined([cell or "" for cell in row])]
    return [*texts, *(_broken_text(one.text) for one in block.broken if one.row <= last)]


def _broken_text(text: str) -> str:
    return re.sub(r'[,;|\t"]+', "\n", text).strip()


def _last_texts(block: Block, sums: Sequence[int]) -> tuple[list[str], int]:
    """The notes at the end of a block, texts in few cells of records that hold no sum; and the last other record."""
    start = max(len(block.rows) - BELOW, 0)
    rows = list(zip(*(column.to_pylist() for column in block.cells.slice(start).columns), strict=True))
    texts, last = [], -1
    for number, row in zip(reversed(block.rows[start:].tolist()), reversed(rows), strict=True):
        filled = [cell for cell in row if cell and cell.strip()]
        if len(filled) > NOTE_CELLS or any(_is_number(row[place] or "") for place in sums):
            last = number
            break
        texts += joined(filled) if len(filled) <= NOTED else []
    return [*(_broken_text(one.text) for one in block.broken if one.row > last), *texts], last


def unit_words(stated: StatedUnit, table: Table, advice: str) -> str:
    """How a column of sums is read, or that it is not and what to write (behind `advice`); '' for plain yuan."""
    if not stated.known:
        return f"的单位不明（{stated.why}“{stated.unit}”），{advice}{_to_write(stated.unit, table)}"
    if stated.doubt:
        return f"按元读取：{stated.doubt}"
    if stated.unit not in UNITS:
        return f"按{stated.unit}读取（{stated.why}），只用于币种相符的行，其余各行的金额未读取"
    if stated.unit == YUAN and "为准" not in stated.why and "币种" not in stated.why:
        return ""
    turned = "，已换算为元" if UNITS[stated.unit] != UNITS[YUAN] else ""
    return f"按{stated.unit}读取（{stated.why}）{turned}"


def _to_write(unit: str, table: Table) -> str:
    """The key of a mapping that says what a unit nobody can read leaves open: the currency of the rows, or the unit."""
    code = code_of(foreign_unit(unit) or unit)
    if "ccy" not in table.names or not (code in KNOWN or re.search("原币|外币", unit)):
        return " [units] 说明"
    return f' [constants] 写明币种（ccy = "{code if code in KNOWN else "……"}"）'


def unit_sentences(match: SheetMatch, units: Mapping[int, StatedUnit]) -> list[str]:
    """What the report says of units: those that are not yuan, go against a header, are doubtful, or not known."""
    lines: list[str] = []
    doubts: dict[str, list[str]] = {}
    for place, stated in units.items():
        name = match.layout.headers[place].strip()
        if stated.known and stated.doubt:
            doubts.setdefault(stated.doubt, []).append(name)
        elif words := unit_words(stated, match.table, "金额未读取，请用 --mapping 的"):
            lines.append(f"“{name}”列{words}。")
    for doubt, names in doubts.items():
        listed = "”“".join(names)
        lines.append(f"“{listed}”列按元读取：{doubt}；请核对，不是元的，请用 --mapping 的 [units] 说明。")
    return lines
