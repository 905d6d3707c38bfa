"""Find an episode by a case number in any bracket style, and the day of the latest delivery."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from features.errors import NotEnoughDataError, NotFoundError
from features.facts import Facts
from features.pool.identity import normal_case_number
from features.pool.pool import Pool


def check_not_empty(home: Path) -> None:
    """Refuse a pool without any delivery, whatever the day; NotEnoughDataError."""
    if not Pool(home).batches():
        raise NotEnoughDataError("数据池为空：请先用 ./goldenkey ingest 导入数据，或用 ./goldenkey demo 试用。")


def default_day(home: Path) -> date:
    """The day of the last delivery; NotEnoughDataError when the pool is empty or holds files without any day."""
    check_not_empty(home)
    batches = Pool(home).batches()
    days = [m.delivery.received_on for m in batches if m.delivery.received_on is not None]
    if not days:
        raise NotEnoughDataError("数据池中只有没有接收日期的历史补录数据：请用 --as-of 指明截止日。")
    return min(max(days), date.today())


def episode_of(facts: Facts, case_no: str) -> str:
    """The latest termination episode of a case known on the cut; NotFoundError in one sentence otherwise."""
    number = normal_case_number(case_no)
    if not number.strip():
        raise NotFoundError("没有给出案号：请写明案号，如（2023）浙9901执1号。")
    table = facts.episodes
    rows = table.filter(table.case_no == number).select("episode", "zb_date").to_pandas()
    if rows.empty:
        raise NotFoundError(f"截至 {facts.day} 没有案号为 {number} 的终本案件：请核对案号，或确认该案已导入且已终本。")
    return str(rows.sort_values("zb_date")["episode"].iloc[-1])
