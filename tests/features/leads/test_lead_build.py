"""Opening leads: one per thing and chain, net of what stands before the debt, with the step that was missing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from clue_rows import KNOWN, TODAY, ZB, Book, episode, person
from little_pool import deliver

from features.clues.evidence import sources
from features.errors import GoldenKeyError
from features.facts import Facts
from features.leads import Lead, open_leads
from features.leads.assets import cited_assets
from features.leads.settings import settings
from features.pool.pool import Cut, Pool

CAR = "TESTZZ00000000001"
BOUGHT = date(2019, 3, 1)


def logged(book: Book, n: int) -> None:
    """The court's log and queries of the case reach up to the day all was known."""
    book.event(n, "NOTICE", date(2023, 1, 12))
    book.bank_query(n, date(2023, 5, 1), date(2023, 5, 2), subject_id=person(n))


def one_car(**more: object) -> Book:
    book = Book()
    book.case(1)
    logged(book, 1)
    book.asked(1, "VEH")
    book.car(1, CAR, BOUGHT, **more)
    return book


def opened(book: Book, home: Path, clues: tuple[str, ...] = ("M2A",)) -> list[Lead]:
    facts = book.open(home)
    with facts.cut:
        return open_leads(facts, clue_ids=clues)


def only(leads: list[Lead], code: str = "VEH") -> Lead:
    found = [lead for lead in leads if lead.asset_class == code]
    assert len(found) == 1, found
    return found[0]


def test_an_unsealed_car_is_one_lead_with_its_value_and_holder(tmp_path: Path) -> None:
    lead = only(opened(one_car(), tmp_path))
    assert (lead.asset_id, lead.asset_name) == (CAR, "浙Z00001")
    assert (lead.holder, lead.holder_tie) == (person(1), "被执行人")
    assert (lead.value_fen, lead.net_fen) == (5_000_000, 5_000_000)
    assert lead.deductions == ()
    assert lead.chain == lead.case_no == "（2023）浙9901执1号"
    assert lead.id.startswith("L") and len(lead.id) == 17
    assert [route.label for route in lead.routes] == ["民事"]


def test_plate_and_vin_of_one_car_are_one_lead(tmp_path: Path) -> None:
    book = one_car()
    book.event(1, "FOUND", date(2023, 3, 1), asset_id="浙Z·00001", asset_kind="车辆")
    leads = opened(book, tmp_path, ("M2A", "T-SEIZE", "CHK06"))
    lead = only(leads)
    assert {"M2A", "T-SEIZE"} <= set(lead.clues)
    assert lead.cause == "HIT-IDLE"
    assert "2023年3月1日" in lead.causes[0].note


@pytest.mark.parametrize("asset", ["浙东不动产第9901号", None])
def test_a_lot_and_the_bids_on_it_are_about_one_thing_though_no_register_knows_it(
    tmp_path: Path, asset: str | None
) -> None:
    book = Book()
    number = book.case(1)
    book.add(
        "auction",
        lot_id="PM9901",
        round="first",
        case_no=number,
        asset_id=asset,
        asset_kind="不动产",
        start_date=date(2023, 3, 1),
        appraised=50_000_000,
    )
    book.add(
        "auction_bid",
        lot_id="PM9901",
        round="first",
        bidder_id=person(77),
        bid_time=datetime(2023, 3, 1, 10, 5),
        price=40_000_000,
    )
    facts = book.open(tmp_path)
    with facts.cut:
        rids = [facts.cut.table(name).rid.to_pandas() for name in ("auction", "auction_bid")]
        things = cited_assets(facts, pd.concat(rids).to_numpy())
    assert len(things) == 2
    assert len(things[["asset_class", "asset"]].drop_duplicates()) == 1


def test_the_same_thing_in_two_chains_is_two_leads_that_name_each_other(tmp_path: Path) -> None:
    book = one_car()
    book.case(2)
    book.tables["party"][-1]["id_no"] = person(1)
    book.event(2, "NOTICE", date(2023, 1, 12))
    leads = [lead for lead in opened(book, tmp_path) if lead.asset_class == "VEH"]
    assert len({lead.id for lead in leads}) == 2
    assert {lead.also_in for lead in leads} == {("（2023）浙9901执1号",), ("（2023）浙9901执2号",)}


