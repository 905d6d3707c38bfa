"""The same ledger on a real PostgreSQL, started here as an unprivileged user; left out where none is installed."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from made_leads import lead
from made_ledger import AS_OF, write_queue, write_run
from made_registry import enrol, gate, promoted, register_all
from sqlalchemy import create_engine, text

from features.errors import GoldenKeyError
from models.audit.verify import verify
from models.database import engine as database
from models.database.engine import HEAD, reading, writing
from models.database.tables import METADATA
from models.feedback import lead_decisions
from models.feedback.clue_issues import CORRECTED, close_finding, findings
from models.feedback.reason_samples import SampledReason, SampleRequest, draw_sample, sample_reasons, write_sample
from models.feedback.verdicts import ReasonVerdict, agreement, file_verdicts
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from models.registry import champion, registry
from models.registry.promotion import PromotionError, promote, reconcile, rollback

BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))

pytest.importorskip("psycopg")
pytestmark = pytest.mark.skipif(not (BIN / "initdb").exists(), reason="PostgreSQL is not installed")


_ICU = ("--locale-provider=icu", "--icu-locale=zh-CN")
"""An office's server sorts text its own way; nothing may depend on the order of bytes."""


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
    _run(folder, str(BIN / "initdb"), "-D", data, "-U", "goldenkey", "-A", "trust", "-E", "UTF8", "--no-sync", *_ICU)
    options = f"-p {port} -h 127.0.0.1 -k {folder} -F"
    _run(folder, str(BIN / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://goldenkey@127.0.0.1:{port}/postgres"
    finally:
        _run(folder, str(BIN / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        time.sleep(0.1)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home with three registered models, without any database of its own."""
    home = tmp_path_factory.mktemp("registered") / "home"
    return home, register_all(home)


@pytest.fixture
def throne(ledger: Ledger, registered: tuple[Path, list[str]]) -> list[str]:
    """Versions of three models in the ledger's home, all trained by 训练员."""
    shutil.copytree(registered[0], ledger.home, dirs_exist_ok=True)
    enrol(ledger)
    return registered[1]


@pytest.fixture
def clean(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's database, empty before and after, as the operational one."""
    monkeypatch.setenv("GOLDENKEY_DATABASE", url)
    yield
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def ledger(clean: None, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path) as opened:
        yield opened


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
    found = verify(ledger)
    assert found.sound, found.problems
    assert found.entries == 41


def _decide(home: Path, name: str, gate: Any, found: Any) -> None:
    with Ledger(home) as ledger:
        gate.wait()
        try:
            found.put((name, lead_decisions.decide(ledger, lead().id, lead_decisions.Decision("有效", 0), name).actor))
        except lead_decisions.ConflictError as error:
            found.put((name, str(error)))


def test_of_two_people_deciding_at_once_one_is_told(ledger: Ledger) -> None:
    for name in ("甲", "乙"):
        ledger.add_actor(name, "person", "system")
    lead_decisions.record_opening(ledger, [lead()], date(2023, 12, 31), 1, "v1", "system")
    context = multiprocessing.get_context("spawn")
    gate, found = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_decide, args=(ledger.home, name, gate, found)) for name in ("甲", "乙")]
    for worker in workers:
        worker.start()
    answers = dict(found.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    (first,) = [name for name, answer in answers.items() if answer == name]
    (second,) = set(answers) - {first}
    assert f"已由{first}于" in answers[second]
    assert lead_decisions.read_lead(ledger, lead().id).version == 1
    assert verify(ledger).sound


WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def at_once(ledger: Ledger, *acts: Callable[[Ledger], Any]) -> list[Any]:
    """What comes of acts that all stand in line, each on a connection of its own, before the first may write."""
    found: list[Any] = [None] * len(acts)

    def work(place: int, opened: Ledger) -> None:
        try:
            found[place] = acts[place](opened)
        except GoldenKeyError as error:
            found[place] = str(error)
        finally:
            opened.close()

    threads = [threading.Thread(target=work, args=(place, Ledger(ledger.home))) for place in range(len(acts))]
    with writing(ledger.engine), ledger.engine.connect() as watching:
        for thread in threads:
            thread.start()
        for _ in range(600):
            if watching.execute(text(WAITING)).scalar() == len(acts):
                break
            time.sleep(0.05)
        else:
            raise AssertionError("the acts never stood in line")
    for thread in threads:
        thread.join()
    return found


def test_two_people_promote_one_takes_it_back_and_history_knows(ledger: Ledger, throne: list[str]) -> None:
    first, second = throne[1:]
    gate(ledger, first)
    promote(ledger, first, "甲")
    for by, why in (
        ("训练员", "训练者不能批准"),
        ("甲", "须由另一人"),
        ("夜间服务", "不是自然人"),
        ("无名", "名册中没有"),
    ):
        with pytest.raises(PromotionError, match=why):
            promote(ledger, first, by)
    assert champion.find_champion(ledger.home, ledger.engine) is None
    assert promote(ledger, first, "乙").tenure is not None
    gate(ledger, second, "fail", first)
    with pytest.raises(PromotionError, match="未通过"):
        promote(ledger, second, "甲")
    promoted(ledger, second, first)
    assert registry.current_version(ledger.home) == second
    made = rollback(ledger, "丙", "线索命中骤降")
    assert (made.version, made.replaced, made.second_by) == (first, second, None)
    assert reconcile(ledger).restored == ()
    with reading(ledger.engine) as connection:
        tenures = champion.tenures(connection)
    assert [one.version for one in champion.tenures_on_day(tenures, date.today())] == [first, second, first]
    assert [one.version for one in champion.tenures_on_day(tenures, date.today() + timedelta(days=2))] == [first]
    assert tenures[0].report_digests["gate"] == tenures[0].gate_sha256
    assert verify(ledger).sound


def test_rows_of_the_champion_changed_behind_our_back_are_told(ledger: Ledger, throne: list[str]) -> None:
    promoted(ledger, throne[1])
    assert verify(ledger).sound
    with writing(ledger.engine) as connection:
        connection.execute(text("UPDATE champions SET second_by = '丙'"))
    assert not verify(ledger).sound


def test_two_people_approving_at_once_are_two_approvals_and_one_champion(ledger: Ledger, throne: list[str]) -> None:
    gate(ledger, throne[1])
    done = at_once(ledger, *(lambda own, by=by: promote(own, throne[1], by) for by in ("甲", "乙")))
    assert sorted(one.tenure is None for one in done) == [False, True]
    with reading(ledger.engine) as connection:
        (tenure,) = champion.tenures(connection)
        assert {one.actor for one in champion.all_approvals(connection)} == {"甲", "乙"}
    assert {tenure.first_by, tenure.second_by} == {"甲", "乙"}
    assert verify(ledger).sound


def test_one_person_twice_at_once_is_one_approval(ledger: Ledger, throne: list[str]) -> None:
    gate(ledger, throne[1])
    done = at_once(ledger, *[lambda own: promote(own, throne[1], "甲")] * 2)
    assert [one for one in done if isinstance(one, str) and "须由另一人" in one]
    assert champion.find_champion(ledger.home, ledger.engine) is None
    assert verify(ledger).sound


def test_of_two_models_promoted_at_once_the_later_is_held_against_the_new_champion(
    ledger: Ledger, throne: list[str]
) -> None:
    for version in throne[1:]:
        gate(ledger, version)
        promote(ledger, version, "甲")
    done = at_once(ledger, *(lambda own, version=version: promote(own, version, "乙") for version in throne[1:]))
    (refused,) = [one for one in done if isinstance(one, str)]
    assert "请重新运行 retrain" in refused
    with reading(ledger.engine) as connection:
        assert len(champion.tenures(connection)) == 1
    assert verify(ledger).sound


def test_two_people_rolling_back_at_once_go_back_once(ledger: Ledger, throne: list[str]) -> None:
    for version, against in zip(throne, (None, *throne), strict=False):
        promoted(ledger, version, against)
    done = at_once(ledger, *(lambda own, by=by: rollback(own, by, "骤降") for by in ("甲", "丙")))
    (refused,) = [one for one in done if isinstance(one, str)]
    assert "回退未进行" in refused
    assert registry.current_version(ledger.home) == throne[1]
    assert verify(ledger).sound


def sampled(ledger: Ledger) -> str:
    """A recorded sample of four served explanations with two reasons each."""
    ids = ledger.scores(write_run(ledger).run_id)["score_id"].tolist()
    for score_id in ids[:4]:
        ledger.record("system", "explanation.serve", score_id, {"score_ids": [score_id]})
    drawn = draw_sample(ledger, SampleRequest(size=4, seed=5))
    asked = [
        SampledReason(score_id, place, f"案{score_id}", AS_OF, "m1", f"C{place}" if place else "", "疑似", "提高", "行")
        for score_id in drawn.score_ids
        for place in range(3)
    ]
    return write_sample(ledger, drawn.sample, asked, "system").sample_id


def sheet(ledger: Ledger, sample_id: str, misleading: int, note: str = "说明") -> list[ReasonVerdict]:
    """A whole sheet whose first reasons are judged misleading."""
    asked = [reason for reason in sample_reasons(ledger, sample_id) if reason.place]
    return [
        ReasonVerdict(one.score_id, one.place, one.clue, "误导" if at < misleading else "有据", note, "复核员", AS_OF)
        for at, one in enumerate(asked)
    ]


def test_a_corrected_sheet_closes_what_the_first_opened(ledger: Ledger) -> None:
    sample_id = sampled(ledger)
    first = file_verdicts(ledger, sample_id, sheet(ledger, sample_id, 2), "system")
    assert (first.filing, first.opened) == (1, 2)
    assert not file_verdicts(ledger, sample_id, sheet(ledger, sample_id, 2), "system").new
    again = file_verdicts(ledger, sample_id, sheet(ledger, sample_id, 1), "system")
    assert (again.filing, again.closed) == (2, 1)
    assert [row["resolution"] for row in findings(ledger, "closed")] == [CORRECTED]
    found = agreement(ledger, "m1")
    assert (found["overall"]["judged"], found["overall"]["supported"]) == (8, 7)
    assert found["open_findings"] == {findings(ledger, "open")[0]["clue"]: 1}
    with pytest.raises(UnknownActorError):
        file_verdicts(ledger, sample_id, sheet(ledger, sample_id, 0), "无名")
    assert verify(ledger).sound


def test_two_sheets_of_one_sample_at_once_are_both_kept(ledger: Ledger) -> None:
    sample_id = sampled(ledger)
    sheets = [sheet(ledger, sample_id, count, note) for count, note in ((2, "甲见"), (1, "乙见"))]
    done = at_once(ledger, *(lambda own, one=one: file_verdicts(own, sample_id, one, "system") for one in sheets))
    assert sorted(one.filing for one in done) == [1, 2]
    last = sheets[next(place for place, one in enumerate(done) if one.filing == 2)]
    assert {row["note"] for row in findings(ledger, "open")} == {last[0].note}
    assert len(findings(ledger, "open")) == sum(one.verdict == "误导" for one in last)
    assert verify(ledger).sound


def test_the_same_sheet_twice_at_once_is_one(ledger: Ledger) -> None:
    sample_id = sampled(ledger)
    one = sheet(ledger, sample_id, 1)
    done = at_once(ledger, *[lambda own: file_verdicts(own, sample_id, one, "system")] * 2)
    assert sorted(filing.new for filing in done) == [False, True]
    assert verify(ledger).sound


def test_of_two_people_closing_a_finding_at_once_one_is_told(ledger: Ledger) -> None:
    sample_id = sampled(ledger)
    file_verdicts(ledger, sample_id, sheet(ledger, sample_id, 1), "system")
    (finding,) = findings(ledger, "open")
    said = ("改了句子", "删了线索")
    done = at_once(
        ledger, *(lambda own, word=word: close_finding(own, finding["finding_id"], word, "system") for word in said)
    )
    assert [one for one in done if isinstance(one, str) and "已经关闭" in one]
    assert verify(ledger).sound


def test_the_same_run_written_twice_at_once_is_one(ledger: Ledger) -> None:
    one, two = at_once(ledger, write_run, write_run)
    assert one.run_id == two.run_id
    assert verify(ledger).sound


def test_every_revision_runs_from_empty_and_ends_at_what_is_declared(url: str, clean: None) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    steps = [step.revision for step in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]
    assert (steps[0], steps[-1]) == ("r0001", HEAD)
    engine = create_engine(url)
    for step in steps:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, step)
            assert MigrationContext.configure(connection).get_current_revision() == step
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_two_programs_that_find_it_empty_make_it_once(clean: None, tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def opened(name: str) -> None:
        try:
            Ledger(tmp_path / name).close()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=opened, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with Ledger(tmp_path / "c") as ledger:
        assert verify(ledger).entries == 1
