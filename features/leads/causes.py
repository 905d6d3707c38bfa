"""Why the enforcement did not reach an asset, from the court's queries, seals and disposals; main cause first.

A step counts as missing only where the court's log or queries were delivered at all; otherwise the cause is that they
were not (NO-LOG).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from features.clues.base.clue import Clue
from features.clues.catalogue import CLUES
from features.clues.sentence import format_date
from features.leads.assets import normalise_number, values_table
from features.leads.lead import Cause
from features.leads.settings import CASE, FUND, matches_pattern, settings
from features.leads.valuation import RegisterRecords
from features.schema import TABLES

if TYPE_CHECKING:
    from features.facts import Facts

RANGE_NAMES = TABLES["query_feedback"].column("range_code").code_labels
"""中文 of each range of the network query."""

DISPOSALS = ("APPRAISE", "AUCTION", "SELLOFF", "INKIND", "DEDUCT")
"""Events by which a sealed thing is being turned into money."""

NO_CASE = (CASE, FUND)


def causes_of(
    facts: Facts, keys: pd.DataFrame, about: pd.DataFrame, records: RegisterRecords
) -> dict[str, tuple[Cause, ...]]:
    """Causes of every lead, at least one each.

    Args:
        facts: of the cut.
        keys: one row per lead.
        about: rows of clues beside their lead.
        records: entries and seals of the things.
    """
    found: dict[str, dict[str, Cause]] = defaultdict(dict)
    things = keys[~keys["asset_class"].isin(NO_CASE)]
    for lead, code, note, rid in (*_by_clue(facts, about), *_by_facts(facts, things, records)):
        found[lead].setdefault(code, _cause(facts, code, note, rid))
    order = {code: place for place, code in enumerate(settings().causes)}
    for lead in keys["lead"]:
        if not found[lead]:
            found[lead]["STEP"] = _cause(facts, "STEP", "", None)
    return {
        lead: tuple(sorted(some.values(), key=lambda cause: (order[_stem(cause.code)], cause.code)))
        for lead, some in found.items()
    }


FoundCause = tuple[str, str, str, int | None]
"""Lead, code, note, source row."""


def _stem(code: str) -> str:
    """The row of the settings behind a code: QRY-CL stands under QRY, AUCTION:AUC-SHORT under AUCTION."""
    plain = code.split(":", 1)[0]
    return plain if plain in settings().causes else plain.rsplit("-", 1)[0]


def _cause(facts: Facts, code: str, note: str, rid: int | None) -> Cause:
    row = settings().causes[_stem(code)]
    step = code.partition(":")[2]
    spelt = (
        CLUES[step].in_force(facts.thresholds).label
        if step
        else RANGE_NAMES.get(code.rsplit("-", 1)[-1], "")
        if row.code != code
        else ""
    )
    label = f"{row.label}（{spelt}）" if spelt else row.label
    return Cause(code, label, row.group, row.unit, note, rid)


def _by_clue(facts: Facts, about: pd.DataFrame) -> list[FoundCause]:
    """Causes that clues say by themselves; a step of procedure that no row names is its own cause."""
    pairs = about[["lead", "asset_class", "clue", "src"]].drop_duplicates(["lead", "clue"])
    causes = []
    for lead, kind, clue, src in pairs.itertuples(index=False, name=None):
        codes = [row.code for row in settings().causes.values() if matches_pattern(clue, row.clues)]
        codes = codes[:1] or (["STEP"] if kind in NO_CASE else [])
        # One kind of step holds several defects; leads are alike only where the defect is the same.
        codes = [code if kind != CASE or code.startswith("LATE") else f"{code}:{clue}" for code in codes]
        causes += [
            (lead, code, _clue_note(CLUES[clue].in_force(facts.thresholds)), src[0] if src else None) for code in codes
        ]
    return causes


def _clue_note(clue: Clue) -> str:
    return f"见线索{clue.id}（{clue.label}）"


def _by_facts(facts: Facts, keys: pd.DataFrame, records: RegisterRecords) -> list[FoundCause]:
    """Causes read from queries, seals and registers."""
    if keys.empty:
        return []
    seals, entries = records.seals, records.entries
    own = seals[seals["own"]]
    held = set(own.loc[own["live"], "lead"])
    causes = [*_lapsed(own, held), *_idle(facts, keys, own[own["live"]])]
    causes += _other_name(entries) + _found_unsealed(facts, keys, set(own["lead"])) + _new(facts, keys, entries, held)
    # What was sealed once was found: no query can have missed it.
    return causes + _queries(facts, keys[~keys["lead"].isin(own["lead"])], entries)


def _lapsed(own: pd.DataFrame, held: set[str]) -> list[FoundCause]:
    """Things sealed by the case whose last seal has run out or was lifted."""
    gone = own[~own["lead"].isin(held)].sort_values(["lead", "until", "rid"]).drop_duplicates("lead", keep="last")
    return [
        (lead, "SEAL-LAPSED", f"末次控制至{format_date(pd.Timestamp(until).date())}", int(rid))
        for lead, until, rid in gone[["lead", "until", "rid"]].itertuples(index=False, name=None)
    ]


def _idle(facts: Facts, keys: pd.DataFrame, live: pd.DataFrame) -> list[FoundCause]:
    """Things under seal without any step of disposal in the chain since."""
    event = facts.cut.table("event")
    steps = event.filter(event.ev_code.isin(DISPOSALS), event.ev_date <= facts.day)
    steps = steps.join(facts.chains, "case_no").select("chain", asset=normalise_number(steps.asset_id)).to_pandas()
    lots = facts.lots.select("chain", asset=normalise_number(facts.lots.asset)).to_pandas()
    done = keys.merge(pd.concat([steps, lots]).drop_duplicates(), on=["chain", "asset"])["lead"]
    idle = live[~live["lead"].isin(done)].sort_values(["lead", "day", "rid"]).drop_duplicates("lead")
    return [
        (lead, "SEALED-IDLE", f"{format_date(pd.Timestamp(on).date())}起控制，未见评估、拍卖、变卖、划拨记录", int(rid))
        for lead, on, rid in idle[["lead", "day", "rid"]].itertuples(index=False, name=None)
    ]


def _other_name(entries: pd.DataFrame) -> list[FoundCause]:
    """Assets whose current register entry is not a debtor's, or that the debtor disposed of."""
    away = entries[~entries["mine"] | ~entries["open"]]
    return [
        (lead, "OUT-OF-NAME", "", int(rid)) for lead, rid in away[["lead", "rid"]].itertuples(index=False, name=None)
    ]


