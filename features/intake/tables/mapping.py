"""Foreign layouts: a TOML file says which source column feeds which contract column, and how its values are spelt.

```toml
table = "txn"                    # table of the contract
encoding = "utf-8"               # optional: encoding of text files
delimiter = ";"                  # optional
date_formats = ["%y%m%d"]        # optional: tried before the usual spellings

[columns]                        # contract column = source header, or several of which the first non-blank counts;
acct_no = "account_id"           # a column of days and one of times are joined; of sums the one that is not nought
ts = ["交易日期", "交易时间"]       # counts, and two that differ refuse the row

[constants]                      # contract column = the same value in every row; {file} stands for the file's name
ccy = "CZK"

[head]                           # contract column = label in the rows above the header; what follows it holds for every
acct_no = "支付宝账户"             # row, and goes before [constants]

[codes.direction]                # source spelling = code of the contract
Credit = "IN"

[[infer]]                        # optional, in order: where `set` would fill a cell whose spelling is not known and
when = { txn_type = "提现" }      # the cells named match these patterns, the code given is taken
set = { direction = "OUT" }

[flows]                          # optional: columns that hold only money in, only money out, instead of `amount` and
in = "收入"                       # `direction`; known by their names where `amount` lists them (借方发生额, 贷方发生额)
out = "支出"

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
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import GoldenKeyError
from features.intake.sources.base import Layout, Sheet
from features.intake.tables.convert import Inference, MappingRules
from features.intake.tables.headers import SheetMatch, clean_header, match_by_headers, missing_labels, sheet_location
from features.schema import TABLES
from features.schema.contract import Table

_IN = re.compile(r"收入|贷方|贷记|存入|转入|收方|收款|进账|入账|credit|deposit|(?<![a-z])in(?![a-z])")
_OUT = re.compile(r"支出|借方|借记|支取|取出|转出|付方|付款|出账|debit|withdraw|(?<![a-z])out(?![a-z])")
"""Headers of columns that hold only money in, only money out."""
SHIPPED = Path(__file__).parent / "mappings"
_SECTIONS = ("columns", "constants", "head", "codes", "infer", "flows", "signed", "match")
KEYS = frozenset({"table", "encoding", "delimiter", "date_formats", *_SECTIONS})


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping read and checked against its contract."""

    name: str
    sha256: str
    table: str
    columns: dict[str, tuple[str, ...]]
    """Contract column -> source headers."""
    flows: dict[str, str]
    """Source header, cleaned -> direction of the money in its column, where the mapping says so."""
    rules: MappingRules
    encoding: str | None = None
    delimiter: str | None = None
    head: dict[str, str] = field(default_factory=dict)
    """Contract column -> label of its value in the rows above the header."""
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
    columns = {name: _headers(source) for name, source in raw["columns"].items()}
    flows = {
        clean_header(text): way.upper() for way, source in raw.get("flows", {}).items() for text in _headers(source)
    }
    if "flows" in raw:
        columns["amount"] = tuple(text for source in raw["flows"].values() for text in _headers(source))
    return Mapping(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        table=raw["table"],
        columns=columns,
        flows=flows,
        rules=MappingRules(
            constants={name: str(value) for name, value in raw.get("constants", {}).items()},
            spellings=raw.get("codes", {}),
            date_formats=tuple(raw.get("date_formats", ())),
            inferred=tuple(Inference(rule["when"], *next(iter(rule["set"].items()))) for rule in raw.get("infer", ())),
            signed=(signed["column"], signed["positive"], signed["negative"]) if signed else None,
        ),
        encoding=raw.get("encoding"),
        delimiter=raw.get("delimiter"),
        head={name: str(label) for name, label in raw.get("head", {}).items()},
        headers=tuple(raw.get("match", {}).get("headers", ())),
    )