def test_the_id_is_that_of_asset_and_chain_at_every_opening(tmp_path: Path) -> None:
    book = one_car()
    facts = book.open(tmp_path)
    deliver(
        tmp_path,
        date(2024, 2, 1),
        {
            "event": [
                {
                    "event_id": "N1",
                    "case_no": "（2023）浙9901执1号",
                    "ev_code": "ZB_ASSET",
                    "ev_date": date(2024, 1, 20),
                    "asset_id": CAR,
                    "asset_kind": "车辆",
                }
            ]
        },
    )
    with facts.cut:
        first = only(open_leads(facts))
    with Cut(Pool(tmp_path), date(2024, 3, 1), Pool(tmp_path).state) as cut:
        later = only(open_leads(Facts(cut)))
    assert later.id == first.id
    assert {row.key for row in first.rows} <= {row.key for row in later.rows}


@pytest.mark.parametrize(
    ("more", "net", "kinds"),
    [
        ({"mortgage_amt": 2_000_000}, 3_000_000, ["mortgage"]),
        ({"mortgage_amt": 9_000_000}, 0, ["mortgage"]),
        ({"mortgage_flag": True}, None, ["mortgage"]),
        ({"est_value": None}, None, []),
        ({"seal_flag": True}, None, ["seal_register"]),
    ],
)
def test_net_value(tmp_path: Path, more: dict[str, object], net: int | None, kinds: list[str]) -> None:
    book = one_car(**more)
    book.event(1, "FOUND", date(2023, 1, 2), asset_id=CAR, asset_kind="车辆")
    lead = only(opened(book, tmp_path, ("T-SEIZE",)))
    assert lead.net_fen == net
    assert [one.kind for one in lead.deductions] == kinds
    assert ("净值未计" in lead.net_note) == (net is None)


def sealed_elsewhere(**seal: object) -> Book:
    """The car sealed in February by case 9 of another debtor, which is owed 30,000 元."""
    book = one_car()
    book.case(9, amt_unpaid=3_000_000, amt_due=3_000_000)
    book.event(1, "FOUND", date(2023, 1, 2), asset_id=CAR, asset_kind="车辆")
    book.seal(9, CAR, date(2023, 2, 1), **seal)
    return book


def test_an_earlier_seal_takes_what_that_case_is_owed(tmp_path: Path) -> None:
    book = sealed_elsewhere()
    book.seal(1, CAR, date(2023, 4, 1))
    lead = only(opened(book, tmp_path, ("T-SEIZE",)))
    told = [(one.kind, one.amount_fen, one.note) for one in lead.deductions]
    assert told == [("seal", 3_000_000, "（2023）浙9901执9号")]
    assert lead.net_fen == 2_000_000


@pytest.mark.parametrize(("own", "net"), [(date(2023, 1, 20), 5_000_000), (date(2023, 2, 1), 5_000_000)])
def test_a_later_seal_of_another_case_takes_nothing(tmp_path: Path, own: date, net: int) -> None:
    book = sealed_elsewhere()
    book.seal(1, CAR, own)
    lead = only(opened(book, tmp_path, ("T-SEIZE",)))
    assert (lead.net_fen, lead.deductions) == (net, ())


def test_a_seal_of_an_unknown_case_leaves_the_net_value_unknown(tmp_path: Path) -> None:
    book = sealed_elsewhere()
    book.tables["event"][-1]["case_no"] = "（2022）浙9901执77号"
    book.seal(1, CAR, date(2023, 4, 1))
    lead = only(opened(book, tmp_path, ("T-SEIZE",)))
    assert lead.net_fen is None
    assert lead.deductions[0].amount_fen is None


def test_the_missing_query_is_the_cause(tmp_path: Path) -> None:
    assert only(opened(one_car(), tmp_path)).cause == "QRY-CL"


def asked_for_cars(**more: object) -> Book:
    book = one_car()
    row = {
        "case_no": "（2023）浙9901执1号",
        "request_no": "Q8",
        "range_code": "CL",
        "asset_id": "",
        "subject_id": person(1),
        "req_date": date(2023, 4, 1),
        "fb_date": date(2023, 4, 3),
        "has_result": False,
    }
    book.add("query_feedback", **(row | more))
    return book


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "MISS-CL"),
        ({"fb_date": None, "has_result": None}, "FB-CL"),
        ({"has_result": True, "asset_id": "浙Z00001", "asset_kind": "车辆"}, "HIT-IDLE"),
    ],
)
def test_what_became_of_the_query_is_the_cause(tmp_path: Path, more: dict[str, object], code: str) -> None:
    assert only(opened(asked_for_cars(**more), tmp_path)).cause == code


