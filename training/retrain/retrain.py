"""Retraining: cohort, labels, candidate, backtest, gate, registration as challenger; nothing is promoted here.

A run reads everything first (`training.retrain.inputs`), computes on what it read, and registers and writes at the end.
Every computed step is cached under a key of its inputs (state of the pool, day, catalogue, settings, code, champion),
so an interrupted run continues where it stopped and a rerun changes nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import GoldenKeyError
from models.ledger.chain import SYSTEM
from models.ledger.ledger import Ledger
from models.reasons.sentences import NOISE_FLOOR
from models.registry import aliases, registry, reports
from models.registry.champion import NOT_ENOUGH_EVIDENCE
from models.registry.promotion import record_training, write_gate_report
from models.scoring.model import Model
from models.selection.eligibility import rest_days
from training.backtest.cache import BacktestCache, backtest_cache, cache_key
from training.backtest.plan import BacktestPlan, BacktestSettings, plan_backtest, quarter_ends
from training.data.sample import Sample, assemble, scoring_dates
from training.data.source import TrainingSource, pool_source
from training.data.source_drift import DriftError, check_sources, coverage
from training.fitting.noise_floor import REFITS
from training.fitting.recipes import DEFAULT, Candidate, find_candidate
from training.retrain import reports as retrain_reports
from training.retrain.checkpoints import Checkpoints, StepProgress
from training.retrain.gate import Bounds, judge, update_with_review
from training.retrain.gate_evidence import GateInputs, RecipeFitter, collect_evidence, matrix_keys
from training.retrain.inputs import ChampionInputs, RetrainInputs, read_inputs, reason_review

UNCONCLUDED_QUARTERS = 2
"""Newest quarters left out of the backtest: their reviews have not concluded (docs/domain.md section 5.2)."""

Report = Mapping[str, Any]
"""A report of a model, as JSON values."""


@dataclass(frozen=True, slots=True)
class RetrainSettings:
    """How to retrain.

    Attributes:
        recipe: name of a candidate, see `training.fitting.recipes`.
        quarters: quarter ends of the backtest, 0 for none.
        bounds: of the gate.
        backtest: of the backtest.
        noise: refits on shuffled outcomes for the noise floor, 0 for none (`training.fitting.noise_floor`).
        beside: candidates backtested beside the recipe, for comparison by people; none is chosen automatically.
    """

    recipe: str = DEFAULT
    quarters: int = 6
    bounds: Bounds = field(default_factory=Bounds)
    backtest: BacktestSettings = field(default_factory=BacktestSettings)
    noise: int = REFITS
    beside: tuple[str, ...] = retrain_reports.COMPARED_RECIPES


@dataclass(frozen=True)
class Retrained:
    """Result of a retraining.

    Attributes:
        version: the challenger, registered and not in use.
        champion: the model it was compared with, None where there was none.
        gate: the gate report.
        metrics: figures on the later window.
        resumed: steps that were already done.
        notes: 中文 sentences.
    """

    version: str
    champion: str | None
    gate: Report
    metrics: Mapping[str, float]
    resumed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Task:
    """The computation of one run.

    Attributes:
        settings: of the run.
        fitter: the recipe with its day, state and threads.
        backtest: the backtest, None where none is asked for.
        decisive: everything that decides the result, as JSON values.
        name: the day and a digest of what decides the result; the folder of the run's steps.
    """

    settings: RetrainSettings
    fitter: RecipeFitter
    backtest: BacktestPlan | None
    decisive: Mapping[str, Any]
    name: str


@dataclass(frozen=True)
class _Candidate:
    """The fitted recipe: its sample, the model, its figures on the later window, and the report on its labels."""

    sample: Sample
    model: Model
    metrics: Mapping[str, float]
    labels: Report


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
        as_of: labels concluded later are not used.
        actor: who retrains; they may not approve the model.
        settings: see `RetrainSettings`.
        threads: of LightGBM, without effect on any figure.
        source: where to read; the pool by default.
        accept_drift: why to go on although the sources drifted.
        progress: called with the name of every step before it is computed.

    Raises:
        DriftError: a source, a column or a family of clues is missing that was there before.
        NotEnoughDataError: too few labels. UnknownActorError: the actor is not registered or not active.
        GoldenKeyError: the day lies in the future, or a recipe is unknown.
    """
    if as_of > date.today():
        raise GoldenKeyError(f"截止日 {as_of} 在将来：只能用今天（{date.today()}）及以前审结的结论重新训练。")
    recipe, plan = find_candidate(settings.recipe), _backtest_plan(as_of, settings, threads)
    with Ledger(home) as ledger:
        ledger.check_actor(actor)
        inputs = read_inputs(ledger, source or pool_source(home, ledger), as_of, recipe.settings, plan, threads)
        task = _task(inputs, recipe, plan, settings, threads)
        _refuse_drift(ledger, actor, inputs, task.name, accept_drift)
        steps = Checkpoints(Path(home) / "cache" / "retrain" / task.name, progress)
        fitted = _fit(inputs, task.fitter, steps)
        if inputs.champion and inputs.champion.approved and inputs.champion.model.version == fitted.model.version:
            return _unchanged(inputs.champion, fitted.metrics, tuple(steps.resumed))
        champion = _compared_champion(inputs.champion, fitted.model)
        written, judged = _judge(inputs, fitted, champion, task, steps, backtest_cache(home))
        gate = _register(ledger, actor, fitted, written, judged, champion, settings, steps)
    return Retrained(
        fitted.model.version, gate["champion"], gate, fitted.metrics, tuple(steps.resumed), tuple(gate["notes"])
    )


