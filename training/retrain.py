"""Retraining: cohort, labels, candidate, backtest, gate, registration as challenger; nothing is promoted here.

Every step is kept under the home's cache by what decides it (state of the pool, day, catalogue, settings, code, the
champion compared with), so an interrupted run goes on where it stopped and a rerun changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import GoldenKeyError, NotEnoughDataError, NotFoundError
from features.matrix import Matrix
from models import dossier, mirror, registry
from models.audit import SYSTEM
from models.ledger import Ledger
from models.promotion import settle, trained, write_gate
from models.ranker import Model
from training import backtest, source_drift
from training.candidates import DEFAULT, candidate
from training.evidence import Cohort, Maker, gather, keys_of
from training.gate import Bounds, judge
from training.noise import REFITS
from training.rolling import Source, key_of, pool_source
from training.sample import Sample, assemble, scoring_dates
from training.source_drift import DriftError, coverage
from training.steps import Steps, Tell

RIPE_QUARTERS = 2
"""Newest quarters left out of the backtest: their reviews have not concluded (domain.md 5.2)."""

TOP = 40
"""Cases per office that one quarter can look into (domain.md 5.3)."""


@dataclass(frozen=True, slots=True)
class RetrainSettings:
    """How to retrain.

    Attributes:
        recipe: name of a candidate, see `training.candidates`.
        quarters: quarter ends of the backtest, 0 for none.
        bounds: of the gate.
        backtest: of the backtest.
        noise: refits on shuffled outcomes for the noise floor, 0 for none (`training.noise`).
    """

    recipe: str = DEFAULT
    quarters: int = 6
    bounds: Bounds = field(default_factory=Bounds)
    backtest: backtest.BacktestSettings = field(default_factory=backtest.BacktestSettings)
    noise: int = REFITS


@dataclass(frozen=True)
class Retrained:
    """What a retraining made.

    Attributes:
        version: the challenger, registered and not in use.
        champion: the model it was held against, None where there was none.
        gate: the gate paper.
        metrics: figures on the later window.
        resumed: steps that were already done.
        notes: 中文 sentences.
    """

    version: str
    champion: str | None
    gate: Mapping[str, Any]
    metrics: Mapping[str, float]
    resumed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Run:
    """One run: home, day, who, settings, where to read, recipe, the model in use, what the key was made of."""

    home: Path
    as_of: date
    actor: str
    settings: RetrainSettings
    source: Source
    maker: Maker
    champion: Model | None
    plan: Mapping[str, Any]
    steps: Steps


def retrain(
    home: Path,
    as_of: date,
    actor: str = SYSTEM,
    *,
    settings: RetrainSettings = RetrainSettings(),
    threads: int = 1,
    source: Source | None = None,
    accept_drift: str = "",
    tell: Tell | None = None,
) -> Retrained:
    """Make a challenger as of a day, judge it and register it.

    Args:
        home: the home folder.
        as_of: labels concluded later are not seen.
        actor: who retrains; they may not approve the model.
        settings: see `RetrainSettings`.
        threads: of LightGBM, without effect on any figure.
        source: where to read; the pool by default.
        accept_drift: why to go on although the sources drifted.
        tell: told the name of every step before it is computed.

    Raises:
        DriftError: a source, a column or a family of clues is missing that was there before.
        NotEnoughDataError: too few labels. UnknownActorError: the actor is not registered or not active.
        GoldenKeyError: the day lies in the future, or the recipe is unknown.
    """
    run = _prepared(home, as_of, actor, settings, threads, source, tell)
    known, notes = run.source.weighed(as_of, run.maker.candidate.settings.weighting, run.maker.candidate.settings.delay)
    if not len(known):
        raise NotEnoughDataError(f"截至 {as_of} 还没有任何已审结的核查结论（标签），无法训练；请先导入监督结果。")
    matrices = _matrices(run, known)
    _hold_sources(run, matrices, accept_drift)
    sample = replace(assemble(known, {day: matrices[day] for day in scoring_dates(known)}), notes=tuple(notes))
    run.steps.once("cohort", lambda: _cohort(matrices))
    labels = run.steps.once("labels", lambda: _labels(known, sample, notes))
    model, metrics = run.steps.model("candidate", lambda: run.maker.make(sample))
    training = run.steps.once("training", lambda: _training(run, sample, model, metrics))
    tested = run.steps.once("backtest", lambda: _backtest(run))
    newest = matrices[max(matrices)]
    gate = run.steps.once("gate", lambda: _gate(run, sample, known, matrices, newest, model))
    change = run.steps.once("change", lambda: _change(model, run.champion, newest))
    papers = {"training": training, "labels": labels, "backtest": tested, "change": change}
    _registered(run, model, metrics, papers, gate)
    return Retrained(model.version, gate["champion"], gate, metrics, tuple(run.steps.resumed), tuple(gate["notes"]))


def _prepared(
    home: Path, as_of: date, actor: str, settings: RetrainSettings, threads: int, source: Source | None,
    tell: Tell | None,
) -> _Run:  # fmt: skip
    """Check who and what, and find the folder of the run."""
    if as_of > date.today():
        raise GoldenKeyError(f"截止日 {as_of} 在将来：只能用今天（{date.today()}）及以前审结的结论重新训练。")
    chosen = candidate(settings.recipe)
    with Ledger(home) as ledger:
        ledger.check_actor(actor)
        settle(ledger)
    champion = _champion(home, threads)
    from_ = source or pool_source(home)
    plan = {
        "as_of": as_of.isoformat(),
        "pool_state": from_.state,
        "catalogue_version": from_.mark,
        "recipe": chosen.told(),
        "quarters": settings.quarters,
        "backtest": asdict(settings.backtest),
        "bounds": asdict(settings.bounds),
        "noise": settings.noise,
        "champion": champion.version if champion else None,
        "code": registry.code_version(),
    }
    folder = Path(home) / "cache" / "retrain" / f"{as_of}-{key_of(plan)}"
    maker = Maker(chosen, as_of, from_.state, threads, settings.noise)
    return _Run(Path(home), as_of, actor, settings, from_, maker, champion, plan, Steps(folder, tell))


def _champion(home: Path, threads: int) -> Model | None:
    """The model in use, None where there is none."""
    try:
        version = registry.current_version(home)
    except NotFoundError:
        return None
    return registry.load(home, version, threads)


def _matrices(run: _Run, known: pd.DataFrame) -> Mapping[date, Matrix]:
    """Matrices of the scoring dates and of the last quarter end up to the day, on which reasons are compared."""
    newest = (pd.Timestamp(run.as_of) + pd.offsets.Day(1) - pd.offsets.QuarterEnd(1)).date()
    days = sorted({*scoring_dates(known), newest})
    return run.source.matrices(days)


def _hold_sources(run: _Run, matrices: Mapping[date, Matrix], accepted: str) -> None:
    """Stop where the sources drifted, unless a person wrote why to go on; both stand in the chain."""
    try:
        source_drift.check(run.home, run.as_of, {day: matrix.model_values for day, matrix in matrices.items()})
    except DriftError as error:
        act = "retrain.drift_accepted" if accepted.strip() else "retrain.stopped"
        with Ledger(run.home) as ledger:
            told = {"as_of": run.as_of.isoformat(), "sentence": str(error), "reason": accepted.strip()}
            ledger.record(run.actor, act, run.steps.folder.name, told)
        if not accepted.strip():
            raise


def _cohort(matrices: Mapping[date, Matrix]) -> dict[str, Any]:
    """What every quarter held."""
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


def _labels(known: pd.DataFrame, sample: Sample, notes: list[str]) -> dict[str, Any]:
    """The labels and what they leave open."""
    quarter = pd.PeriodIndex(pd.to_datetime(known["label_date"]), freq="Q").astype(str)
    by_quarter = known.assign(quarter=quarter).groupby("quarter")["y"].agg(["size", "sum"])
    return {
        "concluded": len(known),
        "by_label": {str(name): int(count) for name, count in known["label"].value_counts().sort_index().items()},
        "taught": int((~np.isnan(sample.outcome)).sum()),
        "positives": sample.positives,
        "left_out": int(np.isnan(sample.outcome).sum()),
        "not_in_cohort": sample.lost,
        "amounts": int((~np.isnan(sample.fen)).sum()),
        "first": str(min(known["label_date"])),
        "last": str(max(known["label_date"])),
        "by_quarter": [
            {"quarter": str(name), "concluded": int(row["size"]), "positives": int(row["sum"])}
            for name, row in by_quarter.iterrows()
        ],
        "notes": list(notes),
    }


def _training(run: _Run, sample: Sample, model: Model, metrics: Mapping[str, float]) -> dict[str, Any]:
    """How the model came to be."""
    return {
        "version": model.version,
        "plan": dict(run.plan),
        "run": run.steps.folder.name,
        "fingerprint": model.fingerprint,
        "counts": {name: dict(group) for name, group in model.counts.items()},
        "metrics": dict(metrics),
        "coverage": coverage(sample.values),
        "notes": list(model.notes),
    }


def _backtest(run: _Run) -> dict[str, Any]:
    """The backtest of the recipe over the last ripe quarters; a note where there is none."""
    last = (pd.Timestamp(run.as_of) - pd.offsets.QuarterEnd(RIPE_QUARTERS)).date()
    first = (pd.Timestamp(last) - pd.offsets.QuarterEnd(run.settings.quarters - 1)).date()
    if run.settings.quarters < 1:
        return {"notes": ["本次未做回测。"]}
    try:
        report = backtest.run(
            run.home,
            backtest.quarter_ends(first, last),
            run.settings.recipe,
            until=run.as_of,
            settings=run.settings.backtest,
            threads=run.maker.threads,
            source=run.source,
        )
    except NotEnoughDataError as error:
        return {"notes": [f"未能回测：{error}"]}
    return report.told()


def _gate(
    run: _Run, sample: Sample, known: pd.DataFrame, matrices: Mapping[date, Matrix], newest: Matrix, model: Model
) -> dict[str, Any]:
    rows = keys_of(known, matrices)
    cohort = Cohort(sample, rows, newest.model_values, run.source.drawn(run.as_of))
    before = _coverage_of(run.home, run.champion)
    evidence = gather(
        cohort, run.maker, model, run.champion, before, _verdicts(run.home, model, run.champion), run.settings.bounds
    )
    return judge(evidence, run.settings.bounds).told(evidence, run.settings.bounds)


def _coverage_of(home: Path, champion: Model | None) -> dict[str, float] | None:
    """Coverage per family in the champion's training, where its paper tells it."""
    paper = dossier.read(home, champion.version, "training") if champion else None
    return dict(paper["coverage"]) if paper and "coverage" in paper else None


