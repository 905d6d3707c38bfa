"""Report of an ingest (files, rows, errors, warnings), printed on the terminal and written as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from features.files.workbook import SheetColumn, add_formats, open_workbook, set_up_printing, write_table
from features.intake.cells.refusals import REFUSALS
from features.intake.reviews.accept import ReviewSummary
from features.pool.manifests import RefusedFile

EXAMPLES = 8

_BY_FILE = (
    *(SheetColumn(label, 18) for label in ("交接编号", "文件", "工作表", "表")),
    *(SheetColumn(label, 10, "number") for label in ("行数", "入库", "隔离", "重复", "空行")),
)
_BY_RULE = (SheetColumn("规则", 30), SheetColumn("行数", 10, "number"))
_ROW_ERRORS = (
    SheetColumn("文件", 18),
    SheetColumn("工作表", 18),
    SheetColumn("行号", 10, "number"),
    *(SheetColumn(label, 18) for label in ("列", "规则", "收到的值（已脱敏）")),
    SheetColumn("说明", 40),
)
_NOTICES = (SheetColumn("类别", 10), SheetColumn("内容", 90))


REFUSED_HINT = (
    "其余文件已入库；更正后按同一交接编号、同一文件名重新导入即可，已入库的文件会自动跳过。"
    "补齐以前，本次交接中这些来源的“查无记录”不作为依据。"
)
"""What becomes of a delivery a file of which was refused."""


@dataclass(slots=True)
class SheetReport:
    """One sheet: rows = accepted + bad + duplicates; blank rows are counted apart."""

    delivery_no: str
    file: str
    sheet: str
    table: str
    label: str
    rows: int = 0
    accepted: int = 0
    bad: int = 0
    duplicates: int = 0
    blank: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    cells: int = 0
    """Cells left empty in accepted rows, because they could not be read."""
    twins: tuple[int, ...] = ()
    """Numbers of the duplicates in a statement that may be payments of their own."""


@dataclass(slots=True)
class IngestReport:
    """Everything one run of ingest did.

    Attributes:
        batches: numbers of the batches committed, withdrawals included.
        sheets: one entry per sheet read.
        notices: sentences on what was skipped, withdrawn or passed over.
        refused: files that could not be taken in, while the rest of their delivery was.
        faults: the first errors of rejected rows, masked, for printing.
        quarantine, workbook: files written, if any.
        reviews: summary of the review records, one per delivery.
    """

    batches: list[int] = field(default_factory=list)
    sheets: list[SheetReport] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    faults: list[dict[str, str | int]] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)
    workbook: Path | None = None
    reviews: list[ReviewSummary] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """Warnings, sheet by sheet, then review by review."""
        lines = [f"{sheet.file}：{text}" for sheet in self.sheets for text in sheet.warnings]
        return lines + [line for one in self.reviews for line in one.sentences()]

    @property
    def accepted(self) -> int:
        """Rows that went into the pool."""
        return sum(sheet.accepted for sheet in self.sheets)

    @property
    def bad(self) -> int:
        """Rejected rows."""
        return sum(sheet.bad for sheet in self.sheets)

    @property
    def duplicates(self) -> int:
        """Exact duplicates inside a file, dropped."""
        return sum(sheet.duplicates for sheet in self.sheets)

    def rules(self) -> dict[str, int]:
        """Rejected rows by rule."""
        totals: dict[str, int] = {}
        for sheet in self.sheets:
            for rule, rows in sheet.rules.items():
                totals[rule] = totals.get(rule, 0) + rows
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values, without personal data."""
        return {
            "batches": self.batches,
            "accepted": self.accepted,
            "quarantined": self.bad,
            "duplicates": self.duplicates,
            "cells_left_empty": sum(sheet.cells for sheet in self.sheets),
            "rules": self.rules(),
            "files": [
                {
                    "delivery_no": sheet.delivery_no,
                    "file": sheet.file,
                    "sheet": sheet.sheet,
                    "table": sheet.table,
                    "rows": sheet.rows,
                    "accepted": sheet.accepted,
                    "quarantined": sheet.bad,
                    "duplicates": sheet.duplicates,
                    "blank": sheet.blank,
                    "cells_left_empty": sheet.cells,
                    "rules": dict(sheet.rules),
                    "warnings": list(sheet.warnings),
                }
                for sheet in self.sheets
            ],
            "refused": [{"file": one.name, "reason": one.reason} for one in self.refused],
            "notices": self.notices,
            "doubts": [asdict(warning) for summary in self.reviews for warning in summary.warnings],
            "quarantine": [str(path) for path in self.quarantine],
            "workbook": str(self.workbook) if self.workbook else None,
        }


