"""Artifact URIs of MLflow, rewritten when the home folder was moved: MLflow stores them as absolute paths.

MLflow has no call for this, and its manual says to update the rows. When a home is opened at another path than the
recorded one, every URI that begins with the old path is rewritten in one transaction.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from features.errors import GoldenKeyError

FOLDER = "mlruns"
"""Where artifacts are, under the home."""

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Columns of MLflow's tables that hold an address of an artifact."""

WAIT_SECONDS = 30


def artifact_uri(home: Path) -> str:
    """Where the artifacts of a home are, as MLflow writes it."""
    return (home.resolve() / FOLDER).as_uri()


def relocate_artifacts(home: Path, experiment: str) -> bool:
    """Bring the addresses of an experiment's artifacts in line with where the home is now.

    Args:
        home: the home folder; without a registry, or with an empty one, there is nothing to do.
        experiment: its name in MLflow.

    Returns:
        Whether the home had been moved.

    Raises:
        GoldenKeyError: the registry cannot be written.
    """
    path, new = home.resolve() / "mlflow.db", artifact_uri(home)
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
            old = _recorded(connection, experiment)
            if old is None or old == new:
                return False
            connection.execute("BEGIN IMMEDIATE")
            for table, column in ADDRESSES:
                inside = f"{column} = ?2 OR substr({column}, 1, length(?2) + 1) = ?2 || '/'"
                moved = f"UPDATE {table} SET {column} = ?1 || substr({column}, length(?2) + 1) WHERE {inside}"
                connection.execute(moved, (new, old))
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise GoldenKeyError(
            f"数据目录已移到别处，但 MLflow 登记库 {path.name} 无法写入（{error}），其中模型文件的位置未能更新。"
        ) from error
    return True


def _recorded(connection: sqlite3.Connection, experiment: str) -> str | None:
    """Where MLflow says an experiment's artifacts are; None before MLflow has made its tables, or the experiment."""
    made = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'experiments'"
    if connection.execute(made).fetchone() is None:
        return None
    row = connection.execute("SELECT artifact_location FROM experiments WHERE name = ?", (experiment,)).fetchone()
    return None if row is None else str(row[0])