def _verdicts(home: Path, model: Model, champion: Model | None) -> tuple[int, int] | None:
    """Reasons judged by auditors and found supported: of this model, else of the one in use."""
    for one in (model, champion):
        paper = dossier.read(home, one.version, "review") if one else None
        if paper and paper.get("overall"):
            return int(paper["overall"]["judged"]), int(paper["overall"]["supported"])
    return None


def _change(model: Model, champion: Model | None, newest: Matrix) -> dict[str, Any]:
    """How the newest list would differ from the champion's: ranks, and who enters the first `TOP` of each office."""
    if champion is None:
        return {"champion": None, "notes": ["没有在用模型，无从比较。"]}
    if champion.columns != model.columns:
        gone, new = set(champion.columns) - set(model.columns), set(model.columns) - set(champion.columns)
        note = f"在用模型的列与现目录不同（少 {len(gone)} 列，多 {len(new)} 列），不能在同一矩阵上比较。"
        return {"champion": champion.version, "notes": [note]}
    values = newest.model_values
    scores = pd.DataFrame({"new": model.margin(values), "old": champion.margin(values)})
    ranks = scores.rank(ascending=False, method="first")
    office = newest.keys["office"].astype(str) if "office" in newest.keys else pd.Series("", index=newest.keys.index)
    place = scores.assign(office=office.to_numpy()).groupby("office").rank(ascending=False, method="first")
    listed = place <= TOP
    both = int((listed["new"] & listed["old"]).sum())
    moved = (ranks["new"] - ranks["old"]).abs()
    return {
        "champion": champion.version,
        "cases": len(scores),
        "rank_correlation": float(ranks["new"].corr(ranks["old"])) if len(scores) > 2 else None,
        "median_rank_move": float(moved.median()),
        "top": TOP,
        "listed": int(listed["old"].sum()),
        "stay": both,
        "enter": int(listed["new"].sum()) - both,
        "leave": int(listed["old"].sum()) - both,
        "notes": [],
    }


def _registered(
    run: _Run,
    model: Model,
    metrics: Mapping[str, float],
    papers: Mapping[str, Mapping[str, Any]],
    gate: Mapping[str, Any],
) -> None:
    """Register the challenger with its papers, once; a rerun finds everything there and writes nothing."""

    def made() -> dict[str, Any]:
        entry = registry.register(run.home, model, metrics, {"recipe": run.settings.recipe, "role": "challenger"})
        with Ledger(run.home) as ledger:
            trained(ledger, model, run.actor, provisional=False)
            for name, body in papers.items():
                dossier.write(run.home, model.version, name, body)
            digest = write_gate(ledger, model.version, gate, run.actor)
        return {"version": model.version, "mlflow_version": entry.mlflow_version, "gate_sha256": digest}

    done = run.steps.done("register")
    if done and (mirror.number_of(run.home, model.version) is None or _altered(run.home, model.version, done)):
        run.steps.forget("register")
    run.steps.once("register", made)


def _altered(home: Path, version: str, done: Mapping[str, Any]) -> bool:
    """Whether the gate paper is no longer the one this run wrote."""
    return dossier.digests(home, version).get("gate") != str(done["gate_sha256"])
