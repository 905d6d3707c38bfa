"""Plates delivered in different spellings, also to pools made earlier, meet as if all had been written alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from auction_rows import lot
from clue_rows import ZB, Book, episode, person, rows, tuples

from features.clues.assets import vehicles
from features.facts import Facts

DAY = timedelta(days=1)
WAYS = ("浙z·{}", "浙Z {}", "浙Ｚ-{}", "浙Z•{}", "浙Z．{}")


def register(book: Book, plate: Callable[[str], str]) -> None:
    """A car sealed, used and named by its plate alone; each mention is spelt by `plate`."""
    book.logged(1, 2, 3)
    for n, more in ((1, {}), (2, {}), (3, {"plate": plate("9993警")})):
        book.car(n, f"TESTZZ9991{n}", ZB - 900 * DAY, **({"plate": plate(f"9991{n}")} | more))
    book.seal(1, plate("99911"), ZB - 800 * DAY, expiry_date=ZB - 70 * DAY)
    book.seal(3, plate("9993警"), ZB - 800 * DAY, expiry_date=ZB - 70 * DAY)
    at = datetime(2023, 9, 1, 12)
    book.add("veh_use", plate=plate("99912"), event_type="VIO", event_time=at, driver_id=person(2))
    lot(book, 2, asset_kind="车辆", asset_id=plate("99912"))
    book.add(
        "encumbrance",
        mortgage_no="M1",
        asset_kind="车辆",
        asset_id=plate("99912"),
        owner_id=person(2),
        mortgagee_name="虚构银行",
        amount=100,
        reg_date=ZB - 800 * DAY,
    )
    row = {"channel": "web", "petitioner_role": "申请执行人", "recv_date": ZB + DAY, "asset_kind": "车辆"}
    book.add("petition", pet_id="XF1", case_no="（2023）浙9901执1号", asset_id=plate("99911"), **row)


def answers(facts: Facts) -> dict[str, object]:
    """What the facts and the clue of lapsed seals tell of the cars."""
    return {
        "seals": tuples(facts.seals, "asset", "asset_id", "case_no", "day"),
        "events": tuples(facts.events.filter(facts.events.asset_id.notnull()), "episode", "asset_id"),
        "uses": tuples(facts.drives, "plate", "person", "owner", "vin"),
        "lots": tuples(facts.lots, "episode", "asset", "asset_id"),
        "mortgages": tuples(facts.mortgages, "asset_id", "amount"),
        "named": tuples(facts.registered_named_assets, "episode", "asset_id", "label"),
        "lapsed": [(row["episode"], row["who"], row["amount"]) for row in rows(vehicles.family, "M2C", facts)],
    }


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    book = Book()
    register(book, lambda tail: f"浙Z{tail}")
    with book.open(tmp_path_factory.mktemp("alike")).cut as cut:
        yield answers(Facts(cut))


def test_plates_in_any_spelling_meet(alike: dict[str, object], tmp_path: Path) -> None:
    book, turn = Book(), iter(WAYS * 9)
    register(book, lambda tail: next(turn).format(tail))
    with book.open(tmp_path).cut as cut:
        assert answers(Facts(cut)) == alike


def test_the_plain_spelling_meets_its_car(alike: dict[str, object]) -> None:
    assert alike["lapsed"] == [(episode(1), "浙Z99911", 5_000_000), (episode(3), "浙Z9993警", 5_000_000)]
    assert alike["uses"] == [("浙Z99912", person(2), person(2), "TESTZZ99912")]
    assert alike["lots"] == [(episode(2), "TESTZZ99912", "浙Z99912")]
    assert alike["named"] == [(episode(1), "TESTZZ99911", "浙Z99911")]
