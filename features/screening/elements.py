"""The elements a transfer or a recommendation must support, beside the clues of one case (docs/domain.md section M19,
1.5, 1.6).

For each element: 有线索 (with the clues and their source rows), 未见 (every clue that bears on it was covered and has
no rows) or 数据未覆盖 (some source did not reach the case, or no data bears on it), and the documents still missing.
Nothing here says that an element is established; people judge that.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from features.clues import catalogue
from features.clues.base.clue import Clue
from features.clues.evidence import Evidence, EvidenceRow
from features.errors import GoldenKeyError
from features.facts import Facts
from features.matrix import episode_coverage, is_covered
from features.rules.money import format_exact_yuan
from features.schema.sources import COVERAGE_LABELS

_FILE = Path(__file__).parents[1] / "config" / "elements.toml"
_FAMILY = "family:"

MATCHED, UNSEEN, UNCOVERED = "有线索", "未见", "数据未覆盖"
"""The three states of an element."""

CAUTION = "以下均为待核实线索，是否构成由办案人员判断；“未见”不等于没有"
_ANCHORS = {
    "t_enf": "执行立案",
    "t_eff": "裁判生效",
    "t_srv": "应诉通知送达",
    "t_rpt": "报告财产令",
    "t_lim": "限制消费令",
    "t_zb": "终本",
    "t_debt": "债务形成",
    "t_jdgsv": "判决送达",
    "t_ntc": "执行通知",
}
_ROWS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a matter: which clues bear on it, and which documents no register holds.

    Attributes:
        matter: id of its matter.
        id, label, law: code, 中文 name, statute (待核 where its text was not read).
        clues: clue ids, patterns or families; empty where no data bears on it.
        ask: documents missing for a transfer.
        anchor: legal date that belongs to it, or "".
    """

    matter: str
    id: str
    label: str
    law: str
    clues: tuple[str, ...]
    ask: tuple[str, ...]
    anchor: str = ""

    def bearing_clues(self) -> tuple[Clue, ...]:
        """The findings and measures that bear on the element, in catalogue order."""
        found = catalogue.CLUES.values()
        return tuple(clue for clue in found if clue.kind != "context" and any(map(_holder(clue), self.clues)))


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter that may be transferred or recommended: id, 中文 name, what it is used for, statute."""

    id: str
    name: str
    use: str
    law: str


def _holder(clue: Clue) -> Any:
    def holds(pattern: str) -> bool:
        if pattern.startswith(_FAMILY):
            return clue.family == pattern.removeprefix(_FAMILY)
        return fnmatchcase(clue.id, pattern)

    return holds


def read_elements(path: Path) -> dict[Matter, tuple[Element, ...]]:
    """Matters with their elements, in the order of a file.

    Raises:
        GoldenKeyError: a row lacks a field, an element belongs to no matter, or an id repeats.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        matters = [Matter(**row) for row in raw["matter"]]
        elements = [Element(**row | {"clues": tuple(row["clues"]), "ask": tuple(row["ask"])}) for row in raw["element"]]
    except (KeyError, TypeError) as error:
        raise GoldenKeyError(f"要素配置 {path.name} 有一行缺少字段或字段名不对：{error}。") from error
    ids = [one.id for one in elements]
    if len(ids) != len(set(ids)) or {one.matter for one in elements} != {one.id for one in matters}:
        raise GoldenKeyError(f"要素配置 {path.name} 的要素编号重复，或者要素与事项对不上。")
    return {matter: tuple(one for one in elements if one.matter == matter.id) for matter in matters}


@cache
def shipped_elements() -> Mapping[Matter, tuple[Element, ...]]:
    """The matters and elements of the shipped configuration."""
    return read_elements(_FILE)