def _backtest_plan(as_of: date, settings: RetrainSettings, threads: int) -> BacktestPlan | None:
    """The backtest of the recipe and those beside it over the last concluded quarters; None where none is asked for."""
    if settings.quarters < 1:
        return None
    last = (pd.Timestamp(as_of) - pd.offsets.QuarterEnd(UNCONCLUDED_QUARTERS)).date()
    first = (pd.Timestamp(last) - pd.offsets.QuarterEnd(settings.quarters - 1)).date()
    recipes = [settings.recipe, *settings.beside]
    return plan_backtest(quarter_ends(first, last), recipes, settings.backtest, threads)


def _task(
    given: RetrainInputs, recipe: Candidate, plan: BacktestPlan | None, settings: RetrainSettings, threads: int
) -> _Task:
    """What to compute on what was read."""
    decisive = {
        "as_of": given.as_of.isoformat(),
        "pool_state": given.state,
        "catalogue_version": given.catalogue_version,
        "recipe": recipe.as_payload(),
        "quarters": settings.quarters,
        "backtest": asdict(settings.backtest),
        "bounds": asdict(settings.bounds),
        "noise_refits": settings.noise,
        "beside": list(settings.beside),
        "champion": given.champion.model.version if given.champion else None,
        "code": registry.code_version(),
    }
    fitter = RecipeFitter(recipe, given.as_of, given.state, threads, settings.noise)
    return _Task(settings, fitter, plan, decisive, f"{given.as_of}-{cache_key(decisive, rest_days())}")


def _refuse_drift(ledger: Ledger, actor: str, given: RetrainInputs, run: str, accepted: str) -> None:
    """Stop where the sources drifted, unless a person wrote why to go on; both stand in the chain.

    Args:
        ledger, actor: where it is recorded, and by whom.
        given: what was read.
        run: name of the run's folder.
        accepted: why to go on; blank for nothing.
    """
    try:
        values_by_day = {day: matrix.model_values for day, matrix in given.matrices.items()}
        check_sources(given.deliveries, given.as_of, values_by_day)
    except DriftError as error:
        act = "retrain.drift_accepted" if accepted.strip() else "retrain.stopped"
        payload = {"as_of": given.as_of.isoformat(), "sentence": str(error), "reason": accepted.strip()}
        ledger.record(actor, act, run, payload)
        if not accepted.strip():
            raise


def _fit(given: RetrainInputs, fitter: RecipeFitter, steps: Checkpoints) -> _Candidate:
    """The recipe fitted on every label known."""
    by_day = {day: given.matrices[day] for day in scoring_dates(given.labels)}
    sample = replace(assemble(given.labels, by_day), notes=given.notes)
    steps.run_step("cohort", lambda: retrain_reports.cohort_report(given.matrices))
    labels = steps.run_step(
        "labels",
        lambda: retrain_reports.labels_report(given.labels, sample, given.notes, given.draws, given.funnel),
    )
    model, metrics = steps.model("candidate", lambda: fitter.fit_with_floor(sample))
    return _Candidate(sample, model, metrics, labels)


def _unchanged(champion: ChampionInputs, metrics: Mapping[str, float], resumed: tuple[str, ...]) -> Retrained:
    """The labels give the model in use again: its reports are those it was approved by, and stay."""
    version = champion.model.version
    gate = {"lacking": [], **(champion.gate or {"answer": NOT_ENOUGH_EVIDENCE, "champion": None, "checks": []})}
    note = f"所得即在用模型 {version} 本身：标签和数据没有变化，没有新的候选模型，其准入检验仍为批准时的。"
    return Retrained(version, gate["champion"], gate, metrics, resumed, (note,))


def _compared_champion(champion: ChampionInputs | None, model: Model) -> ChampionInputs | None:
    """The model in use to compare with; None where `train` put the same model in use: it is not held against itself."""
    if champion is None or champion.approved:
        return champion
    return None if _version_without_floor(champion.model) == _version_without_floor(model) else champion


