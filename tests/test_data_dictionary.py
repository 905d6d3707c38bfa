"""The data dictionary of the docs names what the contract holds."""

from __future__ import annotations

import re
from pathlib import Path

from features.schema import TABLES

DOMAIN = (Path(__file__).resolve().parents[1] / "docs/domain.md").read_text(encoding="utf-8")
DICTIONARY = DOMAIN.split("\n## 4 ", 1)[1].split("\n## 5 ", 1)[0]


def test_every_table_stands_in_it_with_label_source_and_key() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (\w+) \| ([\w, ]+) \|", DICTIONARY, re.MULTILINE)
    assert sorted(rows) == sorted(
        (table.name, table.label, table.source, ", ".join(table.key)) for table in TABLES.values()
    )


def test_every_event_code_stands_in_it_and_no_other() -> None:
    log = DICTIONARY.split("### 4.4 ", 1)[1].split("\n### ", 1)[0]
    codes = [code for row in re.findall(r"^\| [a-z]+ \| (.+) \|$", log, re.MULTILINE) for code in row.split(", ")]
    named = [code.split(" ")[0] for code in codes if code.split(" ")[0].isupper()]
    assert sorted(named) == sorted(set(TABLES["event"].column("ev_code").codes.values()))
