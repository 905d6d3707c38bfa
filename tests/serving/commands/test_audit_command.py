"""Command `audit` over a ledger filled by hand: what holds, what was changed behind its back, findings, closed."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from made_ledger import write_run
from refused_files import assert_one_sentence

import cli
from models.audit.verify import verify
from models.feedback.reason_samples import SampledReason, SampleRequest, draw_sample, write_sample
from models.feedback.verdicts import ReasonVerdict, file_verdicts
from models.ledger.ledger import Ledger
from serving.commands.audit import COMMANDS

NOTE = "见[/附]甲楼[b]，身份证990001198001010019"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run, one explanation served, sampled and judged misleading."""
    home = tmp_path_factory.mktemp("audit") / "home"
    with Ledger(home) as ledger:
        ledger.add_actor("复核员", "person", "system")
        score_id = str(ledger.scores(write_run(ledger).run_id)["score_id"].iloc[0])
        ledger.record("system", "explanation.serve", score_id, {"score_ids": [score_id]})
        drawn = draw_sample(ledger, SampleRequest(size=1, seed=5))
        day = date(2024, 5, 6)
        asked = [
            SampledReason(
                score_id, place, "（2023）浙9901执1号", day, "m1", f"C{place}" if place else "", "疑似", "", ""
            )
            for place in (0, 1)
        ]
        sample = write_sample(ledger, drawn.sample, asked, "复核员")
        verdict = ReasonVerdict(score_id, 1, "C1", "误导", NOTE, "复核员", day)
        file_verdicts(ledger, sample.sample_id, [verdict], "复核员")
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


def run(home: Path, *words: str) -> int:
    return cli.main(["--home", str(home), "audit", *words])


def change(home: Path, statement: str) -> None:
    with Ledger(home) as ledger, ledger.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def finding(home: Path, capsys: pytest.CaptureFixture[str], state: str) -> list[dict[str, str]]:
    capsys.readouterr()
    assert run(home, "findings", "--state", state, "--format", "json") == 0
    rows: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return rows


def test_a_sound_ledger_passes_and_tells_its_last_hash(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [command.name for command in COMMANDS] == ["audit"]
    with Ledger(home) as ledger:
        known = verify(ledger)
    assert run(home, "verify") == 0
    said = capsys.readouterr().out
    assert "核验通过" in said and known.head in said and f"共 {known.entries} 条" in said
    assert run(home, "verify", "--format", "json", "--expect", known.head) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["sound"], body["head"], body["problems"]) == (True, known.head, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE scores SET probability = 0.999 WHERE rowid = (SELECT min(rowid) FROM scores)",
        "UPDATE audit SET actor = '复核员' WHERE act = 'score.run'",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "UPDATE verdicts SET verdict = '有据'",
        "UPDATE findings SET state = 'closed'",
    ],
)
def test_what_was_changed_behind_the_ledger_fails_with_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    change(home, statement)
    assert run(home, "verify") == 1
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[-1] == "核验未通过。"
    assert len(lines) > 2 and all(line.endswith("。") for line in lines)


def test_a_chain_written_anew_does_not_hold_a_hash_noted_before(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "verify", "--expect", "0" * 63 + "1") == 1
    said = capsys.readouterr().out
    assert "已被改写或删除" in said and "核验通过" not in said


def test_a_finding_is_shown_masked_with_its_brackets(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = finding(home, capsys, "open")
    assert (row["clue"], row["state"]) == ("C1", "open")
    assert row["note"].startswith("见[/附]甲楼[b]") and "990001198001010019" not in row["note"]
    monkeypatch.setenv("COLUMNS", "200")
    assert run(home, "findings") == 0
    printed = capsys.readouterr().out
    assert "990001198001010019" not in printed
    assert "[/附]" in "".join(printed.split()) and "待处理" in printed


def test_a_finding_is_closed_once_with_what_was_done(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = finding(home, capsys, "open")
    number = row["finding_id"]
    assert run(home, "close", number, "--note", "  ", "--actor", "复核员") == 2
    assert run(home, "close", number, "--note", "改写说明[/b]", "--actor", "无名") == 2
    assert run(home, "close", "F0", "--note", "改写", "--actor", "复核员") == 2
    assert finding(home, capsys, "open") == [row]
    assert run(home, "close", number, "--note", "改写说明[/b]", "--actor", "复核员") == 0
    assert finding(home, capsys, "open") == []
    (closed,) = finding(home, capsys, "closed")
    assert (closed["closed_by"], closed["resolution"]) == ("复核员", "改写说明[/b]")
    assert finding(home, capsys, "all") == [closed]
    assert run(home, "close", number, "--note", "再关一次", "--actor", "复核员") == 2
    assert run(home, "findings", "--state", "closed") == 0
    assert run(home, "verify") == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("replay", "S0"), "S0"),
        (("sample", "--out", "没有/a.xlsx", "--from", "2999-01-01"), "没有"),
        (("sample", "--out", "a.xlsx", "--size", "0"), "正整数"),
        (("verdicts", "没有.xlsx"), "没有.xlsx"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert run(home, *words) == 2
    assert_one_sentence(capsys, says)
