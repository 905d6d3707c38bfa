"""A file appears whole or not at all, whoever else writes it and however the writing ends."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from features.errors import GoldenKeyError
from features.files.atomic import replacing, replacing_output, write_bytes, write_output, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_text_is_written_in_utf8_and_its_folder_is_made(tmp_path: Path) -> None:
    write_text(tmp_path / "新" / "文件.txt", "终本\n")
    assert (tmp_path / "新" / "文件.txt").read_bytes() == "终本\n".encode()


@pytest.mark.parametrize("durable", [False, True])
def test_a_failure_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, durable: bool) -> None:
    target = tmp_path / "list.csv"
    write_text(target, "old", durable=durable)
    with pytest.raises(RuntimeError), replacing(target, durable=durable) as scratch:
        scratch.write_text("half", encoding="utf-8")
        raise RuntimeError
    assert target.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["list.csv"]


def test_the_target_is_untouched_until_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    write_text(target, "old")
    with replacing(target) as scratch:
        scratch.write_text("new", encoding="utf-8")
        assert target.read_text(encoding="utf-8") == "old"
        assert list(tmp_path.glob("*.csv")) == [target]
    assert target.read_text(encoding="utf-8") == "new"


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    for content in ("one", "two"):
        with replacing(tmp_path / "model") as scratch:
            scratch.mkdir()
            (scratch / f"{content}.txt").write_text(content, encoding="utf-8")
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["two.txt"]


def test_a_folder_that_is_missing_is_not_made_for_a_path_a_user_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "none" / "list.csv") as scratch:
        scratch.write_text("", encoding="utf-8")
    assert names(tmp_path) == []


def test_writers_at_once_leave_one_whole_content(tmp_path: Path) -> None:
    target, contents = tmp_path / "shared.bin", [bytes([n]) * 200_000 for n in range(8)]
    threads = [threading.Thread(target=write_bytes, args=(target, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in contents
    assert names(tmp_path) == ["shared.bin"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old", encoding="utf-8")
    rename = Path.rename

    def refuse(path: Path, to: Path) -> Path:
        if path.suffix == ".tmp":
            raise OSError("refused")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="refused"), replacing(target) as scratch:
        scratch.mkdir()
    assert names(tmp_path) == ["model"]
    assert names(target) == ["old.txt"]


@pytest.mark.parametrize("taken", ["none/list.csv", "file/list.csv", "folder"])
def test_an_output_that_cannot_be_written_is_one_sentence_that_names_it(taken: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(GoldenKeyError, match=rf"无法写出 .*{taken}.*。$"):
        write_output(tmp_path / taken, "text")
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        ("folder", "是一个目录"),
        ("x" * 300, "名称过长"),
        ("x" * 300 + "/a", "名称过长"),
        ("/proc/list.csv", "文件或目录不存在"),
    ],
)
def test_why_an_output_cannot_be_written_is_said_in_chinese(taken: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(GoldenKeyError) as refused:
        write_output(tmp_path / taken, "text")
    assert f"（{why}）" in str(refused.value)


def test_an_output_is_bytes_or_text_and_an_error_of_its_writer_stays_that(tmp_path: Path) -> None:
    for content in ("终本", "终本".encode()):
        write_output(tmp_path / "out", content)
        assert (tmp_path / "out").read_text(encoding="utf-8") == "终本"
    with pytest.raises(ZeroDivisionError), replacing_output(tmp_path / "out"):
        raise ZeroDivisionError
    assert names(tmp_path) == ["out"]
