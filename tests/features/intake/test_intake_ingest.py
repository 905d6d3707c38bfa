"""Ingest as its user meets it: what goes in, what is set aside, what happens twice, and what never happens."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import BatchWriter, Pool

Row = dict[str, str]
Make = Callable[..., Path]
Text = Callable[[Sequence[Row]], str]
Tx = Callable[..., Row]
ROOT = Path(__file__).resolve().parents[3]
LOOSE = IngestOptions(
    provider="测试银行", legal_basis="测试依据", purpose="测试", scope="测试", received_on=date(2024, 5, 1)
)


def stored(home: Path, table: str, day: date = date(2024, 6, 1)) -> list[dict[str, Any]]:
    with Pool(home).as_of(day) as cut:
        rows = cut.table(table).to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: (row["src_file"], row["src_row"]))


def snapshot(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and path.name != ".lock"}


def test_statement_in_gb18030_with_tabs_keeps_every_digit(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    folder = make_delivery()
    path = folder / "银行流水" / "T1" / "测试银行交易明细信息.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(statement([transaction(), transaction(ref_no="R2", direction="")]).encode("gb18030"))
    report = ingest(tmp_path / "home", [str(folder)])
    (row,) = stored(tmp_path / "home", "txn")
    assert row["card_no"] == "9900000000000012346"
    assert (row["amount"], row["direction"], row["success"]) == (3_000_000, "OUT", "ok")
    assert (row["src_file"], row["src_row"]) == ("银行流水/T1/测试银行交易明细信息.csv", 2)
    assert row["known_at"] == date(2024, 5, 1)
    assert report.rules() == {"direction": 1}
    assert report.faults[0]["sentence"] == "第3行“收付标志”列：收付方向不明"


def test_duplicates_are_dropped_and_repeats_numbered(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    folder = make_delivery()
    rows = [transaction(), transaction(), transaction(amount="1.50", memo="手续费"), transaction(ref_no="R2")]
    (folder / "甲银行交易明细信息.csv").write_text(statement(rows), encoding="utf-8")
    report = ingest(tmp_path / "home", [str(folder)])
    found = stored(tmp_path / "home", "txn")
    assert [(row["ref_no"], row["amount"], row["occurrence"]) for row in found] == [
        ("R1", 3_000_000, 1),
        ("R1", 150, 2),
        ("R2", 3_000_000, 1),
    ]
    assert {row["txn_day"] for row in found} == {date(2024, 3, 1)}
    assert (report.accepted, report.duplicates, report.bad) == (3, 1, 0)


def test_account_number_falls_back_to_the_card_and_back(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    folder = make_delivery()
    rows = [transaction(acct_no="\t"), transaction(card_no="", ref_no="R2"), transaction(acct_no="", card_no="")]
    (folder / "甲银行交易明细信息.csv").write_text(statement(rows), encoding="utf-8")
    report = ingest(tmp_path / "home", [str(folder)])
    first, second = stored(tmp_path / "home", "txn")
    assert first["acct_no"] == first["card_no"] == "9900000000000012346"
    assert second["acct_no"] == second["card_no"] == "990000000000001"
    assert report.rules() == {"required": 1}


def test_workbook_of_the_national_platform_with_two_header_rows(tmp_path: Path, make_delivery: Make) -> None:
    folder = make_delivery()
    with xlsxwriter.Workbook(str(folder / "执行案件.xlsx")) as book:
        page = book.add_worksheet("执行案件")
        page.write_row(0, 0, ["案号", "案件类型", "法院代字", "法院行政区划", "立案日期", "应执行标的金额", "特殊主体"])
        page.write_row(1, 0, ["case_no", "case_type", "court_code", "court_division", "filing_date", "amt_due", "v"])
        page.write_row(2, 0, ["(2024)浙9901执 12号", "首次执行案件", "浙9901", "339901", 45352, 186400.5, "老年；残疾"])
        page.write_row(3, 0, ["（2024）浙9901执13号", "首执", "浙9901", "339901", "2024-02-30", "１，000元"])
    report = ingest(tmp_path / "home", [str(folder)])
    (row,) = stored(tmp_path / "home", "case")
    assert row["case_no"] == "（2024）浙9901执12号"
    assert (row["filing_date"], row["amt_due"], row["vulnerable_tags"]) == (date(2024, 3, 1), 18_640_050, "残疾;老年")
    assert (row["src_sheet"], row["src_row"]) == ("执行案件", 3)
    assert report.faults[0]["sentence"] == "第4行“立案日期”列：不是有效日期（收到“2024-02-30”）"


def test_same_file_twice_changes_nothing_and_a_correction_supersedes(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home = tmp_path / "home"
    first, second = make_delivery("JJ1"), make_delivery("JJ2", "2024-05-10")
    (first / "甲银行交易明细信息.csv").write_text(statement([transaction(amount="1.00")]), encoding="utf-8")
    (second / "甲银行交易明细信息.csv").write_text(statement([transaction(amount="2.00")]), encoding="utf-8")
    ingest(home, [str(first), str(second)])
    before = snapshot(home)
    report = ingest(home, [str(second.parent)])
    assert snapshot(home) == before
    assert not report.batches
    assert sum("跳过" in notice for notice in report.notices) == 2
    assert [row["amount"] for row in stored(home, "txn")] == [200]
    assert [row["amount"] for row in stored(home, "txn", date(2024, 5, 5))] == [100]


def test_withdrawn_delivery_leaves_and_does_not_come_back(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home = tmp_path / "home"
    wrong, right = make_delivery("JJ1"), make_delivery("JJ1-更正", "2024-05-20", withdraws=["JJ1"])
    (wrong / "甲银行交易明细信息.csv").write_text(statement([transaction(ref_no="X")]), encoding="utf-8")
    (right / "甲银行交易明细信息.csv").write_text(statement([transaction(ref_no="Y")]), encoding="utf-8")
    for _ in range(2):
        ingest(home, [str(wrong.parent)])
        assert [row["ref_no"] for row in stored(home, "txn")] == ["Y"]
        assert [row["ref_no"] for row in stored(home, "txn", date(2024, 5, 10))] == ["X"]
    assert len(Pool(home).batches()) == 3


def test_a_delivery_stays_in_force_until_what_replaces_it_is_in_the_pool(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home = tmp_path / "home"
    wrong, right = make_delivery("JJ1"), make_delivery("JJ1-更正", "2024-05-20", withdraws=["JJ1"])
    kept = statement([transaction(ref_no="K")])
    (wrong / "甲银行交易明细信息.csv").write_text(statement([transaction(ref_no="X")]), encoding="utf-8")
    (wrong / "乙银行交易明细信息.csv").write_text(kept, encoding="utf-8")
    ingest(home, [str(wrong)])
    (right / "甲银行交易明细信息.xlsx").write_bytes(b"half a workbook")
    (right / "乙银行交易明细信息.csv").write_text(kept, encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="无法打开"):
        ingest(home, [str(right)])
    assert sorted(row["ref_no"] for row in stored(home, "txn")) == ["K", "X"]
    assert len(Pool(home).batches()) == 1
    # Read now, the file delivered again unchanged is taken from the new delivery.
    (right / "甲银行交易明细信息.xlsx").unlink()
    report = ingest(home, [str(right)])
    assert [row["ref_no"] for row in stored(home, "txn")] == ["K"]
    assert "已撤回交接“JJ1”（自 2024-05-20 起不再使用）。" in report.notices
    assert [manifest.withdraws for manifest in Pool(home).batches()] == [(), (), (1,)]


def test_a_withdrawal_cut_off_by_a_crash_is_made_up_for(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    wrong, right = make_delivery("JJ1"), make_delivery("JJ1-更正", "2024-05-20", withdraws=["JJ1"])
    (wrong / "甲银行交易明细信息.csv").write_text(statement([transaction(ref_no="X")]), encoding="utf-8")
    (right / "甲银行交易明细信息.csv").write_text(statement([transaction(ref_no="Y")]), encoding="utf-8")
    ingest(home, [str(wrong)])

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Pool, "withdraw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest(home, [str(right)])
    ingest(home, [str(right)])
    assert [row["ref_no"] for row in stored(home, "txn")] == ["Y"]
    assert len(Pool(home).batches()) == 3


def test_loose_files_need_a_legal_basis(tmp_path: Path, statement: Text, transaction: Tx) -> None:
    path = tmp_path / "甲银行交易明细信息.csv"
    path.write_text(statement([transaction()]), encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="法律依据"):
        ingest(tmp_path / "home", [str(path)])
    with pytest.raises(GoldenKeyError, match="缺少法律依据"):
        ingest(tmp_path / "home", [str(path)], IngestOptions(provider="某行", purpose="测试", scope="测试"))
    assert ingest(tmp_path / "home", [str(path)], LOOSE).accepted == 1


BAD_FILES = {
    "empty": ("甲银行交易明细信息.csv", b"", "空文件"),
    "unknown encoding": ("甲银行交易明细信息.csv", b"\xc3\x28\xff abc," * 30, "编码无法识别"),
    "wrong columns": (
        "甲银行交易明细信息.csv",
        "交易卡号,备注\n1,2\n".encode(),
        "缺少必需的列：交易时间、交易金额、收付标志",
    ),
    "unknown table": ("其他.csv", b"a,b\n1,2\n", "不是已知的表"),
    "unreadable workbook": ("执行案件.xlsx", b"PK\x03\x04 this is no workbook", "无法打开"),
    "unreadable parquet": ("执行案件.parquet", b"PAR1 nothing", "无法读取"),
}


def deliver_two(folder: Path, kind: str, statement: Text, transaction: Tx) -> tuple[str, str]:
    """A delivery of one good file and a bad one; the bad one's name and the sentence on it."""
    name, content, sentence = BAD_FILES[kind]
    (folder / "乙银行交易明细信息.csv").write_text(statement([transaction()]), encoding="utf-8")
    (folder / name).write_bytes(content)
    return name, sentence


