"""What must hold of every clue: its rows are the number, the source rows exist, silence and ignorance stay apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest
from world_reading import SmallWorld

from features.clues import catalogue
from features.clues.base.clue import ROW_COLUMNS, Clue, Feature
from features.clues.evidence import Evidence, SourceRef, sources
from features.clues.lineage import study
from features.cuts.matrices import build_matrix
from features.facts import Facts
from features.facts.rows import row_ids
from features.matrix import Matrix, episode_coverage, is_covered
from features.pool.pool import Pool

CLUES = list(catalogue.CLUES.values())
IDS = [clue.id for clue in CLUES]


@pytest.fixture(scope="module")
def facts(small_world: SmallWorld) -> Iterator[Facts]:
    with Pool(small_world.home).as_of(small_world.last_day) as cut:
        yield Facts(cut)


@pytest.fixture(scope="module")
def matrix(small_world: SmallWorld) -> Matrix:
    return build_matrix(small_world.home, small_world.last_day)


@pytest.fixture(scope="module")
def told(facts: Facts) -> Callable[[Clue], pd.DataFrame]:
    """The rows of a clue, asked for once."""
    return cache(lambda clue: clue.rows(facts).to_pandas())


@pytest.fixture(scope="module")
def reach(facts: Facts, matrix: Matrix) -> pd.DataFrame:
    return episode_coverage(facts, matrix.keys)


@pytest.fixture(scope="module")
def origin(facts: Facts, told: Callable[[Clue], pd.DataFrame]) -> dict[int, SourceRef]:
    """Where the rows that any clue cites stand, asked for once."""
    return sources(facts, {rid for clue in CLUES for rid in cited(told(clue))})


def cited(frame: pd.DataFrame) -> set[int]:
    return {int(rid) for src in frame["src"] for rid in src}


def plain(feature: Feature, rows: list[dict[str, Any]]) -> float:
    """The feature before any division, by a loop over rows."""
    kept = [row for row in rows if not feature.where or row[feature.where] is True or row[feature.where] == 1]
    if feature.how == "count":
        return float(len(kept))
    if feature.how == "any":
        return float(any(bool(row[feature.of]) for row in kept)) if feature.of else float(bool(kept))
    known = [(row["day"], row[feature.of]) for row in kept if not pd.isna(row[feature.of])]
    values = [value for _, value in known]
    if not values:
        return 0.0
    if feature.how == "sum":
        return float(sum(int(value) for value in values))
    if feature.how == "nunique":
        return float(len(set(values)))
    if feature.how == "first":
        return float(min(known, key=lambda pair: pair[0])[1])
    return float(max(values) if feature.how == "max" else min(values))


@pytest.mark.parametrize("clue", CLUES, ids=IDS)
def test_its_features_are_its_rows_counted_by_hand(
    clue: Clue, told: Callable[[Clue], pd.DataFrame], reach: pd.DataFrame, matrix: Matrix
) -> None:
    frame = told(clue)
    assert set(ROW_COLUMNS) <= set(frame.columns)
    by_episode: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.to_dict(orient="records"):
        by_episode[str(row["episode"])].append({str(k): v for k, v in row.items()})
    covered = is_covered(clue, reach)
    for feature in clue.features:
        for place, (episode, debt) in enumerate(zip(matrix.keys["episode"], matrix.keys["debt_fen"], strict=True)):
            got = matrix.values[feature.name].iloc[place]
            if not covered[place]:
                assert np.isnan(got), (feature.name, episode)
                continue
            value = plain(feature, by_episode.get(episode, []))
            value = value / debt if feature.per == "debt" else value / 100.0 if feature.unit == "元" else value
            if feature.cap is not None:
                value = max(-feature.cap, min(feature.cap, value))
            assert got == value, (feature.name, episode)


TORN = re.compile(r"^[，；：、]|[，；：、]$|[，；：、][，；、]")


@pytest.mark.parametrize("clue", CLUES, ids=IDS)
def test_no_note_begins_or_ends_with_a_separator_or_doubles_one(
    clue: Clue, told: Callable[[Clue], pd.DataFrame]
) -> None:
    notes = [note for note in told(clue)["note"] if isinstance(note, str)]
    assert [note for note in notes if TORN.search(note)] == []


@pytest.mark.parametrize("clue", CLUES, ids=IDS)
def test_every_row_stands_on_source_rows_that_exist(
    clue: Clue, told: Callable[[Clue], pd.DataFrame], origin: dict[int, SourceRef]
) -> None:
    frame = told(clue)
    rids = cited(frame)
    assert rids <= set(origin)
    assert all(origin[rid].file and origin[rid].row > 0 for rid in rids)
    if clue.kind != "context":
        assert all(len(src) > 0 for src in frame["src"]), clue.id


@pytest.mark.parametrize("clue", CLUES, ids=IDS)
def test_no_row_lies_after_the_day(clue: Clue, told: Callable[[Clue], pd.DataFrame], facts: Facts) -> None:
    days = pd.to_datetime(told(clue)["day"]).dropna()
    assert (days <= pd.Timestamp(facts.day)).all()


def test_evidence_of_one_day_stands_in_the_order_of_its_source_rows(
    told: Callable[[Clue], pd.DataFrame], facts: Facts
) -> None:
    crowded = sorted(CLUES, key=lambda clue: -int(told(clue).duplicated(["episode", "day"]).sum()))[:3]
    assert told(crowded[-1]).duplicated(["episode", "day"]).any()
    for clue in crowded:
        episodes = sorted(set(told(clue)["episode"]))
        for rows in Evidence.of(facts).rows(episodes, [clue.id]).values():
            keys = [(row.day or date.min, [source.rid for source in row.sources]) for row in rows]
            assert keys == sorted(keys), clue.id


def test_the_world_gives_rows_to_most_clues(told: Callable[[Clue], pd.DataFrame]) -> None:
    silent = [clue.id for clue in CLUES if told(clue).empty]
    assert len(silent) <= len(CLUES) // 4, silent


def test_names_and_sentences_are_not_shared() -> None:
    labels = [feature.label for feature in catalogue.FEATURES.values()]
    assert len(labels) == len(set(labels))
    for attribute in ("label", "sentence", "doc"):
        values = [getattr(clue, attribute) for clue in CLUES]
        assert len(values) == len(set(values)), attribute


@pytest.mark.parametrize("clue", CLUES, ids=IDS)
def test_its_words_are_those_of_a_clue_and_not_of_a_verdict(clue: Clue) -> None:
    words = " ".join((clue.label, clue.sentence, clue.next_step, *clue.innocent))
    assert not re.search(r"认定|老赖|证实|罪犯", words)
    assert clue.sentence and clue.innocent and clue.next_step and clue.law and clue.doc
    assert all(feature.name.startswith(clue.id.replace("-", "_")) for feature in clue.features)
    if clue.kind != "context" and clue.channel != "B":
        assert re.search(r"疑似|线索|待核实|推定", clue.sentence), clue.sentence


OUTCOMES = {"resumed_on", "paid", "under_review", "concluded_on"}
"""Columns of the fact of episodes that say what became of one: they define the cohort and are no evidence."""


def test_no_clue_reads_outcomes_by_whatever_helper() -> None:
    found = study(CLUES)
    assert sum("fact_episodes" in found[clue.id].facts for clue in CLUES) > len(CLUES) // 2
    assert {id: one.facts["fact_episodes"] & OUTCOMES for id, one in found.items() if "fact_episodes" in one.facts} == {
        id: frozenset() for id, one in found.items() if "fact_episodes" in one.facts
    }


def test_no_module_of_facts_or_clues_but_episodes_opens_a_table_of_outcomes() -> None:
    """`Cut.table` refuses a table of outcomes; `Cut.outcomes` is the only door to one."""
    root = Path(catalogue.__file__).parents[1]
    sources = [*root.glob("facts/**/*.py"), *root.glob("clues/**/*.py")]
    assert [path.name for path in sources if ".outcomes(" in path.read_text(encoding="utf-8")] == ["episodes.py"]


def test_lineage_looks_through_helpers() -> None:
    """A clue whose helper's helper reads an outcome is seen to read it."""

    def helper(facts: Facts) -> ir.Table:
        return facts.debtors.join(facts.episodes.filter(facts.episodes.under_review), "episode")

    def rows(facts: Facts) -> ir.Table:
        late = helper(facts)
        return late.select("episode", day="zb_date", amount="debt", who="name", note="name", src=row_ids(late.rid))

    clue = replace(CLUES[0], id="X99", rows=rows)
    assert study([clue])["X99"].facts["fact_episodes"] & OUTCOMES == {"under_review"}
