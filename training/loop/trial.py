"""The trial: simulate every policy on every seed and scenario in parallel processes; a rerun resumes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.clues import catalogue
from features.errors import GoldenKeyError
from features.files.atomic import make_output_folder, write_text
from models.selection.eligibility import rest_days
from training.loop.environment import Size, open_environment, world_digest
from training.loop.policies import DEFAULT_SETTINGS, policies
from training.loop.trajectory import SCENARIOS, run_trajectory

TrialProgress = Callable[[int, int], None]
"""Called with the parts done and the parts in all."""


@dataclass(frozen=True, slots=True)
class TrialTask:
    """One task of the trial: the trajectories of some policies on one seed in one scenario."""

    out: Path
    size: Size
    seed: int
    scenario: str
    policies: tuple[str, ...]

    def path(self, policy: str) -> Path:
        """File of the trajectory of a policy; another size, world, catalogue, recipe or rest is another file."""
        inputs = [
            world_digest(self.size),
            self.seed,
            self.scenario,
            policy,
            DEFAULT_SETTINGS.rows(),
            catalogue.VERSION,
            RULES,
            rest_days(),
        ]
        name = hashlib.sha256(json.dumps(inputs, default=str).encode()).hexdigest()[:16]
        return self.out / "runs" / f"{self.scenario}-{policy}-{self.seed:03d}-{name}.json"


RULES = 2
"""Version of the rules of the trial, part of the file names: raised when rules change, so that no old file is used."""


def run_trial(
    out: Path,
    size: Size,
    seeds: Sequence[int],
    scenarios: Sequence[str],
    names: Sequence[str],
    workers: int,
    progress: TrialProgress | None = None,
) -> pd.DataFrame:
    """Simulate the trajectories not stored yet and load all of them.

    Args:
        out: folder of environments and trajectories. size: of the worlds.
        seeds, scenarios, names: the trajectories to simulate, `names` being policies.
        workers: processes; the result does not depend on their number.

    Returns:
        One row per scenario, policy, seed and quarter; see `training.loop.trajectory.run_trajectory`.

    Raises:
        GoldenKeyError: an unknown scenario or policy, no seed, or a folder that cannot be made.
    """
    known = policies(size.capacity)
    for chosen, allowed, label in ((scenarios, SCENARIOS, "情形"), (names, known, "做法")):
        if wrong := [name for name in chosen if name not in allowed]:
            raise GoldenKeyError(f"没有名为 {'、'.join(wrong)} 的{label}，可用的有 {'、'.join(allowed)}。")
    if not seeds:
        raise GoldenKeyError("种子数应不小于 1。")
    make_output_folder(out)
    parts = [TrialTask(out, size, seed, scenario, tuple(names)) for seed in seeds for scenario in scenarios]
    waiting = [part for part in parts if not all(part.path(name).exists() for name in names)]
    for finished, _ in enumerate(_run_tasks(waiting, workers), start=1):
        if progress is not None:
            progress(finished, len(waiting))
    return load_trajectories(parts)


def _run_tasks(parts: Sequence[TrialTask], workers: int) -> Iterator[None]:
    """Run tasks, those of one seed one after another, so that no two processes make the same environment."""
    by_seed = [[part for part in parts if part.seed == seed] for seed in sorted({part.seed for part in parts})]
    if workers <= 1 or len(by_seed) <= 1:
        for group in by_seed:
            for part in group:
                run_task(part)
                yield
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread) as pool:
        for future in as_completed([pool.submit(_run_seed, group) for group in by_seed]):
            yield from [None] * future.result()


def _one_thread() -> None:
    """Let a worker process use one thread: there are as many processes as cores."""
    os.environ["GOLDENKEY_THREADS"] = "1"


def _run_seed(parts: Sequence[TrialTask]) -> int:
    """Run tasks one after another and count them."""
    for part in parts:
        run_task(part)
    return len(parts)


def run_task(part: TrialTask) -> None:
    """Simulate the trajectories of a task that are not stored yet; each is written whole or not at all."""
    missing = [name for name in part.policies if not part.path(name).exists()]
    if not missing:
        return
    scenario = SCENARIOS[part.scenario]
    environment = open_environment(part.out, part.size, part.seed, scenario.drift)
    known = policies(part.size.capacity)
    for name in missing:
        quarters = run_trajectory(environment, scenario, known[name][1]())
        body: dict[str, Any] = {
            "scenario": part.scenario,
            "policy": name,
            "seed": part.seed,
            "size": asdict(part.size),
            "frozen": world_digest(part.size),
            "quarters": quarters.to_dict("records"),
        }
        write_text(part.path(name), json.dumps(body, ensure_ascii=False))


def load_trajectories(parts: Sequence[TrialTask]) -> pd.DataFrame:
    """Every trajectory of the parts as one table."""
    rows = []
    for part in parts:
        for name in part.policies:
            body = json.loads(part.path(name).read_text(encoding="utf-8"))
            rows += [{"scenario": part.scenario, "policy": name, "seed": part.seed, **row} for row in body["quarters"]]
    return pd.DataFrame(rows)


__all__ = ["RULES", "TrialTask", "load_trajectories", "run_task", "run_trial"]
