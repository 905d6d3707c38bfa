"""Revision 2: leads with their state, and the day and pool state of each opening."""

from __future__ import annotations

from alembic import op

from models.database.migrations.columns import create_table

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Create the tables of leads."""
    create_table(
        "lead_openings",
        "opening_id 40, as_of date, pool_state int, catalogue_version 64, leads int, created 32",
        "opening_id",
    )
    create_table(
        "leads",
        """
        lead_id 40, office 6, court 128, chain 64, case_no 64, episode 80, zb_date date, asset_class 8,
        class_label 32, asset 200, holder_tie 32, cause 24, cause_label 128, unit 64, routes 64, clues text,
        evidence text, value_fen bigint?, net_fen bigint?, net_note text, first_as_of date, last_as_of date,
        opening_id 40, state 8, version int, reason_code 24, reason text, department 64, actor 64, marked 32,
        seen text
        """,
        "lead_id",
        references={"opening_id": "lead_openings", "actor": "actors.name"},
        checks={"state": "state IN ('初筛', '有效', '无效', '已推送')"},
    )
    op.create_index("ix_leads_office_state", "leads", ["office", "state"])
    op.create_index("ix_leads_cause_asset_class", "leads", ["cause", "asset_class"])


def downgrade() -> None:
    """Drop the tables of leads."""
    op.drop_table("leads")
    op.drop_table("lead_openings")
