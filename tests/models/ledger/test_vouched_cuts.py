"""Cuts under the audit chain: made once with their actor, believed only as recorded, every change named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from made_home import AS_OF, Home

from features.clues.catalogue import VERSION
from features.cuts.build import make_cut
from features.cuts.digests import ChangedFileError, digest_of
from features.cuts.manifest import cut_folder
from features.cuts.stored import StoredCut
from features.cuts.texts import TextStore
from features.pool.pool import Pool
from models.audit.verify import verify
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from models.ledger.vouched_cuts import drop_cuts, open_vouched_cut, open_vouched_leads, vouched_folders


@pytest.fixture(scope="module")
def vouched(made_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a cut and its leads that the chain vouches for."""
    home = tmp_path_factory.mktemp("vouched") / "home"
    shutil.copytree(made_home.path, home)
    with Ledger(home) as ledger:
        opened(ledger)
    return home


@pytest.fixture
def copied(vouched: Path, tmp_path: Path) -> Path:
    shutil.copytree(vouched, tmp_path / "home")
    return tmp_path / "home"


def opened(ledger: Ledger) -> StoredCut:
    cut = open_vouched_cut(ledger, AS_OF, Pool(ledger.home).state, "system")
    open_vouched_leads(ledger, cut, "system")
    return cut


def acts(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT act, subject FROM audit WHERE act LIKE 'cut.%' ORDER BY seq").all()
    return [(act, subject) for act, subject in rows]


def sentences(home: Path) -> list[str]:
    with Ledger(home) as ledger:
        return [problem.sentence for problem in verify(ledger).problems]


def test_an_intent_stands_before_and_the_digest_after(vouched: Path) -> None:
    folder = cut_folder(vouched, AS_OF, Pool(vouched).state)
    with Ledger(vouched) as ledger:
        cut = opened(ledger)
        names = [folder.name, f"{folder.name}.leads"]
        assert acts(ledger) == [(act, name) for name in names for act in ("cut.begin", "cut.make")]
        assert vouched_folders(ledger)[0].digest == cut.manifest.digest
        assert verify(ledger).sound


def test_a_cut_nobody_vouches_for_is_made_again(made_home: Home, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made_home.path, home)
    made = make_cut(home, AS_OF, Pool(home).state)
    keys = cut_folder(home, AS_OF, Pool(home).state) / "keys.parquet"
    keys.write_bytes(keys.read_bytes()[:-1] + b"!")
    with Ledger(home) as ledger:
        cut = open_vouched_cut(ledger, AS_OF, Pool(home).state, "system")
        assert cut.manifest.digest == made.digest
        assert len(cut.keys) == made.part("keys.parquet").rows


def test_what_a_crash_left_between_intent_and_completion_is_completed(copied: Path) -> None:
    with Ledger(copied) as ledger:
        name = cut_folder(copied, AS_OF, Pool(copied).state).name
        shutil.rmtree(copied / "cuts" / name)
        ledger.record("system", "cut.begin", name, {})
        opened(ledger)
        assert [act for act, subject in acts(ledger) if subject == name][-3:] == ["cut.begin", "cut.begin", "cut.make"]
        assert verify(ledger).sound


def test_nobody_unknown_makes_a_cut(made_home: Home, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made_home.path, home)
    with Ledger(home) as ledger:
        folder = cut_folder(home, AS_OF, Pool(home).state)
        shutil.rmtree(folder, ignore_errors=True)
        with pytest.raises(UnknownActorError):
            open_vouched_cut(ledger, AS_OF, Pool(home).state, "某某")
        assert not folder.exists()


def forged_with_its_manifest(home: Path) -> None:
    """A debtor's name changed in the keys, and every digest in the manifest made to fit."""
    folder = cut_folder(home, AS_OF, Pool(home).state)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    keys = folder / "keys.parquet"
    keys.write_bytes(keys.read_bytes() + b" ")
    part = next(part for part in manifest["parts"] if part["file"] == "keys.parquet")
    part["sha256"] = digest_of(keys.read_bytes())
    content = {name: value for name, value in manifest.items() if name not in ("digest", "seconds")}
    manifest["digest"] = digest_of(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def forged_texts(home: Path) -> None:
    store = TextStore(home)
    path, _ = store.segments[0]
    path.write_bytes(path.read_bytes() + b" ")
    listed = json.loads((store.folder / "segments.json").read_text(encoding="utf-8"))
    listed["segments"][0]["sha256"] = digest_of(path.read_bytes())
    (store.folder / "segments.json").write_text(json.dumps(listed), encoding="utf-8")


FORGERIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "keys and manifest": (forged_with_its_manifest, "与审计链的记载不符"),
    "texts and their list": (forged_texts, "segments.json 与审计链的记载不符"),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forgery_whose_digests_fit_is_refused_and_named(copied: Path, kind: str) -> None:
    forge, named = FORGERIES[kind]
    forge(copied)
    with Ledger(copied) as ledger, pytest.raises(ChangedFileError, match="与审计链的记载不符"):
        opened(ledger)
    assert any(named in sentence for sentence in sentences(copied))


def files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "cuts").rglob("*") if path.suffix in (".parquet", ".json", ".arrow"))


def test_a_changed_byte_in_any_file_is_named(vouched: Path, tmp_path: Path) -> None:
    assert len(files(vouched)) >= 12
    for number, path in enumerate(files(vouched)):
        home = tmp_path / str(number)
        shutil.copytree(vouched, home, ignore=shutil.ignore_patterns("mlruns", "models", "pool"))
        forged = home / path.relative_to(vouched)
        content = bytearray(forged.read_bytes())
        # The sixth byte of a manifest stands before any value: most changes there make it no JSON at all.
        content[len(content) // 2] ^= 1
        forged.write_bytes(content)
        told = sentences(home)
        assert any(path.name in sentence for sentence in told), (path.name, told)


def test_what_was_removed_or_added_is_named(copied: Path) -> None:
    folder = cut_folder(copied, AS_OF, Pool(copied).state)
    (folder / "watch.parquet").unlink()
    (folder / "more.parquet").write_bytes(b"")
    shutil.rmtree(f"{folder}.leads")
    (copied / "cuts" / "texts" / "9999999999.arrow").write_bytes(b"")
    told = "\n".join(sentences(copied))
    for named in ("watch.parquet 已被移走", "more.parquet 不属于", ".leads 已被移走", "9999999999.arrow 没有登记"):
        assert named in told


def test_only_what_nothing_was_told_from_is_dropped(copied: Path) -> None:
    cuts, gone = copied / "cuts", subprocess.Popen(["true"])
    gone.wait()
    stale = [cuts / "2020-01-01-000001-0123456789ab", cuts / f".x.{gone.pid}.01234567.tmp"]
    kept = [cuts / f"2020-01-01-000001-{VERSION}", cuts / f".x.{os.getpid()}.01234567.tmp"]
    for path in (*stale, *kept):
        path.mkdir()
    with Ledger(copied) as ledger:
        assert drop_cuts(ledger) == sorted(path.name for path in stale)
        assert verify(ledger).sound
    assert [path.exists() for path in (*stale, *kept)] == [False, False, True, True]
