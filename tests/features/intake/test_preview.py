"""A trial reading: what it shows, that it writes nothing, and that the examples of the guide read as printed."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from little_pool import GROUNDS

import cli
from features.intake.ingest import IngestOptions
from features.intake.preview import BY_HEADERS, preview
from features.intake.tables.mapping import KEYS

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "mapping.md"
CARD, HOLDER = "9900000000000012346", "赵钱孙测试"
TEXT = (
    "交易账号,账户开户名称,交易时间,交易金额(万元),收付标志,交易余额,别的\n"
    + "".join(f"{CARD},{HOLDER},2024-03-0{day} 10:00:00,{day},出,不详,x\n" for day in range(1, 6))
    + f"{CARD},{HOLDER},x,1,出,,x\n"
)


def state(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_three_rows_the_layout_the_units_and_what_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, home = tmp_path / "流水.csv", tmp_path / "home"
    file.write_text(TEXT, encoding="utf-8")
    assert cli.main(["ingest", "--dry-run", "--format", "json", "--home", str(home), str(file)]) == 0
    out = capsys.readouterr().out
    assert not home.exists()
    assert CARD not in out and HOLDER not in out
    (shown,) = json.loads(out)["files"]
    assert (shown["layout"], shown["table"], shown["header_row"]) == (BY_HEADERS, "txn", 1)
    assert [row["row"] for row in shown["rows"]] == [2, 3, 4]
    fields = {one["field"]: one for one in shown["rows"][1]["fields"]}
    assert (fields["amount"]["source"], fields["amount"]["text"]) == ("交易金额(万元)", "2")
    assert fields["amount"]["value"] == "20,000.00 元"
    assert (fields["balance"]["text"], fields["balance"]["value"]) == ("不详", "")
    assert [(one["header"], one["unit"]) for one in shown["units"]] == [("交易金额(万元)", "万元"), ("交易余额", "元")]
    assert (shown["counts"]["accepted"], shown["counts"]["bad"], shown["counts"]["cells"]) == (5, 1, 5)
    assert any("第7行“交易时间”列" in line for line in shown["faults"]) and shown["unused"] == ["别的"]


SLIPPED = {
    "a day": ("交易时间", "990001198001010019", "990001********0019"),
    "a day with words": ("交易时间", "张测试 9900123412342346", "张测试 9900****2346"),
    "a sum": ("交易金额", "浙Z99912", "浙Z·***12"),
    "a code": ("收付标志", "99912345678", "999****5678"),
}


@pytest.mark.parametrize(("header", "cell", "shown"), SLIPPED.values(), ids=SLIPPED.keys())
@pytest.mark.parametrize("more", [{}, {"交易余额": "1e400"}], ids=["in memory", "in SQL"])
def test_a_number_that_slipped_into_another_column_is_masked_where_it_is_refused(
    header: str, cell: str, shown: str, more: dict[str, str], tmp_path: Path
) -> None:
    row = {"交易账号": CARD, "账户开户名称": HOLDER, "交易时间": "2024-03-01", "交易金额": "5", "收付标志": "出"} | more
    rows = [row, row | {header: cell}]
    (tmp_path / "流水.csv").write_text("\n".join(",".join(one) for one in (row, *(r.values() for r in rows))), "utf-8")
    (sheet,) = preview([str(tmp_path / "流水.csv")]).sheets
    (fault,) = [line for line in sheet.faults if header in line]
    assert f"（收到“{shown}”）" in fault
    assert cell not in str(sheet)


def test_numbers_in_free_text_are_masked_and_serial_numbers_are_shown(tmp_path: Path) -> None:
    text = f"交易账号,账户开户名称,交易时间,交易金额,收付标志,交易流水号,摘要说明\n{CARD},{HOLDER},2024-03-01,5,出,"
    (tmp_path / "流水.csv").write_text(f"{text}2024030112345678,转入浙Z99912车款{CARD}\n", encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "流水.csv")]).sheets
    shown = {one.field: one.value for one in sheet.rows[0].fields}
    assert (shown["ref_no"], shown["memo"]) == ("2024030112345678", "转入浙Z·***12车款9900****2346")
    assert (shown["acct_no"], shown["holder"]) == ("9900****2346", "赵*")


def test_a_sum_is_shown_in_the_currency_of_its_row(tmp_path: Path) -> None:
    text = "账户,交易时间,金额,收付标志,余额,币种\n" + "".join(
        f"9900000000000017,2024-03-0{n},5,收,6,{ccy}\n" for n, ccy in enumerate(("美元", "", "JPY"), start=1)
    )
    (tmp_path / "流水.csv").write_text(text, encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "流水.csv")]).sheets
    shown = [[one.value for one in row.fields if one.field in ("amount", "balance")] for row in sheet.rows]
    assert shown == [["5.00 USD", "6.00 USD"], ["5.00 元", "6.00 元"], ["5.00 JPY", "6.00 JPY"]]


def test_a_file_that_would_not_be_taken_in_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("流水.csv", "别的.csv", "坏.xlsx")
    for name, text in zip(names, (TEXT, "甲,乙\n1,2\n", "PK"), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    words = ["ingest", "--dry-run", "--home", str(tmp_path / "home"), *(str(tmp_path / name) for name in names)]
    assert cli.main([*words, "--format", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in told["files"]] == ["流水.csv"] and len(told["refused"]) == 2
    assert cli.main(words) == 3
    said = capsys.readouterr().out
    assert said.count("未导入：") == 2 and "别的.csv" in said and "坏.xlsx" in said


def test_a_home_that_is_there_stays_byte_for_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, home = tmp_path / "流水.csv", tmp_path / "home"
    file.write_text(TEXT, encoding="utf-8")
    assert cli.main(["ingest", "--home", str(home), str(file), *GROUNDS]) == 0
    before = state(home)
    file.write_text(TEXT.replace(",1,出", ",9,出"), encoding="utf-8")
    assert cli.main(["ingest", "--dry-run", "--home", str(home), str(file)]) == 0
    said = capsys.readouterr().out
    assert state(home) == before
    assert "第2行" in said and "没有写入任何内容" in said and HOLDER not in said


def test_a_shipped_layout_is_used_and_named_when_its_table_is(tmp_path: Path) -> None:
    file = tmp_path / "明细.csv"
    file.write_text(
        "用户信息,交易创建时间,金额,收/支,交易对方,消费名称,商户订单号,交易状态\n"
        "wx9901,2024-03-01 10:00:00,8.8,支出,某店,早餐,D1,支付成功\n",
        encoding="utf-8",
    )
    for table in (None, "txn"):
        (sheet,) = preview([str(file)], IngestOptions(table=table)).sheets
        assert (sheet.layout, sheet.counts.accepted, sheet.counts.bad) == ("wallet.toml", 1, 0)


def examples() -> list[tuple[str, str, str]]:
    """Mapping, file and what is read, of each example of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(r"```toml\n(.*?)```\n\n```csv\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("number", range(len(examples())))
def test_an_example_of_the_guide_reads_as_printed(number: int, tmp_path: Path) -> None:
    mapping, rows, read = examples()[number]
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "流水.csv").write_text(rows, encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "流水.csv")], IngestOptions(tmp_path / "m.toml")).sheets
    assert (sheet.counts.accepted, sheet.counts.bad, sheet.counts.cells) == (1, 0, 0)
    found = {one.field: one.value for one in sheet.rows[0].fields}
    for line in read.strip().splitlines():
        name, value = line.split(" = ")
        assert found[name].split("（")[0] == value


def test_every_key_is_in_the_guide_with_an_example() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.count("```toml") == len(examples()) >= 12
    whole = "\n".join(mapping for mapping, _, _ in examples())
    assert [key for key in KEYS if not re.search(rf"^(\[+{key}(\.|\])|{key} = )", whole, re.MULTILINE)] == []
    headings = "".join(re.findall(r"^##+ .*", text, re.MULTILINE))
    assert [key for key in KEYS if key not in headings] == []
    inner = ("join", "first", "in", "out", "column", "positive", "negative", "when", "set", "headers", "{file}")
    assert [word for word in inner if word not in whole] == []