def _version_without_floor(model: Model) -> str:
    """Version of a model but for its noise floor, which may be switched off."""
    settings = {name: value for name, value in model.settings.items() if name != NOISE_FLOOR}
    return replace(model, settings=settings, notes=()).version


def _judge(
    given: RetrainInputs,
    made: _Candidate,
    champion: ChampionInputs | None,
    task: _Task,
    steps: Checkpoints,
    backtests: BacktestCache,
) -> tuple[dict[str, Report], Report]:
    """Reports of the candidate by name, each a step, and its gate report but for what auditors say of its reasons."""
    model, newest, settings = made.model, given.newest, task.settings
    capacity, in_use = settings.backtest.capacity, champion.model if champion else None
    refit = functools.cache(lambda seed: task.fitter.refit(made.sample, seed))
    makers: dict[str, Callable[[], Report]] = {
        "training": lambda: _training_report(made, task.decisive, task.name),
        "backtest": lambda: retrain_reports.backtest_report(given.backtest, task.backtest, settings.recipe, backtests),
        "change": lambda: retrain_reports.change_report(model, in_use, newest, capacity),
        "burden": lambda: retrain_reports.fairness_report(
            model, newest, given.groups[newest.as_of], given.labels, capacity
        ),
        "population": lambda: retrain_reports.population_report(given.reviewed_draws, given.as_of),
        "explanations": lambda: retrain_reports.explanations_report(model, newest, refit),
    }
    written = {name: steps.run_step(name, make) for name, make in makers.items()}
    gate = steps.run_step("gate", lambda: _gate_report(given, made, champion, task.fitter, settings, refit))
    return {"labels": made.labels, **written}, gate


def _training_report(made: _Candidate, decisive: Mapping[str, Any], run: str) -> dict[str, Any]:
    """How the model came to be."""
    return {
        "version": made.model.version,
        "plan": dict(decisive),
        "run": run,
        "fingerprint": made.model.fingerprint,
        "counts": {name: dict(group) for name, group in made.model.counts.items()},
        "metrics": dict(made.metrics),
        "coverage": coverage(made.sample.values),
        "notes": list(made.model.notes),
    }


def _gate_report(
    given: RetrainInputs,
    made: _Candidate,
    champion: ChampionInputs | None,
    fitter: RecipeFitter,
    settings: RetrainSettings,
    refit: Callable[[int], Model],
) -> dict[str, Any]:
    """The gate report, but for what auditors say, which may change after it is kept."""
    keys = matrix_keys(given.labels, given.matrices)
    inputs = GateInputs(made.sample, keys, given.matrices, given.draws, given.groups, settings.backtest.capacity)
    evidence = collect_evidence(
        inputs,
        fitter,
        made.model,
        champion.model if champion else None,
        champion_coverage=champion.coverage if champion else None,
        metrics=made.metrics,
        bounds=settings.bounds,
        refit=refit,
    )
    return judge(evidence, settings.bounds).as_payload(evidence, settings.bounds)


def _register(
    ledger: Ledger,
    actor: str,
    made: _Candidate,
    written: Mapping[str, Report],
    judged: Report,
    champion: ChampionInputs | None,
    settings: RetrainSettings,
    steps: Checkpoints,
) -> dict[str, Any]:
    """Register the challenger with its reports, once; a rerun finds everything there and writes nothing.

    Returns:
        The gate report with what auditors say by now of the reasons of this model, else of the one in use.
    """
    home, model = ledger.home, made.model
    review = reason_review(home, model.version) or (champion.review if champion else None)
    gate = update_with_review(judged, review, settings.bounds)

    def write() -> dict[str, Any]:
        entry = registry.register(home, model, made.metrics, {"recipe": settings.recipe, "role": "challenger"})
        record_training(ledger, model, actor, provisional=False)
        for name, body in written.items():
            reports.write_report(home, model.version, name, body)
        if reports.read_report(home, model.version, "review") is None:
            placeholder = retrain_reports.review_report(champion.model if champion else None)
            reports.write_report(home, model.version, "review", placeholder)
        digest = write_gate_report(ledger, model.version, gate, actor)
        return {"version": model.version, "mlflow_version": entry.mlflow_version, "gate_sha256": digest}

    stored = steps.stored_result("register")
    if stored and (aliases.mlflow_number(home, model.version) is None or _altered(home, model.version, gate)):
        steps.discard("register")
    steps.run_step("register", write)
    return gate


def _altered(home: Path, version: str, gate: Report) -> bool:
    """Whether the gate report is not the one this run gives: changed behind our back, or auditors have spoken since."""
    return reports.report_digests(home, version).get("gate") != reports.report_digest(gate)
