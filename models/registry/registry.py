"""The registry: every trained model as an MLflow version and as a plain folder that serving reads without MLflow.

MLflow (SQLite under the home folder) keeps parameters, metrics, tags and lineage; the folder `home/models/<version>`
holds the same bytes. Which model is in use says the champion's row of the operational database; `home/models/CURRENT`
is an alias of it, and before the first promotion it names the model trained last.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from features.errors import GoldenKeyError, NotFoundError, reason_of
from features.files.atomic import replacing, write_text
from features.files.home import check_home
from models.registry import champion
from models.registry.artifacts import artifact_uri, relocate_artifacts
from models.scoring.head import ModelFault
from models.scoring.model import Model, load_model

NAME = "goldenkey"
"""Name of the registered model and of the experiment in MLflow."""

REQUIREMENTS = ("lightgbm", "numpy", "pandas", "threadpoolctl")
"""Libraries a model needs to score; pinned in MLflow so that it need not infer them."""

CODE_FOLDERS = ("features", "models", "evaluation", "training")
"""Packages whose code and settings decide a model: training selects features and recipes with figures of evaluation."""

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """One registered model.

    Attributes:
        version: the model's own version (a digest of its files).
        registered_at: time of registration, UTC, ISO 8601.
        mlflow_version: number of the version of the registered model in MLflow.
        code: version of the code that trained it.
        metrics: measured figures by name.
    """

    version: str
    registered_at: str
    mlflow_version: str
    code: str
    metrics: Mapping[str, float] = field(default_factory=dict)


def register(
    home: Path, model: Model, metrics: Mapping[str, float], tags: Mapping[str, str] | None = None
) -> RegisteredModel:
    """Register a model: folder, MLflow version, index row. The same model twice is one registration.

    Args:
        home: the home folder.
        model: the model.
        metrics: figures measured on windows it never saw.
        tags: further tags for MLflow (source file, label column ...).
    """
    with _locked(home):
        known = next((entry for entry in registered_models(home) if entry.version == model.version), None)
        if known is not None:
            return known
        folder = _write_folder(home, model)
        code = code_version()
        with mlflow_silenced():
            number = _log(home, model, folder, metrics, {**_tags(model, code), **(tags or {})})
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = RegisteredModel(
            model.version, now, number, code, {name: float(value) for name, value in metrics.items()}
        )
        rows = [asdict(item) for item in (*registered_models(home), entry)]
        write_text(_index(home), json.dumps(rows, ensure_ascii=False, indent=1) + "\n", durable=True)
        return entry


def registered_models(home: Path) -> tuple[RegisteredModel, ...]:
    """Every registered model, oldest first."""
    try:
        rows = json.loads(_index(home).read_text(encoding="utf-8"))
        return tuple(RegisteredModel(**row) for row in rows)
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError) as error:
        raise ModelFault("模型登记清单 models/index.json 已损坏，无法读取；请从备份恢复该文件。") from error


def current_version(home: Path, engine: Engine | None = None) -> str:
    """Version of the model in use: the champion; before any promotion, the one that CURRENT names.

    Args:
        home: the home folder.
        engine: its operational database where it is already open.

    Raises:
        NotFoundError: none has been trained.
    """
    tenure = champion.find_champion(home, engine)
    if tenure is not None:
        return tenure.version
    if (version := read_current_file(home)) is None:
        raise _none()
    return version


def read_current_file(home: Path) -> str | None:
    """The version that home/models/CURRENT names, None where it names none."""
    try:
        return _pointer(home).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def load_current(home: Path, threads: int = 1) -> Model:
    """The model in use; NotFoundError when none has been trained."""
    return load(home, current_version(home), threads)


def set_current(home: Path, version: str) -> None:
    """Name a model in home/models/CURRENT, at once or not at all; NotFoundError when there is no such version."""
    if not (_folder(home) / version / "model.json").exists():
        raise NotFoundError(f"没有登记过版本为 {version} 的模型，无法启用。")
    write_text(_pointer(home), version + "\n", durable=True)


def load(home: Path, version: str, threads: int = 1) -> Model:
    """A registered model by version, from its folder; NotFoundError when there is none, ModelFault when changed."""
    model = load_model(folder_of(home, version), threads)
    if model.version != version:
        raise ModelFault(f"模型目录 {version} 的内容与其版本号不符（实为 {model.version}），拒绝使用。")
    return model


def restore_folder(home: Path, version: str, source: Path) -> str:
    """Replace the files of a model's folder by those of another folder; the old folder moves to models/.damaged.

    Args:
        home: the home folder. version: the model. source: folder with the files.

    Returns:
        Name of the old folder under models/.damaged, empty where there was none.

    Raises:
        GoldenKeyError: the files cannot be written; nothing has changed.
    """
    folder = folder_of(home, version)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = _folder(home) / ".damaged" / f"{version}-{stamp}"
    with _locked(home):
        existed = folder.exists()
        try:
            with replacing(folder) as scratch:
                shutil.copytree(source, scratch)
                if existed:
                    aside.parent.mkdir(exist_ok=True)
                    folder.replace(aside)
        except OSError as error:
            if aside.exists():
                aside.replace(folder)
            raise GoldenKeyError(
                f"无法写回模型 {version}（{reason_of(error)}），请检查磁盘和权限后重新运行。"
            ) from error
    return aside.name if existed else ""


def code_version() -> str:
    """`git describe` of the source tree, or a digest of `code_files` where there is no git."""
    command = ("git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--tags")
    try:
        described = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return described.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        total = hashlib.sha256()
        for path in code_files():
            total.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return f"src-{total.hexdigest()[:12]}"


def code_files() -> list[Path]:
    """Every Python and TOML file that decides a model, sorted by path."""
    suffixes = (".py", ".toml")
    paths = (path for name in CODE_FOLDERS for path in (_ROOT / name).rglob("*") if path.suffix in suffixes)
    return sorted(paths)


class _Scorer:
    """The object that `mlflow.pyfunc.load_model` returns: `predict(frame)` gives the scores."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, values: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Scores of every row; see `Model.score`."""
        return self.model.score(values)


