"""Candidates: the recipes that are compared in a backtest, by name; a retraining uses one of them.

Each gives a model with additive margins and a calibrated probability, the same amount head, and the same fallback to
the linear head where labels are few; what differs is the head of the probability of concealment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from features.errors import GoldenKeyError
from models.scoring.model import Model
from models.scoring.trees import TreeSettings
from training.data import label_delay, label_weights
from training.data.sample import Sample
from training.fitting.heads import HeadSettings
from training.fitting.lambdarank import rank_recipe
from training.fitting.search import fit_searched, settings_of_search
from training.fitting.train import FEW_LABELS, Recipe, TrainSettings, fit_model

DEFAULT = "two_part"
"""Name of the recipe that `train` and `retrain` use unless another is asked for."""

MONOTONE = replace(FEW_LABELS, stacked=False)
"""Small trees without a linear head; monotone constraints as in every recipe."""

LISTWISE = replace(FEW_LABELS, stacked=False, rounds_default=100)
"""Trees on the order within lists; their number is fixed, because log loss cannot be computed for an order."""

GLASS_BOX = HeadSettings(
    rounds_most=400,
    rounds_step=50,
    rounds_default=200,
    trees=TreeSettings(num_leaves=2, min_data_in_leaf=5, feature_fraction=0.5, learning_rate=0.1),
)
"""One-split trees: each column has one curve of its own and no column changes another's, a generalised additive
model (Lou, Caruana and Gehrke 2012) whose curves can be printed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A named recipe.

    Attributes:
        name: key on the command line.
        label: 中文 name.
        about: one 中文 sentence for readers.
        settings: of its training run.
        recipe: from the whole sample to the function that fits the head (`training.fitting.train.Recipe`); None for
            `fit_two_part`.
        search: whether settings are searched on past quarters first (`training.fitting.search`).
    """

    name: str
    label: str
    about: str
    settings: TrainSettings = field(default_factory=TrainSettings)
    recipe: Callable[[Sample], Recipe] | None = None
    search: bool = False

    def fit(
        self, sample: Sample, as_of: date, state: int, threads: int = 1, *, figures: bool = True
    ) -> tuple[Model, dict[str, float]]:
        """Fit, calibrate and, where `figures` is true, measure; see `training.fitting.train.fit_model`.

        Weights of labels (`weighted`, `modelled`, `delayed`) must stand in the sample already, see
        `training.data.label_weights.weigh`. The default candidate gives the model of `train` bit for bit; the others
        write their name in its settings.

        Raises:
            NotEnoughDataError: too few labels to fit anything.
        """
        if self.search:
            return fit_searched(self, sample, as_of, state, threads, figures=figures)
        recipe = self.recipe(sample) if self.recipe else None
        model, metrics = fit_model(
            sample, as_of, state, threads=threads, settings=self.settings, recipe=recipe, figures=figures
        )
        if self.name == DEFAULT:
            return model, metrics
        return replace(model, settings={**model.settings, "recipe": self.name}), metrics

    def with_settings(self, settings: TrainSettings) -> Candidate:
        """The candidate with these settings and without a search."""
        return replace(self, search=False, settings=settings)

    def with_searched_settings(self, model: Model) -> Candidate:
        """The candidate with the settings its search found for a model, and no search; itself where it has none."""
        if not self.search:
            return self
        return self.with_settings(settings_of_search(self, model))

    def as_payload(self) -> dict[str, Any]:
        """Name and settings as JSON values: with the data they decide the model."""
        return {"recipe": self.name, "search": self.search, **self.settings.rows()}


CANDIDATES: Mapping[str, Candidate] = {
    each.name: each
    for each in (
        Candidate(DEFAULT, "两段模型", "岭回归直线，其上再加小型随机切分树，均受已知方向约束。"),
        Candidate(
            "lambdarank",
            "排序学习",
            "按各院各季名单学习先后（未发现、遗漏、隐匿、隐匿且到位四档），再以直线校准为概率。",
            TrainSettings(heads=LISTWISE),
            rank_recipe,
        ),
        Candidate(
            "weighted",
            "两段模型·抽取加权",
            "同两段模型，随机抽中的标签按入选概率的倒数加权。",
            TrainSettings(weighting=label_weights.INVERSE),
        ),
        Candidate(
            "modelled",
            "两段模型·推算加权",
            "同抽取加权；从未记录入选概率的年份按案件特征推算，不能补救信访何以发生这类没有记录的原因。",
            TrainSettings(weighting=label_weights.MODELLED),
        ),
        Candidate(
            "delayed",
            "两段模型·到期加权",
            "同两段模型，未到期的标签不等待，按已审结的机会加权。",
            TrainSettings(delay=label_delay.IPCW),
        ),
        Candidate(
            "searched",
            "两段模型·搜索设置",
            "同两段模型，标签足够时以过往季度搜索其设置（Optuna），不足时沿用默认。",
            search=True,
        ),
        Candidate(
            "monotone", "单调约束模型", "只用树，所有已知方向均受约束，不含直线。", TrainSettings(heads=MONOTONE)
        ),
        Candidate(
            "glass_box",
            "可读模型",
            "单切分树构成的可加模型：每列一条曲线，列与列之间没有交互，可直接画出。",
            TrainSettings(heads=GLASS_BOX),
        ),
    )
}
"""Every candidate by name, the default first."""


def find_candidate(name: str) -> Candidate:
    """A candidate by name; GoldenKeyError for an unknown one, with the known names."""
    try:
        return CANDIDATES[name]
    except KeyError as error:
        raise GoldenKeyError(f"没有名为“{name}”的候选方案，可用的有 {'、'.join(CANDIDATES)}。") from error


__all__ = ["CANDIDATES", "DEFAULT", "Candidate", "find_candidate"]
