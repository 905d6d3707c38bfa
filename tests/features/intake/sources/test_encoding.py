"""Texts of Taiwan and Hong Kong are read as such, and what is in GB18030 stays so: no text is silently another."""

from __future__ import annotations

import io
import zipfile
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


TEXT = "账号,交易日期,金额,借贷,余额,摘要\r\n" + "990000000001,2024-03-01,5,借,6,转账\r\n" * 200


def damaged(encoding: str, byte: bytes, line: int, column: int) -> bytes:
    """The text with a byte put before one of a line, both counted from 1."""
    lines = TEXT.encode(encoding).splitlines(keepends=True)
    lines[line - 1] = lines[line - 1][: column - 1] + byte + lines[line - 1][column - 1 :]
    return b"".join(lines)


@pytest.mark.parametrize(
    ("encoding", "byte", "line", "column", "said"),
    [
        ("utf-8", b"\0", 1, 1, "第 1 行第 1 个字节（0x00），文本中不应有空字节（其余内容可按 UTF-8 读出）"),
        ("utf-8", b"\0", 7, 13, "第 7 行第 13 个字节（0x00），文本中不应有空字节（其余内容可按 UTF-8 读出）"),
        ("gb18030", b"\0", 3, 5, "第 3 行第 5 个字节（0x00），文本中不应有空字节（其余内容可按 GB18030 读出）"),
        ("gb18030", b"\0\0", 200, 1, "第 200 行第 1 个字节（0x00）"),
        ("utf-8", b"\xff", 1, 1, "像是 UTF-8 编码，但第 1 行第 1 个字节（0xFF）不是该编码的字符"),
        ("utf-8", b"\xff", 150, 9, "像是 UTF-8 编码，但第 150 行第 9 个字节（0xFF）不是该编码的字符"),
        ("gb18030", b"\xff", 2, 3, "像是 GB18030 编码，但第 2 行第 3 个字节（0xFF）不是该编码的字符"),
        ("gb18030", b"\xff", 201, 1, "像是 GB18030 编码，但第 201 行第 1 个字节（0xFF）不是该编码的字符"),
        ("utf-8", b"\xff\0", 5, 1, "第 5 行第 2 个字节（0x00）"),
    ],
)
def test_one_bad_byte_is_named_with_its_place(
    encoding: str, byte: bytes, line: int, column: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "流水.csv"
    path.write_bytes(damaged(encoding, byte, line, column))
    with pytest.raises(GoldenKeyError) as refused:
        detect_encoding(path)
    assert str(refused.value).startswith("文件“流水.csv”")
    assert said in str(refused.value)
    assert str(refused.value).count("。") == 1


def test_a_bad_byte_of_a_named_encoding_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "流水.csv"
    path.write_bytes(damaged("utf-8", b"\xff", 4, 2))
    with pytest.raises(GoldenKeyError, match=r"不能按 utf-8 编码读出（第 4 行第 2 个字节（0xFF）："):
        list(utf8_blocks(path, "utf-8"))


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, b"\x80\x81\xff\xfe\x00" * 50, b"\x00" * 100])
def test_what_is_no_text_at_all_is_said_to_be_in_no_known_encoding(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "流水.csv"
    path.write_bytes(content)
    with pytest.raises(GoldenKeyError, match="编码无法识别"):
        detect_encoding(path)


def zipped(part: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr(part, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped("xl/workbook.xml"), "Excel 工作簿（.xlsx）"),
        (zipped("word/document.xml"), "Word 文档（.docx）"),
        (zipped("content.xml"), "ODF 文档"),
        (zipped("流水.csv"), "ZIP 压缩文件"),
        (b"PK\x03\x04 damaged", "ZIP 压缩文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "旧版 Office 文件"),
        (b"%PDF-1.7\n", "PDF 文件"),
        (b"PAR1\x15\x04", "Parquet 文件"),
        (b"SQLite format 3\0" + b"\0" * 50, "SQLite 数据库"),
        (b"\x1f\x8b\x08\0", "gzip 压缩文件"),
        (b"Rar!\x1a\x07\x01\0", "RAR 压缩文件"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z 压缩文件"),
        (b"\x89PNG\r\n\x1a\n", "PNG 图片"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG 图片"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_a_file_of_another_kind_than_its_name_says_is_told_as_what_it_is(
    content: bytes, kind: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"流水{suffix}"
    path.write_bytes(content)
    with pytest.raises(GoldenKeyError) as refused:
        detect_encoding(path)
    assert str(refused.value).startswith(f"文件“流水{suffix}”的后缀是 {suffix}（文本），内容却是{kind}")
    assert str(refused.value).count("。") == 1
