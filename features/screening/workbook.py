"""The screened leads of a run as a workbook: leads with a state to be filled in, the source rows, a page on the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.clues.sentence import format_date
from features.files.workbook import (
    FIXED_DATE,
    SheetColumn,
    add_choices,
    add_formats,
    open_workbook,
    set_height,
    set_up_printing,
    write_table,
)
from features.schema import TABLES
from features.screening.run import ScreenedLead, ScreenRun
from features.screening.screen import thresholds_of

STATES = ("初筛", "有效", "无效")
"""States of a lead a reader may choose; every lead starts as 初筛."""
DISCLAIMER = (
    "用途声明：本表所列为依规则筛选出的待核实线索，不是证据，也不是对任何人的结论；"
    "未列出的案件不等于没有问题，未覆盖的数据不作任何推定。"
)
LEADS, EVIDENCE, NOTES = "初筛线索", "证据行", "运行说明"
_NOTE_WIDTHS = (22, 30, 16, 60)
_FOOTER = "&C第&P页，共&N页&R线索待核实，不是证据"


def _column(label: str, code: str, note: str, width: float, kind: str = "text") -> SheetColumn:
    """A column; `note` says below the field code how its cells are filled."""
    return SheetColumn(label, width, kind, f"{code}（{note}）")


_LEADS = (
    _column("状态", "state", "初筛、有效、无效", 7, "pick"),
    _column("序号", "no", "本表序号", 5, "number"),
    _column("案号", "case_no", "文本", 13),
    _column("线索", "clues", "编号和名称", 15),
    _column("财产", "asset", "类别和标识", 17),
    _column("持有人", "holder", "关系、证件号码", 12),
    _column("金额（元）", "amount", "性质见金额说明", 13, "money"),
    _column("金额说明", "amount_note", "文本", 14),
    _column("线索内容", "text", "由证据行生成", 36),
    _column("未触及的原因", "cause", "应由何方办理", 16),
    _column("法律依据", "law", "（待核）为未核对原文", 20),
    _column("应先排除的正当情形", "innocent", "文本", 20),
    _column("下一步核查", "next_step", "文本", 20),
    _column("证据行数", "rows", "见证据行", 6, "number"),
    _column("核查意见", "opinion", "无效的写明原因", 11, "text"),
)
_EVIDENCE = (
    _column("线索序号", "no", "同初筛线索的序号", 8, "number"),
    _column("案号", "case_no", "文本", 21),
    _column("线索", "clues", "编号", 10),
    _column("数据表", "table", "文本", 12),
    _column("文件", "file", "所填文件", 18),
    _column("工作表", "sheet", "文本", 14),
    _column("行号", "row", "文件中的行号", 7, "number"),
    _column("该行内容", "values", "所填的值", 76),
)


def write_leads(path: Path, run: ScreenRun) -> Path:
    """Write the leads of a run: 初筛线索 (two header rows, data from row 3), 证据行, 运行说明.

    Raises:
        GoldenKeyError: the file is no xlsx or cannot be written.
    """
    with open_workbook(path, f"{run.screen.name}初筛线索", created=FIXED_DATE) as book:
        formats = add_formats(book)
        page = _table(
            book, formats, LEADS, _LEADS, [_lead(run, number, line) for number, line in enumerate(run.lines, 1)]
        )
        add_choices(page, (2, 0, max(len(run.lines) + 1, 2), 0), STATES)
        _table(book, formats, EVIDENCE, _EVIDENCE, list(_evidence(run)))
        _notes(book.add_worksheet(NOTES), formats, run)
    return path


def _lead(run: ScreenRun, number: int, line: ScreenedLead) -> tuple[Any, ...]:
    asset = f"{line.asset_class} {line.asset}".strip() or "（案件）"
    amount = None if line.amount_fen is None else line.amount_fen / 100
    return (
        STATES[0],
        number,
        line.case_no,
        "\n".join(run.names(line)),
        asset,
        line.holder,
        amount,
        line.amount_note,
        line.sentence,
        line.cause,
        line.law,
        line.innocent,
        line.next_step,
        line.rows,
        "",
    )


def _evidence(run: ScreenRun) -> Iterable[tuple[Any, ...]]:
    for number, line in enumerate(run.lines, start=1):
        for rid in line.sources:
            if source := run.sources.get(rid):
                where = (source.table, source.file, source.sheet, source.row, source.values)
                yield (number, line.case_no, "、".join(line.clues), *where)


def _table(
    book: Any,
    formats: Mapping[str, Any],
    name: str,
    columns: Sequence[SheetColumn],
    rows: Sequence[tuple[Any, ...]],
) -> Any:
    page = book.add_worksheet(name)
    heading_rows = write_table(page, formats, columns, rows, fit_heights=True)
    set_up_printing(page, heading_rows=heading_rows, footer=_FOOTER)
    return page


def _notes(page: Any, formats: Mapping[str, Any], run: ScreenRun) -> None:
    for place, width in enumerate(_NOTE_WIDTHS):
        page.set_column(place, place, width)
    page.write_string(0, 0, f"{run.screen.name}（{run.screen.number}）运行说明", formats["title"])
    row = 1
    for heading, lines in _sections(run):
        row += 1
        page.merge_range(row, 0, row, 3, heading, formats["heading"])
        for line in lines:
            row += 1
            cells = line if isinstance(line, tuple) else (line,)
            if len(cells) == 1:
                page.merge_range(row, 0, row, 3, cells[0], formats["warning" if cells[0] == DISCLAIMER else "text"])
                set_height(page, row, [(cells[0], sum(_NOTE_WIDTHS))])
                continue
            for place, cell in enumerate(cells):
                page.write_string(row, place, cell, formats["text"])
            set_height(page, row, list(zip(cells, _NOTE_WIDTHS, strict=False)))
        row += 1
    set_up_printing(page, footer=_FOOTER)


def _sections(run: ScreenRun) -> Iterable[tuple[str, list[Any]]]:
    yield "用途声明", [DISCLAIMER]
    yield (
        "运行",
        [
            ("截止日", format_date(run.day), "制作单位", run.office or "未写明"),
            (
                "线索目录版本",
                run.version,
                "案件、被执行人",
                f"{run.cases}个终本程序，{run.debtors}名被执行人（按案件计）",
            ),
            "所填各行均视为截止日已经知悉；晚于截止日发生的行不使用。某表填有数据，即视为该来源已就表中全部被执行人反馈；"
            "空表除声明“已反馈、无记录”外，视为未覆盖，相应线索不运行。",
        ],
    )
    yield "数据", [("文件", "工作表和数据表", "行数", "使用、有误、重复、未使用"), *_sheets(run)]
    ran = [("线索", "名称", "结果", "情况"), *(_clue(run, n) for n in range(len(run.clues)))]
    yield "线索运行情况", ran
    if run.intake.faults:
        yield (
            "有误未用的行（已遮蔽个人信息）",
            [
                f"{fault['file']}{' ' + str(fault['sheet']) if fault['sheet'] else ''}：{fault['sentence']}"
                for fault in run.intake.faults
            ],
        )
    notices = [*run.intake.notices, *run.limits]
    if notices:
        yield "提示", list(notices)
    yield "使用的阈值", _thresholds(run) or ["本模型的线索没有可调阈值。"]


def _sheets(run: ScreenRun) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for sheet in run.intake.sheets:
        parts = f"使用{sheet.accepted}行，有误{sheet.bad}行，重复{sheet.duplicates}行，"
        parts += f"晚于截止日或样例{sheet.late + sheet.samples}行"
        label = TABLES[sheet.table].label
        name = label if sheet.sheet in ("", label) else f"{sheet.sheet}（{label}）"
        rows.append((sheet.file, name, f"{sheet.rows}", parts))
    empty = [TABLES[name].label for name in run.screen.tables if name not in run.intake.answered]
    declared = [TABLES[name].label for name in sorted(run.intake.declared - run.intake.filled)]
    if declared:
        rows.append(("声明已反馈、无记录", "、".join(declared), "", ""))
    if empty:
        rows.append(("未覆盖", "、".join(empty), "", "没有数据，相应线索不运行"))
    return rows


def _clue(run: ScreenRun, number: int) -> tuple[str, ...]:
    went = run.clues[number]
    found = f"{went.cases}案{went.rows}行" if went.state == "已运行" else "未运行"
    kind = "" if went.clue.kind == "finding" else "（度量，仅供参考）"
    return (went.clue.id, went.clue.label, found, went.state + kind)


def _thresholds(run: ScreenRun) -> list[Any]:
    used = {one.id: one for went in run.clues for one in thresholds_of(went.clue)}
    rows: list[Any] = []
    for id, one in used.items():
        value = run.thresholds.changed.get(id, one.value)
        said = "随附值" if value == one.value else f"本院设定（随附值 {one.value:g}{one.unit}）"
        rows.append((id, one.label, f"{value:g}{one.unit}", f"{said}；{one.source}"))
    return rows


__all__ = ["DISCLAIMER", "STATES", "write_leads"]
