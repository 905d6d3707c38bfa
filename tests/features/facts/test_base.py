"""Facts kept by name: the same rows on a pool that finds them computed before, and no office's numbers for another."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clue_rows import KNOWN, TODAY, ZB, Book, facts_on, person, tuples
from little_pool import deliver

from features.facts import Facts, query_cache
from features.facts.base import BaseFacts
from features.pool.pool import Cut, Pool
from features.rules.thresholds import Thresholds

SUM_FEN = 3_000_000


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two pools: of case 1 with money that passes through within an hour, and of case 2 with 60 % of that."""
    found = []
    for n, fen in ((1, SUM_FEN), (2, SUM_FEN * 6 // 10)):
        home, book = tmp_path_factory.mktemp("base"), Book()
        book.case(n)
        for hour, direction in ((9, "IN"), (10, "OUT")):
            ts = datetime(2022, 7, 1, hour)
            row = {"acct_no": f"990000000{n}", "holder_id": person(n), "ts": ts, "txn_day": ts.date(), "occurrence": 1}
            book.add("txn", **row, direction=direction, amount=fen, ref_no=str(hour), cp_name="某公司")
        deliver(home, KNOWN, book.tables)
        found.append(home)
    return found[0], found[1]


def passed(home: Path, thresholds: Thresholds, day: date = TODAY) -> list[tuple[Any, ...]]:
    with Cut(Pool(home), day, Pool(home).state) as cut:
        return tuples(Facts(cut, thresholds).passes, "person", "amount", "out_amount")


def test_an_offices_numbers_decide_its_own_facts_alone(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked in turn in one process, so that whatever texts one leaves behind are there for the next."""
    monkeypatch.setattr(query_cache, "_TEXTS", {})
    shipped = Thresholds()
    lower = shipped.overlaid({"C01-FROM": 10_000})
    two = (person(2), SUM_FEN * 6 // 10, SUM_FEN * 6 // 10)
    assert passed(homes[0], shipped) == [(person(1), SUM_FEN, SUM_FEN)]
    for thresholds, expected in ((lower, [two]), (shipped, [])):
        assert passed(homes[1], thresholds) == expected


def test_a_number_is_given_as_facts_compute_with_it() -> None:
    cut: Any = type("NoCut", (), {"day": TODAY})()
    assert BaseFacts(cut).threshold("M19A-LEAST") == 100_000
    raised = BaseFacts(cut, Thresholds().overlaid({"M19A-LEAST": 2_000.01}))
    assert raised.threshold("M19A-LEAST") == 200_001


NAMES = ("chains", "episodes", "debtors", "events", "anchors", "seals", "kin", "holdings", "petitions")


def test_facts_of_texts_made_on_another_pool_and_day_are_those_made_anew(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> dict[str, list[Any]]:
        with facts_on(homes[0], ZB + timedelta(days=100)).cut as cut:
            facts = Facts(cut)
            return {name: tuples(getattr(facts, name), *getattr(facts, name).columns) for name in NAMES}

    monkeypatch.setattr(query_cache, "_TEXTS", {})
    anew = ask()
    query_cache._TEXTS.clear()
    with facts_on(homes[1], KNOWN + timedelta(days=1)).cut as cut:
        other = Facts(cut)
        for name in NAMES:
            getattr(other, name)
    assert len(query_cache._TEXTS) >= len(NAMES) - 1
    assert ask() == anew and anew["episodes"] and anew["debtors"]


def test_a_text_finds_the_facts_it_reads(homes: tuple[Path, Path]) -> None:
    with facts_on(homes[0]).cut as cut:
        facts = Facts(cut)
        facts.ready('SELECT * FROM fact_anchors JOIN "fact_kin" USING (x)')
        assert {"anchors", "kin", "episodes"} <= set(vars(facts)) and "moves" not in vars(facts)
