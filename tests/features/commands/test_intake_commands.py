"""The commands of the pool as typed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from little_pool import GROUNDS

from features.commands.pool import COMMANDS
from features.errors import GoldenKeyError

STATEMENT = "交易账号,交易时间,交易金额,收付标志\n9901,2024-03-01 10:00:00,5,出\n9901,2024-03-01 11:00:00,五,出\n"


def run(home: Path, name: str, *words: str) -> int:
    command = next(command for command in COMMANDS if command.name == name)
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(argparse.Namespace(home=home, **vars(parser.parse_args(list(words)))))


def test_ingest_list_withdraw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, home = tmp_path / "流水.csv", tmp_path / "home"
    path.write_text(STATEMENT, encoding="utf-8")
    assert run(home, "ingest", str(path), *GROUNDS, "--delivery-no", "D1", "--format", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["accepted"], said["quarantined"], said["rules"]) == (1, 1, {"money": 1})
    assert run(home, "withdraw", "D1", "--reason", "误送", "--on", "2024-05-03") == 0
    capsys.readouterr()
    assert run(home, "batches", "--format", "json") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["delivery_no"], first["withdrawn_on"], second["withdraws"]) == ("D1", "2024-05-03", [1])
    with pytest.raises(GoldenKeyError, match="没有编号为“D9”的交接"):
        run(home, "withdraw", "D9", "--reason", "x")


def test_report_on_the_terminal_names_place_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "流水.csv"
    path.write_text(STATEMENT, encoding="utf-8")
    run(tmp_path / "home", "ingest", str(path), *GROUNDS)
    said = capsys.readouterr()
    assert "第3行“交易金额”列" in said.out
    assert said.err == ""
    run(tmp_path / "home", "batches")
    assert "有效" in capsys.readouterr().out


def test_template_of_an_unknown_table(tmp_path: Path) -> None:
    assert run(tmp_path, "template", "txn", "--out", str(tmp_path / "t.xlsx")) == 0
    with pytest.raises(GoldenKeyError, match="没有名为“nothing”的表"):
        run(tmp_path, "template", "nothing", "--out", str(tmp_path / "t.xlsx"))
