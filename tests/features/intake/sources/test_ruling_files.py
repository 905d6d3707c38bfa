"""Which delivered text files are rulings, whatever their encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.intake.sources.encoding import detect_encoding, utf8_blocks
from features.intake.sources.rulings import LARGEST, is_ruling, read_ruling_document, rows_as_table

RULINGS = Path(__file__).parents[1] / "ruling" / "rulings"


ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_ruling_is_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    text = (RULINGS / "civil_three_months.txt").read_text(encoding="utf-8")
    path = tmp_path / "a.txt"
    path.write_text(text, encoding=encoding)
    assert is_ruling(path)
    document = read_ruling_document(path, "sub/a.txt", "digest")
    plain = read_ruling_document(RULINGS / "civil_three_months.txt", "sub/a.txt", "digest")
    assert document == plain
    assert len(document.rows["case"]) == 1


def test_tables_other_suffixes_and_huge_files_are_no_rulings(tmp_path: Path) -> None:
    words = "申请执行人甲。裁定如下。"
    for name, text in (("table.txt", "账号\t申请执行人\n1\t2\n"), ("a.csv", words), ("empty.txt", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert not is_ruling(tmp_path / name)
    large = tmp_path / "large.txt"
    large.write_text(words + " " * LARGEST, encoding="utf-8")
    assert not is_ruling(large)
    large.write_text(words, encoding="utf-8")
    assert is_ruling(large)


def test_rows_become_a_table_of_the_columns_given() -> None:
    table = rows_as_table("case", [{"case_no": "甲", "amt_due": 5}, {"case_no": "乙"}])
    assert table.to_pylist() == [{"case_no": "甲", "amt_due": 5}, {"case_no": "乙", "amt_due": None}]


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b""])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", sorted(path.name for path in RULINGS.glob("*.txt")))
def test_every_ruling_is_read_in_utf_16_with_and_without_a_mark(
    name: str, ends: str, mark: bytes, tmp_path: Path
) -> None:
    text = (RULINGS / name).read_text(encoding="utf-8").rstrip("\n") + "\n"
    path = tmp_path / "a.txt"
    for order in ["utf-16-le"] if mark == b"\xff\xfe" else ["utf-16-be"] if mark else ["utf-16-le", "utf-16-be"]:
        path.write_bytes(mark + text.replace("\n", ends).encode(order))
        assert b"".join(utf8_blocks(path, detect_encoding(path))).decode() == text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=200).map(lambda data: data + b"\x00" + data))
def test_bytes_with_noughts_are_no_text_unless_they_are_common_characters(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    try:
        found = detect_encoding(path)
    except GoldenKeyError as error:
        assert "UTF-16" in str(error)
    else:
        marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        assert found == "utf-16" if marked else "\x00" not in content.decode(found)


@pytest.mark.parametrize(
    "text",
    [
        "申请执行\n人甲。裁定如下。",
        "申请执\r\n行人甲。裁\r\n定如下。",
        "申 请 执 行 人 甲。裁 定 如 下。",
        "申请执行人甲。裁\n定",
    ],
)
def test_words_of_a_ruling_are_found_across_breaks(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    assert is_ruling(tmp_path / "a.txt")
