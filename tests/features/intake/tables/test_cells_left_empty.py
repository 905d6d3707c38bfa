"""A cell that cannot be read costs that cell, or its row where the row cannot be told without it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.intake.tables import sheet_in_duckdb
from features.pool.pool import Pool
from features.schema import TABLES

HEAD = ["plate", "vin", "owner_id", "own_from", "own_to", "est_value", "inspect_until", "mortgage_flag"]
GOOD = {"plate": "浙Z99901", "owner_id": "990001198001010019", "own_from": "2020-01-01"}


def read(folder: Path, *rows: dict[str, str]) -> tuple[list[dict[str, Any]], IngestReport]:
    lines = [
        ",".join(HEAD),
        *(
            ",".join((GOOD | {"vin": f"TESTZZ0000000000{n}"} | row).get(name, "") for name in HEAD)
            for n, row in enumerate(rows)
        ),
    ]
    (folder / "车辆.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    about = IngestOptions(
        table="vehicle", provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1)
    )
    report = ingest(folder / "home", [str(folder / "车辆.csv")], about, workers=1)
    with Pool(folder / "home").as_of(date(2024, 6, 1)) as cut:
        return cut.table("vehicle").order_by("src_row").to_pyarrow().to_pylist(), report


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("est_value", "8万元左右"),
        ("est_value", "暂未评估"),
        ("est_value", "-3"),
        ("inspect_until", "不详"),
        ("inspect_until", "2024-02-30"),
        ("mortgage_flag", "或许"),
    ],
)
def test_an_optional_cell_costs_itself(tmp_path: Path, column: str, text: str) -> None:
    rows, report = read(tmp_path, {column: text}, {"plate": "浙Z99902"})
    assert [row["plate"] for row in rows] == ["浙Z99901", "浙Z99902"]
    assert rows[0][column] is None
    assert (report.accepted, report.bad, report.rules()) == (2, 0, {})
    label = TABLES["vehicle"].column(column).label
    (kept,) = pq.read_table(report.quarantine[0]).to_pylist()
    assert (kept["file"], kept["row"], kept["column"], kept["value"]) == ("车辆.csv", 2, column, text)
    assert kept["sentence"].endswith("该格留空，行已入库")
    assert f"“{label}”1 格" in " ".join(report.warnings)
    assert report.as_json()["cells_left_empty"] == 1


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"own_from": "不详"}, "date"),
        ({"own_to": "不详"}, "date"),
        ({"vin": "1.5E+17"}, "excel"),
        ({"owner_id": ""}, "required"),
        ({"est_value": "暂未评估", "own_to": "不详"}, "date"),
    ],
)
def test_a_cell_without_which_the_row_would_say_something_else_costs_the_row(
    tmp_path: Path, row: dict[str, str], rule: str
) -> None:
    rows, report = read(tmp_path, row, {"plate": "浙Z99902"})
    assert [found["plate"] for found in rows] == ["浙Z99902"]
    assert report.bad == 1 and rule in report.rules()
    told = [str(fault["sentence"]) for fault in report.faults]
    assert told and not any("该格留空" in sentence for sentence in told)


def test_both_ways_of_reading_leave_the_same_cells_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"est_value": "8万"}, {"est_value": "暂未评估"}, {"own_from": "x"}, {"mortgage_flag": "或许"}, {}]
    given = [row | {"plate": f"浙Z9990{n}"} for n, row in enumerate(rows)]
    found = []
    for name, small in (("a", 20_000), ("b", 0)):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(sheet_in_duckdb, "SMALL_ROWS", small)
        kept, report = read(tmp_path / name, *given)
        found.append(([(row["plate"], row["est_value"], row["mortgage_flag"]) for row in kept], report.rules()))
    assert found[0] == found[1]
    assert [row[1] for row in found[0][0]] == [8_000_000, None, None, None]


def test_an_unknown_state_of_a_payment_does_not_pass_for_done() -> None:
    """An empty state counts as done, so one that cannot be read must not become empty."""
    assert TABLES["txn"].column("success").empty_means
    ends = [("vehicle", "own_to"), ("realty", "end_date"), ("shareholding", "to_date"), ("case", "close_date")]
    assert all(TABLES[table].column(name).empty_means for table, name in ends)
