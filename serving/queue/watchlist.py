"""The watch list beside a queue: cases on it with day and reason, and why some of them were not listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.clues.evidence import Evidence
from models.reasons import format as formatting

NAMED = 10
"""Cases named in one sentence; of further ones only the number is given."""


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """One entry in force: case, latest episode of its chain (None: no termination known), office (None: unknown)."""

    case_no: str
    episode: str | None
    office: str | None
    known: bool
    listed_on: date
    reason: str
    unit: str

    @property
    def words(self) -> str:
        """Why the case is watched, in a few words."""
        return f"{self.unit or self.reason}（{self.reason}，{formatting.format_date(self.listed_on)}列入）"


def read_watch(evidence: Evidence, office: str) -> tuple[WatchEntry, ...]:
    """Entries in force on the day that concern an office, or whose office is not known; longest watched first."""
    facts = evidence.facts
    if not facts.cut.table("watch").count().to_pyarrow().as_py():
        return ()
    frame = facts.watch_places.to_pandas().sort_values(["listed_on", "case_no", "list_no"])
    query = (
        WatchEntry(
            str(row.case_no),
            None if pd.isna(row.episode) else str(row.episode),
            None if pd.isna(row.office) else str(row.office),
            bool(row.known),
            pd.Timestamp(row.listed_on).date(),
            str(row.reason),
            "" if pd.isna(row.from_unit) else str(row.from_unit),
        )
        for row in frame.itertuples(index=False)
    )
    return tuple(entry for entry in query if entry.office is None or entry.office.startswith(office))


def first_listed(entries: Iterable[WatchEntry]) -> dict[str, date]:
    """The day on which each watched episode first came on a list."""
    days: dict[str, date] = {}
    for entry in entries:
        if entry.episode is not None:
            days[entry.episode] = min(days.get(entry.episode, entry.listed_on), entry.listed_on)
    return days


def watch_reasons(entries: Iterable[WatchEntry]) -> dict[str, str]:
    """Why each watched episode is on a list; several reasons in one text."""
    reasons: dict[str, list[str]] = {}
    for entry in entries:
        if entry.episode is not None:
            reasons.setdefault(entry.episode, []).append(entry.words)
    return {episode: "；".join(dict.fromkeys(texts)) for episode, texts in reasons.items()}


def unlisted_notes(
    entries: Sequence[WatchEntry], listed: Collection[str], eligible: Collection[str], unavailable: Mapping[str, str]
) -> tuple[str, ...]:
    """中文 sentences on entries of watch lists that are not on the list: beyond its capacity, or not eligible and why.

    Args:
        entries: of `read_watch`.
        listed, eligible: episodes of the queue.
        unavailable: why an episode of the cohort was not eligible (审查中 …).
    """
    beyond = [entry for entry in entries if entry.episode in eligible and entry.episode not in listed]
    over = [f"{entry.case_no}，{entry.words}" for entry in beyond]
    absent = [f"{entry.case_no}（{_why(entry, unavailable)}）" for entry in entries if entry.episode not in eligible]
    sentences = []
    if over:
        sentences.append(f"重点关注的案件超过清单容量，另有 {_named(over)}未按关注列入，按列入日期先后留待下次。")
    if absent:
        sentences.append(f"重点关注清单中有 {_named(absent)}未参加本次选案。")
    return tuple(sentences)


def _why(entry: WatchEntry, unavailable: Mapping[str, str]) -> str:
    if not entry.known:
        return "数据池中无此案，请核对案号或等待案件数据"
    if entry.episode is None:
        return "数据池中尚无终本记录"
    return unavailable.get(entry.episode, "已恢复执行、执行完毕或不属选案范围")


def _named(cases: Sequence[str]) -> str:
    cases = list(dict.fromkeys(cases))
    return f"{len(cases)} 件（{'；'.join(cases[:NAMED])}{' 等' if len(cases) > NAMED else ''}）"
