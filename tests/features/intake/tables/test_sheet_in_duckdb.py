"""Staging: small faultless sheets and large or faulty ones take different ways to the same rows; counts add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.intake.ingest import IngestOptions, ingest
from features.intake.tables import sheet_in_duckdb
from features.pool.pool import Pool

Row = dict[str, str]
LOOSE = IngestOptions(provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2024, 5, 1))


def pooled(home: Path, table: str) -> list[dict[str, Any]]:
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        return sorted(cut.table(table).to_pyarrow().to_pylist(), key=lambda row: row["rid"])


def test_both_ways_give_the_same_rows(
    tmp_path: Path,
    statement: Callable[[Sequence[Row]], str],
    transaction: Callable[..., Row],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "某银行交易明细信息.csv"
    rows = [transaction(ref_no=f"R{i}", ts=f"2024-03-{1 + i % 28:02d} 10:00:00", acct_no="") for i in range(60)]
    path.write_text(statement(rows), encoding="utf-8")
    ingest(tmp_path / "small", [str(path)], LOOSE)
    monkeypatch.setattr(sheet_in_duckdb, "SMALL_ROWS", 0)
    ingest(tmp_path / "large", [str(path)], LOOSE)
    assert pooled(tmp_path / "small", "txn") == pooled(tmp_path / "large", "txn")
    assert len(pooled(tmp_path / "small", "txn")) == 60


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", ""]),
            st.sampled_from(["2024-03-01 10:00:00", "2024/3/1", "2024-02-30"]),
            st.sampled_from(["1", "1.50", "x"]),
            st.sampled_from(["出", "进", ""]),
            st.sampled_from(["", "R1", "R2"]),
        ),
        max_size=12,
    )
)
def test_rows_are_accepted_set_aside_or_duplicates(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("t")
    lines = ["交易账号,交易时间,交易金额,收付标志,交易流水号", *(",".join(row) for row in rows)]
    (folder / "流水.csv").write_text("\n".join(lines), encoding="utf-8")
    report = ingest(folder / "home", [str(folder / "流水.csv")], LOOSE)
    good = [r for r in rows if r[0] and r[1] != "2024-02-30" and r[2] != "x" and r[3]]
    said = [r for r in rows if any(r)]
    assert report.sheets[0].rows == len(said) == report.accepted + report.bad + report.duplicates
    assert report.bad == len(said) - len(good)
    assert report.accepted == len(set(good))
    found = pooled(folder / "home", "txn")
    seen: dict[tuple[str, ...], int] = {}
    expected = []
    for row in dict.fromkeys(good):
        key = (row[0], row[4], row[3])
        seen[key] = seen.get(key, 0) + 1
        expected.append((row[0], seen[key]))
    assert [(row["acct_no"], row["occurrence"]) for row in found] == expected
