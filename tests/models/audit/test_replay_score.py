"""Replay of scores: from the pool bit for bit, or from the stored row after a purge; a changed score is reported."""

from __future__ import annotations

from datetime import date

import pytest
from little_pool import deliver
from made_home import CASES, Home, rows
from sqlalchemy import text

from features.errors import NotFoundError
from features.pool.pool import Pool
from models.audit.replay_score import POOL, ROW, replay_score
from models.database.engine import writing
from models.ledger.ledger import Ledger
from serving.queue.scoring import score_all


def first_score(ledger: Ledger, home: Home) -> str:
    run = score_all(home.path, home.as_of, "system", ledger)
    return str(ledger.scores(run.run_id)["score_id"].iloc[0])


def test_from_the_pool_bit_for_bit_even_after_later_deliveries(home: Home) -> None:
    with Ledger(home.path) as ledger:
        score_id = first_score(ledger, home)
        deliver(home.path, date(2024, 2, 1), {"case": [rows(1)["case"][0] | {"amt_unpaid": 1}]})
        replayed = replay_score(ledger, score_id)
    assert (replayed.source, replayed.same, replayed.gone, replayed.differences) == (POOL, True, (), ())
    assert replayed.recorded == replayed.computed


def test_from_the_stored_row_after_a_purge(home: Home) -> None:
    with Ledger(home.path) as ledger:
        score_id = first_score(ledger, home)
        pool = Pool(home.path)
        part = next(part for part in pool.batches()[0].parts if part.table == "case")
        (pool.root / part.path).unlink()
        replayed = replay_score(ledger, score_id)
    assert (replayed.source, replayed.same) == (ROW, True)
    assert replayed.gone == (f"第 1 批次的执行案件 {CASES} 行",)


def test_a_changed_score_does_not_replay(home: Home) -> None:
    with Ledger(home.path) as ledger:
        score_id = first_score(ledger, home)
        with writing(ledger.engine) as connection:
            connection.execute(text("UPDATE scores SET margin = margin + 1e-9, expected_fen = 5"))
        replayed = replay_score(ledger, score_id)
    assert not replayed.same
    assert replayed.differences == ("边际分", "预期收益")


def test_an_unknown_score_is_not_found(home: Home) -> None:
    with Ledger(home.path) as ledger, pytest.raises(NotFoundError, match="S123"):
        replay_score(ledger, "S123")
