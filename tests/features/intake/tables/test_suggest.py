"""A suggested mapping reads the file it was made for, without a change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import cli
from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.intake.tables.mapping import SHIPPED, read_mapping, shipped_mappings
from features.intake.tables.suggest import suggest
from features.pool.pool import Pool
from features.schema import TABLES

ABOUT = {"provider": "某", "legal_basis": "试", "purpose": "试", "scope": "试", "received_on": date(2024, 5, 1)}


def taken(folder: Path, file: Path, mapping: Path | None, table: str | None = None) -> IngestReport:
    options = IngestOptions(mapping, table, **ABOUT)  # type: ignore[arg-type]
    return ingest(folder, [str(file)], options, workers=1)


def suggested(file: Path, table: str | None = None) -> Path:
    path = file.with_suffix(".toml")
    path.write_text(suggest(file, table), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "rows", "named"),
    [
        (
            "账号,交易日期,交易时间,借方发生额,贷方发生额,余额,对方户名\n9901,2024-03-01,10:11:12,,5,7,甲\n",
            1,
            ["[flows]"],
        ),
        ("记账日期,金额,对方户名,摘要,附言\n20240301,-5,甲,a,b\n20240302,6,乙,c,\n", 2, ["[signed]", "{file}", "附言"]),
        (
            "账号：9900000000017,户名：某甲,,\n交易日期,收支,发生额(万元),余额\n20240301,收,5,7\n",
            1,
            ["[head]", "按万元读取（表头写明），已换算为元"],
        ),
        ("账号,时间,方向甲,金额,借贷\n9901,20240301,x,5,上划\n9901,20240301,x,5,借\n", 1, ["方向甲", "上划"]),
        ("账号,卡号,交易时间,收入金额,支出金额\n9901,9902,2024-03-01 10:00:00,0.00,8\n", 1, ["in = ", "out = "]),
    ],
)
def test_a_statement_is_read_by_what_was_suggested(tmp_path: Path, text: str, rows: int, named: list[str]) -> None:
    file = tmp_path / "流水.csv"
    file.write_text(text, encoding="utf-8")
    mapping = suggested(file, "txn")
    assert taken(tmp_path / "home", file, mapping).accepted == rows
    said = mapping.read_text(encoding="utf-8")
    assert [word for word in named if word not in said] == []


def test_a_header_that_intake_does_not_take_unasked_is_called_a_guess(tmp_path: Path) -> None:
    file = tmp_path / "流水.csv"
    file.write_text("账户,交易时间,金额,收付标志,余额,用途\n9901,2024-03-01,5,收,6,x\n", encoding="utf-8")
    lines = dict(line.split(" = ", 1) for line in suggest(file).splitlines() if " = " in line)
    assert [name for name, said in lines.items() if "推测" in said] == ["memo"]
    report = taken(tmp_path / "home", file, None)
    assert (report.accepted, report.bad) == (1, 0)
    assert [line for line in report.warnings if "未使用的列" in line] == ["流水.csv：未使用的列：用途。"]


@pytest.mark.parametrize("name", sorted(path.name for path in SHIPPED.glob("*.toml")))
def test_a_shipped_layout_is_suggested_as_it_is(tmp_path: Path, name: str) -> None:
    (known,) = [mapping for mapping in shipped_mappings() if mapping.name == name]
    headers = list(dict.fromkeys([*known.headers, *(text for texts in known.columns.values() for text in texts)]))
    file = tmp_path / "x.csv"
    file.write_text(",".join(headers) + "\n" + ",".join("1" for _ in headers) + "\n", encoding="utf-8")
    made = read_mapping(suggested(file))
    assert (made.columns, made.rules, made.flows, made.units) == (known.columns, known.rules, known.flows, known.units)


@pytest.mark.parametrize("name", ["account", "vehicle", "realty", "case", "party", "shareholding", "txn"])
def test_a_table_of_our_own_is_suggested_and_read(tmp_path: Path, name: str) -> None:
    table = TABLES[name]
    fills = {
        "date": "2024-03-01",
        "datetime": "2024-03-01 10:00:00",
        "money": "5",
        "int": "1",
        "real": "0.5",
        "bool": "是",
    }
    cells = []
    for column in table.columns:
        text = next(iter(column.codes), "x1") if column.kind == "code" else fills.get(column.kind, "x1")
        cells.append("（2024）浙9901执1号" if "case_no" in column.name else text)
    file = tmp_path / f"{table.label}.csv"
    file.write_text(
        ",".join(column.label for column in table.columns) + "\n" + ",".join(cells) + "\n", encoding="utf-8"
    )
    own, mapped = taken(tmp_path / "a", file, None), taken(tmp_path / "b", file, suggested(file))
    assert (mapped.accepted, mapped.bad) == (own.accepted, own.bad) == (1, 0)


def test_the_command_writes_a_file_and_refuses_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "流水.csv", tmp_path / "m.toml"
    file.write_text("账号,交易时间,金额,借贷\n9901,2024-03-01,5,借\n", encoding="utf-8")
    assert cli.main(["mapping", "suggest", str(file), "--table", "txn", "--out", str(out)]) == 0
    assert read_mapping(out).columns["acct_no"] == ("账号",)
    assert cli.main(["mapping", "suggest", str(file), "--table", "txn"]) == 0
    assert out.read_text(encoding="utf-8") in capsys.readouterr().out
    file.write_text("甲甲,乙乙\n1,2\n", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match=r"没有认识的表头.*文件中的列：甲甲、乙乙；.*--table"):
        suggest(file)
    with pytest.raises(GoldenKeyError, match="文件中的列：甲甲、乙乙；“执行案件”必需的列：案号、案件类型"):
        suggest(file, "case")
    with pytest.raises(GoldenKeyError, match="没有名为“nothing”的表"):
        suggest(file, "nothing")


@pytest.mark.parametrize(
    ("above", "header", "ccy", "said", "fen"),
    [
        ("", "金额（万美元）", "USD", "按万美元读取（表头写明）", 5_000_000),
        ("", "金额（万美元）", "", '单位不明（表头写明“万美元”），请在 [constants] 写明币种（ccy = "USD"）', None),
        ("", "金额(万港币)", "", '[constants] 写明币种（ccy = "HKD"）', None),
        ("", "金额（万日元）", "日元", "按万日元读取（表头写明）", 5_000_000),
        ("", "金额(USD)", "美元", "按usd读取（表头写明）", 500),
        ("", "金额($)", "USD", "按$读取（表头写明）", 500),
        ("", "金额($)", "", '[constants] 写明币种（ccy = "USD"）', None),
        ("", "金额（原币）", "EUR", "按元读取（表头写明原币，币种以各行所写为准，没有写的按人民币）", 500),
        (
            "",
            "金额（万原币）",
            "EUR",
            "按万元读取（表头写明万原币，币种以各行所写为准，没有写的按人民币），已换算为元",
            5_000_000,
        ),
        ("", "金额（原币）", "", '[constants] 写明币种（ccy = "……"）', None),
        ("", "金额(元/万元)", "", "单位不明（表头写明“元/万元”），请在 [units] 说明", None),
        ("", "金额(元/万元)", "人民币", "单位不明（表头写明“元/万元”），请在 [units] 说明", None),
        ("", "金额(人民币/美元)", "USD", "按元读取（表头写明人民币/美元，币种以各行所写为准，没有写的按人民币）", 500),
        ("", "金额/千元", "", "按千元读取（表头写明），已换算为元", 500_000),
        ("单位：万元", "金额", "", "按万元读取（表头上方写明），已换算为元", 5_000_000),
        ("10万元以上明细", "金额", "", "不能断定是金额的单位", 500),
        ("", "金额(元)", "", "", 500),
        ("", "金额", "USD", "", 500),
    ],
)
def test_what_a_suggestion_says_of_a_unit_is_what_intake_does(
    above: str, header: str, ccy: str, said: str, fen: int | None, tmp_path: Path
) -> None:
    file = tmp_path / "流水.csv"
    head, row = f"账号,交易时间,{header},借贷标志", "9901,2024-03-01,5,借"
    lines = [above] * bool(above) + [head + ",币种" * bool(ccy), row + f",{ccy}" * bool(ccy)]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    (line,) = [one for one in suggest(file, "txn").splitlines() if one.startswith("amount = ")]
    words = line.partition("交易金额")[2].removeprefix("，")
    assert said in words and bool(said) == bool(words)
    for mapping in (None, suggested(file, "txn")):
        home = tmp_path / ("home" if mapping is None else "mapped")
        report = taken(home, file, mapping, "txn" if mapping is None else None)
        if fen is not None:
            with Pool(home).as_of(date(2024, 5, 1)) as cut:
                assert cut.table("txn").amount.execute().to_list() == [fen]
        assert report.accepted == (fen is not None)
        if words and fen is not None:
            assert any(words.split("；")[0].split("：")[0] in one for one in report.warnings)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("102030", "10:20:30"),
        ("92030", "09:20:30"),
        ("10:20:30", "10:20:30"),
        ("9:20", "09:20:00"),
        ("10时20分30秒", "10:20:30"),
    ],
)
def test_a_time_in_a_column_of_its_own_is_joined_to_the_day(written: str, read: str, tmp_path: Path) -> None:
    file = tmp_path / "流水.csv"
    row = f"9900000000000017,20250105,{written},5,借\n"
    file.write_text(f"账号,交易日期,交易时间,金额,借贷\n{row}", encoding="utf-8")
    taken(tmp_path / "home", file, suggested(file))
    with Pool(tmp_path / "home").as_of(date(2025, 6, 1)) as cut:
        (stored,) = cut.table("txn").ts.to_pyarrow().to_pylist()
    assert f"{stored:%Y-%m-%d %H:%M:%S}" == f"2025-01-05 {read}"
