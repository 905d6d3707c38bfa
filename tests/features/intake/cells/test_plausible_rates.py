"""Rates that no currency ever had are refused with what was expected; those that can be are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.intake.preview import preview

HEAD = "币种,汇率日期,外币数量,折合人民币,汇率来源\n"
ROWS = [
    ("美元", "100", "725.50", ""),
    ("USD", "1", "7.2", ""),
    ("日元", "100", "4.9", ""),
    ("人民币", "1", "1", ""),
    ("欧元", "1", "7.9", ""),
    ("甲币", "1", "3", ""),
    ("甲币", "1", "3.1", ""),
    ("美元", "1", "725.50", "应为 4 至 12 元"),
    ("日元", "1", "4.9", "应为 0.03 至 0.13 元"),
    ("港币", "100", "0.92", "应为 0.5 至 1.6 元"),
    ("英镑", "1", "913", "应为 6 至 20 元"),
    ("人民币", "1", "2", "应为 1 元"),
    ("甲币", "1", "300", "应为"),
    ("丙币", "1", "5000", "应为"),
    ("乙币", "1", "3", "相差过大"),
    ("乙币", "100", "3", "相差过大"),
]


@pytest.mark.parametrize("units", ["外币数量", "外币单位"])
def test_a_rate_that_cannot_be_is_refused_with_what_was_expected(tmp_path: Path, units: str) -> None:
    lines = [f"{ccy},2023-09-{n:02d},{many},{yuan},虚构牌价\n" for n, (ccy, many, yuan, _) in enumerate(ROWS, start=1)]
    (tmp_path / "汇率.csv").write_text(HEAD.replace("外币数量", units) + "".join(lines), encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "汇率.csv")]).sheets
    said = {int(line[1 : line.index("行")]): line for line in sheet.faults}
    assert {row for row, (*_, why) in enumerate(ROWS, start=2) if why} == set(said)
    for row, (*_, why) in enumerate(ROWS, start=2):
        assert why in said.get(row, "")
