"""Parquet files and database tables go through the same door as workbooks."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.intake.sources.typed import cell_text
from features.pool.pool import Pool

LOOSE = IngestOptions(provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2024, 5, 1))


def accounts(home: Path) -> list[tuple[str, int | None, date]]:
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("account").order_by("acct_no").to_pyarrow().to_pylist()
    return [(row["acct_no"], row["balance"], row["open_date"]) for row in rows]


def test_parquet_keeps_long_integers(tmp_path: Path) -> None:
    table = pa.table(
        {
            "acct_no": pa.array([6222021234567890123], pa.int64()),
            "holder_id": ["990001198001010019"],
            "balance": [12.3],
            "open_date": pa.array([datetime(2020, 1, 2)], pa.timestamp("us")),
        }
    )
    pq.write_table(table, tmp_path / "账户信息.parquet")
    ingest(tmp_path / "home", [str(tmp_path / "账户信息.parquet")], LOOSE)
    assert accounts(tmp_path / "home") == [("6222021234567890123", 1230, date(2020, 1, 2))]


def test_database_table_is_read_once(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bank.db") as base:
        base.execute("CREATE TABLE account (acct_no TEXT PRIMARY KEY, holder_id TEXT, balance REAL, open_date TEXT)")
        base.executemany(
            "INSERT INTO account VALUES (?, '990001198001010019', ?, '2020/1/2')", [("B", 2.5), ("A", 1e17), ("C", 1)]
        )
    base.close()
    url = f"sqlite:///{tmp_path / 'bank.db'}#account"
    report = ingest(tmp_path / "home", [url], LOOSE)
    assert (report.bad, report.as_json()["cells_left_empty"]) == (0, 1)
    assert accounts(tmp_path / "home") == [
        ("A", None, date(2020, 1, 2)),
        ("B", 250, date(2020, 1, 2)),
        ("C", 100, date(2020, 1, 2)),
    ]
    assert not ingest(tmp_path / "home", [url], LOOSE).batches
    for wrong in (f"sqlite:///{tmp_path / 'bank.db'}", f"sqlite:///{tmp_path / 'bank.db'}#nothing"):
        with pytest.raises(GoldenKeyError, match="表"):
            ingest(tmp_path / "home", [wrong], LOOSE)


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12"), (0.1 + 0.2, "0.3"), (6.222021234567890e18, "6.22202E+18"), (True, "true"), (None, None)],
)
def test_numbers_become_text_without_guessing(value: object, text: str | None) -> None:
    assert cell_text(value) == text
