"""What the truth says of a debtor's property is what the registers show, and nobody else shows it."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from simulated_quarter import SimulatedQuarter

from evaluation.world.population.people import DEBTOR

TABLE_OF = {"公积金": ("hpf", "person_id"), "社保": ("social", "person_id"), "死亡登记": ("death", "person_id")}
"""Sources that show all they hold of a person in every answer: table, and whose rows they are."""


@pytest.fixture(scope="module")
def debtors(quarter: SimulatedQuarter) -> set[str]:
    return set(quarter.stage.cohort.people.id_no[:, DEBTOR])


@pytest.fixture(scope="module")
def creditor(quarter: SimulatedQuarter) -> dict[str, str]:
    """The creditor of the suit by case."""
    docket = quarter.stage.docket
    return dict(zip(docket.case_no, quarter.stage.cohort.debts.creditor_id[docket.suit], strict=True))


def test_money_for_a_home_reaches_debtor_creditor_or_someone_close_as_the_truth_says(
    quarter: SimulatedQuarter, creditor: dict[str, str]
) -> None:
    rows = quarter.rows("demolition", "simulate_compensation")
    acts = quarter.acts("demolition_diverted").set_index("asset_id")
    whole = rows.drop_duplicates("agreement_no").set_index("agreement_no")
    seen: Counter[str] = Counter()
    for number, row in whole.iterrows():
        act = acts.loc[number]
        moved = pd.notna(row["changed_date"])
        to = "debtor" if row["payee_id"] == act["person_id"] else "kin"
        to = "creditor" if row["payee_id"] == creditor[act["case_no"]] else to
        seen[to] += 1
        assert moved == (row["prev_payee_id"] != "")
        assert not act["real"] or (to == "kin" and moved and row["owner_id"] == act["person_id"])
        assert (row["paid_acct"] == "") == (to == "creditor")
        assert row["agreement_date"] < row["paid_date"] and (not moved or row["agreement_date"] < row["changed_date"])
    assert seen.keys() == {"debtor", "kin", "creditor"}


def test_the_debtors_own_share_is_a_fifth_beside_that_of_another_owner(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("demolition", "simulate_compensation")
    acts = quarter.acts("demolition_diverted").set_index("asset_id")
    pairs = rows[rows.duplicated("agreement_no", keep=False)].groupby("agreement_no")
    assert len(pairs)
    for number, pair in pairs:
        mine = pair["payee_id"] == acts["person_id"][number]
        assert sorted(mine) == [False, True]
        assert int(pair["amount"][mine].iloc[0]) == int(pair["amount"][~mine].iloc[0]) // 5
        assert not acts["real"][number]


def test_the_court_had_asked_for_money_only_where_nothing_was_diverted(quarter: SimulatedQuarter) -> None:
    asked = quarter.rows("event", "simulate_compensation").drop_duplicates("event_id")
    acts = quarter.acts("demolition_diverted")
    known = acts[~acts["real"]].set_index(["case_no", "amount_fen"])
    assert len(asked) > 4
    assert all((row.case_no, row.amount) in known.index for row in asked.itertuples())


def test_a_lease_is_let_by_the_debtor_to_somebody_else_and_prepaid_in_whole_months(
    quarter: SimulatedQuarter, debtors: set[str]
) -> None:
    rows = quarter.rows("lease", "simulate_leases")
    acts = quarter.acts("sham_lease").set_index("asset_id")
    assert (rows["landlord_id"].to_numpy() == acts["person_id"][rows["unit_no"]].to_numpy()).all()
    assert (rows["tenant_id"] != rows["landlord_id"]).all()
    assert (rows["prepaid"] % rows["rent_month"] == 0).all()
    assert (rows["prepaid"].to_numpy() == acts["amount_fen"][rows["unit_no"]].to_numpy()).all()
    sham = acts["real"][rows["unit_no"]].to_numpy()
    close = [pair in quarter.kin for pair in zip(rows["landlord_id"], rows["tenant_id"], strict=True)]
    assert pd.Series(close)[sham].all() and not all(close)
    assert not set(rows["tenant_id"]) & debtors
    # Invented leases outlast what they are paid for.
    months = (rows["end_date"] - rows["start_date"]) / 30
    assert (rows["prepaid"] <= rows["rent_month"] * months)[sham].all()


def test_homes_are_in_the_register_in_the_debtors_name(quarter: SimulatedQuarter) -> None:
    units = dict(zip(quarter.stage.court.realty["unit"], quarter.stage.court.realty["h"], strict=True))
    for act in quarter.acts("sham_lease").itertuples():
        assert quarter.stage.cohort.people.id_no[units[act.asset_id], DEBTOR] == act.person_id


def test_the_employers_journeys_and_those_allowed_are_no_breach(quarter: SimulatedQuarter, debtors: set[str]) -> None:
    rows, people = quarter.rows("travel", "simulate_travels"), quarter.stage.cohort.people
    assert set(rows["person_id"]) <= debtors
    employer = dict(zip(people.id_no[:, DEBTOR], people.employer_id, strict=True))
    paid = rows["payer_id"].to_numpy() == rows["person_id"].map(employer).to_numpy()
    acts = quarter.acts("travel_violation")
    honest = {(row.person_id, row.day) for row in acts.itertuples() if not row.real}
    first = rows[paid].groupby("person_id")["travel_date"].min()
    work = [(who, day) in honest for who, day in first.items()]
    assert len(work) > 3 and sum(work) >= 0.7 * len(work)  # an earlier journey may have come before the answer
    events = quarter.rows("event")
    allowed = events[events["result"] == "单次解除"].drop_duplicates("event_id")
    mine = allowed[allowed["event_id"].str.startswith("TRP")]
    assert len(mine) > 4
    cases = acts[~acts["real"]].groupby("case_no")["day"].agg(set)
    for row in mine.itertuples():
        assert any(row.ev_date <= day <= row.ev_date + 15 for day in cases[row.case_no])


def test_nobody_travels_or_pays_bills_after_his_registered_death(quarter: SimulatedQuarter) -> None:
    died = quarter.rows("death").drop_duplicates("person_id").set_index("person_id")["died_on"]
    for table, who, when in (("travel", "person_id", "travel_date"), ("utility", "payer_id", "paid_on")):
        rows = quarter.rows(table)
        rows = rows[rows[who].isin(died.index)]
        assert (rows[when].to_numpy() <= died[rows[who]].to_numpy()).all(), table


def test_bills_of_a_home_are_paid_by_its_debtor_or_by_those_the_truth_names(
    quarter: SimulatedQuarter, debtors: set[str]
) -> None:
    rows, people = quarter.rows("utility", "simulate_utilities"), quarter.stage.cohort.people
    household = {number: h for h, row in enumerate(people.id_no.tolist()) for number in row}
    place = rows["payer_id"].map(household)
    by_other = rows[~rows["payer_id"].isin(debtors)]
    acts = quarter.acts("utility_kin")
    total = acts.groupby("person_id")["amount_fen"].sum()
    owner = pd.Series(people.id_no[place[by_other.index].astype(int), DEBTOR], by_other.index)
    assert owner.isin(total.index).all()
    paid = by_other.groupby(owner)["amount"].sum()
    assert (paid <= total[paid.index]).all()
    assert (paid == total[paid.index]).mean() > 0.4
    assert rows["meter_no"].str[5].isin(["1", "2"]).all()
    away = rows[rows["meter_no"].str[5] == "2"]
    assert set(away["payer_id"]) <= set(quarter.acts("utility_home")["person_id"])
    assert rows["kind"].nunique() == 4 and (rows["amount"] > 0).all()


def test_tenants_of_the_truth_have_their_lease_of_the_home_they_pay_for(quarter: SimulatedQuarter) -> None:
    leases = quarter.rows("lease", "simulate_utilities").set_index("tenant_id")
    acts = quarter.acts("utility_home")
    homes = acts[~acts["real"]].groupby("person_id")["asset_id"].agg(set)
    assert len(leases) > 10
    for who, row in leases.iterrows():
        assert row["unit_no"] in homes[who]
        assert row["start_date"] < acts[acts["person_id"] == who]["day"].min() + 60
        assert row["landlord_id"] != who
    hidden = acts[acts["real"]]
    assert not set(hidden["asset_id"]) & set(leases["unit_no"])


def test_journeys_come_with_the_answers_that_say_they_bring_them(quarter: SimulatedQuarter) -> None:
    asked = quarter.rows("inquiry", "simulate_travels")
    full = asked[asked["has_result"].astype(bool)]
    rows = quarter.rows("travel", "simulate_travels")
    brought = set(zip(rows["person_id"], rows["_delivery"], strict=True))
    assert brought == set(zip(full["subject_id"], full["_delivery"], strict=True))
    assert 10 < len(brought) < len(asked)


@pytest.mark.parametrize("source", TABLE_OF)
def test_an_answer_with_a_result_has_rows_and_one_without_has_none(quarter: SimulatedQuarter, source: str) -> None:
    table, column = TABLE_OF[source]
    rows, asked = quarter.rows(table), quarter.rows("inquiry")
    asked = asked[asked["source_code"] == source]
    shown = rows.groupby(column)["_delivery"].min()
    known = {number[:6] + number[8:17] for number in asked["subject_id"] if len(number) == 18}
    assert set(shown.index) <= set(asked["subject_id"]) | known
    first = shown.reindex(asked["subject_id"]).to_numpy()
    seen = first <= asked["_delivery"].to_numpy()
    full = asked["has_result"].to_numpy(dtype=bool)
    assert 10 < full.sum() < len(full)
    assert not (seen & ~full).any()
    # Some people stand in a register under an older number.
    assert (seen & full).sum() >= 0.95 * full.sum()


def test_things_of_a_register_were_held_before_its_answer(quarter: SimulatedQuarter) -> None:
    received = quarter.stage.plan.calendar.deliveries
    for table, start, end in (("vehicle", "own_from", "own_to"), ("realty", "reg_date", "end_date")):
        rows = quarter.rows(table)
        assert (rows[start] < received[rows["_delivery"]]).all(), table
        over = rows.dropna(subset=[end])
        assert len(over) > 20 and (over[start] < over[end]).all() and (over[end] < received[over["_delivery"]]).all()


def test_what_was_sold_by_auction_has_left_the_debtor_in_later_extracts(quarter: SimulatedQuarter) -> None:
    events = quarter.rows("event", "simulate_auctions")
    sold = events[(events["ev_code"] == "AUCTION") & (events["result"] == "成交")]
    for table, thing, start, end in (
        ("vehicle", "vin", "own_from", "own_to"),
        ("realty", "unit_no", "reg_date", "end_date"),
    ):
        day = sold.groupby("asset_id")["ev_date"].max()
        rows = quarter.rows(table)
        rows = rows[rows[thing].isin(day.index)]
        received = quarter.stage.plan.calendar.deliveries[rows["_delivery"]]
        late = rows[(received > day[rows[thing]].to_numpy() + 90) & (rows[start] < day[rows[thing]].to_numpy())]
        assert len(late) > 10 and late[end].notna().all(), table
