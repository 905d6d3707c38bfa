"""Sample of served explanations for auditors, rebuilt from the scores in the ledger and recorded there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from models.feedback.reason_samples import (
    ReasonSample,
    SampledReason,
    SampleRequest,
    draw_sample,
    find_sample,
    write_sample,
)
from models.ledger.ledger import Ledger
from models.ledger.records import Score
from models.ledger.vouched_cuts import cut_of_run
from models.reasons import format as formatting
from models.reasons.case import build_contexts, explain_cases
from models.reasons.sentences import CaseReasons, EvidenceLine, Reason
from models.registry import registry

LINES = 10
"""Evidence rows written out per reason; the number of the rest is given."""

MISSING_HINT = "如有应当提示而未提示的情形，请在“判断”选“遗漏”，并在“说明”写明；没有的留空。同一案件可插入多行。"


def take_sample(home: Path, ledger: Ledger, order: SampleRequest, actor: str, threads: int = 1) -> ReasonSample:
    """Sample served explanations, rebuild each and record its reasons; the same request gives the same sample.

    Raises:
        NotEnoughDataError: nothing was served, or nothing that was drawn has a reason.
        NotFoundError: the model of a score is gone. UnknownActorError: nothing is written.
    """
    drawn = draw_sample(ledger, order)
    known = find_sample(ledger, drawn.sample.sample_id)
    if known is not None:
        return known
    by_run: dict[str, list[Score]] = defaultdict(list)
    for score_id in drawn.score_ids:
        score = ledger.score(score_id)
        by_run[score.run_id].append(score)
    reasons = [
        reason for run_id in sorted(by_run) for reason in _asked(home, ledger, run_id, by_run[run_id], actor, threads)
    ]
    return write_sample(ledger, drawn.sample, reasons, actor)


def _asked(
    home: Path, ledger: Ledger, run_id: str, scores: Sequence[Score], actor: str, threads: int
) -> Iterator[SampledReason]:
    """Every reason of some scores of one run, from the matrix rows that were scored."""
    run = ledger.run(run_id)
    model = registry.load(home, run.model_version, threads)
    episodes = [score.episode for score in scores]
    values = pd.DataFrame([score.values for score in scores], index=episodes, columns=list(run.columns))
    stored_scores = ledger.scores(run_id, [score.case_no for score in scores])
    cut = cut_of_run(ledger, run, actor)
    debts = pd.Series(cut.column(episodes, "debt"), index=episodes)
    contexts = build_contexts(stored_scores.loc[episodes], debts, run.as_of, run.model_version, cut)
    explained = explain_cases(model, values, contexts, cut)
    for score in scores:
        yield from _of_case(score, explained[score.episode])


def _of_case(score: Score, reasons: CaseReasons) -> Iterator[SampledReason]:
    whose = (score.case_no, reasons.context.as_of, reasons.context.model_version)
    yield SampledReason(score.score_id, 0, *whose, "", reasons.no_reason + MISSING_HINT, "", "")
    for place, reason in enumerate((*reasons.reasons, *reasons.lowers), start=1):
        weight = f"{reason.direction} {reason.contribution:+.3f}（对数几率）"
        yield SampledReason(score.score_id, place, *whose, reason.clue, reason.text, weight, _evidence(reason))


def _evidence(reason: Reason) -> str:
    lines = [_line(line) for line in reason.evidence[:LINES]]
    left = reason.evidence_total - len(lines)
    return "\n".join([*lines, f"另有 {left} 行。"] if left and lines else lines) or "（无证据行）"


def _line(line: EvidenceLine) -> str:
    amount = formatting.format_amount(line.amount_fen) if line.amount_fen is not None else ""
    said = " ".join(part for part in (formatting.format_date(line.day), amount, line.who, line.note) if part)
    places = "；".join(
        f"{table} {formatting.format_location(file, sheet, row)}" for table, _, file, sheet, row in line.sources
    )
    return f"{said}（{places}）" if places else said