def scorer(path: str) -> _Scorer:
    """An object with `predict` for the model of a folder, as `mlflow.pyfunc` asks for."""
    return _Scorer(load_model(Path(path)))


def _log(home: Path, model: Model, folder: Path, metrics: Mapping[str, float], tags: Mapping[str, str]) -> str:
    registry, experiment = mlflow_client(home)
    from mlflow import pyfunc  # takes seconds to import, and is kept out of the serving process

    run = registry.create_run(experiment, tags=dict(tags), run_name=model.version)
    run_id = run.info.run_id
    for name, value in sorted(model.settings.items()):
        registry.log_param(run_id, name, value)
    for name, value in sorted(metrics.items()):
        registry.log_metric(run_id, name, float(value))
    with tempfile.TemporaryDirectory() as scratch:
        packed = Path(scratch) / "model"
        pyfunc.save_model(
            packed,
            loader_module="models.registry",
            data_path=str(folder),
            pip_requirements=[f"{name}=={installed(name)}" for name in REQUIREMENTS],
        )
        registry.log_artifacts(run_id, str(packed), "model")
    source = f"{run.info.artifact_uri}/model"
    model_version = registry.create_model_version(NAME, source, run_id, tags=dict(tags), await_creation_for=0)
    registry.set_terminated(run_id)
    return str(model_version.version)


@contextmanager
def mlflow_silenced() -> Iterator[None]:
    """Keep MLflow's and SQLAlchemy's own notices (migrations, deprecations) off the user's terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def mlflow_client(home: Path) -> tuple[Any, str]:
    """An MLflow client on the home's own database, with the experiment's id; nothing leaves the machine or the home."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["DO_NOT_TRACK"] = "true"
    from mlflow import MlflowClient  # after the settings above, and kept out of the serving process
    from mlflow.exceptions import MlflowException

    check_home(home)
    relocate_artifacts(home, NAME)
    store = f"sqlite:///{home.resolve() / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=store, registry_uri=store)
    known_experiment = client.get_experiment_by_name(NAME)
    experiment = (
        known_experiment.experiment_id if known_experiment else client.create_experiment(NAME, artifact_uri(home))
    )
    try:
        client.get_registered_model(NAME)
    except MlflowException:
        client.create_registered_model(NAME, description="终本案件隐匿财产风险排序模型")
    return client, experiment


def _tags(model: Model, code: str) -> dict[str, str]:
    counts = {
        f"labels.{head}.{name}": str(value)
        for head, group in sorted(model.counts.items())
        for name, value in sorted(group.items())
    }
    kinds = {f"head.{name}": model.head(name)[0].kind for name in model.heads}
    return {
        "goldenkey.version": model.version,
        "data_fingerprint": model.fingerprint,
        "code_version": code,
        "catalogue_version": model.catalogue_version,
        "as_of": model.as_of.isoformat() if model.as_of else "",
        "pool_state": str(model.pool_state),
        "python": ".".join(map(str, sys.version_info[:3])),
        "notes": " ".join(model.notes),
        **counts,
        **kinds,
    }


def _write_folder(home: Path, model: Model) -> Path:
    """Write the model's folder whole or not at all."""
    folder = _folder(home) / model.version
    try:
        with replacing(folder) as scratch:
            model.save(scratch)
    except OSError as error:
        raise GoldenKeyError(
            f"无法保存模型 {model.version}（{reason_of(error)}），登记未进行，原有模型不变。"
        ) from error
    return folder


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    _folder(home).mkdir(parents=True, exist_ok=True)
    with (_folder(home) / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def folder_of(home: Path, version: str) -> Path:
    """Path of a model's folder, which need not exist; NotFoundError for a version that is not a plain name."""
    if not version or Path(version).name != version:
        raise NotFoundError(f"没有版本为 {version or '（空）'} 的模型。")
    return _folder(home) / version


def _folder(home: Path) -> Path:
    return Path(home) / "models"


def _index(home: Path) -> Path:
    return _folder(home) / "index.json"


def _pointer(home: Path) -> Path:
    return _folder(home) / "CURRENT"


def _none() -> NotFoundError:
    return NotFoundError("还没有训练好的模型：请先运行 ./goldenkey train --as-of 日期。")
