"""Aliases of the champion: the alias in MLflow and the file CURRENT. Both follow the database, which alone decides.

The alias is read from MLflow's own table, because importing MLflow costs seconds; it is written by MLflow alone.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.errors import GoldenKeyError, NotFoundError
from models.registry import registry

ALIAS = "champion"
"""Name of the alias in MLflow."""


@dataclass(frozen=True, slots=True)
class ChampionAliases:
    """Where the aliases point: the version in CURRENT, the number of the MLflow version with the alias; None if unset.

    `registered` is False while the home has no MLflow registry, so there is no alias to compare.
    """

    current: str | None
    alias: str | None
    registered: bool


def read_aliases(home: Path) -> ChampionAliases:
    """The aliases as they are now."""
    path = Path(home) / "mlflow.db"
    current = registry.read_current_file(home)
    if not path.exists():
        return ChampionAliases(current, None, registered=False)
    return ChampionAliases(current, _alias(path), registered=True)


def mlflow_number(home: Path, version: str) -> str | None:
    """The MLflow version that holds a model, None where it was never registered."""
    return next((entry.mlflow_version for entry in registry.registered_models(home) if entry.version == version), None)


def set_aliases(home: Path, version: str) -> None:
    """Point CURRENT and the alias in MLflow at a registered model."""
    registry.set_current(home, version)
    number = mlflow_number(home, version)
    if number is not None and read_aliases(home).alias != number:
        with registry.mlflow_silenced():
            client, _ = registry.mlflow_client(home)
            client.set_registered_model_alias(registry.NAME, ALIAS, number)


def delete_alias(home: Path) -> None:
    """Delete the MLflow alias; used while no model has been promoted."""
    with registry.mlflow_silenced():
        client, _ = registry.mlflow_client(home)
        client.delete_registered_model_alias(registry.NAME, ALIAS)


@contextmanager
def downloaded_model(home: Path, version: str) -> Iterator[Path]:
    """Download a model's files from MLflow into a temporary folder, deleted at the end of the block.

    Raises:
        NotFoundError: the version was never registered. GoldenKeyError: MLflow cannot hand the files out.
    """
    number = mlflow_number(home, version)
    if number is None:
        raise NotFoundError(f"没有登记过版本为 {version} 的模型。")
    # MLflow takes seconds to import; commands that only read the alias do without.
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as scratch:
        try:
            with registry.mlflow_silenced():
                client, _ = registry.mlflow_client(home)
                source = client.get_model_version(registry.NAME, number).source
                folder = Path(download_artifacts(f"{source}/data", dst_path=scratch))
        except (MlflowException, OSError) as error:
            raise GoldenKeyError(
                f"MLflow 登记处无法取出模型 {version}（{type(error).__name__}）；请检查 mlruns 目录是否完整。"
            ) from error
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
        yield inside[0] if inside else folder


def _alias(path: Path) -> str | None:
    query = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            row = connection.execute(query, (registry.NAME, ALIAS)).fetchone()
    except sqlite3.OperationalError as error:
        raise GoldenKeyError(f"MLflow 登记库 {path.name} 无法读取（{error}），在用模型的别名未能核对。") from error
    return None if row is None else str(row[0])
