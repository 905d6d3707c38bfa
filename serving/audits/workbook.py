"""A sample of reasons as a workbook for auditors: one row per reason, with columns for the verdict."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from features.files.workbook import SheetColumn, add_choices, add_formats, add_table_page, open_workbook
from models.feedback.reason_samples import ReasonSample, SampledReason
from models.feedback.verdicts import MISSING, ON_REASONS
from models.reasons import format as formatting

SHEET = "复核"
EXTRA = "补"
"""What stands for a number in the row of a reason that should have been given."""

SPARE_ROWS = 200
"""Empty rows below the last one that still offer the lists."""


COLUMNS: Mapping[str, SheetColumn] = {
    "sample_id": SheetColumn("样本号", 20),
    "case_no": SheetColumn("案号", 24),
    "as_of": SheetColumn("清单日期", 12),
    "model_version": SheetColumn("模型", 22),
    "place": SheetColumn("理由序号", 9),
    "clue": SheetColumn("线索编号", 12),
    "text": SheetColumn("理由", 56),
    "weight": SheetColumn("方向与大小", 18),
    "evidence": SheetColumn("证据", 60),
    "verdict": SheetColumn("判断", 9),
    "note": SheetColumn("说明", 32),
    "reviewer": SheetColumn("复核人", 12),
    "reviewed_on": SheetColumn("复核日期", 13),
    "score_id": SheetColumn("评分编号", 20),
}
"""Columns of the sheet by name, in order; the reader of filled sheets finds them by their labels."""

FILLED = {COLUMNS[name].label for name in ("verdict", "note", "reviewer", "reviewed_on")}
"""Labels of the columns that the auditor fills in."""

_FOOTER = "&C线索非证据，均待核实&R第 &P 页 / 共 &N 页"

COLUMN_INDEX = {name: number for number, name in enumerate(COLUMNS)}

HOW_TO = (
    "逐条核对“证据”所列文件、工作表、行号的原始记录，在“判断”一列选择：有据（记录支持该理由）、无据（记录不支持）、误导"
    "（记录属实而所提示的情形不成立或易生误解，须写说明）。",
    "每个案件末行序号为“补”：如有应当提示而未提示的情形，选“遗漏”并写明，能指明线索编号的填线索编号；没有的留空。可插入多行，须填样本号、案号、评分编号。",
    "有判断的行须填复核人和复核日期（如 2024-05-06）。白底以外各列由系统填写，不得改动；一处不符，整表不予采用。",
    "填好后运行 ./goldenkey audit verdicts 文件 --actor 操作人；更正时改好原表重新提交，以最后一次为准，各次均保留。",
)


def sample_workbook(sample: ReasonSample, reasons: Sequence[SampledReason]) -> bytes:
    """The workbook of a sample: 复核, one row per reason and one per case for what is missing; 说明."""
    rows = [_row(sample, reason) for reason in _in_order(reasons)]
    buffer = io.BytesIO()
    with open_workbook(buffer, f"解释复核 {sample.sample_id}", formatting.DISCLAIMER) as book:
        formats = add_formats(book)
        page, heading_rows = add_table_page(
            book, formats, SHEET, tuple(COLUMNS.values()), rows, footer=_FOOTER, frozen_columns=2, kind_of=_cell_kind
        )
        _offer_verdicts(page, heading_rows, rows)
        columns = (SheetColumn("项目", 12), SheetColumn("内容", 100))
        add_table_page(book, formats, "说明", columns, _notes(sample, reasons), footer=_FOOTER)
    return buffer.getvalue()


def fixed_cells(reason: SampledReason) -> dict[str, str]:
    """Cells of a reason's row that the auditor may not change, by column; the reader compares them."""
    return {
        "case_no": reason.case_no,
        "as_of": reason.as_of.isoformat(),
        "model_version": reason.model_version,
        "clue": reason.clue,
        "text": reason.text,
        "weight": reason.weight,
        "evidence": reason.evidence,
    }


def _in_order(reasons: Sequence[SampledReason]) -> list[SampledReason]:
    """By case and explanation; the row for what is missing comes last."""
    return sorted(reasons, key=lambda item: (item.case_no, item.score_id, item.place == 0, item.place))


def _row(sample: ReasonSample, reason: SampledReason) -> list[str]:
    place = str(reason.place) if reason.place else EXTRA
    cells = {**fixed_cells(reason), "sample_id": sample.sample_id, "place": place, "score_id": reason.score_id}
    return [cells.get(name, "") for name in COLUMNS]


def _cell_kind(column: SheetColumn, row: Sequence[str]) -> str:
    """What the auditor fills in is white, what the system filled in is grey."""
    return "text" if column.label in FILLED or row[COLUMN_INDEX["place"]] == EXTRA else "locked"


def _offer_verdicts(page: Any, first: int, rows: Sequence[Sequence[str]]) -> None:
    place = COLUMN_INDEX["verdict"]
    for line, row in enumerate(rows, start=first):
        add_choices(
            page, (line, place, line, place), [MISSING] if row[COLUMN_INDEX["place"]] == EXTRA else list(ON_REASONS)
        )
    below = first + len(rows)
    add_choices(page, (below, place, below + SPARE_ROWS - 1, place), [*ON_REASONS, MISSING])


def _notes(sample: ReasonSample, reasons: Sequence[SampledReason]) -> list[tuple[str, str]]:
    order = sample.order
    span = f"{order.day_from or '最早'} 至 {order.day_to or '最近'}"
    return [
        ("性质", formatting.DISCLAIMER),
        *(("填写办法", sentence) for sentence in HOW_TO),
        ("样本号", sample.sample_id),
        ("抽取范围", f"院代码 {order.office or '全部'}，{span} 提供过的解释"),
        ("抽取", f"已提供 {sample.served} 份，抽取 {sample.drawn} 份，种子 {order.seed}"),
        ("抽取办法", "按“种子:评分编号”的 SHA-256 排序，取前若干份。"),
        ("理由", f"{sum(1 for item in reasons if item.place)} 条"),
        ("抽取人", sample.actor),
    ]
