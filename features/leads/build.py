"""Build leads from the rows of clues: one lead per asset and case chain, with valuation, causes and routes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.clues.catalogue import CLUES
from features.clues.evidence import Evidence
from features.errors import GoldenKeyError
from features.leads.assets import cited_assets
from features.leads.causes import causes_of
from features.leads.lead import Lead, LeadRow
from features.leads.routing import Situation, grounds_of, routes_of, situations
from features.leads.settings import CASE, FUND, settings
from features.leads.valuation import Valuation, read_register_records, value_leads

if TYPE_CHECKING:
    from features.facts import Facts

ROW = ("n", "clue", "episode", "day", "amount", "who", "note", "src")
"""Columns of the frame of all clue rows; `n` is the running number of a row."""

THING = ("asset_class", "asset", "chain")
"""What a lead is about: its key."""


def build_leads(
    facts: Facts,
    episodes: Sequence[str] | None,
    clue_ids: Sequence[str] | None,
    stored: Callable[[Sequence[str]], pd.DataFrame] | None = None,
) -> list[Lead]:
    """See `features.leads.open_leads`.

    `stored`: gives the rows of clues by their ids, columns `ROW` without `n`, where they need not be computed.
    """
    ids = _clue_ids(clue_ids)
    terms = facts.episodes.select(
        "episode", "chain", "case_no", "zb_date", "office", "court_code", "cause", "debt", "vulnerable", "concluded_on"
    ).to_pandas()
    rows = _rows(facts, ids, terms["episode"].astype(str).tolist()) if stored is None else stored(ids)
    rows = rows.assign(n=np.arange(len(rows)))
    if rows.empty:
        return []
    about, named = _assets_of_rows(facts, rows)
    about = about.merge(terms[["episode", "chain"]], on="episode")
    about["asset"] = about["asset"].mask(about["asset_class"] == FUND, "案款")
    about["lead"] = _ids(about)
    keys = _keys(about, terms, facts)
    named = named.merge(about[["n", "asset_class", "asset", "lead"]], on=["n", "asset_class", "asset"])
    records = read_register_records(facts, keys)
    worth, causes = value_leads(facts, keys, about, named, records), causes_of(facts, keys, about, records)
    known = situations(facts, terms)
    others = _also_in(keys)
    wanted = None if episodes is None else set(episodes)
    shown = about if wanted is None else about[about["episode"].isin(wanted)]
    by_lead = _lead_rows(shown)
    leads = [
        _lead(facts, key, by_lead[key["lead"]], worth[key["lead"]], causes[key["lead"]], known[key["episode"]], others)
        for key in keys.to_dict("records")
        if key["lead"] in by_lead
    ]
    return sorted(leads, key=lambda lead: (lead.office, lead.case_no, lead.id))


def _clue_ids(clue_ids: Sequence[str] | None) -> list[str]:
    if clue_ids is None:
        return [clue.id for clue in CLUES.values() if clue.kind == "finding"]
    if unknown := [id for id in clue_ids if id not in CLUES]:
        raise GoldenKeyError(f"线索目录中没有编号为 {unknown[0]} 的线索；编号见 ./goldenkey clues list。")
    chosen = set(clue_ids)
    return [clue.id for clue in CLUES.values() if clue.id in chosen and clue.kind != "context"]


def _rows(facts: Facts, ids: Sequence[str], episodes: Sequence[str]) -> pd.DataFrame:
    """Every row of the clues, columns `ROW` without `n`."""
    found = Evidence.of(facts).rows(episodes, ids) if ids and episodes else {}
    rows = [
        (clue, episode, row.day, row.amount_fen, row.who, row.note, tuple(source.rid for source in row.sources))
        for (episode, clue), rows in found.items()
        for row in rows
    ]
    frame = pd.DataFrame(rows, columns=list(ROW[1:]))
    frame["amount"] = frame["amount"].astype("Int64")
    return frame


def _assets_of_rows(facts: Facts, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join clue rows to the assets they are about: (rows with asset, source rows that name it).

    A row that names no asset gets the class of a procedural step.
    """
    rows = rows.assign(fixed=rows["clue"].map(settings().fixed_class))
    free = rows[rows["fixed"] == ""]
    own = free["clue"].map(settings().own_columns)
    parts = [_cited_by_rows(facts, free[own.map(len) == 0])]
    parts += [
        _cited_by_rows(facts, free[free["clue"] == clue], clue) for clue in free.loc[own.map(len) > 0, "clue"].unique()
    ]
    met = pd.concat(parts, ignore_index=True)
    best = met[met["rank"] == met.groupby("n")["rank"].transform("min")]
    things = best[["n", "asset_class", "asset"]].drop_duplicates()
    whole = rows.merge(things, how="left", on="n")
    fixed = whole["fixed"].mask(whole["fixed"] == "", CASE)
    bare = whole["asset_class"].isna()
    whole["asset_class"] = whole["asset_class"].mask(bare, fixed)
    whole["asset"] = whole["asset"].mask(bare, whole["clue"])
    return whole.drop(columns="fixed"), best[["n", "asset_class", "asset", "rid", "amount"]]


