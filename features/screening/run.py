"""Run one screen on filled templates, without a home and without ranking, in a temporary pool.

    run = run_screen(screen, [Path("f.xlsx")], day)
    write_leads(Path("leads.xlsx"), run)                        # features.screening.workbook

What counts as known, asked and answered: see `features.screening.filled`. A clue whose sources were not answered does
not run at all, so an empty sheet never leads to a finding.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pandas as pd
from rich.console import Console
from rich.table import Table

from features.clues.base.clue import Clue
from features.clues.catalogue import CLUES, VERSION
from features.clues.evidence import Evidence, EvidenceRow
from features.clues.lineage import source_tables
from features.clues.sentence import format_yuan, render_sentence
from features.errors import GoldenKeyError
from features.facts import Facts
from features.facts.base import fact_never_alike
from features.facts.lookup import GIVEN, TODAY
from features.facts.money.exchange import currency_notes
from features.leads import Lead, open_leads
from features.leads.settings import CASE
from features.pool.pool import Cut, Pool, table_of
from features.rules.money import format_exact_yuan
from features.rules.thresholds import Thresholds
from features.schema import TABLES
from features.schema.contract import Column
from features.schema.sources import COVERAGE_LABELS
from features.screening.filled import FilledSheets, read_filled_sheets
from features.screening.office_settings import OfficeSettings
from features.screening.screen import Screen

KINDS = {"finding": "发现", "measure": "度量"}
SOURCES_SHOWN = 50_000
"""Source rows written out with their values; beyond, file and row are still named beside the lead."""


@dataclass(frozen=True, slots=True)
class ScreenedLead:
    """One screened lead: an asset in a case, or the case itself where the clue names no asset.

    Attributes:
        id: the lead's id; for a case without a thing the clue and the case.
        kind: 发现, or 度量 (a measure, which opens no lead on an asset).
        clues: ids of the clues behind it.
        asset_class, asset, holder: what and whose, "" where the clue speaks of the case.
        amount_fen: net value of the asset where known, else the sum of the rows; None where no money is meant.
        amount_note: what the amount is.
        sentence, law, innocent, next_step: as the clues say them, filled from the rows of this lead.
        rows: how many rows stand behind it.
        sources: row ids of the source rows.
        cause: why the thing was not reached and whose step it was, "" for a case.
    """

    id: str
    kind: str
    case_no: str
    clues: tuple[str, ...]
    asset_class: str
    asset: str
    holder: str
    amount_fen: int | None
    amount_note: str
    sentence: str
    law: str
    innocent: str
    next_step: str
    rows: int
    sources: tuple[int, ...]
    cause: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a filled sheet: where it stands and what it says."""

    table: str
    file: str
    sheet: str
    row: int
    values: str


@dataclass(frozen=True, slots=True)
class ClueRun:
    """Whether a clue ran: rows and cases found, or the sources that were missing, or why it was off."""

    clue: Clue
    state: str
    rows: int = 0
    cases: int = 0


@dataclass(frozen=True, slots=True)
class ScreenRun:
    """Result of a run.

    Attributes:
        screen, day, version: the screen, day of the run, version of the catalogue.
        why: why it is run as of that day.
        currency_notes: what is said of sums in other currencies.
        lines: screened leads, findings first, larger amounts first.
        sources: source rows by id.
        clues: every clue of the screen with its state.
        intake: what was read from the files.
        thresholds: the values in force.
        office: name of the office, or "".
    """

    screen: Screen
    day: date
    version: str
    lines: tuple[ScreenedLead, ...]
    sources: dict[int, SourceRow]
    clues: tuple[ClueRun, ...]
    intake: FilledSheets
    thresholds: Thresholds
    office: str = ""
    why: str = GIVEN
    cases: int = 0
    debtors: int = 0
    limits: tuple[str, ...] = field(default=())
    currency_notes: tuple[str, ...] = ()

    def names(self, line: ScreenedLead) -> list[str]:
        """The clues of a lead, each as id and label."""
        return [f"{id} {CLUES[id].in_force(self.thresholds).label}" for id in line.clues]


