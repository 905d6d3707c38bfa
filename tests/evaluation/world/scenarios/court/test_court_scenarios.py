"""Scenarios of the court's side on one quarter: rows obey the rule exactly where the ground truth says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
from simulated_quarter import SimulatedQuarter

from evaluation.world.scenarios.court import (
    preservation,
)


def test_auctions_break_a_rule_exactly_where_the_truth_says_so(quarter: SimulatedQuarter) -> None:
    """Rules of docs/domain.md section 1.3: reserve, deposit, notice, telling, second round, public terms."""
    rows = quarter.rows("auction", "simulate_auctions")
    share = rows["deposit"] / rows["reserve"]
    first = rows["round"] == "一拍"
    movable = rows["asset_kind"] == "车辆"
    least = np.select([first & movable, first, movable], [15, 30, 7], 15)
    broken = (first & (rows["reserve"] < 0.7 * rows["appraised"])) | (share < 0.05) | (share > 0.2)
    broken |= (
        (rows["start_date"] - rows["notice_date"] < least) | rows["notified_date"].isna() | ~rows["appraisal_public"]
    )
    before = rows[first].set_index("lot_id")
    second = rows[~first].set_index("lot_id")
    joined = second.join(before[["reserve", "end_date"]].add_suffix("_first"))
    late = (joined["reserve"] < 0.8 * joined["reserve_first"]) | (joined["start_date"] - joined["end_date_first"] > 30)
    wrong = set(rows["asset_id"][broken]) | set(joined["asset_id"][late])
    acts = quarter.acts("auction_procedure")
    assert set(acts["asset_id"][~acts["real"]]) & wrong == set()
    careless = set(acts["asset_id"][acts["real"]]) & set(rows["asset_id"])
    assert len(careless & wrong) == len(careless) > 10


def test_relatives_win_and_rings_share_an_address(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("auction", "simulate_auctions")
    debtor = dict(zip(quarter.stage.docket.case_no, quarter.stage.court.subject, strict=True))
    won = rows[rows["buyer_id"] != ""]
    close = {
        asset: (debtor[case], buyer) in quarter.kin
        for asset, case, buyer in zip(won["asset_id"], won["case_no"], won["buyer_id"], strict=True)
    }
    acts = quarter.acts("auction_relative")
    assert all(close[asset] for asset in acts["asset_id"] if asset in close)
    bids = quarter.rows("auction_bid", "simulate_auctions").groupby(["lot_id", "round"])
    lots = won.set_index(["lot_id", "round"])
    highest, count = bids["price"].max(), bids["bidder_id"].count()
    assert len(lots) == len(highest)
    assert (highest == lots["deal_price"][highest.index]).all()
    assert (count == lots["bidders"][count.index]).all()


def test_proceeds_are_divided_wages_first_and_never_exceeded(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("claim", "simulate_distribution")
    assert (rows["allocated"] <= rows["claim_amount"]).all()
    total = rows.groupby("distribution_no")["allocated"].sum()
    proceeds = rows.groupby("distribution_no")["proceeds"].first()
    assert (total <= proceeds).all()
    case = rows.groupby("distribution_no")["case_no"].first()
    wrong = set(quarter.acts("distribution_order").query("real")["case_no"])
    unpaid = rows[(rows["kind"] == "劳动报酬") & (rows["allocated"] < rows["claim_amount"])]
    short = set(unpaid["distribution_no"])
    ordinary = rows[(rows["kind"] != "劳动报酬") & (rows["allocated"] > 0)]
    assert set(case[sorted(short & set(ordinary["distribution_no"]))]) <= wrong
    silent = rows.groupby("case_no")["notified_on"].agg(lambda days: days.isna().all())
    acts = quarter.acts("distribution_unnotified").set_index("case_no")["real"]
    assert (silent == acts[silent.index]).all()


def test_released_seals_end_and_lapsed_ones_expire_in_time(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    numbers = preservation.preservation_case_numbers(stage.plan, 0, stage.cohort, stage.docket)
    held = dict(zip(stage.docket.case_no, numbers, strict=True))
    events = quarter.rows("event", "simulate_preservation")
    ended = events[events["end_date"].notna()].set_index(["case_no", "asset_id"])["reason"]
    with_reason = {"申请人书面申请解除保全", "被保全人提供担保", "双方达成和解", "案外人异议成立", "申请人同意解除"}
    acts = quarter.acts("preservation_released")
    seen = {True: 0, False: 0}
    for act in acts.itertuples():
        if (held[act.case_no], act.asset_id) in ended.index:
            reasons = set(ended.loc[[(held[act.case_no], act.asset_id)]])
            assert (reasons <= with_reason) == (not act.real)
            seen[act.real] += 1
    assert min(seen.values()) >= 20
    lapsed = quarter.acts("preservation_lapsed").query("real")
    whole = quarter.rows("event")
    whole = whole[whole["asset_id"].isin(lapsed["asset_id"])]
    for act in lapsed.itertuples():
        seals = whole[(whole["asset_id"] == act.asset_id) & (whole["expiry_date"] == act.day)]
        assert len(seals) >= 1
        assert act.day < act.zb_date


def test_payments_held_are_not_paid_out_within_thirty_days(quarter: SimulatedQuarter) -> None:
    events = quarter.rows("event", "simulate_aftermath")
    events = events[events["event_id"].str.startswith("AK")]
    paid = events[events["ev_code"] == "PAY_OUT"].set_index("case_no")
    came = events[events["ev_code"] == "PAY_IN"].set_index("case_no")
    acts = quarter.acts("money_held")
    keys = {
        (case, day, amount): real
        for case, day, amount, real in zip(acts["case_no"], acts["day"], acts["amount_fen"], acts["real"], strict=True)
    }
    count = 0
    for case, row in came.iterrows():
        real = keys[case, row["ev_date"], row["amount"]]
        out = paid.loc[[case]] if case in paid.index else paid.iloc[:0]
        in_time = (out["ev_date"] - row["ev_date"] <= 30) & (out["amount"] == row["amount"])
        explained = events[(events["case_no"] == case) & events["ev_code"].isin(["PAY_HOLD", "DEPOSIT"])]
        assert real == (not in_time.any() and explained.empty)
        count += 1
    assert count > 60


def test_the_dead_are_recorded_with_their_day(quarter: SimulatedQuarter) -> None:
    deaths = quarter.rows("death", "simulate_sanctions").set_index("person_id")["died_on"]
    acts = quarter.acts("dead_debtor").set_index("person_id")
    assert deaths.index.isin(acts.index).all()
    assert (deaths == acts["day"][deaths.index]).all()
    late = acts[acts["day"] > acts["zb_date"]]
    assert not late["real"].any()
    listed = quarter.rows("event")
    listed = listed[listed["ev_code"] == "DISHONEST"]
    missing = quarter.acts("credit_list")
    never = missing[missing["real"] & (missing["day"] == missing["zb_date"])]
    assert not set(never["person_id"]) & set(listed["subject_id"][listed["case_no"].isin(never["case_no"])])


def test_the_watch_list_names_cases_on_file_and_hardly_others(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("watch", "simulate_watch_list")
    known = rows["case_no"].isin(quarter.stage.docket.case_no)
    assert (~known).sum() <= 1
    closed = pd.Series(quarter.stage.docket.closed, quarter.stage.docket.case_no)
    assert (rows["listed_on"][known].to_numpy() >= closed[rows["case_no"][known]].to_numpy() + 5).all()
    assert (rows["until"].isna() | (rows["until"] > rows["listed_on"])).all()


def test_co_debtors_get_a_copy_of_every_act_but_the_forgotten_one(quarter: SimulatedQuarter) -> None:
    copies = quarter.rows("event", "simulate_co_debtors")
    original = quarter.rows("event")
    number = copies["event_id"].str[:-1]
    same = original.drop_duplicates("event_id").set_index("event_id").loc[number]
    assert (same["ev_code"].to_numpy() == copies["ev_code"].to_numpy()).all()
    assert (same["case_no"].to_numpy() == copies["case_no"].to_numpy()).all()
    assert (same["subject_id"].to_numpy() != copies["subject_id"].to_numpy()).all()
    assert set(copies["event_id"].str[-1]) == {"P", "Q"}
    asked = quarter.rows("query_feedback", "simulate_co_debtors")
    assert not asked["has_result"].any()
    assert asked["asset_id"].isna().all()
