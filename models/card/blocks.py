"""Reports as printable blocks (facts, tables, text, curves); every field of a report appears somewhere.

Tables longer than `LONGEST` are cut and say so; the report beside the model has them whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.card.labels import FIRST, ORDERS, SHARES, VALUES, label_of
from models.reasons import format as formatting

LONGEST = 60
"""Most rows of a printed table."""

DEEPEST = 4
"""Levels of headings below a section; deeper fields are written into one cell."""

OWNERS = ("share", "value", "estimate")
"""Names of the figure that a bare `low` and `high` beside it belong to."""

COUNTED = frozenset({"count", "of"})
"""Fields of a share that give its numerator and denominator."""

WIDTH, HEIGHT, LEFT, BOTTOM = 420, 330, 52, 40
"""Pixels of the calibration plot and of its margins."""


@dataclass(frozen=True, slots=True)
class CardBlock:
    """One piece of a page.

    Attributes:
        kind: heading, facts, table, text or curve.
        title: text of a heading, or title of a table.
        headings: names of the columns of a table.
        rows: cells of a table or facts (name, value), as text.
        level: depth of a heading, 1 …
        plot: what the curve is drawn from.
    """

    kind: str
    title: str = ""
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    level: int = 1
    plot: Plot | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """A reliability curve in pixels: points (x, y, radius, sentence), line, ticks (position along an axis, text)."""

    points: tuple[tuple[float, float, float, str], ...]
    line: str
    ticks: tuple[tuple[float, float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = BOTTOM


def report_blocks(body: Mapping[str, Any], level: int = 1) -> tuple[CardBlock, ...]:
    """All fields of a report: its figures first, then each list and group under a heading of its own."""
    flat = _ranged({name: value for name, value in body.items() if _plain(value)})
    found = [CardBlock("facts", rows=tuple((label_of(name), text) for name, text in flat.items()))] if flat else []
    for name, value in body.items():
        if not _plain(value):
            found += [CardBlock("heading", label_of(name), level=level), *_inner(name, value, level + 1)]
    return tuple(found)


def _inner(name: str, value: Any, level: int) -> tuple[CardBlock, ...]:
    if name == "curve" and (drawn := calibration_curve(value)) is not None:
        return drawn
    if isinstance(value, Mapping):
        if all(isinstance(row, Mapping) and _is_row(row) for row in value.values()):
            return (table_block([{"": label_of(str(key)), **row} for key, row in value.items()]),)
        if level > DEEPEST:
            return (CardBlock("text", format_cell(name, value)),)
        return report_blocks(value, level)
    if all(isinstance(row, Mapping) for row in value):
        return (table_block(value),)
    if all(isinstance(row, Sequence) and not isinstance(row, str) for row in value):
        return (_cut([tuple(format_cell("", part) for part in row) for row in value], ()),)
    return tuple(CardBlock("text", format_cell("", row)) for row in value)


def table_block(rows: Sequence[Mapping[str, Any]]) -> CardBlock:
    """A table of rows that need not have the same fields; a figure and its interval stand in one cell."""
    texts = [_ranged(row) for row in rows]
    rank = {name: place for place, name in enumerate(FIRST)}
    every = dict.fromkeys(name for row in texts for name in row)
    names = sorted(every, key=lambda name: rank.get(name, len(rank)) if name else -1)
    return _cut([tuple(row.get(name, "") for name in names) for row in texts], tuple(label_of(name) for name in names))


def _cut(rows: Sequence[tuple[str, ...]], headings: tuple[str, ...]) -> CardBlock:
    more = f"共 {len(rows)} 行，此处列前 {LONGEST} 行。" if len(rows) > LONGEST else ""
    return CardBlock("table", more, headings, tuple(rows[:LONGEST]))


def _ranged(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields as text, with name_low and name_high behind the figure they belong to."""
    texts: dict[str, str] = {}
    bounds = {
        f"{name}{end}" for name in row for end in ("_low", "_high") if f"{name}_low" in row and f"{name}_high" in row
    }
    owner = next((name for name in OWNERS if name in row and {"low", "high"} <= set(row)), None)
    if owner:
        bounds |= {"low", "high"}
    for name, value in row.items():
        if name in bounds:
            continue
        low, high = (row.get(f"{name}_{end}") for end in ("low", "high"))
        if name == owner:
            low, high = row["low"], row["high"]
        texts[name] = format_cell(name, value) + _interval(name, low, high)
    return texts


