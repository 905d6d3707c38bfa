"""The service of review outcomes: what a version becomes, whose list shows it, two platforms at once, 分 and 元."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import msgspec
import pytest
from little_pool import CASE_NO, REVIEW_DATES, deliver, one_case
from openpyxl import load_workbook

from features.pool.pool import Pool
from features.pool.reviews import REVIEW
from models.audit.verify import verify
from models.ledger.actors import Bearer, ForbiddenError
from models.ledger.ledger import Ledger
from serving.http.errors import InvalidError
from serving.http.requests import decode_json
from serving.outcomes.api import EXPECTED, OUTCOME_BODY, REQUIRED
from serving.outcomes.service import OutcomeService, ReusedError
from serving.outcomes.views import OutcomeRequest, OutcomeView

FIRST, SECOND, CITY, ALL = Bearer("甲", "339901"), Bearer("乙", "339902"), Bearer("市", "3399"), Bearer("省", "")
FOREIGN = "（2023）浙9902执1号"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutcomeService]:
    """A pool with one case of each of two offices, and the four bearers."""
    home = tmp_path_factory.mktemp("outcomes") / "home"
    foreign = one_case(case_no=FOREIGN, court_division="339902")["case"]
    deliver(home, date(2023, 9, 1), {"case": [*one_case()["case"], *foreign]})
    with Ledger(home) as ledger:
        for bearer in (FIRST, SECOND, CITY, ALL):
            ledger.add_actor(bearer.actor, "person", "system")
        yield OutcomeService(home, ledger)


def version(**changes: Any) -> OutcomeRequest:
    """A version of a review of the first office's case: found 80,000 元, brought 60,000 元."""
    body = REVIEW_DATES | {"case_no": CASE_NO, "label": "Y1", "found_value_fen": 8_000_000, "reply": "adopted"}
    return msgspec.convert(body | {"recovered_amount_fen": 6_000_000} | changes, OutcomeRequest)


def foreign(**changes: Any) -> OutcomeRequest:
    return version(case_no=FOREIGN, office="339902", **changes)


def listed(service: OutcomeService, bearer: Bearer, office: str = "", as_of: date | None = None) -> list[str]:
    return [row.review_id for row in service.list(bearer, office, as_of, 200, 0).outcomes]


def test_the_request_has_every_column_of_the_contract_and_the_answer_all_but_the_reviewer() -> None:
    money = {column.name for column in REVIEW.columns if column.kind == "money"}
    columns = {name + "_fen" if name in money else name for name in REVIEW.names}
    assert set(OutcomeRequest.__struct_fields__) | {"review_id"} == columns
    assert set(OutcomeView.__struct_fields__) == columns - {"reviewer"} | {"known_at", "batch"}
    required = {column.name for column in REVIEW.columns if column.required}
    assert set(REQUIRED) == required - {"review_id"}


@pytest.mark.parametrize("name", OutcomeRequest.__struct_fields__)
def test_a_field_of_the_wrong_type_is_named_with_what_it_should_be(name: str) -> None:
    body = json.dumps(REVIEW_DATES | {"case_no": CASE_NO} | {name: {"990001198001010019": 1}}).encode()
    with pytest.raises(InvalidError) as refused:
        decode_json(body, OutcomeRequest, EXPECTED, OUTCOME_BODY)
    assert str(refused.value).startswith(f"字段 {name} 应为")
    assert "990001198001010019" not in str(refused.value)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_field_left_out_is_refused(name: str) -> None:
    body = {key: value for key, value in (REVIEW_DATES | {"case_no": CASE_NO}).items() if key != name}
    with pytest.raises(InvalidError, match="必填"):
        decode_json(json.dumps(body).encode(), OutcomeRequest, EXPECTED, OUTCOME_BODY)


def test_texts_are_trimmed_irregularities_once_each_and_amounts_stay_in_fen(service: OutcomeService) -> None:
    texts = {"origin": "  群众来信 ", "found_kind": "   ", "irregularity": ["查询范围不全", " 未约谈 ", "", "未约谈"]}
    reply = service.put(FIRST, "T1", version(found_value_fen=1, recovered_amount_fen=0, **texts))
    kept = reply.outcome
    assert (kept.origin, kept.found_kind, kept.irregularity) == ("群众来信", None, ("未约谈", "查询范围不全"))
    assert (kept.found_value_fen, kept.recovered_amount_fen) == (1, 0)
    assert [row for row in service.list(FIRST, "", None, 200, 0).outcomes if row.review_id == "T1"] == [kept]


