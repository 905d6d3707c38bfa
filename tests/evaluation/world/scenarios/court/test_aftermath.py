"""Money, seals and requests as delivered: events agree with the ground truth."""

from __future__ import annotations

from datetime import timedelta

from world_reading import ReadWorld, day


def test_money_held_stays_and_other_money_goes_or_has_its_reason(small_world: ReadWorld) -> None:
    for real in (True, False):
        fits = whole = 0
        for act in small_world.acts_of("money_held", real):
            log = small_world.of(act["case_no"])
            came = [event for event in log if event.code == "PAY_IN" and event.amount == act["amount_fen"]]
            if not came:
                continue
            whole += 1
            limit = act["day"] + timedelta(days=30)
            paid = [
                event
                for event in log
                if event.code == "PAY_OUT" and event.amount == act["amount_fen"] and act["day"] <= event.day <= limit
            ]
            reason = [event for event in log if event.code in ("PAY_HOLD", "DEPOSIT", "DISTRIB")]
            fits += (not paid) if real else bool(paid or reason)
        assert whole >= 8
        assert fits >= 0.93 * whole


def test_silent_obligors_answer_late_or_never(small_world: ReadWorld) -> None:
    for real in (True, False):
        fits = whole = 0
        for act in small_world.acts_of("obligor_silent", real):
            asked = [event for event in small_world.of(act["case_no"], "ASSIST", "DEBT3P") if event.day == act["day"]]
            for event in asked:
                whole += 1
                late = event.until is None or (event.ends is not None and event.until > event.ends)
                fits += late == real
        assert whole >= 8
        assert fits >= 0.95 * whole


def test_a_request_answered_later_is_first_known_open(small_world: ReadWorld) -> None:
    versions: dict[str, list[str]] = {}
    for row in small_world.rows("执行事件"):
        if row["事件类型"] == "ASSIST":
            versions.setdefault(row["事件编号"], []).append(row["解除或办结日期"])
    twice = [ends for ends in versions.values() if len({day(text) for text in ends}) > 1]
    assert len(twice) > 10
    assert all(not ends[0] for ends in twice)


def test_seals_that_lapse_are_not_renewed_in_time(small_world: ReadWorld) -> None:
    for real in (True, False):
        fits = whole = 0
        for act in small_world.acts_of("seal_lapsed", real):
            seals = small_world.of(act["case_no"], "SEAL", "FREEZE", "DETAIN", asset=act["asset_id"])
            mine = [event for event in seals if event.ends == act["day"]]
            if not mine:
                continue
            whole += 1
            kept = [event for event in seals if event.ends and event.day <= act["day"] < event.ends]
            freed = any(event.until for event in mine)
            fits += (not kept and not freed) if real else bool(kept or freed)
        assert whole >= 8
        assert fits >= 0.93 * whole


def test_too_much_is_sealed_in_several_things_beyond_the_debt(small_world: ReadWorld) -> None:
    for act in small_world.acts_of("over_seizure", True):
        goods = [
            event
            for event in small_world.of(act["case_no"], "SEAL")
            if event.cell("财产标识").startswith("CF") and event.day <= act["day"]
        ]
        if act["case_no"] not in small_world.cases:
            continue
        owed = float(small_world.cases[act["case_no"]]["应执行标的金额"]) * 100
        assert len(goods) >= 2
        assert sum(event.amount or 0 for event in goods) > act["amount_fen"] * 0.99
        assert act["amount_fen"] > 0.9 * owed or float(small_world.cases[act["case_no"]]["实际到位金额"] or 0) > 0


def test_goods_sealed_elsewhere_first_were_sealed_by_a_case_on_file(small_world: ReadWorld) -> None:
    behind = [event for log in small_world.log.values() for event in log if event.cell("结果") == "轮候查封"]
    assert len(behind) >= 4
    for event in behind:
        first = [
            other
            for log in small_world.log.values()
            for other in log
            if other.cell("财产标识") == event.cell("财产标识") and other.case_no != event.case_no
        ]
        assert first
        assert all(other.case_no in small_world.cases for other in first)
