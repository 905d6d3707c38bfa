"""Query texts kept for later cuts: the same on every pool and day, kept in a file that its version alone may read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import pytest
from little_pool import deliver, one_case
from world_reading import SmallWorld

from features.clues.catalogue import CLUES
from features.facts import Facts, query_cache
from features.pool.pool import Pool

FACTS = sorted({name for cls in Facts.__mro__ for name, made in vars(cls).items() if isinstance(made, cached_property)})


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_cache, "_TEXTS", {})
    monkeypatch.setattr(query_cache, "_STORED_COUNTS", {})


def asked(home: Path, day: date) -> dict[str, str]:
    """The query text of each clue's rows."""
    with Pool(home).as_of(day) as cut:
        facts = Facts(cut)
        return {name: cut.compile(clue.rows(facts)) for name, clue in CLUES.items()}


def ordered(text: str) -> str:
    """A text with the columns left out by a selection in order: Ibis keeps them in a set, ordered by the process.

    The names it gives a table and a column on the way are drawn anew each time.
    """
    text = re.sub(r"ibis_table_unnest_\w+", "unnested", text)
    return re.sub(r"EXCLUDE \(([^)]*)\)", lambda found: f"EXCLUDE ({sorted(found[1].split(', '))})", text)


def made(home: Path, day: date, names: Sequence[str] = FACTS, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The texts that the facts of a cut leave for later cuts, where these texts are known before."""
    query_cache._TEXTS.clear()
    query_cache._TEXTS.update(known or {})
    with Pool(home).as_of(day) as cut:
        facts = Facts(cut)
        for name in names:
            getattr(facts, name)
    return dict(query_cache._TEXTS)


@pytest.mark.long
def test_a_kept_text_is_the_one_another_pool_and_day_would_make(
    nothing_known: None, small_world: SmallWorld, tmp_path: Path
) -> None:
    large = {name: ordered(text) for name, text in made(small_world.home, small_world.last_day).items()}
    nothing = {name: ordered(text) for name, text in made(tmp_path, date(2020, 1, 1)).items()}
    assert len(large) > len(FACTS) // 2
    assert large == nothing


@pytest.mark.long
def test_a_clue_is_asked_alike_on_every_pool_and_day(
    nothing_known: None, small_world: SmallWorld, tmp_path: Path
) -> None:
    large = asked(small_world.home, small_world.last_day)
    query_cache._TEXTS.clear()
    nothing = asked(tmp_path, date(2020, 1, 1))
    assert [name for name in CLUES if ordered(large[name]) != ordered(nothing[name])] == []


def test_a_fact_keeps_its_own_texts_whatever_was_known_before(nothing_known: None, tmp_path: Path) -> None:
    deliver(tmp_path, date(2023, 7, 10), one_case())
    day = date(2024, 2, 29)
    alone = made(tmp_path, day, ["episodes"])
    chains = made(tmp_path, day, ["chains"])
    assert set(chains) < set(alone)
    assert made(tmp_path, day, ["episodes"], chains) == alone


def test_texts_come_back_from_their_file_and_from_no_other(nothing_known: None, tmp_path: Path) -> None:
    key = ("fact", "x", ())
    query_cache.load_cache(tmp_path, "v1")
    query_cache.cache_text(key, "SELECT 1")
    query_cache.store_cache(tmp_path, "v1")
    for version, expected in (("v2", None), ("v1", "SELECT 1")):
        query_cache._TEXTS.clear()
        query_cache._STORED_COUNTS.clear()
        query_cache.load_cache(tmp_path, version)
        assert query_cache.cached_text(key) == expected
    (file,) = (tmp_path / "cache" / "queries").glob("v1-*.json")
    file.write_text("{", encoding="utf-8")
    query_cache._TEXTS.clear()
    query_cache._STORED_COUNTS.clear()
    query_cache.load_cache(tmp_path, "v1")
    assert query_cache.cached_text(key) is None
