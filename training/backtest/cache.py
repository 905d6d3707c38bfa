"""Cache of backtests: scores of quarters and whole reports, each under a key of everything that decides it.

The source code and the office's setting of rest days are part of the key, so a change of either invalidates it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from features.files.atomic import replacing, write_bytes
from models.selection.eligibility import rest_days
from training.backtest.inputs import Outcomes, QuarterInputs
from training.backtest.plan import BacktestPlan

CODE_FOLDERS = ("features", "models", "evaluation", "training")
"""Folders whose source code is part of the cache key."""


@dataclass(frozen=True)
class QuarterScores:
    """The eligible episodes of one quarter end with the score every order gives them.

    Attributes:
        rows: a row per eligible episode: `training.backtest.walk_forward.KEY_COLUMNS`, one score per order, and
            chance:NAME (probability of concealment) and amount:NAME (分) per candidate. Empty where nothing was scored.
        fits: a row per candidate on its training: quarter, recipe, version, labels, positives, set_aside, weighing.
        note: why there are no rows, in 中文; empty where there are.
    """

    rows: pd.DataFrame
    fits: list[dict[str, Any]]
    note: str = ""


@dataclass(frozen=True)
class BacktestCache:
    """Results of backtests in one folder, each written atomically; an interrupted run continues from them."""

    folder: Path

    def scores(
        self, plan: BacktestPlan, outcomes: Outcomes, quarter: QuarterInputs, compute: Callable[[], QuarterScores]
    ) -> QuarterScores:
        """Scores of a quarter: read where they are stored, else computed and stored."""
        stem = self.folder / f"{quarter.day}-{_quarter_key(plan, outcomes, quarter)}"
        table, facts = stem.with_suffix(".parquet"), stem.with_suffix(".json")
        if not facts.exists():
            computed = compute()
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(table) as scratch:
                computed.rows.to_parquet(scratch)
            write_bytes(facts, json.dumps([computed.fits, computed.note], ensure_ascii=False).encode())
        fits, note = json.loads(facts.read_text(encoding="utf-8"))
        return QuarterScores(pd.read_parquet(table), fits, note)

    def report(self, plan: BacktestPlan, outcomes: Outcomes) -> dict[str, Any] | None:
        """The stored report of a plan, None where there is none."""
        path = self._report_path(plan, outcomes)
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def store_report(self, plan: BacktestPlan, outcomes: Outcomes, body: dict[str, Any]) -> None:
        """Store the report of a plan: JSON values without NaN."""
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
        write_bytes(self._report_path(plan, outcomes), text.encode())

    def _report_path(self, plan: BacktestPlan, outcomes: Outcomes) -> Path:
        digests = [table_digest(frame) for frame in (outcomes.labels, outcomes.draws, outcomes.truth)]
        recipes = [candidate.as_payload() for candidate in plan.candidates]
        settings = plan.settings
        key = cache_key(
            report_header(plan, outcomes), recipes, settings.rounds, settings.baselines, digests, rest_days()
        )
        return self.folder / f"report-{key}.json"


def backtest_cache(home: Path) -> BacktestCache:
    """The cache of a home folder: cache/backtest."""
    return BacktestCache(Path(home) / "cache" / "backtest")


def report_header(plan: BacktestPlan, outcomes: Outcomes) -> dict[str, Any]:
    """The part of a report that describes the backtest: candidates, capacity, days and inputs."""
    return {
        "recipe": plan.candidates[0].name,
        "candidates": [candidate.name for candidate in plan.candidates],
        "capacity": plan.settings.capacity,
        "days": [day.isoformat() for day in plan.days],
        "until": outcomes.until.isoformat(),
        "pool_state": outcomes.state,
        "catalogue_version": outcomes.catalogue_version,
        "truth": outcomes.truth is not None,
    }


def _quarter_key(plan: BacktestPlan, outcomes: Outcomes, quarter: QuarterInputs) -> str:
    recipes = [candidate.as_payload() for candidate in plan.candidates]
    baselines = list(plan.settings.baselines)
    read = [outcomes.state, outcomes.catalogue_version, quarter.day.isoformat()]
    return cache_key(*read, recipes, baselines, table_digest(quarter.draws), rest_days())


@cache
def source_digest() -> str:
    """SHA-256 over the source code and its tables, so that a change of code invalidates the cache."""
    root = Path(__file__).resolve().parents[2]
    total = hashlib.sha256()
    for path in sorted(
        file for name in CODE_FOLDERS for kind in ("*.py", "*.toml") for file in (root / name).rglob(kind)
    ):
        content = path.read_bytes()
        total.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return total.hexdigest()


def cache_key(*parts: Any) -> str:
    """Sixteen hexadecimal digits that identify the JSON values and the source code."""
    text = json.dumps([source_digest(), *parts], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def table_digest(frame: pd.DataFrame | None) -> str:
    """SHA-256 of a small table; empty for none."""
    return "" if frame is None else hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()
