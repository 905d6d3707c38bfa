"""The queue's workbook, read back: ids stay text, money is in 元, every eligible case is in it."""

from __future__ import annotations

import io
from datetime import date

from openpyxl import load_workbook
from rich.console import Console

from serving.queue.terminal import print_queue
from serving.queue.views import FindingRow, InclusionRow, QueueRow, QueueView
from serving.queue.workbook import queue_workbook

CASE = "（2023）浙9901执12345678901234567号"

VIEW = QueueView(
    queue_id="Q1",
    run_id="R1",
    office="039901",
    as_of=date(2024, 3, 31),
    pool_state=3,
    model_version="20231231-abc",
    capacity=40,
    cohort=9,
    under_review=1,
    resting=2,
    eligible=2,
    listed=1,
    seed="12345678901234567890",
    policy={"name": "strata-1", "capacity": 40},
    rows=(
        QueueRow(
            1,
            "S1",
            CASE,
            date(2023, 6, 1),
            "张*",
            123_456_789,
            "较高",
            0.25,
            5_000_000,
            1_250_000,
            ("=1+1 疑似转移", "其他"),
            "B",
            "小标的",
            True,
            True,
            False,
        ),
    ),
    inclusion=(
        InclusionRow(CASE, date(2023, 6, 1), True, "小标的", 1.0, 0.25, 5_000_000, 1_250_000),
        InclusionRow("（2023）浙9901执2号", date(2023, 6, 2), False, "", 0.125, 0.1, None, None),
    ),
    findings=(FindingRow(CASE, 1, "B1", "期限", 2, "疑似超期", "调卷", "终本规定"),),
    notes=("本模型标签较少。",),
)


def test_the_workbook_holds_the_queue_in_the_offices_habits() -> None:
    book = load_workbook(io.BytesIO(queue_workbook(VIEW)))
    assert book.sheetnames == ["线索队列", "入选概率", "程序线索", "说明"]
    listed = book["线索队列"]
    heading = [cell.value for cell in listed[1]]
    row = dict(zip(heading, [cell.value for cell in listed[2]], strict=True))
    assert row["案号"] == CASE
    assert row["未履行额（元）"] == 1_234_567.89
    assert row["主要依据"].startswith("1. =1+1")
    assert row["标记"] == "信访、小标的"
    assert all(cell.data_type != "f" for line in listed.iter_rows() for cell in line)
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
        assert sheet.page_setup.orientation == "landscape"
        assert str(sheet.page_setup.paperSize) == "9"
    inclusion = [[cell.value for cell in line] for line in book["入选概率"].iter_rows(min_row=2)]
    assert [line[4] for line in inclusion] == [1, 0.125]
    assert inclusion[1][6] is None
    notes = {line[0].value: line[1].value for line in book["说明"].iter_rows(min_row=2)}
    assert notes["随机种子"] == "12345678901234567890"
    assert notes["院代码"] == "039901"


def test_the_table_says_the_same() -> None:
    file = io.StringIO()
    print_queue(VIEW, Console(file=file, width=200))
    text = file.getvalue()
    for word in ("线索队列", "张*", "123.46万元", "较高", "25.0%", "5.00万元", "小标的 1 件", "程序线索", "不是证据"):
        assert word in text