def _found_unsealed(facts: Facts, keys: pd.DataFrame, sealed: set[str]) -> list[FoundCause]:
    """Things named by a query or found by the court, which the case never sealed."""
    query, event = facts.queries, facts.events
    hit = query.filter(query.has_result, query.fb_date.notnull())
    hit = hit.select(
        "episode", "rid", on="fb_date", asset=normalise_number(hit.asset_id), word=ibis.literal("查询反馈")
    )
    seen = event.filter(event.ev_code.isin(["FOUND", "ZB_ASSET"]))
    seen = seen.select(
        "episode", "rid", on="ev_date", asset=normalise_number(seen.asset_id), word=ibis.literal("记载查明")
    )
    known = _plates(facts, keys)
    causes = hit.union(seen).semi_join(values_table(known["number"].tolist(), "asset"), "asset").to_pandas()
    met = known.merge(causes, left_on=["episode", "number"], right_on=["episode", "asset"])
    met = met[~met["lead"].isin(sealed)].sort_values(["lead", "on", "rid"]).drop_duplicates("lead")
    return [
        (lead, "HIT-IDLE", f"{format_date(pd.Timestamp(on).date())}{word}该财产，未见控制措施", int(rid))
        for lead, on, word, rid in met[["lead", "on", "word", "rid"]].itertuples(index=False, name=None)
    ]


