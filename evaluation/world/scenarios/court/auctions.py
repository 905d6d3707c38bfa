"""Scenario: online judicial auctions, lawful, careless, or steered by the debtor through relatives and straw bidders.

Sold things leave the debtor in the registers too. Proceeds never pay the whole debt, so the case still ends by
termination.
"""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import (
    NEVER,
    NOTHING,
    Array,
    bernoulli,
    choice,
    choice_by_row,
    position_in_group,
    randint,
    repeat_text,
    round_to_yuan,
    where,
)
from evaluation.world.court.proceedings import known_holdings_of_cases
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.people import FRIEND, INLAW, PARENT
from evaluation.world.stage.stage import Stage

HONEST, RELATIVE, RING, DEFAULTS, IN_KIND = range(5)
PLATFORMS = ["阿里拍卖", "京东拍卖", "公拍网"]
_CLASS = {RELATIVE: "auction_relative", RING: "auction_collusion", DEFAULTS: "auction_default", IN_KIND: "inkind_cheap"}


def simulate_auctions(stage: Stage) -> None:
    """Auction vehicles and homes known to the court, and inquire of the platform."""
    rng = stage.rng("auctions")
    has_auction = np.zeros(len(stage.cohort.people), dtype=bool)
    for things, label, identifier in (
        (stage.court.vehicles, "车辆", "vin"),
        (stage.court.realty, "不动产", "unit"),
    ):
        row, thing = known_holdings_of_cases(stage.court, things)
        share = np.where(stage.conceals(row), stage.knob("auctions.concealed"), stage.knob("auctions.share"))
        chosen = bernoulli(rng, share, len(row)) & (stage.docket.closed[row] - stage.docket.filed[row] > 75)
        row, thing = row[chosen], thing[chosen]
        if len(row):
            _auction_things(rng, stage, things, label, things[identifier][thing], row, thing)
            has_auction[stage.docket.household[row]] = True
    stage.inquire("司法拍卖", "A", "auction", has_auction)


def _auction_things(
    rng: np.random.Generator, stage: Stage, things: Rows, label: str, number: Array, row: Array, thing: Array
) -> None:
    size = len(row)
    hides = stage.conceals(row) | bernoulli(rng, stage.knob("auctions.steered"), size)
    sort = np.where(
        hides,
        choice_by_row(rng, np.tile([0.06, 0.26, 0.22, 0.21, 0.25], (size, 1))),
        choice_by_row(rng, np.tile([0.42, 0.16, 0.15, 0.14, 0.13], (size, 1))),
    )
    careless = bernoulli(rng, stage.knob("auctions.careless"), size)
    value = np.maximum(things["value"][thing], 500_000)
    lasted = stage.docket.closed[row] - stage.docket.filed[row]
    start = stage.docket.filed[row] + 48 + ((lasted - 70) * rng.uniform(0.0, 0.6, size)).astype(np.int64)
    room = start + 38 < stage.docket.closed[row]
    sort = np.where((sort == DEFAULTS) & ~room, HONEST, sort)
    lots = {
        "row": row,
        "sort": sort,
        "hides": hides,
        "careless": careless,
        "value": value,
        "start": start,
        "room": room,
        "number": number,
        "thing": thing,
        "realty": np.full(size, label == "不动产"),
        "lot": ids.join(f"PM{stage.quarter:03d}{'R' if label == '不动产' else 'V'}", ids.digits(np.arange(size), 6)),
    }
    sold, day, price = _simulate_rounds(rng, stage, label, lots)
    things["end"][thing[sold]] = np.minimum(day[sold] + 20, stage.docket.closed[row[sold]] - 1)
    _write_events(rng, stage, label, lots, sold, day, price)
    for kind, code in _CLASS.items():
        at = np.flatnonzero((sort == kind) & stage.docket.terminated[row])
        stage.record_acts(code, row[at], hides[at], day[at], asset_kind=label, asset_id=number[at], amount=value[at])
    at = np.flatnonzero(stage.docket.terminated[row])
    stage.record_acts("auction_procedure", row[at], careless[at], start[at], asset_kind=label, asset_id=number[at])


