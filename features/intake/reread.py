"""Read an earlier batch's files again by today's rules; the new batch replaces it and is known from the same day."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from features.errors import GoldenKeyError
from features.files.names import actual_path, shown_name
from features.intake.ingest import IngestOptions, Progress, RefusedFiles, Seal, disk_errors, write_batch
from features.intake.report import IngestReport, write_workbook
from features.intake.sources.delivery import FoundDelivery, is_database_url
from features.intake.tables.mapping import Mapping, read_mapping
from features.intake.tables.recognition import content_hash, file_hash, recognise_all
from features.intake.workers import SheetReaderPool, worker_count
from features.pool.manifests import Manifest, SourceFile, find_batch, still_refused
from features.pool.pool import Pool

NAMED = 3
"""Files named in a sentence that refuses some."""


def reread(
    home: Path,
    number: int,
    folder: Path | None = None,
    options: IngestOptions | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    seal: Seal = lambda _: nullcontext(),
) -> IngestReport:
    """Read the files of a batch again into a new batch, known from the same day under the same statement.

    The pool keeps no files: they are read where they lie, and refused unless each is what it was. The new batch
    replaces the old one in its commit. Every cut of a state from then on reads the new rows, whatever its day; a cut of
    an earlier state, and so the replay of a score, reads the old ones.

    Args:
        home, progress, workers: as for `ingest`.
        number: the batch.
        folder: where its files lie now, under the names they had; by default where they were read.
        options: `mapping`, `table` and `correct_cases` count.
        seal: what the commit stands in.

    Raises:
        NotFoundError: there is no such batch.
        GoldenKeyError: the batch is withdrawn or of no files, a file is gone or has changed, or cannot be read;
            nothing is changed.
    """
    chosen = options or IngestOptions()
    pool = Pool(home)
    manifest = find_batch(pool.batches(), number)
    _check_in_force(pool.batches(), manifest)
    found = _found(manifest, folder)
    mapping = read_mapping(chosen.mapping) if chosen.mapping else None
    _check_unchanged(manifest, found.folder, mapping)
    report = IngestReport()
    with (
        disk_errors(home),
        SheetReaderPool(home / "tmp" / f"ingest-{os.getpid()}", workers or worker_count()) as readers,
    ):
        recognised = recognise_all(found, mapping, chosen.table, readers.map)
        report.notices.extend(recognised.notices)
        gone, work = frozenset({number}), recognised.work
        missing = still_refused(pool.batches(), manifest)
        refused = RefusedFiles(found, replace(chosen, whole=True), frozenset(), list(recognised.refused), missing)
        refused.check(bool(work))
        write_batch(
            home, pool, readers, found, work, gone, chosen, report, progress, refused, replaces=number, seal=seal
        )
        report.workbook = write_workbook(report, home / "reports" / f"导入报告-{report.batches[-1]:06d}.xlsx")
    return report


def _check_in_force(batches: Iterable[Manifest], manifest: Manifest) -> None:
    """Refuse a batch that is a withdrawal, is withdrawn or came from no file."""
    number = manifest.seq
    if manifest.only_withdraws:
        raise GoldenKeyError(f"第 {number} 批次是一次撤回，没有可以重读的文件。")
    for other in batches:
        if number in other.withdraws and other.only_withdraws:
            raise GoldenKeyError(f"第 {number} 批次已撤回，不能重读；确需使用的，请以新的交接编号重新导入。")
        if number in other.withdraws:
            raise GoldenKeyError(
                f"第 {number} 批次已由第 {other.seq} 批次重读取代；要再读一次，请重读第 {other.seq} 批次。"
            )
    if not manifest.files or any(is_database_url(file.name) for file in manifest.files):
        raise GoldenKeyError(
            f"第 {number} 批次不是由文件导入的，不能重读；请撤回后重新导入，并用 --received 写明原接收日期。"
        )


def _found(manifest: Manifest, folder: Path | None) -> FoundDelivery:
    """The delivery of a batch where its files lie; refused where that is not known or one is not there."""
    number = manifest.seq
    if folder is None and not manifest.folder:
        raise GoldenKeyError(
            f"第 {number} 批次由较早的版本导入，没有记下原文件的位置：请在批次号后写明原文件所在的文件夹。"
        )
    root = Path(manifest.folder) if folder is None else folder
    names = sorted({file.name for file in manifest.files})
    paths = {name: actual_path(root / name) for name in names}
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        raise GoldenKeyError(
            f"第 {number} 批次的原文件不在“{shown_name(root)}”：缺少{_listed(missing)}；"
            "请在批次号后写明原文件所在的文件夹（数据池不保存原文件）。"
        )
    return FoundDelivery(manifest.delivery, actual_path(root), tuple(paths.values()))


def _check_unchanged(manifest: Manifest, folder: Path, mapping: Mapping | None) -> None:
    """Refuse files whose content is not that of the batch, or that were read by a mapping and now are to be without."""
    hashes = {name: file_hash(actual_path(folder / name)) for name in sorted({file.name for file in manifest.files})}
    mapped = sorted({file.name for file in manifest.files if file.content and mapping is None})
    if mapped:
        raise GoldenKeyError(
            f"{_listed(mapped)}导入第 {manifest.seq} 批次时用了列对应关系，请同样用 --mapping 给出对应关系文件。"
        )
    changed = sorted({file.name for file in manifest.files if not _is_content(file, hashes[file.name], mapping)})
    if changed:
        raise GoldenKeyError(
            f"{_listed(changed)}与导入第 {manifest.seq} 批次时的内容不同，未重读；"
            "请找回原文件（当时用了 --mapping 的，须给出当时的对应关系文件），更正后的文件请用 ingest 另行导入。"
        )


def _is_content(file: SourceFile, content: str, mapping: Mapping | None) -> bool:
    return content in (file.content, file.sha256) or (
        not file.content and content_hash(content, mapping) == file.sha256
    )


def _listed(names: list[str]) -> str:
    more = f"等 {len(names)} 个文件" if len(names) > NAMED else ""
    return "、".join(f"“{name}”" for name in names[:NAMED]) + more