def _plates(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    """lead, episode, number: the numbers a court row may give of the thing, the plates of a car among them."""
    car = facts.vehicles
    pairs = car.select(asset=normalise_number(car.vin), number=normalise_number(car.plate)).distinct().to_pandas()
    base = keys[["lead", "episode", "asset", "asset_class"]]
    plates = base[base["asset_class"] == "VEH"].merge(pairs, on="asset")
    return pd.concat([base.assign(number=base["asset"]), plates])[["lead", "episode", "number"]].drop_duplicates()


def _new(facts: Facts, keys: pd.DataFrame, entries: pd.DataFrame, held: set[str]) -> list[FoundCause]:
    """Things obtained after the termination that the case has not sealed."""
    ends = facts.episodes.select("episode", "zb_date").to_pandas()
    mine = entries[entries["mine"] & entries["open"] & ~entries["lead"].isin(held)].merge(ends, on="episode")
    late = mine[pd.to_datetime(mine["since"]) > pd.to_datetime(mine["zb_date"])]
    late = late[~late["asset_class"].isin(["WAGE", "DEM"])]
    return [
        (lead, "NEW", f"{format_date(pd.Timestamp(since).date())}取得", int(rid))
        for lead, since, rid in late[["lead", "since", "rid"]].itertuples(index=False, name=None)
    ]


def _queries(facts: Facts, keys: pd.DataFrame, entries: pd.DataFrame) -> list[FoundCause]:
    """Whether the ranges that would have shown the thing were asked, answered, and what they said.

    Only where the thing stood in a debtor's name: a query on the debtor cannot show another's.
    """
    reach = facts.court_reach.select("episode", "query_on").to_pandas().drop_duplicates("episode")
    mine = set(entries.loc[entries["mine"], "lead"]) | (set(keys["lead"]) - set(entries["lead"]))
    causes: list[FoundCause] = []
    asked = _asked_by_range(facts, keys)
    rows = keys[keys["lead"].isin(mine)].merge(reach, how="left", on="episode")
    for lead, episode, kind, query_on in rows[["lead", "episode", "asset_class", "query_on"]].itertuples(
        index=False, name=None
    ):
        ranges = settings().classes[kind].ranges
        if not ranges:
            causes.append((lead, "OFF-NET", "", None))
        elif pd.isna(query_on):
            causes.append((lead, "NO-LOG", "", None))
        else:
            causes.append(_range_cause(lead, ranges, asked.get(episode, {}), f"{query_on:%Y-%m-%d}"))
    return causes


def _asked_by_range(facts: Facts, keys: pd.DataFrame) -> dict[str, dict[str, tuple[bool, Any, int]]]:
    """By episode and range: answered, last day asked, the row."""
    query = facts.queries.semi_join(
        values_table(keys["episode"].drop_duplicates().tolist() or [""], "episode"), "episode"
    )
    rows = query.select("episode", "range_code", "req_date", "rid", answered=query.fb_date.notnull()).to_pandas()
    rows = rows.sort_values(["episode", "range_code", "answered", "req_date", "rid"])
    last = rows.drop_duplicates(["episode", "range_code"], keep="last")
    found: dict[str, dict[str, tuple[bool, Any, int]]] = defaultdict(dict)
    columns = ["episode", "range_code", "answered", "req_date", "rid"]
    for episode, code, answered, on, rid in last[columns].itertuples(index=False, name=None):
        found[episode][code] = bool(np.any(answered)), on, int(rid)
    return found


def _range_cause(lead: str, ranges: tuple[str, ...], asked: dict[str, Any], delivered: str) -> FoundCause:
    main = next((code for code in ranges if code in asked), ranges[0])
    if main not in asked:
        return lead, f"QRY-{main}", f"检索网络查控反馈（末次交接{delivered}），未见该范围的查询", None
    answered, on, rid = asked[main]
    when = format_date(pd.Timestamp(on).date())
    if not answered:
        return lead, f"FB-{main}", f"{when}提起查询，未见反馈", rid
    return lead, f"MISS-{main}", f"{when}提起查询并有反馈", rid