def _auction_terms(rng: np.random.Generator, lots: Rows, slip: Array, before: Array | None) -> Rows:
    """Notice, reserve and deposit of a round; `slip` is the rule broken (0: none), `before` the first reserve."""
    size = len(lots["row"])
    usual = where(lots["realty"], 30, 15) if before is None else np.full(size, 15) - 8 * ~lots["realty"]
    notice = np.where(slip == 1, usual - randint(rng, 2, 6, size), usual + randint(rng, 0, 8, size))
    rate = np.where(slip == 2, rng.uniform(0.5, 0.66, size), rng.uniform(0.705, 0.9, size))
    cut = np.where(slip == 5, rng.uniform(0.24, 0.32, size), rng.uniform(0.08, 0.199, size))
    share = np.where(slip == 3, rng.uniform(0.22, 0.3, size), rng.uniform(0.055, 0.195, size))
    notified = np.where(slip == 4, NEVER, notice + randint(rng, 3, 9, size))
    reserve = round_to_yuan((lots["value"] * rate).astype(np.int64), 100)
    if before is not None:
        reserve = round_to_yuan((before * (1 - cut)).astype(np.int64), 1)
    return {
        "notice": notice,
        "notified": notified,
        "reserve": reserve,
        "deposit": (reserve * share).astype(np.int64),
        "quiet": slip == 6,
    }


def _simulate_rounds(rng: np.random.Generator, stage: Stage, label: str, lots: Rows) -> tuple[Array, Array, Array]:
    """Write first and second rounds with their bids; returns (sold, day, price in 分) by lot."""
    size = len(lots["row"])
    steered = np.isin(lots["sort"], [RELATIVE, RING])
    defaults = lots["sort"] == DEFAULTS
    fails = (bernoulli(rng, np.where(steered, 0.25, 0.5), size) & ~defaults) | (lots["sort"] == IN_KIND)
    again = (fails | defaults) & lots["room"]
    slip = np.where(lots["careless"], randint(rng, 1, 6, size), 0)
    slip = np.where((slip == 5) & ~again, 1, slip)
    first = _auction_terms(rng, lots, slip, None)
    state = where(fails, "流拍", where(defaults, "悔拍", "成交"))
    price = _highest_offer(rng, lots, first["reserve"])
    winner = _draw_winner(rng, stage, lots)
    _write_auction_rows(
        rng, stage, label, lots, "一拍", lots["start"], first, state, np.where(fails, NOTHING, price), winner
    )
    late = lots["careless"] & bernoulli(rng, 0.3, size)
    day = lots["start"] + 1 + np.where(late, randint(rng, 33, 36, size), randint(rng, 17, 29, size))
    second = _auction_terms(rng, lots, np.where(bernoulli(rng, 0.4, size) | (slip == 5), slip, 0), first["reserve"])
    same = defaults & lots["hides"]
    more = same | (defaults & bernoulli(rng, 0.1, size))
    other = _draw_winner(rng, stage, lots)
    twin = ~same & defaults & (other[0] == winner[0])
    other = (
        np.where(same, winner[0], (other[0] + twin) % len(stage.cohort.people)),
        np.where(same, winner[1], other[1]),
    )
    unsold = (again & bernoulli(rng, 0.35, size) & ~more) | (lots["sort"] == IN_KIND)
    later = where(more, "悔拍", where(unsold, "流拍", "成交"))
    price2 = _highest_offer(rng, lots, second["reserve"])
    part = np.flatnonzero(again)
    lots_of_round = take_rows(lots, part)
    terms = take_rows(second, part)
    offer = np.where(unsold, NOTHING, price2)[part]
    _write_auction_rows(
        rng, stage, label, lots_of_round, "二拍", day[part], terms, later[part], offer, (other[0][part], other[1][part])
    )
    sold = (state == "成交") | (again & (later == "成交"))
    return sold, np.where(state == "成交", lots["start"], day), np.where(state == "成交", price, price2)