def print_report(report: IngestReport, console: Console, files_shown: int = 30) -> None:
    """Print totals per file and per rule, the first faults, and what was passed over."""
    if report.sheets:
        table = Table(title="导入结果")
        for name in ("文件", "工作表", "表"):
            table.add_column(name, overflow="fold")
        for name in ("行数", "入库", "隔离", "重复", "空行"):
            table.add_column(name, justify="right")
        ordered = sorted(report.sheets, key=lambda sheet: -sheet.bad)[:files_shown]
        for sheet in ordered:
            numbers = (sheet.rows, sheet.accepted, sheet.bad, sheet.duplicates, sheet.blank)
            table.add_row(sheet.file, sheet.sheet, sheet.label, *(f"{number:,}" for number in numbers))
        rest = len(report.sheets) - len(ordered)
        if rest:
            table.add_row(f"另有 {rest} 个文件", "", "", "", "", "", "", "")
        total = sum(sheet.rows for sheet in report.sheets)
        blank = sum(sheet.blank for sheet in report.sheets)
        sums = (total, report.accepted, report.bad, report.duplicates, blank)
        table.add_section()
        table.add_row("合计", "", "", *(f"{number:,}" for number in sums))
        console.print(table)
    if report.bad:
        table = Table(title="隔离原因")
        table.add_column("规则")
        table.add_column("行数", justify="right")
        for rule, rows in report.rules().items():
            table.add_row(REFUSALS[rule], f"{rows:,}")
        console.print(table)
    for fault in report.faults[:EXAMPLES]:
        console.print(f"  {fault['file']} {fault['sheet']} {fault['sentence']}", highlight=False)
    _print_notices(report, console)


def _print_notices(report: IngestReport, console: Console, shown: int = 20) -> None:
    for one in report.refused:
        console.print(f"未导入：{one.name}：{one.reason}", highlight=False)
    if report.refused:
        console.print(f"未导入：{len(report.refused)} 个文件。{REFUSED_HINT}", highlight=False)
    for title, lines in (("提示", report.notices), ("核对", report.warnings)):
        for line in lines[:shown]:
            console.print(f"{title}：{line}", highlight=False)
        if len(lines) > shown:
            console.print(f"{title}：另有 {len(lines) - shown} 条，见报告。", highlight=False)
    if report.workbook:
        console.print(f"导入报告：{report.workbook}", highlight=False)


def write_workbook(report: IngestReport, path: Path) -> Path:
    """Write the report as xlsx: totals per file, per rule, faults (masked), notices."""
    files = [
        (s.delivery_no, s.file, s.sheet, s.label, s.rows, s.accepted, s.bad, s.duplicates, s.blank)
        for s in report.sheets
    ]
    faults = [
        (f["file"], f["sheet"], f["row"], f["label"], REFUSALS[str(f["rule"])], f["value"], f["sentence"])
        for f in report.faults
    ]
    notes = [("未导入", f"{one.name}：{one.reason}") for one in report.refused]
    notes += [("提示", line) for line in report.notices]
    notes += [("核对", line) for line in report.warnings]
    with open_workbook(path, own=True) as book:
        formats = add_formats(book)
        for title, columns, rows in (
            ("按文件", _BY_FILE, files),
            ("按规则", _BY_RULE, [(REFUSALS[rule], rows) for rule, rows in report.rules().items()]),
            ("隔离明细", _ROW_ERRORS, faults),
            ("提示", _NOTICES, notes),
        ):
            page = book.add_worksheet(title)
            set_up_printing(page, heading_rows=write_table(page, formats, columns, rows))
    return path
