"""First form: actors, tokens, runs, scores, queues, queue items and the audit chain with its head."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, the head of the chain, and the actor in whose name the program acts on its own."""
    _actors()
    _scores()
    _queues()
    _audit()


def downgrade() -> None:
    """Drop everything."""
    for name in ("audit_head", "audit", "queue_items", "queues", "scores", "runs", "tokens", "actors"):
        op.drop_table(name)


def _actors() -> None:
    op.create_table(
        "actors",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_actors"),
        sa.CheckConstraint("kind IN ('person', 'service', 'system')", name="ck_actors_kind"),
    )
    op.create_table(
        "tokens",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("office", sa.String(6), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("revoked", sa.String(32)),
        sa.PrimaryKeyConstraint("sha256", name="pk_tokens"),
        sa.ForeignKeyConstraint(["actor"], ["actors.name"], name="fk_tokens_actor"),
    )


def _scores() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("pool_state", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("catalogue_version", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("columns_json", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
        sa.UniqueConstraint(
            "as_of",
            "pool_state",
            "model_version",
            "catalogue_version",
            name="uq_runs_as_of_pool_state_model_version_catalogue_version",
        ),
    )
    op.create_table(
        "scores",
        sa.Column("score_id", sa.String(40), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("episode", sa.String(80), nullable=False),
        sa.Column("case_no", sa.String(64), nullable=False),
        sa.Column("office", sa.String(6), nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger()),
        sa.Column("expected_fen", sa.BigInteger()),
        sa.Column("percentile", sa.Double(), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("coverage", sa.String(4), nullable=False),
        sa.Column("row_values", sa.LargeBinary(), nullable=False),
        sa.Column("contributions", sa.LargeBinary(), nullable=False),
        sa.Column("row_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("score_id", name="pk_scores"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_scores_run_id"),
    )
    op.create_index("ix_scores_run_id_episode", "scores", ["run_id", "episode"], unique=True)
    op.create_index("ix_scores_case_no", "scores", ["case_no"])


def _queues() -> None:
    op.create_table(
        "queues",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("office", sa.String(6), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("policy_json", sa.Text(), nullable=False),
        sa.Column("seed", sa.String(20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("queue_id", name="pk_queues"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_queues_run_id"),
    )
    op.create_index("ix_queues_office_as_of", "queues", ["office", "as_of"])
    op.create_table(
        "queue_items",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("episode", sa.String(80), nullable=False),
        sa.Column("score_id", sa.String(40), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("stratum", sa.String(16), nullable=False),
        sa.Column("inclusion", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("queue_id", "episode", name="pk_queue_items"),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.queue_id"], name="fk_queue_items_queue_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_queue_items_score_id"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sa.ForeignKeyConstraint(["actor"], ["actors.name"], name="fk_audit_actor"),
    )
    op.create_index("ix_audit_act_subject", "audit", ["act", "subject"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
