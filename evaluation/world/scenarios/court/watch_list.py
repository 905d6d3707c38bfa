"""Scenario: the watch list (重点关注清单) of cases that committees, superiors or the press name to the office."""

from __future__ import annotations

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, bernoulli, choice, randint, where
from evaluation.world.stage.stage import Stage

_REASONS = ["政法委交办", "上级交办", "人大政协交办", "法院移送", "舆情关注", "信访积案", "其他"]
_UNITS = [
    "浙东市委政法委",
    "浙东市人民检察院",
    "浙东市人大常委会",
    "浙东市中级法院",
    "浙东市融媒体中心",
    "浙东市信访局",
    "",
]
_DEMANDS = ["", "三个月内反馈办理情况", "请核查是否存在消极执行", "关注并报告进展", "依法监督并答复代表"]


def simulate_watch_list(stage: Stage) -> None:
    """List a few of the quarter's episodes, and sometimes a case that is not on file."""
    rng, docket = stage.rng("watch lists"), stage.docket
    row = stage.episodes
    row = row[bernoulli(rng, stage.knob("lists.share"), len(row))]
    size, foreign = len(row), int(bernoulli(rng, stage.knob("lists.foreign"), 1)[0])
    whole = size + foreign
    if not whole:
        return
    number = ids.join("（2021）浙9997执", ids.digits(stage.quarter * 100 + np.arange(foreign) + 1, 1), "号")
    start = np.concatenate([docket.closed[row], np.full(foreign, stage.plan.calendar.starts[stage.quarter])])
    day = start + 5 + np.minimum(rng.exponential(110, whole), 500).astype(np.int64)
    reason = (np.arange(whole) * 3 + stage.quarter * 2 + rng.integers(0, 2, whole)) % len(_REASONS)
    rows = {
        "list_no": ids.join("QD", ids.digits(reason + 1, 1), f"{stage.quarter:03d}", ids.digits(day % 100, 2)),
        "case_no": np.concatenate([docket.case_no[row], number]).astype(object),
        "reason": np.asarray(_REASONS, dtype=object)[reason],
        "from_unit": np.asarray(_UNITS, dtype=object)[reason],
        "listed_on": day,
        "until": where(bernoulli(rng, 0.35, whole), day + randint(rng, 60, 365, whole), NEVER),
        "demand": choice(rng, _DEMANDS, None, whole),
    }
    stage.spool.add("watch", rows, day + 1)


__all__ = ["simulate_watch_list"]
