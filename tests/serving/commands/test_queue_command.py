"""Commands `score` and `queue`: what is printed, written as json, text and workbook is one list, and in the chain."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from made_home import CASES, OFFICES, Home
from openpyxl import load_workbook

import cli
from models.ledger.ledger import Ledger
from serving.commands.queue import COMMANDS

DAY = "2024-03-31"


@pytest.fixture(scope="module")
def written(module_home: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The list of the first office, four cases, in every format."""
    folder = tmp_path_factory.mktemp("queue")
    files = {"json": folder / "a.json", "table": folder / "a.txt", "xlsx": folder / "a.xlsx"}
    for kind, path in files.items():
        words = ("--office", OFFICES[0], "--as-of", DAY, "--capacity", "4", "--format", kind, "--out", str(path))
        assert run(module_home, "queue", *words) == 0
    return files


def run(home: Home, *words: str) -> int:
    return cli.main(["--home", str(home.path), *words])


def test_every_format_holds_the_same_cases_in_the_same_order(written: dict[str, Path]) -> None:
    view: dict[str, Any] = json.loads(written["json"].read_text(encoding="utf-8"))
    listed = [row["case_no"] for row in view["rows"]]
    assert len(listed) == view["listed"] == view["capacity"] == 4
    sheet = load_workbook(written["xlsx"])["线索队列"]
    headings = [cell.value for cell in sheet[1]]
    rows = [dict(zip(headings, [cell.value for cell in line], strict=True)) for line in sheet.iter_rows(min_row=2)]
    assert [row["案号"] for row in rows] == listed
    # 分 in JSON, 元 in the workbook.
    assert [row["未履行额（元）"] for row in rows] == pytest.approx([row["debt_fen"] / 100 for row in view["rows"]])
    text = "".join(written["table"].read_text(encoding="utf-8").split())
    places = [text.index(number) for number in listed]
    assert places == sorted(places)
    assert f"容量4件，列入{len(listed)}件" in text


def test_every_file_is_an_act_by_its_name_without_its_folder(written: dict[str, Path], module_home: Home) -> None:
    with Ledger(module_home.path) as ledger, ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT subject, payload FROM audit WHERE act = 'queue.export'").all()
    view = json.loads(written["json"].read_text(encoding="utf-8"))
    assert {row[0] for row in found} == {view["queue_id"]}
    assert [json.loads(row[1]) for row in found] == [
        {"format": kind, "file": path.name} for kind, path in written.items()
    ]


def test_scoring_says_how_many_of_each_level_and_the_same_again(
    module_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [command.name for command in COMMANDS] == ["score", "queue"]
    assert run(module_home, "score", "--as-of", DAY) == 0
    said = capsys.readouterr().out
    assert f"已评分 {CASES} 个终本程序" in said
    assert sum(int(count) for count in re.findall(r"(?:高|较高|中|低|数据不足) (\d+) 件", said)) == CASES
    assert run(module_home, "score", "--as-of", DAY, "--format", "json") == 0
    body = json.loads(capsys.readouterr().out)
    assert body["run_id"] in said and sum(body["levels"].values()) == body["rows"] == CASES


def test_a_capacity_that_cannot_be_draws_nothing(module_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger(module_home.path) as ledger, ledger.engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM queues").scalar()
    for capacity in ("0", "-1"):
        assert run(module_home, "queue", "--office", OFFICES[0], "--as-of", DAY, "--capacity", capacity) == 2
        assert "容量" in capsys.readouterr().err
    with Ledger(module_home.path) as ledger, ledger.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM queues").scalar() == before
