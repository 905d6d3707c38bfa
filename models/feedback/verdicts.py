"""Auditors' verdicts on served reasons: stored with every correction, summarised as a share with interval per clue.

Agreement is the share of judged reasons that the rows support. Reasons of one case are correlated, so its
interval is Wilson's on an effective number of reasons: n divided by the design effect of the cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import Connection, and_, func, insert, select

from features.errors import GoldenKeyError, NotFoundError
from models.database.engine import reading, writing
from models.database.tables import AUDIT_REASONS, FINDINGS, VERDICT_FILINGS, VERDICTS
from models.feedback.clue_issues import reconcile_findings
from models.feedback.reason_samples import find_sample, sample_reasons
from models.intervals.shares import wilson_of_share
from models.ledger.chain import append_act, canonical_json, check_actor, utc_now
from models.ledger.ledger import Ledger
from models.ledger.records import run_digest
from models.registry import reports

Verdict = Literal["有据", "无据", "误导", "遗漏"]

ON_REASONS: tuple[Verdict, ...] = ("有据", "无据", "误导")
"""Verdicts on a reason: supported by its rows, not supported, misleading."""

METHOD = "Wilson, n divided by the design effect of cases; one case or one common answer counts as one."
"""How the intervals of agreement are made."""

MISSING: Verdict = "遗漏"
"""Verdict on a case: a reason that its rows call for was not given."""


@dataclass(frozen=True, slots=True)
class ReasonVerdict:
    """One verdict: on the reason at `place` of an explanation, or (place 0, 遗漏) on one that should have been there.

    `clue` is the reason's own; for 遗漏 the clue the auditor misses, or empty.
    """

    score_id: str
    place: int
    clue: str
    verdict: Verdict
    note: str
    reviewer: str
    reviewed_on: date


@dataclass(frozen=True, slots=True)
class VerdictFiling:
    """A stored sheet of verdicts: its number in the sample, its rows, whether it changed anything, open findings."""

    sample_id: str
    filing: int
    rows: int
    digest: str
    new: bool
    opened: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class AgreementShare:
    """A share of reasons with its 95 % interval: cases, judged reasons, supported ones, effective number."""

    cases: int
    judged: int
    supported: int
    share: float
    low: float
    high: float
    effective: float


def file_verdicts(ledger: Ledger, sample_id: str, verdicts: Sequence[ReasonVerdict], actor: str) -> VerdictFiling:
    """Store a whole sheet of a sample; a later one supersedes it (both are kept), an identical one changes nothing.

    Opens a finding per reason judged 误导, and closes those that a correction took back.

    Raises:
        NotFoundError: no such sample.
        GoldenKeyError: a reason is judged twice, not at all, or with a word of another kind.
        UnknownActorError: nothing is written.
    """
    _check(ledger, sample_id, verdicts)
    rows = [{**asdict(item), "reviewed_on": item.reviewed_on} for item in verdicts]
    digest = run_digest(canonical_json({**row, "reviewed_on": row["reviewed_on"].isoformat()}) for row in rows)
    with writing(ledger.engine) as connection:
        check_actor(connection, actor)
        latest = _latest(connection, sample_id)
        if latest is not None and latest.digest == digest:
            return latest
        filing = VerdictFiling(sample_id, latest.filing + 1 if latest else 1, len(rows), digest, True)
        plain = {name: getattr(filing, name) for name in ("sample_id", "filing", "rows", "digest")}
        connection.execute(insert(VERDICT_FILINGS), plain | {"actor": actor, "created": utc_now()})
        place = {"sample_id": sample_id, "filing": filing.filing}
        connection.execute(insert(VERDICTS), [{**place, "line": line, **row} for line, row in enumerate(rows, 1)])
        counts = {word: sum(item.verdict == word for item in verdicts) for word in (*ON_REASONS, MISSING)}
        payload = {"filing": filing.filing, "rows": filing.rows, "digest": digest, "counts": counts}
        append_act(connection, actor, "audit.verdicts", sample_id, payload)
        misleading = [(item.score_id, item.place, item.clue, item.note) for item in verdicts if item.verdict == "误导"]
        opened, closed = reconcile_findings(connection, sample_id, filing.filing, misleading, actor)
    return replace(filing, opened=opened, closed=closed)


def sampled_model_versions(ledger: Ledger, sample_id: str) -> list[str]:
    """Versions of the models whose reasons a sample asks about."""
    return sorted({reason.model_version for reason in sample_reasons(ledger, sample_id)})


def agreement(ledger: Ledger, version: str) -> dict[str, Any]:
    """Auditors' agreement with a model's reasons: the last sheet of every sample, overall and per clue.

    Returns:
        version, samples, cases, overall and by_clue (each: cases, judged, supported, share, low, high, effective,
        and unsupported, misleading), missing (rows 遗漏), cases_missing, open_findings, method.
    """
    frame = _verdicts(ledger, version)
    judged = frame[frame["place"] > 0]
    missing = frame[frame["place"] == 0]
    with reading(ledger.engine) as connection:
        wanted = select(FINDINGS.c.clue, func.count()).where(FINDINGS.c.state == "open").group_by(FINDINGS.c.clue)
        by_clue: dict[str, int] = {row[0]: int(row[1]) for row in connection.execute(_of_version(wanted, version))}
    return {
        "version": version,
        "samples": sorted(set(frame["sample_id"])),
        "cases": int(frame["case_no"].nunique()),
        "reviewers": int(frame["reviewer"].nunique()),
        "overall": _agreement_row(judged),
        "by_clue": {str(clue): _agreement_row(part) for clue, part in judged.groupby("clue", sort=True)},
        "missing": len(missing),
        "cases_missing": int(missing["case_no"].nunique()),
        "open_findings": by_clue,
        "method": METHOD,
    }


def write_review_report(ledger: Ledger, version: str) -> dict[str, Any]:
    """Write the agreement on a model's reasons as its report "review" and return it."""
    body = agreement(ledger, version)
    reports.write_report(ledger.home, version, "review", body)
    return body


