"""Third form: the champion with its history, and the approvals that made it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    """Create the tables of champions and approvals."""
    op.create_table(
        "champions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("until", sa.String(32)),
        sa.Column("trained_by", sa.String(64), nullable=False),
        sa.Column("first_by", sa.String(64), nullable=False),
        sa.Column("first_at", sa.String(32), nullable=False),
        sa.Column("second_by", sa.String(64)),
        sa.Column("second_at", sa.String(32)),
        sa.Column("gate_answer", sa.String(24), nullable=False),
        sa.Column("gate_sha256", sa.String(64), nullable=False),
        sa.Column("papers_json", sa.Text(), nullable=False),
        sa.Column("files_sha256", sa.String(64), nullable=False),
        sa.Column("replaced", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_champions"),
        sa.ForeignKeyConstraint(["first_by"], ["actors.name"], name="fk_champions_first_by"),
        sa.ForeignKeyConstraint(["second_by"], ["actors.name"], name="fk_champions_second_by"),
        sa.CheckConstraint("why IN ('promotion', 'rollback')", name="ck_champions_why"),
    )
    op.create_table(
        "approvals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("gate_answer", sa.String(24), nullable=False),
        sa.Column("gate_sha256", sa.String(64), nullable=False),
        sa.Column("files_sha256", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_approvals"),
        sa.ForeignKeyConstraint(["actor"], ["actors.name"], name="fk_approvals_actor"),
        sa.CheckConstraint("state IN ('open', 'used', 'void')", name="ck_approvals_state"),
    )
    op.create_index("ix_approvals_version_state", "approvals", ["version", "state"])


def downgrade() -> None:
    """Drop the tables of champions and approvals."""
    op.drop_table("approvals")
    op.drop_table("champions")
