"""Records of reviews as an office writes them, taken into a home, for tests of what came of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from little_pool import REVIEW_CELLS

from features.intake.ingest import IngestOptions
from features.pool.pool import Pool
from features.pool.reviews import reviews
from models.ledger.ledger import Ledger
from serving.outcomes.intake import OutcomeImport, import_outcomes

HEADERS = {
    "review_id": "审查编号",
    "case_no": "案号",
    "zb_date": "终本日期",
    "office": "检察院代码",
    "reviewer": "承办人",
    "selected_on": "选取日期",
    "accept_date": "受理日期",
    "conclude_date": "审结日期",
    "label": "核查结论",
    "found_value": "查实财产价值",
    "sug_date": "检察建议日期",
    "reply_date": "回复日期",
    "reply": "采纳情况",
    "recovered_amount": "执行到位金额",
    "recovered_date": "到位日期",
    "unaided": "是否非因监督到位",
}
WHOLE = REVIEW_CELLS | {"reviewer": "承办甲", "label": "隐匿转移财产查实"}
"""A review without anything to doubt."""


def row(**changes: str) -> dict[str, str]:
    return WHOLE | changes


def sheet(path: Path, *rows: Mapping[str, str]) -> Path:
    lines = [",".join(HEADERS.values()), *(",".join(one.get(name, "") for name in HEADERS) for one in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    return path


def take(home: Path, *rows: Mapping[str, str], day: date = date(2024, 4, 1), **options: Any) -> OutcomeImport:
    path = sheet(home.parent / f"监督结果{day}-{len(list(home.parent.iterdir()))}.csv", *rows)
    with Ledger(home) as ledger:
        return import_outcomes(home, [str(path)], IngestOptions(received_on=day), ledger, "system", **options)


def known(home: Path, day: date = date(2025, 1, 1)) -> pd.DataFrame:
    with Pool(home).as_of(day) as cut:
        return reviews(cut).set_index("review_id")


def figures(taken: OutcomeImport) -> tuple[int, ...]:
    return taken.new, taken.changed, taken.unchanged, taken.quarantined, taken.unmatched
