"""Scenarios of property on one quarter: registers show the act that the ground truth records."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from simulated_quarter import SimulatedQuarter

from evaluation.world.population.inquiries import draw_inquiries
from evaluation.world.population.people import CHILD, DEBTOR, INLAW, PARENT, SPOUSE
from evaluation.world.population.spool import Spool
from evaluation.world.scenarios.assets import (
    aliases,
    companies,
    family_register,
    households,
)
from evaluation.world.stage.household_inquiries import first_inquiry_day


def test_registered_leases_are_those_of_the_truth(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("lease", "simulate_leases")
    acts = quarter.acts("sham_lease").set_index("asset_id")
    assert rows["unit_no"].isin(acts.index).all()
    assert (rows["registered_on"].to_numpy() == acts["day"][rows["unit_no"]].to_numpy()).all()
    assert (rows["signed_on"] <= rows["registered_on"]).all()
    assert (rows["start_date"] < rows["end_date"]).all()
    received = quarter.stage.plan.calendar.deliveries[rows["_delivery"]]
    assert (rows["registered_on"] < received).all()


def test_compensation_is_diverted_to_someone_close(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("demolition", "simulate_compensation").drop_duplicates("agreement_no").set_index("agreement_no")
    acts = quarter.acts("demolition_diverted").set_index("asset_id")
    assert rows.index.isin(acts.index).all()
    debtor = acts["person_id"][rows.index]
    close = np.array([pair in quarter.kin for pair in zip(debtor, rows["payee_id"], strict=True)])
    left = (rows["prev_payee_id"] == debtor) & close
    assert (left == acts["real"][rows.index]).all()
    assert (rows["amount"] == acts["amount_fen"][rows.index]).all()
    assert (rows["agreement_date"] < rows["paid_date"]).all()


def test_forbidden_journeys_fall_under_an_order(quarter: SimulatedQuarter) -> None:
    events = quarter.rows("event")
    limits = events[(events["ev_code"] == "LIMIT") & (events["result"] == "限制消费令")]
    begin = limits.groupby("subject_id")["ev_date"].min()
    rows = quarter.rows("travel", "simulate_travels")
    acts = quarter.acts("travel_violation")
    breaches = acts[acts["real"]].set_index("person_id")["day"]
    assert (breaches > begin[breaches.index]).all()
    innocent = acts[~acts["real"] & ~acts["person_id"].isin(breaches.index)].groupby("person_id")["day"].min()
    assert (innocent < begin.reindex(innocent.index).fillna(1e9)).mean() > 0.3
    sly = rows[(rows["kind"] == "航班") & (rows["doc_no"] != rows["person_id"])]
    assert sly["person_id"].isin(breaches.index).all()
    assert sly["doc_no"].str.startswith("E99").all()


def test_bills_add_up_to_the_acts(quarter: SimulatedQuarter) -> None:
    rows = quarter.rows("utility", "simulate_utilities")
    away = rows[rows["meter_no"].str[5] == "2"]
    acts = quarter.acts("utility_home")
    total = acts.groupby("person_id")["amount_fen"].sum()
    first = acts.groupby("person_id")["day"].min()
    paid = away.groupby("payer_id")
    assert paid["amount"].sum().le(total.reindex(paid.size().index)).all()
    assert paid["paid_on"].min().ge(first.reindex(paid.size().index)).all()
    assert (paid["amount"].sum() == total.reindex(paid.size().index)).mean() > 0.4
    tenants = quarter.rows("lease", "simulate_utilities")
    honest = set(acts["person_id"][~acts["real"]])
    assert set(tenants["tenant_id"]) <= honest


def test_mortgages_weigh_on_the_thing_and_cheap_homes_are_cheap(quarter: SimulatedQuarter) -> None:
    acts = quarter.acts("mortgage_kin")
    rows = quarter.rows("encumbrance", "simulate_register_answers")
    shown = rows[rows["asset_id"].isin(acts["asset_id"][acts["real"]]) & ~rows["mortgagee_name"].str.endswith("银行")]
    old = shown["mortgagee_id"].str.len() == 15
    debtors = shown["owner_id"].str.len() == 18
    close = [(a, b) in quarter.kin for a, b in zip(shown["owner_id"], shown["mortgagee_id"], strict=True)]
    assert np.array(close)[~old & debtors].all()
    sold = quarter.acts("realty_sold_cheap").query("real").set_index("asset_id")
    homes = quarter.rows("realty").query("prev_holder_id != ''").drop_duplicates("unit_no").set_index("unit_no")
    homes = homes[homes.index.isin(sold.index)]
    assert len(homes) > 10
    assert ((homes["market_value"] - homes["price"]).clip(lower=0) == sold["amount_fen"][homes.index]).all()


def test_divorces_and_ties_are_shown_as_of_the_answer(quarter: SimulatedQuarter) -> None:
    stage, people = quarter.stage, quarter.stage.cohort.people
    rows = quarter.rows("relation", "simulate_register_answers")
    slots = {"配偶": SPOUSE, "父母": PARENT, "子女": CHILD, "兄弟姐妹": CHILD, "女婿/儿媳": INLAW}
    place = {number: h for h, number in enumerate(people.id_no[:, DEBTOR])}
    for row in rows.itertuples():
        h, slot = place[row.person_a], slots[row.rel_code]
        assert people.id_no[h, slot] == row.person_b
        assert people.present[h, slot]
    marriages = quarter.rows("marriage", "simulate_register_answers")
    received = stage.plan.calendar.deliveries[marriages["_delivery"]]
    assert (marriages["divorce_date"].isna() | (marriages["divorce_date"] <= received)).all()
    assert (marriages["divorce_date"].isna() == marriages["asset_share"].isna()).all()
    acts = quarter.acts("divorce_split").set_index("person_id")
    ended = marriages[marriages["divorce_date"].notna() & marriages["person_a"].isin(acts.index)].set_index("person_a")
    sham = acts["real"][ended.index]
    assert ended["asset_share"][sham].median() < 0.3 < ended["asset_share"][~sham].min() + 0.06
    assert set(ended["division"][sham]) == {"房屋及存款归对方，债务由甲方承担"}


def test_no_extract_without_an_inquiry(quarter: SimulatedQuarter) -> None:
    asked = quarter.rows("inquiry", "simulate_register_answers").groupby("source_code")["subject_id"].agg(set)
    assert set(asked.index) == {"机动车登记", "机动车使用", "不动产", "保险", "公积金", "社保", "企业登记", "人员关系"}
    people = quarter.stage.cohort.people
    for table, column, source in (
        ("hpf", "person_id", "公积金"),
        ("social", "person_id", "社保"),
        ("marriage", "person_a", "人员关系"),
    ):
        shown = set(quarter.rows(table)[column])
        known = {aliases.short_number(np.array([number], dtype=object))[0] for number in asked[source]}
        assert shown <= asked[source] | known
    assert set(people.id_no[:, DEBTOR]) - asked["保险"]


def test_a_register_keeps_one_number_per_person(quarter: SimulatedQuarter) -> None:
    stage, people = quarter.stage, quarter.stage.cohort.people
    shown = aliases.people_as_registered(stage, "some register")
    assert (aliases.people_as_registered(stage, "some register").id_no == shown.id_no).all()
    short = np.array([len(number) == 15 for number in shown.id_no.reshape(-1)])
    whole, own = people.id_no.reshape(-1), shown.id_no.reshape(-1)
    assert all(long[:6] + long[8:17] == old for long, old in zip(whole[short], own[short], strict=True))
    assert (whole[~short] == own[~short]).all()
    assert 0.005 < short.mean() < 0.04
    other = shown.name != people.name
    assert 0.01 < other.mean() < 0.03
    assert all(a[0] == b[0] for a, b in zip(shown.name[other], people.name[other], strict=True))


def test_family_extracts_answer_only_the_households_asked_about(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    drawn = draw_inquiries(stage.plan.knobs, 9, 0, "kin", first_inquiry_day(stage))
    spool = Spool(stage.spool.folder, stage.plan.calendar, lambda table, rows: rows)
    none = np.full(len(stage.cohort.people), 60_000)
    ended = households.Divorces(none, none * np.nan, none * np.nan, np.full(len(none), "", dtype=object))
    closed = stage.cohort.debts.closed[stage.conduct.first]
    family_register.deliver_family_extracts(9, 0, spool, stage.cohort.people, ended, closed, drawn)
    rows = SimulatedQuarter(dataclasses.replace(stage, spool=spool)).rows("relation")
    assert set(rows["person_a"]) <= set(stage.cohort.people.id_no[drawn.h, DEBTOR])
    assert not rows["valid_to"].notna().any()


def test_companies_end_and_change_hands_as_drawn(quarter: SimulatedQuarter) -> None:
    stage = quarter.stage
    drawn = companies.draw_companies(stage.plan, 0, stage.cohort)
    rows = quarter.rows("company").drop_duplicates("uscc", keep="last").set_index("uscc")
    own = pd.Series(np.arange(len(drawn.owner)), stage.cohort.people.company_id)
    own = own[own.index != ""]
    mine = rows[rows.index.isin(own.index)]
    gone = mine[mine["status"] == "注销"]
    assert len(gone) > 5
    assert (gone["end_date"].to_numpy() == drawn.end_day[own[gone.index].to_numpy()]).all()
    assert ((drawn.end == companies.GOES_ON) == (drawn.end_day >= 60_000)).all()
    assert not (drawn.single & ~drawn.owner).any()
    assert not ((drawn.money != companies.APART) & ~drawn.single).any()
