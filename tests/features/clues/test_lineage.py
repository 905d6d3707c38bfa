"""Which source columns a clue is said to read: all that can change its rows, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import ibis.expr.types as ir

from features.clues.catalogue import CLUES
from features.clues.lineage import study
from features.facts import Facts
from features.facts.rows import row_ids

OF_LAWYERS = {"plaintiff_lawyer", "defendant_lawyer"}
Join = Callable[[ir.Table, ir.Table], ir.Table]


def grouped(suit: ir.Table) -> ir.Table:
    """One row per plaintiff: plaintiff (grouped by), worth, latest."""
    return suit.group_by(plaintiff="plaintiff_id").agg(worth=suit.amount.sum(), latest=suit.suit_date.max())


def left(car: ir.Table, suit: ir.Table) -> ir.Table:
    once = grouped(suit)
    return car.left_join(once, car.holder_id == once.plaintiff)


def by_two_columns(car: ir.Table, suit: ir.Table) -> ir.Table:
    once = suit.group_by(plaintiff="plaintiff_id", cause="cause").agg(worth=suit.amount.sum())
    return car.left_join(once, car.holder_id == once.plaintiff)


def by_name(car: ir.Table, suit: ir.Table) -> ir.Table:
    once = suit.group_by(holder_id="plaintiff_id").agg(worth=suit.amount.sum())
    return car.left_join(once, "holder_id").drop("holder_id_right")


# How a clue on cars joins suits, and the columns of suits that can change its rows.
FORMS: dict[str, tuple[Join, set[str]]] = {
    "no join": (lambda car, suit: car, set()),
    "left, one row each, unused": (left, set()),
    "left, one row each, joined by name, unused": (by_name, set()),
    "left, one row each, one column used": (
        lambda car, suit: left(car, suit).mutate(note=lambda t: t.worth.cast("string")),
        {"plaintiff_id", "amount"},
    ),
    "left, one row each, used in a filter": (
        lambda car, suit: left(car, suit).filter(lambda t: t.latest > t.reg_date),
        {"plaintiff_id", "suit_date"},
    ),
    "left, one row each, whether met": (
        lambda car, suit: left(car, suit).filter(lambda t: t.plaintiff.isnull()),
        {"plaintiff_id"},
    ),
    "left, several rows each": (
        lambda car, suit: car.left_join(suit.select("plaintiff_id"), car.holder_id == suit.plaintiff_id),
        {"plaintiff_id"},
    ),
    "left, one row for two columns": (by_two_columns, {"plaintiff_id", "cause"}),
    "inner, one row each": (
        lambda car, suit: car.join(grouped(suit), car.holder_id == grouped(suit).plaintiff),
        {"plaintiff_id"},
    ),
    "semi": (lambda car, suit: car.semi_join(suit, car.holder_id == suit.plaintiff_id), {"plaintiff_id"}),
    "anti": (lambda car, suit: car.anti_join(suit, car.holder_id == suit.defendant_id), {"defendant_id"}),
    "filtered before": (
        lambda car, suit: car.semi_join(suit.filter(suit.amount > 5), car.holder_id == suit.plaintiff_id),
        {"plaintiff_id", "amount"},
    ),
    "is in": (
        lambda car, suit: car.filter(car.holder_id.isin(suit.select("plaintiff_id").plaintiff_id)),
        {"plaintiff_id"},
    ),
}


def on_cars(join: Join) -> Callable[[Facts], ir.Table]:
    def rows(facts: Facts) -> ir.Table:
        car = facts.cut.table("vehicle").select(
            "plate", "rid", holder_id="owner_id", reg_date="own_from", value="est_value", note="status"
        )
        met = join(car, facts.cut.table("litigation"))
        return met.select(
            episode="plate", day="reg_date", amount="value", who="plate", note="note", src=row_ids(met.rid)
        )

    return rows


def test_a_join_is_read_where_it_can_change_a_row() -> None:
    (known, *_) = CLUES.values()
    clues = [replace(known, id=name, rows=on_cars(join)) for name, (join, _) in FORMS.items()]
    found = study(clues)
    read = {name: set(found[name].reads.get("litigation", ())) for name in FORMS}
    assert read == {name: columns for name, (_, columns) in FORMS.items()}


def test_lawyers_are_read_by_the_clue_on_them_alone() -> None:
    found = study(CLUES[id] for id in ("E07", "M15A", "M15B", "M15C"))
    assert [id for id, one in found.items() if one.reads.get("litigation", frozenset()) & OF_LAWYERS] == ["M15A"]
