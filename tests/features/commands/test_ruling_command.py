"""The command `ruling` as typed: encodings, folders, what one bad file does to the others, names of persons masked."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest

import cli
from features.commands.ruling import LARGEST, as_data, read_text
from features.errors import GoldenKeyError
from features.intake.ruling.reader import read_ruling
from features.rules.masking import mask_name

TEXTS = Path(__file__).parents[1] / "intake" / "ruling" / "rulings"
WHOLE = (TEXTS / "civil_three_months.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_reads_alike_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "裁定.txt"
    path.write_bytes(WHOLE.encode(encoding))
    assert read_text(path) == WHOLE


def test_the_largest_text_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "长.txt"
    path.write_bytes(b"a" * LARGEST)
    assert len(read_text(path)) == LARGEST
    path.write_bytes(b"a" * (LARGEST + 1))
    with pytest.raises(GoldenKeyError, match="超过裁定书上限"):
        read_text(path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "不存在"),
        (lambda path: path.mkdir(), "无法读取文件"),
        (lambda path: path.write_bytes(b"\x00" * 9), "编码既不是"),
        (lambda path: path.write_bytes(b"\xff\xff\xff"), "编码既不是"),
    ],
)
def test_what_is_no_text_is_refused(make: object, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "甲.txt"
    make(path)  # type: ignore[operator]
    with pytest.raises(GoldenKeyError, match=sentence):
        read_text(path)


def test_one_bad_file_is_named_and_the_others_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "内").mkdir()
    (tmp_path / "内" / "二.txt").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "一.txt").write_text("今天天气很好。", encoding="utf-8")
    (tmp_path / "不读.md").write_text("x", encoding="utf-8")
    assert cli.main(["ruling", str(tmp_path), "--format", "json"]) == 2
    out, err = capsys.readouterr()
    (row,) = json.loads(out)
    assert row["file"].endswith("二.txt") and row["case_no"] == "（2024）浙9901执1234号"
    assert err.startswith("1 个文件未能读取") and "一.txt" in err and err.count("\n") == 1


def test_papers_are_read_beside_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = docx.Document()
    for line in WHOLE.splitlines():
        document.add_paragraph(line)
    document.save(str(tmp_path / "甲.docx"))
    (tmp_path / "乙.txt").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "丙.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "~$甲.docx").write_bytes(b"lock")
    (tmp_path / "丁.doc").write_bytes(b"old")
    assert cli.main(["ruling", str(tmp_path), str(tmp_path / "丁.doc"), "--format", "json"]) == 2
    out, err = capsys.readouterr()
    text, paper = json.loads(out)
    assert (text.pop("file")[-5:], paper.pop("file")[-6:]) == ("乙.txt", "甲.docx") and text == paper
    assert err.startswith("2 个文件未能读取") and "丙.pdf" in err and "旧版 Word 文件" in err


def test_a_folder_without_texts_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ruling", str(tmp_path)]) == 2
    assert "没有 .txt、.docx 或 .pdf 文件" in capsys.readouterr().err


def test_the_data_hold_days_sums_and_what_is_missing() -> None:
    data = json.loads(json.dumps(as_data(read_ruling(WHOLE)), ensure_ascii=False, default=str))
    sums = {item["role"]: item["fen"] for item in data["amounts"]}
    assert (sums["claim"], sums["outstanding"]) == (123_456_789, 122_256_789)
    days = {event["role"]: event["day"] for event in data["events"] if not event["previous"]}
    assert (days["applied"], days["filed"]) == ("2024-01-08", "2024-01-15")
    assert data["in_civil_cohort"] is True
    assert {check["verdict"] for check in data["checks"]} <= {"hit", "clear", "abstain"}


@pytest.mark.parametrize(
    ("debtor", "other", "hidden"),
    [
        ("王小虚", "钱大假", ["王小虚", "钱大假"]),
        # A name that begins another uncovers nothing of it.
        ("王小", "王小虚", ["王*虚", "王小"]),
    ],
)
def test_names_of_persons_are_masked_for_readers(
    debtor: str,
    other: str,
    hidden: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    text = WHOLE.replace("王某某", debtor).replace("钱某某", other)
    (tmp_path / "甲.txt").write_text(text, encoding="utf-8")
    assert cli.main(["ruling", str(tmp_path / "甲.txt")]) == 0
    shown = capsys.readouterr().out
    assert not [name for name in hidden if name in shown]
    assert "王*" in shown and "浙江虚构建材有限公司" in shown
    assert "1,222,567.89" in shown


@pytest.mark.parametrize(
    ("name", "shown"), [("张三丰", "张*"), ("张三", "张*"), ("李某某1", "李某某1"), ("甲", "甲"), ("", "")]
)
def test_a_masked_name_shows_its_first_sign(name: str, shown: str) -> None:
    assert mask_name(name) == shown
