"""A home that was moved, or restored from a backup elsewhere: nothing in it still speaks of where it was."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from little_model import little_model
from made_registry import enrol, gate, models, promoted, register_all

from models.audit.replay_model import replay_model
from models.audit.verify import verify
from models.ledger.ledger import Ledger
from models.registry import aliases, registry
from models.registry.artifacts import ADDRESSES, artifact_uri, relocate_artifacts
from models.registry.promotion import promote, record_training, rollback


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home with three models of which the second is the champion, as it was put aside."""
    home = tmp_path_factory.mktemp("kept") / "旧 家" / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOLDENKEY_DATABASE", raising=False)
        versions = register_all(home)
        with Ledger(home) as ledger:
            enrol(ledger)
            promoted(ledger, versions[1])
        backup = tmp_path_factory.mktemp("backup") / "home"
        shutil.move(home, backup)
    # A file where the folder was: nothing can be made there, not even by root.
    home.parent.rmdir()
    home.parent.write_text("", encoding="utf-8")
    return backup, versions


@pytest.fixture
def moved(kept: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    home = tmp_path / "新 家_1" / "home"
    shutil.copytree(kept[0], home)
    return home


@pytest.fixture
def versions(kept: tuple[Path, list[str]]) -> list[str]:
    return kept[1]


def addresses(home: Path) -> set[str]:
    with closing(sqlite3.connect(home / "mlflow.db")) as connection:
        wanted = (f"SELECT {column} FROM {table} WHERE {column} LIKE 'file:%'" for table, column in ADDRESSES)
        return {row[0] for query in wanted for row in connection.execute(query)}


def test_a_promotion_is_replayed_from_the_registry_alone(moved: Path, versions: list[str]) -> None:
    shutil.rmtree(moved / "models" / versions[1])
    files = models()[1].files()
    with aliases.downloaded_model(moved, versions[1]) as folder:
        assert {name: (folder / name).read_bytes() for name in files} == files
    with Ledger(moved) as ledger:
        found = replay_model(ledger, versions[1])
    assert found.fetched_version == versions[1]
    assert found.approved == (found.fetched_digest,)


def test_whoever_opens_it_finds_everything_where_it_is(moved: Path, versions: list[str]) -> None:
    with Ledger(moved) as ledger:
        gate(ledger, versions[2], against=versions[1])
        promote(ledger, versions[2], "甲")
        assert promote(ledger, versions[2], "乙").tenure is not None
        assert replay_model(ledger, versions[2]).same
        assert rollback(ledger, "丙", "骤降").version == versions[1]
        another = little_model("linear", pool_state=9)
        registry.register(moved, another, {"auc": 0.7})
        record_training(ledger, another, "训练员", provisional=True)
        assert replay_model(ledger, another.version).same
        assert verify(ledger).sound
    assert addresses(moved)
    assert all(one.startswith(artifact_uri(moved)) for one in addresses(moved))
    assert len(list((moved / "mlruns").iterdir())) == 4


def test_a_copy_leaves_the_original_alone(moved: Path, versions: list[str], tmp_path: Path) -> None:
    with aliases.downloaded_model(moved, versions[1]):
        pass
    before = addresses(moved)
    copy = tmp_path / "copy"
    shutil.copytree(moved, copy)
    registry.register(copy, little_model("linear", pool_state=9), {})
    assert all(one.startswith(artifact_uri(copy)) for one in addresses(copy))
    assert addresses(moved) == before
    assert len(list((moved / "mlruns").iterdir())) == 3


def test_only_addresses_of_the_old_home_are_changed_and_only_once(moved: Path) -> None:
    with closing(sqlite3.connect(moved / "mlflow.db")) as connection, connection:
        (old,) = connection.execute("SELECT artifact_location FROM experiments WHERE name = ?", (registry.NAME,))
        beside = f"{old[0]}-2/run/artifacts"
        connection.execute("UPDATE runs SET artifact_uri = ? WHERE name = ?", (beside, models()[0].version))
    assert relocate_artifacts(moved, registry.NAME)
    assert not relocate_artifacts(moved, registry.NAME)
    inside = artifact_uri(moved) + "/"
    assert {one for one in addresses(moved) if not one.startswith(inside)} == {beside, artifact_uri(moved)}


def test_a_home_without_a_registry_has_nothing_to_follow(tmp_path: Path) -> None:
    assert not relocate_artifacts(tmp_path, registry.NAME)
    (tmp_path / "mlflow.db").touch()
    assert not relocate_artifacts(tmp_path, registry.NAME)
