"""The life of a lead in the ledger: states, reasons, who came first, what a later opening changes and what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from made_leads import CAR, lead
from sqlalchemy import text

from features.errors import NotFoundError
from models.audit.verify import verify
from models.database.engine import writing
from models.feedback import lead_decisions
from models.feedback.lead_decisions import ConflictError, Decision, LeadFilter, MoveError
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger

FIRST, LATER = date(2023, 12, 31), date(2024, 3, 31)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path) as made:
        for name in ("甲", "乙"):
            made.add_actor(name, "person", "system")
        yield made


def opened(ledger: Ledger, *found: object, day: date = FIRST, state: int = 1) -> lead_decisions.Opening:
    return lead_decisions.record_opening(ledger, list(found), day, state, "v1", "system")  # type: ignore[arg-type]


def test_an_opened_lead_is_screened_and_masked(ledger: Ledger) -> None:
    made = opened(ledger, lead())
    assert (made.leads, made.new) == (1, 1)
    kept = lead_decisions.read_lead(ledger, lead().id)
    assert (kept.state, kept.version, kept.net_fen, kept.cause) == ("初筛", 0, 4_000_000, "QRY-CL")
    assert CAR not in repr(kept)
    assert "浙Z00001" not in repr(kept)
    assert lead_decisions.count_by_state(ledger) == {"初筛": 1, "有效": 0, "无效": 0, "已推送": 0}


def test_valid_then_pushed_with_its_department(ledger: Ledger) -> None:
    opened(ledger, lead())
    valid = lead_decisions.decide(ledger, lead().id, Decision("有效", 0), "甲")
    assert (valid.state, valid.version, valid.actor) == ("有效", 1, "甲")
    pushed = lead_decisions.decide(ledger, lead().id, Decision("已推送", 1, department="民事检察"), "甲")
    assert (pushed.state, pushed.department) == ("已推送", "民事检察")
    found = [
        (act.actor, act.payload["from"], act.payload["to"]) for act in lead_decisions.lead_history(ledger, lead().id)
    ]
    assert found == [("甲", "初筛", "有效"), ("甲", "有效", "已推送")]
    assert verify(ledger).sound


@pytest.mark.parametrize(
    ("decision", "found"),
    [
        (Decision("无效", 0), "须写明原因"),
        (Decision("无效", 0, reason="没有财产"), "须写明原因"),
        (Decision("无效", 0, "nonsense"), "须写明原因"),
        (Decision("无效", 0, "other"), "须写明理由"),
        (Decision("无效", 0, "other", "字" * 501), "500"),
        (Decision("已推送", 0, department="民事检察"), "不能改为"),
        (Decision("初筛", 0), "不能改为"),
        (Decision("办结", 0), "之一"),
        (Decision("有效", 0, "no_value"), "只用于标为无效"),
        (Decision("有效", 0, department="民事检察"), "只在推送时"),
    ],
)
def test_what_a_decision_must_say(ledger: Ledger, decision: Decision, found: str) -> None:
    opened(ledger, lead())
    with pytest.raises(MoveError, match=found):
        lead_decisions.decide(ledger, lead().id, decision, "甲")
    assert lead_decisions.read_lead(ledger, lead().id).version == 0
    assert lead_decisions.lead_history(ledger, lead().id) == []


def test_a_push_without_a_known_department_is_refused(ledger: Ledger) -> None:
    opened(ledger, lead())
    lead_decisions.decide(ledger, lead().id, Decision("有效", 0), "甲")
    with pytest.raises(MoveError, match="推送须指明部门"):
        lead_decisions.decide(ledger, lead().id, Decision("已推送", 1, department="后勤"), "甲")


def test_of_two_people_on_one_lead_the_second_is_told(ledger: Ledger) -> None:
    opened(ledger, lead())
    lead_decisions.decide(ledger, lead().id, Decision("无效", 0, "controlled"), "甲")
    with pytest.raises(ConflictError, match=r"已由甲于 .*标为“无效”.*刷新") as found:
        lead_decisions.decide(ledger, lead().id, Decision("有效", 0), "乙")
    assert found.value.http_status == 409
    kept = lead_decisions.read_lead(ledger, lead().id)
    assert (kept.state, kept.actor, kept.reason_code) == ("无效", "甲", "controlled")


def test_an_unknown_actor_changes_nothing(ledger: Ledger) -> None:
    opened(ledger, lead())
    with pytest.raises(UnknownActorError):
        lead_decisions.decide(ledger, lead().id, Decision("有效", 0), "无名")
    assert lead_decisions.read_lead(ledger, lead().id).state == "初筛"
    with pytest.raises(NotFoundError):
        lead_decisions.decide(ledger, "Lnone", Decision("有效", 0), "甲")


def test_a_later_opening_keeps_state_and_renews_the_rest(ledger: Ledger) -> None:
    opened(ledger, lead())
    lead_decisions.decide(ledger, lead().id, Decision("无效", 0, "no_value"), "甲")
    made = opened(ledger, replace(lead(), net_fen=9), day=LATER, state=2)
    assert made.new == 0
    kept = lead_decisions.read_lead(ledger, lead().id)
    assert (kept.state, kept.version, kept.reason_code, kept.net_fen) == ("无效", 1, "no_value", 9)
    assert (kept.first_as_of, kept.last_as_of, kept.fresh, kept.gone) == (FIRST, LATER, False, False)
    assert verify(ledger).sound


def test_new_evidence_since_the_decision_is_shown(ledger: Ledger) -> None:
    opened(ledger, lead())
    lead_decisions.decide(ledger, lead().id, Decision("无效", 0, "no_value"), "甲")
    more = replace(lead().rows[0], key="f" * 16)
    opened(ledger, replace(lead(), rows=(*lead().rows, more)), day=LATER, state=2)
    assert lead_decisions.read_lead(ledger, lead().id).fresh
    lead_decisions.decide(ledger, lead().id, Decision("有效", 1), "乙")
    assert not lead_decisions.read_lead(ledger, lead().id).fresh


def test_what_the_last_opening_did_not_find_is_gone_but_kept(ledger: Ledger) -> None:
    opened(ledger, lead(), lead(2))
    opened(ledger, lead(2), day=LATER, state=2)
    assert lead_decisions.read_lead(ledger, lead().id).gone
    assert not lead_decisions.read_lead(ledger, lead(2).id).gone


def test_the_same_cut_opened_again_changes_nothing_and_an_older_is_refused(ledger: Ledger) -> None:
    opened(ledger, lead(), day=LATER, state=2)
    entries = verify(ledger).entries
    opened(ledger, lead(), day=LATER, state=2)
    assert verify(ledger).entries == entries
    with pytest.raises(MoveError, match="更早"):
        opened(ledger, lead(), day=FIRST, state=1)


def test_lists_are_narrowed_and_ordered_by_net_value(ledger: Ledger) -> None:
    small, unknown = replace(lead(2), net_fen=100), replace(lead(3), net_fen=None, office="339902")
    opened(ledger, small, unknown, lead())
    assert [one.lead_id for one in lead_decisions.list_leads(ledger)] == [lead().id, small.id, unknown.id]
    assert [one.lead_id for one in lead_decisions.list_leads(ledger, LeadFilter(office="339902"))] == [unknown.id]
    assert [one.lead_id for one in lead_decisions.list_leads(ledger, LeadFilter(at_least_fen=101))] == [lead().id]
    assert [one.lead_id for one in lead_decisions.list_leads(ledger, limit=1, offset=1)] == [small.id]
    assert lead_decisions.list_leads(ledger, LeadFilter(state="有效")) == []


@pytest.mark.parametrize(
    "change", ["state = '有效'", "reason_code = 'paid'", "department = '刑事检察'", "reason = '改过'", "version = 7"]
)
def test_a_changed_decision_is_noticed(ledger: Ledger, change: str) -> None:
    opened(ledger, lead())
    lead_decisions.decide(ledger, lead().id, Decision("无效", 0, "controlled", "已查封"), "甲")
    assert verify(ledger).sound
    with writing(ledger.engine) as connection:
        connection.execute(text(f"UPDATE leads SET {change}"))
    assert any("线索" in problem.sentence for problem in verify(ledger).problems)
