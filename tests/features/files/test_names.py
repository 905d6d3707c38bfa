"""Names of files that are not UTF-8 are shown decoded or escaped, and the files read as any other."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import main
from features.files.names import actual_path, escaped_name, shown_name, stored_name
from features.intake.ingest import IngestOptions, ingest
from features.intake.preview import preview
from features.intake.reread import reread
from features.intake.tables.suggest import suggest
from features.pool.pool import Pool

LOOSE = IngestOptions(provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2024, 5, 1))
ACCOUNTS = "账号,开户人证件号码,余额\n99000000000000{},990001198001010019,12.3\n"


def as_bytes(name: str, encoding: str = "gb18030") -> str:
    """A name as Python gives one that an archive of another encoding left."""
    return name.encode(encoding).decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("流水.csv", "流水.csv"),
        ("a b (1).csv", "a b (1).csv"),
        (as_bytes("流水.csv"), "流水.csv"),
        (as_bytes("农业银行　账户信息（2024）.xlsx"), "农业银行　账户信息（2024）.xlsx"),
        (as_bytes("芯片流水.csv"), "芯片流水.csv"),  # the bytes of its first character are a letter in UTF-8 too
        (as_bytes("浙9901执1号裁定书.docx"), "浙9901执1号裁定书.docx"),
        (as_bytes("㐂.csv"), "㐂.csv"),  # four bytes in GB18030
        (f"甲区/{as_bytes('乙行')}/{as_bytes('丙.csv')}", "甲区/乙行/丙.csv"),
        (f"{as_bytes('甲区')}/乙行.csv", "甲区/乙行.csv"),
        (f"路径“/交接/{as_bytes('流水')}”不存在", "路径“/交接/流水”不存在"),
        (as_bytes("café.csv", "latin-1"), "caf\\xe9.csv"),
        ("\udcff\udcfe.csv", "\\xff\\xfe.csv"),
        ("流水\udcff.csv", "流水\\xff.csv"),
        ("\ud800.csv", "\\ud800.csv"),
    ],
)
def test_a_name_is_shown_decoded_or_with_its_bytes(given_name: str, shown: str) -> None:
    assert shown_name(given_name) == shown
    assert shown_name(Path(given_name)) == str(Path(shown))


@given(st.binary(min_size=1, max_size=30))
def test_every_name_can_be_written_and_shown_again(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    for shown in (shown_name(name), escaped_name(name)):
        shown.encode()
        assert shown_name(shown) == shown


def test_a_file_is_found_by_its_shown_name(tmp_path: Path) -> None:
    inside = tmp_path / as_bytes("交接一") / as_bytes("流水.csv")
    inside.parent.mkdir()
    inside.write_text("gbk")
    assert stored_name(inside, tmp_path) == "交接一/流水.csv"
    assert actual_path(tmp_path / "交接一" / "流水.csv") == inside
    (tmp_path / "交接一").mkdir()
    (tmp_path / "交接一" / "流水.csv").write_text("utf-8")
    other = stored_name(inside, tmp_path)
    assert other == f"{escaped_name(as_bytes('交接一'))}/{escaped_name(as_bytes('流水.csv'))}"
    assert actual_path(tmp_path / "交接一" / "流水.csv").read_text() == "utf-8"
    assert actual_path(tmp_path / other).read_text() == "gbk"
    assert actual_path(tmp_path / "没有" / "流水.csv") == tmp_path / "没有" / "流水.csv"


def delivered(folder: Path) -> Path:
    """A folder unpacked from an archive of a Chinese Windows, with its note and files of every kind of table."""
    folder = folder / as_bytes("交接")
    folder.mkdir(parents=True)
    note = 'delivery_no="G1"\nreceived_on=2024-05-01\nprovider="某行"\nlegal_basis="试"\npurpose="试"\nscope="试"\n'
    (folder / as_bytes("交接单.toml")).write_text(note, encoding="utf-8")
    (folder / "账户信息.csv").write_text(ACCOUNTS.format("0001"), encoding="utf-8")
    (folder / as_bytes("账户信息-甲.csv")).write_text(ACCOUNTS.format("0002"), encoding="gb18030")
    (folder / as_bytes("账户信息.txt")).write_text(ACCOUNTS.format("0003"), encoding="utf-8")
    book = openpyxl.Workbook()
    for line in ACCOUNTS.format("0004").splitlines():
        book.active.append(line.split(","))
    book.save(folder / as_bytes("账户信息.xlsx"))
    with (folder / as_bytes("账户信息.parquet")).open("wb") as handle:
        head, row = (line.split(",") for line in ACCOUNTS.format("0005").splitlines())
        pq.write_table(pa.table([[cell] for cell in row], names=head), handle)
    (folder / as_bytes("说明.md")).write_text("x")
    (folder / as_bytes("空.csv")).write_text("")
    return folder


NAMES = {"账户信息.csv", "账户信息-甲.csv", "账户信息.txt", "账户信息.xlsx", "账户信息.parquet"}


def test_files_with_such_names_are_taken_in_with_the_others(tmp_path: Path) -> None:
    folder, home = delivered(tmp_path / "in"), tmp_path / "home"
    report = ingest(home, [str(folder)])
    assert (report.accepted, report.bad) == (5, 0)
    assert {sheet.file for sheet in report.sheets} == NAMES
    assert [one.name for one in report.refused] == ["空.csv"]
    assert "“说明.md”" in "".join(report.notices)
    json.dumps(report.as_json(), ensure_ascii=False).encode()
    [manifest] = Pool(home).batches()
    assert {file.name for file in manifest.files} == NAMES
    again = reread(home, 1)
    assert again.accepted == 5
    assert not ingest(home, [str(folder)]).batches
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        assert set(cut.table("account").src_file.to_pyarrow().to_pylist()) == NAMES


def test_they_are_named_wherever_they_are_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = delivered(tmp_path / "in")
    shown = preview([str(folder)])
    assert {sheet.file for sheet in shown.sheets} == NAMES
    "".join((*shown.notices, *shown.refused)).encode()
    suggest(folder / as_bytes("账户信息-甲.csv"), "account").encode()
    home = ["--home", str(tmp_path / "home")]
    assert main(["ingest", str(folder), "--dry-run", *home]) in (0, 3)
    assert "账户信息-甲.csv" in capsys.readouterr().out
    assert main(["ingest", os.fsdecode(b"/nowhere/" + "流水.csv".encode("gbk")), *home]) == 2
    assert "路径“/nowhere/流水.csv”不存在" in capsys.readouterr().err
    ruling = tmp_path / as_bytes("裁定.txt")
    ruling.write_text("不是裁定")
    main(["ruling", str(ruling), *home])
    said = capsys.readouterr()
    assert "裁定.txt" in said.out + said.err