def _interval(name: str, low: Any, high: Any) -> str:
    return f"（{format_cell(name, low)} 至 {format_cell(name, high)}）" if low is not None and high is not None else ""


def format_cell(name: str, value: Any) -> str:
    """One value as a reader writes it: shares in percent, 分 as money, yes and no, — where there is none."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (int, float)):
        return _number(name, value)
    if isinstance(value, Mapping):
        if _is_range(value):
            owner = next(name for name in OWNERS if name in value)
            as_name = "share" if owner == "share" else name
            text = format_cell(as_name, value[owner]) + _interval(as_name, value.get("low"), value.get("high"))
            return (
                f"{text} {format_cell('', value['count'])}/{format_cell('', value['of'])}"
                if set(value) >= COUNTED
                else text
            )
        return "；".join(f"{label_of(str(key))} {format_cell(str(key), part)}" for key, part in value.items()) or "—"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(format_cell(name, part) for part in value) or "—"
    if name in ("order", "recipe") and isinstance(value, str):
        stem, _, side = value.partition(":")
        return ORDERS.get(stem, stem) + ("（只按概率）" if side == "probability" else "")
    return VALUES.get(str(value), str(value))


def _number(name: str, value: float) -> str:
    if name.endswith("_fen"):
        return formatting.format_amount(round(value))
    if isinstance(value, int):
        return f"{value:,}"
    if name in SHARES:
        return f"{100 * value:.1f}%"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:.3g}" if abs(value) < 1 else f"{value:,.0f}"


def _plain(value: Any) -> bool:
    """Whether a value fits a line of facts."""
    if isinstance(value, Mapping):
        return _is_range(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return not any(isinstance(part, (Mapping, list, tuple)) for part in value) and _short(value)
    return True


def _is_range(value: Mapping[str, Any]) -> bool:
    """Whether a value is one figure with its interval."""
    rest = set(value) - COUNTED if "share" in value and set(value) >= COUNTED else set(value)
    return any(name in value and rest <= {name, "low", "high"} for name in OWNERS)


def _short(value: Sequence[Any]) -> bool:
    return sum(len(str(part)) for part in value) <= 60


def _is_row(row: Mapping[str, Any]) -> bool:
    return all(_plain(value) for value in row.values())


def calibration_curve(points: Any) -> tuple[CardBlock, ...] | None:
    """The reliability curve with its table, from rows of mean, share and rows; None where the rows are not such."""
    if not isinstance(points, Sequence) or not points or not all(_is_point(point) for point in points):
        return None
    largest = max(max(point["mean"], point["share"]) for point in points)
    top = min(1.0, max(0.1, math.ceil(largest * 10) / 10))
    most = max(max(point.get("rows") or 1 for point in points), 1)
    placed = [
        (
            _x(point["mean"], top),
            _y(point["share"], top),
            3 + 6 * math.sqrt((point.get("rows") or 1) / most),
            f"预测 {100 * point['mean']:.1f}%，实际 {100 * point['share']:.1f}%，{point.get('rows', '—')} 行",
        )
        for point in sorted(points, key=lambda point: float(point["mean"]))
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in placed)
    ticks = tuple(
        (_x(top * step / 5, top), _y(top * step / 5, top), f"{100 * top * step / 5:.0f}%") for step in range(6)
    )
    return (CardBlock("curve", plot=Plot(tuple(placed), line, ticks)), table_block(points))


def _is_point(point: Any) -> bool:
    if not isinstance(point, Mapping):
        return False
    return all(isinstance(point.get(name), (int, float)) and 0 <= point[name] <= 1 for name in ("mean", "share"))


def _x(value: float, top: float) -> float:
    return LEFT + (WIDTH - LEFT - 12) * value / top


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * value / top
