"""The unit of each column of sums of a sheet: what the mapping, the header or the rows above the header say."""

from __future__ import annotations

from collections.abc import Mapping

from features.intake.cells.units import UNITS, YUAN, doubtful_unit, multiple_of, split_unit, units_above
from features.intake.sources.base import Sheet
from features.intake.tables.convert import StatedUnit
from features.intake.tables.headers import SheetMatch


def stated_units(
    sheet: Sheet, match: SheetMatch, given: Mapping[str, str] | None = None, foreign: bool = False
) -> dict[int, StatedUnit]:
    """Position of a source column of sums -> its unit; columns of which nothing is said are in yuan and left out.

    Args:
        sheet: the sheet, for the rows above its header.
        match: its columns.
        given: contract column -> unit, from a mapping; it goes before the header.
        foreign: the rows have a currency of their own, so that a header may name one (万美元 counts as 万).
    """
    above = sheet.first_rows[match.reading][: match.layout.header_row - 1]
    common = units_above([cell for row in above for cell in row])
    found = {}
    for column in match.table.columns:
        for place in match.sources.get(column.name, ()) if column.kind == "money" else ():
            stated = _stated(match.layout.headers[place], (given or {}).get(column.name, ""), common, foreign)
            if stated is not None:
                found[place] = stated
    return found


def _stated(header: str, given: str, common: set[str], foreign: bool) -> StatedUnit | None:
    own = split_unit(header)[1]
    doubtful = "" if own else doubtful_unit(header)
    if given:
        against = own or doubtful
        aside = f"，表头写的是{against}，以对应关系为准" if against and against != given else ""
        return StatedUnit(given, True, f"对应关系写明{aside}")
    if own:
        return StatedUnit(own, True, "表头写明")
    if doubtful:
        if foreign:
            return StatedUnit(multiple_of(doubtful), True, f"表头写明{doubtful}，币种另有说明")
        return StatedUnit(doubtful, False, "表头写明")
    if len(common) == 1:
        return StatedUnit(next(iter(common)), True, "表头上方写明")
    return StatedUnit("或".join(sorted(common)), False, "表头上方写了不止一种单位") if common else None


def unit_sentences(match: SheetMatch, units: Mapping[int, StatedUnit]) -> list[str]:
    """What the report says of units: those that are not yuan, go against a header, or are none that is known."""
    lines = []
    for place, stated in units.items():
        name = match.layout.headers[place].strip()
        if not stated.known:
            lines.append(
                f"“{name}”列的单位不明（{stated.why}“{stated.unit}”），金额未读取，请用 --mapping 的 [units] 说明。"
            )
        elif stated.unit != YUAN or "为准" in stated.why or "币种" in stated.why:
            turned = "，已换算为元" if UNITS[stated.unit] != UNITS[YUAN] else ""
            lines.append(f"“{name}”列按{stated.unit}读取（{stated.why}）{turned}。")
    return lines