def test_a_seal_that_ran_out_is_the_cause(tmp_path: Path) -> None:
    book = one_car()
    book.seal(1, CAR, date(2021, 3, 1), expiry_date=date(2023, 3, 1))
    lead = only(opened(book, tmp_path, ("M2C",)))
    assert lead.cause == "SEAL-LAPSED"
    assert not any(cause.code.startswith(("QRY", "MISS")) for cause in lead.causes)


def test_a_finding_without_a_thing_is_a_lead_on_the_step(tmp_path: Path) -> None:
    book = Book()
    book.case(1, filing_date=date(2023, 5, 10), apply_date=date(2023, 5, 5))
    lead = only(opened(book, tmp_path, ("T-3M",)), "CASE")
    assert (lead.asset_id, lead.cause, lead.net_fen) == ("T-3M", "LATE-3M", None)
    assert lead.class_label == "案件"


def test_money_held_back_is_a_lead_on_the_money(tmp_path: Path) -> None:
    book = Book()
    book.case(1)
    logged(book, 1)
    book.event(1, "PAY_IN", date(2023, 3, 1), amount=700_000)
    lead = only(opened(book, tmp_path, ("T-PAY",)), "FUND")
    assert (lead.net_fen, lead.cause) == (700_000, "LATE-PAY")


def test_no_row_of_any_finding_is_lost(tmp_path: Path) -> None:
    book = one_car()
    book.event(1, "PAY_IN", date(2023, 3, 1), amount=700_000)
    book.event(1, "CLUE", date(2023, 3, 1), detail="房产")
    facts = book.open(tmp_path)
    with facts.cut:
        leads = open_leads(facts)
        told = {(row.clue, row.episode, row.src) for lead in leads for row in lead.rows}
        from features.clues.catalogue import CLUES
        from features.clues.evidence import Evidence

        finding = [clue.id for clue in CLUES.values() if clue.kind == "finding"]
        for (where, clue), rows in Evidence.of(facts).rows([episode(1)], finding).items():
            for row in rows:
                assert (clue, where, tuple(source.rid for source in row.sources)) in told
        assert {rid for lead in leads for row in lead.rows for rid in row.src} <= set(
            sources(facts, [rid for lead in leads for row in lead.rows for rid in row.src])
        )
    assert len({lead.id for lead in leads}) == len(leads)


def test_a_thing_given_to_kin_is_held_by_them_and_may_go_to_criminal_prosecutors(tmp_path: Path) -> None:
    book = one_car(own_to=date(2022, 6, 1))
    book.kin(1, 3)
    book.add(
        "vehicle",
        plate="浙Z00001",
        vin=CAR,
        owner_id=person(3),
        own_from=date(2022, 6, 1),
        prev_owner_id=person(1),
        est_value=5_000_000,
    )
    lead = only(opened(book, tmp_path, ("M2D",)))
    assert (lead.holder, lead.holder_tie) == (person(3), "配偶")
    assert lead.cause == "OUT-OF-NAME"
    assert [route.label for route in lead.routes] == ["民事", "刑事"]


def test_grounds_are_questions_raised_by_facts(tmp_path: Path) -> None:
    book = one_car()
    assert only(opened(book, tmp_path / "plain")).grounds == ()
    book.add("watch", list_no="W1", case_no="（2023）浙9901执1号", reason="commission", listed_on=date(2023, 8, 1))
    lead = only(opened(book, tmp_path / "listed"))
    assert [ground.code for ground in lead.grounds] == ["impact"]
    assert all(ground.question.endswith("？") for ground in settings().grounds)


def test_only_the_asked_episodes_are_told_and_unknown_clues_refused(tmp_path: Path) -> None:
    facts = one_car().open(tmp_path)
    with facts.cut:
        assert open_leads(facts, episodes=["（2023）浙9901执2号@2023-06-20"]) == []
        assert open_leads(facts, episodes=[episode(1)], clue_ids=["M2A"])
        with pytest.raises(GoldenKeyError, match="X99"):
            open_leads(facts, clue_ids=["X99"])


def test_every_class_and_cause_that_rows_name_is_declared() -> None:
    told = settings()
    assert {spec.asset_class for spec in told.things} | {spec.fallback for spec in told.things} <= {*told.classes, ""}
    assert set(told.case_clues) <= set(told.classes)
    from features.clues.catalogue import CLUES

    for row in told.causes.values():
        for pattern in row.clues:
            assert pattern.endswith("*") or pattern in CLUES, pattern


assert KNOWN < TODAY and ZB < KNOWN
