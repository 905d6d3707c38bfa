"""One case or clue that cannot be computed is named; the others get what they would have got without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from little_pool import deliver
from made_home import case_no, rows

from features.clues.catalogue import CLUES
from features.clues.evidence import open_evidence
from features.clues.isolation import known_isolation
from features.cuts.matrices import build_matrix
from features.errors import GoldenKeyError
from features.facts import query_cache
from features.matrix import Matrix, compute_matrix

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.facts import Facts

DAY, CASES, POISONED = date(2024, 3, 31), 300, 7
KEPT = ("F11",)
"""The little catalogue of these tests: what is owed, which every case has."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A pool of 300 cases, and a catalogue of few clues whose texts nobody else sees."""
    whole = dict(CLUES)
    for id in [id for id in CLUES if id not in KEPT]:
        monkeypatch.delitem(CLUES, id)
    texts = {name: text for name, text in query_cache._TEXTS.items() if not name.startswith(("clue:F11", "rows:F11"))}
    monkeypatch.setattr(query_cache, "_TEXTS", texts)
    deliver(tmp_path, date(2024, 1, 15), {name: some for name, some in rows(CASES).items() if some})
    yield tmp_path
    CLUES.clear()
    CLUES.update(whole)  # in its order: what is set again later changes no place


def failing(monkeypatch: pytest.MonkeyPatch, id: str, wanted: list[str] | None) -> None:
    """Let a clue fail on these cases, or whatever the case."""
    clue = CLUES[id]

    def made(facts: Facts) -> ir.Table:
        if wanted is None:
            raise TypeError("没有这样的列")
        terms = facts.episodes.select("episode", number="case_no")
        found = clue.rows(facts).join(terms, "episode")
        # More than an integer holds, on these cases alone.
        times = found.number.isin(wanted).cast("int64") * 2**62 + 1
        return found.mutate(amount=found.amount * times).drop("number")

    monkeypatch.setitem(CLUES, id, replace(clue, rows=made))
    query_cache._TEXTS.pop(f"rows:{id}", None)


def values(matrix: Matrix) -> dict[str, Any]:
    return dict(zip(matrix.keys["case_no"], matrix.values.to_numpy().tolist(), strict=True))


def test_of_three_hundred_one_is_named_and_the_rest_is_as_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = compute_matrix(home, DAY, 1)
    assert not plain.isolation
    failing(monkeypatch, "F11", [case_no(POISONED)])
    matrix = build_matrix(home, DAY)
    (fault,) = matrix.isolation.cases
    assert (fault.case_no, fault.clue) == (case_no(POISONED), "F11")
    (sentence,) = matrix.isolation.sentences()
    assert case_no(POISONED) in sentence
    assert "数值超出可计算的范围" in sentence
    assert len(matrix.keys) == len(plain.keys) - 1
    expected = {number: row for number, row in values(plain).items() if number != case_no(POISONED)}
    assert repr(values(matrix)) == repr(expected)
    assert build_matrix(home, DAY).isolation == matrix.isolation
    with pytest.raises(GoldenKeyError, match="未能评分"):
        matrix.isolation.check_case(case_no(POISONED))
    matrix.isolation.check_case(case_no(POISONED), lambda office: False)


@pytest.mark.long
def test_evidence_goes_on_without_what_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "F11", [case_no(3), case_no(POISONED)])
    with open_evidence(home, DAY) as opened:
        episodes = opened.facts.episodes.execute()
        found = opened.rows(list(episodes["episode"]), ["F11"])
    assert {fault.case_no for fault in known_isolation(home, DAY, 1).cases} == {case_no(3), case_no(POISONED)}
    assert len(found) == CASES - 2


def test_a_clue_that_fails_by_itself_is_named_and_the_others_are_computed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "F11", None)
    matrix = build_matrix(home, DAY)
    assert matrix.isolation.failed_clues == {"F11"}
    assert matrix.keys.empty  # every case needs it, so none may be scored without
    assert len(matrix.isolation.cases) == CASES
    first, rest = matrix.isolation.sentences()
    assert "线索 F11" in first
    assert f"另有 {CASES} 件" in rest
