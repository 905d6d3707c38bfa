"""Scoring: the whole cohort of a day, scored once by the model in use and written to the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from features.clues import catalogue
from features.clues.isolation import CaseFaultError
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from features.pool.pool import Pool
from models.ledger.ledger import Ledger
from models.ledger.records import Run
from models.ledger.vouched_cuts import open_vouched_cut
from models.reasons.contributions import decompose_margins
from models.registry import registry
from models.scoring.cohort import score_cohort


def score_all(home: Path, as_of: date, actor: str, ledger: Ledger | None = None, threads: int = 1) -> Run:
    """Score every episode of the cohort on a day with the model in use; made again, the same run is returned.

    Args:
        home: the home folder.
        as_of: the day.
        actor: in whose name.
        ledger: an open ledger, or None to open the home's.
        threads: used by the model; not a bit of any score depends on it.

    Raises:
        NotFoundError: no model has been trained. NotEnoughDataError: nothing to score on that day.
        ColumnMismatchError: the model knows other columns than the catalogue. UnknownActorError: nothing is written.
        GoldenKeyError: the day lies in the future.
    """
    if ledger is None:
        with Ledger(home) as opened:
            return score_all(home, as_of, actor, opened, threads)
    model = registry.load_current(home, threads)
    state = Pool(home).state
    known = ledger.find_run(as_of, state, model.version, catalogue.VERSION)
    if known is not None:
        return known
    matrix = open_vouched_cut(ledger, as_of, state, actor).matrix()
    if matrix.keys.empty:
        if failed := matrix.isolation.sentences():
            raise CaseFaultError(f"截至 {as_of} 没有能评分的案件：{failed[0]}")
        raise NotEnoughDataError(f"截至 {as_of} 数据池中没有可评分的终本案件；请确认已导入该日以前的案件。")
    run = Run("", as_of, state, model.version, catalogue.VERSION, matrix.fingerprint, model.columns)
    values, scores = model.own_columns(matrix.model_values), score_cohort(model, matrix)
    shares = decompose_margins(model, _by_episode(values, matrix)).shares
    return ledger.write_run(run, scores, _by_episode(values, matrix), shares, actor)


def _by_episode(values: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
    return values.set_index(pd.Index(matrix.keys["episode"].astype(str), name="episode"))
