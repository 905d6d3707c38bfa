"""Preserved things as delivered: the events of both cases agree with the ground truth."""

from __future__ import annotations

from typing import Any

import pytest
from world_reading import Event, ReadWorld

KEEPS = ("SEAL", "FREEZE", "DETAIN", "DEDUCT", "APPRAISE", "AUCTION", "INKIND")


def _seals(world: ReadWorld, act: dict[str, Any]) -> list[Event]:
    held = world.cases[act["case_no"]]["保全案号"]
    assert held
    return sorted(world.of(held, "SEAL", "FREEZE", asset=act["asset_id"]), key=lambda event: event.day)


def _known(world: ReadWorld, cls: str, real: bool) -> list[tuple[dict[str, Any], list[Event]]]:
    found = [
        (act, seals)
        for act in world.acts_of(cls, real)
        if act["case_no"] in world.cases and (seals := _seals(world, act))
    ]
    assert len(found) >= 4
    return found


def test_a_preservation_has_its_case_and_the_enforcement_names_it(small_world: ReadWorld) -> None:
    named = {row["保全案号"] for row in small_world.cases.values() if row["保全案号"]}
    own = {number for number, row in small_world.cases.items() if row["案件类型"] == "财产保全执行"}
    assert len(named) > 50
    assert named <= own


def test_what_was_not_taken_over_has_no_act_in_the_enforcement(small_world: ReadWorld) -> None:
    for act, _ in _known(small_world, "preservation_unconverted", True):
        assert not [
            event
            for event in small_world.of(act["case_no"], *KEEPS, asset=act["asset_id"])
            if event.day <= act["zb_date"]
        ]


def test_what_ran_out_was_not_renewed_before(small_world: ReadWorld) -> None:
    clean = 0
    for act, seals in _known(small_world, "preservation_lapsed", True):
        first, again = seals[0], small_world.of(act["case_no"], *KEEPS, asset=act["asset_id"])
        assert first.ends is not None and first.ends < act["zb_date"]
        clean += not [event for event in [*seals[1:], *again] if first.day < event.day <= first.ends]
    assert clean >= 0.9 * len(_known(small_world, "preservation_lapsed", True))
    for _, seals in _known(small_world, "preservation_lapsed", False):
        assert [event for event in seals[1:] if seals[0].ends and event.day <= seals[0].ends]


@pytest.mark.parametrize("real", [True, False])
def test_releases_carry_a_ground_only_where_there_was_one(small_world: ReadWorld, real: bool) -> None:
    grounds = ("申请", "担保", "和解", "异议成立")
    for _, seals in _known(small_world, "preservation_released", real):
        assert seals[0].until and seals[0].ends and seals[0].until < seals[0].ends
        said = seals[0].cell("理由")
        assert any(word in said for word in grounds) != real
