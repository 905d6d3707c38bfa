"""Verdicts on reasons: a random sample anyone can repeat, sheets kept whole, agreement with an honest interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from made_ledger import AS_OF, write_queue, write_run
from sqlalchemy import text

from features.errors import GoldenKeyError, NotEnoughDataError, NotFoundError
from models.audit.verify import verify
from models.audit.verify_reviews import review_faults
from models.database.engine import reading, writing
from models.feedback.clue_issues import CORRECTED, close_finding, findings
from models.feedback.reason_samples import (
    ReasonSample,
    SampledReason,
    SampleRequest,
    draw_sample,
    sample_reasons,
    sampling_key,
    write_sample,
)
from models.feedback.verdicts import ReasonVerdict, agreement, agreement_share, file_verdicts, write_review_report
from models.intervals.shares import wilson
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from models.registry import reports

DAY = date(2024, 5, 6)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.delenv("GOLDENKEY_DATABASE", raising=False)
    with Ledger(tmp_path) as opened:
        opened.add_actor("复核员", "person", "system")
        yield opened


def serve(ledger: Ledger, count: int = 12) -> list[str]:
    """Scores of a run, the first ones served one by one."""
    run = write_run(ledger)
    ids = ledger.scores(run.run_id)["score_id"].tolist()
    for score_id in ids[:count]:
        ledger.record("system", "explanation.serve", score_id, {"score_ids": [score_id]})
    return ids


def sampled(ledger: Ledger, size: int = 4, reasons: int = 2) -> ReasonSample:
    """A recorded sample in which every explanation has some reasons, and a row for what is missing."""
    drawn = draw_sample(ledger, SampleRequest(size=size, seed=5))
    asked = [
        SampledReason(score_id, place, f"案{score_id}", AS_OF, "m1", f"C{place}" if place else "", "疑似", "提高", "行")
        for score_id in drawn.score_ids
        for place in range(reasons + 1)
    ]
    return write_sample(ledger, drawn.sample, asked, "复核员")


def judged(ledger: Ledger, sample: ReasonSample, words: Sequence[str] = ()) -> list[ReasonVerdict]:
    """Verdicts on every reason in order, 有据 where `words` ends."""
    asked = [reason for reason in sample_reasons(ledger, sample.sample_id) if reason.place]
    said = [*words, *["有据"] * (len(asked) - len(words))]
    return [
        ReasonVerdict(reason.score_id, reason.place, reason.clue, word, "说明", "复核员", DAY)  # type: ignore[arg-type]
        for reason, word in zip(asked, said, strict=True)
    ]


def acts(ledger: Ledger) -> list[str]:
    with ledger.engine.connect() as connection:
        return list(connection.execute(text("SELECT act FROM audit ORDER BY seq")).scalars())


def test_the_draw_is_the_first_by_hash_among_what_was_served(ledger: Ledger) -> None:
    ids = serve(ledger, 12)
    drawn = draw_sample(ledger, SampleRequest(size=5, seed=3))
    assert drawn.sample.served == 12
    assert list(drawn.score_ids) == sorted(ids[:12], key=lambda score_id: sampling_key(3, score_id))[:5]
    assert draw_sample(ledger, SampleRequest(size=5, seed=3)) == drawn
    assert draw_sample(ledger, SampleRequest(size=5, seed=4)).score_ids != drawn.score_ids


def test_cases_of_a_served_list_count_as_served_and_other_offices_and_days_do_not(ledger: Ledger) -> None:
    run = write_run(ledger)
    queue = write_queue(ledger, run)
    with pytest.raises(NotEnoughDataError, match="没有向任何人提供过解释"):
        draw_sample(ledger, SampleRequest())
    ledger.record("system", "queue.serve", queue.queue_id, {})
    items = ledger.queue_items(queue.queue_id)
    assert set(draw_sample(ledger, SampleRequest(size=100)).score_ids) == set(items.loc[items["listed"], "score_id"])
    for order in (
        SampleRequest(office="3302"),
        SampleRequest(day_to=date(2020, 1, 1)),
        SampleRequest(day_from=date.max),
    ):
        with pytest.raises(NotEnoughDataError):
            draw_sample(ledger, order)
    with pytest.raises(GoldenKeyError, match="颠倒"):
        draw_sample(ledger, SampleRequest(day_from=date(2024, 2, 1), day_to=date(2024, 1, 1)))
    with pytest.raises(GoldenKeyError, match="正整数"):
        draw_sample(ledger, SampleRequest(size=0))


def test_every_explanation_is_drawn_as_often_as_any_other(ledger: Ledger) -> None:
    ids = serve(ledger, 10)[:10]
    draws = [sorted(ids, key=lambda score_id: sampling_key(seed, score_id))[:3] for seed in range(2000)]
    times = np.array([sum(score_id in drawn for drawn in draws) for score_id in ids])
    assert abs(times - 600).max() < 5 * (2000 * 0.3 * 0.7) ** 0.5


def test_a_sample_is_written_once_and_with_its_act(ledger: Ledger) -> None:
    serve(ledger)
    with pytest.raises(UnknownActorError):
        write_sample(ledger, draw_sample(ledger, SampleRequest()).sample, _asked(ledger), "无名")
    assert "audit.sample" not in acts(ledger)
    first = sampled(ledger)
    assert sampled(ledger) == first
    assert acts(ledger).count("audit.sample") == 1
    assert verify(ledger).sound


def _asked(ledger: Ledger) -> list[SampledReason]:
    score_id = draw_sample(ledger, SampleRequest()).score_ids[0]
    return [SampledReason(score_id, 1, "案", AS_OF, "m1", "C1", "疑似", "提高", "行")]


def test_a_sheet_is_kept_whole_and_a_correction_beside_it(ledger: Ledger) -> None:
    serve(ledger)
    sample = sampled(ledger)
    first = file_verdicts(ledger, sample.sample_id, judged(ledger, sample, ["无据"]), "复核员")
    again = file_verdicts(ledger, sample.sample_id, judged(ledger, sample, ["无据"]), "复核员")
    assert (first.filing, first.new, again.filing, again.new) == (1, True, 1, False)
    corrected = file_verdicts(ledger, sample.sample_id, judged(ledger, sample), "复核员")
    assert corrected.filing == 2
    found = agreement(ledger, "m1")
    assert (found["overall"]["supported"], found["overall"]["judged"], found["cases"]) == (8, 8, 4)
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM verdicts")).scalar() == 16
    assert acts(ledger).count("audit.verdicts") == 2


@pytest.mark.parametrize("fault", ["double", "lost", "stranger", "word", "sample"])
def test_a_sheet_that_does_not_fit_is_refused_whole(ledger: Ledger, fault: str) -> None:
    serve(ledger)
    sample = sampled(ledger)
    rows = judged(ledger, sample)
    one = rows[0]
    changed = {
        "double": [*rows, one],
        "lost": rows[1:],
        "stranger": [ReasonVerdict("S0", 1, "C1", "有据", "", "复核员", DAY), *rows[1:]],
        "word": [ReasonVerdict(one.score_id, one.place, one.clue, "遗漏", "", "复核员", DAY), *rows[1:]],
        "sample": rows,
    }[fault]
    with pytest.raises(NotFoundError if fault == "sample" else GoldenKeyError):
        file_verdicts(ledger, "A0" if fault == "sample" else sample.sample_id, changed, "复核员")
    assert "audit.verdicts" not in acts(ledger)
    assert agreement(ledger, "m1")["overall"] is None


def test_a_misleading_reason_opens_a_finding_that_people_or_corrections_close(ledger: Ledger) -> None:
    serve(ledger)
    sample = sampled(ledger)
    filed = file_verdicts(ledger, sample.sample_id, judged(ledger, sample, ["误导", "误导"]), "复核员")
    assert (filed.opened, filed.closed) == (2, 0)
    one, other = findings(ledger, "open")
    assert {one["clue"], other["clue"]} == {"C1", "C2"}
    close_finding(ledger, one["finding_id"], "改写了语句", "复核员")
    with pytest.raises(GoldenKeyError, match="已经关闭"):
        close_finding(ledger, one["finding_id"], "再关一次", "复核员")
    with pytest.raises(NotFoundError):
        close_finding(ledger, "F0", "没有", "复核员")
    filed = file_verdicts(ledger, sample.sample_id, judged(ledger, sample), "复核员")
    assert (filed.opened, filed.closed) == (0, 1)
    resolutions = {row["finding_id"]: row["resolution"] for row in findings(ledger, "closed")}
    assert resolutions == {one["finding_id"]: "改写了语句", other["finding_id"]: CORRECTED}
    filed = file_verdicts(ledger, sample.sample_id, judged(ledger, sample, ["误导", "误导"]), "复核员")
    assert filed.opened == 1, "one closed by a person stays closed"
    assert [row["finding_id"] for row in findings(ledger, "open")] == [other["finding_id"]]
    assert agreement(ledger, "m1")["open_findings"] == {other["clue"]: 1}
    assert verify(ledger).sound


def test_the_paper_tells_each_clue_and_what_was_missing(ledger: Ledger) -> None:
    serve(ledger)
    sample = sampled(ledger)
    rows = judged(ledger, sample, ["无据", "有据", "误导"])
    missing = ReasonVerdict(rows[0].score_id, 0, "V01", "遗漏", "未提示过户", "复核员", DAY)
    file_verdicts(ledger, sample.sample_id, [*rows, missing], "复核员")
    body = write_review_report(ledger, "m1")
    assert reports.read_report(ledger.home, "m1", "review") == body
    assert body["by_clue"]["C1"]["supported"] == 2
    assert (body["by_clue"]["C1"]["unsupported"], body["by_clue"]["C1"]["misleading"]) == (1, 1)
    assert body["by_clue"]["C2"]["supported"] == 4
    assert (body["missing"], body["cases_missing"]) == (1, 1)
    assert agreement(ledger, "m2")["overall"] is None


def test_reasons_alone_in_their_case_have_wilsons_interval_and_together_a_wider_one() -> None:
    supported = [True] * 30 + [False] * 10
    alone = agreement_share(supported, [str(n) for n in range(40)])
    assert alone is not None
    known = wilson(30, 40)
    assert alone.effective == pytest.approx(40, rel=0.03)
    assert (alone.low, alone.high) == (pytest.approx(known.low, abs=0.005), pytest.approx(known.high, abs=0.005))
    together = agreement_share(supported, [str(n // 5) for n in range(40)])
    assert together is not None
    assert (together.cases, together.judged) == (8, 40)
    exact = wilson(6, 8)
    assert together.low == pytest.approx(exact.low, abs=0.03)
    assert together.high == pytest.approx(exact.high, abs=0.03)
    assert agreement_share([], []) is None


def test_where_all_agree_each_case_counts_once() -> None:
    found = agreement_share([True] * 30, [str(n // 5) for n in range(30)])
    assert found is not None
    assert (found.share, found.high, found.effective) == (1.0, 1.0, 6.0)
    assert found.low == pytest.approx(wilson(6, 6).low)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    case = [str(n // 4) for n in range(160)]
    hits = 0
    for _ in range(400):
        chance = np.repeat(random.beta(4, 1, 40), 4)
        found = agreement_share((random.random(160) < chance).tolist(), case)
        assert found is not None
        hits += found.low <= 0.8 <= found.high
    assert 0.91 <= hits / 400 <= 0.985


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE verdicts SET verdict = '有据' WHERE verdict = '误导'",
        "UPDATE audit_reasons SET text = '改写' WHERE place = 1",
        "UPDATE findings SET state = 'closed'",
        "DELETE FROM findings",
    ],
)
def test_what_is_changed_behind_the_chain_is_told(ledger: Ledger, change: str) -> None:
    serve(ledger)
    sample = sampled(ledger)
    file_verdicts(ledger, sample.sample_id, judged(ledger, sample, ["误导"]), "复核员")
    with reading(ledger.engine) as connection:
        assert list(review_faults(connection)) == []
    with writing(ledger.engine) as connection:
        connection.execute(text(change))
    with reading(ledger.engine) as connection:
        (fault,) = review_faults(connection)
    assert "已被改动" in fault[1]
