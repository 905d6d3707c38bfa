"""Findings against clues: opened by a reason judged misleading, closed by a person or by a corrected sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from features.errors import GoldenKeyError, NotFoundError
from models.database.engine import reading, writing
from models.database.tables import FINDINGS
from models.ledger.chain import append_act, utc_now
from models.ledger.ledger import Ledger
from models.ledger.records import content_id

CORRECTED = "复核表更正后不再判为误导"
"""Resolution of a finding that a corrected sheet took back; one closed by a person is not opened again."""

Misleading = tuple[str, int, str, str]
"""A reason judged misleading: score id, place, clue, the auditor's note."""


def findings(ledger: Ledger, state: str = "") -> list[dict[str, Any]]:
    """Findings by clue and time of opening, only open or closed ones where `state` says so."""
    wanted = select(FINDINGS).order_by(FINDINGS.c.clue, FINDINGS.c.opened, FINDINGS.c.finding_id)
    if state:
        wanted = wanted.where(FINDINGS.c.state == state)
    with reading(ledger.engine) as connection:
        return [dict(row) for row in connection.execute(wanted).mappings()]


def close_finding(ledger: Ledger, finding_id: str, resolution: str, actor: str) -> None:
    """Close a finding with what was done about it.

    Raises:
        NotFoundError: no such finding. GoldenKeyError: closed already, or nothing said of what was done.
        UnknownActorError: nothing is written.
    """
    resolution = resolution.strip()
    if not resolution:
        raise GoldenKeyError(f"关闭问题 {finding_id} 须写明处理结果。")
    with writing(ledger.engine) as connection:
        state = connection.execute(select(FINDINGS.c.state).where(FINDINGS.c.finding_id == finding_id)).scalar()
        if state is None:
            raise NotFoundError(f"没有编号为 {finding_id} 的问题。")
        if state == "closed":
            raise GoldenKeyError(f"问题 {finding_id} 已经关闭。")
        append_act(connection, actor, "finding.close", finding_id, {"resolution": resolution})
        _close(connection, finding_id, resolution, actor)


def reconcile_findings(
    connection: Connection, sample_id: str, filing: int, misleading: Sequence[Misleading], actor: str
) -> tuple[int, int]:
    """Open and close findings of a sample to match its newest sheet; returns how many were opened and closed.

    Runs in the transaction of the sheet.
    """
    held = {
        row["finding_id"]: row
        for row in connection.execute(select(FINDINGS).where(FINDINGS.c.sample_id == sample_id)).mappings()
    }
    judged = {content_id("F", sample_id, row[0], row[1]): row for row in misleading}
    opened = closed = 0
    for finding_id, (score_id, place, clue, note) in judged.items():
        known = held.get(finding_id)
        if known is None:
            append_act(connection, actor, "finding.open", finding_id, {"clue": clue, "sample_id": sample_id})
            connection.execute(
                insert(FINDINGS),
                {
                    "finding_id": finding_id,
                    "clue": clue,
                    "sample_id": sample_id,
                    "filing": filing,
                    "score_id": score_id,
                    "place": place,
                    "note": note,
                    "state": "open",
                    "opened": utc_now(),
                    "closed": None,
                    "closed_by": None,
                    "resolution": "",
                },
            )
            opened += 1
        elif known["state"] == "closed" and known["resolution"] == CORRECTED:
            append_act(connection, actor, "finding.open", finding_id, {"clue": clue, "sample_id": sample_id})
            again = {"state": "open", "closed": None, "closed_by": None, "resolution": "", "filing": filing}
            connection.execute(update(FINDINGS).where(FINDINGS.c.finding_id == finding_id).values(note=note, **again))
            opened += 1
        elif known["state"] == "open":
            mine = FINDINGS.c.finding_id == finding_id
            connection.execute(update(FINDINGS).where(mine).values(note=note, filing=filing))
    for finding_id, known in held.items():
        if known["state"] == "open" and finding_id not in judged:
            append_act(connection, actor, "finding.close", finding_id, {"resolution": CORRECTED})
            _close(connection, finding_id, CORRECTED, actor)
            closed += 1
    return opened, closed


def _close(connection: Connection, finding_id: str, resolution: str, actor: str) -> None:
    done = {"state": "closed", "closed": utc_now(), "closed_by": actor, "resolution": resolution}
    connection.execute(update(FINDINGS).where(FINDINGS.c.finding_id == finding_id).values(**done))
