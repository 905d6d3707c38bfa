"""Revision 1: actors, tokens, runs, scores, queues, queue items and the audit chain with its head."""

from __future__ import annotations

from alembic import op

from models.database.migrations.columns import create_table

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
    create_table(
        "actors",
        "name 64, kind 8, active bool, created 32",
        "name",
        checks={"kind": "kind IN ('person', 'service', 'system')"},
    )
    create_table(
        "tokens",
        "sha256 64, actor 64, office 6, created 32, expires date, revoked 32?",
        "sha256",
        references={"actor": "actors.name"},
    )


def _scores() -> None:
    create_table(
        "runs",
        """
        run_id 64, as_of date, pool_state int, model_version 64, catalogue_version 64, fingerprint 64,
        columns_json text, rows int, digest 64, created 32
        """,
        "run_id",
        unique="as_of pool_state model_version catalogue_version",
    )
    create_table(
        "scores",
        """
        score_id 40, run_id 64, episode 80, case_no 64, office 6, margin double, probability double,
        amount_fen bigint?, expected_fen bigint?, percentile double, level 16, coverage 4, row_values bytes,
        contributions bytes, row_sha256 64
        """,
        "score_id",
        references={"run_id": "runs"},
    )
    op.create_index("ix_scores_run_id_episode", "scores", ["run_id", "episode"], unique=True)
    op.create_index("ix_scores_case_no", "scores", ["case_no"])


def _queues() -> None:
    create_table(
        "queues",
        """
        queue_id 40, run_id 64, office 6, as_of date, policy_json text, seed 20, capacity int, eligible int,
        listed int, digest 64, created 32
        """,
        "queue_id",
        references={"run_id": "runs"},
    )
    op.create_index("ix_queues_office_as_of", "queues", ["office", "as_of"])
    create_table(
        "queue_items",
        "queue_id 40, episode 80, score_id 40, listed bool, position int?, stratum 16, inclusion double",
        "queue_id episode",
        references={"queue_id": "queues", "score_id": "scores"},
    )


def _audit() -> None:
    create_table(
        "audit",
        "seq int, at 32, actor 64, act 32, subject 128, payload text, prev_hash 64, hash 64",
        "seq",
        references={"actor": "actors.name"},
    )
    op.create_index("ix_audit_act_subject", "audit", ["act", "subject"])
    head = create_table("audit_head", "id int, seq int, hash 64", "id")
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
