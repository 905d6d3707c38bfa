"""Routes and ex officio grounds of a lead, by hand-worked cases (docs/domain.md section 1.6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.leads.routing import Situation, grounds_of, routes_of
from features.leads.settings import settings

QUIET = Situation("民间借贷纠纷", reviewed=False, petitions=0, watched=False, vulnerable=False)


@pytest.mark.parametrize(
    ("clues", "asset_class", "action", "matters"),
    [
        (("M2A",), "VEH", "民间借贷纠纷", []),
        (("A07",), "ACC", "民间借贷纠纷", ["拒不执行判决、裁定线索移送"]),
        (("DIST-BASIS",), "DIST", "民间借贷纠纷", ["虚假诉讼线索移送"]),
        (("M2A",), "HPF", "民间借贷纠纷", ["国家机关协助执行、履行职责监督"]),
        (("M8X",), "VEH", "民间借贷纠纷", ["国家机关协助执行、履行职责监督"]),
        (("M2A",), "VEH", "国有土地使用权出让合同纠纷", ["国有财产、生态环境等公益诉讼线索"]),
        (
            ("M2A", "A07", "E07"),
            "DEM",
            "环境污染责任纠纷",
            [
                "拒不执行判决、裁定线索移送",
                "虚假诉讼线索移送",
                "国家机关协助执行、履行职责监督",
                "国有财产、生态环境等公益诉讼线索",
            ],
        ),
    ],
)
def test_routes_follow_clues_class_and_cause_of_action(
    clues: tuple[str, ...], asset_class: str, action: str, matters: list[str]
) -> None:
    routes = routes_of(clues, asset_class, replace(QUIET, action=action))
    assert [route.matter for route in routes] == ["民事执行监督", *matters]


@pytest.mark.parametrize(
    ("situation", "clues", "whens"),
    [
        (QUIET, ("M2A",), set()),
        (replace(QUIET, reviewed=True), ("M2A",), {"reviewed"}),
        (replace(QUIET, watched=True), ("M2A",), {"impact"}),
        (replace(QUIET, vulnerable=True), ("M2A",), {"impact"}),
        (QUIET, ("E08",), {"sham"}),
        (QUIET, ("M16A",), {"administrative"}),
        (replace(QUIET, action="食品安全"), ("M2A",), {"action"}),
    ],
)
def test_grounds_are_those_whose_fact_holds(situation: Situation, clues: tuple[str, ...], whens: set[str]) -> None:
    grounds = grounds_of(clues, routes_of(clues, "VEH", situation), situation)
    of_code = {row.code: row.when for row in settings().grounds}
    assert {of_code[ground.code] for ground in grounds} == whens
    assert all(ground.question.endswith(("？", "?")) for ground in grounds)


def test_petitions_raise_a_ground_from_the_limit_on() -> None:
    limit = settings().limits["petitions"]
    grounds = [grounds_of((), (), replace(QUIET, petitions=count)) for count in range(limit + 2)]
    assert [bool(raised) for raised in grounds] == [False] * limit + [True, True]
