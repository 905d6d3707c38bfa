"""Net values of leads: hand-worked tables, and seals that come first by a loop."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.leads.lead import Deduction
from features.leads.valuation import _funds, _money, _net, _sealed_before, _valuation


def deduction(label: str, amount_fen: int | None) -> Deduction:
    return Deduction("mortgage", label, amount_fen, "", 1, "")


@pytest.mark.parametrize(
    ("value", "taken", "net", "note"),
    [
        (None, [("抵押", 5)], None, "价值不详"),
        (100, [], 100, "净值按价值计"),
        (100, [("抵押", 30), ("在先查封", 20)], 50, "价值减去抵押、在先查封。"),
        (100, [("抵押", 30), ("抵押", 20)], 50, "价值减去抵押。"),
        (100, [("抵押", 130)], 0, "价值减去抵押。"),
        (100, [("抵押", 30), ("唯一住房", None)], None, "唯一住房的金额不详"),
    ],
)
def test_net_value(value: int | None, taken: list[tuple[str, int | None]], net: int | None, note: str) -> None:
    found, sentence = _net(value, [deduction(*one) for one in taken])
    assert found == net
    assert note in sentence


def entry(**changes: object) -> dict[object, object]:
    return {"value": 900, "rid": 3, "said": "", "open": True, "owner": "甲", "name": "浙Z00001"} | changes


def test_the_register_stands_before_what_a_court_row_says() -> None:
    valuation = _valuation("VEH", entry(), (500, 8), [], "被执行人")
    assert (valuation.value_fen, valuation.value_rid, valuation.net_fen) == (900, 3, 900)
    assert (valuation.holder, valuation.name, valuation.holder_tie) == ("甲", "浙Z00001", "被执行人")
    assert valuation.value_note == "登记的评估价值"


@pytest.mark.parametrize("missing", [entry(value=np.nan), {}])
def test_without_a_registered_value_the_amount_of_the_court_row_counts(missing: dict[object, object]) -> None:
    valuation = _valuation("VEH", missing, (500, 8), [], "")
    assert (valuation.value_fen, valuation.value_rid) == (500, 8)
    assert "未经评估" in valuation.value_note


def test_wages_have_no_value_at_once_and_a_thing_that_left_says_so() -> None:
    assert "不折算" in _valuation("WAGE", entry(value=None), None, [], "").net_note
    assert _valuation("VEH", entry(open=False), None, [], "").net_note.endswith("登记簿显示已转出。")


@pytest.mark.parametrize(
    ("plate", "told"),
    [
        ("浙Z9991警", "号牌为警用汽车号牌。"),
        ("使999001", "号牌为使馆汽车号牌。"),
        ("浙ZD99912", "号牌为新能源汽车号牌。"),
        ("浙Z99912", ""),
        ("不明", ""),
        (None, ""),
    ],
)
def test_a_special_plate_is_told_and_an_ordinary_or_unknown_one_is_not(plate: str | None, told: str) -> None:
    note = _valuation("VEH", entry(name=plate), None, [], "").net_note
    assert note.endswith(told)
    assert ("号牌" in note) is bool(told)


def test_money_of_a_case_is_the_largest_sum_of_one_clue() -> None:
    about = pd.DataFrame(
        [
            ("L1", "FUND", "A", 3.0),
            ("L1", "FUND", "A", 4.0),
            ("L1", "FUND", "B", 6.0),
            ("L1", "FUND", "C", None),
            ("L2", "VEH", "A", 9.0),
            ("L3", "FUND", "A", None),
        ],
        columns=["lead", "asset_class", "clue", "amount"],
    )
    funds = _funds(about)
    assert funds == {"L1": 7}
    assert (_money(7).net_fen, _money(None).net_fen) == (7, None)
    assert _money(None).net_note == "滞留金额不详。"


def test_seals_that_come_first_as_a_loop_finds_them() -> None:
    rng = np.random.default_rng(4)
    rows = 400
    start = date(2020, 1, 1)
    own = rng.random(rows) < 0.3
    seals = pd.DataFrame(
        {
            "lead": rng.choice(["L1", "L2", "L3", "L4", "L5"], rows),
            "own": own,
            "seal_case": np.where(own, "own", rng.choice(list("abcdefgh"), rows)),
            "day": [start + timedelta(days=int(days)) for days in rng.integers(0, 900, rows)],
            "live": rng.random(rows) < 0.4,
            "amount": np.where(rng.random(rows) < 0.3, np.nan, rng.integers(1, 99, rows)),
            "owed": np.where(rng.random(rows) < 0.3, np.nan, rng.integers(1, 99, rows)),
            "rid": np.arange(rows),
        }
    )
    # One lead never sealed by its own case: every seal of another case comes first there.
    seals = seals[~(seals["own"] & (seals["lead"] == "L5"))]
    expected: dict[tuple[str, str], tuple[date, int, float]] = {}
    for row in seals.itertuples():
        mine = [other.day for other in seals.itertuples() if other.live and other.own and other.lead == row.lead]
        if not row.live or row.own or (mine and row.day >= min(mine)):
            continue
        sums = [amount for amount in (row.amount, row.owed) if not np.isnan(amount)]
        key, this = (row.lead, row.seal_case), (row.day, row.rid, min(sums, default=np.nan))
        if key not in expected or this[:2] < expected[key][:2]:
            expected[key] = this
    found = _sealed_before(seals)
    assert len(expected) >= 8
    assert set(found["kind"]) == {"seal"}
    for lead, case, rid, amount in found[["lead", "note", "rid", "amount"]].itertuples(index=False, name=None):
        _, expected_rid, expected_amount = expected.pop((lead, case))
        assert rid == expected_rid
        assert amount == expected_amount or (np.isnan(amount) and np.isnan(expected_amount))
    assert expected == {}
