"""The environment of a trial: a simulated world without any review, ingested once, with a matrix per quarter end.

Reviews do not change what an office sees of other cases, so one environment serves every policy. Not simulated: data
that a review obtains about other cases of the same people (such as statements it asked for).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.world.base.config import Knobs, load_knobs
from evaluation.world.potential_outcomes import PotentialOutcomes, potential_outcomes
from evaluation.world.simulate import simulate
from features.clues import catalogue
from features.cuts.matrices import build_matrix
from features.intake.ingest import IngestOptions, ingest
from features.matrix import Matrix
from models.selection.capacity import CAPACITY

Rows = npt.NDArray[np.int64]

WARM_UP = 4
"""Quarters of today's practice simulated before the first quarter of the loop."""

DRIFT_AFTER = 4
"""Quarters of the loop before concealers change their method in worlds that drift (in year two)."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a trial is: first terminations in all, quarters of the loop, reviews per quarter.

    One office supervises every court of the world: 4,000 terminations in 17 quarters are some 940 a year, within the
    500 to 2,500 of a county (docs/domain.md section 5.2), for 40 reviews a quarter (docs/domain.md section 5.3).
    """

    cases: int = 4000
    quarters: int = 12
    capacity: int = CAPACITY

    @property
    def whole(self) -> int:
        """Quarters of the world: one before any choice, the warm-up, the loop."""
        return 1 + WARM_UP + self.quarters


@dataclass(frozen=True)
class Environment:
    """One simulated world on which every policy is tried.

    Attributes:
        size, seed, knobs: what determines it.
        fates: its episodes with the potential outcomes of their reviews (`evaluation.world.potential_outcomes`).
        folder: of its matrices, a parquet file per quarter.
    """

    size: Size
    seed: int
    knobs: Knobs
    fates: PotentialOutcomes
    folder: Path

    def day(self, quarter: int) -> date:
        """The day whose matrix a selection in a quarter sees: the last one before it."""
        return date(1970, 1, 1) + timedelta(days=self.fates.plan.calendar.starts[quarter] - 1)

    @cached_property
    def _frames(self) -> dict[int, pd.DataFrame]:
        return {}

    def seen(self, quarter: int) -> pd.DataFrame:
        """The cohort seen by a selection of the quarter: index = row of the fates; matrix columns and `KEY_COLUMNS`."""
        if quarter not in self._frames:
            self._frames[quarter] = pd.read_parquet(self.folder / f"{quarter:02d}.parquet")
        return self._frames[quarter]

    def values(self, quarter: int, rows: Rows) -> pd.DataFrame:
        """Model columns of some rows of the fates (potential outcomes), in the order given."""
        return self.seen(quarter).loc[rows, list(catalogue.MODEL_FEATURES)].astype(np.float64)


KEY_COLUMNS = ("office", "debt_fen", "findings")
"""Columns of an environment's frames beside the model's: office code, debt (分), findings with at least one row."""


def world_knobs(drift: bool) -> Knobs:
    """The committed knobs of the world; with the drift concealers change their method in year two."""
    knobs = load_knobs()
    if not drift:
        return knobs
    tree = {section: dict(values) for section, values in knobs.tree.items()}
    tree["drift"]["from_quarter"] = 1 + WARM_UP + DRIFT_AFTER
    return Knobs(tree)


def world_digest(size: Size) -> str:
    """Digest of everything that decides the worlds of a trial: knobs with and without drift, size, catalogue."""
    inputs = [
        world_knobs(False).digest(),
        world_knobs(True).digest(),
        size.cases,
        size.quarters,
        size.capacity,
        WARM_UP,
    ]
    return hashlib.sha256(json.dumps([*inputs, catalogue.VERSION]).encode()).hexdigest()


