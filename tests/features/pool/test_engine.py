"""The DuckDB instance of a process: sessions keep apart what is theirs, and a broken instance is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from features.pool import engine
from features.pool.engine import open_session

ROOT = Path(__file__).resolve().parents[3]


def number(session: Any, query: str) -> int:
    return int(session.raw_sql(query).fetchone()[0])


def test_each_session_has_tables_and_macros_of_its_own(tmp_path: Path) -> None:
    one, two = open_session(tmp_path), open_session(tmp_path)
    one.raw_sql("CREATE TEMP TABLE t AS SELECT 1 AS n")
    two.raw_sql("CREATE TEMP TABLE t AS SELECT 2 AS n")
    one.raw_sql("CREATE TEMP MACRO mine() AS 1")
    assert (number(one, "SELECT n FROM t"), number(two, "SELECT n FROM t"), number(one, "SELECT mine()")) == (1, 2, 1)
    with pytest.raises(duckdb.CatalogException):
        two.raw_sql("SELECT mine()")
    one.disconnect()
    assert number(two, "SELECT n FROM t") == 2
    two.disconnect()
    three = open_session(tmp_path)
    with pytest.raises(duckdb.CatalogException):
        three.raw_sql("SELECT n FROM t")
    three.disconnect()


def test_the_macros_of_the_pool_are_known_to_every_session(tmp_path: Path) -> None:
    for _ in range(2):
        session = open_session(tmp_path)
        assert session.raw_sql("SELECT goldenkey_account('9900 1234-5678 9012')").fetchone()[0] == "9900123456789012"
        session.disconnect()


def test_a_broken_instance_is_replaced_and_so_is_one_under_another_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_session(tmp_path).disconnect()
    engine._INSTANCES[os.getpid()].connection.close()
    session = open_session(tmp_path)
    assert number(session, "SELECT 1") == 1
    session.disconnect()
    monkeypatch.setenv("GOLDENKEY_THREADS", "3")
    session = open_session(tmp_path)
    assert number(session, "SELECT current_setting('threads')") == 3
    session.disconnect()


def test_a_forked_child_asks_an_instance_of_its_own(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from features.pool.engine import open_session\n"
        "root = Path(sys.argv[1]); sum_of = 'SELECT sum(i) FROM range(1000000) t(i)'\n"
        "open_session(root).raw_sql(sum_of)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(open_session(root).raw_sql(sum_of).fetchone()[0] != 499999500000)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
