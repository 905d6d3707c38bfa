"""The service of leads over leads written by hand: who sees which, two people on one lead, what is opened anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from made_leads import lead

from features.errors import NotFoundError
from features.leads import Lead
from models.audit.verify import verify
from models.feedback.lead_decisions import (
    ConflictError,
    Decision,
    LeadFilter,
    count_by_state,
    lead_history,
    read_lead,
    record_opening,
)
from models.ledger.actors import Bearer, ForbiddenError
from models.ledger.ledger import Ledger
from serving.http.errors import InvalidError
from serving.leads.service import PAGE_LIMIT, LeadService
from serving.leads.store import LeadStore, lead_view

DAY = date(2024, 3, 31)
OWN, OTHER, BOTH, ALL = Bearer("甲", "339901"), Bearer("乙", "339902"), Bearer("丙", "3399"), Bearer("丁", "")


def leads() -> list[Lead]:
    """Cars of three cases of one office and of two of another; of case 2 the net value is not known."""
    second = {"office": "339902", "court": "浙东市第二法院"}
    return [
        replace(lead(1), net_fen=4_000_000),
        replace(lead(2), net_fen=None),
        replace(lead(3), net_fen=9_000_050),
        replace(lead(4), net_fen=5_000_000, **second),
        replace(lead(5), net_fen=5_000_000, **second),
    ]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose ledger has those leads, opened on `DAY` from a pool that holds nothing newer."""
    home = tmp_path_factory.mktemp("leads") / "home"
    with Ledger(home) as ledger:
        for bearer in (OWN, OTHER, BOTH, ALL):
            ledger.add_actor(bearer.actor, "person", "system")
        record_opening(ledger, leads(), DAY, 1, "v1", "system")
    return home


@pytest.fixture
def service(opened: Path, tmp_path: Path) -> Iterator[LeadService]:
    """The service over a copy of that home."""
    home = Path(shutil.copytree(opened, tmp_path / "home"))
    with Ledger(home) as ledger:
        yield LeadService(ledger, LeadStore(home, ledger))


def acts(service: LeadService, act: str) -> list[tuple[str, str, dict[str, object]]]:
    with service.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT actor, subject, payload FROM audit WHERE act = ? ORDER BY seq", (act,)
        )
        return [(row[0], row[1], json.loads(row[2])) for row in found]


def numbers(service: LeadService, bearer: Bearer, **wanted: object) -> list[int]:
    """Numbers of the cases listed, in their order."""
    reply = service.list(bearer, LeadFilter(**wanted))  # type: ignore[arg-type]
    return [int(row.case_no.split("执")[1].rstrip("号")) for row in reply.leads]


def test_each_token_lists_its_jurisdiction_largest_first_the_unknown_last(service: LeadService) -> None:
    assert numbers(service, OWN) == [3, 1, 2]
    assert numbers(service, OTHER) == [4, 5]
    assert numbers(service, BOTH) == numbers(service, ALL) == [3, 4, 5, 1, 2]
    assert numbers(service, ALL, office="339902") == [4, 5]


