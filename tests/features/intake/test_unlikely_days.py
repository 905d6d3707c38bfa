"""Days after a delivery was received, or before any record: the row is taken in and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from features.intake.ingest import ingest

HEAD = "账号,户名,交易日期,收付标志,交易金额"
CASE = "案号,案件类型,法院代字,法院行政区划,立案日期,结案日期,应执行标的金额"


@pytest.mark.parametrize(
    ("table", "lines", "said"),
    [
        ("流水", ["2125-01-02"], "第 2 行 2125-01-02"),
        ("流水", ["9999-12-31"], "晚于接收日期 2024-05-01"),
        ("流水", ["2205-01-02", "2024-03-01"], "有 1 行的“交易时间”晚于"),
        ("流水", ["2024-03-01", "2024-05-02"], "第 3 行 2024-05-02"),
        ("流水", ["1900-01-01"], "早于 1949-10-01"),
        ("流水", ["1904-01-01", "1900-01-02"], "有 2 行的“交易时间”早于"),
        ("流水", ["2125-01-02"] * 3 + ["2126-01-02"] * 4, "第 6 行 2126-01-02 等"),
        ("流水", ["2024-05-01 23:59:59"], ""),
        ("流水", ["1988-06-01"], ""),
        ("执行案件", ["2099-01-02,"], "“立案日期”晚于"),
        ("执行案件", ["2024-01-02,2099-01-02"], "“结案日期”晚于"),
        ("执行案件", ["1900-01-01,2024-01-02"], "“立案日期”早于"),
        ("执行案件", ["2024-01-02,2024-05-01"], ""),
    ],
)
def test_such_days_are_told_with_their_rows(
    make_delivery: Callable[..., Path], tmp_path: Path, table: str, lines: Sequence[str], said: str
) -> None:
    folder = make_delivery(day="2024-05-01")
    if table == "流水":
        rows = [HEAD, *(f"9900000000000017,某甲,{day},付,{n}" for n, day in enumerate(lines, start=1))]
    else:
        rows = [
            CASE,
            *(f"（2024）浙9901执{n}号,首次执行,浙9901,990001,{days},5" for n, days in enumerate(lines, start=1)),
        ]
    (folder / f"{table}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    report = ingest(tmp_path / "home", [str(folder)])
    told = " ".join(report.notices)
    assert said in told and bool(said) == ("疑似误写" in told)
    assert report.accepted == len(lines)
