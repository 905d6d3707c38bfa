"""The reports of a retraining beside its gate: labels, backtest, changed lists, explanations, group fairness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluation.explanations.audit import audit_explanations
from evaluation.lists import by_group, rank_change
from evaluation.metrics.population import estimate_population
from evaluation.metrics.reviewed_draws import period
from features.errors import NotEnoughDataError
from features.matrix import Matrix
from models.feedback import funnel
from models.scoring.head import ColumnMismatchError
from models.scoring.model import Model
from models.selection.logged_draws import is_random_draw, match_reviews
from training.backtest.cache import BacktestCache
from training.backtest.inputs import BacktestInputs
from training.backtest.plan import BacktestPlan
from training.backtest.run import backtest
from training.data.sample import Sample
from training.fitting.recipes import CANDIDATES, DEFAULT
from training.fitting.train import fixed_directions
from training.retrain.gate_evidence import REFITS

COMPARED_RECIPES = (DEFAULT, "glass_box")
"""Candidates backtested beside the recipe asked for."""

AUDIT_ROWS = 300
"""Rows on which explanations are audited at a retraining; `examine` takes more."""


def cohort_report(matrices: Mapping[date, Matrix]) -> dict[str, Any]:
    """Size and fingerprint of every quarter's matrix."""
    return {
        "days": [
            {
                "day": day.isoformat(),
                "episodes": len(matrix.keys),
                "columns": matrix.model_values.shape[1],
                "fingerprint": getattr(matrix, "fingerprint", ""),
            }
            for day, matrix in sorted(matrices.items())
        ]
    }


def labels_report(
    labels: pd.DataFrame, sample: Sample, notes: Sequence[str], draws: pd.DataFrame, stages: pd.DataFrame | None
) -> dict[str, Any]:
    """Counts of the labels, running reviews, unaided recoveries and logged draws.

    Args:
        labels: labels known. sample: their training rows. notes: 中文 sentences on their weights.
        draws: logged draws, see `models.selection.logged_draws.read_draws`.
        stages: counts of reviews by quarter and stage, see `models.feedback.funnel.build_funnel`; None where unknown.
    """
    quarter = pd.PeriodIndex(pd.to_datetime(labels["label_date"]), freq="Q").astype(str)
    by_quarter = labels.assign(quarter=quarter).groupby("quarter")["y"].agg(["size", "sum"])
    return {
        "concluded": len(labels),
        "by_label": {str(name): int(count) for name, count in labels["label"].value_counts().sort_index().items()},
        "taught": int((~np.isnan(sample.outcome)).sum()),
        "positives": sample.positives,
        "left_out": int(np.isnan(sample.outcome).sum()),
        "not_in_cohort": sample.lost,
        "amounts": int((~np.isnan(sample.fen)).sum()),
        "first": str(min(labels["label_date"])),
        "last": str(max(labels["label_date"])),
        "by_quarter": [
            {"quarter": str(name), "concluded": int(row["size"]), "positives": int(row["sum"])}
            for name, row in by_quarter.iterrows()
        ],
        **_count_logged(labels, draws),
        "stages": None if stages is None else funnel.sum_quarters(stages),
        "notes": [*notes, *([] if stages is None else [funnel.NOTE])],
    }


def _count_logged(labels: pd.DataFrame, draws: pd.DataFrame) -> dict[str, Any]:
    """How many labels follow a draw whose chance was logged, and how many of them chance listed."""
    if draws.empty:
        return {"logged": {"count": 0, "of": len(labels), "share": 0.0}, "drawn": 0}
    matched = match_reviews(labels, draws)
    logged = matched["drawn_on"].notna() & matched["inclusion"].notna()
    at_random = int(is_random_draw(matched.assign(stratum=matched["stratum"].fillna(""))).sum())
    return {
        "logged": {"count": int(logged.sum()), "of": len(labels), "share": float(logged.mean())},
        "drawn": at_random,
    }


def population_report(draws: pd.DataFrame | None, day: date) -> dict[str, Any]:
    """Estimate of how many of all episodes conceal property and what could be recovered; a note where there is none.

    Args:
        draws: from `evaluation.metrics.reviewed_draws.reviewed_draws`; None where the source has no pool.
        day: the day of the report.
    """
    if draws is None:
        return {"notes": ["所给案件不在数据池中，未推算总体。"]}
    first, last = period(day)
    header = {"as_of": day.isoformat(), "from": first.isoformat(), "to": last.isoformat()}
    try:
        return header | estimate_population(draws).as_payload()
    except NotEnoughDataError as error:
        return header | {"notes": [f"未能推算：{error}"]}


def backtest_report(
    inputs: BacktestInputs | None, plan: BacktestPlan | None, recipe: str, cache: BacktestCache
) -> dict[str, Any]:
    """The backtest of the recipe beside a few others; a note where there is none, or too few labels for one."""
    if inputs is None or plan is None:
        return {"notes": ["本次未做回测。"]}
    try:
        body = backtest(inputs, plan, cache).as_payload()
    except NotEnoughDataError as error:
        return {"notes": [f"未能回测：{error}"]}
    return body | {"notes": [describe_choice(body, recipe), *body["notes"]]}


