"""The command `reread`: the act in the chain, and a home of an earlier version, whose batches do not say where."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import capture
import pytest

import cli
from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import BatchWriter, Pool
from models.audit.verify import verify
from models.database.engine import reading
from models.database.tables import AUDIT
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from serving.commands.reread import ACT, COMMANDS

GOLDEN = Path(__file__).parents[2] / "golden" / "home.tar.xz"
ROWS = "交易账号,交易时间,交易金额,收付标志\n9901,2024-03-01 10:00:00,5,出\n9901,2024-03-01 11:00:00,五,出\n"


def run(home: Path, *words: str) -> int:
    (command,) = COMMANDS
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(argparse.Namespace(home=home, **vars(parser.parse_args(list(words)))))


def acts(home: Path) -> list[tuple[str, str, object]]:
    with Ledger(home) as ledger, reading(ledger.engine) as connection:
        assert verify(ledger).sound
        rows = connection.execute(AUDIT.select().where(AUDIT.c.act == ACT).order_by(AUDIT.c.seq)).mappings().all()
    return [(row["actor"], row["subject"], json.loads(row["payload"])) for row in rows]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "流水.csv").write_text(ROWS, encoding="utf-8")
    about = IngestOptions(provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1))
    ingest(tmp_path / "home", [str(tmp_path / "流水.csv")], about)
    return tmp_path / "home"


def test_the_act_is_in_the_chain_and_the_figures_are_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "1") == 0
    said = capsys.readouterr().out
    assert "第 1 批次已由第 2 批次取代（知悉日仍为 2024-05-01）：入库 1 行改为 1 行，隔离 1 行改为 1 行" in said
    assert run(home, "2", "--format", "json") == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["batches"], body["replaces"], body["before"]) == ([3], 2, {"accepted": 1, "quarantined": 1})
    assert acts(home) == [
        ("system", "b000002", {"replaces": "b000001", "files": 1}),
        ("system", "b000003", {"replaces": "b000002", "files": 1}),
    ]


def withdrawn(home: Path, capsys: pytest.CaptureFixture[str], batch: str, reason: str = "超出范围") -> tuple[int, str]:
    status = cli.main(["--home", str(home), "withdraw", batch, "--reason", reason, "--on", "2024-06-01"])
    return status, "".join(capsys.readouterr())


def test_a_batch_is_not_withdrawn_before_it_came(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--home", str(home), "withdraw", "1", "--reason", "误报", "--on"]
    assert cli.main([*given, "2024-04-30"]) == 2
    said = capsys.readouterr().err
    assert "2024-04-30" in said and "第 1 批次 2024-05-01 接收" in said
    assert len(Pool(home).batches()) == 1
    assert cli.main([*given, "2024-05-01"]) == 0


def test_what_was_replaced_or_withdrawn_is_not_withdrawn_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "1") == 0
    status, said = withdrawn(home, capsys, "1")
    assert status == 2 and "请撤回第 2 批次" in said
    assert withdrawn(home, capsys, "2", "  ")[0] == 2
    assert cli.main(["--home", str(home), "batches", "--format", "json"]) == 0
    told = {row["batch"]: row["replaced_by"] for row in json.loads(capsys.readouterr().out)}
    assert (told, Pool(home).state) == ({1: 2, 2: None}, 2)
    assert withdrawn(home, capsys, "2")[0] == 0
    with Pool(home).as_of(date(2024, 7, 1)) as cut:
        assert cut.table("txn").count().execute() == 0
    status, said = withdrawn(home, capsys, "2")
    assert status == 2 and "已自 2024-06-01 起撤回" in said


def test_files_that_were_not_taken_in_are_still_missing_after_a_reread(tmp_path: Path) -> None:
    folder, home = tmp_path / "交接", tmp_path / "home"
    folder.mkdir()
    (folder / "流水.csv").write_text(ROWS, encoding="utf-8")
    (folder / "账户信息.xlsx").write_bytes(b"PK\x03\x04 garbage")
    about = IngestOptions(provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1))
    ingest(home, [str(folder)], about)
    assert run(home, "1") == 0
    first, second = Pool(home).batches()
    assert [file.name for file in second.refused] == ["账户信息.xlsx"] and second.refused == first.refused


def test_who_is_not_on_the_roll_rereads_nothing(home: Path) -> None:
    with pytest.raises(UnknownActorError, match="没有操作人“某人”"):
        run(home, "1", "--actor", "某人")
    assert Pool(home).state == 1
    assert acts(home) == []


def test_an_act_lost_in_a_crash_is_made_up_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = BatchWriter.commit

    def committed_then_killed(batch: BatchWriter, reason: str = "") -> None:
        commit(batch, reason)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BatchWriter, "commit", committed_then_killed)
        with pytest.raises(KeyboardInterrupt):
            run(home, "1")
    assert (Pool(home).state, acts(home)) == (2, [])
    run(home, "2")
    assert [(subject, payload) for _, subject, payload in acts(home)] == [
        ("b000002", {"replaces": "b000001", "files": 1, "made_up": True}),
        ("b000003", {"replaces": "b000002", "files": 1}),
    ]


def test_batches_of_an_earlier_version_are_read_from_the_folder_named(tmp_path: Path) -> None:
    capture.unpack(GOLDEN, tmp_path)
    home = tmp_path / "home"
    before = Pool(home).state
    with pytest.raises(GoldenKeyError, match="第 1 批次由较早的版本导入，没有记下原文件的位置"):
        run(home, "1")
    with pytest.raises(GoldenKeyError, match=r"第 1 批次的原文件不在“.*”：缺少“.*等 \d+ 个文件"):
        run(home, "1", str(tmp_path))
    for file in {file.name for file in Pool(home).batches()[0].files}:
        (tmp_path / "其他" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "其他" / file).write_text("改动过", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="与导入第 1 批次时的内容不同，未重读"):
        run(home, "1", str(tmp_path / "其他"))
    assert Pool(home).state == before
    assert acts(home) == []