def _highest_offer(rng: np.random.Generator, lots: Rows, reserve: Array) -> Array:
    """Highest offer: near the market value with competition, near the reserve without it."""
    size = len(reserve)
    closed_shop = (np.isin(lots["sort"], [RELATIVE, RING]) & lots["hides"]) | bernoulli(rng, 0.18, size)
    fair = np.maximum(reserve * rng.uniform(1.0, 1.06, size), lots["value"] * rng.uniform(0.78, 1.05, size))
    return np.asarray(np.where(closed_shop, reserve * rng.uniform(1.0, 1.02, size), fair).astype(np.int64))


def _write_auction_rows(
    rng: np.random.Generator,
    stage: Stage,
    label: str,
    lots: Rows,
    turn: str,
    start: Array,
    terms: Rows,
    state: Array,
    price: Array,
    winner: tuple[Array, Array],
) -> None:
    size = len(start)
    if not size:
        return
    row, people = lots["row"], stage.cohort.people
    h = stage.docket.household[row]
    buyer_h, buyer_slot = winner
    won = price != NOTHING
    count = np.where(won, np.where(lots["sort"] == RING, 3, randint(rng, 1, 4, size)), 0)
    rows: Rows = {
        "lot_id": lots["lot"],
        "platform": choice(rng, PLATFORMS, None, size),
        "case_no": stage.docket.case_no[row],
        "asset_kind": repeat_text(label, size),
        "asset_id": lots["number"],
        "round": repeat_text(turn, size),
        "appraised": lots["value"],
        "reserve": terms["reserve"],
        "deposit": terms["deposit"],
        "notice_date": start - terms["notice"],
        "notified_date": np.where(terms["notified"] < NEVER, start - terms["notified"], NEVER),
        "priority_holder": repeat_text("", size),
        "tax_bearer": where(terms["quiet"], "", "各自依法负担"),
        "tenancy_notice": where(terms["quiet"], "", "无租赁"),
        "evacuation": where(terms["quiet"], "", "法院负责腾退"),
        "appraisal_public": (~terms["quiet"]).astype(np.int64),
        "start_date": start,
        "end_date": start + 1,
        "bidders": count,
        "deal_price": price,
        "buyer_name": where(won, people.name[buyer_h, buyer_slot], ""),
        "buyer_id": where(won, people.id_no[buyer_h, buyer_slot], ""),
        "status": state,
    }
    stage.spool.add("auction", rows, start + 16)
    _write_bids(rng, stage, lots, turn, start, price, count, buyer_h, buyer_slot, h)


def _draw_winner(rng: np.random.Generator, stage: Stage, lots: Rows) -> tuple[Array, Array]:
    """(household, slot) of the highest bidder: a relative or friend of the debtor, or a stranger."""
    h = stage.docket.household[lots["row"]]
    size, people = len(h), len(stage.cohort.people)
    kin = lots["sort"] == RELATIVE
    near = kin | ((lots["sort"] == RING) & lots["hides"])
    helper = stage.helper_or_friend(h)
    slot = np.where(kin, helper, FRIEND)
    stranger = (h + 37 + rng.integers(0, max(people - 40, 1), size)) % people
    return np.where(near, h, stranger), np.where(near, slot, FRIEND)


