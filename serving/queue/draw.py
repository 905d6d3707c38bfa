"""The queue of an office: eligible episodes, the list selected by the policy, its reasons, and findings beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from features.clues.catalogue import VERSION
from features.cuts.stored import StoredCut
from features.errors import GoldenKeyError, NotFoundError
from features.files.atomic import write_bytes
from features.rules.masking import mask_name
from models.ledger.ledger import Ledger
from models.ledger.records import Queue, Run
from models.ledger.vouched_cuts import cut_of_run
from models.reasons.case import build_contexts, explain_cases, procedure_findings
from models.reasons.sentences import CaseReasons, ReasonSettings
from models.registry import registry
from models.selection import eligibility
from models.selection.policy import WATCHED_ON, draw_seed, policy_from_payload, select_episodes, shortfalls
from serving.http.settings import Settings
from serving.queue.explaining import finding_rows, row_of, score_figures, termination_date
from serving.queue.scoring import score_all
from serving.queue.views import InclusionRow, QueueRow, QueueView
from serving.queue.watchlist import first_listed, read_watch, unlisted_notes, watch_reasons

SHORT = ReasonSettings(top=3, lowers=0)
"""Reasons in a list: the three largest."""

OFFICES_NAMED = 12


def draw_queue(
    home: Path,
    ledger: Ledger,
    office: str,
    as_of: date,
    actor: str,
    settings: Settings,
    capacity: int | None = None,
    cut: StoredCut | None = None,
) -> QueueView:
    """Score the cohort if need be, draw the list of an office, write it to the ledger and build its view.

    Args:
        home: the home folder.
        ledger: its ledger.
        office: division code or prefix (2 to 6 digits).
        as_of: the day.
        actor: actor of the audit row.
        settings: policy, seed and days of rest.
        capacity: in place of the setting's.
        cut: the cut of that day, where it is at hand already.

    Raises:
        NotFoundError: no known office has this code; the sentence names some that do.
        NotEnoughDataError, GoldenKeyError: see `scoring.score_all`.
    """
    check_office(office)
    run = score_all(home, as_of, actor, ledger, settings.threads)
    cut = cut_of_run(ledger, run, actor) if cut is None else cut
    keys = office_keys(cut, office)
    policy = settings.policy if capacity is None else replace(settings.policy, capacity=capacity)
    free = keys[eligibility.eligible(keys, as_of, settings.rest_days)]
    scores = ledger.scores(run.run_id, office=office).loc[free.index]
    watched_on = first_listed(read_watch(cut, office))
    eligible = free[["episode", "small", "vulnerable", "petitioned"]].assign(
        probability=scores["probability"],
        amount_fen=scores["amount_fen"],
        missed=scores["missed"],
        **{WATCHED_ON: pd.to_datetime(free["episode"].astype(str).map(watched_on))},
    )
    selection = select_episodes(eligible, policy, draw_seed(settings.seed, office, as_of))
    items = selection.rows.assign(score_id=scores["score_id"].loc[selection.rows["episode"]].to_numpy())
    payload = policy.as_payload() | {"rest_days": settings.rest_days}
    order = Queue("", run.run_id, office, as_of, payload, selection.seed, policy.capacity)
    queue = ledger.write_queue(order, items, actor)
    return load_view(home, queue) or _build_view(home, ledger, queue, run, cut)


def queue_view(home: Path, ledger: Ledger, queue: Queue, actor: str) -> QueueView:
    """The view of a queue of the ledger: from the cache where it was built before."""
    found = load_view(home, queue)
    if found is not None:
        return found
    run = ledger.run(queue.run_id)
    return _build_view(home, ledger, queue, run, cut_of_run(ledger, run, actor))


def check_office(office: str) -> None:
    """GoldenKeyError where the text is no division code of 2 to 6 digits."""
    if not (office.isascii() and office.isdigit() and 2 <= len(office) <= 6):
        raise GoldenKeyError("院代码应为 2 至 6 位数字的行政区划代码（例如市级取前 4 位）。")


def office_keys(cut: StoredCut, office: str) -> pd.DataFrame:
    """Keys of an office's cohort, index episode; NotFoundError names known offices where there is none."""
    keys = cut.keys.set_index(pd.Index(cut.keys["episode"].astype(str), name="key"))
    chosen = keys[keys["office"].fillna("").str.startswith(office)]
    if chosen.empty:
        known = sorted(set(keys["office"].dropna()))
        some = "、".join(known[:OFFICES_NAMED]) + (f" 等 {len(known)} 个" if len(known) > OFFICES_NAMED else "")
        raise NotFoundError(f"截至 {cut.as_of} 没有院代码 {office} 管辖的终本案件，已有案件的院代码为 {some}。")
    return chosen


