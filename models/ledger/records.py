"""Records of runs, scores and queues as stored, and the digests that reveal a changed row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.ledger.chain import canonical_json

Array = npt.NDArray[np.float64]

SCORE_COLUMNS = (
    "score_id",
    "run_id",
    "episode",
    "case_no",
    "office",
    "margin",
    "probability",
    "amount_fen",
    "expected_fen",
    "percentile",
    "level",
    "coverage",
)
"""Columns of a score beside its matrix row and contributions; all of them are covered by its digest."""

MISSED = "missed"
"""Column of a score, covered by its digest where there is a value: scores of models without that head have none."""

ITEM_COLUMNS = ("episode", "score_id", "listed", "position", "stratum", "inclusion")
"""Columns of a queue item; all of them are covered by the queue's digest."""


@dataclass(frozen=True, slots=True)
class Run:
    """One scoring of a cohort.

    Attributes:
        run_id: `R` and 16 hexadecimal digits of a digest of the inputs.
        as_of, pool_state: the day, and the last batch of the pool that was read.
        model_version, catalogue_version: the model, and the clue catalogue that gave the columns.
        fingerprint: digest of the matrix.
        columns: the matrix columns the model saw, in order.
        rows: episodes scored.
        digest: over the digests of its scores, in the order of episodes.
        created: UTC time.
    """

    run_id: str
    as_of: date
    pool_state: int
    model_version: str
    catalogue_version: str
    fingerprint: str
    columns: tuple[str, ...]
    rows: int = 0
    digest: str = ""
    created: str = ""

    def as_payload(self) -> dict[str, Any]:
        """Payload of its row in the audit chain: everything but the time, which the row has itself."""
        return {
            "as_of": self.as_of.isoformat(),
            "pool_state": self.pool_state,
            "model_version": self.model_version,
            "catalogue_version": self.catalogue_version,
            "fingerprint": self.fingerprint,
            "columns_sha256": _sha(canonical_json(list(self.columns)).encode()),
            "rows": self.rows,
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """One score as stored.

    Attributes:
        margin: calibrated log-odds of concealment. probability: of concealment, 0..1.
        amount_fen, expected_fen: 分; None for a model without an amount head.
        percentile: 0..1 among the episodes of the run. level, coverage: level and data grade shown.
        values, contributions: the matrix row the model saw and the share of each column, shape (k,) each.
        missed: probability that the court missed property, 0..1; None for a model without that head.
    """

    score_id: str
    run_id: str
    episode: str
    case_no: str
    office: str
    margin: float
    probability: float
    amount_fen: int | None
    expected_fen: int | None
    percentile: float
    level: str
    coverage: str
    values: Array
    contributions: Array
    missed: float | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of an office: the run it is drawn from, policy, seed and capacity, how many are eligible and listed."""

    queue_id: str
    run_id: str
    office: str
    as_of: date
    policy: Mapping[str, Any]
    seed: int
    capacity: int
    eligible: int = 0
    listed: int = 0
    digest: str = ""
    created: str = ""

    def as_payload(self) -> dict[str, Any]:
        """Payload of its row in the audit chain."""
        return {
            "run_id": self.run_id,
            "office": self.office,
            "as_of": self.as_of.isoformat(),
            "policy": dict(self.policy),
            "seed": str(self.seed),
            "capacity": self.capacity,
            "eligible": self.eligible,
            "listed": self.listed,
            "digest": self.digest,
        }


def content_id(letter: str, *parts: Any) -> str:
    """`letter` and 16 hexadecimal digits of a SHA-256 over the parts as text: equal parts give equal ids."""
    return letter + _sha(canonical_json([str(part) for part in parts]).encode())[:16]


def score_rows(run: Run, scores: pd.DataFrame, values: pd.DataFrame, shares: Array) -> list[dict[str, Any]]:
    """Database rows of a run's scores, by episode.

    Args:
        run: the run.
        scores: index episode; case_no, office, margin, probability, amount_fen, expected_fen (分, NA allowed),
            percentile, level, coverage, and missed (NaN allowed) or not.
        values: the matrix the model saw, same index.
        shares: contributions, shape (n, k).
    """
    order = np.argsort(scores.index.to_numpy(dtype=str), kind="stable")
    matrix = np.ascontiguousarray(values.to_numpy(dtype="<f8")[order])
    parts = np.ascontiguousarray(shares.astype("<f8")[order])
    table = scores.iloc[order]
    plain = {
        "score_id": [content_id("S", run.run_id, episode) for episode in table.index],
        "run_id": [run.run_id] * len(table),
        "episode": [str(episode) for episode in table.index],
        **{name: table[name].astype(str).tolist() for name in ("case_no", "office", "level", "coverage")},
        **{name: table[name].astype(float).tolist() for name in ("margin", "probability", "percentile")},
        **{name: _whole(table[name]) for name in ("amount_fen", "expected_fen")},
        MISSED: _known(table[MISSED]) if MISSED in table.columns else [None] * len(table),
        "row_values": [row.tobytes() for row in matrix],
        "contributions": [row.tobytes() for row in parts],
    }
    rows = [dict(zip(plain, cells, strict=True)) for cells in zip(*plain.values(), strict=True)]
    return [row | {"row_sha256": score_digest(row)} for row in rows]


def score_digest(row: Mapping[str, Any]) -> str:
    """Digest of a score's whole content, floats bit by bit."""
    fields = [_exact(row[name]) for name in SCORE_COLUMNS]
    if row[MISSED] is not None:
        fields.append(_exact(row[MISSED]))
    content = (
        canonical_json(fields).encode() + b"\x00" + bytes(row["row_values"]) + b"\x00" + bytes(row["contributions"])
    )
    return _sha(content)


def run_digest(digests: Iterable[str]) -> str:
    """Digest of a run or queue over its rows' digests, given by episode."""
    return _sha("\n".join(digests).encode())


def item_rows(queue: Queue, items: pd.DataFrame) -> list[dict[str, Any]]:
    """Database rows of a queue's items, by episode; columns as `ITEM_COLUMNS`."""
    table = items.sort_values("episode", kind="stable")
    plain: dict[str, Sequence[Any]] = {
        "queue_id": [queue.queue_id] * len(table),
        **{name: table[name].astype(str).tolist() for name in ("episode", "score_id", "stratum")},
        "listed": table["listed"].astype(bool).tolist(),
        "position": _whole(table["position"]),
        "inclusion": table["inclusion"].astype(float).tolist(),
    }
    return [dict(zip(plain, cells, strict=True)) for cells in zip(*plain.values(), strict=True)]


def item_digest(row: Mapping[str, Any]) -> str:
    """Digest of one queue item."""
    return _sha(canonical_json([_exact(row[name]) for name in ITEM_COLUMNS]).encode())


def read_floats(raw: bytes) -> Array:
    """The floats, shape (k,), of a stored row of little-endian float64."""
    return np.frombuffer(bytes(raw), dtype="<f8").astype(np.float64)


def _exact(value: Any) -> Any:
    return value.hex() if isinstance(value, float) else bool(value) if isinstance(value, bool) else value


def _known(column: pd.Series[Any]) -> list[float | None]:
    return [None if raw != raw else float(raw) for raw in column.astype(float).tolist()]


def _whole(column: pd.Series[Any]) -> list[int | None]:
    return [None if raw is pd.NA or raw is None or raw != raw else int(raw) for raw in column.tolist()]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