def describe_choice(body: Mapping[str, Any], recipe: str) -> str:
    """A 中文 sentence on why the recipe was used, with the precision of the others."""
    rows = {str(row["order"]): row for row in [*body["models"], *body["baselines"]]}
    names = [name for name in (*body["candidates"], "logistic") if name in rows]
    parts = [f"{_name(name)} {_share(rows[name])}" for name in dict.fromkeys(names)]
    best = max(names, key=lambda name: rows[name]["precision"] or 0.0)
    how = "为默认方案" if recipe == DEFAULT else "为运行时指定"
    sentence = f"采用“{_name(recipe)}”，{how}，不因回测自动更换。各院名额内经查实的占比：{'、'.join(parts)}。"
    if best == recipe or rows[best]["precision"] is None:
        return sentence
    apart = (rows[recipe]["precision_high"] or 1.0) < (rows[best]["precision_low"] or 0.0)
    how = "区间不重叠，建议以 --recipe 另行训练比较" if apart else "区间重叠，不足以说明更好"
    return f"{sentence}“{_name(best)}”的占比较高，{how}。"


def _name(recipe: str) -> str:
    return CANDIDATES[recipe].label if recipe in CANDIDATES else "逻辑回归" if recipe == "logistic" else recipe


def _share(row: Mapping[str, Any]) -> str:
    if row["precision"] is None:
        return "—"
    low, high = row["precision_low"], row["precision_high"]
    return f"{row['precision']:.1%}" + (f"（{low:.1%} 至 {high:.1%}）" if low is not None and high is not None else "")


def change_report(model: Model, champion: Model | None, newest: Matrix, capacity: int) -> dict[str, Any]:
    """How the newest lists would differ from the champion's, and the clues that moved them."""
    if champion is None:
        return {"champion": None, "notes": ["没有在用模型，无从比较。"]}
    try:
        changes = rank_change.rank_change(champion, model, newest, capacity)
    except NotEnoughDataError as error:
        return {"champion": champion.version, "notes": [str(error)]}
    except ColumnMismatchError:
        gone, new = set(champion.columns) - set(model.columns), set(model.columns) - set(champion.columns)
        note = f"在用模型的列与现目录不同（少 {len(gone)} 列，多 {len(new)} 列），不能在同一矩阵上比较。"
        return {"champion": champion.version, "notes": [note]}
    entering = int(changes["entering"])
    stay = int(changes["listed"]) - entering
    return {"champion": champion.version, **changes, "stay": stay, "enter": entering, "leave": entering, "notes": []}


def explanations_report(model: Model, newest: Matrix, refit: Callable[[int], Model]) -> dict[str, Any]:
    """The audit of the model's explanations on the newest matrix, with the refits the gate judges by."""
    directions = {name: sign for name, sign in fixed_directions().items() if name in model.columns}
    audit = audit_explanations(model, newest, refit, directions=directions, rounds=REFITS, rows=AUDIT_ROWS)
    note = f"再训练时在 {audit['rows']} 个终本程序上量得，重训 {REFITS} 次；要更细的，运行 examine。"
    return audit | {"as_of": newest.as_of.isoformat(), "notes": [note]}


def fairness_report(
    model: Model, newest: Matrix, groups: pd.DataFrame, labels: pd.DataFrame, capacity: int
) -> dict[str, Any]:
    """Group fairness of the newest lists; outcomes come from reviews selected since, of which most are still open.

    Args:
        model: the model that makes the lists. newest: the newest matrix.
        groups: its keys with the group of every episode, see `evaluation.lists.by_group.assign_groups`.
        labels: labels known. capacity: cases per office on a list.
    """
    frame = _with_labels(groups.reset_index(drop=True), labels, newest.as_of)
    missing = [name for name in by_group.DIMENSIONS if name not in frame.columns]
    if missing:
        return {"as_of": newest.as_of.isoformat(), "notes": [f"所给案件没有 {'、'.join(missing)}，未测分组负担。"]}
    try:
        body = by_group.model_group_fairness(model, newest, frame, capacity)
    except NotEnoughDataError as error:
        return {"as_of": newest.as_of.isoformat(), "notes": [str(error)]}
    note = "列入比例可由此看出；占比和误列负担须待这些案件审结，届时以 examine 补测。"
    return body | {"notes": [note]}


def _with_labels(frame: pd.DataFrame, labels: pd.DataFrame, day: date) -> pd.DataFrame:
    """Episodes with y and recovered_yuan of reviews selected after a day; NaN where there is none."""
    later = labels[pd.to_datetime(labels["selected_on"]) > pd.Timestamp(day)]
    last = later.sort_values(["label_date", "review_id"]).drop_duplicates(["case_no", "zb_date"], keep="last")
    wanted = last.assign(recovered_yuan=last["recovered_fen"] / 100)[["case_no", "zb_date", "y", "recovered_yuan"]]
    joined = frame.merge(wanted, on=["case_no", "zb_date"], how="left", validate="one_to_one")
    return joined.astype({"y": np.float64, "recovered_yuan": np.float64})


def review_report(champion: Model | None) -> dict[str, Any]:
    """Placeholder for auditors' verdicts on a model that has served no explanation yet."""
    note = "候选模型尚未对外提供过解释，没有可供复核的样本；启用后以 audit sample 抽样、audit verdicts 收回。"
    also = f"对在用模型 {champion.version} 的复核见其模型卡。" if champion else ""
    return {"notes": [note + also]}
