"""Revision 5: beside its probability of concealment a score holds the chance of property the court missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    """Add the column; scores made before have nothing in it."""
    op.add_column("scores", sa.Column("missed", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("scores") as scores:
        scores.drop_column("missed")
