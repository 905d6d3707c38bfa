"""Fourth form: samples of served explanations, auditors' verdicts on their reasons, and findings against clues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    """Create the tables of samples, verdicts and findings."""
    _samples()
    _verdicts()
    _findings()


def _samples() -> None:
    op.create_table(
        "audit_samples",
        sa.Column("sample_id", sa.String(40), nullable=False),
        sa.Column("office", sa.String(6), nullable=False),
        sa.Column("day_from", sa.Date()),
        sa.Column("day_to", sa.Date()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(20), nullable=False),
        sa.Column("served", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", name="pk_audit_samples"),
        sa.ForeignKeyConstraint(["actor"], ["actors.name"], name="fk_audit_samples_actor"),
    )
    op.create_table(
        "audit_reasons",
        sa.Column("sample_id", sa.String(40), nullable=False),
        sa.Column("score_id", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("clue", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("weight", sa.String(64), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", "score_id", "place", name="pk_audit_reasons"),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_samples.sample_id"], name="fk_audit_reasons_sample_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_audit_reasons_score_id"),
    )


def _verdicts() -> None:
    op.create_table(
        "verdict_filings",
        sa.Column("sample_id", sa.String(40), nullable=False),
        sa.Column("filing", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", "filing", name="pk_verdict_filings"),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_samples.sample_id"], name="fk_verdict_filings_sample_id"),
        sa.ForeignKeyConstraint(["actor"], ["actors.name"], name="fk_verdict_filings_actor"),
    )
    op.create_table(
        "verdicts",
        sa.Column("sample_id", sa.String(40), nullable=False),
        sa.Column("filing", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("score_id", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("clue", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", "filing", "line", name="pk_verdicts"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_verdicts_score_id"),
        sa.ForeignKeyConstraint(
            ["sample_id", "filing"],
            ["verdict_filings.sample_id", "verdict_filings.filing"],
            name="fk_verdicts_sample_id_filing",
        ),
        sa.CheckConstraint("verdict IN ('有据', '无据', '误导', '遗漏')", name="ck_verdicts_verdict"),
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("finding_id", sa.String(40), nullable=False),
        sa.Column("clue", sa.String(64), nullable=False),
        sa.Column("sample_id", sa.String(40), nullable=False),
        sa.Column("filing", sa.Integer(), nullable=False),
        sa.Column("score_id", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("opened", sa.String(32), nullable=False),
        sa.Column("closed", sa.String(32)),
        sa.Column("closed_by", sa.String(64)),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("finding_id", name="pk_findings"),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_samples.sample_id"], name="fk_findings_sample_id"),
        sa.ForeignKeyConstraint(["score_id"], ["scores.score_id"], name="fk_findings_score_id"),
        sa.ForeignKeyConstraint(["closed_by"], ["actors.name"], name="fk_findings_closed_by"),
        sa.CheckConstraint("state IN ('open', 'closed')", name="ck_findings_state"),
    )
    op.create_index("ix_findings_clue_state", "findings", ["clue", "state"])


def downgrade() -> None:
    """Drop the tables of samples, verdicts and findings."""
    for name in ("findings", "verdicts", "verdict_filings", "audit_reasons", "audit_samples"):
        op.drop_table(name)
