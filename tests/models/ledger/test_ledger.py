"""The ledger: what is written stands, together with its act, once; what is changed outside it is found."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from made_ledger import AS_OF, write_queue, write_run
from sqlalchemy import text

from features.errors import GoldenKeyError, NotFoundError
from models.audit.verify import verify
from models.database.engine import DatabaseError, open_database, writing
from models.database.tables import METADATA
from models.ledger.actors import AccessError
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    with Ledger(tmp_path) as opened:
        yield opened


def execute(ledger: Ledger, statement: str, **values: object) -> None:
    with writing(ledger.engine) as connection:
        connection.execute(text(statement), values)


def acts(ledger: Ledger) -> list[str]:
    with ledger.engine.connect() as connection:
        return list(connection.execute(text("SELECT act FROM audit ORDER BY seq")).scalars())


def test_the_migrated_database_is_the_declared_one(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_opening_again_needs_no_alembic(ledger: Ledger) -> None:
    code = (
        "import sys; from pathlib import Path; from models.ledger.ledger import Ledger\n"
        "Ledger(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, ledger.home], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_newer_database_is_refused_in_a_sentence(ledger: Ledger) -> None:
    execute(ledger, "UPDATE alembic_version SET version_num = 'r9999'")
    with pytest.raises(DatabaseError, match="更新版本"):
        Ledger(ledger.home)


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "postgresql+psycopg://nobody@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GOLDENKEY_DATABASE", url)
    with pytest.raises(DatabaseError, match=r"。$"):
        open_database(tmp_path)


def test_scores_come_back_bit_for_bit(ledger: Ledger) -> None:
    run = write_run(ledger)
    frame = ledger.scores(run.run_id)
    one = ledger.score(frame["score_id"].iloc[0])
    assert len(frame) == run.rows == 20
    assert np.isnan(one.values[0])
    assert one.values.tobytes()[8:] == np.array(one.values).astype("<f8").tobytes()[8:]
    expected = np.random.default_rng(7).normal(size=(20, 6))
    assert one.values[1:].tolist() == expected[0, 1:].tolist()
    assert one.margin == frame["margin"].iloc[0]


def test_the_same_run_is_written_once(ledger: Ledger) -> None:
    first, again = write_run(ledger), write_run(ledger)
    assert first == again
    assert acts(ledger).count("score.run") == 1
    assert ledger.find_run(AS_OF, 3, "m1", "c1") == first
    assert ledger.find_run(AS_OF, 4, "m1", "c1") is None
    assert write_run(ledger, model="m2").run_id != first.run_id
    assert (ledger.latest_run() or first).model_version == "m2"


def test_a_queue_keeps_every_eligible_episode(ledger: Ledger) -> None:
    run = write_run(ledger)
    queue = write_queue(ledger, run)
    items = ledger.queue_items(queue.queue_id)
    assert len(items) == queue.eligible == 20
    assert items["inclusion"].sum() == pytest.approx(queue.listed)
    assert write_queue(ledger, run) == queue
    assert write_queue(ledger, run, seed=12).queue_id != queue.queue_id
    assert ledger.latest_queue("339901", AS_OF) is not None
    assert ledger.latest_queue("339902") is None


def test_an_unknown_or_inactive_actor_writes_nothing(ledger: Ledger) -> None:
    for name in ("无名", "离任"):
        if name == "离任":
            ledger.add_actor(name, "person", "system")
            ledger.set_active(name, False, "system")
        before = acts(ledger)
        with pytest.raises(UnknownActorError, match=name):
            write_run(ledger, actor=name)
        with pytest.raises(UnknownActorError):
            ledger.record(name, "look", "x", {})
        assert ledger.latest_run() is None
        assert acts(ledger) == before


def test_unknown_things_are_not_found(ledger: Ledger) -> None:
    for ask in (lambda: ledger.score("S0"), lambda: ledger.run("R0"), lambda: ledger.revoke_token("0" * 12, "system")):
        with pytest.raises(NotFoundError):
            ask()


def test_a_token_is_shown_once_and_kept_as_a_hash(ledger: Ledger) -> None:
    ledger.add_actor("王检察官", "person", "system")
    token = ledger.issue_token("王检察官", "system", office="3399", days=30)
    bearer = ledger.authenticate(token)
    assert (bearer.actor, bearer.office) == ("王检察官", "3399")
    assert bearer.reaches("339901")
    assert not bearer.reaches("33")
    ledger.close()
    assert token.encode() not in b"".join(path.read_bytes() for path in ledger.home.glob("operational.db*"))


@pytest.mark.parametrize("how", ["wrong", "revoked", "expired", "disabled"])
def test_a_token_no_longer_valid_is_refused(ledger: Ledger, how: str) -> None:
    ledger.add_actor("甲", "person", "system")
    token = ledger.issue_token("甲", "system")
    if how == "wrong":
        token += "x"
    elif how == "revoked":
        assert ledger.revoke_token(ledger.tokens()[0]["sha256"][:12], "system") == 1
    elif how == "expired":
        execute(ledger, "UPDATE tokens SET expires = :day", day=str(date.today() - timedelta(days=1)))
    else:
        ledger.set_active("甲", False, "system")
    with pytest.raises(AccessError):
        ledger.authenticate(token)


@pytest.mark.parametrize(("office", "days"), [("浙江", 5), ("3399011", 5), ("3399", 0)])
def test_a_token_out_of_range_is_refused(ledger: Ledger, office: str, days: int) -> None:
    with pytest.raises(GoldenKeyError):
        ledger.issue_token("system", "system", office=office, days=days)


def test_an_untouched_ledger_verifies(ledger: Ledger) -> None:
    write_queue(ledger, write_run(ledger))
    ledger.add_actor("甲", "person", "system")
    ledger.issue_token("甲", "system")
    ledger.set_active("甲", False, "system")
    found = verify(ledger)
    assert found.sound, found.problems
    assert found.entries == len(acts(ledger)) == 6
    assert verify(ledger, expected_head=found.head).sound
    assert not verify(ledger, expected_head="0" * 64).sound


TAMPERING: dict[tuple[int | None, str], list[str]] = {
    (2, "已被改动"): [
        "UPDATE scores SET probability = 0.99 WHERE score_id = (SELECT min(score_id) FROM scores)",
        "UPDATE scores SET row_values = zeroblob(48) WHERE score_id = (SELECT max(score_id) FROM scores)",
        "UPDATE scores SET probability = 0.99, row_sha256 = 'x'",
    ],
    (2, "第 2 条"): ["UPDATE runs SET model_version = 'm9'"],
    (3, "入选概率"): [
        "UPDATE queue_items SET inclusion = 0.5 WHERE listed",
        "DELETE FROM queue_items WHERE NOT listed",
    ],
    (3, "第 3 条"): ["UPDATE queues SET seed = '5'"],
    (3, "哈希不符"): ["UPDATE audit SET actor = '甲' WHERE seq = 3"],
    (2, "哈希不符"): ["UPDATE audit SET payload = '{}' WHERE seq = 2"],
    (3, "缺少第 3 条"): ["DELETE FROM audit WHERE seq = 3"],
    (4, "末尾缺少"): ["DELETE FROM audit WHERE seq >= 4"],
    (4, "甲"): ["UPDATE actors SET active = false WHERE name = '甲'"],
    (None, "乙"): ["INSERT INTO actors VALUES ('乙', 'person', true, 'x')"],
    (5, "令牌"): [
        "UPDATE tokens SET office = ''",
        "DELETE FROM tokens",
    ],
}
"""Statements that change rows, by the entry of the audit chain and a word of the sentence that reports them."""


@pytest.mark.parametrize(
    ("statement", "seq", "found"),
    [(statement, *reported) for reported, statements in TAMPERING.items() for statement in statements],
)
def test_tampering_is_reported_with_the_entry_it_concerns(
    ledger: Ledger, statement: str, seq: int | None, found: str
) -> None:
    write_queue(ledger, write_run(ledger))
    ledger.add_actor("甲", "person", "system")
    ledger.issue_token("甲", "system", office="3399")
    execute(ledger, statement)
    problems = verify(ledger).problems
    assert any(problem.seq == seq and found in problem.sentence for problem in problems), problems


def test_scores_rewritten_with_their_digests_are_still_detected(ledger: Ledger) -> None:
    from models.ledger.records import score_digest

    write_run(ledger)
    with writing(ledger.engine) as connection:
        connection.execute(text("UPDATE scores SET level = '低'"))
        for row in connection.execute(text("SELECT * FROM scores")).mappings().all():
            new = {"digest": score_digest(dict(row)), "id": row["score_id"]}
            connection.execute(text("UPDATE scores SET row_sha256 = :digest WHERE score_id = :id"), new)
    problems = verify(ledger).problems
    assert [problem.seq for problem in problems] == [2]
    assert "连同其校验值" in problems[0].sentence


def _acts_of_one(home: Path, name: str, count: int) -> None:
    with Ledger(home) as ledger:
        for number in range(count):
            ledger.record("system", "look", f"{name}-{number}", {"n": number})


def test_two_writers_keep_one_chain(ledger: Ledger) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_acts_of_one, args=(ledger.home, name, 25)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert acts(ledger).count("look") == 50
    assert verify(ledger).sound


def test_a_crash_between_act_and_entry_leaves_neither(ledger: Ledger) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from models.ledger import ledger as l\n"
        "l.append_act = lambda *found: os._exit(9)\n"
        "from made_ledger import write_run\n"
        "write_run(l.Ledger(Path(sys.argv[1])))\n"
    )
    root = Path(__file__).parents[3]
    paths = os.pathsep.join(map(str, (root, root / "tests" / "helpers")))
    environ = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code, ledger.home], env=environ, capture_output=True)
    assert done.returncode == 9, done.stderr
    assert ledger.latest_run() is None
    assert verify(ledger).sound


def test_many_scores_at_once_are_one_act(ledger: Ledger) -> None:
    run = write_run(ledger, size=3000, columns=40)
    assert acts(ledger) == ["actor.add", "score.run"]
    assert len(ledger.scores(run.run_id)) == 3000
    assert verify(ledger).sound


def test_scores_of_chosen_cases_and_offices(ledger: Ledger) -> None:
    run = write_run(ledger, size=1200)
    wanted = ledger.scores(run.run_id)["case_no"].tolist()
    pd.testing.assert_frame_equal(ledger.scores(run.run_id, wanted), ledger.scores(run.run_id))
    assert len(ledger.scores(run.run_id, wanted[:3])) == 3
    assert len(ledger.scores(run.run_id, office="3399")) == 1200
    assert ledger.scores(run.run_id, office="3398").empty
