"""The rolling backtest: on every quarter end train on the labels known by then, score, and compare with later outcomes.

`training.backtest.inputs` reads everything first, `training.backtest.walk_forward` scores the quarters; this module
joins the scores to later outcomes (or to the truth of a simulated world), measures them with
`evaluation.lists.measure`, and stores one report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.lists import against_truth, measure
from evaluation.metrics.off_policy import estimate_off_policy
from features.errors import NotEnoughDataError
from features.pool.pool import Pool
from models.selection.logged_draws import LEDGER, is_random_draw
from training.backtest.cache import BacktestCache, backtest_cache, report_header
from training.backtest.inputs import BacktestInputs, Outcomes, read_inputs, read_outcomes
from training.backtest.plan import DEFAULT_SETTINGS, BacktestPlan, BacktestSettings, plan_backtest
from training.backtest.walk_forward import score_quarter
from training.data.labels import scoring_date
from training.data.source import TrainingSource, pool_source
from training.data.splits import groups
from training.data.weights import CLIP
from training.fitting.recipes import DEFAULT, find_candidate

NOT_HIDDEN = ("Y2", "Y6")
"""Conclusions that are no label in training but count as negative for a list: no concealment was confirmed."""


@dataclass(frozen=True)
class BacktestReport:
    """What a backtest measured, as JSON values; see `as_payload`."""

    body: Mapping[str, Any] = field(repr=False)

    def as_payload(self) -> dict[str, Any]:
        """The report `backtest` of a model.

        Returns:
            recipe, candidates, capacity, days, until, pool_state, catalogue_version, truth (whether it was
            used); `quarters` (a row per order and quarter), `models` and `baselines` (a row per order over all
            quarters, see `evaluation.lists.measure.order_figures`), auc, auc_low, auc_high, ece, brier, curve, rows,
            positives, effective, drawn (of the first candidate, see `evaluation.lists.measure.measure_calibration`),
            `calibration` (the same per candidate), strata, off_policy (a row per order, see
            `evaluation.metrics.off_policy`), training (a row per quarter and candidate) and notes (中文). Absent
            figures are None, never NaN.
        """
        return dict(self.body)


BacktestProgress = Callable[[str, int, int], None]
"""Callback of progress: (中文 name of the step, items done, items in all)."""


def last_delivery_date(home: Path) -> date:
    """Day of the pool's last delivery, until which outcomes are known; NotEnoughDataError for an empty pool."""
    days = [m.delivery.received_on for m in Pool(home).batches() if m.delivery.received_on is not None]
    if not days:
        raise NotEnoughDataError("数据池中还没有任何交接批次，无法回测；请先用 ingest 导入数据。")
    return max(days)


def run(
    home: Path,
    days: Sequence[date],
    recipe: str | Sequence[str] = DEFAULT,
    *,
    until: date | None = None,
    truth: Path | None = None,
    settings: BacktestSettings = DEFAULT_SETTINGS,
    threads: int = 1,
    source: TrainingSource | None = None,
    progress: BacktestProgress | None = None,
) -> BacktestReport:
    """Run the backtest, or read its cached report.

    Args:
        home: the home folder; results are cached under its cache/backtest.
        days: quarter ends, see `training.backtest.plan.quarter_ends`.
        recipe: a candidate or several, see `training.backtest.plan.BacktestPlan`.
        until: outcomes known later are not seen; the day of the last delivery by default.
        truth: folder `truth/` of a simulated world, to measure on all eligible episodes instead of the reviewed ones.
        settings: see `BacktestSettings`.
        threads: threads of LightGBM, without effect on any figure.
        source: where to read; the home by default.
        progress: see `BacktestProgress`.

    Raises:
        NotEnoughDataError: no quarter had labels enough to train on.
        GoldenKeyError: an unknown candidate, or a folder without truth.
    """
    plan = plan_backtest(days, [recipe] if isinstance(recipe, str) else recipe, settings, threads)
    reader = source or pool_source(home)
    outcomes = read_outcomes(reader, until or last_delivery_date(home), truth)
    cache = backtest_cache(home)
    stored = cache.report(plan, outcomes)
    return BacktestReport(stored) if stored else backtest(read_inputs(reader, plan, outcomes), plan, cache, progress)


def backtest(
    inputs: BacktestInputs, plan: BacktestPlan, cache: BacktestCache, progress: BacktestProgress | None = None
) -> BacktestReport:
    """Score the quarters, measure the lists and store the report; what is in the cache is not computed again.

    Raises:
        NotEnoughDataError: no quarter had labels enough to train on.
    """
    stored = cache.report(plan, inputs.outcomes)
    if stored is None:
        scored = _score_quarters(inputs, plan, cache, progress)
        stored = report_header(plan, inputs.outcomes) | _measured(scored, plan, inputs.outcomes.truth is not None)
        cache.store_report(plan, inputs.outcomes, stored)
    return BacktestReport(stored)


