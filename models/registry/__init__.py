"""The registry of models. MLflow calls `_load_pyfunc` by this package's name, which every registered model bears."""

from __future__ import annotations

from typing import Any


def _load_pyfunc(path: str) -> Any:
    """Called by `mlflow.pyfunc.load_model`: what predicts with the model of a folder."""
    # Importing any module of this package runs this file; the registry itself is needed by MLflow alone.
    from models.registry.registry import scorer

    return scorer(path)
