"""Foreign layouts: a TOML file says which source column feeds which contract column, and how its values are spelt.

```toml
table = "txn"                    # table of the contract
encoding = "utf-8"               # optional: encoding of text files
delimiter = ";"                  # optional
blanks = ["----------"]          # optional: further spellings of an empty cell
date_formats = ["%y%m%d"]        # optional: tried before the usual spellings

[columns]                        # contract column = source header, or several: a day and a time are joined; of debit
acct_no = "account_id"           # and credit the one that is not nought counts. Two that differ refuse the row.
ts = ["交易日期", "交易时间"]
memo = { join = ["摘要", "附言"] }  # several texts, one after another
cp_acct = { first = ["对方账号", "对方卡号"] }   # several of which the first filled counts, the others are passed over

[units]                          # optional: unit of the sums of a contract column; else the header's: 标的(万元)
amount = "万元"

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

[taken]                          # optional: what counts of a cell, the first group of a pattern; one unlike it is empty
cp_acct = "/([0-9]+)$"

[match]                          # only in shipped mappings: when to use the mapping unasked
headers = ["本方账号"]
```
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import GoldenKeyError, reason_of
from features.files.names import shown_name
from features.intake.cells.units import UNITS, split_unit
from features.intake.sources.base import Layout, Sheet
from features.intake.tables.above_header import joined_cells, read_above_header
from features.intake.tables.convert import Inference, MappingRules, StatedUnit
from features.intake.tables.headers import (
    SheetMatch,
    clean_header,
    match_by_headers,
    missing_labels,
    quoted_for,
    sheet_location,
    sums_bear_sides,
)
from features.intake.tables.stated_units import named_units, stated_currency, stated_units, unit_columns
from features.schema import TABLES
from features.schema.contract import Table

_IN = re.compile(r"收入|贷方|贷记|存入|转入|收方|收款|进账|入账|credit|deposit|(?<![a-z])in(?![a-z])")
_OUT = re.compile(r"支出|借方|借记|支取|取出|转出|付方|付款|出账|debit|withdraw|(?<![a-z])out(?![a-z])")
"""Headers of columns that hold only money in, only money out."""
_BY_ROW = StatedUnit("", True, "逐行写明")
SHIPPED = Path(__file__).parent / "mappings"
_SECTIONS = ("columns", "units", "constants", "head", "codes", "infer", "flows", "signed", "taken", "match")
KEYS = frozenset({"table", "encoding", "delimiter", "date_formats", "blanks", *_SECTIONS})


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
    units: dict[str, str] = field(default_factory=dict)
    """Contract column -> unit of its sums, where the mapping says so."""
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
    except OSError as error:
        raise GoldenKeyError(f"对应关系文件“{shown_name(path)}”无法读取（{reason_of(error)}）。") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GoldenKeyError(f"对应关系文件“{shown_name(path.name)}”无法读取（{error}）。") from error
    problems = _problems(raw)
    if problems:
        raise GoldenKeyError(f"对应关系文件“{shown_name(path.name)}”有误：{'；'.join(problems)}。")
    signed = raw.get("signed")
    columns = {name: _headers(source) for name, source in raw["columns"].items()}
    flows = {
        clean_header(text): way.upper() for way, source in raw.get("flows", {}).items() for text in _headers(source)
    }
    if "flows" in raw:
        columns["amount"] = tuple(text for source in raw["flows"].values() for text in _headers(source))
    return Mapping(
        name=shown_name(path.name),
        sha256=hashlib.sha256(content).hexdigest(),
        table=raw["table"],
        columns=columns,
        flows=flows,
        rules=MappingRules(
            constants={name: str(value) for name, value in raw.get("constants", {}).items()},
            spellings=raw.get("codes", {}),
            date_formats=tuple(raw.get("date_formats", ())),
            inferred=tuple(Inference(rule["when"], *next(iter(rule["set"].items()))) for rule in raw.get("infer", ())),
            listed=True,
            joined=frozenset(name for name, source in raw["columns"].items() if _way(source) == "join"),
            first=frozenset(name for name, source in raw["columns"].items() if _way(source) == "first"),
            signed=(signed["column"], signed["positive"], signed["negative"]) if signed else None,
            blanks=tuple(raw.get("blanks", ())),
            taken=raw.get("taken", {}),
            labels={name: str(label) for name, label in raw.get("head", {}).items()},
        ),
        units={name: str(unit) for name, unit in raw.get("units", {}).items()},
        encoding=raw.get("encoding"),
        delimiter=raw.get("delimiter"),
        head={name: str(label) for name, label in raw.get("head", {}).items()},
        headers=tuple(raw.get("match", {}).get("headers", ())),
    )


def _headers(source: Any) -> tuple[str, ...]:
    """The headers of an entry of [columns] or [flows], in their order."""
    listed = next(iter(source.values())) if isinstance(source, dict) and len(source) == 1 else source
    return (listed,) if isinstance(listed, str) else tuple(listed)


def _way(source: Any) -> str:
    return next(iter(source)) if isinstance(source, dict) else ""


def _column_problem(table: Table, name: str, source: Any) -> str:
    """What is wrong with an entry of [columns], or ''; a list of which all but one would be lost is wrong."""
    column = table.column(name)
    several = isinstance(source, (list, dict))
    listed = next(iter(source.values())) if isinstance(source, dict) and len(source) == 1 else source
    texts = listed if isinstance(listed, list) else [listed]
    if (
        _way(source) not in ("", "join", "first")
        or not texts
        or not all(text and isinstance(text, str) for text in texts)
    ):
        return f"[columns] 中的 {name} 应为表头、表头的列表，或 {{ first = [...] }}、{{ join = [...] }}"
    if len({clean_header(text) for text in texts}) < len(texts):
        return f"[columns] 中的 {name} 两次写了同一表头"
    if _way(source) == "join" and column.kind != "text":
        return f"[columns] 中的 {name} 不是文字，不能用 join 连接"
    combined = column.kind == "datetime" or (name == "amount" and table.name == "txn")
    if several and len(texts) > 1 and not _way(source) and not combined:
        joins = "要连成一段文字的写 join = [...]，" if column.kind == "text" else ""
        headers = "、".join(texts)
        return (
            f"[columns] 中的 {name} 列出 {headers}，只能留下其中一列，其余会丢失（{joins}"
            f"确实只取第一个非空的写 {name} = {{ first = [...] }}）"
        )
    return ""


def _unit_problems(table: Table, units: Any) -> list[str]:
    if not isinstance(units, dict):
        return ["[units] 应写作 列 = 单位"]
    money = {column.name for column in table.columns if column.kind == "money"}
    wrong = [f"[units] 中的 {name} 不是“{table.label}”的金额列" for name in units if name not in money]
    return wrong + [
        f"[units] 中 {name} 的单位“{unit}”不在 {'、'.join(UNITS)} 之内"
        for name, unit in units.items()
        if unit not in UNITS
    ]


def _problems(raw: dict[str, Any]) -> list[str]:
    problems = [f"不认识的项 {name}" for name in sorted(set(raw) - KEYS)]
    table = TABLES.get(str(raw.get("table")))
    if table is None:
        return [*problems, f"table 应为已知表名，收到“{raw.get('table')}”"]
    if not isinstance(raw.get("columns"), dict):
        return [*problems, "缺少 [columns]"]
    for section in ("columns", "constants", "head", "codes", "taken"):
        problems += [
            f"[{section}] 中的 {name} 不是“{table.label}”的列"
            for name in raw.get(section, {})
            if name not in table.names
        ]
    named = [(name, source) for name, source in raw["columns"].items() if name in table.names]
    problems += [problem for name, source in named if (problem := _column_problem(table, name, source))]
    problems += _unit_problems(table, raw.get("units", {}))
    for name, spellings in raw.get("codes", {}).items():
        allowed = set(table.column(name).codes.values()) if name in table.names else set()
        if allowed and table.column(name).closed:
            problems += [f"{name} 的取值“{code}”不在合同内" for code in spellings.values() if code not in allowed]
    for number, rule in enumerate(raw.get("infer", ()), start=1):
        if problem := _inference_problem(table, rule):
            problems.append(f"第 {number} 个 [[infer]] {problem}")
    for name, pattern in raw.get("taken", {}).items():
        if _group_problem(pattern):
            problems.append(f"[taken] 中 {name} 的式样“{pattern}”不是带括号的正则表达式")
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


def _group_problem(pattern: str) -> bool:
    try:
        return re.compile(pattern).groups < 1
    except re.error:
        return True


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
        _check_repeated(sheet, mapping, match)
        match, rules = _rules_for(mapping, sheet, match)
        said = {"direction": True} if mapping.rules.signed or rules.flows or sums_bear_sides(sheet, match) else {}
        said |= {"units": True} if rules.quoted_for else {}
        lacking = missing_labels(match.table, {**match.sources, **rules.constants, **said})
        if lacking:
            raise GoldenKeyError(
                f"{sheet_location(sheet)}按“{mapping.name}”读取时缺少必需的列：{'、'.join(lacking)}；未导入任何内容。"
            )
        return match, rules
    for known in shipped_mappings():
        match = _apply(sheet, known, whole=True) if table in (None, known.table) else None
        if match is not None:
            return _rules_for(known, sheet, match)
    match = match_by_headers(sheet, stem, table)
    code, notes = stated_currency(sheet, match, stem, known=False)
    match, units = stated_units(sheet, match, foreign="ccy" in match.sources or bool(code))
    match, told = unit_columns(sheet, match)
    constants = {"ccy": code} if code else {}
    notes += named_units(sheet, match, {**units, **dict.fromkeys(told.row_units, _BY_ROW)}, stem)
    return match, replace(
        told,
        constants=constants,
        titled=bool(code),
        units=units,
        quoted_for=quoted_for(match),
        days_later=sheet.days_later,
        notes=notes,
    )


def _check_repeated(sheet: Sheet, mapping: Mapping, match: SheetMatch) -> None:
    """Refuse a sheet with two columns of one header that the mapping names: one of them would be lost."""
    cleaned = [clean_header(text) for text in match.layout.headers]
    used = {place for places in match.sources.values() for place in places}
    twice = [match.layout.headers[place].strip() for place in sorted(used) if cleaned.count(cleaned[place]) > 1]
    if twice:
        raise GoldenKeyError(
            f"{sheet_location(sheet)}的表头“{twice[0]}”出现不止一次，“{mapping.name}”只会读取其中一列，其余会丢失："
            "请在文件中改成不同的表头；未导入任何内容。"
        )


def _rules_for(mapping: Mapping, sheet: Sheet, match: SheetMatch) -> tuple[SheetMatch, MappingRules]:
    """The match without a row of units under its header, and the rules with what header and rows above it say.

    `{file}` becomes the file's name: without suffix, with the folders below the delivery, as two people's exports are
    often named alike.
    """
    file = re.sub(r"\.[^./]*$", "", sheet.file)
    constants = {name: value.replace("{file}", file) for name, value in mapping.rules.constants.items()}
    if mapping.head:
        rows = sheet.first_rows[match.reading][: match.layout.header_row - 1]
        found = read_above_header(mapping.head, joined_cells(rows))
        if "card_no" in found and "acct_no" not in found:  # the card says whose account it is, not the file
            constants.pop("acct_no", None)
        constants |= found
    stem = PurePosixPath(file).name
    code, notes = stated_currency(sheet, match, stem, known="ccy" in constants)
    constants |= {"ccy": code} if code else {}
    given = "ccy" in constants or "ccy" in match.sources
    match, units = stated_units(sheet, match, mapping.units, given)
    quoted = quoted_for(match)
    if quoted and constants.get("units", quoted) != quoted:
        raise GoldenKeyError(
            f"{sheet_location(sheet)}的表头写明每 {quoted} 外币，而“{mapping.name}”的 [constants] 写明"
            f' units = "{constants["units"]}"：请核对后改正其一；未导入任何内容。'
        )
    match, told = unit_columns(sheet, match, mapping.units)
    notes += named_units(sheet, match, {**units, **dict.fromkeys(told.row_units, _BY_ROW)}, stem)
    return match, replace(
        mapping.rules,
        constants=constants,
        flows=_flows(mapping, match),
        units=units,
        row_units=told.row_units,
        row_units_sure=told.row_units_sure,
        quoted_for=quoted,
        titled=bool(code),
        days_later=sheet.days_later,
        notes=notes,
    )


def flow_of(header: str) -> str:
    """IN or OUT, where a header says that its column holds only such sums; else ''."""
    bare = clean_header(split_unit(header)[0])
    ways = [code for code, words in (("IN", _IN), ("OUT", _OUT)) if words.search(bare)]
    return ways[0] if len(ways) == 1 else ""


def _flows(mapping: Mapping, match: SheetMatch) -> dict[int, str]:
    """Position of an amount's source column -> direction of the money in it; empty unless each column has one."""
    places = match.sources.get("amount", ())
    if len(places) < 2 or match.table.name != "txn":
        return {}
    found = {}
    for place in places:
        header = clean_header(match.layout.headers[place])
        code = mapping.flows.get(header) or flow_of(header)
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
                best = SheetMatch(TABLES[mapping.table], reading, layout, sources, unknown, mapping.name)
    return best