@dataclass(frozen=True)
class _ScoredQuarters:
    """Rows of every quarter with scores and outcomes, a row per fit, and why quarters are missing."""

    rows: pd.DataFrame
    fits: Sequence[Mapping[str, Any]]
    notes: Sequence[str]


def _score_quarters(
    inputs: BacktestInputs, plan: BacktestPlan, cache: BacktestCache, progress: BacktestProgress | None
) -> _ScoredQuarters:
    parts: list[pd.DataFrame] = []
    fits: list[Mapping[str, Any]] = []
    notes: list[str] = []
    outcomes = inputs.outcomes
    for number, quarter in enumerate(inputs.quarters):
        if progress:
            progress("回测季度", number, len(inputs.quarters))
        compute = partial(score_quarter, quarter, inputs.matrices, plan, outcomes.state)
        scores = cache.scores(plan, outcomes, quarter, compute)
        fits += scores.fits
        notes += [scores.note] if scores.note else []
        if len(scores.rows):
            parts.append(_with_target(_with_outcomes(scores.rows, quarter.day, outcomes), outcomes.truth))
    if not parts:
        raise NotEnoughDataError(f"回测期间没有一个季度可以训练：{'；'.join(notes)}")
    rows = pd.concat(parts, ignore_index=True)
    return _ScoredQuarters(rows.assign(group=groups(rows["debtor"], rows["chain"])), fits, notes)


def _measured(scored: _ScoredQuarters, plan: BacktestPlan, truth: bool) -> dict[str, Any]:
    """The computed part of the report."""
    names = [candidate.name for candidate in plan.candidates]
    first, capacity, rounds = names[0], plan.settings.capacity, plan.settings.rounds
    rows = scored.rows.assign(probability=scored.rows[f"chance:{first}"])
    own = [order for name in names for order in (name, f"{name}:probability")]
    scores = rows[[*own, *plan.settings.baselines]]
    quarters, pooled = measure.measure_orders(rows, scores, capacity, rounds)
    by_candidate = {
        name: measure.measure_calibration(rows.assign(probability=rows[f"chance:{name}"]), rounds) for name in names
    }
    return {
        "quarters": quarters,
        "models": [row for row in pooled if row["order"] in own],
        "baselines": [row for row in pooled if row["order"] not in own],
        **by_candidate[first],
        "calibration": by_candidate,
        "strata": measure.measure_strata(rows, rows[first].to_numpy(dtype=np.float64), capacity),
        "off_policy": _off_policy(rows, scores, first, capacity, rounds),
        "training": list(scored.fits),
        "notes": [*scored.notes, *_notes(rows, scored.fits, truth)],
    }


def _with_outcomes(rows: pd.DataFrame, day: date, outcomes: Outcomes) -> pd.DataFrame:
    """A quarter's rows joined with outcomes of the reviews selected in it and with its logged draws.

    Adds seen (1.0, 0.0 or NaN: concealment confirmed), seen_yuan (元 recovered), inclusion (chance of being listed, NaN
    where none is known), listed, and drawn: whether the episode was listed at random and so represents unlisted ones.
    """
    keys = ["case_no", "zb_date"]
    joined = rows.merge(_review_outcomes(outcomes.labels, day), on=keys, how="left")
    joined = joined.merge(_quarter_draws(outcomes.draws, day), on=keys, how="left")
    return joined.assign(quarter=day, listed=joined["listed"].eq(True), drawn=joined["drawn"].eq(True))


def _review_outcomes(labels: pd.DataFrame, day: date) -> pd.DataFrame:
    """Outcome of every episode reviewed in the quarter after a day, by its last conclusion: seen and seen_yuan (元)."""
    after = labels[(scoring_date(labels["selected_on"]) == day).to_numpy(dtype=bool)] if len(labels) else labels
    last = after.sort_values(["label_date", "review_id"]).drop_duplicates(["case_no", "zb_date"], keep="last")
    answer = last["y"].where(last["y"].notna(), last["label"].isin(NOT_HIDDEN).map({True: 0.0, False: np.nan}))
    return last[["case_no", "zb_date"]].assign(seen=answer.astype(np.float64), seen_yuan=last["recovered_fen"] / 100)


