"""The noise floor of a model: how large contributions of clues get when the same recipe learns shuffled outcomes.

Reasons with a smaller contribution are not shown. The floor is stored in the settings of the model and so is part of
its version: served reasons can be rendered again, and a run that measures another floor gives another model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from evaluation.explanations.stability import noise_floor
from features.errors import NotEnoughDataError
from features.settings import number_setting
from models.reasons.sentences import NOISE_FLOOR
from models.scoring.model import Model
from training.data.sample import Sample, shuffle_outcomes

SETTING = "GOLDENKEY_NOISE_REFITS"

REFITS = 5
"""Number of refits on shuffled outcomes; each gives rows × clues contributions, so more refits change little."""

DIGITS = 4
"""Decimals of a floor; the last one already differs between seeds."""

NOT_MEASURED = "打乱结论后标签不足以重训，未能量出噪声线，较小的理由未隐去。"


def refit_count(environ: Mapping[str, str] | None = None) -> int:
    """The setting `GOLDENKEY_NOISE_REFITS`, `REFITS` by default; GoldenKeyError where it is no whole number from 0."""
    return number_setting(SETTING, REFITS, 0, environ=environ)


def add_noise_floor(model: Model, sample: Sample, fit: Callable[[Sample], Model], refits: int = REFITS) -> Model:
    """The model with the noise floor added to its settings and a 中文 note on it; unchanged for 0 refits.

    Args:
        model: the model. sample: what it was fitted on.
        fit: fits a model by the same recipe and settings; called with the sample and shuffled outcomes.
        refits: number of refits, with seeds 1, 2, 3 ..., so that a second run gives the same floor.
    """
    if not refits:
        return model
    nulls = []
    for seed in range(1, refits + 1):
        try:
            nulls.append(fit(shuffle_outcomes(sample, seed)))
        except NotEnoughDataError:
            continue
    measured = noise_floor(model, sample.with_outcome().values, nulls).floor
    if measured is None:
        return replace(model, notes=(*model.notes, NOT_MEASURED))
    floor = round(measured, DIGITS)
    note = f"噪声线 {floor:.3f}（对数几率）：打乱结论重训 {len(nulls)} 次量得，影响小于它的单项不列为理由，只计入合计。"
    return replace(model, notes=(*model.notes, note), settings={**model.settings, NOISE_FLOOR: floor})
