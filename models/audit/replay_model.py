"""Compare a model as stored in MLflow with its folder and with what was approved, byte for byte; restore the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from features.errors import GoldenKeyError
from models.database.engine import reading
from models.ledger.ledger import Ledger
from models.registry import aliases, champion, registry
from models.scoring.head import ModelFault
from models.scoring.model import load_model


@dataclass(frozen=True, slots=True)
class ModelReplay:
    """A model as stored in MLflow, in its folder, and as approved in the audit chain.

    Attributes:
        version: as asked.
        fetched_version: digest version of the files fetched from MLflow.
        fetched, folder: SHA-256 of every file there, by name.
        approved: digests over the file list that approvals and champions of this version name.
        fetched_digest: digest over the file list as fetched.
        differences: 中文 sentences, one per difference; empty where all agree.
    """

    version: str
    fetched_version: str
    fetched: Mapping[str, str]
    folder: Mapping[str, str]
    approved: tuple[str, ...]
    fetched_digest: str
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every byte is the same everywhere."""
        return not self.differences


def replay_model(ledger: Ledger, version: str) -> ModelReplay:
    """Fetch a model from MLflow and compare it with its folder and with what was approved.

    Raises:
        NotFoundError: the version was never registered.
        ModelFault: the files in MLflow do not fit their own checksums.
    """
    with aliases.downloaded_model(ledger.home, version) as place:
        fetched = _sums(place)
        computed_version = load_model(place).version
    folder = _sums(registry.folder_of(ledger.home, version))
    approved = _approved(ledger, version)
    if "SHA256SUMS" not in fetched:
        raise GoldenKeyError(f"MLflow 登记处的模型 {version} 缺少校验清单 SHA256SUMS，无法核对。")
    digest = fetched["SHA256SUMS"]
    problems = [
        f"文件 {name} 在登记处为 {fetched.get(name, '无')[:12]}，在模型目录为 {folder.get(name, '无')[:12]}"
        for name in sorted({*fetched, *folder})
        if fetched.get(name) != folder.get(name)
    ]
    if computed_version != version:
        problems.append(f"登记处文件的版本号为 {computed_version}，应为 {version}")
    problems += [f"批准时的文件校验值为 {one[:12]}，登记处为 {digest[:12]}" for one in approved if one != digest]
    return ModelReplay(version, computed_version, fetched, folder, approved, digest, tuple(problems))


@dataclass(frozen=True, slots=True)
class RestoredModel:
    """Result of a restoration: names of the files that differed, and of the folder the old files were moved to; both
    empty where nothing differed."""

    version: str
    changed: tuple[str, ...]
    aside: str


def restore_model(ledger: Ledger, version: str, by: str) -> RestoredModel:
    """Restore a model's folder from MLflow's copy, byte for byte what was registered and approved; audited.

    Args:
        ledger: the ledger.
        version: the model.
        by: in whose name.

    Raises:
        NotFoundError: the version was never registered.
        GoldenKeyError: the copy in MLflow is damaged too, or is not what was approved; nothing has changed.
        UnknownActorError: nothing has changed.
    """
    ledger.check_actor(by)
    with aliases.downloaded_model(ledger.home, version) as place:
        try:
            computed_version = load_model(place).version
        except ModelFault as error:
            raise GoldenKeyError(
                f"MLflow 登记处所存的模型 {version} 也已损坏，不能用来恢复；请从备份取回数据目录中的 mlruns。"
            ) from error
        fetched, folder = _sums(place), _sums(registry.folder_of(ledger.home, version))
        approved = _approved(ledger, version)
        if computed_version != version or any(one != fetched.get("SHA256SUMS") for one in approved):
            raise GoldenKeyError(
                f"MLflow 登记处所存的模型 {version} 与其版本号或批准时的文件不符，不能用来恢复；"
                "请从备份取回数据目录中的 mlruns。"
            )
        changed = tuple(sorted(name for name in {*fetched, *folder} if fetched.get(name) != folder.get(name)))
        if not changed:
            return RestoredModel(version, (), "")
        aside = registry.restore_folder(ledger.home, version, place)
    payload = {"changed": list(changed), "aside": aside, "files_sha256": fetched["SHA256SUMS"]}
    ledger.record(by, "model.restore", version, payload)
    return RestoredModel(version, changed, aside)


def _approved(ledger: Ledger, version: str) -> tuple[str, ...]:
    """Digests over the file list that approvals and champions of a version name."""
    with reading(ledger.engine) as connection:
        tenures = {one.files_sha256 for one in champion.tenures(connection) if one.version == version}
        approvals = {one.files_sha256 for one in champion.all_approvals(connection) if one.version == version}
    return tuple(sorted(tenures | approvals))


def _sums(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