def test_what_is_known_today_was_not_known_yesterday(service: OutcomeService) -> None:
    service.put(FIRST, "K1", version())
    assert "K1" in listed(service, FIRST)
    assert listed(service, FIRST, as_of=date.today() - timedelta(days=1)) == []


def test_the_list_is_latest_selection_first_and_of_the_offices_the_token_reaches(service: OutcomeService) -> None:
    for number, day in (("L3", "2023-11-02"), ("L1", "2023-11-02"), ("L2", "2023-11-09")):
        service.put(SECOND, number, foreign(selected_on=day, conclude_date="2023-12-01"))
    assert [name for name in listed(service, SECOND) if name[0] == "L"] == ["L2", "L1", "L3"]
    assert not {"L1", "L2", "L3"} & set(listed(service, FIRST))
    both = listed(service, CITY)
    assert set(both) == set(listed(service, FIRST)) | set(listed(service, SECOND)) == set(listed(service, ALL))
    assert listed(service, ALL, "339902") == listed(service, CITY, "339902") == listed(service, SECOND)


@pytest.mark.parametrize("office", ["３３９９０１", "3399%", "3", "3399011", "甲"])
def test_an_office_that_is_no_code_is_refused_wherever_it_stands(service: OutcomeService, office: str) -> None:
    state = Pool(service.home).state
    with pytest.raises(InvalidError, match="office"):
        service.put(ALL, "O1", version(office=office))
    with pytest.raises(InvalidError, match="office"):
        service.list(ALL, office, None, 200, 0)
    assert Pool(service.home).state == state


def test_a_wider_office_than_the_tokens_own_is_refused(service: OutcomeService) -> None:
    with pytest.raises(ForbiddenError):
        service.put(FIRST, "W1", version(office="3399"))
    with pytest.raises(ForbiddenError):
        service.list(FIRST, "3399", None, 200, 0)


def test_a_review_cannot_be_taken_over_by_another_office(service: OutcomeService) -> None:
    service.put(ALL, "V1", foreign())
    state = Pool(service.home).state
    for asked in (version(), version(case_no=FOREIGN), version(case_no="（2023）浙9901执9号")):
        with pytest.raises((ForbiddenError, ReusedError)):
            service.put(FIRST, "V1", asked)
    assert Pool(service.home).state == state
    assert service.list(SECOND, "", None, 200, 0).outcomes[0].office == "339902"


def test_a_number_stands_for_one_case_also_within_an_office(service: OutcomeService) -> None:
    service.put(FIRST, "N1", version())
    state = Pool(service.home).state
    with pytest.raises(ReusedError):
        service.put(FIRST, "N1", version(case_no="（2023）浙9901执9号"))
    assert Pool(service.home).state == state


def test_two_platforms_recording_at_once_are_both_kept_and_the_same_content_once(service: OutcomeService) -> None:
    together = Barrier(3)
    asked = [("P1", version()), ("P1", version()), ("P2", version(origin="另一件"))]

    def put(number: str, body: OutcomeRequest) -> tuple[str, int]:
        together.wait(10)
        reply = service.put(FIRST, number, body)
        return reply.result, reply.outcome.batch

    state = Pool(service.home).state
    with ThreadPoolExecutor(3) as pool:
        answers = [one.result() for one in [pool.submit(put, *one) for one in asked]]
    assert sorted(result for result, _ in answers[:2]) == ["new", "unchanged"]
    assert answers[0][1] == answers[1][1]
    assert {answers[0][1], answers[2][1]} == {state + 1, state + 2}
    assert Pool(service.home).state == state + 2
    assert verify(service.ledger).sound


def test_the_figures_are_fen_and_those_of_the_workbook_yuan(service: OutcomeService) -> None:
    before = service.report(SECOND, None).total
    # Of a case of its own: several reviews of one episode at once count their largest amount only.
    service.put(SECOND, "F1", version(case_no="（2023）浙9902执5号", office="339902", recovered_amount_fen=1_234_567))
    after = service.report(SECOND, None).total
    assert after["recovered_fen"] - before["recovered_fen"] == 1_234_567
    assert after["recovered"] - before["recovered"] == 1
    page = load_workbook(io.BytesIO(service.workbook(SECOND, None))).active
    assert page is not None
    rows = [[cell.value for cell in line] for line in page.iter_rows()]
    codes = next(row for row in rows if "recovered_yuan" in row)
    sums = next(row for row in rows if row[0] == "合计")
    assert sums[codes.index("recovered_yuan")] == pytest.approx(after["recovered_fen"] / 100)
