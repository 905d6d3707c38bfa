"""The rolling backtest: at every quarter end train on the labels known by then, score, and compare with later outcomes.

`training.backtest.walk_forward` scores the quarters; this module joins the scores to later outcomes (or to the truth of
a simulated world), measures them with `evaluation.lists.measure`, and stores one report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.lists import against_truth, measure
from evaluation.lists.baselines import BASELINES
from evaluation.metrics.off_policy import estimate_off_policy
from features.errors import GoldenKeyError, NotEnoughDataError
from features.files.atomic import write_bytes
from features.pool.pool import Pool
from models.selection import logged_draws
from training.backtest.walk_forward import WalkForward, cache_key, table_digest
from training.data.labels import scoring_date
from training.data.source import TrainingSource, pool_source
from training.data.splits import groups
from training.data.weights import CLIP
from training.fitting.recipes import DEFAULT, find_candidate

NOT_HIDDEN = ("Y2", "Y6")
"""Conclusions that are no label in training but count as negative for a list: no concealment was confirmed."""


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """How a backtest measures.

    Attributes:
        capacity: cases each office can look into per quarter (docs/domain.md section 5.3).
        rounds: draws of the bootstrap over debtors.
        baselines: orders compared with the candidates, see `evaluation.lists.baselines`.
    """

    capacity: int = 40
    rounds: int = measure.ROUNDS
    baselines: tuple[str, ...] = tuple(BASELINES)

    def __post_init__(self) -> None:
        if self.capacity < 1 or self.rounds < 1:
            raise GoldenKeyError(f"回测的名额和抽样次数应不小于 1，实为 {self.capacity} 和 {self.rounds}。")


@dataclass(frozen=True)
class BacktestReport:
    """What a backtest measured, as JSON values; see `as_payload`."""

    body: Mapping[str, Any] = field(repr=False)

    def as_payload(self) -> dict[str, Any]:
        """The report `measure` of a model.

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
"""Called with progress: what is done, how many are done, how many there are."""


def last_delivery_date(home: Path) -> date:
    """Day of the pool's last delivery, until which outcomes are known; NotEnoughDataError for an empty pool."""
    days = [m.delivery.received_on for m in Pool(home).batches() if m.delivery.received_on is not None]
    if not days:
        raise NotEnoughDataError("数据池中还没有任何交接批次，无法回测；请先用 ingest 导入数据。")
    return max(days)


def quarter_ends(first: date, last: date) -> list[date]:
    """Quarter ends from one day to another, both included; GoldenKeyError when there is none."""
    found = [day.date() for day in pd.date_range(first, last, freq="QE")]
    if not found:
        raise GoldenKeyError(f"{first} 至 {last} 之间没有任何季度末（3、6、9、12 月的最后一日），无法回测。")
    return found


def run(
    home: Path,
    days: Sequence[date],
    recipe: str | Sequence[str] = DEFAULT,
    *,
    until: date | None = None,
    truth: Path | None = None,
    settings: BacktestSettings = BacktestSettings(),
    threads: int = 1,
    source: TrainingSource | None = None,
    progress: BacktestProgress | None = None,
) -> BacktestReport:
    """Run the backtest, or read its cached report.

    Args:
        home: the home folder; results are cached under its cache/backtest.
        days: quarter ends, see `quarter_ends`.
        recipe: a candidate or several; calibration, strata and the outcome model of the doubly robust
            estimate are those of the first.
        until: outcomes known later are not seen; the day of the last delivery by default.
        truth: `truth/` of a simulated world, to measure on every eligible episode and not only on those reviewed.
        settings: see `BacktestSettings`.
        threads: threads of LightGBM, without effect on any figure.
        source: where to read; the home by default.
        progress: called with what is done, how many are done, and how many there are.

    Raises:
        NotEnoughDataError: no quarter had labels enough to train on.
        GoldenKeyError: an unknown candidate, or a folder without truth.
    """
    names = [recipe] if isinstance(recipe, str) else list(recipe)
    chosen = [find_candidate(name) for name in dict.fromkeys(names)]
    reader = source or pool_source(home)
    end = until or last_delivery_date(home)
    known, drawn = reader.labels(end), reader.draws(end)
    truth_rows = None if truth is None else _truth(truth)
    header = {
        "recipe": chosen[0].name,
        "candidates": [each.name for each in chosen],
        "capacity": settings.capacity,
        "days": [day.isoformat() for day in sorted(set(days))],
        "until": end.isoformat(),
        "pool_state": reader.state,
        "catalogue_version": reader.catalogue_version,
        "truth": truth is not None,
    }
    plans = [each.as_payload() for each in chosen]
    papers = [table_digest(frame) for frame in (known, drawn, truth_rows)]
    key = cache_key(header, plans, settings.rounds, settings.baselines, papers)
    place = Path(home) / "cache" / "backtest" / f"report-{key}.json"
    if place.exists():
        return BacktestReport(json.loads(place.read_text(encoding="utf-8")))
    walk = WalkForward(Path(home), reader, chosen, settings.baselines, threads)
    scored = _score_quarters(walk, sorted(set(days)), known, drawn, truth_rows, progress)
    body = header | _measured(walk, scored, settings, truth is not None)
    write_bytes(place, json.dumps(body, ensure_ascii=False, allow_nan=False).encode())
    return BacktestReport(body)