@pytest.fixture(params=BAD_FILES)
def half_bad(
    request: pytest.FixtureRequest, make_delivery: Make, statement: Text, transaction: Tx
) -> tuple[Path, str, str]:
    """A delivery of a good file and each kind of bad one: its folder, the bad file's name, the sentence on it."""
    folder = make_delivery()
    return folder, *deliver_two(folder, request.param, statement, transaction)


def test_a_bad_file_is_named_and_the_rest_goes_in(half_bad: tuple[Path, str, str], tmp_path: Path) -> None:
    home, (folder, name, sentence) = tmp_path / "home", half_bad
    report = ingest(home, [str(folder)])
    (refused,) = report.refused
    assert refused.name == name
    assert re.search(sentence, refused.reason)
    assert "\n" not in refused.reason
    assert (report.accepted, [sheet.file for sheet in report.sheets]) == (1, ["乙银行交易明细信息.csv"])
    assert [file.name for file in Pool(home).batches()[0].refused] == [name]


def test_a_bad_file_alone_refuses_its_delivery(half_bad: tuple[Path, str, str], tmp_path: Path) -> None:
    home, (folder, name, sentence) = tmp_path / "home", half_bad
    (folder / "乙银行交易明细信息.csv").unlink()
    Pool(home)
    before = snapshot(home)
    with pytest.raises(GoldenKeyError, match=sentence) as error:
        ingest(home, [str(folder)])
    assert "\n" not in str(error.value)
    assert name in str(error.value)
    assert snapshot(home) == before