class SheetFacts(Facts):
    """Facts over filled templates: the court's log is what the sheets say, for every case in them."""

    def __init__(self, cut: Cut, thresholds: Thresholds, answered: set[str]) -> None:
        super().__init__(cut, thresholds)
        self._answered = answered

    @fact_never_alike
    def court_reach(self) -> ir.Table:
        """episode, log_on, query_on: the day of the run where the sheet was filled in or declared complete."""

        def on(table: str) -> Any:
            return ibis.literal(self.day if table in self._answered else None, type="date")

        return self.episodes.select("episode", log_on=on("event"), query_on=on("query_feedback"))


def run_screen(
    screen: Screen,
    paths: Sequence[Path],
    day: date | None = None,
    settings: OfficeSettings | None = None,
    complete: Iterable[str] = (),
) -> ScreenRun:
    """Run a screen on filled templates; nothing is stored.

    Args:
        screen: see `features.screening.screen`.
        paths: filled templates (xlsx, et, csv per sheet, folders).
        day: the day of the run (default: today), on which everything counts as known; see `features.screening.filled`.
        settings: switches and thresholds of the office.
        complete: tables that count as answered although empty.

    Raises:
        GoldenKeyError: the day lies ahead, a file cannot be read, or no case or debtor is left.
    """
    why = TODAY if day is None else GIVEN
    day, settings = day or date.today(), settings or OfficeSettings()
    if day > date.today():
        raise GoldenKeyError(f"截止日 {day} 在将来：请填写今天（{date.today()}）或以前的日期。")
    with tempfile.TemporaryDirectory(prefix="goldenkey-") as folder:
        home = Path(folder)
        intake = read_filled_sheets(home, paths, screen, day, complete)
        with Pool(home).as_of(day) as cut:
            facts = SheetFacts(cut, settings.thresholds, intake.answered)
            return replace(_collect(screen, facts, intake, settings), why=why)


def _collect(screen: Screen, facts: SheetFacts, intake: FilledSheets, settings: OfficeSettings) -> ScreenRun:
    states = {clue.id: _state(clue, intake, settings) for clue in screen.clues}
    running = [clue for clue in screen.clues if not states[clue.id]]
    evidence = Evidence.of(facts)
    frame = facts.episodes.select("episode", "case_no", "debt").to_pandas()
    cases = {e: _Case(n, d) for e, n, d in frame[["episode", "case_no", "debt"]].itertuples(index=False)}
    anchors = evidence.anchors(list(frame["episode"]))
    rows = evidence.rows(list(frame["episode"]), [clue.id for clue in running])
    finding = [clue.id for clue in running if clue.kind == "finding"]
    # What clues say of the case itself is read from all their rows below, measures among them.
    leads = [lead for lead in open_leads(facts, clue_ids=finding) if lead.asset_class != CASE] if finding else []
    lines = [_asset_line(lead, cases, anchors, settings.thresholds) for lead in leads]
    within = {(row.episode, row.clue, row.src) for lead in leads for row in lead.rows}
    lines += _case_lines(rows, within, cases, anchors, settings.thresholds)
    lines.sort(key=lambda line: (line.kind != "发现", -(line.amount_fen or 0), line.case_no, line.id))
    wanted = sorted({rid for line in lines for rid in line.sources})
    counted: dict[str, list[int]] = defaultdict(list)
    for (_, clue_id), found in rows.items():
        counted[clue_id].append(len(found))
    went = [
        ClueRun(
            clue.in_force(settings.thresholds),
            states[clue.id] or "已运行",
            sum(counted[clue.id]),
            len(counted[clue.id]),
        )
        for clue in screen.clues
    ]
    limits = (f"依据行共 {len(wanted)} 行，列出前 {SOURCES_SHOWN} 行。",) if len(wanted) > SOURCES_SHOWN else ()
    return ScreenRun(
        screen,
        facts.day,
        VERSION,
        tuple(lines),
        _sources(facts, wanted[:SOURCES_SHOWN]),
        tuple(went),
        intake,
        settings.thresholds,
        settings.office.get("name", ""),
        cases=len(frame),
        debtors=int(facts.debtors.count().execute()),
        limits=limits,
        currency_notes=currency_notes(facts),
    )


