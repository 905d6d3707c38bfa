"""Delimited text: every line of a file is in a record or among the broken ones, whatever the quotes do."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.intake.sources.base import Layout
from features.intake.sources.delimited import open_text
from features.intake.sources.encoding import detect_encoding, utf8_blocks

QUIET = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELL = st.text(alphabet="ab,\"\n 张'\t", max_size=6)


def read(path: Path, headers: tuple[str, ...]) -> tuple[dict[int, tuple[str, ...]], set[int]]:
    sheet = open_text(path, path.name, delimiter=",")
    good: dict[int, tuple[str, ...]] = {}
    broken: set[int] = set()
    for block in sheet.read(0, Layout(1, 2, headers)):
        columns = [column.to_pylist() for column in block.cells.columns]
        for position, row in enumerate(block.rows.tolist()):
            assert row not in good
            good[row] = tuple(column[position] for column in columns)
        broken |= {item.row for item in block.broken}
    return good, broken


@QUIET
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=12))
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(["x", "y", "z"])
    writer.writerows(rows)
    path.write_bytes(buffer.getvalue().encode("gb18030"))
    good, broken = read(path, ("x", "y", "z"))
    assert not broken
    assert [good[row] for row in sorted(good)] == rows


@QUIET
@given(lines=st.lists(st.text(alphabet='ab,"张 ', max_size=14), max_size=25))
def test_no_line_is_lost_in_any_garbage(lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("x,y,z\n" + "".join(line + "\n" for line in lines)).encode())
    good, broken = read(path, ("x", "y", "z"))
    assert not set(good) & broken
    spanned = sum(cell.count("\n") for cells in good.values() for cell in cells)
    assert len(good) + len(broken) + spanned == len(lines)
    for row, cells in good.items():
        if '"' not in lines[row - 2] and lines[row - 2].strip():
            assert list(cells) == lines[row - 2].split(",")[:3]


def test_one_stray_quote_breaks_its_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'x,y\n1,2\n"3,4\n5,6\n7,8\n"a\nb",9\n')
    good, broken = read(path, ("x", "y"))
    assert good == {2: ("1", "2"), 4: ("5", "6"), 5: ("7", "8"), 6: ("a\nb", "9")}
    assert broken == {3}


def test_blank_cells_beyond_the_header_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x,y\n1,2,,\n3,4\n5,6,7\n")
    assert read(path, ("x", "y")) == ({2: ("1", "2"), 3: ("3", "4")}, {4})


@pytest.mark.parametrize("size", [3, 7, 64])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_blocks_of_any_size_give_the_same_text(tmp_path: Path, encoding: str, size: int) -> None:
    text = "户名,备注\r\n" + "".join(f"张某{i},\u9fb4备注{i}\r\n" for i in range(30))
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    found = detect_encoding(path)
    assert found == encoding.removesuffix("-sig")
    pieces = list(utf8_blocks(path, found, size))
    assert b"".join(pieces).decode() == text.replace("\r\n", "\n")
    assert all(piece.endswith(b"\n") for piece in pieces)


def test_old_line_ends_and_utf16_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x,y\r1,2\r")
    assert read(path, ("x", "y"))[0] == {2: ("1", "2")}
    path.write_bytes("x,y\n张,2\n".encode("utf-16"))
    assert read(path, ("x", "y"))[0] == {2: ("张", "2")}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_utf16_that_lost_a_byte_is_refused(encoding: str, line_end: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    content = line_end.join(["\ufeff户名,金额", "张某,3000", "李某,2", ""]).encode(encoding)
    path.write_bytes(content)
    assert detect_encoding(path) == "utf-16"
    for lost in range(2, content.rindex("2".encode(encoding))):
        path.write_bytes(content[:lost] + content[lost + 1 :])
        with pytest.raises(GoldenKeyError, match="编码无法识别"):
            detect_encoding(path)


def test_a_picture_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 9)
    with pytest.raises(GoldenKeyError, match="内容却是PNG 图片"):
        detect_encoding(path)


@QUIET
@given(
    lines=st.lists(st.tuples(st.text("a张\r ", max_size=4), st.sampled_from(["\n", "\r\n"])), min_size=1, max_size=8)
)
def test_every_line_end_is_one_and_a_lone_return_is_a_blank(lines: list[tuple[str, str]], tmp_path: Path) -> None:
    whole = "".join(text + end for text, end in lines).encode()
    (tmp_path / "t.csv").write_bytes(whole)
    read_back = b"".join(utf8_blocks(tmp_path / "t.csv", "utf-8"))
    assert read_back == whole.replace(b"\r\n", b"\n").replace(b"\r", b" ")


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_any_length_is_one_of_its_line(tmp_path: Path, quote: str) -> None:
    path, long = tmp_path / "t.csv", "单位：万元" * 60_000
    path.write_text(f"a,b\n1,{quote}{long}{quote}\n", encoding="utf-8")
    assert open_text(path, path.name).first_rows[0][1] == ("1", long)
    assert read(path, ("a", "b")) == ({2: ("1", long)}, set())
