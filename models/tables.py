"""Tables of the operational database: actors and tokens, runs and scores, queues and their items, the audit chain."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ACTOR_KINDS = ("person", "service", "system")

ACTORS = Table(
    "actors",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("created", String(32), nullable=False),
    CheckConstraint("kind IN ('person', 'service', 'system')", name="kind"),
)
"""Who may act. Times are UTC text, because they are hashed."""

TOKENS = Table(
    "tokens",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("actor", ForeignKey("actors.name"), nullable=False),
    Column("office", String(6), nullable=False),
    Column("created", String(32), nullable=False),
    Column("expires", Date, nullable=False),
    Column("revoked", String(32)),
)
"""Bearer tokens by their SHA-256; `office` is the division prefix they are limited to, empty for all."""

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("pool_state", Integer, nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("catalogue_version", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("columns_json", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created", String(32), nullable=False),
    UniqueConstraint("as_of", "pool_state", "model_version", "catalogue_version"),
)
"""One scoring of a whole cohort; `digest` is over the digests of its scores by episode."""

SCORES = Table(
    "scores",
    METADATA,
    Column("score_id", String(40), primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False),
    Column("episode", String(80), nullable=False),
    Column("case_no", String(64), nullable=False),
    Column("office", String(6), nullable=False),
    Column("margin", Double, nullable=False),
    Column("probability", Double, nullable=False),
    Column("amount_fen", BigInteger),
    Column("expected_fen", BigInteger),
    Column("percentile", Double, nullable=False),
    Column("level", String(16), nullable=False),
    Column("coverage", String(4), nullable=False),
    Column("row_values", LargeBinary, nullable=False),
    Column("contributions", LargeBinary, nullable=False),
    Column("row_sha256", String(64), nullable=False),
    Index(None, "run_id", "episode", unique=True),
    Index(None, "case_no"),
)
"""Scores; `row_values` and `contributions` are little-endian float64 in the order of the run's columns."""

QUEUES = Table(
    "queues",
    METADATA,
    Column("queue_id", String(40), primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False),
    Column("office", String(6), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("policy_json", Text, nullable=False),
    Column("seed", String(20), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("eligible", Integer, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created", String(32), nullable=False),
    Index(None, "office", "as_of"),
)
"""Queues with the policy and the seed they were drawn with (the seed as text: it is an unsigned 64-bit number)."""

QUEUE_ITEMS = Table(
    "queue_items",
    METADATA,
    Column("queue_id", ForeignKey("queues.queue_id"), primary_key=True),
    Column("episode", String(80), primary_key=True),
    Column("score_id", ForeignKey("scores.score_id"), nullable=False),
    Column("listed", Boolean(create_constraint=False), nullable=False),
    Column("position", Integer),
    Column("stratum", String(16), nullable=False),
    Column("inclusion", Double, nullable=False),
)
"""Every eligible episode of a queue, listed or not, with its inclusion probability over the whole draw."""

AUDIT = Table(
    "audit",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("actor", ForeignKey("actors.name"), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("payload", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "act", "subject"),
)
"""The chain: each row's hash covers its content and the hash before it."""

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: the end of the chain. Writers lock it in turn, and a chain cut off at its end no longer fits it."""