def _state(clue: Clue, intake: FilledSheets, settings: OfficeSettings) -> str:
    """Why a clue does not run, or "" where it does."""
    if clue.id in settings.off:
        return "本院已停用"
    missing = [source for source in clue.needs.sources if not intake.answered & set(source_tables(source))]
    if missing:
        names = "、".join(COVERAGE_LABELS.get(source, source) for source in missing)
        return f"未覆盖：没有{names}数据"
    return ""


class _Case(NamedTuple):
    number: str
    debt_fen: int


def _asset_line(
    lead: Lead, cases: dict[str, _Case], anchors: dict[str, dict[str, date]], thresholds: Thresholds
) -> ScreenedLead:
    clues = [CLUES[id].in_force(thresholds) for id in lead.clues]
    own = {clue.id: [row for row in lead.rows if row.clue == clue.id] for clue in clues}
    debt = cases[lead.episode].debt_fen
    sentences = [render_sentence(clue.sentence, own[clue.id], anchors.get(lead.episode), debt) for clue in clues]
    amounts = [row.amount_fen for row in lead.rows if row.amount_fen is not None]
    amount = lead.net_fen if lead.net_fen is not None else lead.value_fen
    note = lead.net_note
    if amount is None and amounts:
        amount, note = max(amounts), "线索所载金额"
    return ScreenedLead(
        id=lead.id,
        kind=KINDS["finding"],
        case_no=lead.case_no,
        clues=lead.clues,
        asset_class=lead.class_label,
        asset="，".join(dict.fromkeys(part for part in (lead.asset_name, lead.asset_id) if part)),
        holder="，".join(part for part in (lead.holder_tie, lead.holder) if part),
        amount_fen=amount,
        amount_note=note,
        sentence=_joined(sentences),
        law=_joined(clue.law for clue in clues),
        innocent="；".join(dict.fromkeys(text for clue in clues for text in clue.innocent)),
        next_step=_joined(clue.next_step for clue in clues),
        rows=len(lead.rows),
        sources=tuple(dict.fromkeys(rid for row in lead.rows for rid in row.src)),
        cause=f"{lead.causes[0].label}（{lead.causes[0].unit}）",
    )


def _case_lines(
    rows: dict[tuple[str, str], list[EvidenceRow]],
    within: set[tuple[str, str, tuple[int, ...]]],
    cases: dict[str, _Case],
    anchors: dict[str, dict[str, date]],
    thresholds: Thresholds,
) -> list[ScreenedLead]:
    """Screened leads on the case itself, for clue rows without an asset; measures only where they raise the risk."""
    made = []
    for (episode, clue_id), found in rows.items():
        clue = CLUES[clue_id].in_force(thresholds)
        left = [row for row in found if (episode, clue_id, tuple(source.rid for source in row.sources)) not in within]
        if not left or (clue.kind == "measure" and clue.risk <= 0):
            continue
        amounts = [row.amount_fen for row in left if row.amount_fen is not None]
        made.append(
            ScreenedLead(
                id=f"{clue_id}@{episode}",
                kind=KINDS[clue.kind],
                case_no=cases[episode].number,
                clues=(clue_id,),
                asset_class="",
                asset="",
                holder="",
                amount_fen=sum(amounts) if amounts else None,
                amount_note="线索各行合计" if amounts else "",
                sentence=render_sentence(clue.sentence, left, anchors.get(episode), cases[episode].debt_fen),
                law=clue.law,
                innocent="；".join(clue.innocent),
                next_step=clue.next_step,
                rows=len(left),
                sources=tuple(dict.fromkeys(source.rid for row in left for source in row.sources)),
            )
        )
    return made


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(texts))


