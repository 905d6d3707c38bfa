"""The queue as a workbook: ids as text, header frozen and filtered, A4 landscape."""

from __future__ import annotations

import io
from collections.abc import Sequence

from features.files.workbook import Cell, SheetColumn, add_formats, add_table_page, open_workbook, yuan_cell
from models.reasons import format as formatting
from serving.queue.terminal import arithmetic, day_in_words, main_reasons, tags
from serving.queue.views import QueueView


def queue_workbook(view: QueueView) -> bytes:
    """The workbook: 线索队列, 入选概率 of every eligible case, 程序线索, 说明. Money in 元."""
    buffer = io.BytesIO()
    with open_workbook(buffer, f"线索队列 {view.office} {view.as_of}", view.disclaimer) as book:
        formats = add_formats(book)
        footer = f"&L{view.queue_id}　{view.model_version}&C线索非证据，均待核实&R第 &P 页 / 共 &N 页"
        for name, columns, rows in (
            ("线索队列", _LIST, _list(view)),
            ("入选概率", _INCLUSION, _inclusion(view)),
            ("程序线索", _FINDINGS, _findings(view)),
            ("说明", _NOTES, _notes(view)),
        ):
            add_table_page(book, formats, name, columns, rows, footer=footer)
    return buffer.getvalue()


_EXPECTED = (
    SheetColumn("隐匿概率", kind="share"),
    SheetColumn("遗漏概率", kind="share"),
    SheetColumn("预计可回收（元）", kind="money"),
    SheetColumn("预期收益（元）", kind="money"),
)
"""Columns of what is expected of a case, in both sheets."""

_LIST: tuple[SheetColumn, ...] = (
    SheetColumn("序号", kind="number"),
    SheetColumn("案号"),
    SheetColumn("终本日期"),
    SheetColumn("被执行人（脱敏）"),
    SheetColumn("未履行额（元）", kind="money"),
    SheetColumn("等级"),
    *_EXPECTED,
    SheetColumn("主要依据"),
    SheetColumn("数据完备度"),
    SheetColumn("来源（层）"),
    SheetColumn("标记"),
    SheetColumn("评分编号"),
)

_INCLUSION: tuple[SheetColumn, ...] = (
    SheetColumn("案号"),
    SheetColumn("终本日期"),
    SheetColumn("是否列入"),
    SheetColumn("来源（层）"),
    SheetColumn("入选概率", kind="probability"),
    *_EXPECTED,
)

_FINDINGS: tuple[SheetColumn, ...] = (
    SheetColumn("清单序号", kind="number"),
    SheetColumn("案号"),
    SheetColumn("线索编号"),
    SheetColumn("线索"),
    SheetColumn("行数", kind="number"),
    SheetColumn("情形"),
    SheetColumn("下一步"),
    SheetColumn("依据"),
)

_NOTES: tuple[SheetColumn, ...] = (SheetColumn("项目"), SheetColumn("内容"))


def _list(view: QueueView) -> list[Sequence[Cell]]:
    return [
        (
            row.position,
            row.case_no,
            formatting.format_date(row.zb_date),
            row.debtor,
            yuan_cell(row.debt_fen),
            row.level,
            row.probability,
            row.missed,
            yuan_cell(row.amount_fen),
            yuan_cell(row.expected_fen),
            main_reasons(row),
            row.coverage,
            row.stratum,
            tags(row),
            row.score_id,
        )
        for row in view.rows
    ]


def _inclusion(view: QueueView) -> list[Sequence[Cell]]:
    return [
        (
            row.case_no,
            formatting.format_date(row.zb_date),
            "是" if row.listed else "否",
            row.stratum or "—",
            row.inclusion,
            row.probability,
            row.missed,
            yuan_cell(row.amount_fen),
            yuan_cell(row.expected_fen),
        )
        for row in view.inclusion
    ]


def _findings(view: QueueView) -> list[Sequence[Cell]]:
    return [
        (row.position, row.case_no, row.clue, row.label, row.rows, row.sentence, row.next_step, row.law)
        for row in view.findings
    ]


def _notes(view: QueueView) -> list[Sequence[Cell]]:
    policy = "；".join(f"{name} = {value}" for name, value in view.policy.items())
    lines = [
        ("性质", view.disclaimer),
        ("院代码", view.office),
        ("截止日", day_in_words(view)),
        ("形成", arithmetic(view)),
        ("排序", f"{formatting.YIELD}各层名额和质量底线见“政策”；清单达不到底线时变短。"),
        ("入选概率", "在整个抽取过程中被列入的精确概率：按规则列入的为 1，其余为随机层的抽取概率；抽取方式见“政策”。"),
        ("政策", policy),
        ("随机种子", view.seed),
        ("数据池状态", f"第 {view.pool_state} 批次"),
        ("模型", view.model_version),
        ("队列编号", view.queue_id),
        ("评分批次", view.run_id),
        ("等级", "高、较高、中、低由概率、百分位和数据完备度按设置确定；资料不足的为“数据不足”，从不等于低风险。"),
    ]
    watch = (("重点关注清单", note) for note in view.watch_notes)
    failed = (("未评分", note) for note in view.unscored or ())
    money = (("其他币种", note) for note in view.currency_notes)
    return [*lines, *failed, *watch, *money, *(("模型说明", note) for note in view.notes)]
