"""Find deliveries: folders with a delivery note (交接单.toml), or loose paths with the same statements as options."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError
from features.files.names import shown_name
from features.pool.manifests import Delivery
from features.rules.iso_days import NoDayError, read_day

NOTE = "交接单.toml"
DATA_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".docx", ".pdf"})
NOT_DELIVERED = frozenset({"truth"})
FIELDS = ("delivery_no", "provider", "legal_basis", "purpose", "scope", "approved_by")


@dataclass(frozen=True, slots=True)
class FoundDelivery:
    """One delivery: its statement, folder, files and database tables to read, deliveries it withdraws.

    `loose` marks files given on the command line, whose delivery number may be generated. `passed_over` names files
    that hold no data, `outside` links that lead out of the folder.
    """

    delivery: Delivery
    folder: Path
    files: tuple[Path, ...]
    databases: tuple[str, ...] = ()
    withdraws: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    loose: bool = False


def read_delivery_note(path: Path) -> FoundDelivery:
    """The delivery in the folder of a 交接单.toml.

    Raises:
        GoldenKeyError: the note cannot be read, or lacks a statement PIPL asks for (articles 13 and 34).
    """
    if _leads_out(path, path.parent):
        raise GoldenKeyError(f"交接单“{shown_name(path)}”是通向交接文件夹以外的链接，不予读取；请放入文件本身。")
    try:
        note = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise GoldenKeyError(f"交接单“{shown_name(path)}”无法读取（{error}），请按模板填写。") from error
    unknown = sorted(set(note) - {*FIELDS, "received_on", "retain_until", "withdraws", "backfile", "note"})
    if unknown:
        raise GoldenKeyError(f"交接单“{shown_name(path)}”有不认识的项：{'、'.join(unknown)}，请按模板填写。")
    backfile = bool(note.get("backfile", False))
    delivery = Delivery(
        **{name: str(note.get(name, "")) for name in FIELDS},
        received_on=None if backfile else _parse_date(note.get("received_on"), path, "received_on"),
        retain_until=_parse_date(note.get("retain_until"), path, "retain_until"),
        backfile=backfile,
    )
    files, others, outside = data_files(path.parent)
    return FoundDelivery(
        delivery=delivery,
        folder=path.parent,
        files=files,
        withdraws=tuple(str(number) for number in note.get("withdraws", ())),
        passed_over=others,
        outside=outside,
    )


def _parse_date(value: Any, path: Path, name: str) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return read_day(str(value))
    except NoDayError as error:
        raise GoldenKeyError(f"交接单“{shown_name(path)}”的 {name} {error}，收到“{value}”。") from error


def _leads_out(path: Path, folder: Path) -> bool:
    """Whether a path is a symbolic link to what does not lie in the folder."""
    # Of a link to itself realpath gives the link, where Path.resolve raises.
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def data_files(folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...], tuple[str, ...]]:
    """Files of a folder that may hold tables, names of the others, and of links that lead out of the folder.

    Hidden and lock files are skipped; links are followed to files within the folder alone.
    """
    files, others, outside = [], [], []
    for path in sorted(folder.rglob("*")):
        name = path.name
        if _leads_out(path, folder):
            outside.append(shown_name(path.relative_to(folder)))
            continue
        if not path.is_file() or shown_name(name) == NOTE or name.startswith((".", "~$")):
            continue
        if path.suffix.lower() in DATA_SUFFIXES:
            files.append(path)
        else:
            others.append(shown_name(path.relative_to(folder)))
    return tuple(files), tuple(others), tuple(outside)


def _notes(folder: Path) -> list[Path]:
    """The delivery notes under a folder, whatever the encoding of their names."""
    return [path for path in sorted(folder.rglob("*.toml")) if shown_name(path.name) == NOTE]


def is_database_url(path: str) -> bool:
    """Whether a path on the command line is a database URL."""
    return "://" in path


def find_deliveries(paths: Iterable[str], loose: Delivery | None) -> list[FoundDelivery]:
    """Deliveries under the paths given, oldest first; paths without a 交接单.toml become one delivery, `loose`.

    Raises:
        GoldenKeyError: a path does not exist, or loose files come without legal basis, purpose or provider.
    """
    found: list[FoundDelivery] = []
    files: list[Path] = []
    databases: list[str] = []
    others: list[str] = []
    outside: list[str] = []
    for text in paths:
        path = Path(text)
        if is_database_url(text):
            databases.append(text)
        elif path.is_dir():
            notes = [note for note in _notes(path) if not NOT_DELIVERED & set(note.relative_to(path).parts)]
            found.extend(read_delivery_note(note) for note in notes)
            if not notes:
                inside, passed, led = data_files(path)
                files.extend(inside)
                others.extend(passed)
                outside.extend(led)
        elif path.is_file():
            files.append(path)
        else:
            raise GoldenKeyError(f"路径“{shown_name(text)}”不存在，请核对后重新导入。")
    if files or databases:
        if loose is None:
            raise GoldenKeyError(
                "散装文件缺少法律依据：请用 --legal-basis、--purpose、--provider、--scope "
                f"说明依据、目的、提供单位和范围，或在文件夹中放入{NOTE}（个人信息保护法第十三条、第三十四条）。"
            )
        found.append(
            FoundDelivery(
                loose,
                _common_folder(files),
                tuple(files),
                tuple(databases),
                passed_over=tuple(others),
                outside=tuple(outside),
                loose=True,
            )
        )
    if not found:
        raise GoldenKeyError(f"所给路径中没有可导入的文件，也没有{NOTE}。")
    return sorted(found, key=lambda item: (item.delivery.received_on or date.min, str(item.folder)))


def _common_folder(files: list[Path]) -> Path:
    """The deepest folder that contains every file; names in reports are relative to it."""
    if not files:
        return Path()
    parents = [path.resolve().parent for path in files]
    common = parents[0]
    while not all(parent.is_relative_to(common) for parent in parents):
        common = common.parent
    return common
