"""A first mapping for a file: columns known by their headers, and comments on what is left to say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pyarrow.compute as pc

from features.errors import GoldenKeyError, NotFoundError
from features.files.names import shown_name
from features.intake.cells import arrow as cell_arrow
from features.intake.cells.combine import TIME_OF_DAY
from features.intake.cells.units import split_unit
from features.intake.papers.delivered import is_paper, open_paper
from features.intake.sources.base import Layout, Sheet
from features.intake.tables.above_header import joined_cells, read_above_header
from features.intake.tables.headers import (
    SheetMatch,
    clean_header,
    match_columns,
    missing_labels,
    named_table,
    quoted_for,
    sheet_location,
)
from features.intake.tables.mapping import SHIPPED, flow_of, match_sheet
from features.intake.tables.recognition import open_sheets
from features.intake.tables.stated_units import stated_units, unit_words
from features.rules.masking import mask_numbers
from features.schema import TABLES, Column
from features.schema.contract import Table

SHOWN = 20
"""Columns of a file named where none is known."""
SAMPLE = 2_000
"""Rows looked at for spellings of codes, signs and times."""
_MORE = {
    "txn": {
        "acct_no": "account|account no",
        "holder": "账户名称|客户姓名|客户名称|本方户名|账户名|姓名",
        "ts": "记账日期|入账日期|日期|时间|记账时间|入账时间|发生日期|交易日|date|time|booking date",
        "amount": "收支金额|amount",
        "balance": "balance",
        "direction": "借贷|借贷方向|收支|收支类型|收付|借/贷|借贷标识|收支标志|借贷标记",
        "cp_name": "对方户名|对方名称|对方姓名|对方账户名|对方账户名称|交易对手|交易对方名称|对方单位名称|对手名称",
        "cp_acct": "对方账号|对方卡号|交易对方账号|对方账户|对手账户|对方账卡号|交易对手账号|对方卡号/账号",
        "cp_bank": "对方开户行|对方银行|对方行名|对方开户行名|对方开户机构|对方开户银行",
        "memo": "用途|附言|交易用途|交易附言|交易说明",
        "ref_no": "流水号|交易序号|订单号|交易订单号|业务流水号",
        "txn_type": "业务类型|交易种类|交易方式|业务种类",
        "branch": "交易网点|交易机构|网点",
    }
}
"""Headers that are none of the contract's and may mean its columns: table -> column -> spellings, `|` between them.

