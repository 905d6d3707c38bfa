"""Walk-forward evaluation: per quarter end, train on the labels known, score the eligible episodes, cache the scores.

No debtor and no case chain is in both training and scoring: labels connected with an episode eligible on the day are
left out. The result of each quarter is cached under the home by a key of all its inputs, so an interrupted run resumes
and a rerun computes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.lists.baselines import BASELINE_SCORES, logistic_baseline
from evaluation.lists.measure import STRATA
from features.errors import NotEnoughDataError
from features.files.atomic import replacing, write_bytes
from features.matrix import Matrix
from models.selection.eligibility import eligible, rest_days, unlearnt
from training.data import label_weights
from training.data.label_delay import WINDOW
from training.data.labels import scoring_date
from training.data.sample import Sample, assemble
from training.data.source import TrainingSource
from training.data.splits import groups
from training.fitting.recipes import Candidate

Mask = npt.NDArray[np.bool_]

CODE_FOLDERS = ("features", "models", "evaluation", "training")
"""Folders whose source code is part of the cache key."""

KEY_COLUMNS = ("episode", "case_no", "zb_date", "office", "debtor", "chain", *STRATA)
"""Key columns of the matrix kept beside the scores."""


@dataclass
class WalkForward:
    """The quarters of one backtest, each scored once and cached.

    Attributes:
        home: results are cached under its cache/backtest.
        source: where to read.
        candidates: recipes. baselines: orders beside them, see `evaluation.lists.baselines`.
        threads: threads of LightGBM, without effect on any figure.
    """

    home: Path
    source: TrainingSource
    candidates: Sequence[Candidate]
    baselines: Sequence[str]
    threads: int

    def score_quarter(self, day: date) -> tuple[pd.DataFrame, list[dict[str, Any]], str]:
        """Eligible episodes of a day with every order's score, a row per candidate on its training, and a note.


        Columns: `KEY_COLUMNS`, one score per order, and chance:NAME, amount:NAME (分) per candidate. The note says in
        中文 why there are no rows; it is empty where there are.
        """
        plans = [each.as_payload() for each in self.candidates]
        drawn = any(each.settings.weighting != label_weights.NONE for each in self.candidates) and self.source.draws(
            day
        )
        logs = table_digest(drawn) if isinstance(drawn, pd.DataFrame) else ""
        made_of = [self.source.state, self.source.catalogue_version, day.isoformat(), plans, list(self.baselines), logs]
        key = cache_key(*made_of, rest_days())
        stem = self.home / "cache" / "backtest" / f"{day}-{key}"
        if not stem.with_suffix(".json").exists():
            try:
                frame, trained = self._fitted(day)
                note = ""
            except NotEnoughDataError as error:
                frame, trained, note = pd.DataFrame(), [], f"{day}：{error}"
            stem.parent.mkdir(parents=True, exist_ok=True)
            with replacing(stem.with_suffix(".parquet")) as scratch:
                frame.to_parquet(scratch)
            write_bytes(stem.with_suffix(".json"), json.dumps([trained, note], ensure_ascii=False).encode())
        trained, note = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        return pd.read_parquet(stem.with_suffix(".parquet")), trained, note

    def _fitted(self, day: date) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
        known = self.source.labels(day)
        if not len(known):
            raise NotEnoughDataError("此前还没有任何已审结的核查结论。")
        past = sorted(set(scoring_date(known["selected_on"])))
        matrices = self.source.matrices([*past, day])
        today = matrices[day]
        free = eligible(today.keys, day) & unlearnt(today.keys, known)
        keys = today.keys[free].reset_index(drop=True)
        values = today.model_values[free].reset_index(drop=True)
        clear = _unconnected(known, matrices, keys)
        sample = assemble(known[clear], matrices)
        if not len(sample.outcome):
            raise NotEnoughDataError("此前没有可用于训练的核查结论。")
        columns: dict[str, Any] = {}
        trained = []
        for each in self.candidates:
            mine = self._weighed(each, day, clear, sample, matrices)
            model, _ = each.fit(mine, day, self.source.state, self.threads, figures=False)
            scores = model.score(values)
            expected = scores["expected_fen"].astype("float64") if model.amount else scores["probability"]
            columns |= {each.name: expected, f"{each.name}:probability": scores["probability"]}
            columns |= {f"chance:{each.name}": scores["probability"]}
            columns |= {f"amount:{each.name}": expected}
            count = model.counts["concealment"]
            trained.append(
                {
                    "quarter": day.isoformat(),
                    "recipe": each.name,
                    "version": model.version,
                    "labels": count["labels"],
                    "positives": count["positives"],
                    "set_aside": int((~clear).sum()),
                    "weighing": list(mine.notes),
                }
            )
        learned = sample.with_outcome()
        for name in list(self.baselines):
            plain = BASELINE_SCORES.get(name)
            columns[name] = (
                plain(keys, today.values[free].reset_index(drop=True), day)
                if plain
                else logistic_baseline(learned.values, learned.outcome, values)
            )
        kept = keys[[name for name in KEY_COLUMNS if name in keys.columns]]
        return pd.concat([kept, pd.DataFrame(columns, index=kept.index)], axis=1), trained

    def _weighed(
        self, each: Candidate, day: date, clear: Mask, sample: Sample, matrices: Mapping[date, Matrix]
    ) -> Sample:
        """The sample with the weights a candidate asks for."""
        settings = each.settings
        if (settings.weighting, settings.delay) == (label_weights.NONE, WINDOW):
            return sample
        known, notes = self.source.weighted_labels(day, settings.weighting, settings.delay)
        return replace(assemble(known[clear], matrices), notes=tuple(notes))


def _unconnected(known: pd.DataFrame, matrices: Mapping[date, Matrix], keys: pd.DataFrame) -> Mask:
    """Labels (mask) whose debtor and case chain are not connected with any eligible episode of `keys`."""
    who = pd.concat([matrices[day].keys[["case_no", "zb_date", "debtor", "chain"]] for day in sorted(matrices)])
    who = who.drop_duplicates(["case_no", "zb_date", "debtor", "chain"])
    every = pd.concat([who, keys[["case_no", "zb_date", "debtor", "chain"]].assign(eligible=True)], ignore_index=True)
    group = groups(every["debtor"], every["chain"])
    there = np.unique(group[every["eligible"].eq(True).to_numpy()])
    taken = every[np.isin(group, there)][["case_no", "zb_date"]].drop_duplicates().assign(taken=True)
    return np.asarray(known.merge(taken, on=["case_no", "zb_date"], how="left")["taken"].isna(), dtype=bool)


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


__all__ = ["KEY_COLUMNS", "WalkForward", "cache_key", "table_digest"]
