"""What a contract promises whoever fills in a table: headers that mean one column, values that are taken as meant."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from features import schema
from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import Pool
from features.schema import TABLES, Table
from features.schema.contract import ARROW_TYPE
from features.schema.dictionary import read_tables

EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


def test_every_contract_of_a_file_is_known_by_its_name_and_number() -> None:
    files = [*Path(schema.__file__).parent.glob("*.toml")]
    written = [table for path in files for table in read_tables(path)]
    assert sorted(table.name for table in written) == sorted(TABLES)
    assert len({table.number for table in written}) == len(written)


@EVERY
def test_a_header_means_one_column(table: Table) -> None:
    """Labels, field names and other headers seen in the field: none stands for two columns of one table."""
    meant: dict[str, str] = {}
    for column in table.columns:
        for header in {column.label, column.name, *column.aliases}:
            assert meant.setdefault(header, column.name) == column.name
            assert header == header.strip() and header


@EVERY
def test_what_a_row_needs_can_be_told(table: Table) -> None:
    """Its key and its day are given in every row, so that no row is undated or supersedes another by a blank."""
    stored = {column.name: column for column in table.stored}
    for name in table.key:
        column = stored[name]
        optional = table.name in OPTIONAL_KEYS and name in OPTIONAL_KEYS[table.name]
        assert column.required or column.stand_in or column in table.derived or optional
    assert any(column.required for column in table.columns)
    assert table.lag_days >= 0


OPTIONAL_KEYS = {
    # A bank without numbers of its own, a query that found nothing, a journey without document.
    "txn": {"ref_no"},
    "query_feedback": {"asset_id"},
    "travel": {"doc_no"},
}
"""Columns of keys that may be blank."""


@EVERY
def test_values_of_a_column_can_be_read_as_meant(table: Table) -> None:
    for column in table.columns:
        assert column.kind in ARROW_TYPE, column.name
        if column.kind == "code":
            assert column.codes and all(column.codes[code] == code for code in column.codes.values()), column.name
            assert not any(spelling != spelling.strip() for spelling in column.codes), column.name
        else:
            assert not column.codes and not column.closed, column.name
        assert (column.unit == "元") == (column.kind == "money"), column.name
        if column.low is not None and column.high is not None:
            assert column.kind in ("int", "real", "money") and column.low < column.high, column.name


PERSONAL_WORDS = ("证件号码", "姓名", "电话", "手机", "住址", "出生", "对手户名", "开户名称")


@EVERY
def test_what_names_a_person_is_masked(table: Table) -> None:
    """But for the telephone that a company registers."""
    told = [column for column in table.columns if any(word in column.label for word in PERSONAL_WORDS)]
    bare = [column.name for column in told if column.kind in ("text", "id", "date") and not column.personal]
    assert bare == (["phone"] if table.name == "company" else [])


def test_the_statement_has_its_34_columns_in_the_order_of_the_banks() -> None:
    labels = [column.label for column in TABLES["txn"].columns]
    assert len(labels) == 34
    assert labels[:8] == [
        "交易卡号",
        "交易账号",
        "账户开户名称",
        "开户人证件号码",
        "交易时间",
        "交易金额",
        "交易余额",
        "收付标志",
    ]
    assert labels[-4:] == ["商户号", "备注", "交易类型", "查询反馈结果原因"]


SPELLINGS: list[tuple[str, str, dict[str, str]]] = [
    ("txn", "direction", {"进": "IN", "贷": "IN", "C": "IN", "出": "OUT", "借方": "OUT", "转出": "OUT"}),
    (
        "relation",
        "rel_code",
        {"妻子": "", "父亲": "parent", "女婿": "in_law", "弱亲属(同姓)": "weak_kin", "同户": "household"},
    ),
    ("auction", "round", {"一拍": "first", "第二次拍卖": "second", "变卖": "selloff"}),
    ("inquiry", "source_code", {"不动产": "RE", "租赁": "LEASE", "水电气": "UTIL", "殡葬": "DEATH", "社保": "SOC"}),
    ("review", "reply", {"同意采纳": "adopted", "部分予以采纳": "partly", "拒绝采纳": "refused", "未复": "overdue"}),
    ("veh_use", "event_type", {"卡口": "GATE", "交强险": "JQX", "高速通行": "ETC"}),
]


@pytest.mark.parametrize(("name", "column", "spellings"), SPELLINGS, ids=[f"{t}.{c}" for t, c, _ in SPELLINGS])
def test_words_of_the_field_mean_their_code(name: str, column: str, spellings: dict[str, str]) -> None:
    codes = TABLES[name].column(column).codes
    assert {word: codes.get(word, "") for word in spellings} == spellings


LOOSE = IngestOptions(provider="某局", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2024, 5, 1))
ID, OTHER, UNIT = "990001198001010019", "990001198202020026", "91990001MA00000A9W"
WHOLE: dict[str, dict[str, str]] = {
    "relation": {"甲方证件号码": ID, "乙方证件号码": OTHER, "关系": "配偶"},
    "marriage": {"甲方证件号码": ID, "乙方证件号码": OTHER, "结婚登记日期": "2010年5月1日", "甲方分得财产比例": "0.5"},
    "travel": {"证件号码": ID, "出行种类": "航班", "出行日期": "20230801"},
    "death": {"证件号码": ID, "死亡日期": "2023-08-01"},
    "account": {"开户人证件号码": ID, "交易卡号": "9900000001", "账户余额": "10,000,000,000.01"},
    "vehicle": {"HPHM": "浙Z00001", "CLSBDH": "TESTZZ00000000001", "所有人证件号码": ID, "转移登记日期": "2019/3/1"},
    "realty": {
        "BDCDYH": "99UNIT1",
        "权利人证件号码": ID,
        "登记日期": "2019-03-01",
        "份额": "0.5",
        "是否唯一住房": "是",
    },
    "insurance": {"保单号": "P1", "投保人证件号码": ID, "生效日期": "2019-03-01", "现金价值": "1.005"},
    "hpf": {"公积金账号": "F1", "证件号码": ID, "缴存至": "2023-07"},
    "social": {"证件号码": ID, "缴至月份": "202307", "月养老金": "0"},
    "company": {"统一社会信用代码": UNIT, "企业名称": "某公司", "是否一人公司": "否"},
    "lease": {"租赁备案编号": "L1", "不动产单元号": "U1", "出租人证件号码": ID, "备案日期": "2023-07-01"},
    "demolition": {"协议编号": "X1", "领款人证件号码": ID, "协议日期": "2023-07-01", "补偿金额": "0.01"},
    "watch": {"清单编号": "W1", "案号": "(2023)浙9901执1号", "列入原因": "政法委", "列入日期": "2023-07-01"},
}
"""One row of a table under the headers of the field, as little as it takes."""
STORED: list[tuple[str, str, Any]] = [
    ("account", "balance", 1_000_000_000_001),
    ("account", "acct_no", "9900000001"),
    ("vehicle", "own_from", date(2019, 3, 1)),
    ("vehicle", "vin", "TESTZZ00000000001"),
    ("realty", "share", 0.5),
    ("realty", "only_home", True),
    ("hpf", "last_month", date(2023, 7, 1)),
    ("social", "last_month", date(2023, 7, 1)),
    ("social", "pension_amt", 0),
    ("company", "one_person", False),
    ("demolition", "amount", 1),
    ("watch", "case_no", "（2023）浙9901执1号"),
    ("watch", "reason", "commission"),
    ("travel", "kind", "air"),
    ("marriage", "reg_date", date(2010, 5, 1)),
]
"""(table, column, value) as stored."""


def sheet(rows: list[dict[str, str]]) -> str:
    text = StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Each of those rows in the file of its table, and once more for each required cell left blank."""
    folder = tmp_path_factory.mktemp("contracts")
    for name, row in WHOLE.items():
        (folder / f"{TABLES[name].label}.csv").write_text(sheet([row, *blanked(name, row)]), encoding="utf-8")
    report = ingest(folder / "home", [str(folder)], LOOSE)
    assert report.bad == sum(len(blanked(name, row)) for name, row in WHOLE.items())
    with Pool(folder / "home").as_of(date(2024, 6, 1)) as cut:
        return {name: cut.table(name).to_pyarrow().to_pylist() for name in WHOLE}


def blanked(name: str, row: dict[str, str]) -> list[dict[str, str]]:
    """The row with each cell of a required column blank in turn, but where another column stands in."""
    meant = {header: column for column in TABLES[name].columns for header in (column.label, *column.aliases)}
    needed = [header for header in row if meant[header].required and not meant[header].stand_in]
    return [row | {header: ""} for header in needed]


def test_the_least_row_of_each_table_is_taken_and_one_that_lacks_a_required_cell_is_not(
    taken: dict[str, list[dict[str, Any]]],
) -> None:
    assert {name: len(rows) for name, rows in taken.items()} == dict.fromkeys(WHOLE, 1)


@pytest.mark.parametrize(("table", "column", "value"), STORED, ids=[f"{t}.{c}" for t, c, _ in STORED])
def test_cells_are_stored_as_meant(
    taken: dict[str, list[dict[str, Any]]], table: str, column: str, value: object
) -> None:
    assert taken[table][0][column] == value
