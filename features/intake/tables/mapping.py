"""Foreign layouts: a TOML file says which source column feeds which contract column, and how its values are spelt.

```toml
table = "txn"                    # table of the contract
encoding = "utf-8"               # optional: encoding of text files
delimiter = ";"                  # optional
date_formats = ["%y%m%d"]        # optional: tried before the usual spellings

[columns]                        # contract column = source header, or several of which the first non-blank counts
acct_no = "account_id"

[constants]                      # contract column = the same value in every row; {file} stands for the file's name
ccy = "CZK"

[codes.direction]                # source spelling = code of the contract
Credit = "IN"

[signed]                         # optional: the sign of an amount says the direction
column = "amount"
positive = "IN"
negative = "OUT"

[match]                          # only in shipped mappings: when to use the mapping unasked
headers = ["本方账号"]
```
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError
from features.intake.sources.base import Layout, Sheet
from features.intake.tables.convert import MappingRules
from features.intake.tables.headers import SheetMatch, clean_header, match_by_headers, missing_labels, sheet_location
from features.schema import TABLES

SHIPPED = Path(__file__).parent / "mappings"
KEYS = frozenset({"table", "encoding", "delimiter", "date_formats", "columns", "constants", "codes", "signed", "match"})


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping read and checked against its contract."""

    name: str
    sha256: str
    table: str
    columns: dict[str, tuple[str, ...]]
    rules: MappingRules
    encoding: str | None = None
    delimiter: str | None = None
    headers: tuple[str, ...] = field(default=())
    """Source headers that must all be present for a shipped mapping to be used."""


def read_mapping(path: Path) -> Mapping:
    """Read a mapping.

    Raises:
        GoldenKeyError: the file cannot be read, or names a table, column or code the contract does not know.
    """
    try:
        content = path.read_bytes()
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GoldenKeyError(f"对应关系文件“{path.name}”无法读取（{error}）。") from error
    problems = _problems(raw)
    if problems:
        raise GoldenKeyError(f"对应关系文件“{path.name}”有误：{'；'.join(problems)}。")
    signed = raw.get("signed")
    return Mapping(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        table=raw["table"],
        columns={
            name: (source,) if isinstance(source, str) else tuple(source) for name, source in raw["columns"].items()
        },
        rules=MappingRules(
            constants={name: str(value) for name, value in raw.get("constants", {}).items()},
            spellings=raw.get("codes", {}),
            date_formats=tuple(raw.get("date_formats", ())),
            signed=(signed["column"], signed["positive"], signed["negative"]) if signed else None,
        ),
        encoding=raw.get("encoding"),
        delimiter=raw.get("delimiter"),
        headers=tuple(raw.get("match", {}).get("headers", ())),
    )


def _problems(raw: dict[str, Any]) -> list[str]:
    problems = [f"不认识的项 {name}" for name in sorted(set(raw) - KEYS)]
    table = TABLES.get(str(raw.get("table")))
    if table is None:
        return [*problems, f"table 应为已知表名，收到“{raw.get('table')}”"]
    if not isinstance(raw.get("columns"), dict):
        return [*problems, "缺少 [columns]"]
    for section in ("columns", "constants", "codes"):
        problems += [
            f"[{section}] 中的 {name} 不是“{table.label}”的列"
            for name in raw.get(section, {})
            if name not in table.names
        ]
    for name, spellings in raw.get("codes", {}).items():
        allowed = set(table.column(name).codes.values()) if name in table.names else set()
        if allowed and table.column(name).closed:
            problems += [f"{name} 的取值“{code}”不在合同内" for code in spellings.values() if code not in allowed]
    if "signed" in raw and set(raw["signed"]) != {"column", "positive", "negative"}:
        problems.append("[signed] 应有 column、positive、negative 三项")
    return problems


@cache
def shipped_mappings() -> tuple[Mapping, ...]:
    """The mappings shipped with the project, by file name."""
    return tuple(read_mapping(path) for path in sorted(SHIPPED.glob("*.toml")))


def match_sheet(sheet: Sheet, stem: str, mapping: Mapping | None, table: str | None) -> tuple[SheetMatch, MappingRules]:
    """Match a sheet by the mapping given, else by a shipped mapping whose headers it has, else by the contracts.

    Raises:
        GoldenKeyError: the sheet is of no known table, or lacks required columns.
    """
    if mapping is not None:
        match = _apply(sheet, mapping)
        if match is None:
            wanted = "、".join(source for sources in mapping.columns.values() for source in sources)
            raise GoldenKeyError(f"{sheet_location(sheet)}与对应关系文件“{mapping.name}”不符：没有找到列 {wanted}。")
        lacking = missing_labels(match.table, {**match.sources, **mapping.rules.constants, **_signed(mapping)})
        if lacking:
            raise GoldenKeyError(
                f"{sheet_location(sheet)}按“{mapping.name}”读取时缺少必需的列：{'、'.join(lacking)}；未导入任何内容。"
            )
        return match, _fill_file_name(mapping.rules, stem)
    if table is None:
        for known in shipped_mappings():
            match = _apply(sheet, known, whole=True)
            if match is not None:
                return match, _fill_file_name(known.rules, stem)
    return match_by_headers(sheet, stem, table), MappingRules()


def _fill_file_name(rules: MappingRules, stem: str) -> MappingRules:
    """The rules with `{file}` replaced by the file name without suffix: some exports name their owner only there."""
    if not any("{file}" in value for value in rules.constants.values()):
        return rules
    return replace(rules, constants={name: value.replace("{file}", stem) for name, value in rules.constants.items()})


def _signed(mapping: Mapping) -> dict[str, bool]:
    return {"direction": True} if mapping.rules.signed else {}


def _apply(sheet: Sheet, mapping: Mapping, whole: bool = False) -> SheetMatch | None:
    """Match by a mapping: the header row with most of its columns; with `whole`, one with all headers it asks for."""
    best: SheetMatch | None = None
    used = {clean_header(source) for sources in mapping.columns.values() for source in sources}
    for reading, head in enumerate(sheet.head):
        for index, headers in enumerate(head):
            cleaned = [clean_header(text) for text in headers]
            if whole and not {clean_header(text) for text in mapping.headers} <= set(cleaned):
                continue
            sources = {
                name: tuple(cleaned.index(clean_header(text)) for text in wanted if clean_header(text) in cleaned)
                for name, wanted in mapping.columns.items()
            }
            sources = {name: places for name, places in sources.items() if places}
            unknown = tuple(
                text.strip() for text, clean in zip(headers, cleaned, strict=True) if clean and clean not in used
            )
            if sources and (best is None or len(sources) > len(best.sources)):
                layout = Layout(index + 1, index + 2, headers)
                best = SheetMatch(TABLES[mapping.table], reading, layout, sources, unknown)
    return best
