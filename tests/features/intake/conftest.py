"""Deliveries on disk for the tests of intake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from features.intake.ingest import IngestOptions
from features.intake.preview import SheetPreview, preview
from features.schema import TABLES

NOTE = """delivery_no = "{number}"
received_on = {day}
provider = "测试法院"
legal_basis = "民事诉讼法第二百四十六条"
purpose = "执行监督"
scope = "终本案件"
approved_by = "测试检察长"
"""

Row = dict[str, str]
MakeDelivery = Callable[..., Path]


@pytest.fixture
def make_delivery(tmp_path: Path) -> MakeDelivery:
    """Make a delivery folder with its note."""

    def make(number: str = "JJ1", day: str = "2024-05-01", withdraws: Sequence[str] = ()) -> Path:
        folder = tmp_path / "deliveries" / number
        folder.mkdir(parents=True)
        text = NOTE.format(number=number, day=day)
        if withdraws:
            text += f"withdraws = {list(withdraws)}\n".replace("'", '"')
        (folder / "交接单.toml").write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def statement() -> Callable[[Sequence[Row]], str]:
    """The text of a 34-column statement as banks deliver it, TABs and all."""
    columns = TABLES["txn"].columns

    def text(rows: Sequence[Row]) -> str:
        lines = [",".join(column.label + "\t" for column in columns)]
        lines += [",".join(row.get(column.name, "") for column in columns) for row in rows]
        return "".join(line + "\r\n" for line in lines)

    return text


@pytest.fixture
def transaction() -> Callable[..., Row]:
    """One good row of a statement, with changes."""

    def make(**changes: str) -> Row:
        row = {
            "card_no": "9900000000000012346\t",
            "acct_no": "990000000000001\t",
            "holder": "被执行人甲",
            "holder_id": "990001198001010019\t",
            "ts": "2024-03-01 10:15:22",
            "amount": "30000.00",
            "direction": "出",
            "success": "成功",
            "ref_no": "R1",
        }
        return row | changes

    return make


Shown = tuple[list[dict[str, str]], str, SheetPreview]


@pytest.fixture
def shown(tmp_path: Path) -> Callable[..., Shown]:
    """What a file would give: the values of its rows as they are shown, all that is said, and the whole preview."""

    def read(path: Path | str, text: str | None = None, mapping: str = "") -> Shown:
        file = tmp_path / path
        if text is not None:
            file.write_text(text, encoding="utf-8")
        (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
        (sheet,) = preview([str(file)], IngestOptions(tmp_path / "m.toml" if mapping else None)).sheets
        rows = [{one.field: one.value for one in row.fields} for row in sheet.rows]
        return rows, " ".join((*sheet.warnings, *sheet.faults)), sheet

    return read
