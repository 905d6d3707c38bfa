"""Deliver the offices' own tables: selected cases, and every review with its later versions."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array, random_stream, repeat_text
from evaluation.world.base.config import Knobs
from evaluation.world.population.concealment import MISSED_ASSETS, DebtorConduct
from evaluation.world.population.docket import Docket
from evaluation.world.population.holdings import Rows, stack_rows
from evaluation.world.population.offices import CHANNELS, Reviews
from evaluation.world.population.spool import Spool
from features.schema import TABLES

_KINDS = {
    "vehicle": "车辆",
    "realty": "不动产",
    "insurance": "保险",
    "fund": "公积金",
    "wage": "工资收入",
    "deposit": "存款",
}
_DEFECT_NAMES = (
    "未满三个月终本",
    "未在三个月内查询",
    "查询范围不全",
    "未终本约谈",
    "未限制消费",
    "未责令报告财产",
    "未调查公积金等",
    "线索未核实",
    "未半年复查",
)
_EXCUSES = ["已核实无财产", "合理交易", "财产无价值或已抵押", "同名误配"]


def deliver_reviews(
    knobs: Knobs,
    seed: int,
    quarter: int,
    spool: Spool,
    docket: Docket,
    conduct: DebtorConduct,
    reviews: Reviews,
    row: Array,
) -> None:
    """Deliver the tables `selection` and `review`; `row` is the docket row of each review."""
    codes = np.asarray(knobs.texts("offices.codes"), dtype=object)[docket.office[row]]
    spool.add(
        "selection",
        {
            "case_no": docket.case_no[row],
            "zb_date": docket.closed[row],
            "selected_on": reviews.selected,
            "office": codes,
            "channel": np.asarray(CHANNELS, dtype=object)[reviews.channel],
            "probability": np.round(reviews.probability, 6),
        },
        reviews.selected + 1,
    )
    full = _final_reviews(seed, quarter, docket, conduct, reviews, row, codes)
    stages = [
        (reviews.accepted, ()),
        (
            reviews.concluded,
            ("conclude_date", "label", "irregularity", "found_kind", "found_value", "false_positive_reason"),
        ),
        (reviews.replied, ("sug_date", "reply_date", "reply")),
        (reviews.resumed, ("resume_date", "unaided")),
        (reviews.paid, ("recovered_amount", "recovered_date")),
    ]
    versions, known = [], []
    shown: set[str] = {"review_id", "case_no", "zb_date", "office", "origin", "selected_on", "accept_date", "score_id"}
    before = reviews.accepted
    for day, names in stages:
        shown |= set(names)
        at = np.flatnonzero(day < NEVER)
        day = np.maximum(day, before)
        before = np.where(day < NEVER, day, before)
        versions.append({name: _visible_or_empty(name, column, name in shown)[at] for name, column in full.items()})
        known.append(day[at] + 2)
    spool.add("review", stack_rows(versions), np.concatenate(known))


def _visible_or_empty(name: str, column: Array, visible: bool) -> Array:
    if visible:
        return column
    if column.dtype == object:
        return repeat_text("", len(column))
    return np.full(len(column), NEVER if TABLES["review"].column(name).kind == "date" else NOTHING)


def _final_reviews(
    seed: int, quarter: int, docket: Docket, conduct: DebtorConduct, reviews: Reviews, row: Array, codes: Array
) -> Rows:
    rng = random_stream(seed, quarter, "review rows")
    size = len(row)
    house = docket.household[row]
    confirmed = np.isin(reviews.label.astype(str), ["Y1", "Y2"])
    kinds = np.asarray([_KINDS[asset] for asset in MISSED_ASSETS] + ["存款"], dtype=object)
    names = np.asarray(_DEFECT_NAMES, dtype=object)
    faults = np.asarray([";".join(names[flags]) for flags in docket.defects[row]], dtype=object)
    excuse = np.asarray(_EXCUSES, dtype=object)[rng.choice(4, size, p=[0.6, 0.2, 0.15, 0.05])]
    return {
        "review_id": ids.join(f"SC{quarter:03d}", ids.digits(np.arange(size), 6)),
        "case_no": docket.case_no[row],
        "zb_date": docket.closed[row],
        "office": codes,
        "origin": np.where(reviews.channel == 0, "依职权-信访", "依职权").astype(object),
        "selected_on": reviews.selected,
        "accept_date": reviews.accepted,
        "score_id": repeat_text("", size),
        "conclude_date": reviews.concluded,
        "label": reviews.label,
        "irregularity": np.where(reviews.label == "Y4", "", faults).astype(object),
        "found_kind": np.where(confirmed, kinds[conduct.asset[house]], "").astype(object),
        "found_value": np.where(confirmed, reviews.found, NOTHING),
        "sug_date": reviews.suggested,
        "reply_date": reviews.replied,
        "reply": np.where(reviews.suggested < NEVER, np.where(reviews.adopted, "采纳", "不采纳"), "").astype(object),
        "resume_date": reviews.resumed,
        "recovered_amount": np.where(reviews.paid < NEVER, reviews.recovered, NOTHING),
        "recovered_date": reviews.paid,
        "unaided": np.where(reviews.resumed < NEVER, reviews.unaided, NOTHING).astype(np.int64),
        "false_positive_reason": np.where(reviews.label == "Y4", excuse, "").astype(object),
    }
