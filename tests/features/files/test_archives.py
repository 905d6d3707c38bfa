"""A workbook, paper or package that is damaged in any way is refused in a sentence or does without, never a crash."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.files.archives import BROKEN_ZIP
from features.intake.papers import docx
from features.intake.papers.base import RefusedError
from features.intake.sources import number_formats, ods_formats
from features.intake.sources.unread_text import other_kind
from features.intake.sources.workbook_parts import days_later, is_workbook, merged_cells
from features.screening.office_settings import MEMBER, read_settings

PARTS = (
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "content.xml",
    "styles.xml",
    "_rels/.rels",
    "word/document.xml",
    MEMBER,
)
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def archive(path: Path, packing: int) -> bytes:
    with zipfile.ZipFile(path, "w", packing) as packed:
        for part in PARTS:
            packed.writestr(part, "<某>" + "某部分" * 200 + "</某>")
    return path.read_bytes()


def unpacked(content: bytes) -> bytes:
    """The data of every part replaced by what nothing unpacks."""
    found = bytearray(content)
    at = 0
    while (at := found.find(b"PK\x03\x04", at)) >= 0:
        name = int.from_bytes(found[at + 26 : at + 28], "little")
        size = int.from_bytes(found[at + 18 : at + 22], "little")
        start = at + 30 + name
        found[start : start + size] = b"\xff" * size
        at = start + size
    return bytes(found)


def with_flag(content: bytes, offset: int, value: bytes) -> bytes:
    """Every entry of the directory with other bytes at a place of it, and so the heads of the parts."""
    found = bytearray(content)
    for magic, shift in ((b"PK\x01\x02", 0), (b"PK\x03\x04", -2)):
        at = -1
        while (at := found.find(magic, at + 1)) >= 0:
            found[at + offset + shift : at + offset + shift + len(value)] = value
    return bytes(found)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "the first bytes alone": lambda content: content[:4],
    "cut in the middle": lambda content: content[: len(content) // 2],
    "cut at the end": lambda content: content[:-5],
    "its end alone": lambda content: content[-100:],
    "data that do not unpack": unpacked,
    "locked": lambda content: with_flag(content, 8, b"\x01\x00"),
    "packed in an unknown way": lambda content: with_flag(content, 10, b"\x63\x00"),
    "names in no encoding": lambda content: with_flag(content.replace(b"xl/", b"\xff\xfe/"), 8, b"\x00\x08"),
    "a directory before the beginning": lambda content: content[:-6] + b"\xff\xff\xff\x7f" + content[-2:],
    "a directory longer than the file": lambda content: content[:-10] + b"\xff\xff\xff\x7f" + content[-6:],
    "none of the parts": lambda content: content.replace(b"xl/", b"xx/").replace(b"xml", b"xxx"),
    "a part shorter than stated": lambda content: with_flag(content, 24, b"\xff\xff\x00\x00"),
}


def read_by_all(path: Path) -> None:
    """Every reader of packed files gives an answer or refuses in its own words."""
    assert days_later(path) in (0, 1462)
    assert is_workbook(path) in (True, False)
    assert isinstance(merged_cells(path), dict)
    assert number_formats.may_tell(path) in (True, False)
    assert ods_formats.may_tell(path) in (True, False)
    assert isinstance(other_kind(path), str)
    with suppress(RefusedError):
        docx.read(path)
    with pytest.raises(GoldenKeyError, match=r"设置文件“某\.zip”"):
        read_settings(path)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("name", DAMAGES)
def test_no_damage_stops_a_reader(name: str, packing: int, tmp_path: Path) -> None:
    path = tmp_path / "某.zip"
    path.write_bytes(DAMAGES[name](archive(path, packing)))
    read_by_all(path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(PACKINGS),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 3000),
)
def test_no_change_of_bytes_raises_anything_else(
    tmp_path: Path, packing: int, changes: list[tuple[int, int]], cut: int
) -> None:
    path = tmp_path / "某.zip"
    content = bytearray(archive(path, packing))
    for at, value in changes:
        content[at % len(content)] = value
    path.write_bytes(bytes(content[: len(content) - cut % 50]))
    try:
        with zipfile.ZipFile(path) as packed:
            for part in PARTS:
                packed.read(part)
    except BROKEN_ZIP:
        pass
    read_by_all(path)
