"""Deliveries found under paths: notes, loose files, what is passed over and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.errors import GoldenKeyError
from features.intake.sources.delivery import NOTE, data_files, find_deliveries, is_database_url, read_delivery_note
from features.pool.manifests import Delivery

WRITTEN = """
delivery_no = "Y-7"
provider = "测试单位"
legal_basis = "测试依据"
purpose = "测试目的"
scope = "测试范围"
approved_by = "测试人"
received_on = 2024-03-01
retain_until = "2030-01-01"
withdraws = [3, "Y-5"]
"""
LOOSE = Delivery("散装", "测试单位", date(2024, 1, 1), "测试依据", "测试目的", "测试范围", "测试人")


def folder(path: Path, note: str | None, *names: str) -> Path:
    path.mkdir(parents=True)
    if note is not None:
        (path / NOTE).write_text(note, encoding="utf-8-sig")
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("x", encoding="utf-8")
    return path


def test_a_note_says_what_was_delivered_and_what_it_withdraws(tmp_path: Path) -> None:
    found = read_delivery_note(folder(tmp_path / "a", WRITTEN, "b.csv", "a.XLSX", "readme.md") / NOTE)
    assert found.delivery.delivery_no == "Y-7"
    assert (found.delivery.received_on, found.delivery.retain_until) == (date(2024, 3, 1), date(2030, 1, 1))
    assert found.withdraws == ("3", "Y-5")
    assert [path.name for path in found.files] == ["a.XLSX", "b.csv"]
    assert found.passed_over == ("readme.md",)
    assert not found.loose


def test_a_back_file_has_no_day_of_receipt(tmp_path: Path) -> None:
    found = read_delivery_note(folder(tmp_path / "a", WRITTEN + "backfile = true\n") / NOTE)
    assert found.delivery.backfile
    assert found.delivery.received_on is None


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (WRITTEN + 'colour = "red"\n', "不认识的项：colour"),
        (WRITTEN.replace("2024-03-01", '"1 March"'), "received_on 应为日期"),
        (WRITTEN.replace('purpose = "测试目的"', ""), "使用目的"),
        ("delivery_no = ", "无法读取"),
    ],
)
def test_a_note_that_cannot_be_used_is_refused(tmp_path: Path, note: str, message: str) -> None:
    with pytest.raises(GoldenKeyError, match=message):
        read_delivery_note(folder(tmp_path / "a", note) / NOTE)


def test_hidden_and_lock_files_are_no_data(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", WRITTEN, ".hidden.csv", "~$open.xlsx", "sub/c.txt", "sub/d.md")
    files, others, outside = data_files(root)
    assert [str(path.relative_to(root)) for path in files] == ["sub/c.txt"]
    assert others == ("sub/d.md",)
    assert outside == ()


@pytest.mark.parametrize(
    ("link", "target", "read", "outside"),
    [
        ("b.csv", "../secret/s.csv", ["a.csv"], ["b.csv"]),
        ("b.csv", "/etc/hosts", ["a.csv"], ["b.csv"]),
        ("b.csv", "../secret", ["a.csv"], ["b.csv"]),
        ("sub", "../secret", ["a.csv"], ["sub"]),
        ("b.txt", "../secret/nothing.txt", ["a.csv"], ["b.txt"]),
        ("b.csv", "../delivery-2/t.csv", ["a.csv"], ["b.csv"]),
        ("图.xlsx", "..", ["a.csv"], ["图.xlsx"]),
        ("note.md", "../secret/s.csv", ["a.csv"], ["note.md"]),
        ("b.csv", "a.csv", ["a.csv", "b.csv"], []),
        ("b.csv", "../delivery/a.csv", ["a.csv", "b.csv"], []),
        ("loop.csv", "loop.csv", ["a.csv"], []),
    ],
)
def test_links_out_of_a_delivery_are_not_followed_but_told(
    tmp_path: Path, link: str, target: str, read: list[str], outside: list[str]
) -> None:
    folder(tmp_path / "secret", None, "s.csv")
    folder(tmp_path / "delivery-2", None, "t.csv")
    root = folder(tmp_path / "delivery", WRITTEN, "a.csv")
    (root / link).symlink_to(target)
    found = read_delivery_note(root / NOTE)
    assert [path.name for path in found.files] == read
    assert list(found.outside) == outside


def test_a_delivery_reached_by_a_link_is_read_and_a_note_that_is_one_is_not(tmp_path: Path) -> None:
    root = folder(tmp_path / "delivery", WRITTEN, "a.csv")
    (tmp_path / "to").symlink_to(root)
    assert [path.name for path in read_delivery_note(tmp_path / "to" / NOTE).files] == ["a.csv"]
    other = folder(tmp_path / "other", None, "b.csv")
    (other / NOTE).symlink_to(root / NOTE)
    with pytest.raises(GoldenKeyError, match="以外的链接"):
        read_delivery_note(other / NOTE)


def test_deliveries_come_oldest_first_and_the_truth_is_none(tmp_path: Path) -> None:
    folder(tmp_path / "in" / "late", WRITTEN.replace("2024-03-01", "2024-09-01"))
    folder(tmp_path / "in" / "early", WRITTEN)
    folder(tmp_path / "in" / "truth", WRITTEN)
    found = find_deliveries([str(tmp_path / "in")], None)
    assert [one.folder.name for one in found] == ["early", "late"]


def test_loose_files_are_one_delivery_named_from_their_common_folder(tmp_path: Path) -> None:
    first = folder(tmp_path / "x" / "one", None, "a.csv")
    second = folder(tmp_path / "x" / "two", None, "deep/b.csv", "note.md")
    found = find_deliveries([str(first / "a.csv"), str(second), "sqlite:///some.db#txn"], LOOSE)
    assert len(found) == 1
    assert found[0].loose
    assert found[0].folder == (tmp_path / "x").resolve()
    assert found[0].databases == ("sqlite:///some.db#txn",)
    assert [path.name for path in found[0].files] == ["a.csv", "b.csv"]
    assert found[0].passed_over == ("note.md",)


def test_what_cannot_be_delivered_is_refused(tmp_path: Path) -> None:
    file = folder(tmp_path / "a", None, "a.csv") / "a.csv"
    with pytest.raises(GoldenKeyError, match="散装文件缺少法律依据"):
        find_deliveries([str(file)], None)
    with pytest.raises(GoldenKeyError, match="不存在"):
        find_deliveries([str(tmp_path / "nowhere")], LOOSE)
    with pytest.raises(GoldenKeyError, match="没有可导入的文件"):
        find_deliveries([str(folder(tmp_path / "empty", None))], LOOSE)
    assert [is_database_url(path) for path in ("postgresql://h/db#t", "C:/a.csv")] == [True, False]


def test_papers_of_a_delivery_are_read(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", WRITTEN, "裁定.docx", "流水.PDF", "旧.doc", "照片.jpg")
    files, others, _ = data_files(root)
    assert {path.name for path in files} == {"裁定.docx", "流水.PDF"}
    assert set(others) == {"旧.doc", "照片.jpg"}
