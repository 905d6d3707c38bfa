"""The ledger: runs, scores and queues, actors and tokens, in one database with its audit chain.

Every write is one transaction with its row of the audit chain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, insert, select
from sqlalchemy.engine import URL

from features.errors import NotFoundError
from models.database.engine import open_database, reading, writing
from models.database.tables import QUEUE_ITEMS, QUEUES, RUNS, SCORES
from models.ledger import actors
from models.ledger.actors import Bearer
from models.ledger.chain import append_act, check_actor, utc_now
from models.ledger.records import (
    Array,
    Queue,
    Run,
    Score,
    content_id,
    item_digest,
    item_rows,
    read_floats,
    run_digest,
    score_rows,
)

LIGHT = [column for column in SCORES.c if column.name not in ("row_values", "contributions", "row_sha256")]
"""Columns of a score without its matrix row."""

CHUNK = 500
"""Values per IN list: databases limit the parameters of one statement."""


class Ledger:
    """The ledger of a home folder. Use as a context manager, or `close` it.

    Args:
        home, url: as for `open_database`.
        existing: refuse a home without a database. For readers: a mistyped path would otherwise be created, and look
            like a ledger that is empty and intact.
    """

    def __init__(self, home: Path, url: URL | None = None, *, existing: bool = False) -> None:
        self.home = Path(home)
        self.engine = open_database(self.home, url, existing=existing)
        with reading(self.engine) as connection:
            known = actors.actors(connection)
        if not known:
            with writing(self.engine) as connection:
                actors.bootstrap(connection)

    def close(self) -> None:
        """Close the database connections."""
        self.engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # Actors and tokens

    def add_actor(self, name: str, kind: str, by: str) -> None:
        """Register an actor; see `actors.add_actor`."""
        with writing(self.engine) as connection:
            actors.add_actor(connection, name, kind, by)

    def set_active(self, name: str, active: bool, by: str) -> None:
        """Disable or enable an actor; see `actors.set_active`."""
        with writing(self.engine) as connection:
            actors.set_active(connection, name, active, by)

    def check_actor(self, name: str) -> None:
        """Refuse an actor who is not registered or not active before long work begins; UnknownActorError."""
        with reading(self.engine) as connection:
            check_actor(connection, name)

    def actors(self) -> list[dict[str, Any]]:
        """Every actor by name."""
        with reading(self.engine) as connection:
            return actors.actors(connection)

    def issue_token(self, actor: str, by: str, office: str = "", days: int = 365) -> str:
        """Make a token and return it; it is shown this once. See `actors.issue_token`."""
        with writing(self.engine) as connection:
            return actors.issue_token(connection, actor, office, days, by)

    def revoke_token(self, start: str, by: str) -> int:
        """Revoke tokens by the start of their hash; see `actors.revoke_token`."""
        with writing(self.engine) as connection:
            return actors.revoke_token(connection, start, by)

    def tokens(self) -> list[dict[str, Any]]:
        """Every token, without its text."""
        with reading(self.engine) as connection:
            return actors.tokens(connection)

    def authenticate(self, token: str) -> Bearer:
        """The actor and the office limit of a token; AccessError when it is not valid."""
        with reading(self.engine) as connection:
            return actors.authenticate(connection, token)

    def record(self, actor: str, act: str, subject: str, payload: Mapping[str, Any]) -> int:
        """Write an act that changes no other table (an export, a page view, a training) and return its number."""
        with writing(self.engine) as connection:
            return append_act(connection, actor, act, subject, payload)

    # Runs and scores

    def write_run(self, run: Run, scores: pd.DataFrame, values: pd.DataFrame, shares: Array, actor: str) -> Run:
        """Write a run with all its scores; where one of the same inputs is stored, return that and write nothing.

        Args:
            run: the inputs; id, digest, rows and time are filled in here.
            scores, values, shares: see `records.score_rows`.
            actor: who scores.

        Raises:
            UnknownActorError: nothing is written.
        """
        new_run = replace(
            run, run_id=content_id("R", run.as_of, run.pool_state, run.model_version, run.catalogue_version)
        )
        rows = score_rows(new_run, scores, values, shares)
        new_run = replace(
            new_run, rows=len(rows), digest=run_digest(row["row_sha256"] for row in rows), created=utc_now()
        )
        with writing(self.engine) as connection:
            if (earlier := _run(connection, select(RUNS).where(RUNS.c.run_id == new_run.run_id))) is not None:
                return earlier
            plain = {name: getattr(new_run, name) for name in Run.__slots__ if name != "columns"}
            connection.execute(insert(RUNS), plain | {"columns_json": json.dumps(new_run.columns, ensure_ascii=False)})
            if rows:
                connection.execute(insert(SCORES), rows)
            append_act(connection, actor, "score.run", new_run.run_id, new_run.as_payload())
        return new_run

    def find_run(self, as_of: date, pool_state: int, model_version: str, catalogue_version: str) -> Run | None:
        """The stored run of these inputs, or None."""
        return self._one(
            select(RUNS).where(
                RUNS.c.as_of == as_of,
                RUNS.c.pool_state == pool_state,
                RUNS.c.model_version == model_version,
                RUNS.c.catalogue_version == catalogue_version,
            )
        )

    def latest_run(self, as_of: date | None = None) -> Run | None:
        """The newest run of the latest `as_of` (or of the given one), or None."""
        query = select(RUNS).order_by(RUNS.c.as_of.desc(), RUNS.c.created.desc()).limit(1)
        return self._one(query if as_of is None else query.where(RUNS.c.as_of == as_of))

    def run(self, run_id: str) -> Run:
        """A run by id; NotFoundError when there is none."""
        found = self._one(select(RUNS).where(RUNS.c.run_id == run_id))
        if found is None:
            raise NotFoundError(f"评分台账中没有批次 {run_id}。")
        return found

    def scores(self, run_id: str, case_nos: Sequence[str] | None = None, office: str = "") -> pd.DataFrame:
        """Scores of a run by episode, without their matrix rows; amounts are nullable Int64 (分).

        Args:
            run_id: the run.
            case_nos: only these cases.
            office: only offices whose code begins with this.
        """
        base = select(*LIGHT).where(SCORES.c.run_id == run_id, SCORES.c.office.startswith(office, autoescape=True))
        wanted = [None] if case_nos is None else [case_nos[at : at + CHUNK] for at in range(0, len(case_nos), CHUNK)]
        rows: list[Any] = []
        with reading(self.engine) as connection:
            for chunk in wanted:
                query = base if chunk is None else base.where(SCORES.c.case_no.in_(chunk))
                rows += connection.execute(query).all()
        frame = pd.DataFrame(rows, columns=[column.name for column in LIGHT]).set_index("episode", drop=False)
        kinds = {"amount_fen": "Int64", "expected_fen": "Int64", "missed": "float64"}
        return frame.astype(kinds).sort_index(kind="stable")

    def score(self, score_id: str) -> Score:
        """One score with its matrix row and contributions; NotFoundError when there is none."""
        with reading(self.engine) as connection:
            row = connection.execute(select(SCORES).where(SCORES.c.score_id == score_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"评分台账中没有编号为 {score_id} 的评分。")
        plain = {column.name: row[column.name] for column in LIGHT}
        return Score(**plain, values=read_floats(row["row_values"]), contributions=read_floats(row["contributions"]))

    def values(self, run: Run, episodes: Sequence[str]) -> pd.DataFrame:
        """The matrix rows that a run scored, of some episodes in their order: index episode, the run's columns.

        Raises:
            KeyError: the run did not score one of them.
        """
        wanted = [episodes[at : at + CHUNK] for at in range(0, len(episodes), CHUNK)]
        found: dict[str, Array] = {}
        with reading(self.engine) as connection:
            for chunk in wanted:
                query = select(SCORES.c.episode, SCORES.c.row_values).where(SCORES.c.run_id == run.run_id)
                rows = connection.execute(query.where(SCORES.c.episode.in_(chunk)))
                found.update((str(episode), read_floats(values)) for episode, values in rows)
        shape = (len(episodes), len(run.columns))
        values = np.stack([found[episode] for episode in episodes]) if episodes else np.zeros(shape)
        return pd.DataFrame(values, index=list(episodes), columns=list(run.columns))

    # Queues

    def write_queue(self, queue: Queue, items: pd.DataFrame, actor: str) -> Queue:
        """Write a queue with every eligible episode; where one of the same inputs is stored already, return that.

        Args:
            queue: the inputs; id, counts, digest and time are filled in here.
            items: see `records.ITEM_COLUMNS`; one row per eligible episode.
            actor: who draws it.

        Raises:
            UnknownActorError: nothing is written.
        """
        parts = (queue.run_id, queue.office, json.dumps(dict(queue.policy), sort_keys=True), queue.seed)
        episodes = run_digest(sorted(items["episode"]))
        new_queue = replace(queue, queue_id=content_id("Q", *parts, queue.capacity, episodes), created=utc_now())
        rows = item_rows(new_queue, items)
        digest = run_digest(item_digest(row) for row in rows)
        new_queue = replace(new_queue, eligible=len(rows), listed=sum(row["listed"] for row in rows), digest=digest)
        with writing(self.engine) as connection:
            earlier = connection.execute(select(QUEUES).where(QUEUES.c.queue_id == new_queue.queue_id)).mappings()
            if (row := earlier.one_or_none()) is not None:
                return _queue(dict(row))
            plain = {name: getattr(new_queue, name) for name in Queue.__slots__ if name not in ("policy", "seed")}
            policy = json.dumps(dict(new_queue.policy), ensure_ascii=False, sort_keys=True)
            connection.execute(insert(QUEUES), plain | {"policy_json": policy, "seed": str(new_queue.seed)})
            if rows:
                connection.execute(insert(QUEUE_ITEMS), rows)
            append_act(connection, actor, "queue.make", new_queue.queue_id, new_queue.as_payload())
        return new_queue

    def latest_queue(self, office: str, as_of: date | None = None) -> Queue | None:
        """The newest queue of an office for its latest `as_of` (or for the given one), or None."""
        query = select(QUEUES).where(QUEUES.c.office == office)
        if as_of is not None:
            query = query.where(QUEUES.c.as_of == as_of)
        with reading(self.engine) as connection:
            order = query.order_by(QUEUES.c.as_of.desc(), QUEUES.c.created.desc()).limit(1)
            row = connection.execute(order).mappings().one_or_none()
        return None if row is None else _queue(dict(row))

    def queue_items(self, queue_id: str) -> pd.DataFrame:
        """Every eligible episode of a queue by episode: `ITEM_COLUMNS` (position nullable Int64)."""
        with reading(self.engine) as connection:
            query = select(QUEUE_ITEMS).where(QUEUE_ITEMS.c.queue_id == queue_id).order_by(QUEUE_ITEMS.c.episode)
            rows = connection.execute(query).all()
        frame = pd.DataFrame(rows, columns=[column.name for column in QUEUE_ITEMS.c])
        return frame.astype({"position": "Int64"}).drop(columns="queue_id")

    def _one(self, query: Select[Any]) -> Run | None:
        with reading(self.engine) as connection:
            return _run(connection, query)


def _run(connection: Connection, query: Select[Any]) -> Run | None:
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    plain = {name: row[name] for name in Run.__slots__ if name != "columns"}
    return Run(**plain, columns=tuple(json.loads(row["columns_json"])))


def _queue(row: Mapping[str, Any]) -> Queue:
    plain = {name: row[name] for name in Queue.__slots__ if name not in ("policy", "seed")}
    return Queue(**plain, policy=json.loads(row["policy_json"]), seed=int(row["seed"]))