def _sources(facts: Facts, rids: Sequence[int]) -> dict[int, SourceRow]:
    """Source rows with their values in words: labels of the contract, 元 for money, 中文 for codes."""
    by_table: dict[str, list[int]] = defaultdict(list)
    for rid in rids:
        by_table[table_of(rid)].append(rid)
    found = {}
    for name, wanted in by_table.items():
        contract = TABLES[name]
        rows = facts.cut.table(name)
        frame = rows.filter(rows.rid.isin(wanted)).to_pandas()
        texts = [_labelled_values(column, frame[column.name]) for column in contract.columns]
        for row, cells in zip(frame.itertuples(index=False), zip(*texts, strict=True), strict=True):
            values = "；".join(cell for cell in cells if cell)
            found[int(row.rid)] = SourceRow(contract.label, row.src_file, row.src_sheet or "", int(row.src_row), values)
    return found


def _labelled_values(column: Column, values: pd.Series[Any]) -> list[str]:
    """A column's values as "label：value", "" where there is none."""
    spelling: dict[Any, str] = {}
    for text, code in column.codes.items():
        if text != code:
            spelling.setdefault(code, text)

    def one(value: Any) -> str:
        if column.kind == "money":
            return f"{format_exact_yuan(value)}元"
        if column.kind == "bool":
            return "是" if value else "否"
        if column.kind == "date":
            return f"{pd.Timestamp(value):%Y-%m-%d}"
        if column.kind == "int":
            return str(int(value))
        return spelling.get(value, str(value))

    missing = values.isna()
    return ["" if gone else f"{column.label}：{one(value)}" for value, gone in zip(values, missing, strict=True)]


def as_json(run: ScreenRun) -> dict[str, Any]:
    """The run as plain values; amounts in 分."""
    lines = [
        {name: getattr(line, name) for name in ScreenedLead.__dataclass_fields__ if name != "sources"}
        | {"sources": [asdict(run.sources[rid]) for rid in line.sources if rid in run.sources]}
        for line in run.lines
    ]
    clues = [{"id": one.clue.id, "state": one.state, "rows": one.rows, "cases": one.cases} for one in run.clues]
    return {
        "model": run.screen.id,
        "as_of": str(run.day),
        "as_of_why": run.why,
        "catalogue": run.version,
        "cases": run.cases,
        "debtors": run.debtors,
        "leads": lines,
        "clues": clues,
        "sheets": [asdict(one) for one in run.intake.sheets],
        "faults": run.intake.faults,
        "notices": [*run.intake.notices, *run.limits, *run.currency_notes],
    }


def print_run(run: ScreenRun, console: Console, shown: int = 30) -> None:
    """Print what was read, which clues ran and the first leads, without personal values."""
    console.print(f"{run.screen.name}（截至 {run.day}，{run.why}；以下均为待核实线索，不是证据）")
    used = sum(sheet.accepted for sheet in run.intake.sheets)
    bad = sum(sheet.bad for sheet in run.intake.sheets)
    console.print(f"读入 {used} 行，有误未用 {bad} 行；{run.cases} 个终本程序，{run.debtors} 名被执行人。")
    for fault in run.intake.faults[:8]:
        console.print(f"  {fault['file']} {fault['sheet']} {fault['sentence']}", highlight=False)
    for notice in (*run.intake.notices[:8], *run.currency_notes):
        console.print(f"提示：{notice}", highlight=False)
    for one in run.clues:
        if one.state != "已运行":
            console.print(f"未运行：{one.clue.id} {one.clue.label}（{one.state}）", highlight=False)
    table = Table(title=f"初筛线索（{len(run.lines)} 条）")
    for heading in ("序号", "案号", "线索", "财产", "金额"):
        table.add_column(heading, overflow="fold")
    for number, line in enumerate(run.lines[:shown], start=1):
        names = "、".join(run.names(line))
        table.add_row(str(number), line.case_no, names, line.asset_class or "—", format_yuan(line.amount_fen))
    if run.lines:
        console.print(table)
    if len(run.lines) > shown:
        console.print(f"（另有 {len(run.lines) - shown} 条，见 --out 写出的线索表）")
