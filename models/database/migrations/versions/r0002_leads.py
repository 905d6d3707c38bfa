"""Second form: leads with their state, and the day and pool state of each opening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Create the tables of leads."""
    op.create_table(
        "lead_openings",
        sa.Column("opening_id", sa.String(40), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("pool_state", sa.Integer(), nullable=False),
        sa.Column("catalogue_version", sa.String(64), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("opening_id", name="pk_lead_openings"),
    )
    op.create_table(
        "leads",
        sa.Column("lead_id", sa.String(40), nullable=False),
        sa.Column("office", sa.String(6), nullable=False),
        sa.Column("court", sa.String(128), nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("case_no", sa.String(64), nullable=False),
        sa.Column("episode", sa.String(80), nullable=False),
        sa.Column("zb_date", sa.Date(), nullable=False),
        sa.Column("asset_class", sa.String(8), nullable=False),
        sa.Column("class_label", sa.String(32), nullable=False),
        sa.Column("asset", sa.String(200), nullable=False),
        sa.Column("holder_tie", sa.String(32), nullable=False),
        sa.Column("cause", sa.String(24), nullable=False),
        sa.Column("cause_label", sa.String(128), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("routes", sa.String(64), nullable=False),
        sa.Column("clues", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("value_fen", sa.BigInteger()),
        sa.Column("net_fen", sa.BigInteger()),
        sa.Column("net_note", sa.Text(), nullable=False),
        sa.Column("first_as_of", sa.Date(), nullable=False),
        sa.Column("last_as_of", sa.Date(), nullable=False),
        sa.Column("opening_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("department", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("marked", sa.String(32), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name="pk_leads"),
        sa.ForeignKeyConstraint(["opening_id"], ["lead_openings.opening_id"], name="fk_leads_opening_id"),
        sa.ForeignKeyConstraint(["actor"], ["actors.name"], name="fk_leads_actor"),
        sa.CheckConstraint("state IN ('初筛', '有效', '无效', '已推送')", name="ck_leads_state"),
    )
    op.create_index("ix_leads_office_state", "leads", ["office", "state"])
    op.create_index("ix_leads_cause_asset_class", "leads", ["cause", "asset_class"])


def downgrade() -> None:
    """Drop the tables of leads."""
    op.drop_table("leads")
    op.drop_table("lead_openings")
