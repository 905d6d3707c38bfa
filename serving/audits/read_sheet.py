"""Read a filled sheet of verdicts: every row is checked against its sample; one fault rejects the whole sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell

from features.clues.catalogue import CLUES
from features.errors import GoldenKeyError, NotFoundError
from features.intake.sources.base import BLOCK_ROWS
from features.intake.sources.children import UnreadableError
from features.intake.sources.workbook_child import read_columns, read_first_rows
from features.rules.iso_days import A_DAY
from models.feedback.reason_samples import SampledReason, find_sample, sample_reasons
from models.feedback.verdicts import MISSING, ON_REASONS, ReasonVerdict
from models.ledger.ledger import Ledger
from serving.audits.workbook import COLUMNS, EXTRA, SHEET, fixed_cells

TOLD = 10
"""Faults named in the sentence of a refusal; the rest are counted."""

LONGEST_NOTE = 2000
LONGEST_NAME = 64

DAY_LENGTH = len("2024-05-06")
_MIDNIGHT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
"""A day as cells of dates are read."""

LABELS = {name: column.label for name, column in COLUMNS.items()}


class SheetError(GoldenKeyError):
    """A rejected sheet; `faults` are sentences that begin with the cell or row at fault."""

    http_status = 422

    def __init__(self, file: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        rest = f"；另有 {len(faults) - TOLD} 处" if len(faults) > TOLD else ""
        super().__init__(f"复核表“{file}”有 {len(faults)} 处不能采用，整表未采用：{'；'.join(faults[:TOLD])}{rest}。")


@dataclass(slots=True)
class _Sheet:
    """The rows of a sheet as text by column name, and what is wrong with them."""

    file: str
    columns: Mapping[str, int]
    rows: list[tuple[int, dict[str, str]]]
    faults: list[str] = field(default_factory=list)

    def at(self, line: int, name: str) -> str:
        """Coordinate of a cell in Excel's notation."""
        return str(xl_rowcol_to_cell(line, self.columns[name]))

    def fault(self, line: int, name: str, sentence: str) -> None:
        """Note what is wrong with a cell."""
        self.faults.append(f"{self.at(line, name)} {sentence}")


def read_verdicts(path: Path, ledger: Ledger, today: date | None = None) -> tuple[str, list[ReasonVerdict]]:
    """The sample's id and the verdicts of a filled sheet.

    Args:
        path: the xlsx.
        ledger: where the sample is recorded.
        today: verdicts dated later are refused; the day it is by default.

    Raises:
        GoldenKeyError: the file is no such sheet, or belongs to no sample or to several.
        SheetError: names every cell that cannot be taken.
    """
    sheet = _open(path)
    sample_id = _sample_id(sheet, ledger)
    sampled = {(reason.score_id, reason.place): reason for reason in sample_reasons(ledger, sample_id)}
    day = today or date.today()
    first_rows: dict[tuple[str, int], int] = {}
    verdicts: list[ReasonVerdict] = []
    for line, row in sheet.rows:
        reason = _reason(sheet, line, row, sampled)
        if reason is None:
            continue
        if reason.place:
            if (first := first_rows.setdefault((reason.score_id, reason.place), line)) != line:
                sheet.fault(line, "place", f"与第 {first + 1} 行重复")
                continue
            _unchanged(sheet, line, row, reason)
        judged = _judged(sheet, line, row, reason, day)
        if judged is not None:
            verdicts.append(judged)
    for (score_id, place), reason in sampled.items():
        if place and (score_id, place) not in first_rows:
            sheet.faults.append(f"缺少 {reason.case_no} 第 {place} 条理由（{reason.clue}）的行")
    if sheet.faults:
        raise SheetError(path.name, sheet.faults)
    return sample_id, verdicts


def _open(path: Path) -> _Sheet:
    if not path.is_file():
        raise NotFoundError(f"没有文件 {path}，应为填好的复核表。")
    try:
        sheets = dict(read_first_rows(path, path.name, 1))
    except UnreadableError as error:
        raise GoldenKeyError(f"文件“{path.name}”无法打开（损坏、已加密或不是 xlsx），应为填好的复核表。") from error
    if SHEET not in sheets:
        raise GoldenKeyError(f"文件“{path.name}”中没有工作表“{SHEET}”：应为 audit sample 写出的复核表。")
    headings = [_text(cell) for cell in sheets[SHEET][0]] if sheets[SHEET] else []
    if lost := [label for label in LABELS.values() if headings.count(label) != 1]:
        raise GoldenKeyError(f"复核表“{path.name}”第 1 行的列名应各有一个，缺少或重复的有 {'、'.join(lost)}。")
    columns = {name: headings.index(label) for name, label in LABELS.items()}
    filled = list(_filled_rows(path, columns, len(headings)))
    if not filled:
        raise GoldenKeyError(f"复核表“{path.name}”没有任何数据行。")
    return _Sheet(path.name, columns, filled)