def _write_bids(
    rng: np.random.Generator,
    stage: Stage,
    lots: Rows,
    turn: str,
    start: Array,
    price: Array,
    count: Array,
    buyer_h: Array,
    buyer_slot: Array,
    h: Array,
) -> None:
    """Write one row per bidder; rings (and some families) share network address, telephone or payer of the deposit."""
    people, accounts = stage.cohort.people, stage.cohort.accounts
    at = np.repeat(np.arange(len(start)), count)
    nth = position_in_group(count)
    if not len(at):
        return
    other = (h[at] + 101 + nth * 17 + rng.integers(0, 50, len(at))) % len(people)
    who_h, who_slot = np.where(nth == 0, buyer_h[at], other), np.where(nth == 0, buyer_slot[at], FRIEND)
    ring, hides = lots["sort"][at] == RING, lots["hides"][at]
    own = accounts.number[h[at], 0]
    bidder_acct = accounts.person_number[who_h, who_slot]
    leader = accounts.person_number[buyer_h[at], buyer_slot[at]]
    paid_by_debtor = (hides & (lots["sort"][at] == RELATIVE) & (nth == 0)) & bernoulli(rng, 0.55, len(at))
    shared = ring & hides & bernoulli(rng, 0.8, len(at))
    payer = np.where(paid_by_debtor, own, np.where(shared, leader, bidder_acct))
    payer_id = np.where(
        paid_by_debtor,
        people.id_no[h[at], 0],
        np.where(shared, people.id_no[buyer_h[at], buyer_slot[at]], people.id_no[who_h, who_slot]),
    )
    same_ip = ring & (hides | bernoulli(rng, 0.25, len(at)))
    ip = ids.join(
        "10.",
        ids.digits(np.where(same_ip, lots["thing"][at], who_h + 300) % 250, 1),
        ".",
        ids.digits(np.where(same_ip, at, who_h * 7 + nth) % 250, 1),
        ".",
        ids.digits(np.where(same_ip, 9, nth * 31 + 11) % 250, 1),
    )
    same_phone = ring & hides & bernoulli(rng, 0.5, len(at))
    offer = np.where(nth == 0, price[at], price[at] * (0.97 - 0.01 * nth)).astype(np.int64)
    rows: Rows = {
        "lot_id": lots["lot"][at],
        "round": repeat_text(turn, len(at)),
        "bidder_id": people.id_no[who_h, who_slot],
        "bid_time": (start[at] * 86_400) + 36_000 + np.where(nth == 0, 40_000, nth * 700),
        "price": offer,
        "ip": ip,
        "phone": np.where(same_phone, people.phone[buyer_h[at], buyer_slot[at]], people.phone[who_h, who_slot]),
        "deposit_acct": payer,
        "deposit_holder_id": payer_id,
        "delivery_addr": np.where(
            ring & ~hides, people.address[buyer_h[at], buyer_slot[at]], people.address[who_h, who_slot]
        ),
    }
    stage.spool.add("auction_bid", rows, start[at] + 16)


def _write_events(
    rng: np.random.Generator, stage: Stage, label: str, lots: Rows, sold: Array, day: Array, price: Array
) -> None:
    """Write the court's events: appraisal, auction, money in and out, taking in kind."""
    row, people = lots["row"], stage.cohort.people
    asset: dict[str, Array | str | int] = {"asset_kind": label, "asset_id": lots["number"]}
    kind = lots["sort"] == IN_KIND
    h = stage.docket.household[row]
    cheap = np.where(lots["hides"], rng.uniform(0.3, 0.5, len(row)), rng.uniform(0.58, 0.8, len(row)))
    worth = (lots["value"] * cheap).astype(np.int64)
    taker = np.where(lots["hides"], FRIEND, np.where(rng.random(len(row)) < 0.5, PARENT, INLAW))
    cap = ((stage.docket.due - stage.docket.paid)[row] * rng.uniform(0.06, 0.28, len(row))).astype(np.int64)
    amount = np.minimum(price, cap)
    at, in_kind = np.flatnonzero(sold & (amount > 0)), np.flatnonzero(kind)

    def of(index: Array) -> dict[str, Array | str | int]:
        return {"asset_kind": label, "asset_id": lots["number"][index]}

    stage.add_events(
        "PM" + ("R" if label == "不动产" else "V"),
        [
            (row, "APPRAISE", lots["start"] - 40, {**asset, "amount": lots["value"], "result": "已出具评估报告"}),
            (row, "AUCTION", day, {**asset, "result": where(sold, "成交", "流拍"), "ref_no": lots["lot"]}),
            (row[at], "PAY_IN", day[at] + 10, {**of(at), "amount": amount[at], "reason": "拍卖款"}),
            (row[at], "PAY_OUT", day[at] + 10 + randint(rng, 3, 25, len(at)), {"amount": amount[at]}),
            (
                row[in_kind],
                "INKIND",
                np.minimum(day[in_kind] + 4, stage.docket.closed[row[in_kind]] - 1),
                {
                    **of(in_kind),
                    "amount": worth[in_kind],
                    "other_name": people.name[h[in_kind], taker[in_kind]],
                    "other_id": people.id_no[h[in_kind], taker[in_kind]],
                    "result": "以物抵债",
                },
            ),
        ],
    )


__all__ = ["simulate_auctions"]