@dataclass(frozen=True)
class _ScoredQuarters:
    """Rows of every quarter with scores and outcomes, a row per fit, and why quarters are missing."""

    rows: pd.DataFrame
    trained: Sequence[Mapping[str, Any]]
    notes: Sequence[str]


def _score_quarters(
    walk: WalkForward,
    days: Sequence[date],
    known: pd.DataFrame,
    drawn: pd.DataFrame,
    truth: pd.DataFrame | None,
    progress: BacktestProgress | None,
) -> _ScoredQuarters:
    parts, trained, notes = [], [], []
    for number, day in enumerate(days):
        if progress:
            progress("回测季度", number, len(days))
        frame, fits, note = walk.score_quarter(day)
        trained += fits
        notes += [note] if note else []
        if len(frame):
            parts.append(_with_target(_with_outcomes(frame, day, known, drawn), truth))
    if not parts:
        raise NotEnoughDataError(f"回测期间没有一个季度可以训练：{'；'.join(notes)}")
    rows = pd.concat(parts, ignore_index=True)
    return _ScoredQuarters(rows.assign(group=groups(rows["debtor"], rows["chain"])), trained, notes)


def _measured(walk: WalkForward, scored: _ScoredQuarters, settings: BacktestSettings, truth: bool) -> dict[str, Any]:
    """The computed part of the report."""
    first, capacity, rounds = walk.candidates[0].name, settings.capacity, settings.rounds
    rows = scored.rows.assign(probability=scored.rows[f"chance:{first}"])
    own = [name for each in walk.candidates for name in (each.name, f"{each.name}:probability")]
    scores = rows[[*own, *settings.baselines]]
    quarters, pooled = measure.measure_orders(rows, scores, capacity, rounds)
    by_candidate = {
        each.name: measure.measure_calibration(rows.assign(probability=rows[f"chance:{each.name}"]), rounds)
        for each in walk.candidates
    }
    return {
        "quarters": quarters,
        "models": [row for row in pooled if row["order"] in own],
        "baselines": [row for row in pooled if row["order"] not in own],
        **by_candidate[first],
        "calibration": by_candidate,
        "strata": measure.measure_strata(rows, rows[first].to_numpy(dtype=np.float64), capacity),
        "off_policy": _off_policy(rows, scores, first, capacity, rounds),
        "training": list(scored.trained),
        "notes": [*scored.notes, *_notes(rows, scored.trained, truth)],
    }


