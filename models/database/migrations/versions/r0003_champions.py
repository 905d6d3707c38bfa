"""Revision 3: the champion with its history, and the approvals that made it."""

from __future__ import annotations

from alembic import op

from models.database.migrations.columns import create_table

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    """Create the tables of champions and approvals."""
    create_table(
        "champions",
        """
        number int, version 64, why 16, since 32, until 32?, trained_by 64, first_by 64, first_at 32,
        second_by 64?, second_at 32?, gate_answer 24, gate_sha256 64, papers_json text, files_sha256 64,
        replaced 64, reason text
        """,
        "number",
        references={"first_by": "actors.name", "second_by": "actors.name"},
        checks={"why": "why IN ('promotion', 'rollback')"},
    )
    create_table(
        "approvals",
        """
        number int, version 64, actor 64, at 32, gate_answer 24, gate_sha256 64, files_sha256 64, reason text,
        note text, state 8
        """,
        "number",
        references={"actor": "actors.name"},
        checks={"state": "state IN ('open', 'used', 'void')"},
    )
    op.create_index("ix_approvals_version_state", "approvals", ["version", "state"])


def downgrade() -> None:
    """Drop the tables of champions and approvals."""
    op.drop_table("approvals")
    op.drop_table("champions")
