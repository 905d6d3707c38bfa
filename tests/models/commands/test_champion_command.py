"""Commands of the champion over a history written by hand: days are local, repairs are said, scores are judged."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from little_model import little_model
from made_home import install_model
from made_ledger import write_run
from sqlalchemy import insert

import cli
from models.commands.champion import COMMANDS
from models.database.engine import writing
from models.database.tables import APPROVALS, CHAMPIONS
from models.ledger.ledger import Ledger
from models.registry import registry
from models.registry.champion import Approval

CHANGED = "2024-03-31T16:30:00.000000+00:00"
"""Half past midnight of 1 April in China."""

OLD, NEW = (little_model("linear", as_of=day, rounds=1) for day in (date(2023, 9, 30), date(2023, 12, 31)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, the older in use until `CHANGED` and the newer since; a third waits for a second person."""
    made = tmp_path_factory.mktemp("champion") / "home"
    OLD.save(made / "models" / OLD.version)
    install_model(made, NEW)
    evidence = {"gate_answer": "pass", "gate_sha256": "a" * 64, "files_sha256": "b" * 64, "reason": ""}
    people = {"trained_by": "训练员", "first_by": "甲", "second_by": "乙", "papers_json": "{}", "why": "promotion"}
    began = "2024-01-10T02:00:00.000000+00:00"
    with Ledger(made) as ledger:
        for name in ("甲", "乙", "训练员"):
            ledger.add_actor(name, "person", "system")
        with writing(ledger.engine) as connection:
            for number, (version, since, until, before) in enumerate(
                ((OLD.version, began, CHANGED, ""), (NEW.version, CHANGED, None, OLD.version)), start=1
            ):
                dates = {"since": since, "until": until, "first_at": since, "second_at": since, "replaced": before}
                row = {"number": number, "version": version} | dates | evidence | people
                connection.execute(insert(CHAMPIONS), row)
            open_one = Approval(1, "20240331-abc", "甲", CHANGED, "pass", "a" * 64, "b" * 64, "", "", "open")
            connection.execute(insert(APPROVALS), asdict(open_one))
    return made


@pytest.fixture(autouse=True)
def china(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of the offices."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def answer(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main(["--home", str(home), "champion", "--format", "json", *words]) == 0
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def test_history_and_what_waits_are_told_in_local_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [command.name for command in COMMANDS] == ["champion", "promote", "rollback"]
    assert cli.main(["--home", str(home), "champion"]) == 0
    said = capsys.readouterr().out
    assert f"在用模型：{NEW.version}（自 2024-04-01 00:30 起）。" in said
    assert f"1. {OLD.version}　2024-01-10 10:00 至2024-04-01 00:30" in said
    assert f"2. {NEW.version}　2024-04-01 00:30 至今" in said
    assert said.count("训练：训练员　批准：甲、乙") == 2
    assert "待第二人批准：模型 20240331-abc，甲 已于 2024-04-01 00:30 批准。" in said


@pytest.mark.parametrize(
    ("day", "versions"),
    [
        ("2024-01-09", []),
        ("2024-01-10", [OLD.version]),
        ("2024-03-31", [OLD.version]),
        ("2024-04-01", [OLD.version, NEW.version]),
        ("2024-04-02", [NEW.version]),
    ],
)
def test_a_day_is_a_day_of_the_offices(
    home: Path, capsys: pytest.CaptureFixture[str], day: str, versions: list[str]
) -> None:
    body = answer(home, capsys, "--on", day)
    assert [row["version"] for row in body["history"]] == versions
    assert (body["on"], body["in_use"], body["provisional"]) == (day, NEW.version, False)


def test_scores_say_whether_their_model_was_approved(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger(home) as ledger:
        for version in (OLD.version, NEW.version):
            write_run(ledger, size=3, model=version)
    body = answer(home, capsys, "--on", date.today().isoformat())
    assert {row["version"]: row["approved"] for row in body["scored"]} == {OLD.version: False, NEW.version: True}
    # Also under the day the scores are of.
    assert len(answer(home, capsys, "--on", "2024-03-31")["scored"]) == 2
    assert answer(home, capsys, "--on", "2024-03-30")["scored"] == []


def test_a_file_that_points_elsewhere_is_put_back_and_said_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry.set_current(home, OLD.version)
    body = answer(home, capsys)
    assert body["in_use"] == NEW.version
    (sentence,) = body["restored"]
    assert OLD.version in sentence and NEW.version in sentence
    assert registry.read_current_file(home) == NEW.version
    assert answer(home, capsys)["restored"] == []
    with Ledger(home) as ledger, ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM audit WHERE act = 'champion.alias_restored'")
        assert found.scalar() == 1


@pytest.mark.parametrize(
    "words",
    [
        ("champion", "--on", (date.today() + timedelta(days=2)).isoformat()),
        ("champion", "--replay", "nothing"),
        ("champion", "--restore", "nothing"),
        ("promote", "nothing", "--by", "甲"),
        ("promote", NEW.version, "--by", "无名"),
        ("rollback", "--by", "无名", "--reason", "试"),
        ("rollback", "--by", "甲", "--reason", "  "),
    ],
)
def test_what_cannot_be_is_one_sentence_and_the_model_in_use_stays(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert cli.main(["--home", str(home), *words]) == 2
    error = capsys.readouterr().err.strip()
    assert error.endswith("。") and len(error.splitlines()) == 1
    body = answer(home, capsys)
    assert (body["in_use"], len(body["history"])) == (NEW.version, 2)


def test_a_home_without_a_model_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Ledger(tmp_path).close()
    body = answer(tmp_path, capsys)
    assert (body["in_use"], body["provisional"], body["history"], body["waiting"]) == (None, False, [], [])
    assert "还没有在用模型" in body["note"]