def _with_outcomes(frame: pd.DataFrame, day: date, known: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The quarter's rows joined with outcomes of reviews selected in it and with logged draws.

    Delivered selections have an inclusion probability only where they were drawn at random; a queue logged here has
    one for every episode. `drawn` is true where the episode was listed at random and so represents unlisted ones.
    """
    after = known[(scoring_date(known["selected_on"]) == day).to_numpy(dtype=bool)] if len(known) else known
    last = after.sort_values(["label_date", "review_id"]).drop_duplicates(["case_no", "zb_date"], keep="last")
    answer = last["y"].where(last["y"].notna(), last["label"].isin(NOT_HIDDEN).map({True: 0.0, False: np.nan}))
    found = last[["case_no", "zb_date"]].assign(seen=answer.astype(np.float64), seen_yuan=last["recovered_fen"] / 100)
    end = (pd.Timestamp(day) + pd.offsets.QuarterEnd(1)).normalize()
    at, ledger = pd.to_datetime(drawn["selected_on"]), drawn["source"].eq(logged_draws.LEDGER)
    begun = pd.Timestamp(day)
    here = drawn[(ledger & (at >= begun) & (at < end)) | (~ledger & (at > begun) & (at <= end))]
    ours = here["source"].eq(logged_draws.LEDGER)
    chance = here["inclusion"].where(ours | logged_draws.is_random_draw(here))
    by_chance = logged_draws.is_random_draw(here) & here["listed"].astype(bool)
    here = here.assign(rank=~ours, inclusion=chance, drawn=by_chance).sort_values(
        ["rank", "selected_on"], kind="stable"
    )
    draw = here.drop_duplicates(["case_no", "zb_date"])[["case_no", "zb_date", "inclusion", "listed", "drawn"]]
    draw = draw.assign(zb_date=pd.to_datetime(draw["zb_date"]).dt.date)
    joined = frame.merge(found, on=["case_no", "zb_date"], how="left").merge(
        draw, on=["case_no", "zb_date"], how="left"
    )
    return joined.assign(quarter=day, listed=joined["listed"].eq(True), drawn=joined["drawn"].eq(True))


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
            found = estimate_off_policy(logged.assign(y=money, guess=guess), group, rounds=rounds)
            estimates.append({"order": name, "of": what} | found.as_payload())
    return estimates


def _notes(rows: pd.DataFrame, trained: Sequence[Mapping[str, Any]], truth: bool) -> list[str]:
    notes = []
    aside = sum(int(row["set_aside"]) for row in trained)
    if aside:
        notes.append(f"与当季可选案件同一被执行人或同一案件链的标签不用于训练，各季各方案合计 {aside} 条。")
    last = {str(row["recipe"]): row for row in trained}
    notes += [
        f"{find_candidate(name).label}（{row['quarter']}）：{said}"
        for name, row in last.items()
        for said in row["weighing"]
    ]
    if truth:
        return [*notes, "以模拟世界的真相对照全部可选案件，不限于已核查者。"]
    seen = int(rows["seen"].notna().sum())
    return [
        *notes,
        *_weighting_notes(rows),
        f"{len(rows)} 件次可选案件中 {seen} 件次有核查结论，其余未知，不作无隐匿计。",
    ]


def _weighting_notes(rows: pd.DataFrame) -> list[str]:
    """中文 sentences on what the weighted figures generalise to (all eligible episodes need reviewed random draws)."""
    share, drawn = float(rows["inclusion"].notna().mean()), rows["drawn"] & rows["seen"].notna()
    if share == 0:
        return ["回测期间没有随机抽取的入选概率记录：各项数字只对已核查案件成立，不能推及全部可选案件。"]
    if not drawn.any():
        return ["回测期间没有随机抽取而有结论的案件：各项数字只对已核查案件成立，不能推及全部可选案件，未加权。"]
    cut = int((1.0 / rows["inclusion"][drawn] > CLIP).sum())
    sentence = f"随机抽取而有结论的 {int(drawn.sum())} 件次各代表 1/入选概率 件，按规则列入或另行审查的各代表其自身"
    sentence += f"；{cut} 件次的权重超过 {CLIP:g} 而截断，加权到不了全部可选案件。" if cut else "。"
    return [sentence] + ([f"只有 {share:.0%} 的可选案件有入选概率记录：加权只能推及有记录者。"] if share < 1 else [])


def _truth(folder: Path) -> pd.DataFrame:
    if not (folder / "episodes.parquet").exists():
        raise GoldenKeyError(f"“{folder}”中没有 episodes.parquet：应为模拟世界的 truth/ 目录。")
    frame = against_truth.load_truth(folder)
    return frame[["case_no", "zb_date", "kind", "recovered_if_reviewed_fen"]]


__all__ = ["BacktestReport", "BacktestSettings", "last_delivery_date", "quarter_ends", "run"]
