"""Deliveries and batch manifests: provider, legal basis and files of each batch, and which batches were withdrawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from features.errors import GoldenKeyError, NotFoundError
from features.files.atomic import write_text


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of records, with the legal grounds for holding it (docs/domain.md section 1.7).

    Attributes:
        delivery_no: the provider's or office's number of the delivery.
        provider: the unit that provided it.
        received_on: day the office received it: the `known_at` of its rows. None only for back-files.
        legal_basis, purpose, scope, approved_by: PIPL articles 13, 34 and 6; all must be stated.
        retain_until: day after which the rows must be purged, or None.
        backfile: old records loaded without a delivery date; `known_at` is then inferred from each row's own date.
    """

    delivery_no: str
    provider: str
    received_on: date | None
    legal_basis: str
    purpose: str
    scope: str
    approved_by: str
    retain_until: date | None = None
    backfile: bool = False

    def __post_init__(self) -> None:
        labels = {"legal_basis": "法律依据", "purpose": "使用目的", "scope": "使用范围", "provider": "提供单位"}
        missing = [label for name, label in labels.items() if not getattr(self, name).strip()]
        if missing:
            raise GoldenKeyError(
                f"交接信息（{self.delivery_no or '无编号'}）缺少{'、'.join(missing)}："
                "个人信息须有法律依据和明确目的方可导入（个人信息保护法第十三条、第三十四条）。"
            )
        if self.received_on is None and not self.backfile:
            raise GoldenKeyError(f"交接信息（{self.delivery_no}）缺少接收日期；历史补录数据请标明 backfile = true。")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a batch: name as delivered, content hash, table, rows accepted, rows rejected.

    `sha256` is of the file together with the mapping it was read by; where there was one, `content` is of the file.
    """

    name: str
    sha256: str
    table: str
    rows: int
    bad: int
    content: str = ""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """One file of a delivery that could not be taken in while the rest was: name as delivered, content hash ("" where
    it cannot be read), the table its name says ("" where it says none), and why, in one sentence."""

    name: str
    sha256: str
    table: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One stored Parquet part: table, path relative to the pool, rows."""

    table: str
    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one batch added or withdrew. `seq` is the state of the pool after it.

    A batch that does both replaces another: the files of that one read again. `folder` is where the files of the batch
    lay when they were read ('' for batches of earlier versions, and of none).
    """

    seq: int
    delivery: Delivery
    files: tuple[SourceFile, ...] = ()
    parts: tuple[StoredPart, ...] = ()
    withdraws: tuple[int, ...] = ()
    withdrawn_on: date | None = None
    reason: str = ""
    sources: tuple[str, ...] = field(default=())
    folder: str = ""
    refused: tuple[RefusedFile, ...] = ()

    @property
    def only_withdraws(self) -> bool:
        """Whether it is a tombstone and nothing else."""
        return bool(self.withdraws) and not self.files


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a batch visible: the manifest appears whole or not at all."""
    made = asdict(manifest)
    for file in made["files"]:
        if not file["content"]:
            del file["content"]  # a version that does not know it reads the manifest
    if not manifest.refused:
        del made["refused"]
    text = json.dumps(made, ensure_ascii=False, indent=1, default=date.isoformat)
    write_text(folder / f"{manifest.seq:06d}.json", text, durable=True)


def read_manifests(folder: Path) -> tuple[Manifest, ...]:
    """Every committed batch, oldest first. A damaged manifest is an error, never skipped."""
    return tuple(_read(path) for path in sorted(folder.glob("[0-9]*.json")))


def _read(path: Path) -> Manifest:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        delivery = raw["delivery"]
        for name in ("received_on", "retain_until"):
            delivery[name] = date.fromisoformat(delivery[name]) if delivery[name] else None
        return Manifest(
            seq=raw["seq"],
            delivery=Delivery(**delivery),
            files=tuple(SourceFile(**item) for item in raw["files"]),
            parts=tuple(StoredPart(**item) for item in raw["parts"]),
            withdraws=tuple(raw["withdraws"]),
            withdrawn_on=date.fromisoformat(raw["withdrawn_on"]) if raw["withdrawn_on"] else None,
            reason=raw["reason"],
            sources=tuple(raw["sources"]),
            folder=raw.get("folder", ""),
            refused=tuple(RefusedFile(**item) for item in raw.get("refused", ())),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise GoldenKeyError(f"数据池批次清单 {path.name} 已损坏，无法读取（{error}）；请从备份恢复该文件。") from error


def earlier_readings(manifests: tuple[Manifest, ...], seq: int) -> tuple[Manifest, ...]:
    """The batch of that number and those it replaced one after another, the first reading of the files last."""
    family = [find_batch(manifests, seq)]
    while family[-1].withdraws and not family[-1].only_withdraws:
        family.append(find_batch(manifests, family[-1].withdraws[0]))
    return tuple(family)


def incomplete_sources(manifests: Sequence[Manifest], source_of: Mapping[str, str]) -> frozenset[tuple[int, str]]:
    """Pairs (batch, source) of which a file was refused and has not come since; the source is "" where nobody knows.

    A mended file is one of the same name, whatever its ending, in a later batch of the same delivery.

    Args:
        manifests: the batches in force.
        source_of: code of the source of each table.
    """
    return frozenset(
        (one.seq, source_of.get(file.table, "")) for one in manifests for file in still_refused(manifests, one)
    )


def still_refused(manifests: Sequence[Manifest], one: Manifest) -> tuple[RefusedFile, ...]:
    """The files refused in a batch that have not come in a later batch of its delivery."""
    later = [m for m in manifests if m.seq > one.seq and m.delivery.delivery_no == one.delivery.delivery_no]
    come = {_stem(taken.name) for m in later for taken in m.files}
    return tuple(file for file in one.refused if _stem(file.name) not in come)


def _stem(name: str) -> PurePosixPath:
    return PurePosixPath(name).with_suffix("")


def check_received(manifests: Sequence[Manifest], day: date) -> None:
    """Refuse batches that were received only after a day, so that they cannot be withdrawn on it; GoldenKeyError."""
    later = [m for m in manifests if m.delivery.received_on is not None and m.delivery.received_on > day]
    if later:
        named = "、".join(f"第 {m.seq} 批次 {m.delivery.received_on}" for m in later)
        raise GoldenKeyError(f"不能自 {day} 起撤回：那时尚未接收（{named} 接收）；请把 --on 写作接收之日或以后。")


def find_batch(manifests: tuple[Manifest, ...], seq: int) -> Manifest:
    """The batch of that number; NotFoundError when there is none."""
    for manifest in manifests:
        if manifest.seq == seq:
            return manifest
    raise NotFoundError(f"数据池中没有第 {seq} 批次。")
