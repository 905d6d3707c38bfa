"""The same ledger on a real PostgreSQL, started here as an unprivileged user; left out where none is installed."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_leads import lead
from made_ledger import write_queue, write_run
from sqlalchemy import text

from models import leads
from models.audit import UnknownActorError
from models.ledger import Ledger
from models.operational import writing
from models.verification import verify

BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))

pytest.importorskip("psycopg")
pytestmark = pytest.mark.skipif(not (BIN / "initdb").exists(), reason="PostgreSQL is not installed")


def _unprivileged() -> str | None:
    if os.getuid() != 0:
        return None
    return next((name for name in ("postgres", "nobody") if any(row.pw_name == name for row in pwd.getpwall())), None)


def _run(folder: Path, *command: str) -> None:
    user = _unprivileged()
    subprocess.run(command, user=user, cwd=folder, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="goldenkey-pg-"))
    if user := _unprivileged():
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    _run(folder, str(BIN / "initdb"), "-D", data, "-U", "goldenkey", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -F"
    _run(folder, str(BIN / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://goldenkey@127.0.0.1:{port}/postgres"
    finally:
        _run(folder, str(BIN / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        time.sleep(0.1)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def ledger(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("GOLDENKEY_DATABASE", url)
    with Ledger(tmp_path) as opened:
        yield opened
        with writing(opened.engine) as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))


def test_what_is_written_verifies_and_what_is_changed_is_told(ledger: Ledger) -> None:
    queue = write_queue(ledger, write_run(ledger))
    token = ledger.issue_token("system", "system", office="3399")
    assert ledger.authenticate(token).office == "3399"
    assert len(ledger.queue_items(queue.queue_id)) == 20
    assert verify(ledger).sound
    with writing(ledger.engine) as connection:
        connection.execute(text("UPDATE scores SET margin = margin + 1e-12"))
    assert [problem.seq for problem in verify(ledger).problems] == [2]


def test_an_unknown_actor_writes_nothing(ledger: Ledger) -> None:
    with pytest.raises(UnknownActorError):
        write_run(ledger, actor="无名")
    assert ledger.latest_run() is None


def _acts_of_one(home: Path, name: str) -> None:
    with Ledger(home) as ledger:
        for number in range(20):
            ledger.record("system", "look", f"{name}-{number}", {})


def test_two_writers_keep_one_chain(ledger: Ledger) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_acts_of_one, args=(ledger.home, name)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    told = verify(ledger)
    assert told.sound, told.problems
    assert told.entries == 41


def _decide(home: Path, name: str, gate: Any, told: Any) -> None:
    with Ledger(home) as ledger:
        gate.wait()
        try:
            told.put((name, leads.decide(ledger, lead().id, leads.Decision("有效", 0), name).actor))
        except leads.TakenError as error:
            told.put((name, str(error)))


def test_of_two_people_deciding_at_once_one_is_told(ledger: Ledger) -> None:
    for name in ("甲", "乙"):
        ledger.add_actor(name, "person", "system")
    leads.record(ledger, [lead()], date(2023, 12, 31), 1, "v1", "system")
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_decide, args=(ledger.home, name, gate, told)) for name in ("甲", "乙")]
    for worker in workers:
        worker.start()
    answers = dict(told.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    (first,) = [name for name, answer in answers.items() if answer == name]
    (second,) = set(answers) - {first}
    assert f"已由{first}于" in answers[second]
    assert leads.kept(ledger, lead().id).version == 1
    assert verify(ledger).sound
