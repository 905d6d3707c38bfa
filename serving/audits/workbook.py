"""A sample of reasons as a workbook for auditors: one row per reason, with columns for the verdict."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from models.feedback.reason_samples import ReasonSample, SampledReason
from models.feedback.verdicts import MISSING, ON_REASONS
from models.reasons import format as formatting

SHEET = "复核"
EXTRA = "补"
"""What stands for a number in the row of a reason that should have been given."""

SPARE_ROWS = 200
"""Empty rows below the last one that still offer the lists."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: what it is called in the program, its 中文 label, width in characters, whether the auditor fills it."""

    name: str
    label: str
    width: float
    filled: bool = False


HEADINGS = (
    Heading("sample_id", "样本号", 20),
    Heading("case_no", "案号", 24),
    Heading("as_of", "清单日期", 12),
    Heading("model_version", "模型", 22),
    Heading("place", "理由序号", 9),
    Heading("clue", "线索编号", 12),
    Heading("text", "理由", 56),
    Heading("weight", "方向与大小", 18),
    Heading("evidence", "证据", 60),
    Heading("verdict", "判断", 9, True),
    Heading("note", "说明", 32, True),
    Heading("reviewer", "复核人", 12, True),
    Heading("reviewed_on", "复核日期", 13, True),
    Heading("score_id", "评分编号", 20),
)
"""Columns of the sheet, in order; the reader of filled sheets finds them by their labels."""

COLUMN_INDEX = {heading.name: number for number, heading in enumerate(HEADINGS)}

HOW_TO = (
    "逐条核对“证据”所列文件、工作表、行号的原始记录，在“判断”一列选择：有据（记录支持该理由）、无据（记录不支持）、误导"
    "（记录属实而所提示的情形不成立或易生误解，须写说明）。",
    "每个案件末行序号为“补”：如有应当提示而未提示的情形，选“遗漏”并写明，能指明线索编号的填线索编号；没有的留空。可插入多行，须填样本号、案号、评分编号。",
    "有判断的行须填复核人和复核日期（如 2024-05-06）。白底以外各列由系统填写，不得改动；一处不符，整表不予采用。",
    "填好后运行 ./goldenkey audit verdicts 文件 --actor 操作人；更正时改好原表重新提交，以最后一次为准，各次均保留。",
)


def sample_workbook(sample: ReasonSample, reasons: Sequence[SampledReason]) -> bytes:
    """The workbook of a sample: 复核, one row per reason and one per case for what is missing; 说明."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"解释复核 {sample.sample_id}", "comments": formatting.DISCLAIMER})
    rows = [_row(sample, reason) for reason in _in_order(reasons)]
    _fill(book, rows)
    _explain(book, sample, reasons)
    book.close()
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
    return [cells.get(heading.name, "") for heading in HEADINGS]


def _fill(book: Any, rows: Sequence[Sequence[str]]) -> None:
    page = book.add_worksheet(SHEET)
    plain = {"border": 1, "valign": "top", "text_wrap": True, "num_format": "@"}
    head = book.add_format({**plain, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#E7E6E6"})
    ours, theirs = book.add_format({**plain, "bg_color": "#F5F5F5"}), book.add_format(plain)
    for column, heading in enumerate(HEADINGS):
        page.set_column(column, column, heading.width)
        page.write_string(0, column, heading.label, head)
        for line, row in enumerate(rows, start=1):
            style = theirs if heading.filled or row[COLUMN_INDEX["place"]] == EXTRA else ours
            if row[column]:
                page.write_string(line, column, row[column], style)
            else:
                page.write_blank(line, column, None, style)
    verdict = COLUMN_INDEX["verdict"]
    for line, row in enumerate(rows, start=1):
        words = [MISSING] if row[COLUMN_INDEX["place"]] == EXTRA else list(ON_REASONS)
        page.data_validation(line, verdict, line, verdict, {"validate": "list", "source": words})
    rest = {"validate": "list", "source": [*ON_REASONS, MISSING]}
    page.data_validation(len(rows) + 1, verdict, len(rows) + SPARE_ROWS, verdict, rest)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, max(len(rows), 1), len(HEADINGS) - 1)
    _paper(page)


def _explain(book: Any, sample: ReasonSample, reasons: Sequence[SampledReason]) -> None:
    page = book.add_worksheet("说明")
    wrap = book.add_format({"border": 1, "valign": "top", "text_wrap": True})
    order = sample.order
    span = f"{order.day_from or '最早'} 至 {order.day_to or '最近'}"
    lines = [
        ("性质", formatting.DISCLAIMER),
        *(("填写办法", sentence) for sentence in HOW_TO),
        ("样本号", sample.sample_id),
        ("抽取范围", f"院代码 {order.office or '全部'}，{span} 提供过的解释"),
        ("抽取", f"已提供 {sample.served} 份，抽取 {sample.drawn} 份，种子 {order.seed}"),
        ("抽取办法", "按“种子:评分编号”的 SHA-256 排序，取前若干份。"),
        ("理由", f"{sum(1 for item in reasons if item.place)} 条"),
        ("抽取人", sample.actor),
    ]
    page.set_column(0, 0, 12)
    page.set_column(1, 1, 100)
    for line, (name, text) in enumerate(lines):
        page.write_string(line, 0, name, wrap)
        page.write_string(line, 1, text, wrap)
    _paper(page)


def _paper(page: Any) -> None:
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&C线索非证据，均待核实&R第 &P 页 / 共 &N 页")
