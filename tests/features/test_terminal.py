"""What commands print stands as it was written, whatever brackets and colons names and files hold."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.table import Table

from features.terminal import open_console

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for room in ("features", "models", "serving", "evaluation", "training")
    for path in ROOT.glob(f"{room}/**/*.py")
]
NAMES = ("张[三]公司", "[/附]甲楼", "[bold]库", "流水:key:.csv", "a\\[b]", "[red", "]")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_it_is_in_lines_titles_and_cells(name: str) -> None:
    file = io.StringIO()
    console = open_console(file=file, width=100)
    table = Table("列", title=f"题 {name}")
    table.add_row(f"格 {name}")
    console.print(f"行 {name}")
    console.print(table)
    printed = file.getvalue()
    assert all(f"{place} {name}" in printed for place in ("行", "题", "格"))


def test_every_command_prints_through_it() -> None:
    makers = [path.name for path in SOURCES if re.search(r"(?<!\w)Console\(", path.read_text(encoding="utf-8"))]
    assert makers == ["terminal.py"]