def open_environment(out: Path, size: Size, seed: int, drift: bool) -> Environment:
    """The environment of a seed: read from `out`, or built there first (some minutes)."""
    knobs = world_knobs(drift)
    made_of = [knobs.digest(), size.cases, size.whole, seed, catalogue.VERSION]
    name = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]
    folder = out / "stages" / f"{'drift' if drift else 'base'}-{seed:03d}-{name}"
    environment = Environment(size, seed, knobs, potential_outcomes(knobs, size.cases, size.whole, seed), folder)
    if not (folder / "done").exists():
        _build(environment)
    return environment


def _build(environment: Environment) -> None:
    """Build the matrices in a scratch folder and rename it into place, as two trials may share the target folder."""
    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(
        tempfile.mkdtemp(prefix=f"{environment.folder.name}.", suffix=".work", dir=environment.folder.parent)
    )
    try:
        world_folder = scratch / "made"
        world_folder.mkdir()
        config = scratch / "knobs.toml"
        config.write_text(_unreviewed(environment.knobs), encoding="utf-8")
        size = environment.size
        simulate(scratch / "world", size.cases, size.whole, environment.seed, config)
        shutil.rmtree(scratch / "world" / "truth")
        ingest(scratch / "home", [str(scratch / "world")], IngestOptions())
        for quarter in range(1, size.whole):
            _cohort_frame(environment, build_matrix(scratch / "home", environment.day(quarter))).to_parquet(
                world_folder / f"{quarter:02d}.parquet", compression="zstd"
            )
        (world_folder / "done").write_text("", encoding="utf-8")
        _publish(world_folder, environment.folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _publish(made: Path, folder: Path) -> None:
    """Move a finished environment into place; if another process was first its equal result stays."""
    if folder.exists() and not (folder / "done").exists():
        shutil.rmtree(folder)
    try:
        made.rename(folder)
    except OSError:
        if not (folder / "done").exists():
            raise


def _unreviewed(knobs: Knobs) -> str:
    """The knobs as TOML, changed so that nobody reviews anything."""
    drift: Mapping[str, Any] = knobs.tree["drift"]
    lines = [
        f"from_quarter = {drift['from_quarter']}",
        f"moved = {drift['moved']}",
        f'towards = ["{drift["towards"][0]}"]',
    ]
    return "[offices]\ncapacity = 0\n[drift]\n" + "\n".join(lines) + "\n"


def _cohort_frame(environment: Environment, matrix: Matrix) -> pd.DataFrame:
    """A matrix on the rows of the fates, in single precision: 4,000 cases and 16 quarters fit in memory."""
    table = environment.fates.table
    place = pd.Series(np.arange(len(table)), index=pd.MultiIndex.from_frame(table[["case_no", "zb_date"]].astype(str)))
    rows = place.reindex(pd.MultiIndex.from_frame(matrix.keys[["case_no", "zb_date"]].astype(str))).to_numpy()
    known = ~np.isnan(rows)
    values = matrix.model_values.astype(np.float32)[known]
    keys = matrix.keys[known]
    frame = values.assign(
        office=keys["office"].astype(str),
        debt_fen=keys["debt_fen"].astype(np.int64),
        findings=_count_findings(matrix)[known],
    )
    indexed: pd.DataFrame = frame.set_index(pd.Index(rows[known].astype(np.int64), name="row"))
    return indexed


def _count_findings(matrix: Matrix) -> Rows:
    """Per case, how many findings have at least one row."""
    hits = pd.DataFrame(index=matrix.values.index)
    for clue in catalogue.CLUES.values():
        if clue.kind == "finding" and clue.in_model and clue.features:
            columns = [feature.name for feature in clue.features]
            hits[clue.id] = (matrix.values[columns].fillna(0) != 0).any(axis=1)
    return np.asarray(hits.sum(axis=1), dtype=np.int64)


__all__ = [
    "DRIFT_AFTER",
    "KEY_COLUMNS",
    "WARM_UP",
    "Environment",
    "Size",
    "open_environment",
    "world_digest",
    "world_knobs",
]
