"""Revision 4: samples of served explanations, auditors' verdicts on their reasons, and findings against clues."""

from __future__ import annotations

from alembic import op

from models.database.migrations.columns import create_table

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    """Create the tables of samples, verdicts and findings."""
    _samples()
    _verdicts()
    _findings()


def _samples() -> None:
    create_table(
        "audit_samples",
        """
        sample_id 40, office 6, day_from date?, day_to date?, size int, seed 20, served int, drawn int, digest 64,
        actor 64, created 32
        """,
        "sample_id",
        references={"actor": "actors.name"},
    )
    create_table(
        "audit_reasons",
        """
        sample_id 40, score_id 40, place int, case_no 64, as_of date, model_version 64, clue 64, text text,
        weight 64, evidence text
        """,
        "sample_id score_id place",
        references={"sample_id": "audit_samples", "score_id": "scores"},
    )


def _verdicts() -> None:
    create_table(
        "verdict_filings",
        "sample_id 40, filing int, rows int, digest 64, actor 64, created 32",
        "sample_id filing",
        references={"sample_id": "audit_samples", "actor": "actors.name"},
    )
    create_table(
        "verdicts",
        """
        sample_id 40, filing int, line int, score_id 40, place int, clue 64, verdict 8, note text, reviewer 64,
        reviewed_on date
        """,
        "sample_id filing line",
        references={"score_id": "scores", "sample_id filing": "verdict_filings"},
        checks={"verdict": "verdict IN ('有据', '无据', '误导', '遗漏')"},
    )


def _findings() -> None:
    create_table(
        "findings",
        """
        finding_id 40, clue 64, sample_id 40, filing int, score_id 40, place int, note text, state 8, opened 32,
        closed 32?, closed_by 64?, resolution text
        """,
        "finding_id",
        references={"sample_id": "audit_samples", "score_id": "scores", "closed_by": "actors.name"},
        checks={"state": "state IN ('open', 'closed')"},
    )
    op.create_index("ix_findings_clue_state", "findings", ["clue", "state"])


def downgrade() -> None:
    """Drop the tables of samples, verdicts and findings."""
    for name in ("findings", "verdicts", "verdict_filings", "audit_reasons", "audit_samples"):
        op.drop_table(name)
