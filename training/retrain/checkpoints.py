"""Checkpoints of a long run: every finished step is stored, so a rerun resumes and recomputes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from features.files.atomic import replacing, write_text
from models.scoring.model import Model, load_model

StepProgress = Callable[[str], None]
"""Called with the name of a step before it is computed."""


class Checkpoints:
    """Results of the steps of one run, in a folder of its own.

    Attributes:
        folder: where results are stored.
        resumed: names of the steps read instead of computed.
    """

    def __init__(self, folder: Path, progress: StepProgress | None = None) -> None:
        self.folder = folder
        self.resumed: list[str] = []
        self._progress = progress or (lambda _: None)

    def run_step(self, name: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """The result of a step, read where it is stored, else computed and stored atomically; JSON values only."""
        path = self.folder / f"{name}.json"
        if path.exists():
            self.resumed.append(name)
        else:
            self._progress(name)
            write_text(path, json.dumps(make(), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n")
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result

    def stored_result(self, name: str) -> dict[str, Any] | None:
        """The stored result of a step, or None."""
        path = self.folder / f"{name}.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def discard(self, name: str) -> None:
        """Delete the stored result of a step, so that it is computed again (its effects elsewhere were lost)."""
        (self.folder / f"{name}.json").unlink(missing_ok=True)

    def model(self, name: str, make: Callable[[], tuple[Model, dict[str, float]]]) -> tuple[Model, dict[str, float]]:
        """A step whose result is a model and its metrics, both stored."""
        fitted: list[Model] = []

        def computed() -> dict[str, Any]:
            model, metrics = make()
            self._store_model(name, model)
            fitted.append(model)
            return {"version": model.version, "metrics": metrics}

        result = self.run_step(name, computed)
        model = fitted[0] if fitted else load_model(self.folder / name)
        return model, result["metrics"]

    def _store_model(self, name: str, model: Model) -> None:
        with replacing(self.folder / name) as scratch:
            model.save(scratch)
