"""Tables of the database: actors, tokens, runs, scores, queues, leads, champions, the audit chain."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
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
    Column("missed", Double),
    Column("percentile", Double, nullable=False),
    Column("level", String(16), nullable=False),
    Column("coverage", String(4), nullable=False),
    Column("row_values", LargeBinary, nullable=False),
    Column("contributions", LargeBinary, nullable=False),
    Column("row_sha256", String(64), nullable=False),
    Index(None, "run_id", "episode", unique=True),
    Index(None, "run_id", "case_no"),
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

LEAD_OPENINGS = Table(
    "lead_openings",
    METADATA,
    Column("opening_id", String(40), primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("pool_state", Integer, nullable=False),
    Column("catalogue_version", String(64), nullable=False),
    Column("leads", Integer, nullable=False),
    Column("created", String(32), nullable=False),
)
"""Openings of leads: the cut they were read from."""

LEADS = Table(
    "leads",
    METADATA,
    Column("lead_id", String(40), primary_key=True),
    Column("office", String(6), nullable=False),
    Column("court", String(128), nullable=False),
    Column("chain", String(64), nullable=False),
    Column("case_no", String(64), nullable=False),
    Column("episode", String(80), nullable=False),
    Column("zb_date", Date, nullable=False),
    Column("asset_class", String(8), nullable=False),
    Column("class_label", String(32), nullable=False),
    Column("asset", String(200), nullable=False),
    Column("holder_tie", String(32), nullable=False),
    Column("cause", String(24), nullable=False),
    Column("cause_label", String(128), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("routes", String(64), nullable=False),
    Column("clues", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("value_fen", BigInteger),
    Column("net_fen", BigInteger),
    Column("net_note", Text, nullable=False),
    Column("first_as_of", Date, nullable=False),
    Column("last_as_of", Date, nullable=False),
    Column("opening_id", ForeignKey("lead_openings.opening_id"), nullable=False),
    Column("state", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason_code", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    Column("department", String(64), nullable=False),
    Column("actor", ForeignKey("actors.name"), nullable=False),
    Column("marked", String(32), nullable=False),
    Column("seen", Text, nullable=False),
    CheckConstraint("state IN ('初筛', '有效', '无效', '已推送')", name="state"),
    Index(None, "office", "state"),
    Index(None, "cause", "asset_class"),
)
"""Leads: values of the last opening (masked; `evidence` and `seen` are digests of rows), and decisions of people;
`version` counts the decisions, and a decision on an older version is refused."""

AUDIT_SAMPLES = Table(
    "audit_samples",
    METADATA,
    Column("sample_id", String(40), primary_key=True),
    Column("office", String(6), nullable=False),
    Column("day_from", Date),
    Column("day_to", Date),
    Column("size", Integer, nullable=False),
    Column("seed", String(20), nullable=False),
    Column("served", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("actor", ForeignKey("actors.name"), nullable=False),
    Column("created", String(32), nullable=False),
)
"""Samples of served explanations for auditors: what was drawn from (`served` explanations), how, and a digest of it."""

AUDIT_REASONS = Table(
    "audit_reasons",
    METADATA,
    Column("sample_id", ForeignKey("audit_samples.sample_id"), primary_key=True),
    Column("score_id", ForeignKey("scores.score_id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("case_no", String(64), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("clue", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("weight", String(64), nullable=False),
    Column("evidence", Text, nullable=False),
)
"""Every reason of a sample as the auditor reads it, masked; `place` counts from 1 within its explanation."""

VERDICT_FILINGS = Table(
    "verdict_filings",
    METADATA,
    Column("sample_id", ForeignKey("audit_samples.sample_id"), primary_key=True),
    Column("filing", Integer, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("actor", ForeignKey("actors.name"), nullable=False),
    Column("created", String(32), nullable=False),
)
"""Sheets that came back; of several for one sample the last is in force, and all are kept."""

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("sample_id", String(40), primary_key=True),
    Column("filing", Integer, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("score_id", ForeignKey("scores.score_id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("clue", String(64), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("note", Text, nullable=False),
    Column("reviewer", String(64), nullable=False),
    Column("reviewed_on", Date, nullable=False),
    ForeignKeyConstraint(["sample_id", "filing"], ["verdict_filings.sample_id", "verdict_filings.filing"]),
    CheckConstraint("verdict IN ('有据', '无据', '误导', '遗漏')", name="verdict"),
)
"""Verdicts of auditors on reasons; `place` 0 and 遗漏 stand for a reason that should have been given."""

FINDINGS = Table(
    "findings",
    METADATA,
    Column("finding_id", String(40), primary_key=True),
    Column("clue", String(64), nullable=False),
    Column("sample_id", ForeignKey("audit_samples.sample_id"), nullable=False),
    Column("filing", Integer, nullable=False),
    Column("score_id", ForeignKey("scores.score_id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("opened", String(32), nullable=False),
    Column("closed", String(32)),
    Column("closed_by", ForeignKey("actors.name")),
    Column("resolution", Text, nullable=False),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    Index(None, "clue", "state"),
)
"""Findings against clues, opened by a reason judged misleading; closed by a person, or by a corrected sheet."""

CHAMPIONS = Table(
    "champions",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    Column("why", String(16), nullable=False),
    Column("since", String(32), nullable=False),
    Column("until", String(32)),
    Column("trained_by", String(64), nullable=False),
    Column("first_by", ForeignKey("actors.name"), nullable=False),
    Column("first_at", String(32), nullable=False),
    Column("second_by", ForeignKey("actors.name")),
    Column("second_at", String(32)),
    Column("gate_answer", String(24), nullable=False),
    Column("gate_sha256", String(64), nullable=False),
    Column("papers_json", Text, nullable=False),
    Column("files_sha256", String(64), nullable=False),
    Column("replaced", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("why IN ('promotion', 'rollback')", name="why"),
)
"""Models put in use, one after the other; the one without `until` is the champion. A rollback has one named actor."""

APPROVALS = Table(
    "approvals",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    Column("actor", ForeignKey("actors.name"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("gate_answer", String(24), nullable=False),
    Column("gate_sha256", String(64), nullable=False),
    Column("files_sha256", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", String(8), nullable=False),
    CheckConstraint("state IN ('open', 'used', 'void')", name="state"),
    Index(None, "version", "state"),
)
"""Approvals of models: open until a second one promotes, void once what was approved has changed."""

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
"""The audit chain: each row's hash covers its content and the hash of the row before."""

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: the end of the chain. Writers lock it in turn, and a chain cut off at its end no longer fits it."""