def agreement_share(supported: Sequence[bool], case: Sequence[str], level: float = 0.95) -> AgreementShare | None:
    """Share of supported reasons with Wilson's interval on the effective number of reasons; None without reasons.

    The design effect is the variance of the ratio over whole cases (Cochran, Sampling Techniques, 1977, section 11.8)
    over that of independent reasons, never below 1. Where all verdicts are equal it cannot be estimated, and each case
    counts once.
    """
    frame = pd.DataFrame({"y": np.asarray(supported, dtype=np.float64), "case": list(case)})
    if frame.empty:
        return None
    by_case = frame.groupby("case")["y"].agg(["sum", "size"])
    cases, judged, right = len(by_case), len(frame), int(frame["y"].sum())
    share = right / judged
    effective = float(cases)
    if 0 < right < judged and cases > 1:
        left = by_case["sum"] - share * by_case["size"]
        variance = cases / (cases - 1) * float((left**2).sum()) / judged**2
        effective = judged / max(1.0, variance * judged / (share * (1 - share)))
    interval = wilson_of_share(share, effective, level)
    return AgreementShare(cases, judged, right, share, interval.low, interval.high, effective)


def _agreement_row(judged: pd.DataFrame) -> dict[str, Any] | None:
    found = agreement_share((judged["verdict"] == "有据").tolist(), judged["case_no"].tolist())
    if found is None:
        return None
    words = judged["verdict"].value_counts()
    return asdict(found) | {"unsupported": int(words.get("无据", 0)), "misleading": int(words.get("误导", 0))}


def _check(ledger: Ledger, sample_id: str, verdicts: Sequence[ReasonVerdict]) -> None:
    if find_sample(ledger, sample_id) is None:
        raise NotFoundError(f"台账中没有编号为 {sample_id} 的复核样本。")
    sampled = {(reason.score_id, reason.place): reason for reason in sample_reasons(ledger, sample_id)}
    judged: set[tuple[str, int]] = set()
    for item in verdicts:
        key = (item.score_id, item.place)
        if key not in sampled or (item.place and item.clue != sampled[key].clue):
            raise GoldenKeyError(
                f"样本 {sample_id} 中没有评分 {item.score_id} 的第 {item.place} 条理由（{item.clue}）。"
            )
        if item.verdict not in (ON_REASONS if item.place else (MISSING,)):
            raise GoldenKeyError(
                f"样本 {sample_id} 评分 {item.score_id} 第 {item.place} 条的判断“{item.verdict}”不可用。"
            )
        if item.place and key in judged:
            raise GoldenKeyError(f"样本 {sample_id} 评分 {item.score_id} 的第 {item.place} 条理由有两个判断。")
        judged.add(key)
    if left := [key for key in sampled if key[1] and key not in judged]:
        raise GoldenKeyError(
            f"样本 {sample_id} 有 {len(left)} 条理由没有判断，第一条是评分 {left[0][0]} 的第 {left[0][1]} 条。"
        )


def _latest(connection: Connection, sample_id: str) -> VerdictFiling | None:
    found = select(VERDICT_FILINGS).where(VERDICT_FILINGS.c.sample_id == sample_id)
    row = connection.execute(found.order_by(VERDICT_FILINGS.c.filing.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else VerdictFiling(sample_id, row["filing"], row["rows"], row["digest"], False)


def _verdicts(ledger: Ledger, version: str) -> pd.DataFrame:
    """Verdicts in force on a model's reasons: sample_id, case_no, reviewer, place, clue, verdict."""
    last = select(VERDICT_FILINGS.c.sample_id, func.max(VERDICT_FILINGS.c.filing).label("filing"))
    force = last.group_by(VERDICT_FILINGS.c.sample_id).subquery()
    names = ("sample_id", "reviewer", "place", "clue", "verdict")
    query = (
        select(*(VERDICTS.c[name] for name in names), AUDIT_REASONS.c.case_no)
        .join(force, and_(VERDICTS.c.sample_id == force.c.sample_id, VERDICTS.c.filing == force.c.filing))
        .order_by(VERDICTS.c.sample_id, VERDICTS.c.line)
    )
    condition = and_(
        AUDIT_REASONS.c.sample_id == VERDICTS.c.sample_id,
        AUDIT_REASONS.c.score_id == VERDICTS.c.score_id,
        AUDIT_REASONS.c.place == VERDICTS.c.place,
    )
    query = query.join(AUDIT_REASONS, condition).where(AUDIT_REASONS.c.model_version == version)
    with reading(ledger.engine) as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=[*names, "case_no"])


def _of_version(wanted: Any, version: str) -> Any:
    asked = and_(
        AUDIT_REASONS.c.sample_id == FINDINGS.c.sample_id,
        AUDIT_REASONS.c.score_id == FINDINGS.c.score_id,
        AUDIT_REASONS.c.place == FINDINGS.c.place,
    )
    return wanted.join(AUDIT_REASONS, asked).where(AUDIT_REASONS.c.model_version == version)
