"""Replay: recompute a past score from the pool as it was known then, and compare it bit for bit.

Where rows of the pool have lawfully been purged (PIPL articles 19 and 47), it is computed from the matrix row that
the ledger kept, and the result names the evidence that is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from features.clues import catalogue
from features.matrix import compute_matrix
from features.pool.pool import Pool
from features.schema import TABLES
from models.ledger.ledger import Ledger
from models.ledger.records import Array, Run, Score
from models.reasons.contributions import decompose_margins
from models.registry import registry
from models.scoring.model import Model

POOL = "pool"
ROW = "row"


@dataclass(frozen=True, slots=True)
class ScoreReplay:
    """A recorded score compared with its recomputation.

    Attributes:
        score_id, case_no, as_of, pool_state, model_version: of the recorded score.
        source: `pool` when computed from the pool, `row` when from the stored matrix row.
        same: whether the matrix row, margin, probability, amount and contributions are the same bit for bit.
        differences: what differs, in words; columns of the matrix by name.
        gone: evidence that is no longer there, in words; empty when computed from the pool.
        recorded, computed: (margin, probability).
    """

    score_id: str
    case_no: str
    as_of: date
    pool_state: int
    model_version: str
    source: str
    same: bool
    differences: tuple[str, ...]
    gone: tuple[str, ...]
    recorded: tuple[float, float]
    computed: tuple[float, float]


def replay_score(ledger: Ledger, score_id: str) -> ScoreReplay:
    """Compute a recorded score again.

    Raises:
        NotFoundError: no such score, or its model is no longer in the registry.
    """
    score = ledger.score(score_id)
    run = ledger.run(score.run_id)
    model = registry.load(ledger.home, run.model_version)
    gone = _gone(ledger, run)
    stored = pd.DataFrame([score.values], index=[score.episode], columns=list(run.columns))
    differences: list[str] = []
    values, source = stored, ROW
    if not gone:
        source = POOL
        values, differences = _from_pool(ledger, run, model, score, stored)
    scores = model.score(values)
    shares = decompose_margins(model, values).shares
    place = list(values.index).index(score.episode)
    margin, probability = float(scores["margin"].iloc[place]), float(scores["probability"].iloc[place])
    differences += _compare(score, scores.iloc[place], shares[place])
    return ScoreReplay(
        score_id=score_id,
        case_no=score.case_no,
        as_of=run.as_of,
        pool_state=run.pool_state,
        model_version=model.version,
        source=source,
        same=not differences,
        differences=tuple(differences),
        gone=gone,
        recorded=(score.margin, score.probability),
        computed=(margin, probability),
    )


def _gone(ledger: Ledger, run: Run) -> tuple[str, ...]:
    """中文 sentences on evidence that was in the pool when the run was made and is no longer there."""
    pool = Pool(ledger.home)
    batches = [manifest for manifest in pool.batches() if manifest.seq <= run.pool_state]
    missing = [
        f"第 {number} 批次的清单"
        for number in sorted(set(range(1, run.pool_state + 1)) - {manifest.seq for manifest in batches})
    ]
    for manifest in batches:
        missing += [
            f"第 {manifest.seq} 批次的{TABLES[part.table].label} {part.rows} 行"
            for part in manifest.parts
            if not (pool.root / part.path).exists()
        ]
    if run.catalogue_version != catalogue.VERSION:
        missing.append(f"线索目录版本 {run.catalogue_version}（现为 {catalogue.VERSION}）")
    return tuple(missing)


def _from_pool(
    ledger: Ledger, run: Run, model: Model, score: Score, stored: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """The cohort's matrix computed afresh, never from the cache, and how the case's row differs from the stored one."""
    matrix = compute_matrix(ledger.home, run.as_of, run.pool_state)
    values = model.own_columns(matrix.model_values).set_axis(matrix.keys["episode"].astype(str).tolist())
    differences = []
    if matrix.fingerprint != run.fingerprint:
        differences.append("整个特征矩阵的指纹")
    if score.episode not in values.index:
        return stored, [*differences, "该案已不在重建的案件范围内"]
    fresh = values.loc[score.episode].to_numpy(dtype="<f8")
    changed = [name for name, a, b in zip(run.columns, fresh, score.values, strict=True) if _bits(a) != _bits(b)]
    return values, differences + [f"特征 {name}" for name in changed]


def _compare(score: Score, made: pd.Series[float], shares: Array) -> list[str]:
    differences = []
    for name, label in (("margin", "边际分"), ("probability", "概率")):
        if _bits(float(made[name])) != _bits(getattr(score, name)):
            differences.append(label)
    missed = np.nan if score.missed is None else score.missed
    if _bits(float(made["missed"])) != _bits(missed):
        differences.append("遗漏概率")
    for name, label in (("amount_fen", "可回收金额"), ("expected_fen", "预期收益")):
        now = None if pd.isna(made[name]) else int(made[name])
        if now != getattr(score, name):
            differences.append(label)
    if _bits(shares) != _bits(score.contributions):
        differences.append("各项贡献")
    return differences


def _bits(value: float | Array) -> bytes:
    return np.asarray(value, dtype="<f8").tobytes()
