"""Find an episode by a case number in any bracket style, and the day that a cut has by default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from features.errors import NotEnoughDataError, NotFoundError
from features.pool.pool import Pool
from features.rules.case_numbers import normal_case_number, same_case_text

OWN_TABLES = frozenset({"review", "selection", "petition", "inquiry", "watch", "rate"})
"""Tables an office fills itself at any time: a delivery of these alone says nothing new of any case's property."""


EPISODE_COLUMNS = ["episode", "case_no", "zb_date"]
"""What `episode_of` reads of each termination."""

GIVEN = "由 --as-of 指定"
"""Why a cut has the day that a command named."""

TODAY = "默认：今天"
"""Why a cut has the day of today."""


@dataclass(frozen=True, slots=True)
class CutDay:
    """The day of a cut, and why it is that one, as a clause in 中文."""

    day: date
    why: str

    def __str__(self) -> str:
        """The day with the reason in brackets, as every output states it."""
        return f"{self.day}（{self.why}）"


def cut_day(home: Path, asked: date | None) -> CutDay:
    """The day asked for, else that of `default_cut`; errors as there."""
    return CutDay(asked, GIVEN) if asked is not None else default_cut(home)


def default_cut(home: Path) -> CutDay:
    """The day of the last delivery of case data; what an office registers itself (`OWN_TABLES`) does not move it.

    A pool that holds nothing else has the day of its last delivery of any kind. Withdrawing case data counts as a
    delivery: on an earlier day the withdrawn rows would still be known.

    Raises:
        NotEnoughDataError: the pool is empty or holds files without any day.
    """
    check_not_empty(home)
    batches = Pool(home).batches()
    dated = [m for m in batches if m.delivery.received_on is not None]
    if not dated:
        raise NotEnoughDataError("数据池中只有没有接收日期的历史补录数据：请用 --as-of 指明截止日。")
    holding = {m.seq for m in batches if any(part.table not in OWN_TABLES for part in m.parts)}
    chosen = [m for m in dated if m.seq in holding or holding & set(m.withdraws)]
    last = max(chosen or dated, key=lambda m: (m.delivery.received_on, m.seq))
    day = min(last.delivery.received_on or date.min, date.today())
    what = "案件数据撤回" if last.only_withdraws else "案件数据交接" if chosen else "交接"
    later = any((m.delivery.received_on or date.min) > day for m in dated)
    return CutDay(day, f"默认：最近一次{what}之日" + ("，此后登记的本院记录不改变截止日" if later else ""))


def check_not_empty(home: Path) -> None:
    """Refuse a pool without any delivery, whatever the day; NotEnoughDataError."""
    if not Pool(home).batches():
        raise NotEnoughDataError("数据池为空：请先用 ./goldenkey ingest 导入数据，或用 ./goldenkey demo 试用。")


def default_day(home: Path) -> date:
    """The day of `default_cut`; errors as there."""
    return default_cut(home).day


def cut_of_last_day(home: Path, asked: date | None) -> CutDay:
    """The day asked for, else `last_day`; errors as there."""
    return CutDay(asked, GIVEN) if asked is not None else CutDay(last_day(home), "默认：最近一次交接之日，含本院登记")


def last_day(home: Path) -> date:
    """The day of the last delivery of any kind, or of `default_cut` where that is later: for reports on outcomes."""
    days = [m.delivery.received_on for m in Pool(home).batches() if m.delivery.received_on is not None]
    return min(max([default_day(home), *days]), date.today())


def episode_of(episodes: pd.DataFrame, day: date, case_no: str) -> str:
    """The latest termination episode of a case known on a cut; NotFoundError in one sentence otherwise.

    Args:
        episodes: every termination of the cut, columns `EPISODE_COLUMNS`.
        day: of the cut.
        case_no: the case number in any style of brackets.
    """
    number = normal_case_number(case_no)
    if not number.strip():
        raise NotFoundError("没有给出案号：请写明案号，如（2023）浙9901执1号。")
    rows = episodes[episodes["case_no"] == number]
    if rows.empty:  # with zeros before the serial, or the number of a ruling (之一)
        rows = episodes[episodes["case_no"].map(same_case_text) == same_case_text(number)]
    if rows.empty or rows["case_no"].nunique() > 1:
        raise NotFoundError(f"截至 {day} 没有案号为 {number} 的终本案件：请核对案号，或确认该案已导入且已终本。")
    return str(rows.sort_values("zb_date")["episode"].iloc[-1])