def test_a_mended_file_comes_as_a_batch_of_its_own(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home, folder = tmp_path / "home", make_delivery()
    name, _ = deliver_two(folder, "wrong columns", statement, transaction)
    ingest(home, [str(folder)])
    again = ingest(home, [str(folder)])
    assert (again.batches, [file.name for file in again.refused]) == ([], [name])
    (folder / name).write_text(statement([transaction(ref_no="R2")]), encoding="utf-8")
    mended = ingest(home, [str(folder)])
    assert (mended.accepted, mended.refused, mended.batches) == (1, [], [2])
    with Pool(home).as_of(date.today()) as cut:
        assert sorted(cut.table("txn").ref_no.execute()) == sorted({transaction()["ref_no"], "R2"})


def test_a_delivery_that_withdraws_another_comes_whole_or_not_at_all(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home, first = tmp_path / "home", make_delivery("D-1")
    (first / "甲银行交易明细信息.csv").write_text(statement([transaction(ref_no="R1")]), encoding="utf-8")
    ingest(home, [str(first)])
    second = make_delivery("D-2", withdraws=["D-1"])
    name, sentence = deliver_two(second, "unreadable workbook", statement, transaction)
    with pytest.raises(GoldenKeyError, match=sentence) as error:
        ingest(home, [str(second)])
    assert name in str(error.value)
    assert "整个交接未导入" in str(error.value)
    assert len(Pool(home).batches()) == 1


BAD_CELLS: dict[str, list[Row]] = {
    "money": [{"amount": "三千"}, {"amount": "12a.5"}, {"amount": "1.23456"}],
    "datetime": [{"ts": "2024-02-30 10:00:00"}],
    "excel": [{"card_no": "6.22E+18"}, {"acct_no": "6.22202E+18\t"}],
    "code": [{"direction": "左"}, {"success": "也许"}],
}
"""By the rule which a cell of the row breaks."""


@pytest.mark.parametrize(("rule", "changes"), [(rule, row) for rule, rows in BAD_CELLS.items() for row in rows])
def test_a_bad_cell_sends_its_row_alone_to_quarantine(
    changes: Row, rule: str, tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home, folder = tmp_path / "home", make_delivery()
    rows = [transaction(), transaction(**changes), transaction(ref_no="R3")]
    (folder / "甲银行交易明细信息.csv").write_text(statement(rows), encoding="utf-8")
    report = ingest(home, [str(folder)])
    assert (report.accepted, report.bad, report.rules()) == (2, 1, {rule: 1})
    (fault,) = pq.read_table(report.quarantine[0]).to_pylist()
    (column,) = changes
    assert (fault["row"], fault["column"], fault["rule"]) == (3, column, rule)
    assert changes[column].strip() in fault["raw"]


def test_half_a_file_keeps_its_whole_rows(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    folder = make_delivery()
    whole = statement([transaction(ref_no=f"R{i}") for i in range(50)]).encode("gb18030")
    cut = whole[: whole.rindex("被执行人甲".encode("gb18030")) + 3]
    (folder / "甲银行交易明细信息.csv").write_bytes(cut)
    report = ingest(tmp_path / "home", [str(folder)])
    assert (report.accepted, report.bad, report.rules()) == (49, 1, {"columns": 1})


def test_workbook_numbers_beyond_fifteen_digits_are_never_guessed(tmp_path: Path, make_delivery: Make) -> None:
    folder = make_delivery()
    with xlsxwriter.Workbook(str(folder / "账户信息.xlsx")) as book:
        page = book.add_worksheet("账户信息")
        page.write_row(0, 0, ["开户人证件号码", "交易账号", "账户余额"])
        page.write_row(1, 0, ["990001198001010019", 6222021234567890123, 12.5])
        page.write_row(2, 0, ["990001198001010019", 990000000000001, 12.5])
    report = ingest(tmp_path / "home", [str(folder)])
    assert [row["acct_no"] for row in stored(tmp_path / "home", "account")] == ["990000000000001"]
    assert report.rules() == {"excel": 1}


def test_personal_values_are_masked_in_the_report(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    folder = make_delivery()
    (folder / "机动车登记.csv").write_text(
        "号牌号码,车辆识别代号,所有人证件号码,取得日期\n浙Z0001,TESTZZ00000000001,9.90001E+17,2024-01-01\n",
        encoding="utf-8",
    )
    report = ingest(tmp_path / "home", [str(folder)])
    assert "9.90001E+17" not in str(report.faults)
    assert report.workbook is not None
    assert report.workbook.is_file()


def test_failing_citizen_checksum_is_a_warning(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    folder = make_delivery()
    rows = [transaction(holder_id="990001198001010018"), transaction(ref_no="R2")]
    (folder / "甲银行交易明细信息.csv").write_text(statement(rows), encoding="utf-8")
    report = ingest(tmp_path / "home", [str(folder)])
    assert report.accepted == 2
    assert "1 个公民身份号码校验位不符" in report.sheets[0].warnings[0]


def test_full_disk_gives_one_sentence_and_changes_nothing(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder = tmp_path / "home", make_delivery()
    (folder / "甲银行交易明细信息.csv").write_text(statement([transaction()]), encoding="utf-8")
    Pool(home)
    before = snapshot(home)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(BatchWriter, "write", full)
        with pytest.raises(GoldenKeyError, match="磁盘空间不足"):
            ingest(home, [str(folder)])
    assert snapshot(home) == before
    assert ingest(home, [str(folder)]).accepted == 1


def test_killed_in_the_middle_loses_nothing_and_a_rerun_completes(
    tmp_path: Path, make_delivery: Make, statement: Text, transaction: Tx
) -> None:
    home, folder = tmp_path / "home", make_delivery()
    rows = [transaction(ref_no=f"R{i}") for i in range(2_000)]
    for bank in "甲乙丙丁":
        changed = [row | {"acct_no": f"99{ord(bank)}"} for row in rows]
        (folder / f"{bank}银行交易明细信息.csv").write_text(statement(changed), encoding="utf-8")
    script = (
        "import sys, pathlib, features.intake.ingest as i\n"
        "i.ingest(pathlib.Path(sys.argv[1]), [sys.argv[2]], "
        "progress=lambda name, number, total, rows: number > 3 and sys.stdin.read())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home), str(folder)], cwd=ROOT, stdin=subprocess.PIPE
    ) as child:
        limit = time.monotonic() + 60
        while not list((home / "pool").glob("txn/*.parquet")) and time.monotonic() < limit:
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert list((home / "pool").glob("txn/*.parquet"))
    assert Pool(home).batches() == ()
    assert stored(home, "txn") == []
    assert ingest(home, [str(folder)]).accepted == 8_000
    assert len(stored(home, "txn")) == 8_000
    assert not list(home.rglob("*.tmp"))
