"""Retraining: cohort, labels, candidate, backtest, gate, registration as challenger; nothing is promoted here.

Every step is kept under the home's cache by what decides it (state of the pool, day, catalogue, settings, code, the
champion compared with), so an interrupted run goes on where it stopped and a rerun changes nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import GoldenKeyError, NotEnoughDataError
from features.matrix import Matrix
from models.ledger.chain import SYSTEM
from models.ledger.ledger import Ledger
from models.reasons.sentences import NOISE_FLOOR
from models.registry import aliases, registry, reports
from models.registry.champion import NOT_ENOUGH_EVIDENCE
from models.registry.promotion import reconcile, record_training, write_gate_report
from models.scoring.model import Model
from training.backtest import run as backtest
from training.backtest.walk_forward import cache_key
from training.data import source_drift
from training.data.sample import Sample, assemble, scoring_dates
from training.data.source import TrainingSource, pool_source
from training.data.source_drift import DriftError, coverage
from training.fitting.noise_floor import REFITS
from training.fitting.recipes import DEFAULT, find_candidate
from training.retrain import reports as retrain_reports
from training.retrain.checkpoints import Checkpoints, StepProgress
from training.retrain.gate import Bounds, ReasonReview, judge, update_with_review
from training.retrain.gate_evidence import GateInputs, RecipeFitter, collect_evidence, matrix_keys
from training.retrain.reports import COMPARED_RECIPES, ReportInputs, matrix_report_inputs, pool_report_inputs


@dataclass(frozen=True, slots=True)
class RetrainSettings:
    """How to retrain.

    Attributes:
        recipe: name of a candidate, see `training.fitting.recipes`.
        quarters: quarter ends of the backtest, 0 for none.
        bounds: of the gate.
        backtest: of the backtest.
        noise: refits on shuffled outcomes for the noise floor, 0 for none (`training.fitting.noise_floor`).
        beside: candidates backtested beside the recipe; nothing is chosen by their figures but by a person.
    """

    recipe: str = DEFAULT
    quarters: int = 6
    bounds: Bounds = field(default_factory=Bounds)
    backtest: backtest.BacktestSettings = field(default_factory=backtest.BacktestSettings)
    noise: int = REFITS
    beside: tuple[str, ...] = COMPARED_RECIPES


@dataclass(frozen=True)
class Retrained:
    """What a retraining made.

    Attributes:
        version: the challenger, registered and not in use.
        champion: the model it was compared with, None where there was none.
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
    """One run with everything it reads and writes, opened once.

    Attributes:
        ledger: the open ledger of the home.
        source: labels, matrices and draws. inputs: what the reports read beside them.
        fitter: the recipe with its day and state. champion: the model in use, None where there is none.
        approved: whether two people approved the champion.
        plan: everything that decides the result, as JSON values; its digest names the folder of `steps`.
    """

    ledger: Ledger
    as_of: date
    actor: str
    settings: RetrainSettings
    source: TrainingSource
    inputs: ReportInputs
    fitter: RecipeFitter
    champion: Model | None
    approved: bool
    plan: Mapping[str, Any]
    steps: Checkpoints

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.ledger.home