def _build_view(home: Path, ledger: Ledger, queue: Queue, run: Run, cut: StoredCut) -> QueueView:
    model = registry.load(home, run.model_version)
    keys = office_keys(cut, queue.office)
    scores = ledger.scores(run.run_id, office=queue.office)
    items = ledger.queue_items(queue.queue_id).sort_values(["position", "episode"], na_position="last")
    chosen = items[items["listed"]]
    positions = dict(zip(chosen["episode"].astype(str).tolist(), chosen["position"].astype(int).tolist(), strict=True))
    values = ledger.values(run, list(positions))
    contexts = build_contexts(scores.loc[keys.index], keys["debt_fen"], run.as_of, run.model_version, cut)
    explained = explain_cases(model, values, contexts, cut, SHORT)
    findings = finding_rows(procedure_findings(cut, contexts), positions)
    entries = read_watch(cut, queue.office)
    why = watch_reasons(entries)
    resting = ~keys["under_review"] & eligibility.resting(keys, queue.as_of, int(queue.policy["rest_days"]))
    records: list[dict[str, Any]] = items.to_dict("records")  # type: ignore[assignment]
    shown = {str(item["episode"]): _inclusion_row(item, row_of(scores, item["episode"])) for item in records}
    rows = (
        _queue_row(shown[name], row_of(scores, name), row_of(keys, name), position, explained[name], why.get(name, ""))
        for name, position in positions.items()
    )
    view = QueueView(
        queue_id=queue.queue_id,
        run_id=run.run_id,
        office=queue.office,
        as_of=queue.as_of,
        pool_state=run.pool_state,
        model_version=run.model_version,
        capacity=queue.capacity,
        cohort=len(keys),
        under_review=int(keys["under_review"].sum()),
        resting=int(resting.sum()),
        eligible=queue.eligible,
        currency_notes=cut.all_currency_notes(),
        listed=queue.listed,
        seed=str(queue.seed),
        policy=dict(queue.policy),
        rows=tuple(rows),
        inclusion=tuple(shown.values()),
        findings=findings,
        unscored=cut.isolation.sentences(queue.office) or msgspec.UNSET,
        notes=(*model.notes, *shortfalls(policy_from_payload(queue.policy), items)),
        watch_notes=unlisted_notes(entries, set(positions), set(shown), _unavailable(keys, resting)),
    )
    _write_cache(home, queue, view)
    return view


def _unavailable(keys: pd.DataFrame, resting: pd.Series[bool]) -> dict[str, str]:
    """Why episodes of the cohort could not be chosen."""
    under = dict.fromkeys(keys.index[keys["under_review"].astype(bool)].astype(str), "审查中")
    return dict.fromkeys(keys.index[resting.astype(bool)].astype(str), "近期审结") | under


def _inclusion_row(item: dict[str, Any], score: pd.Series[Any]) -> InclusionRow:
    return InclusionRow(
        case_no=str(score["case_no"]),
        zb_date=termination_date(str(item["episode"])),
        listed=bool(item["listed"]),
        stratum=str(item["stratum"]),
        inclusion=float(item["inclusion"]),
        **score_figures(score),
    )


def _queue_row(
    shown: InclusionRow, score: pd.Series[Any], key: pd.Series[Any], position: int, explained: CaseReasons, watch: str
) -> QueueRow:
    return QueueRow(
        position=position,
        score_id=str(score["score_id"]),
        case_no=shown.case_no,
        zb_date=shown.zb_date,
        debtor=mask_name(str(key["debtor_name"] or "")) or "（未载明）",
        debt_fen=int(key["debt_fen"]),
        level=str(score["level"]),
        reasons=tuple(reason.text for reason in explained.reasons),
        coverage=str(score["coverage"]),
        stratum=shown.stratum,
        petitioned=bool(key["petitioned"]),
        small=bool(key["small"]),
        vulnerable=bool(key["vulnerable"]),
        watch=watch,
        no_reason=explained.no_reason,
        **score_figures(score),
    )


def _cache_path(home: Path, queue: Queue) -> Path:
    return Path(home) / "cache" / "queue" / f"{queue.queue_id}.json"


def load_view(home: Path, queue: Queue) -> QueueView | None:
    """The cached view of a queue; None where there is none, or where it was built under another digest."""
    try:
        stored = msgspec.json.decode(_cache_path(home, queue).read_bytes(), type=dict[str, Any])
        return msgspec.convert(stored["view"], QueueView) if stored["digest"] == _cache_digest(queue) else None
    except (OSError, msgspec.MsgspecError, KeyError):
        return None


def _write_cache(home: Path, queue: Queue, view: QueueView) -> None:
    write_bytes(_cache_path(home, queue), msgspec.json.encode({"digest": _cache_digest(queue), "view": view}))


def _cache_digest(queue: Queue) -> str:
    return f"{queue.digest}-{VERSION}"
