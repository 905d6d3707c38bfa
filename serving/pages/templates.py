"""The environment of the page templates and its filters: money, dates, percentages, widths of bars."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from features.schema.sources import COVERAGE_LABELS
from models.reasons import format as formatting
from serving.queue.explaining import source_location
from serving.queue.terminal import main_reasons, tags

BAR_STEPS = 20
"""Widths a contribution bar may have; classes w0 to w20 of the style sheet."""

LEVEL_CLASS = {"高": "l1", "较高": "l2", "中": "l3", "低": "l4", "数据不足": "l0"}
"""Class of the style sheet by level."""


def format_value(value: float | None, unit: str) -> str:
    """A feature's value in its unit, as people write it; counts without a unit, since their label says of what.

    >>> format_value(1.0, "是否"), format_value(123456.0, "元"), format_value(0.25, "比")
    ('是', '12.35万元', '25.0%')
    >>> format_value(3.0, "次"), format_value(90.0, "天")
    ('3', '90天')
    """
    if value is None:
        return "未取得"
    if unit == "是否":
        return "是" if value else "否"
    if unit == "元":
        return formatting.format_amount(round(100 * value))
    if unit == "比":
        return f"{100 * value:.1f}%"
    return f"{value:,.2f}".rstrip("0").rstrip(".") + ("" if unit in ("次", "类") else unit)


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters.update(
    money=formatting.format_amount,
    day=formatting.format_date,
    percent=lambda value: f"{100 * value:.1f}%",
    signed=lambda value: f"{round(value, 2) + 0.0:+.2f}",
    place=source_location,
    tags=tags,
    main_reasons=main_reasons,
    level_class=LEVEL_CLASS.__getitem__,
    source_name=COVERAGE_LABELS.__getitem__,
    bar=lambda value, largest: f"w{round(BAR_STEPS * abs(value) / largest) if largest else 0}",
    case_path=lambda case_no: f"/case/{quote(case_no)}",
    weighs=lambda item: round(item.contribution, 2) != 0,
    valued=lambda item: format_value(item.value, item.unit),
)