def _headers(source: str | list[str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)


def _problems(raw: dict[str, Any]) -> list[str]:
    problems = [f"不认识的项 {name}" for name in sorted(set(raw) - KEYS)]
    table = TABLES.get(str(raw.get("table")))
    if table is None:
        return [*problems, f"table 应为已知表名，收到“{raw.get('table')}”"]
    if not isinstance(raw.get("columns"), dict):
        return [*problems, "缺少 [columns]"]
    for section in ("columns", "constants", "head", "codes"):
        problems += [
            f"[{section}] 中的 {name} 不是“{table.label}”的列"
            for name in raw.get(section, {})
            if name not in table.names
        ]
    for name, spellings in raw.get("codes", {}).items():
        allowed = set(table.column(name).codes.values()) if name in table.names else set()
        if allowed and table.column(name).closed:
            problems += [f"{name} 的取值“{code}”不在合同内" for code in spellings.values() if code not in allowed]
    for number, rule in enumerate(raw.get("infer", ()), start=1):
        if problem := _inference_problem(table, rule):
            problems.append(f"第 {number} 个 [[infer]] {problem}")
    if "flows" in raw and (set(raw["flows"]) != {"in", "out"} or raw["table"] != "txn" or "amount" in raw["columns"]):
        problems.append("[flows] 用于银行流水，应有 in、out 两项，不再写 amount")
    if "signed" in raw and set(raw["signed"]) != {"column", "positive", "negative"}:
        problems.append("[signed] 应有 column、positive、negative 三项")
    return problems


def _inference_problem(table: Table, rule: dict[str, Any]) -> str:
    """What is wrong with an `[[infer]]`, or ''."""
    when, codes = rule.get("when"), rule.get("set")
    if set(rule) != {"when", "set"} or not when or not isinstance(codes, dict) or len(codes) != 1:
        return "应有 when 和一项 set"
    unknown = [name for name in (*when, *codes) if name not in table.names]
    if unknown:
        return f"中的 {unknown[0]} 不是“{table.label}”的列"
    name, code = next(iter(codes.items()))
    column = table.column(name)
    if column.kind != "code" or (column.closed and code not in column.codes.values()):
        return f"的取值“{code}”不在合同内"
    for pattern in when.values():
        try:
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid:
            return f"的式样“{pattern}”不是正则表达式"
    return ""


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
        rules = _rules_for(mapping, sheet, match)
        said = {"direction": True} if mapping.rules.signed or rules.flows else {}
        lacking = missing_labels(match.table, {**match.sources, **rules.constants, **said})
        if lacking:
            raise GoldenKeyError(
                f"{sheet_location(sheet)}按“{mapping.name}”读取时缺少必需的列：{'、'.join(lacking)}；未导入任何内容。"
            )
        return match, rules
    if table is None:
        for known in shipped_mappings():
            match = _apply(sheet, known, whole=True)
            if match is not None:
                return match, _rules_for(known, sheet, match)
    return match_by_headers(sheet, stem, table), MappingRules()


def _rules_for(mapping: Mapping, sheet: Sheet, match: SheetMatch) -> MappingRules:
    """The rules with what the rows above the header, and the header, say; `{file}` becomes the file's name.

    That name has no suffix and stands with the folders below the delivery: two people's exports are often named alike.
    """
    file = re.sub(r"\.[^./]*$", "", sheet.file)
    constants = {name: value.replace("{file}", file) for name, value in mapping.rules.constants.items()}
    if mapping.head:
        constants |= _read_above_header(mapping.head, sheet.first_rows[match.reading][: match.layout.header_row - 1])
    return replace(mapping.rules, constants=constants, flows=_flows(mapping, match))


def _read_above_header(labels: dict[str, str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Contract column -> value behind its label, e.g. `支付宝账户：990…` or `户名: [某某]`, or in the next cell."""
    found: dict[str, str] = {}
    lines = ["\n".join(cell.strip() for cell in row if cell.strip()) for row in rows]
    for name, label in labels.items():
        spaced = r"[ \u3000]*".join(map(re.escape, label))
        pattern = re.compile(rf"(?:^|\s){spaced}[ \u3000]*(?:[:：]\s*|\n)[\[［]?\s*([^\s\]］]+)")
        hits = {hit.group(1) for line in lines for hit in pattern.finditer(line)}
        if len(hits) == 1:  # several values would be a guess
            found[name] = hits.pop()
    return found


def _flows(mapping: Mapping, match: SheetMatch) -> dict[int, str]:
    """Position of an amount's source column -> direction of the money in it; empty unless each column has one."""
    places = match.sources.get("amount", ())
    if len(places) < 2 or match.table.name != "txn":
        return {}
    found = {}
    for place in places:
        header = clean_header(match.layout.headers[place])
        ways = {code for code, words in (("IN", _IN), ("OUT", _OUT)) if words.search(header)}
        code = mapping.flows.get(header) or (ways.pop() if len(ways) == 1 else None)
        if code:
            found[place] = code
    return found if len(found) == len(places) and len(set(found.values())) == 2 else {}


def _apply(sheet: Sheet, mapping: Mapping, whole: bool = False) -> SheetMatch | None:
    """Match by a mapping: the header row with most of its columns; with `whole`, one with all headers it asks for."""
    best: SheetMatch | None = None
    used = {clean_header(source) for sources in mapping.columns.values() for source in sources}
    for reading, rows in enumerate(sheet.first_rows):
        for index, headers in enumerate(rows):
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
