"""Moments and directions in the spellings of banks: half-day clocks, digits without signs, CR and DR behind a sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEAD = "账号,户名,交易日期,收付标志,交易金额,余额"
Read = Callable[..., tuple[list[dict[str, str]], str, Any]]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("20250102 3:04", "2025-01-02 03:04:00"),
        ("20250102 03:04:05", "2025-01-02 03:04:05"),
        ("20250102 3:04:05.5", "2025-01-02 03:04:05.500000"),
        ("2025-01-02 030405", "2025-01-02 03:04:05"),
        ("2025/1/2 030405", "2025-01-02 03:04:05"),
        ("2025年1月2日030405", "2025-01-02 03:04:05"),
        ("2025-01-02 30405", "2025-01-02 03:04:05"),
        ("20250102 30405", "2025-01-02 03:04:05"),
        ("20250102030405123", "2025-01-02 03:04:05.123000"),
        ("20250102030405.123456", "2025-01-02 03:04:05.123456"),
        ("20250102 030405", "2025-01-02 03:04:05"),
        ("2025-01-02 3:04 PM", "2025-01-02 15:04:00"),
        ("2025-01-02 3:04:05 pm", "2025-01-02 15:04:05"),
        ("2025/1/2 3:04:05 a.m.", "2025-01-02 03:04:05"),
        ("2025-01-02 12:30 AM", "2025-01-02 00:30:00"),
        ("2025-01-02 12:30 PM", "2025-01-02 12:30:00"),
        ("2025-01-02 下午3:04", "2025-01-02 15:04:00"),
        ("2025/1/2 上午 3:04:05", "2025-01-02 03:04:05"),
        ("2025年1月2日 下午3时04分05秒", "2025-01-02 15:04:05"),
        ("2025年1月2日下午３：０４", "2025-01-02 15:04:00"),
        ("20250102 下午3:04", "2025-01-02 15:04:00"),
        ("2025-01-02 凌晨1:05", "2025-01-02 01:05:00"),
        ("2025-01-02 下午15:04", "2025-01-02 15:04:00"),
        ("二〇二五年一月二日", "2025-01-02 00:00:00"),
        ("二零二五年十二月三十一日", "2025-12-31 00:00:00"),
        ("二○二五年十月二十日 10:11:12", "2025-10-20 10:11:12"),
        ("二〇二五年元月廿三日", "2025-01-23 00:00:00"),
        ("2025-01-02 15:04 AM", None),
        ("2025-01-02 上午12:30", None),
        ("2025-01-02 0:30 PM", None),
        ("250102030405", None),
        ("2025-01-02 256060", None),
        ("20250132 3:04", None),
        ("二〇二五年十三月二日", None),
        ("二五年一月二日", None),
        ("20250102030405", "2025-01-02 03:04:05"),
        ("2025-01-02", "2025-01-02 00:00:00"),
    ],
)
def test_a_moment(shown: Read, cell: str, moment: str | None) -> None:
    row = "9900000000000017,某甲,{},付,1,9"
    rows, _, sheet = shown("流水.csv", f"{HEAD}\n{row.format(cell)}\n{row.format('2024-12-31')}\n")
    assert [one["ts"] for one in rows] == ([moment] if moment else []) + ["2024-12-31 00:00:00"]
    assert sheet.counts.bad == (moment is None)


@pytest.mark.parametrize(
    ("word", "way"),
    [
        *(
            (word, "IN")
            for word in ("CR", "Cr", "Credit", "credit", "存入", "收款", "来账", "入账", "汇入", "贷记", "IN")
        ),
        *(
            (word, "OUT")
            for word in ("DR", "dr", "Debit", "支取", "付款", "往账", "出账", "汇出", "借记", "付方", "OUT")
        ),
        *((word, "") for word in ("转账", "消费", "未知", "CRDR", "借贷")),
    ],
)
def test_a_direction_in_a_word(shown: Read, word: str, way: str) -> None:
    rows, _, sheet = shown("流水.csv", f"{HEAD}\n9900000000000017,某甲,2025-01-02,{word},1,9\n")
    assert [one["direction"][-len(way) - 1 : -1] for one in rows] == ([way] if way else [])
    assert sheet.counts.bad == (not way)


@pytest.mark.parametrize(
    ("cell", "flag", "read"),
    [
        ("500CR", "", "IN 500.00 元"),
        ("500DR", "", "OUT 500.00 元"),
        ('"1,500.50 Cr"', "", "IN 1,500.50 元"),
        ("500.00 dr.", "", "OUT 500.00 元"),
        ("500.00(CR)", "", "IN 500.00 元"),
        ("500贷", "", "IN 500.00 元"),
        ("500.00（借）", "", "OUT 500.00 元"),
        ("CR 500", "", "IN 500.00 元"),
        ("DR500.00", "", "OUT 500.00 元"),
        ("500DR", "付", "OUT 500.00 元"),
        ("500CR", "付", None),
        ("500DR", "收", None),
        ("-500CR", "", None),
        ("500", "", None),
        ("500XR", "收", None),
    ],
)
def test_a_sum_bears_its_side(shown: Read, cell: str, flag: str, read: str | None) -> None:
    rows, _, _ = shown("流水.csv", f"{HEAD}\n9900000000000017,某甲,2025-01-02,{flag},{cell},9\n")
    assert [f"{one['direction'].strip('）').rpartition('（')[2]} {one['amount']}" for one in rows] == (
        [read] if read else []
    )


def test_sums_that_bear_their_sides_need_no_column_of_directions(shown: Read) -> None:
    head = HEAD.replace("收付标志,", "")
    rows, _, _ = shown(
        "流水.csv", f"{head}\n9900000000000017,某甲,2025-01-02,5CR,7CR\n9900000000000017,某甲,2025-01-03,9DR,2DR\n"
    )
    assert [(one["direction"], one["balance"]) for one in rows] == [("进（IN）", "7.00 元"), ("出（OUT）", "-2.00 元")]
