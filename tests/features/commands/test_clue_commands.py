"""The commands over clues as typed: the catalogue, one case with its rows, and words that are none of them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, ZB, Book
from little_pool import deliver

import cli
from features.clues.catalogue import CLUES, VERSION
from features.commands.clues import CHANNELS, KINDS
from features.screening.screen import screens

SETTINGS = """
[office]
name = "测试县人民检察院"
code = "339901"

[clues]
"""
CARS = 7


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with case 1, whose debtor has seven cars nobody sealed, and settings under which M2A alone runs."""
    path = tmp_path_factory.mktemp("home")
    book = Book()
    book.case(1)
    book.event(1, "NOTICE", date(2023, 1, 12))
    for n in range(CARS):
        book.car(1, f"TESTZZ{n:05d}", date(2018, 1, 1) + timedelta(days=n), est_value=1_000_000_000_001)
    deliver(path, KNOWN, book.tables)
    off = "\n".join(f'"{id}" = {"true" if id == "M2A" else "false"}' for id in CLUES)
    (path / "本院.toml").write_text(SETTINGS + off, encoding="utf-8")
    return path


def run(home: Path, *words: str) -> int:
    return cli.main(["--home", str(home), "clues", *words, "--settings", str(home / "本院.toml")])


def test_the_catalogue_lists_every_clue_in_words_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clues", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["version"] == VERSION
    assert [row["id"] for row in said["clues"]] == list(CLUES)
    assert {row["kind"] for row in said["clues"]} <= set(KINDS)
    assert {row["channel"] for row in said["clues"]} <= set(CHANNELS)
    assert all(row["law"] and row["label"] for row in said["clues"] if row["kind"] == "finding")


def test_the_models_list_the_clues_they_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clues", "models", "--format", "json"]) == 0
    said = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(said) == set(screens())
    assert "M2A" in said["vehicle_sealing"]["clues"] and "vehicle" in said["vehicle_sealing"]["tables"]


def test_a_case_is_shown_with_the_rows_of_its_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "(2023)浙9901执1号", "--format", "json") == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (said["episode"], said["as_of"]) == (f"（2023）浙9901执1号@{ZB}", str(KNOWN))
    assert [id for id in said["clues"] if CLUES[id].kind != "context"] == ["M2A"]
    rows = said["clues"]["M2A"]
    assert [row["amount_fen"] for row in rows] == [1_000_000_000_001] * CARS
    cars = [source for row in rows for source in row["sources"] if source["table"] == "vehicle"]
    assert {source["file"] for source in cars} == {"机动车登记.csv"}
    assert {source["row"] for source in cars} == set(range(2, 2 + CARS))


def test_of_many_rows_five_are_printed_and_the_others_counted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "（2023）浙9901执1号") == 0
    shown = capsys.readouterr().out.replace("\n", "")
    assert f"M2A {CLUES['M2A'].label}" in shown.replace("  ", " ") and f"{CARS} 行" in shown
    assert shown.count("10,000,000,000.01元") == 5 and f"另有 {CARS - 5} 行" in shown
    assert "不是证据" in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["（2023）浙9901执9号"], "没有案号为"),
        (["（2023）浙9901执1号", "--as-of", "2023-08-31"], "没有案号为"),
        (["某词", "又一词"], "不认识“某词 又一词”"),
        (["template"], "命令不完整"),
        (["template", "vehicle_sealing"], "缺少 --out"),
        (["run", "vehicle_sealing"], "命令不完整"),
        (["run", "vehicle_sealing", "甲.xlsx", "--format", "xlsx"], "缺少 --out"),
        (["checklist"], "命令不完整"),
        (["docs"], "缺少 --out"),
        (["package"], "缺少 --out"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    words: list[str], sentence: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home, *words) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err and err.count("\n") == 1


def test_a_matrix_is_written_as_one_of_two_kinds_of_file(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--home", str(home), "features", "--as-of", str(KNOWN), "--out", str(tmp_path / "特征.xlsx")]
    assert cli.main(words) == 2
    assert "须为 .parquet 或 .csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "environment", "settings", "found"),
    [
        (["--home", "没有"], None, False, "没有"),
        (["--home", "没有/home"], None, False, "没有/home"),
        (["--home", "空"], None, False, "空"),
        (["--home", "./hoem"], None, False, "hoem"),
        ([], "没有", False, "没有"),
        ([], "空", False, "空"),
        (["--home", "没有"], "本院", False, "没有"),
        (["--home", "本院"], None, False, ""),
        ([], "本院", False, ""),
        (["--home", "本院"], "没有", False, ""),
        ([], None, False, ""),
        (["--home", "没有"], None, True, ""),
    ],
)
def test_a_screen_is_not_run_by_shipped_settings_in_place_of_those_of_a_mistyped_home(
    words: list[str],
    environment: str | None,
    settings: bool,
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("空", "本院/settings"):
        Path(name).mkdir(parents=True)
    for name in ("本院/settings/clues.toml", "另.toml"):
        Path(name).write_text(SETTINGS, encoding="utf-8")
    if environment is None:
        monkeypatch.delenv("GOLDENKEY_HOME", raising=False)
    else:
        monkeypatch.setenv("GOLDENKEY_HOME", environment)
    more = ["--settings", "另.toml"] if settings else []
    before = sorted(tmp_path.rglob("*"))
    # The workbook is not there either: where the home is not what is wrong, that is what is said.
    assert cli.main([*words, "clues", "run", "vehicle_sealing", "填好.xlsx", *more]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert ("不是金钥匙的数据目录" in err) == bool(found) and (found or "填好.xlsx") in err
    assert sorted(tmp_path.rglob("*")) == before