@dataclass(frozen=True, slots=True)
class MatchedClue:
    """A clue with rows on the case."""

    clue: Clue
    rows: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class ElementStatus:
    """One element of one case.

    Attributes:
        state: `MATCHED`, `UNSEEN` or `UNCOVERED`.
        matches: clues with rows, in the order of the catalogue.
        without_rows: ids of clues whose data reached the case and which have no rows.
        gaps: what did not reach the case, in 中文.
        on: its legal date, where known.
    """

    element: Element
    state: str
    matches: tuple[MatchedClue, ...]
    without_rows: tuple[str, ...]
    gaps: tuple[str, ...]
    on: date | None


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist of one episode on a day."""

    episode: str
    as_of: date
    matters: tuple[tuple[Matter, tuple[ElementStatus, ...]], ...]


def build_checklist(facts: Facts, episode: str, ids: Collection[str] | None = None) -> Checklist:
    """Every element of every matter for an episode.

    Args:
        facts: facts of an open cut. episode: an episode of that cut.
        ids: clues the office runs (default: all); one switched off leaves its elements uncovered.
    """
    return checklist_from_evidence(Evidence.of(facts), episode, ids)


def checklist_from_evidence(evidence: Evidence, episode: str, ids: Collection[str] | None = None) -> Checklist:
    """As `build_checklist`, from evidence that is already open."""
    wanted = {clue.id: clue for lines in shipped_elements().values() for one in lines for clue in one.bearing_clues()}
    run = [id for id in wanted if ids is None or id in ids]
    rows = {id: tuple(found) for (_, id), found in evidence.rows([episode], run).items()}
    gaps = _gaps(evidence.facts, episode, wanted.values())
    gaps |= {id: ("线索已停用",) for id in wanted if id not in run}
    known = evidence.anchors([episode]).get(episode, {})
    matters = tuple(
        (matter, tuple(_element_status(element, rows, gaps, known, evidence.facts) for element in elements))
        for matter, elements in shipped_elements().items()
    )
    return Checklist(episode, evidence.facts.day, matters)


def _gaps(facts: Facts, episode: str, clues: Iterable[Clue]) -> dict[str, tuple[str, ...] | None]:
    """What each clue lacks for an absence of rows to mean 未见; None where it does not apply to the kind of debtor."""
    reach = episode_coverage(facts, pd.DataFrame({"episode": [episode]}))
    row = reach.iloc[0]
    found: dict[str, tuple[str, ...] | None] = {}
    for clue in clues:
        if clue.needs.party != "any" and not bool(row[f"has_{clue.needs.party}"]):
            found[clue.id] = None
        elif is_covered(clue, reach)[0]:
            found[clue.id] = ()
        else:
            gone = [COVERAGE_LABELS.get(source, source) for source in clue.needs.sources if not bool(row[source])]
            since = clue.needs.since
            if since and pd.isna(row[since]):
                gone.append(f"{_ANCHORS.get(since, since)}日期")
            found[clue.id] = tuple(gone) or ("银行流水未回溯到所需日期",)
    return found


def _element_status(
    element: Element,
    rows: Mapping[str, tuple[EvidenceRow, ...]],
    gaps: Mapping[str, tuple[str, ...] | None],
    known: Mapping[str, date],
    facts: Facts,
) -> ElementStatus:
    clues = [clue for clue in element.bearing_clues() if gaps[clue.id] is not None or clue.id in rows]
    matches = tuple(MatchedClue(clue.in_force(facts.thresholds), rows[clue.id]) for clue in clues if clue.id in rows)
    rest = [clue for clue in clues if clue.id not in rows]
    without_rows = tuple(clue.id for clue in rest if not gaps[clue.id])
    missing = dict.fromkeys(gap for clue in rest for gap in gaps[clue.id] or ())
    state = MATCHED if matches else UNSEEN if clues and not missing else UNCOVERED
    nothing = "对应线索不适用于本案当事人类型" if element.clues else "现有数据不反映本要素，须人工核实"
    parts = tuple(missing) if clues else (nothing,)
    return ElementStatus(element, state, matches, without_rows, parts, known.get(element.anchor))


def as_json(checklist: Checklist) -> dict[str, Any]:
    """The checklist as plain data; amounts in 分, days as text."""
    return {
        "episode": checklist.episode,
        "as_of": str(checklist.as_of),
        "caution": CAUTION,
        "papers": [
            {
                "id": matter.id,
                "name": matter.name,
                "use": matter.use,
                "law": matter.law,
                "elements": [_as_payload(line) for line in lines],
            }
            for matter, lines in checklist.matters
        ],
    }


def _as_payload(line: ElementStatus) -> dict[str, Any]:
    return {
        "id": line.element.id,
        "label": line.element.label,
        "law": line.element.law,
        "state": line.state,
        "anchor": line.element.anchor or None,
        "date": str(line.on) if line.on else None,
        "clues": [
            {
                "id": match.clue.id,
                "label": match.clue.label,
                "kind": match.clue.kind,
                "rows": [
                    {
                        "day": str(row.day) if row.day else None,
                        "amount_fen": row.amount_fen,
                        "note": row.note,
                        "sources": [
                            {"table": s.table, "file": s.file, "sheet": s.sheet, "row": s.row} for s in row.sources
                        ],
                    }
                    for row in match.rows
                ],
            }
            for match in line.matches
        ],
        "silent": list(line.without_rows),
        "uncovered": list(line.gaps),
        "missing": list(line.element.ask),
    }


def print_checklist(checklist: Checklist, console: Console, why: str) -> None:
    """Print the checklist, one table per matter; the rows of a clue are shown at its first occurrence.

    Args:
        checklist: what is printed.
        console: where to.
        why: why it speaks as of its day.
    """
    title = checklist.episode.replace("@", " 终本于 ")
    day = f"截至 {checklist.as_of}，{why}"
    console.print(f"{title} 移送要素清单（{day}；{CAUTION}）", soft_wrap=True, highlight=False)
    for matter, lines in checklist.matters:
        table = Table(
            title=f"{matter.name}（{matter.use}）", caption=f"依据：{matter.law}", show_lines=True, expand=True
        )
        for heading, ratio in (("要素", 4), ("状态", 3), ("线索及出处", 8), ("移送尚缺材料", 4)):
            table.add_column(heading, overflow="fold", ratio=ratio)
        shown: set[str] = set()
        for line in lines:
            matches = "\n".join(_matched_lines(line, shown)) or "—"
            cells = (f"{line.element.label}\n{line.element.law}", _state(line), matches, "；".join(line.element.ask))
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)


def _state(line: ElementStatus) -> str:
    parts = [line.state]
    if line.element.anchor:
        parts.append(f"{_ANCHORS.get(line.element.anchor, line.element.anchor)}：{line.on or '日期不详'}")
    if line.gaps:
        parts.append(("未覆盖：" if line.element.clues else "") + "、".join(line.gaps))
    return "\n".join(parts)


def _matched_lines(line: ElementStatus, shown: set[str]) -> Sequence[str]:
    parts = []
    for match in line.matches:
        again = match.clue.id in shown
        shown.add(match.clue.id)
        parts.append(f"{match.clue.id} {match.clue.label}（{len(match.rows)}行{'，见上' if again else ''}）")
        for row in () if again else match.rows[:_ROWS_SHOWN]:
            where = "；".join(f"{s.file} {s.sheet}".rstrip() + f" 第{s.row}行" for s in row.sources[:_ROWS_SHOWN])
            amount = "" if row.amount_fen is None else f" {format_exact_yuan(row.amount_fen)}元"
            parts.append(f"  {row.day or '日期不明'}{amount} {row.note} ← {where}")
    return parts