A mapping that uses one says that it is a guess; what `ingest` takes unasked stands in the contract."""
_SUMS = re.compile(
    r"^(本期|本次|交易)?(收入|支出|[借贷][方记]|存入|支取|取出|转[入出]|[收付]方|[收付]款|[进入出]账|debit|credit|in|out|withdrawal|deposit)s?(金额|发生额|数额|额|amount)?$"
)
"""How a header of a column of sums reads: 收入, 支出金额; not 收款方户名, 入账日期."""


def suggest(path: Path, table: str | None = None) -> str:
    """The text of a mapping for a file (the first of its sheets that is understood), with comments in Chinese.

    Raises:
        NotFoundError: no table is called so.
        GoldenKeyError: the file cannot be read, or none of its headers is known.
    """
    if table is not None and table not in TABLES:
        raise NotFoundError(f"没有名为“{table}”的表，可用的表：{'、'.join(TABLES)}。")
    if not path.is_file():
        raise GoldenKeyError(f"找不到文件“{shown_name(path)}”。")
    refused: GoldenKeyError | None = None
    for sheet in _sheets(path, shown_name(path.name)):
        try:
            stem = shown_name(path.stem)
            return _shipped(sheet, stem, table) or _Draft(sheet, stem, table).text()
        except GoldenKeyError as error:
            refused = refused or error
    raise refused or GoldenKeyError(f"文件“{shown_name(path.name)}”中没有表格。")


def _sheets(path: Path, name: str) -> Sequence[Sheet]:
    """The sheets of a file; of a paper (.docx, PDF) the statement, if it is one."""
    if not is_paper(path):
        return open_sheets(path, name, None)
    paper = open_paper(path, name, "")
    if not isinstance(paper, Sheet):
        raise GoldenKeyError(f"文件“{name}”中没有流水表格，无从写出对应关系（裁定书不需要对应关系）。")
    return [paper]


def _shipped(sheet: Sheet, stem: str, table: str | None) -> str:
    """The shipped mapping that reads a sheet, without its [match]; '' where none does."""
    try:
        match, _ = match_sheet(sheet, stem, None, table)
    except GoldenKeyError:
        return ""
    if not match.mapping:
        return ""
    text = (SHIPPED / match.mapping).read_text(encoding="utf-8")
    kept = re.sub(r"(?ms)^\[match\]\n.*?(?=^\[|\Z)", "", text)
    return f"# 文件“{sheet.file}”的表头与随附的“{match.mapping}”相符，不写 --mapping 也会照此读取。\n{kept}"


@cache
def _spellings(table: str) -> Mapping[str, str]:
    return {clean_header(text): name for name, texts in _MORE.get(table, {}).items() for text in texts.split("|")}


def _column(table: str, header: str) -> str:
    """The contract column that a header means, or ''."""
    known, _ = match_columns(table, (header,))
    if known:
        return next(iter(known))
    bare, more = clean_header(split_unit(header)[0]), _spellings(table)
    if found := more.get(clean_header(header)) or more.get(bare):
        return found
    return "amount" if table == "txn" and flow_of(header) and _SUMS.search(bare) else ""


def _known(sheet: Sheet, table: str) -> dict[str, bool]:
    """The columns of a table that a row of a sheet names, of the row that names most."""
    rows = ({_column(table, cell): True for cell in row if cell.strip()} for head in sheet.first_rows for row in head)
    return max(({name: True for name in row if name} for row in rows), key=len, default={})


def _none_known(sheet: Sheet, table: Table | None) -> str:
    """What is said of a sheet none of whose headers is known: its columns, and those of the table that are needed."""
    rows = [[cell.strip() for cell in row if cell.strip()] for head in sheet.first_rows for row in head]
    found = mask_numbers("、".join(max(rows, key=len, default=[])[:SHOWN])) or "无"
    said = f"{sheet_location(sheet)}中没有认识的表头，写不出对应关系；文件中的列：{found}"
    if table is None:
        near, known = max(((one, _known(sheet, name)) for name, one in TABLES.items()), key=lambda pair: len(pair[1]))
        if known:
            lacking = "、".join(missing_labels(near, known))
            said = (
                f"{sheet_location(sheet)}的表头认不出是哪张表，写不出对应关系；文件中的列：{found}；最接近“{near.label}”，"
                f"认出{'、'.join(near.column(name).label for name in known)}，缺少必需的列：{lacking or '无'}"
            )
        return f"{said}；请用 --table 指明是哪张表，并核对表头。"
    lacking = "、".join(missing_labels(table, {}))
    return f"{said}；“{table.label}”必需的列：{lacking}；请核对表头，或用 --table 指明另一张表。"


class _Draft:
    """A mapping of a sheet in the making."""

    def __init__(self, sheet: Sheet, stem: str, table: str | None) -> None:
        name = table or named_table(sheet, stem)
        choices = [self._header(sheet, one, bool(name)) for one in ([name] if name else TABLES)]
        found, _, self._reading, row, self._table = max(choices, key=lambda choice: choice[:2])
        if not found:
            raise GoldenKeyError(_none_known(sheet, TABLES[name] if name else None))
        self._sheet, self._named = sheet, name
        self._layout = Layout(row + 1, row + 2, sheet.first_rows[self._reading][row])
        self._places: dict[str, list[int]] = {}
        self._unknown: list[str] = []
        for place, header in enumerate(self._layout.headers):
            column = _column(self._table.name, header) if header.strip() else ""
            if column:
                self._places.setdefault(column, []).append(place)
            elif header.strip():
                self._unknown.append(header.strip())
        sources = {name: tuple(places) for name, places in self._places.items()}
        match = SheetMatch(self._table, self._reading, self._layout, sources, ())
        self._quoted_for = quoted_for(match)
        match, self._units = stated_units(sheet, match, foreign="ccy" in sources)
        self._layout = match.layout
        block = next(iter(sheet.read(self._reading, self._layout)), None)
        self._cells = block.cells.slice(0, SAMPLE) if block is not None else None

    @staticmethod
    def _header(sheet: Sheet, name: str, said: bool) -> tuple[int, int, int, int, Table]:
        """Known and missing columns, and where: the best header row for a table.

        A table that nobody named must have more known columns than twice the missing.
        """
        best = (0, 0, 0, 0, TABLES[name])
        for reading, head in enumerate(sheet.first_rows):
            for row, headers in enumerate(head):
                known = {_column(name, header): True for header in headers if header.strip()}
                known.pop("", None)
                score = (len(known), -len(missing_labels(TABLES[name], known)), reading, row, TABLES[name])
                if known and said and not best[0]:
                    best = score
                elif known:
                    best = max(best, score, key=lambda one: (one[0] + 2 * one[1], one[0]))
        return best

    def text(self) -> str:
        """The mapping."""
        lines = [
            f"# 文件“{self._sheet.file}”的对应关系初稿（{self._table.label}），请逐项核对；写法见 docs/mapping.md。",
            f'table = "{self._table.name}"',
            "",
        ]
        lines += self._columns()
        lines += self._without_column()
        lines += self._codes()
        return "\n".join(lines) + "\n"

    def _columns(self) -> list[str]:
        lines, flows = ["[columns]"], self._flows()
        for column in self._table.columns:
            places = self._places.get(column.name, [])
            if places and not (flows and column.name == "amount"):
                said = f"{column.label}{self._unit(places)}{self._guess(places)}"
                lines.append(f"{column.name} = {self._source(column, places)}  # {said}")
        have = dict.fromkeys(self._places, True)
        lines += [f'# {name} = ""  # 必填：{label}' for name, label in self._lacking(have)]
        if self._unknown:
            lines.append(
                '# 以下各列没有认出；要用的，在 [columns] 中写：字段 = "表头"（字段名见 goldenkey template）。'
            )
            lines += [f"#   {_quoted(header)}" for header in self._unknown]
        return [*lines, *flows, ""]

    def _guess(self, places: Sequence[int]) -> str:
        """That a column is taken by headers which `ingest` would not take unasked."""
        headers = [self._layout.headers[place] for place in places]
        known = all(match_columns(self._table.name, (header,))[0] for header in headers)
        return "" if known else "，由表头推测，请核对"

    def _unit(self, places: Sequence[int]) -> str:
        """How the sums of a column are read, in the words of the report of `ingest`."""
        stated = [self._units[place] for place in places if place in self._units]
        words = dict.fromkeys(unit_words(one, self._table, "请在") for one in stated)
        return "".join(f"，{text.removeprefix('的')}" for text in words if text)

    def _source(self, column: Column, places: Sequence[int]) -> str:
        headers = [_quoted(self._layout.headers[place].strip()) for place in places]
        if len(headers) == 1:
            return headers[0]
        listed = f"[{', '.join(headers)}]"
        if column.kind == "datetime" and any(self._matches(place, TIME_OF_DAY) for place in places):
            return listed
        return f"{{ {'join' if column.kind == 'text' else 'first'} = {listed} }}"

    def _matches(self, place: int, pattern: str) -> bool:
        """Whether every filled cell of a column in the sample matches, and there is one."""
        if self._cells is None:
            return False
        cells = cell_arrow.clean_cells(self._cells.column(place), "id").drop_null()
        return len(cells) > 0 and bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())

    def _flows(self) -> list[str]:
        """[flows], where the sums stand in a column of money in and one of money out."""
        ways = {flow_of(self._layout.headers[place]): place for place in self._places.get("amount", ())}
        if self._table.name != "txn" or {"IN", "OUT"} - set(ways):
            return []
        into, out = (_quoted(self._layout.headers[ways[way]].strip()) for way in ("IN", "OUT"))
        return ["", "[flows]  # 收入和支出各在一列", f"in = {into}", f"out = {out}"]

    def _lacking(self, have: Mapping[str, object]) -> list[tuple[str, str]]:
        said = {"direction": True} if self._told_direction() else {}
        said |= {"units": True} if self._quoted_for else {}
        labels = missing_labels(self._table, {**have, **said})
        named = {column.label: column.name for column in self._table.columns}
        return [
            (named[label], label) for label in labels if not (named[label] == "acct_no" and self._table.name == "txn")
        ]

    def _told_direction(self) -> bool:
        return bool(self._flows()) or self._signed()

    def _signed(self) -> bool:
        """Whether the sign of the one column of sums says the direction."""
        places = self._places.get("amount", ())
        if self._table.name != "txn" or "direction" in self._places or len(places) != 1 or self._cells is None:
            return False
        return pc.any(pc.match_substring_regex(self._cells.column(places[0]), r"^\s*[-(（]|-\s*$")).as_py() is True

    def _without_column(self) -> list[str]:
        """What stands in no column: account and holder above the header, the account as the file's name, the sign."""
        if self._table.name != "txn":
            return []
        lines = []
        above = joined_cells(self._sheet.first_rows[self._reading][: self._layout.header_row - 1])
        found: dict[str, str] = {}
        for name in ("acct_no", "card_no", "holder"):
            column = self._table.column(name)
            labels = (
                (column.label, *column.aliases, *_MORE["txn"].get(name, "").split("|"))
                if name not in self._places
                else ()
            )
            hits = [label for label in labels if label and read_above_header({name: label}, above)]
            found |= {name: hits[0]} if hits else {}
        if found:
            lines += ["[head]  # 表头上方写明的", *(f"{name} = {_quoted(label)}" for name, label in found.items()), ""]
        if not {"acct_no", "card_no"} & {*self._places, *found}:
            lines += ["[constants]  # 文件中没有账号，以文件名为账号；请核对", 'acct_no = "{file}"', ""]
        if self._signed():
            lines += [
                "[signed]  # 负号表示支出；请核对",
                'column = "amount"',
                'positive = "IN"',
                'negative = "OUT"',
                "",
            ]
        return lines

    def _codes(self) -> list[str]:
        """Comments on spellings of codes that the contract does not know."""
        lines: list[str] = []
        for column in self._table.columns:
            places = self._places.get(column.name, ())
            if not (column.kind == "code" and column.closed and places) or self._cells is None:
                continue
            texts = cell_arrow.clean_cells(self._cells.column(places[0]), "code")
            unread = pc.and_(pc.is_valid(texts), pc.is_null(cell_arrow.parse_codes(texts, dict(column.codes), True)))
            unknown = pc.unique(texts.filter(unread)).to_pylist()
            if unknown:
                codes = "、".join(f"{code}（{label}）" for code, label in column.code_labels.items())
                lines += [f"# [codes.{column.name}]  # {column.label}中不认识的写法，请去掉 # 并填上其一：{codes}"]
                lines += [f'# {_quoted(text)} = ""' for text in unknown]
        return lines


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
