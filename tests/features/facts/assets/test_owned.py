"""Registers beside episodes: what stood on the termination day, what came since, what left and at what price."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from clue_rows import relation, tuples

from features.facts.assets import owned
from features.rules.periods import rules_table

DAY = timedelta(days=1)
ZB = date(2023, 6, 20)
HELD = {
    "owner": "string",
    "asset_kind": "string",
    "asset_id": "string",
    "day_from": "date",
    "day_to": "date",
    "value": "int64",
    "encumbrance": "int64",
    "prev_owner": "string",
    "rid": "int64",
}
TEXT = "string"
DEBTORS = relation({"episode": TEXT, "person": TEXT}, [("e", "甲"), ("e", "甲"), ("e", "乙"), ("f", "丁")])
EPISODES = relation(
    {"episode": TEXT, "zb_date": "date", "debt": "int64", "rid": "int64"}, [("e", ZB, 100, 1), ("f", ZB, 100, 2)]
)
DATES = ("t_srv", "t_jdgsv", "t_debt", "t_eff", "t_ntc", "t_zb")
ANCHORS = relation({"episode": TEXT} | dict.fromkeys(DATES, "date"), [(e, *[ZB] * len(DATES)) for e in "ef"])
KIN = {"person": TEXT, "other": TEXT, "rel": TEXT, "rid": "int64"}


def entry(thing: str, rid: int, day_from: date, day_to: date | None = None, **more: Any) -> tuple[Any, ...]:
    row = {"owner": "甲", "asset_kind": "VEH", "asset_id": thing, "day_from": day_from, "day_to": day_to}
    row |= {"value": 1_000, "encumbrance": 0, "prev_owner": None, "rid": rid} | more
    return tuple(row[name] for name in HELD)


def test_what_stood_at_the_end_and_what_came_since() -> None:
    long = date(2018, 1, 1)
    rows = [
        entry("早有", 1, long),
        entry("当日取得", 2, ZB, encumbrance=400),
        entry("次日取得", 3, ZB + DAY, encumbrance=1_001),
        entry("当日转出", 4, long, ZB),
        entry("次日转出", 5, long, ZB + DAY, value=None),
        entry("来而复去", 6, ZB + DAY, ZB + 9 * DAY),
        *(entry("更正", 7, long), entry("更正", 8, long + DAY), entry("更正", 9, long)),
        *(entry("再得", 10, long, ZB - DAY), entry("再得", 11, ZB + DAY)),
        entry("路人", 12, long, owner="戊"),
    ]
    court_reach = relation({"episode": TEXT, "log_on": "date"}, [("f", ZB)])
    found = tuples(
        owned.owned(relation(HELD, rows), DEBTORS, EPISODES, court_reach),
        "rid",
        "asset_id",
        "at_end",
        "since_end",
        "net",
        "log_on",
    )
    assert found == [
        (1, "早有", True, False, 1_000, None),
        (2, "当日取得", True, False, 600, None),
        (3, "次日取得", False, True, 0, None),
        (4, "当日转出", False, False, 1_000, None),
        (5, "次日转出", True, False, None, None),
        (6, "来而复去", False, False, 1_000, None),
        (8, "更正", True, False, 1_000, None),
        (10, "再得", False, False, 1_000, None),
        (11, "再得", False, True, 1_000, None),
    ]


GONE = {"person": TEXT, "taker": TEXT, "day": "date", "value": "int64", "price": "int64", "mode": TEXT, "rid": "int64"}
PRICES: list[tuple[str, int | None, int | None, str | None, tuple[bool, bool, int | None]]] = [
    ("一分不少七成", 1_000_000_000_010, 700_000_000_007, "买卖", (False, False, 300_000_000_003)),
    ("差一分七成", 1_000_000_000_010, 700_000_000_006, "买卖", (False, True, 300_000_000_004)),
    ("高于市价", 100, 120, None, (False, False, 0)),
    ("赠与", 100, 90, "赠与登记", (True, True, 100)),
    ("零价", 100, 0, "买卖", (True, True, 100)),
    ("无价", 100, None, "买卖", (False, False, None)),
    ("无估值", None, 90, "买卖", (False, False, None)),
    ("无估值赠与", None, None, "赠与", (True, False, None)),
]


def test_a_price_is_low_under_seven_tenths_of_the_market_to_the_fen() -> None:
    rows = [("甲", name, ZB, value, price, mode, n) for n, (name, value, price, mode, _) in enumerate(PRICES)]
    kin = relation(KIN, [("甲", "赠与", "spouse", 77), ("丁", "零价", "child", 78)])
    found = owned.disposed(relation(GONE, rows), DEBTORS, EPISODES, ANCHORS, kin, rules_table())
    assert {taker: rest for taker, *rest in tuples(found, "taker", "gift", "low", "gap")} == {
        name: list(expected) for name, *_, expected in PRICES
    }
    assert tuples(found.filter(found.to_kin), "taker", "kin_rid", "rel") == [("赠与", 77, "spouse")]


DRIVES = {"person": TEXT, "use_rid": "int64", "owner": TEXT}


def test_a_car_of_any_debtor_of_the_episode_is_no_strangers() -> None:
    rows = [
        ("甲", 1, "甲"),
        ("甲", 2, "乙"),
        ("甲", 3, "丙"),
        ("甲", 4, "己"),
        ("甲", 5, None),
        ("甲", 6, "戊"),
        ("乙", 6, "戊"),
    ]
    kin = relation(KIN, [("甲", "丙", "child", 11), ("乙", "戊", "spouse", 13)])
    near = relation(KIN, [("甲", "丙", "employee", 12), ("甲", "己", "employee", 14)])
    found = owned.driven(relation(DRIVES, rows), DEBTORS, ANCHORS, kin, near)
    assert tuples(found, "use_rid", "person", "owner", "rel", "tie_rid", "of_kin") == [
        (3, "甲", "丙", "child", 11, True),
        (4, "甲", "己", "employee", 14, False),
        (5, "甲", None, None, None, False),
        (6, "乙", "戊", "spouse", 13, True),
    ]


def test_things_of_kin_who_owe_the_debt_themselves_are_not_theirs() -> None:
    kin = relation(
        KIN,
        [("甲", "丙", "child", 11), ("甲", "乙", "spouse", 12), ("乙", "丙", "child", 10), ("丁", "丙", "in_law", 13)],
    )
    rows = [
        entry("车", 1, ZB, owner="丙", prev_owner="乙"),
        entry("房", 2, ZB, owner="丙", prev_owner="丁", asset_kind="RE"),
        entry("保单", 3, ZB, owner="丙", asset_kind="INS"),
        entry("共同债务人的车", 4, ZB, owner="乙"),
    ]
    found = owned.kin_owned(relation(HELD, rows), kin, DEBTORS, EPISODES, ANCHORS)
    assert tuples(found, "episode", "asset_id", "from_debtor", "kin_rid") == [
        ("e", "房", False, 10),
        ("e", "车", True, 10),
        ("f", "房", True, 13),
        ("f", "车", False, 13),
    ]
