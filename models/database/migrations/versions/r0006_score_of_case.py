"""Revision 6: the score of a case in a run is found by one look into an index."""

from __future__ import annotations

from alembic import op

revision = "r0006"
down_revision = "r0005"

NAME = "ix_scores_run_id_case_no"


def upgrade() -> None:
    """Add the index."""
    op.create_index(NAME, "scores", ["run_id", "case_no"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(NAME, "scores")
