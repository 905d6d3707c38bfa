"""The queue on a terminal: the list, then the findings on procedure beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from features.terminal import open_console
from models.reasons import format as formatting
from models.reasons.format import NOTHING_RAISES
from serving.queue.views import QueueRow, QueueView

FINDINGS_SHOWN = 10


def print_queue(view: QueueView, console: Console | None = None, most: int | None = None) -> None:
    """Print the queue for a person; with `most`, only so many cases of the list, saying how many there are."""
    console = console or open_console()
    rows = view.rows[:most]
    if console.width >= WIDE:
        console.print(_list(view, rows))
    else:
        _print_lines(view, rows, console)
    if len(rows) < len(view.rows):
        console.print(f"（以上为清单的前 {len(rows)} 件，共 {len(view.rows)} 件）")
    console.print(arithmetic(view), highlight=False)
    for note in view.unscored or ():
        console.print(f"未评分：{note}", highlight=False)
    for note in (*view.watch_notes, *view.currency_notes):
        console.print(note, highlight=False)
    if view.findings:
        console.print(_findings(view))
    for note in view.notes:
        console.print(f"模型说明：{note}", highlight=False)
    console.print(view.disclaimer, highlight=False)


def day_in_words(view: QueueView) -> str:
    """The day the list speaks as of, and why, where it is known."""
    return formatting.format_date(view.as_of) + (f"（{view.as_of_why}）" if view.as_of_why else "")


def arithmetic(view: QueueView) -> str:
    """How the list came about, in one sentence."""
    parts = Counter(row.stratum for row in view.rows)
    strata = "、".join(f"{name} {count} 件" for name, count in parts.items()) or "无"
    return (
        f"本院范围内终本案件 {view.cohort} 件，审查中 {view.under_review} 件、近期审结 {view.resting} 件不列入，"
        f"待选 {view.eligible} 件；容量 {view.capacity} 件，列入 {view.listed} 件（{strata}）；"
        f"队列编号 {view.queue_id}，模型 {view.model_version}，全部待选案件的入选概率已记入台账。"
    )


def tags(row: QueueRow) -> str:
    """Short 中文 labels of a case."""
    marks = (("信访", row.petitioned), ("小标的", row.small), ("涉民生", row.vulnerable))
    words = [word for word, holds in marks if holds] + ([f"关注：{row.watch}"] if row.watch else [])
    return "、".join(words) or "—"


WIDE = 150
"""Columns of a terminal from which the list is a table; below, each case is a line with its reasons beneath."""


def main_reasons(row: QueueRow) -> str:
    """The reasons of a case, a numbered line each, or the sentence that says why there is none; never empty."""
    lines = "\n".join(f"{number}. {text}" for number, text in enumerate(row.reasons, start=1))
    return lines or row.no_reason or NOTHING_RAISES


def _print_lines(view: QueueView, rows: Sequence[QueueRow], console: Console) -> None:
    console.print(f"线索队列　院 {view.office}　截至 {day_in_words(view)}", style="bold", highlight=False)
    for row in rows:
        facts = (
            row.debtor,
            f"未履行{formatting.format_amount(row.debt_fen)}",
            f"{row.level} {100 * row.probability:.1f}%",
        )
        more = (f"完备度{row.coverage}", row.stratum, tags(row))
        line = f"{row.position:>3}. {row.case_no}　{'　'.join((*facts, *more))}"
        console.print(line, style="bold", highlight=False)
        for text in main_reasons(row).splitlines():
            console.print(f"     {text}", highlight=False)


def _list(view: QueueView, rows: Sequence[QueueRow]) -> Table:
    table = Table(title=f"线索队列　院 {view.office}　截至 {day_in_words(view)}", show_lines=True)
    number: dict[str, Any] = {"justify": "right", "no_wrap": True}
    for heading, options in (
        ("序号", number),
        ("案号", {"overflow": "fold", "min_width": 22}),
        ("被执行人", {}),
        ("未履行额", number),
        ("等级", {}),
        ("概率", number),
        ("预计可回收", number),
        ("主要依据", {"ratio": 1, "overflow": "fold"}),
        ("数据完备度", {}),
        ("来源(层)", {}),
        ("标记", {}),
    ):
        table.add_column(heading, **options)
    for row in rows:
        table.add_row(
            str(row.position),
            row.case_no,
            row.debtor,
            formatting.format_amount(row.debt_fen),
            row.level,
            f"{100 * row.probability:.1f}%",
            formatting.format_amount(row.amount_fen) if row.amount_fen is not None else "—",
            main_reasons(row),
            row.coverage,
            row.stratum,
            tags(row),
        )
    return table


def _findings(view: QueueView) -> Table:
    table = Table(title=f"程序线索（与排序无关，共 {len(view.findings)} 条，以下为前 {FINDINGS_SHOWN} 条）")
    for heading in ("清单序号", "案号", "线索", "情形", "下一步"):
        table.add_column(heading, overflow="fold")
    for row in view.findings[:FINDINGS_SHOWN]:
        place = str(row.position) if row.position else "未列入"
        table.add_row(place, row.case_no, row.label, row.sentence, row.next_step)
    return table