def _quarter_draws(logged: pd.DataFrame, day: date) -> pd.DataFrame:
    """One draw per episode of the quarter after a day: inclusion, listed, drawn; a queue of the ledger goes before.

    A queue of the ledger has an inclusion probability for every episode, a delivered selection only where the episode
    was drawn at random. A queue is dated on the quarter end itself, a delivered selection after it.
    """
    begun, selected = pd.Timestamp(day), pd.to_datetime(logged["selected_on"])
    end = (begun + pd.offsets.QuarterEnd(1)).normalize()
    from_ledger = logged["source"].eq(LEDGER)
    in_quarter = (from_ledger & (selected >= begun) & (selected < end)) | (
        ~from_ledger & (selected > begun) & (selected <= end)
    )
    draws = logged[in_quarter]
    ours, at_random = draws["source"].eq(LEDGER), is_random_draw(draws)
    draws = draws.assign(
        rank=~ours,
        inclusion=draws["inclusion"].where(ours | at_random),
        drawn=at_random & draws["listed"].astype(bool),
    )
    draws = draws.sort_values(["rank", "selected_on"], kind="stable").drop_duplicates(["case_no", "zb_date"])
    columns = draws[["case_no", "zb_date", "inclusion", "listed", "drawn"]]
    return columns.assign(zb_date=pd.to_datetime(columns["zb_date"]).dt.date)


def _with_target(rows: pd.DataFrame, truth: pd.DataFrame | None) -> pd.DataFrame:
    """Add outcome, recovery (元) and weight to a quarter's rows, from the truth or from reviews.

    A reviewed row listed at random weighs 1/π, at most `CLIP`; every other row weighs 1.
    """
    if truth is not None:
        truths = against_truth.join_truth(rows[["case_no", "zb_date"]], truth)
        return rows.assign(
            outcome=truths["concealed"].to_numpy(dtype=np.float64), yuan=truths["recoverable"].to_numpy(), weight=1.0
        )
    weight = (1.0 / rows["inclusion"].where(rows["drawn"], 1.0)).clip(upper=CLIP)
    return rows.assign(outcome=rows["seen"], yuan=rows["seen_yuan"].fillna(0.0), weight=weight)


def _off_policy(
    rows: pd.DataFrame, scores: pd.DataFrame, first: str, capacity: int, rounds: int
) -> list[dict[str, Any]]:
    """Off-policy estimates of each order's lists from logged draws: confirmed concealments (cases), recoveries (元)."""
    cell = np.asarray(rows.groupby(["quarter", "office"], sort=True, dropna=False).ngroup(), dtype=np.int64)
    group = rows["group"].to_numpy(dtype=np.int64)
    chance = rows[f"chance:{first}"]
    expected = rows[f"amount:{first}"] / 100
    estimates = []
    for name in scores.columns:
        wanted = measure.listing_probability(scores[name].to_numpy(dtype=np.float64), cell, capacity)
        logged = pd.DataFrame({"inclusion": rows["inclusion"].fillna(0.0), "listed": rows["listed"], "wanted": wanted})
        for what, y, guess in (("found", rows["seen"], chance), ("recovered", rows["seen_yuan"], expected)):
            money = y if what == "found" else y.where(y.notna(), rows["seen"].where(rows["seen"] == 0))
            estimate = estimate_off_policy(logged.assign(y=money, guess=guess), group, rounds=rounds)
            estimates.append({"order": name, "of": what} | estimate.as_payload())
    return estimates


def _notes(rows: pd.DataFrame, fits: Sequence[Mapping[str, Any]], truth: bool) -> list[str]:
    notes = []
    aside = sum(int(row["set_aside"]) for row in fits)
    if aside:
        notes.append(f"与当季待选案件同一被执行人或同一案件链的标签不用于训练，各季各方案合计 {aside} 条。")
    last = {str(row["recipe"]): row for row in fits}
    notes += [
        f"{find_candidate(name).label}（{row['quarter']}）：{sentence}"
        for name, row in last.items()
        for sentence in row["weighing"]
    ]
    if truth:
        return [*notes, "以模拟世界的真相对照全部待选案件，不限于已审查者。"]
    reviewed = int(rows["seen"].notna().sum())
    return [
        *notes,
        *_weighting_notes(rows),
        f"{len(rows)} 件次待选案件中 {reviewed} 件次有审查结论，其余未知，不作无隐匿计。",
    ]


def _weighting_notes(rows: pd.DataFrame) -> list[str]:
    """中文 sentences on what the weighted figures generalise to (all eligible episodes need reviewed random draws)."""
    share, drawn = float(rows["inclusion"].notna().mean()), rows["drawn"] & rows["seen"].notna()
    if share == 0:
        return ["回测期间没有随机抽取的入选概率记录：各项数字只对已审查案件成立，不能推及全部待选案件。"]
    if not drawn.any():
        return ["回测期间没有随机抽取而有结论的案件：各项数字只对已审查案件成立，不能推及全部待选案件，未加权。"]
    cut = int((1.0 / rows["inclusion"][drawn] > CLIP).sum())
    sentence = f"随机抽取而有结论的 {int(drawn.sum())} 件次各代表 1/入选概率 件，按规则列入或另行审查的各代表其自身"
    sentence += f"；{cut} 件次的权重超过 {CLIP:g} 而截断，加权到不了全部待选案件。" if cut else "。"
    return [sentence] + ([f"只有 {share:.0%} 的待选案件有入选概率记录：加权只能推及有记录者。"] if share < 1 else [])
