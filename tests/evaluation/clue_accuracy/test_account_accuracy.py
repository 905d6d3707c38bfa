"""Accounts held against the truth: what joins and splits are, and none in statements written in every way."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from little_pool import deliver

from evaluation.clue_accuracy import accounts as measuring
from evaluation.clue_accuracy.accounts import measure_accounts
from evaluation.world.base.config import Knobs, load_knobs
from evaluation.world.delivery import account_writing as writing

KNOWN = date(2024, 5, 1)
BANKS, PEOPLE = 3, 60


def asked_for(share: float) -> Knobs:
    tree = {section: dict(knobs) for section, knobs in load_knobs().tree.items()}
    tree["faults"]["account_writing"] = share
    return Knobs(tree)


def written_pool(home: Path, truth: Path) -> None:
    """Statements of sixty people at three banks, each paying the next, with their truth."""
    who = np.arange(PEOPLE)
    number = np.asarray([f"990{n % BANKS}01{n * 13:011}" for n in who], dtype=object)
    card = np.asarray([f"9900{n % BANKS}0{n * 17:012}9" for n in who], dtype=object)
    holder = np.asarray([f"99000119800101{n:03}X" for n in who], dtype=object)
    made = writing.draw_writing(asked_for(0.6), 3, 0, number, card, holder, who % BANKS)
    assert made is not None
    at = np.repeat(who, 40)
    other = (at + 1 + np.arange(len(at)) % 5) % PEOPLE
    ref = np.asarray([f"R{n}" for n in range(len(at))], dtype=object)
    own, own_text, own_kind = writing.write_numbers(made, number[at], card[at])
    cp, cp_text, cp_kind = writing.write_numbers(made, number[other], None)
    # What a counterparty is meant by where the number is a card's on its own statement.
    cp = np.where(cp_kind == writing.SEQUENCE, card[other], cp)
    rows: list[dict[str, Any]] = [
        {
            "acct_no": own_text[n],
            "holder_id": holder[at[n]],
            "holder": f"某{at[n]}",
            "ts": datetime(2024, 1, 1 + n % 28, 9, n % 60, n // 60),
            "txn_day": date(2024, 1, 1 + n % 28),
            "occurrence": 1,
            "direction": "OUT",
            "amount": 100 + n,
            "ref_no": ref[n],
            "cp_acct": cp_text[n],
            "cp_id": holder[other[n]] if n % 3 else None,
            "cp_name": f"某{other[n]}",
        }
        for n in range(len(at))
    ]
    deliver(home, KNOWN, {"txn": rows})
    truth.mkdir()
    parts = [writing.true_rows(ref, "own", own, own_kind), writing.true_rows(ref, "counterparty", cp, cp_kind)]
    pq.write_table(pa.concat_tables(parts), truth / "accounts.parquet")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("accounts")
    written_pool(base / "home", base / "truth")
    return base / "home", base / "truth"


def test_no_account_is_joined_or_split_however_banks_write_them(folders: tuple[Path, Path]) -> None:
    found = measure_accounts(*folders, KNOWN).set_index(["side", "kind"])
    assert set(found.loc["own"].index) >= {"", *writing.KINDS} - {writing.WALLET, writing.WALLET_HEAD}
    assert (found["joins"] == 0).all(), found
    assert (found["splits"] == 0).all(), found
    # Only what no one could tell names no account: digits left out, or a number of two without their name.
    assert set(found.index[found["unnamed"] > 0]) == {("counterparty", ""), ("counterparty", writing.MASKED)}
    assert found.loc[("counterparty", writing.MASKED), "unnamed"] == found.loc[("counterparty", writing.MASKED), "rows"]


def test_joins_and_splits_are_counted_by_hand(tmp_path: Path) -> None:
    rows = [("A", "1", "as_written"), ("A", "1", "as_written"), ("A", "1x", "hyphens"), ("B", "1", "masked")]
    rows += [("C", "2", "as_written"), ("D", None, "masked")]
    named = pd.DataFrame(rows, columns=["account", "found", "kind"])
    found = measuring._figures(named).set_index("kind")
    assert found.loc[""].to_dict() == {"rows": 6, "accounts": 4, "joins": 1, "splits": 1, "unnamed": 1}
    assert found["joins"].drop("").to_dict() == {"as_written": 1, "hyphens": 0, "masked": 1}
    assert found["splits"].drop("").to_dict() == {"as_written": 0, "hyphens": 1, "masked": 0}


def test_a_world_that_is_not_asked_has_none_and_the_same_digest() -> None:
    none = np.asarray([], dtype=object)
    assert writing.draw_writing(load_knobs(), 1, 0, none, none, none, none) is None
    tree = {section: dict(knobs) for section, knobs in load_knobs().tree.items()}
    del tree["faults"]["account_writing"]
    assert Knobs(tree).digest() == load_knobs().digest() != asked_for(0.5).digest()
