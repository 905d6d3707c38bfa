"""The quarantine file: complete or absent, in order, with the examples of the report."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.intake.cells.refusals import REFUSALS
from features.intake.sources.base import UnparsedRecord
from features.intake.tables import quarantine
from features.intake.tables.quarantine import Quarantine, RowErrors


def errors(first: int, count: int) -> pa.Table:
    rows = [
        {
            "row": number,
            "column": "amount",
            "label": "金额",
            "rule": "money",
            "value": "1元",
            "sentence": f"第{number}行",
            "raw": f"raw {number}",
        }
        for number in range(first, first + count)
    ]
    return pa.Table.from_pylist(rows)


def test_without_errors_there_is_no_file(tmp_path: Path) -> None:
    one = Quarantine(tmp_path, 3)
    one.add("a.csv", "", "txn", errors(1, 0))
    assert one.publish() is None
    assert list((tmp_path / "quarantine").iterdir()) == []


def test_the_file_holds_every_error_in_order_and_shows_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small bounds, so that rows are written in several pieces.
    monkeypatch.setattr(quarantine, "HELD_ROWS", 10)
    monkeypatch.setattr(quarantine, "SHOWN", 12)
    elsewhere = RowErrors()
    elsewhere.add("b.csv", "页", "case", errors(100, 4))
    one = Quarantine(tmp_path, 3)
    one.add("a.csv", "", "txn", errors(1, 7))
    one.add("a.csv", "", "txn", errors(8, 7))
    one.extend(elsewhere)
    assert not one.path.exists()
    path = one.publish()
    assert path == tmp_path / "quarantine" / "b000003.parquet"
    stored = pq.read_table(path)
    assert stored["row"].to_pylist() == [*range(1, 15), *range(100, 104)]
    assert stored["raw"].to_pylist()[0] == "raw 1"
    assert set(zip(stored["file"].to_pylist(), stored["table"].to_pylist(), strict=True)) == {
        ("a.csv", "txn"),
        ("b.csv", "case"),
    }
    assert [example["row"] for example in one.examples] == list(range(1, 13))
    assert all("raw" not in example for example in one.examples)


def test_a_discarded_quarantine_leaves_nothing(tmp_path: Path) -> None:
    one = Quarantine(tmp_path, 3)
    one.add("a.csv", "", "txn", errors(1, 2))
    one.discard()
    assert list((tmp_path / "quarantine").iterdir()) == []


def test_records_that_could_not_be_split_are_errors_of_their_row(tmp_path: Path) -> None:
    one = Quarantine(tmp_path, 1)
    one.add_unparsed("a.csv", "", "txn", [UnparsedRecord(9, "quote", "第3列", 'a,"b')])
    path = one.publish()
    assert path is not None
    (row,) = pq.read_table(path).to_pylist()
    assert (row["row"], row["rule"], row["raw"]) == (9, "quote", 'a,"b')
    assert row["sentence"] == f"第9行：{REFUSALS['quote']}（第3列）"
