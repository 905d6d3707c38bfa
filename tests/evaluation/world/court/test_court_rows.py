"""Rows the court writes: versions of cases, events that respect the defects drawn, queries, petitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from simulated_quarter import NEVER, SimulatedQuarter

from evaluation.world.base.chance import random_stream
from evaluation.world.court import court_tables, petition_words, petitions, proceedings, queries
from evaluation.world.population import docket as dockets


def test_a_case_is_filed_without_its_end_and_closed_with_it(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    previous = court_tables.previous_case_numbers(stage.docket, stage.docket)
    rows, known = court_tables.case_rows(
        stage.plan.knobs, 4, 0, stage.court, stage.cohort.debts, previous, np.full(len(previous), "", dtype=object)
    )
    size = len(stage.docket)
    frame = pd.DataFrame({"case_no": rows["case_no"], "close_date": rows["close_date"], "known": known})
    assert (frame["close_date"][:size] == NEVER).all()
    assert (frame["close_date"][size:] < frame["known"][size:]).all()
    assert (rows["amt_unpaid"][size : 2 * size] == stage.docket.due - stage.docket.paid).all()
    resumed = rows["case_type"][:size] == "恢复执行"
    assert set(rows["prev_case_no"][:size][resumed]) <= set(stage.docket.case_no)
    assert (rows["prev_case_no"][:size][~resumed] == "").all()
    slips = frame[2 * size :]
    assert not slips.empty
    assert (
        slips["known"].to_numpy() >= frame.set_index("case_no")["known"].groupby(level=0).nth(1)[slips["case_no"]] + 25
    ).all()


def test_parties_name_the_debtor_first(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    rows, known = court_tables.party_rows(stage.plan.knobs, 4, 0, stage.court, stage.cohort.debts)
    frame = pd.DataFrame({name: rows[name] for name in ("case_no", "party_no", "role", "id_no", "kind")})
    debtor = dict(zip(stage.docket.case_no, stage.court.subject, strict=True))
    first = frame[frame["party_no"] == 1]
    given = first[first["id_no"] != ""]
    assert (given["id_no"] == given["case_no"].map(debtor)).all()
    assert 0 < 1 - len(given) / len(first) < 0.03
    assert set(frame["role"][frame["party_no"] == 2]) == {"申请执行人"}
    assert (known > stage.docket.filed.min()).all()
    suits, _ = court_tables.lawsuit_rows(stage.plan.knobs, 4, 0, stage.court, stage.cohort.debts)
    assert (suits["suit_no"] == stage.suit_numbers_by_debt).all()
    assert (suits["amount"] <= stage.cohort.debts.amount).all()


def test_events_leave_out_what_the_defects_say(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    rows, known = proceedings.event_rows(stage.plan.knobs, 4, 0, stage.court)
    frame = pd.DataFrame(
        {name: rows[name] for name in ("event_id", "case_no", "ev_code", "ev_date", "end_date", "amount")}
    )
    codes = frame.groupby("case_no")["ev_code"].agg(set)
    docket = stage.docket
    for defect, code in (
        (dockets.NO_ORDER, "RPT_ORDER"),
        (dockets.NO_LIMIT, "LIMIT"),
        (dockets.NO_INTERVIEW, "INTERVIEW"),
        (dockets.NO_SURVEY, "INVEST"),
    ):
        has = np.array([code in codes[number] for number in docket.case_no])
        flawed = docket.defects[:, defect]
        assert not has[flawed & docket.terminated].any()
        assert has[~flawed & docket.terminated].all()
    assert (frame["ev_date"] <= known).all()
    ended = frame["end_date"] < NEVER
    assert (frame["end_date"][ended] >= frame["ev_date"][ended]).all()
    paid = frame[frame["ev_code"] == "PAY_IN"].groupby("case_no")["amount"].sum()
    assert all(paid.get(number, 0) == sum_ for number, sum_ in zip(docket.case_no, docket.paid, strict=True))


def test_known_holdings_belong_to_the_debtor_at_closing(quarter: SimulatedQuarter) -> None:
    court = quarter.stage.court
    row, thing = proceedings.known_holdings_of_cases(court, court.vehicles)
    cars = court.vehicles
    assert len(row)
    assert (cars["h"][thing] == court.docket.household[row]).all()
    assert (cars["known"] & (cars["slot"] == 0))[thing].all()
    assert (cars["start"][thing] < court.docket.closed[row]).all()


def test_stale_queries_lie_far_back_and_others_near_the_end(quarter: SimulatedQuarter) -> None:
    stage, docket = quarter.stage, quarter.stage.docket
    rows, known = queries.feedback_rows(stage.plan.knobs, 4, 0, stage.court)
    assert (rows["req_date"] < rows["fb_date"]).all()
    assert (rows["fb_date"] < known).all()
    last = pd.Series(rows["req_date"]).groupby(rows["case_no"]).max()[docket.case_no].to_numpy()
    stale = docket.defects[:, dockets.STALE] & docket.terminated
    assert stale.any()
    assert (docket.closed - last)[stale].min() >= 100
    clean = docket.terminated & ~stale & (docket.closed - docket.filed > 90)
    assert (docket.closed - last)[clean].max() <= 74
    found = set(rows["asset_id"][rows["asset_kind"] == "车辆"])
    assert found <= set(stage.court.vehicles["vin"][stage.court.vehicles["known"]])


def test_an_exact_petition_contains_its_identifier() -> None:
    rng = random_stream(1, 0, "petition test")
    size = 400
    kind = np.full(size, petition_words.FIRM)
    number = np.full(size, "浙东测试商贸有限公司", dtype=object)
    yes, no = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    exact = petition_words.petition_texts(rng, kind, number, yes, yes)
    assert all("浙东测试商贸有限公司" in text for text in exact)
    vague = petition_words.petition_texts(rng, kind, number, yes, no)
    silent = petition_words.petition_texts(rng, kind, number, no, no)
    assert not any("浙东测试" in text for text in [*vague, *silent])
    assert len(set(exact)) > size / 2


def test_petitions_come_before_a_resumption_and_are_answered_later(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    rows, known = petitions.petition_rows(stage.plan.knobs, 4, 0, stage.court)
    half = len(known) // 2
    assert (rows["pet_id"][:half] == rows["pet_id"][half:]).all()
    assert (known[half:] > known[:half]).all()
    assert (rows["reply_7d_date"][:half] == NEVER).all()
    assert (rows["reply_7d_date"][half:] > rows["recv_date"][half:]).all()
    day = dict(zip(stage.docket.case_no, stage.docket.petition, strict=True))
    assert all(received >= day[number] for number, received in zip(rows["case_no"], rows["recv_date"], strict=True))
