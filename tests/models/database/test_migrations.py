"""Revisions of the database: rows of every earlier form survive, the end is what is declared, a broken step is none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from made_ledger import write_run

from models.audit.verify import verify
from models.database import engine as database
from models.database.engine import HEAD, DatabaseError, database_url, open_database, writing
from models.database.migrations.versions import (
    r0001_ledger,
    r0002_leads,
    r0003_champions,
    r0004_verdicts,
    r0005_missed,
    r0006_score_of_case,
)
from models.database.tables import METADATA
from models.ledger.ledger import Ledger

STEPS = (r0001_ledger, r0002_leads, r0003_champions, r0004_verdicts, r0005_missed, r0006_score_of_case)
REVISIONS = [step.revision for step in STEPS]

TABLES_SINCE = {
    "r0001": {"actors", "tokens", "runs", "scores", "queues", "queue_items", "audit", "audit_head"},
    "r0002": {"lead_openings", "leads"},
    "r0003": {"champions", "approvals"},
    "r0004": {"audit_samples", "audit_reasons", "verdict_filings", "verdicts", "findings"},
    "r0005": set(),
    "r0006": set(),
}
"""Tables that came with each revision, from the history of releases."""

ALLOWED = {"kind": "service", "why": "rollback", "verdict": "误导"}
STATES = {"leads": "已推送", "approvals": "void", "findings": "closed"}
"""Words of columns whose values are few."""

Rows = dict[str, list[dict[str, Any]]]


def migrate(url: sa.URL, revision: str, down: bool = False) -> None:
    """Bring a database to a revision, as the program does on opening it."""
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    engine = database._engine(url)
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
    engine.dispose()


def reflected(engine: sa.Engine) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(engine)
    found.remove(found.tables["alembic_version"])
    return found


def sample(table: sa.Table, column: sa.Column[Any]) -> Any:
    """A value that a mistaken conversion would change: texts with quotes, numbers beyond a double, bytes with zeros."""
    if column.name in ALLOWED:
        return ALLOWED[column.name]
    if column.name == "state":
        return STATES[table.name]
    if isinstance(column.type, sa.Date):
        return date(2024, 2, 29)
    if isinstance(column.type, sa.LargeBinary):
        return b"\x00\xff'\n"
    if isinstance(column.type, sa.Boolean):
        return True
    if isinstance(column.type, sa.BigInteger):
        return 2**53 + 1
    if isinstance(column.type, sa.Integer):
        return 7
    if isinstance(column.type, sa.Float):
        return 0.1 + 0.2
    return ("甲'\"%" + column.name)[: getattr(column.type, "length", None) or 200]


def fill(engine: sa.Engine) -> Rows:
    """One row in every table but those the program fills itself, parents first; and what then stands in all of them."""
    tables = reflected(engine)
    made: dict[str, dict[str, Any]] = {}
    with writing(engine) as connection:
        for table in tables.sorted_tables:
            if table.name == "audit_head":
                continue
            row = {column.name: sample(table, column) for column in table.columns}
            for key in table.foreign_keys:
                row[key.parent.name] = made[key.column.table.name][key.column.name]
            made[table.name] = row
            connection.execute(table.insert(), row)
    return stored(engine)


def stored(engine: sa.Engine) -> Rows:
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in reflected(engine).sorted_tables
        }


def described(engine: sa.Engine) -> dict[str, Any]:
    """Everything the database says of its tables, in an order of its own."""
    inspector = sa.inspect(engine)
    found = {}
    for name in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        columns = {row["name"]: (str(row["type"]), row["nullable"]) for row in inspector.get_columns(name)}
        parts = [
            inspector.get_foreign_keys(name),
            inspector.get_indexes(name),
            inspector.get_unique_constraints(name),
            inspector.get_check_constraints(name),
        ]
        found[name] = (
            columns,
            inspector.get_pk_constraint(name),
            *(sorted(map(str, part)) for part in parts),
        )
    return found


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sa.URL:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    return database_url(tmp_path)


@pytest.fixture
def engine(url: sa.URL) -> Iterator[sa.Engine]:
    made = database._engine(url)
    yield made
    made.dispose()


def test_the_revisions_are_one_line_up_to_the_newest() -> None:
    assert [step.down_revision for step in STEPS] == [None, *REVISIONS[:-1]]
    assert REVISIONS[-1] == HEAD
    assert all(step.__name__.rpartition(".")[2].startswith(step.revision + "_") for step in STEPS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_an_earlier_form_survive_the_opening(
    url: sa.URL, engine: sa.Engine, tmp_path: Path, revision: str
) -> None:
    migrate(url, revision)
    known = set().union(*(TABLES_SINCE[one] for one in REVISIONS[: REVISIONS.index(revision) + 1]))
    assert set(reflected(engine).tables) == known
    before = fill(engine)
    assert all(before[name] for name in known)
    open_database(tmp_path).dispose()
    after = stored(engine)
    for name, rows in before.items():
        added = {column: None for column in after[name][0] if column not in rows[0]}
        assert after[name] == [row | added for row in rows], name
        assert set(added) == ({"missed"} if name == "scores" and revision < "r0005" else set())
    assert all(not rows for name, rows in after.items() if name not in before)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.parametrize("revision", [None, *REVISIONS])
def test_from_wherever_it_starts_the_end_is_what_is_declared(
    url: sa.URL, engine: sa.Engine, tmp_path: Path, revision: str | None
) -> None:
    if revision is not None:
        migrate(url, revision)
    open_database(tmp_path).dispose()
    declared = sa.create_engine("sqlite://")
    METADATA.create_all(declared)
    assert described(engine) == described(declared)
    declared.dispose()


def test_what_a_column_forbids_is_forbidden_after_all_steps(url: sa.URL, engine: sa.Engine) -> None:
    migrate(url, "r0001")
    fill(engine)
    migrate(url, HEAD)
    wrong = (
        "UPDATE actors SET kind = 'robot'",
        "UPDATE tokens SET actor = 'nobody'",
        "UPDATE scores SET probability = NULL",
        "UPDATE queue_items SET score_id = 'S0'",
        "INSERT INTO runs SELECT 'R2', as_of, pool_state, model_version, catalogue_version, fingerprint, columns_json, "
        "rows, digest, created FROM runs",
    )
    for statement in wrong:
        with pytest.raises(sa.exc.IntegrityError), writing(engine) as connection:
            connection.exec_driver_sql(statement)


def test_a_ledger_of_the_form_before_the_last_still_verifies(url: sa.URL, tmp_path: Path) -> None:
    """A ledger the program itself filled, taken back to the form that had no `missed`, and opened again."""
    with Ledger(tmp_path) as ledger:
        run = write_run(ledger)
        scores, head = ledger.scores(run.run_id), verify(ledger).head
    migrate(url, "r0004", down=True)
    with Ledger(tmp_path) as ledger:
        again = ledger.scores(run.run_id)
        assert again["missed"].isna().all()
        assert again.equals(scores)
        assert ledger.run(run.run_id) == run
        found = verify(ledger)
        assert (found.sound, found.head) == (True, head)


def test_a_step_that_fails_leaves_the_form_before_it_with_its_rows(
    url: sa.URL, engine: sa.Engine, tmp_path: Path
) -> None:
    migrate(url, "r0001")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE champions (x)")
    before, form = fill(engine), described(engine)
    with pytest.raises(DatabaseError, match="champions"):
        open_database(tmp_path)
    assert (stored(engine), described(engine)) == (before, form)
    assert database._revision(engine) == "r0001"
    with writing(engine) as connection:
        connection.exec_driver_sql("DROP TABLE champions")
    open_database(tmp_path).dispose()
    assert database._revision(engine) == HEAD


def test_several_programs_that_open_an_old_database_at_once_upgrade_it_once(
    url: sa.URL, engine: sa.Engine, tmp_path: Path
) -> None:
    migrate(url, "r0001")
    before = fill(engine)
    with ThreadPoolExecutor(4) as several:
        for opened in list(several.map(lambda _: open_database(tmp_path), range(4))):
            opened.dispose()
    after = stored(engine)
    assert {name: len(after[name]) for name in before} == {name: len(rows) for name, rows in before.items()}
    assert database._revision(engine) == HEAD