def _cited_by_rows(facts: Facts, rows: pd.DataFrame, clue: str = "") -> pd.DataFrame:
    """n, rid, asset_class, asset, rank, amount: each clue row with the assets that its source rows name."""
    sources = rows[["n", "src"]].explode("src").dropna().rename(columns={"src": "rid"}).astype("int64")
    columns = settings().own_columns(clue) if clue else None
    return sources.merge(cited_assets(facts, sources["rid"].to_numpy(), columns), on="rid")


def _ids(about: pd.DataFrame) -> list[str]:
    """`L` and sixteen digits of the digest of asset and chain."""
    known: dict[tuple[str, str, str], str] = {}
    for key in about[list(THING)].drop_duplicates().itertuples(index=False, name=None):
        known[key] = "L" + hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:16]
    return [known[key] for key in about[list(THING)].itertuples(index=False, name=None)]


def _keys(about: pd.DataFrame, terms: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """One row per lead: lead, THING, and the latest termination among its rows with court and office."""
    rows = about[["lead", *THING, "episode"]].drop_duplicates()
    ends = terms.drop(columns="chain").merge(_courts(facts), how="left", on="court_code")
    whole = rows.merge(ends, on="episode").sort_values(["lead", "zb_date", "episode"])
    return whole.drop_duplicates("lead", keep="last").reset_index(drop=True)


def _courts(facts: Facts) -> pd.DataFrame:
    """court_code, court: the name of each court as delivered, its code where none was."""
    case = facts.cut.table("case")
    named: pd.DataFrame = case.group_by("court_code").agg(court=case.court_name.max()).to_pandas()
    return named.assign(court=named["court"].fillna(named["court_code"]))


def _also_in(keys: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Case numbers of other chains with a lead on the same thing, by lead."""
    things = keys[~keys["asset_class"].isin([CASE, FUND])]
    pairs = things.merge(things[["asset_class", "asset", "chain", "case_no"]], on=["asset_class", "asset"])
    pairs = pairs[pairs["chain_x"] != pairs["chain_y"]].sort_values("case_no_y")
    found: dict[str, list[str]] = defaultdict(list)
    for lead, number in pairs[["lead", "case_no_y"]].itertuples(index=False, name=None):
        found[lead].append(number)
    return {lead: tuple(dict.fromkeys(numbers)) for lead, numbers in found.items()}


def _lead_rows(about: pd.DataFrame) -> dict[str, tuple[LeadRow, ...]]:
    """Rows of each lead, oldest first."""
    ordered = about.assign(when=pd.to_datetime(about["day"]))
    ordered = ordered.sort_values(["lead", "when", "clue", "n"], na_position="first", kind="stable")
    same = ["lead", "clue", "episode", "when", "who"]
    ordered["place"] = ordered.groupby(same, dropna=False).cumcount()
    found: dict[str, list[LeadRow]] = defaultdict(list)
    columns = ["lead", "clue", "episode", "day", "amount", "who", "note", "src", "place"]
    for lead, clue, episode, day, amount, who, note, src, place in ordered[columns].itertuples(index=False, name=None):
        on, sum_fen = _day(day), None if amount is pd.NA else int(amount)
        key = hashlib.sha256(f"{clue}\x1f{on}\x1f{who}\x1f{place}".encode()).hexdigest()[:16]
        found[lead].append(LeadRow(clue, episode, on, sum_fen, who, note, src, key))
    return {lead: tuple(rows) for lead, rows in found.items()}


def _day(day: Any) -> date | None:
    return None if day is None or pd.isna(day) else pd.Timestamp(day).date()


def _lead(
    facts: Facts,
    key: dict[Any, Any],
    rows: tuple[LeadRow, ...],
    worth: Valuation,
    causes: Any,
    situation: Situation,
    others: Any,
) -> Lead:
    one = settings().classes[key["asset_class"]]
    fired = {row.clue for row in rows}
    clues = tuple(id for id in CLUES if id in fired)
    routes = routes_of(clues, one.code, situation)
    step = one.code == CASE
    return Lead(
        id=key["lead"],
        asset_class=one.code,
        class_label=one.label,
        asset_id=key["asset"],
        asset_name=CLUES[key["asset"]].in_force(facts.thresholds).label if step else worth.name,
        holder=worth.holder,
        holder_tie=worth.holder_tie,
        chain=key["chain"],
        case_no=key["case_no"],
        episode=key["episode"],
        zb_date=pd.Timestamp(key["zb_date"]).date(),
        office=key["office"],
        court=key["court"],
        clues=clues,
        rows=rows,
        value_fen=worth.value_fen,
        value_rid=worth.value_rid,
        value_note=worth.value_note,
        deductions=worth.deductions,
        net_fen=worth.net_fen,
        net_note=worth.net_note,
        causes=causes,
        routes=routes,
        grounds=grounds_of(clues, routes, situation),
        steps=_unique(CLUES[id].in_force(facts.thresholds).next_step for id in clues),
        documents=one.documents,
        also_in=others.get(key["lead"], ()),
    )


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
