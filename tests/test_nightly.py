"""One night: every step once, each office listed, a broken night taken up where it stopped, a second one refused."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from made_home import AS_OF, OFFICES, Home

import cli
import nightly
from features.errors import GoldenKeyError
from models.audit.verify import verify
from models.ledger.ledger import Ledger

STEPS = ["导入", "截面", "评分", "清单", "财产线索", "监测"]


def night(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    status = cli.main(["nightly", "--home", str(home), "--as-of", str(AS_OF), *words, "--format", "json"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else {}, err


def acts(home: Path) -> list[str]:
    with Ledger(home) as ledger, ledger.engine.connect() as connection:
        return [act for (act,) in connection.exec_driver_sql("SELECT act FROM audit ORDER BY seq").all()]


def test_a_night_does_every_step_and_a_second_run_finds_them_made(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told, _ = night(home.path, capsys)
    assert status in (0, 3)
    assert [step["name"] for step in told["steps"]] == STEPS
    assert all(step["done"] for step in told["steps"])
    first = acts(home.path)
    assert first.count("queue.make") == len(OFFICES)
    assert first.count("score.run") == first.count("lead.open") == 1
    cli.main(["nightly", "--home", str(home.path), "--as-of", str(AS_OF)])
    table = capsys.readouterr().out
    assert all(name in table for name in (*STEPS, "处理器秒", "用时"))
    again = acts(home.path)[len(first) :]
    assert not {"queue.make", "score.run", "cut.begin", "cut.make"} & set(again)
    with Ledger(home.path) as ledger:
        assert verify(ledger).sound


@pytest.mark.long
def test_a_night_that_was_broken_off_goes_on_where_it_stopped(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise GoldenKeyError("磁盘已满。")

    with monkeypatch.context() as broken:
        broken.setattr(nightly.LeadStore, "open", refused)
        status, told, err = night(home.path, capsys)
    assert (status, told["stopped"]) == (2, "磁盘已满。")
    assert [step["name"] for step in told["steps"]] == STEPS[:5]
    assert err.strip().endswith("磁盘已满。")
    status, told, _ = night(home.path, capsys)
    assert told["stopped"] is None
    assert acts(home.path).count("score.run") == 1


@pytest.mark.long
def test_one_refused_delivery_and_one_unknown_office_stop_nothing(
    home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    words = ("--deliveries", str(tmp_path / "empty"), "--office", "110101", "--office", OFFICES[0])
    status, told, err = night(home.path, capsys, *words)
    assert status == 3
    assert [step["name"] for step in told["steps"]] == STEPS
    assert "110101" in err
    assert str(tmp_path / "empty") in err
    assert acts(home.path).count("queue.make") == 1


def test_a_second_night_at_once_is_refused(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with (home.path / ".nightly.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        status, told, err = night(home.path, capsys)
    assert (status, told) == (2, {})
    assert "正在进行" in err
