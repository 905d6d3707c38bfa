"""Rows whose case was refused are named with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.intake.ingest import IngestOptions, ingest
from features.intake.tables import sheet_in_duckdb

CASES = "案号,案件类型,法院代字,法院行政区划,立案日期\n"


@pytest.mark.parametrize("small", [20_000, 0])
def test_what_was_lost_with_a_refused_case_is_named(
    tmp_path: Path, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_in_duckdb, "SMALL_ROWS", small)
    bad, good = "(2024)浙9901执 1号", "（2024）浙9901执2号"
    rows = [f"{number},首执,浙9901,990001,{day}" for number, day in ((bad, "不详"), (good, "2024-01-02"))]
    (tmp_path / "执行案件.csv").write_text(CASES + "\n".join(rows) + "\n", encoding="utf-8")
    parties = [f"{number},{n},被执行人,自然人,某{n}" for n, number in enumerate((bad, bad, good), start=1)]
    (tmp_path / "执行主体.csv").write_text(
        "案号,序号,法律地位,当事人类型,姓名或名称\n" + "\n".join(parties) + "\n", encoding="utf-8"
    )
    about = IngestOptions(provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1))
    paths = [str(tmp_path / "执行主体.csv"), str(tmp_path / "执行案件.csv")]
    report = ingest(tmp_path / "home", paths, about)
    (line,) = [text for text in report.notices if "被隔离" in text]
    assert line.startswith("案件 （2024）浙9901执1号 的") and "2 行" in line
