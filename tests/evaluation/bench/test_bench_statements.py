"""The statements the benchmark writes are read whole by both layouts: its rows, its rows without a day, its repeats."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from evaluation.bench.statements import DIRTY, write_statement
from features.intake.ingest import IngestOptions, ingest

LOOSE = IngestOptions(provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2025, 5, 1))


@pytest.mark.parametrize("layout", ["34", "38"])
def test_a_benchmark_statement_has_the_rows_it_says(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "某行交易明细信息.csv"
    write_statement(path, layout, 5_000)
    (sheet,) = ingest(tmp_path / "home", [str(path)], LOOSE).sheets
    assert (sheet.rows, sheet.bad, sheet.duplicates) == (5_000, -(-5_000 // DIRTY), 0)
    assert not any(text.startswith("未使用的列") and "交易" in text for text in sheet.warnings)
