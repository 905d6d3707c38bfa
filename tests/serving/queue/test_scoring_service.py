"""The service of scores and queues: which run answers, for whom, what the chain says of it, two asking at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from made_home import CASES, OFFICES, Home, case_no, install_model, written_model

from features.errors import NotFoundError
from models.audit.verify import verify
from models.ledger.actors import Bearer, ForbiddenError
from models.ledger.ledger import Ledger
from models.selection.policy import Policy
from serving.http.errors import InvalidError
from serving.http.requests import decode_json
from serving.http.settings import read_settings
from serving.queue.api import EXPECTED, SCORES_BODY
from serving.queue.draw import draw_queue
from serving.queue.service import ScoringService
from serving.queue.views import ScoresRequest

SETTINGS = replace(read_settings({"GOLDENKEY_BATCH_LIMIT": "3"}), policy=Policy(capacity=4))
FIRST, SECOND, CITY, ALL = Bearer("甲", OFFICES[0]), Bearer("乙", OFFICES[1]), Bearer("市", "3399"), Bearer("省", "")


@pytest.fixture(scope="module")
def service(module_home: Home) -> Iterator[ScoringService]:
    """The service over a home whose day of the matrix is scored, and the bearers."""
    with Ledger(module_home.path) as ledger:
        for bearer in (FIRST, SECOND, CITY, ALL):
            ledger.add_actor(bearer.actor, "person", "system")
        made = ScoringService(replace(SETTINGS, home=module_home.path), ledger)
        made.run(module_home.as_of)
        yield made


def last_act(service: ScoringService) -> tuple[str, str, str, dict[str, Any]]:
    with service.ledger.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT actor, act, subject, payload FROM audit ORDER BY seq DESC").first()
    assert row is not None
    return row[0], row[1], row[2], json.loads(row[3])


def test_scores_come_in_the_order_asked_one_for_each_number(service: ScoringService) -> None:
    asked = [case_no(6), case_no(2), case_no(6)]
    found = service.scores(FIRST, asked, None).scores
    assert [row.case_no for row in found] == asked
    assert found[0] == found[2] != found[1]
    who, act, _, payload = last_act(service)
    assert (who, act) == ("甲", "score.serve")
    assert payload["score_ids"] == [row.score_id for row in found]
    for row in found:
        # 分 on both sides: the expected recovery is the product, rounded to whole 分.
        assert row.expected_fen == round(row.probability * (row.amount_fen or 0))


@pytest.mark.parametrize("count", [0, 4])
def test_no_case_or_more_than_the_limit_is_refused(service: ScoringService, count: int) -> None:
    with pytest.raises(InvalidError, match="1 至 3 项"):
        service.scores(ALL, [case_no(2)] * count, None)


def test_one_case_of_another_office_closes_the_whole_answer(service: ScoringService) -> None:
    before = last_act(service)
    with pytest.raises(ForbiddenError, match="第 2 个案号"):
        service.scores(FIRST, [case_no(2), case_no(3), case_no(4)], None)
    with pytest.raises(ForbiddenError):
        service.explanation(FIRST, case_no(3), None)
    with pytest.raises(ForbiddenError):
        service.queue(FIRST, "3399", None)
    assert last_act(service) == before
    assert {row.office for row in service.scores(CITY, [case_no(2), case_no(3)], None).scores} == set(OFFICES)


def test_an_unknown_case_is_not_found_whoever_asks(service: ScoringService) -> None:
    with pytest.raises(NotFoundError) as refused:
        service.scores(FIRST, ["（2023）浙9902执9999号"], None)
    assert "9999" not in str(refused.value)


def test_every_token_sees_the_offices_it_reaches(service: ScoringService) -> None:
    run = service.run()
    seen = [service.offices(bearer, run) for bearer in (FIRST, SECOND, CITY, ALL, Bearer("外", "110101"))]
    assert seen == [[OFFICES[0]], [OFFICES[1]], list(OFFICES), list(OFFICES), []]
    with pytest.raises(NotFoundError) as refused:
        service.queue(CITY, "339955", None)
    assert str(refused.value).endswith(f"可查看的院代码为 {'、'.join(OFFICES)}。")


@pytest.mark.parametrize("office", ["", "3", "３３９９", "3399011", "33 9"])
def test_a_code_that_cannot_be_is_refused_before_anything_is_drawn(service: ScoringService, office: str) -> None:
    with pytest.raises(InvalidError, match="参数 office"):
        service.queue(ALL, office, None)


def test_two_people_opening_one_office_at_once_get_one_list(service: ScoringService) -> None:
    with ThreadPoolExecutor(2) as both:
        asked = [both.submit(service.queue, bearer, OFFICES[1], None) for bearer in (SECOND, ALL)]
        first, second = (one.result() for one in asked)
    assert first == second
    with service.ledger.engine.connect() as connection:
        drawn = connection.exec_driver_sql(
            "SELECT count(*) FROM audit WHERE act = 'queue.make' AND subject = ?", (first.queue_id,)
        ).scalar()
        lists = (
            connection.exec_driver_sql("SELECT queue_id FROM queues WHERE office = ?", (OFFICES[1],)).scalars().all()
        )
    assert lists == [first.queue_id]
    assert drawn == 1
    assert (first.cohort, first.capacity, first.listed) == (CASES // 2, 4, len(first.rows))
    assert verify(service.ledger).sound


def test_the_list_made_last_stands_also_when_it_was_made_by_another_capacity(
    service: ScoringService, module_home: Home
) -> None:
    drawn = draw_queue(module_home.path, service.ledger, OFFICES[0], module_home.as_of, "system", SETTINGS, capacity=2)
    served = service.queue(FIRST, OFFICES[0], module_home.as_of)
    assert msgspec.structs.replace(served, as_of_why="") == drawn and served.as_of_why
    assert (served.capacity, len(served.rows)) == (2, 2)
    assert last_act(service)[:3] == ("甲", "queue.serve", drawn.queue_id)


@pytest.mark.parametrize("name", ScoresRequest.__struct_fields__)
def test_a_field_of_the_wrong_type_is_named_and_not_repeated(name: str) -> None:
    body = json.dumps({"case_nos": [case_no(2)]} | {name: {"990001198001010019": 1}}).encode()
    with pytest.raises(InvalidError) as refused:
        decode_json(body, ScoresRequest, EXPECTED, SCORES_BODY)
    assert str(refused.value).startswith(f"字段 {name} 应为")
    assert "990001198001010019" not in str(refused.value)


def test_a_model_put_in_use_answers_from_then_on_and_old_scores_stay(
    service: ScoringService, module_home: Home
) -> None:
    old = service.run()
    before = service.scores(FIRST, [case_no(2)], None).scores[0]
    changed = replace(written_model(), calibration=replace(written_model().calibration, slope=0.5))
    version = install_model(module_home.path, changed)
    try:
        assert service.model().version == version != old.model_version
        after = service.scores(FIRST, [case_no(2)], None).scores[0]
        assert (after.model_version, after.as_of) == (version, old.as_of)
        assert after.probability != before.probability
        kept = service.ledger.score(before.score_id)
        assert (kept.probability, service.ledger.run(kept.run_id).model_version) == (
            before.probability,
            old.model_version,
        )
    finally:
        install_model(module_home.path, written_model())
    assert service.scores(FIRST, [case_no(2)], None).scores[0] == before