def _filled_rows(path: Path, columns: Mapping[str, int], width: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Non-empty rows below the two header rows, by column name, each with its line counted from 0."""
    first = 1
    for block in read_columns(path, path.name, SHEET, first + 1, width, BLOCK_ROWS):
        for line, cells in enumerate(zip(*(block[place] for place in columns.values()), strict=True), start=first):
            if any(cells):
                row = dict(zip(columns, map(_text, cells), strict=True))
                if any(row.values()):
                    yield line, row
        first += len(block[0])


def _text(cell: str | None) -> str:
    """A cell as it is compared: days as YYYY-MM-DD, line ends as one kind."""
    text = (cell or "").replace("\r\n", "\n").replace("_x000D_", "").strip()
    return text[:DAY_LENGTH] if _MIDNIGHT.fullmatch(text) else text


def _shown(text: str) -> str:
    """What a sentence repeats of a cell."""
    return f"“{text}”" if len(text) <= LONGEST_NAME else f"“{text[:LONGEST_NAME]}…”（共 {len(text)} 字）"


def _sample_id(sheet: _Sheet, ledger: Ledger) -> str:
    first, row = sheet.rows[0]
    sample_id = row["sample_id"]
    for line, other in sheet.rows:
        if other["sample_id"] != sample_id:
            sheet.fault(line, "sample_id", f"样本号应为 {sample_id}，实为{_shown(other['sample_id'])}")
    if sheet.faults:
        raise SheetError(sheet.file, sheet.faults)
    if find_sample(ledger, sample_id) is None:
        raise NotFoundError(
            f"复核表“{sheet.file}”{sheet.at(first, 'sample_id')} 的样本号{_shown(sample_id)}不在台账中。"
        )
    return sample_id


def _reason(
    sheet: _Sheet, line: int, row: Mapping[str, str], asked: Mapping[tuple[str, int], SampledReason]
) -> SampledReason | None:
    """The sampled reason that a row judges; None (and a fault) where the sample has no such reason."""
    text = row["place"]
    place = 0 if text == EXTRA else int(text) if re.fullmatch(r"[1-9]\d{0,3}", text) else None
    if place is None:
        sheet.fault(line, "place", f"理由序号应为正整数或“{EXTRA}”，实为{_shown(text)}")
        return None
    reason = asked.get((row["score_id"], place))
    if reason is None:
        known = any(score_id == row["score_id"] for score_id, _ in asked)
        where = (
            ("place", f"该评分没有第 {text[:LONGEST_NAME]} 条理由")
            if known
            else ("score_id", f"样本中没有评分{_shown(row['score_id'])}")
        )
        sheet.fault(line, *where)
    elif row["case_no"] != reason.case_no:
        sheet.fault(line, "case_no", f"该评分的案号应为 {reason.case_no}，实为{_shown(row['case_no'])}")
        return None
    return reason


def _unchanged(sheet: _Sheet, line: int, row: Mapping[str, str], reason: SampledReason) -> None:
    for name, value in fixed_cells(reason).items():
        if name != "case_no" and row[name] != _text(value):
            sheet.fault(line, name, f"{LABELS[name]}与抽样时不符，已被改动")


def _judged(
    sheet: _Sheet, line: int, row: Mapping[str, str], reason: SampledReason, today: date
) -> ReasonVerdict | None:
    """The verdict of a row; None for an empty row of what is missing, and where something is at fault."""
    before = len(sheet.faults)
    verdict, note, reviewer = row["verdict"], row["note"], row["reviewer"]
    if not reason.place and not verdict and not note:
        return None
    words = ON_REASONS if reason.place else (MISSING,)
    if not verdict:
        sheet.fault(line, "verdict", "没有填写判断")
    elif verdict not in words:
        sheet.fault(line, "verdict", f"判断应为{'、'.join(words)}，实为{_shown(verdict)}")
    if verdict in ("误导", MISSING) and not note:
        sheet.fault(line, "note", f"判断为“{verdict}”的须写说明")
    if len(note) > LONGEST_NOTE:
        sheet.fault(line, "note", f"说明超过 {LONGEST_NOTE} 字")
    if not 1 <= len(reviewer) <= LONGEST_NAME:
        sheet.fault(line, "reviewer", f"复核人应为 1 至 {LONGEST_NAME} 字，实为{_shown(reviewer)}")
    if not reason.place and row["clue"] and row["clue"] not in CLUES:
        sheet.fault(line, "clue", f"线索目录中没有{_shown(row['clue'])}")
    reviewed = _day(row["reviewed_on"])
    if reviewed is None:
        sheet.fault(line, "reviewed_on", f"复核日期应为{A_DAY}，实为{_shown(row['reviewed_on'])}")
    elif not reason.as_of <= reviewed <= today:
        sheet.fault(line, "reviewed_on", f"复核日期应在 {reason.as_of} 至 {today} 之间，实为 {reviewed}")
    if len(sheet.faults) > before or reviewed is None:
        return None
    judged = next(word for word in words if word == verdict)
    return ReasonVerdict(reason.score_id, reason.place, reason.clue or row["clue"], judged, note, reviewer, reviewed)


def _day(text: str) -> date | None:
    parts = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text.replace(" ", ""))
    try:
        return date(*map(int, parts.groups())) if parts else None
    except ValueError:
        return None
