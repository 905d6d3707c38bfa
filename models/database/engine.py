"""The operational database: its address, opening it at the newest schema revision, read and write transactions.

SQLite under the home folder by default (WAL, foreign keys); PostgreSQL when the setting GOLDENKEY_DATABASE names one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from features.errors import GoldenKeyError, NotFoundError

SETTING = "GOLDENKEY_DATABASE"
"""Environment variable with the database's URL; SQLite under the home folder when empty."""

HEAD = "r0006"
"""Newest revision under `migrations/versions`."""

WAIT_SECONDS = 30
"""How long a writer waits for the lock of another one."""

WRITE_LOCK = 4701
"""Number of the advisory lock that admits one writer at a time on PostgreSQL; SQLite has its own."""


class DatabaseError(GoldenKeyError):
    """The operational database cannot be reached or used."""

    http_status = 503


def database_url(home: Path) -> URL:
    """URL of the operational database of a home folder.

    Raises:
        DatabaseError: the setting is not the URL of a SQLite or PostgreSQL database.
    """
    address = os.environ.get(SETTING, "").strip()
    if not address:
        return URL.create("sqlite", database=str(Path(home) / "operational.db"))
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise DatabaseError(
            f"环境变量 {SETTING} 不是数据库地址，应形如 postgresql+psycopg://用户@主机/库名。"
        ) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseError(
            f"环境变量 {SETTING} 指定的数据库类型 {url.get_backend_name()} 不支持，应为 sqlite 或 postgresql。"
        )
    return url


def open_database(home: Path, url: URL | None = None, *, existing: bool = False) -> Engine:
    """Engine of the operational database, at the newest revision.

    Args:
        home: the home folder. url: the database, where it is not that of the home.
        existing: refuse a database that was never made instead of making it; nothing is written then.

    Raises:
        NotFoundError: `existing`, and there is none.
        DatabaseError: the database cannot be reached, or a newer program has changed it.
    """
    url = database_url(home) if url is None else url
    if url.get_backend_name() == "sqlite" and url.database:
        if existing and not Path(url.database).exists():
            raise _none_there(home, url)
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = _engine(url)
        if existing and not inspect(engine).has_table("alembic_version"):
            raise _none_there(home, url)
        if _revision(engine) != HEAD:
            _upgrade(home, engine)
    except (SQLAlchemyError, NoSuchModuleError, ImportError) as error:
        cause = getattr(error, "orig", None) or error
        detail = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        raise DatabaseError(f"业务库 {url.render_as_string(hide_password=True)} 无法打开（{detail}）。") from error
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read transaction: one consistent snapshot."""
    with engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: all of it is written or nothing.

    The write lock is taken at the start, so that what the transaction reads cannot change before it writes.

    Raises:
        DatabaseError: another writer held the lock for longer than `WAIT_SECONDS`.
    """
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(engine.execution_options(goldenkey_write=True).begin())
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK})
        except OperationalError as error:
            raise DatabaseError("业务库正被另一个程序占用，等待后仍不能写入；请稍后重试。") from error
        yield connection


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, pool_size=4)
    # A connection of SQLite costs less than a millisecond, and none is left open in a forked worker.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("goldenkey_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _none_there(home: Path, url: URL) -> NotFoundError:
    shown = url.render_as_string(hide_password=True)
    return NotFoundError(f"数据目录 {home} 还没有业务库（{shown}）：请核对 --home，或先登记操作人、评分。")


def _revision(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found
    except DBAPIError:
        return None


def _upgrade(home: Path, engine: Engine) -> None:
    """Bring the database to the newest revision."""
    # A process that finds its database at the newest revision never loads Alembic.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # A percent sign in a setting of Alembic begins an interpolation.
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    Path(home).mkdir(parents=True, exist_ok=True)
    with (Path(home) / ".operational.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise DatabaseError("业务库由更新版本的程序建立，本程序不能使用；请升级程序后再运行。") from error
