"""Which delivered text files are rulings, whatever their encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.intake.sources.rulings import LARGEST, is_ruling, read_ruling_document, rows_as_table

RULINGS = Path(__file__).parents[1] / "ruling" / "rulings"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
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