@pytest.mark.parametrize(
    ("bearer", "office", "error"),
    [
        (OWN, "339902", ForbiddenError),
        (OWN, "3399", ForbiddenError),
        (BOTH, "33", ForbiddenError),
        (BOTH, "340101", ForbiddenError),
        (ALL, "３３９９０１", InvalidError),
        (ALL, "3399%", InvalidError),
        (ALL, "33990101", InvalidError),
    ],
)
def test_an_office_beyond_the_token_or_that_is_no_code_is_refused_and_leaves_no_act(
    service: LeadService, bearer: Bearer, office: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.list(bearer, LeadFilter(office=office))
    with pytest.raises(error):
        service.clusters(bearer, office)
    assert acts(service, "lead.list") == acts(service, "cluster.list") == []


def test_filters_narrow_by_net_value_and_by_a_number_in_any_brackets(service: LeadService) -> None:
    assert numbers(service, ALL, at_least_fen=5_000_000) == [3, 4, 5]
    assert numbers(service, ALL, at_least_fen=0) == [3, 4, 5, 1]
    assert numbers(service, ALL, case_no="(2023) 浙9901执2号") == [2]
    # Signs that stand for anything in a database stand for themselves here.
    assert numbers(service, ALL, route="民") == [3, 4, 5, 1, 2]
    assert numbers(service, ALL, route="%") == numbers(service, ALL, route="_") == []
    assert numbers(service, ALL, state="有效") == []


def test_pages_follow_each_other_without_gap_and_name_the_whole(service: LeadService) -> None:
    whole = service.list(ALL, LeadFilter())
    pages = [service.list(ALL, LeadFilter(), limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [len(page.leads) for page in pages] == [2, 2, 1, 0]
    assert tuple(row for page in pages for row in page.leads) == whole.leads
    assert {page.total for page in pages} == {5}
    assert whole.states == {"初筛": 5, "有效": 0, "无效": 0, "已推送": 0}
    served = [payload["lead_ids"] for _, _, payload in acts(service, "lead.list")]
    assert served == [[row.lead_id for row in page.leads] for page in (whole, *pages)]


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (PAGE_LIMIT + 1, 0), (1, -1), (None, -1)])
def test_a_page_that_cannot_be_is_refused(service: LeadService, limit: int | None, offset: int) -> None:
    with pytest.raises(InvalidError, match="limit"):
        service.list(ALL, LeadFilter(), limit, offset)


def test_of_two_people_deciding_at_the_same_moment_one_is_told_who_was_first(service: LeadService) -> None:
    together = Barrier(2)

    def decide(bearer: Bearer, state: str, code: str) -> object:
        together.wait(10)
        try:
            return service.decide(bearer, lead(1).id, Decision(state, 0, code)).state
        except ConflictError as error:
            return error

    with ThreadPoolExecutor(2) as both:
        first = both.submit(decide, OWN, "有效", "")
        second = both.submit(decide, BOTH, "无效", "no_value")
        answers = [first.result(), second.result()]
    won = [answer for answer in answers if isinstance(answer, str)]
    lost = [answer for answer in answers if isinstance(answer, ConflictError)]
    assert (len(won), len(lost)) == (1, 1)
    kept = read_lead(service.ledger, lead(1).id)
    assert (kept.state, kept.version) == (won[0], 1)
    assert f"已由{kept.actor}于" in str(lost[0]) and f"“{kept.state}”" in str(lost[0])
    assert [act.actor for act in lead_history(service.ledger, lead(1).id)] == [kept.actor]
    assert verify(service.ledger).sound


def test_a_lead_of_another_office_can_neither_be_read_nor_decided(service: LeadService) -> None:
    for call in (lambda: service.show(OWN, lead(4).id), lambda: service.decide(OWN, lead(4).id, Decision("有效", 0))):
        with pytest.raises(ForbiddenError):
            call()
    assert read_lead(service.ledger, lead(4).id).version == 0
    assert acts(service, "lead.serve") == acts(service, "lead.decide") == []
    for lead_id in ("L0000000000000000", "", "%", "L' OR '1'='1"):
        with pytest.raises(NotFoundError):
            service.decide(ALL, lead_id, Decision("有效", 0))


def test_clusters_are_of_the_jurisdiction_and_a_known_id_opens_no_other_offices(service: LeadService) -> None:
    # The settings ask for three leads of a cluster: the first office has three, the second two.
    (own,) = service.clusters(OWN, "").clusters
    assert (own.cases, len(own.leads), own.net_fen, own.unknown) == (3, 3, 13_000_050, 1)
    assert own.court == "浙东市第一法院"
    assert service.clusters(OTHER, "").clusters == ()
    with pytest.raises(NotFoundError):
        service.cluster(OTHER, own.cluster_id)
    assert service.cluster(OWN, own.cluster_id).leads[0].case_no == lead(3).case_no
    served = {row.lead_id for row in own.leads}
    ((who, subject, payload),) = acts(service, "cluster.serve")
    assert (who, subject, set(payload["lead_ids"])) == ("甲", own.cluster_id, served)  # type: ignore[call-overload]


def test_a_lead_marked_invalid_leaves_its_cluster_and_the_cluster_its_page(service: LeadService) -> None:
    (own,) = service.clusters(OWN, "").clusters
    service.decide(OWN, lead(2).id, Decision("无效", 0, "exempt"))
    assert service.clusters(OWN, "").clusters == ()
    with pytest.raises(NotFoundError, match="回到类案列表"):
        service.cluster(OWN, own.cluster_id)
    assert count_by_state(service.ledger)["无效"] == 1


def test_leads_no_longer_found_stay_listed_as_gone_and_leave_the_clusters(service: LeadService) -> None:
    record_opening(service.ledger, [leads()[0]], date(2024, 4, 30), 1, "v1", "system")
    shown = {row.case_no: row.gone for row in service.list(OWN, LeadFilter()).leads}
    assert shown == {lead(1).case_no: False, lead(2).case_no: True, lead(3).case_no: True}
    assert service.clusters(OWN, "").clusters == ()


def test_without_newer_data_nothing_is_opened_again(service: LeadService) -> None:
    before = len(acts(service, "lead.open"))
    assert service.store.current("甲").as_of == DAY
    service.list(OWN, LeadFilter())
    assert len(acts(service, "lead.open")) == before == 1


def test_a_gone_lead_is_shown_from_the_ledger_alone(service: LeadService) -> None:
    decided = Decision("无效", 0, "other", "车辆已<b>报废</b>")
    service.decide(OWN, lead(1).id, decided)
    kept = read_lead(service.ledger, lead(1).id)
    view = lead_view(kept, None, None, lead_history(service.ledger, kept.lead_id))
    assert (view.lead.value_fen, view.lead.net_fen, view.lead.reason) == (5_000_000, 4_000_000, "车辆已<b>报废</b>")
    assert (view.holder, view.clues, view.deductions, view.routes) == ("", (), (), ())
    assert view.moves == ("有效",)
    (act,) = view.history
    assert (act.actor, act.before, act.after, act.reason_code) == ("甲", "初筛", "无效", "other")


def test_a_pushed_lead_offers_no_further_move(service: LeadService) -> None:
    service.decide(OWN, lead(1).id, Decision("有效", 0))
    pushed = service.decide(OWN, lead(1).id, Decision("已推送", 1, department="刑事检察"))
    assert pushed.version == 2
    view = lead_view(read_lead(service.ledger, lead(1).id), lead(1), None, [])
    assert view.moves == ()
    # The holder's number and the note of a deduction are masked; the deduction keeps its amount.
    assert lead(1).holder not in repr(view)
    assert [(one.label, one.amount_fen) for one in view.deductions] == [("抵押担保的债权", 1_000_000)]
