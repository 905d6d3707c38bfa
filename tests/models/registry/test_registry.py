"""The registry: one folder, one MLflow version, one pointer; the same model twice is one registration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from little_model import little_matrix, little_model

from features.errors import GoldenKeyError, NotFoundError
from models.registry import registry
from models.scoring.head import ModelFault

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a tree model and a linear one, the tree in use."""
    home = tmp_path_factory.mktemp("registry") / "家 home"
    tree, linear = little_model(), little_model("linear")
    registry.register(home, tree, {"auc": 0.71}, {"source": "测试"})
    registry.register(home, linear, {"auc": 0.65})
    registry.set_current(home, tree.version)
    return home


def test_what_was_registered_scores_the_same(home: Path) -> None:
    tree, values = little_model(), little_matrix()
    assert registry.current_version(home) == tree.version
    assert registry.load_current(home).score(values).equals(tree.score(values))
    assert registry.registered_models(home)[-1].version == little_model("linear").version
    assert [entry.metrics["auc"] for entry in registry.registered_models(home)] == [0.71, 0.65]


def test_registering_again_changes_nothing(home: Path) -> None:
    before = registry.registered_models(home)
    assert registry.register(home, little_model(), {"auc": 0.99}) == before[0]
    assert registry.registered_models(home) == before


def test_mlflow_holds_lineage_and_a_model_that_loads_without_pickles(home: Path) -> None:
    """In a process of its own: MLflow's own imports warn."""
    code = f"""
import warnings; warnings.simplefilter("ignore")
import mlflow
uri = "sqlite:///" + {str(home.resolve())!r} + "/mlflow.db"
mlflow.set_tracking_uri(uri)
client = mlflow.MlflowClient(uri)
version = client.get_model_version("goldenkey", "1")
print(version.tags["data_fingerprint"][:3], version.tags["labels.concealment.labels"], version.tags["source"])
print(version.tags["catalogue_version"], version.tags["head.concealment"], version.tags["pool_state"])
run = client.get_run(version.run_id)
print(run.data.metrics["auc"], run.data.params["rounds"], run.info.status)
from little_model import little_matrix, little_model
loaded = mlflow.pyfunc.load_model("models:/goldenkey/1").predict(little_matrix())
print(loaded.equals(little_model().score(little_matrix())))
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    env = {**os.environ, "PYTHONPATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert done.stdout.split() == ["fff", "600", "测试", "test", "tree", "3", "0.71", "40", "FINISHED", "True"], (
        done.stderr
    )
    assert not [file for file in (home / "mlruns").rglob("*") if file.suffix in (".pkl", ".pickle", ".joblib")]


def test_nothing_trained_and_nothing_known_are_told() -> None:
    nowhere = Path("/nonexistent-home")
    for ask in (registry.load_current, registry.current_version):
        with pytest.raises(NotFoundError, match="还没有训练好的模型"):
            ask(nowhere)
    for version in ("", "../..", "20240331-000000000000"):
        with pytest.raises(NotFoundError, match="没有"):
            registry.load(nowhere, version)


def test_an_unknown_version_cannot_be_put_in_use(home: Path) -> None:
    before = registry.current_version(home)
    with pytest.raises(NotFoundError, match="没有登记过"):
        registry.set_current(home, "20240331-000000000000")
    assert registry.current_version(home) == before


def test_a_model_under_another_name_is_refused(home: Path, tmp_path: Path) -> None:
    version = little_model("linear").version
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "20200101-aaaaaaaaaaaa").symlink_to(home / "models" / version)
    with pytest.raises(ModelFault, match="与其版本号不符"):
        registry.load(tmp_path, "20200101-aaaaaaaaaaaa")


def test_a_folder_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    model = little_model("linear")
    (tmp_path / "models").mkdir()
    in_the_way = tmp_path / "models" / model.version
    in_the_way.write_text("no folder", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="登记未进行"):
        registry.register(tmp_path, model, {})
    assert registry.registered_models(tmp_path) == ()
    assert in_the_way.read_text(encoding="utf-8") == "no folder"


def test_the_code_has_a_version_with_and_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.code_version()
    monkeypatch.setenv("PATH", "")
    assert registry.code_version().startswith("src-")
    assert registry.code_version() == registry.code_version()


@pytest.mark.parametrize("held", [True, False], ids=["a folder", "no folder"])
def test_a_restored_folder_that_cannot_be_put_in_place_leaves_what_was_there(
    held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses the last rename, that of the new files into the model's place."""
    source, folder = tmp_path / "source", tmp_path / "models" / "v1"
    source.mkdir()
    (source / "model.json").write_text("new", encoding="utf-8")
    if held:
        folder.mkdir(parents=True)
        (folder / "model.json").write_text("old", encoding="utf-8")
    rename = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if path.suffix == ".tmp":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(GoldenKeyError, match="磁盘读写出错"):
            registry.restore_folder(tmp_path, "v1", source)
    assert [path.read_text(encoding="utf-8") for path in (tmp_path / "models").rglob("model.json")] == ["old"] * held
    assert folder.exists() is held
    aside = registry.restore_folder(tmp_path, "v1", source)
    assert (folder / "model.json").read_text(encoding="utf-8") == "new"
    assert bool(aside) is held