def retrain(
    home: Path,
    as_of: date,
    actor: str = SYSTEM,
    *,
    settings: RetrainSettings = RetrainSettings(),
    threads: int = 1,
    source: TrainingSource | None = None,
    accept_drift: str = "",
    progress: StepProgress | None = None,
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
        progress: called with the name of every step before it is computed.

    Raises:
        DriftError: a source, a column or a family of clues is missing that was there before.
        NotEnoughDataError: too few labels. UnknownActorError: the actor is not registered or not active.
        GoldenKeyError: the day lies in the future, or the recipe is unknown.
    """
    if as_of > date.today():
        raise GoldenKeyError(f"截止日 {as_of} 在将来：只能用今天（{date.today()}）及以前审结的结论重新训练。")
    with Ledger(home) as ledger:
        return _retrain(_prepare(ledger, as_of, actor, settings, threads, source, progress), accept_drift)


def _retrain(run: _Run, accept_drift: str) -> Retrained:
    """The steps of a run, in order; each is kept when it is done."""
    as_of = run.as_of
    known, notes = run.source.weighted_labels(
        as_of, run.fitter.candidate.settings.weighting, run.fitter.candidate.settings.delay
    )
    if not len(known):
        raise NotEnoughDataError(f"截至 {as_of} 还没有任何已审结的核查结论（标签），无法训练；请先导入监督结果。")
    matrices = run.source.matrices(_matrix_days(known, as_of))
    _hold_sources(run, matrices, accept_drift)
    sample = replace(assemble(known, {day: matrices[day] for day in scoring_dates(known)}), notes=tuple(notes))
    run.steps.run_step("cohort", lambda: retrain_reports.cohort_report(matrices))
    drawn = run.source.draws(as_of)
    labels = run.steps.run_step(
        "labels", lambda: retrain_reports.labels_report(known, sample, notes, drawn, run.inputs.page(as_of))
    )
    model, metrics = run.steps.model("candidate", lambda: run.fitter.fit_with_floor(sample))
    if run.approved and run.champion is not None and run.champion.version == model.version:
        return _unchanged(run, model, metrics)
    if (
        not run.approved
        and run.champion is not None
        and _version_without_floor(run.champion) == _version_without_floor(model)
    ):
        # `train` put the same model in use provisionally: a model is not held against itself.
        run = replace(run, champion=None)
    newest = matrices[max(matrices)]
    written = _reports(run, sample, labels, model, metrics, known, newest)
    refit = functools.cache(lambda seed: run.fitter.refit(sample, seed))
    judged = functools.partial(_gate, run, sample, matrix_keys(known, matrices), matrices, drawn, model, metrics, refit)
    written["explanations"] = run.steps.run_step(
        "explanations", lambda: retrain_reports.explanations_report(model, newest, refit)
    )
    gate = update_with_review(run.steps.run_step("gate", judged), _verdicts(run, model), run.settings.bounds)
    _register(run, model, metrics, written, gate)
    return Retrained(model.version, gate["champion"], gate, metrics, tuple(run.steps.resumed), tuple(gate["notes"]))


def _reports(
    run: _Run,
    sample: Sample,
    labels: dict[str, Any],
    model: Model,
    metrics: Mapping[str, float],
    known: pd.DataFrame,
    newest: Matrix,
) -> dict[str, Mapping[str, Any]]:
    """Every report that needs no refit, each a step."""
    settings, once = run.settings, run.steps.run_step
    capacity = settings.backtest.capacity
    steps: dict[str, Callable[[], Mapping[str, Any]]] = {
        "training": lambda: _training(run, sample, model, metrics),
        "backtest": lambda: retrain_reports.backtest_report(
            run.home,
            run.as_of,
            settings.recipe,
            settings.quarters,
            settings.backtest,
            run.source,
            run.fitter.threads,
            settings.beside,
        ),
        "change": lambda: retrain_reports.change_report(model, run.champion, newest, capacity),
        "burden": lambda: retrain_reports.fairness_report(model, newest, run.inputs, known, capacity),
        "population": lambda: run.inputs.population(run.as_of),
    }
    return {"labels": labels, **{name: once(name, made) for name, made in steps.items()}}


def _version_without_floor(model: Model) -> str:
    """Version of a model but for its noise floor, which may be switched off."""
    settings = {name: value for name, value in model.settings.items() if name != NOISE_FLOOR}
    return replace(model, settings=settings, notes=()).version


def _unchanged(run: _Run, model: Model, metrics: Mapping[str, float]) -> Retrained:
    """The labels give the model in use again: its papers are those it was approved by, and stay."""
    gate = reports.read_report(run.home, model.version, "gate") or {
        "answer": NOT_ENOUGH_EVIDENCE,
        "champion": None,
        "checks": [],
    }
    gate = {"lacking": [], **gate}
    note = f"所得即在用模型 {model.version} 本身：标签和数据没有变化，没有新的候选模型，其准入检验仍为批准时的。"
    return Retrained(model.version, gate["champion"], gate, metrics, tuple(run.steps.resumed), (note,))


def _prepare(
    ledger: Ledger,
    as_of: date,
    actor: str,
    settings: RetrainSettings,
    threads: int,
    source: TrainingSource | None,
    progress: StepProgress | None,
) -> _Run:
    """Check actor and recipe, load the model in use, and find the folder of the run."""
    recipe = find_candidate(settings.recipe)
    ledger.check_actor(actor)
    standing = reconcile(ledger)
    champion = None if standing.version is None else registry.load(ledger.home, standing.version, threads)
    if source is None:
        source = pool_source(ledger.home, ledger)
        inputs = pool_report_inputs(ledger, source.state)
    else:
        inputs = matrix_report_inputs()
    plan = {
        "as_of": as_of.isoformat(),
        "pool_state": source.state,
        "catalogue_version": source.catalogue_version,
        "recipe": recipe.as_payload(),
        "quarters": settings.quarters,
        "backtest": asdict(settings.backtest),
        "bounds": asdict(settings.bounds),
        "noise_refits": settings.noise,
        "beside": list(settings.beside),
        "champion": champion.version if champion else None,
        "code": registry.code_version(),
    }
    steps = Checkpoints(ledger.home / "cache" / "retrain" / f"{as_of}-{cache_key(plan)}", progress)
    fitter = RecipeFitter(recipe, as_of, source.state, threads, settings.noise)
    approved = standing.tenure is not None
    return _Run(ledger, as_of, actor, settings, source, inputs, fitter, champion, approved, plan, steps)


def _matrix_days(known: pd.DataFrame, as_of: date) -> list[date]:
    """The scoring dates of the labels and the last quarter end up to the day, on which reasons are compared."""
    newest = (pd.Timestamp(as_of) + pd.offsets.Day(1) - pd.offsets.QuarterEnd(1)).date()
    return sorted({*scoring_dates(known), newest})


def _hold_sources(run: _Run, matrices: Mapping[date, Matrix], accepted: str) -> None:
    """Stop where the sources drifted, unless a person wrote why to go on; both stand in the chain."""
    try:
        source_drift.check_sources(run.home, run.as_of, {day: matrix.model_values for day, matrix in matrices.items()})
    except DriftError as error:
        act = "retrain.drift_accepted" if accepted.strip() else "retrain.stopped"
        payload = {"as_of": run.as_of.isoformat(), "sentence": str(error), "reason": accepted.strip()}
        run.ledger.record(run.actor, act, run.steps.folder.name, payload)
        if not accepted.strip():
            raise


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


def _gate(
    run: _Run,
    sample: Sample,
    rows: pd.DataFrame,
    matrices: Mapping[date, Matrix],
    drawn: pd.DataFrame,
    model: Model,
    metrics: Mapping[str, float],
    refit: Callable[[int], Model],
) -> dict[str, Any]:
    """The gate paper, but for what auditors say, which may change after it is kept."""
    newest, capacity = matrices[max(matrices)].model_values, run.settings.backtest.capacity
    cohort = GateInputs(sample, rows, newest, drawn, matrices, run.inputs.groups, capacity)
    before = _coverage_of(run.home, run.champion)
    bounds = run.settings.bounds
    evidence = collect_evidence(cohort, run.fitter, model, run.champion, before, None, bounds, metrics, refit)
    return judge(evidence, bounds).as_payload(evidence, bounds)


def _coverage_of(home: Path, champion: Model | None) -> dict[str, float] | None:
    """Coverage per family in the champion's training, where its report holds it."""
    paper = reports.read_report(home, champion.version, "training") if champion else None
    return dict(paper["coverage"]) if paper and "coverage" in paper else None


def _verdicts(run: _Run, model: Model) -> ReasonReview | None:
    """What auditors say by now of the reasons of this model, else of the one in use."""
    for one in (model, run.champion):
        paper = reports.read_report(run.home, one.version, "review") if one else None
        if one and paper and paper.get("overall"):
            overall = paper["overall"]
            return ReasonReview(
                one.version,
                int(overall["judged"]),
                int(overall["supported"]),
                float(overall["low"]),
                float(overall["high"]),
            )
    return None


def _register(
    run: _Run,
    model: Model,
    metrics: Mapping[str, float],
    written: Mapping[str, Mapping[str, Any]],
    gate: Mapping[str, Any],
) -> None:
    """Register the challenger with its papers, once; a rerun finds everything there and writes nothing."""

    def write() -> dict[str, Any]:
        entry = registry.register(run.home, model, metrics, {"recipe": run.settings.recipe, "role": "challenger"})
        record_training(run.ledger, model, run.actor, provisional=False)
        for name, body in written.items():
            reports.write_report(run.home, model.version, name, body)
        if reports.read_report(run.home, model.version, "review") is None:
            reports.write_report(run.home, model.version, "review", retrain_reports.review_report(run.champion))
        digest = write_gate_report(run.ledger, model.version, gate, run.actor)
        return {"version": model.version, "mlflow_version": entry.mlflow_version, "gate_sha256": digest}

    done = run.steps.stored_result("register")
    if done and (aliases.mlflow_number(run.home, model.version) is None or _altered(run.home, model.version, gate)):
        run.steps.discard("register")
    run.steps.run_step("register", write)


def _altered(home: Path, version: str, gate: Mapping[str, Any]) -> bool:
    """Whether the gate paper is not the one this run gives: changed behind our back, or auditors have spoken since."""
    return reports.report_digests(home, version).get("gate") != reports.report_digest(gate)
