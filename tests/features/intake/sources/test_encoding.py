"""Texts of Taiwan and Hong Kong are read as such, and what is in GB18030 stays so: no text is silently another."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.intake.sources.encoding import BIG5, detect_encoding, utf8_blocks
from features.pool.pool import Pool

TRADITIONAL = [
    "帳號,交易日期,金額,借貸,餘額,摘要\n990000000001,2024-03-01,5,借,6,轉帳\n",
    "戶名：陳大文\n日期,摘要,支出,存入,結餘,幣別\n2024-03-01,跨行轉帳,5,,6,新臺幣\n",
    "日期,摘要,支出,存入,餘額\n2024-03-01,利息,,5,6\n",
    "交易日|說明|提款|存款|結存\n113/03/01|薪資轉帳|0|50000|60000\n",
    "申請執行人陳某某與被執行人李某某借款合同糾紛一案，本院裁定如下：終結本次執行程序。\n",
    "戶口號碼\t交易日期\t交易摘要\t支賬\t存賬\n990000\t2024-03-01\t自動櫃員機提款\t500\t\n",
]
SIMPLIFIED = [
    "账号,交易日期,金额,借贷,余额,摘要\n990000000001,2024-03-01,5,借,6,转账\n",
    "户名,对方户名\n陈珺,郭珺\n韩玥,高珺\n郝玥,贾琀\n" + "陈珺,郭珺\n" * 500,
    "安徽,北京,保定,包头,蚌埠,广东,甘肃,海南\n1,2,3,4,5,6,7,8\n",
    "日期,摘要,支出,存入,余额\n2024-03-01,利息,,5,6\n",
    "帳號,交易日期,金額,借貸,餘額,摘要\n990000000001,2024-03-01,5,借,6,轉帳\n",
    "戶名：陳大文\n日期,摘要,支出,存入,結餘,幣別\n2024-03-01,跨行轉帳,5,,6,新臺幣\n",
    "甲,乙\n1,2\n",
    "a,b\n1,2\n",
]


@pytest.mark.parametrize("text", TRADITIONAL)
@pytest.mark.parametrize("encoding", BIG5)
def test_a_text_in_big5_is_read_as_it_was_written(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert detect_encoding(path) in BIG5
    assert b"".join(utf8_blocks(path, detect_encoding(path))).decode() == text


@pytest.mark.parametrize("text", [*SIMPLIFIED, *TRADITIONAL])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_text_in_gb18030_or_utf_8_is_none_in_big5(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert b"".join(utf8_blocks(path, detect_encoding(path))).decode() == text


def test_a_text_in_big5_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TRADITIONAL[0].encode("big5") + b"\xff\xff" + TRADITIONAL[1].encode("big5"))
    with pytest.raises(GoldenKeyError, match=r"像是 Big5（港台繁体）编码而不能全部读出.*UTF-8") as refused:
        detect_encoding(path)
    assert str(refused.value).count("。") == 1


MAPPING = """
table = "txn"
[columns]
acct_no = "帳號"
ts = "交易日期"
amount = "金額"
direction = "借貸"
cp_name = "對方戶名"
[codes.direction]
"借" = "OUT"
"""


@pytest.mark.parametrize("said", [False, True])
def test_a_statement_in_big5_keeps_its_names_and_the_report_says_how_it_was_read(said: bool, tmp_path: Path) -> None:
    text = "帳號,交易日期,金額,借貸,對方戶名\n990000000001,2024-03-01,5,借,陳測試\n"
    (tmp_path / "流水.csv").write_bytes(text.encode("cp950"))
    mapping = tmp_path / "m.toml"
    mapping.write_text(f'encoding = "cp950"\n{MAPPING}' if said else MAPPING, encoding="utf-8")
    about = IngestOptions(
        mapping, provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1)
    )
    report = ingest(tmp_path / "home", [str(tmp_path / "流水.csv")], about, workers=1)
    with Pool(tmp_path / "home").as_of(date(2024, 6, 1)) as cut:
        assert cut.table("txn").cp_name.execute().to_list() == ["陳測試"]
    assert any("Big5" in line for line in report.warnings) != said


def test_a_table_in_big5_whose_headers_are_not_known_is_refused_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "流水.csv").write_bytes(TRADITIONAL[0].encode("cp950"))
    about = IngestOptions(provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1))
    with pytest.raises(GoldenKeyError, match="缺少必需的列"):
        ingest(tmp_path / "home", [str(tmp_path / "流水.csv")], about, workers=1)
