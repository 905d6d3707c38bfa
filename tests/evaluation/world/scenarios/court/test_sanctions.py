"""Lists, deaths and refusals as delivered."""

from __future__ import annotations

from world_reading import ReadWorld, day


def test_careful_courts_look_for_the_estate_and_careless_ones_do_not(small_world: ReadWorld) -> None:
    looked = {True: 0, False: 0}
    for act in small_world.acts_of("dead_debtor"):
        estate = [event for event in small_world.of(act["case_no"], "INVEST") if "遗产" in event.cell("内容")]
        assert not (act["real"] and estate)
        looked[act["real"]] += bool(estate)
        if estate:
            limits = small_world.of(act["case_no"], "LIMIT")
            mine = [
                event for event in limits if event.cell("对象证件号码") == act["person_id"] and event.day <= act["day"]
            ]
            assert all(event.until is not None for event in mine)
    assert looked[False] >= 2


def test_deaths_reach_the_office_only_where_it_asked(small_world: ReadWorld) -> None:
    asked = {
        row["被查询人证件号码"]: day(row["反馈日期"])
        for row in small_world.rows("调取清单")
        if row["数据来源"] == "死亡登记"
    }
    rows = small_world.rows("死亡登记")
    dead = {act["person_id"] for act in small_world.acts_of("dead_debtor")}
    assert {row["证件号码"] for row in rows} <= dead & set(asked)
    assert len(rows) < len(dead)
    for row in rows:
        died, answered = day(row["死亡日期"]), asked[row["证件号码"]]
        assert died and answered and died < answered


def test_missing_listings_are_missing_in_the_log(small_world: ReadWorld) -> None:
    checked = 0
    for act in small_world.acts_of("credit_list", True):
        if act["day"] == act["zb_date"]:
            mine = [
                event
                for event in small_world.of(act["case_no"], "DISHONEST", "RPT_CONTENT")
                if event.cell("对象证件号码") == act["person_id"] and event.day <= act["zb_date"]
            ]
            checked += 1
            assert not [event for event in mine if event.code == "DISHONEST"]
    assert checked >= 8


def test_refusals_begin_with_a_punishment(small_world: ReadWorld) -> None:
    for act in small_world.acts_of("refusal_crime"):
        if act["case_no"] in small_world.log and act["day"] and act["day"] < act["zb_date"]:
            hits = small_world.of(act["case_no"], "FINE", "DETENTION")
            assert hits
            if act["real"]:
                assert min(event.day for event in hits) < act["day"]
