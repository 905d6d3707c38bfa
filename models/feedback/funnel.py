"""Supervision funnel by quarter of selection: listed, reviewed, concluded, recommended, adopted, recovered.

It is pure aggregation over reviews and lists, and stands here because both the reports and the service show it. Figures
are pooled, or those of one office for that office alone; offices are never set side by side (docs/domain.md section 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import select

from features.pool.pool import Cut
from features.pool.reviews import ADOPTED, LABELS, came_unaided, reviews
from features.rules.periods import FOREVER
from models.database.engine import reading
from models.database.tables import QUEUE_ITEMS, QUEUES, SCORES
from models.ledger.ledger import Ledger
from models.selection.logged_draws import quarter_of

FIGURES: Mapping[str, str] = {
    "listed": "列入清单",
    "reviewed": "受理审查",
    "running": "审查中",
    "concluded": "审结",
    "Y1": "Y1 疑似隐匿转移经查实",
    "Y2": "Y2 名下财产遗漏",
    "Y3": "Y3 程序违法无财产",
    "Y4": "Y4 执行不能",
    "Y5": "Y5 未核查",
    "Y6": "Y6 刑事线索移送",
    "recommended": "发出建议",
    "replied": "法院回复",
    "adopted": "采纳",
    "recovered": "监督后到位件数",
    "recovered_fen": "监督后到位金额",
    "unaided": "非因监督到位件数",
    "unaided_fen": "非因监督到位金额",
    "open": "审结后待回复或待到位",
}
"""Figures by name, with their 中文 headings; `running` reviews are censored, `open` ones concluded but not ended."""

AMOUNTS = ("recovered_fen", "unaided_fen")

RECOVERABLE_LABELS = ("Y1", "Y2", "Y6")
"""Conclusions after which money can be recovered."""

NOTE = (
    "“审查中”的案件尚无结论，不作标签，也不当作没有问题；“审结后待回复或待到位”指建议尚未回复，或已采纳而款项未到；"
    "非因监督到位的款项单列，不计入监督成效；同一终本程序同时进行的几次审查疑似重复登记，更正以前款项只计最大的一笔。各项按选取所在季度归集，均截至报告日；不对各院排名。"
)
"""What a reader must know of the page."""


def build_funnel(cut: Cut, ledger: Ledger | None, office: str = "") -> pd.DataFrame:
    """Reviews and listed episodes counted by quarter, as known on the day of a cut.

    Args:
        cut: the pool on the day.
        ledger: where lists were drawn; None where there was none.
        office: division prefix of the only office counted; empty for all, pooled.

    Returns:
        See `count_by_quarter`.
    """
    review_rows = reviews(cut)
    mine = review_rows["office"].fillna("").astype(str).str.startswith(office)
    return count_by_quarter(review_rows[mine], listed_episodes(cut, ledger, office), cut.day)


def listed_episodes(cut: Cut, ledger: Ledger | None, office: str = "") -> pd.DataFrame:
    """Episodes listed for review, once per quarter: from the ledger's queues, else from the office's own records.

    Of an office and quarter the ledger knows, imported selections are not counted again.

    Returns:
        quarter (period[Q]), office, case_no, zb_date (text).
    """
    drawn = _queued_episodes(ledger, cut.day) if ledger is not None else _none()
    selections = _delivered_selections(cut)
    known = pd.MultiIndex.from_frame(drawn[["office", "quarter"]])
    rest = (
        selections[~pd.MultiIndex.from_frame(selections[["office", "quarter"]]).isin(known)]
        if len(drawn)
        else selections
    )
    whole = pd.concat([drawn, rest], ignore_index=True) if len(rest) else drawn
    whole = whole[whole["office"].str.startswith(office)]
    return whole.drop_duplicates(["quarter", "case_no", "zb_date"]).reset_index(drop=True)


def count_by_quarter(review_rows: pd.DataFrame, lists: pd.DataFrame, day: date) -> pd.DataFrame:
    """Count reviews and listed episodes by quarter of selection; whatever is dated after the day has not happened.

    Args:
        review_rows: reviews, as `features.pool.reviews.reviews` gives them.
        lists: listed episodes, as `listed_episodes` gives them.
        day: day of the report.

    Returns:
        One row per quarter, oldest first, indexed by "2024Q1": `FIGURES`, whole numbers, amounts in 分.
    """
    review_rows = review_rows[review_rows["selected_on"] <= pd.Timestamp(day)]
    counted = (
        _indicators(review_rows, pd.Timestamp(day))
        .groupby(review_rows["selected_on"].dt.to_period("Q").astype(str))
        .sum()
    )
    lists = lists[lists["quarter"] <= quarter_of(pd.Series([day])).iloc[0]]
    counts = lists.groupby(lists["quarter"].astype(str)).size()
    quarters = sorted(set(counted.index) | set(counts.index))
    table = counted.reindex(quarters).fillna(0).astype(np.int64)
    table.insert(0, "listed", counts.reindex(quarters).fillna(0).astype(np.int64))
    return table.rename_axis("quarter")[list(FIGURES)]


def sum_quarters(table: pd.DataFrame) -> dict[str, int]:
    """The sums over all quarters, by figure."""
    return {name: int(table[name].sum()) for name in FIGURES}


def figures_by_quarter(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """The figures of every quarter, oldest first, as plain numbers."""
    columns = {name: [int(value) for value in table[name]] for name in FIGURES}
    return {str(quarter): {name: columns[name][at] for name in FIGURES} for at, quarter in enumerate(table.index)}


def _indicators(found: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """What each review adds to the figures: one row per review, one column per figure except `listed`."""

    def by(name: str) -> pd.Series:
        return (found[name] <= day).fillna(False).astype(bool)

    concluded, accepted = by("conclude_date"), by("accept_date")
    money = found["recovered_amount"].fillna(0).astype(np.int64).where(by("recovered_date"), 0)
    alone = came_unaided(found)
    recommended, once = by("sug_date"), money.where(~_duplicate_recoveries(found, money, day), 0)
    replied = recommended & by("reply_date")
    adopted = replied & found["reply"].isin(ADOPTED)
    marks = {
        "reviewed": accepted | concluded,
        "running": accepted & ~concluded,
        "concluded": concluded,
        **{label: concluded & found["label"].eq(label) for label in LABELS},
        "recommended": recommended,
        "replied": replied,
        "adopted": adopted,
        "recovered": ~alone & (once > 0),
        "recovered_fen": once.where(~alone, 0),
        "unaided": alone & (once > 0),
        "unaided_fen": once.where(alone, 0),
        "open": concluded
        & recommended
        & (~replied | (adopted & found["label"].isin(RECOVERABLE_LABELS) & (money <= 0))),
    }
    return pd.DataFrame({name: column.astype(np.int64) for name, column in marks.items()}, index=found.index)


def _duplicate_recoveries(found: pd.DataFrame, money: pd.Series, day: pd.Timestamp) -> pd.Series[bool]:
    """Reviews whose recovery is also recorded by a concurrent review of the same episode: all but the largest.

    The intake warns of these as `overlapping`; once an office has corrected the dates, each recovery counts.
    """
    paid = found.loc[(money > 0) & found["case_no"].notna(), ["case_no", "zb_date", "selected_on", "conclude_date"]]
    paid = paid.assign(money=money, review_id=found["review_id"]).sort_values(["case_no", "zb_date", "selected_on"])
    end = paid["conclude_date"].where(paid["conclude_date"] <= day, pd.Timestamp(FOREVER))
    episode = [paid["case_no"], paid["zb_date"]]
    before = end.groupby(episode).cummax().groupby(episode).shift()
    run = (before.isna() | (paid["selected_on"] > before)).cumsum()
    largest = paid.assign(run=run).sort_values(["money", "review_id"], ascending=[False, True], kind="stable")
    return pd.Series(found.index.isin(largest.index[largest.duplicated("run")]), index=found.index)


def _none() -> pd.DataFrame:
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in ("office", "case_no", "zb_date")})
    return empty.assign(quarter=pd.PeriodIndex([], freq="Q"))


def _queued_episodes(ledger: Ledger, day: date) -> pd.DataFrame:
    """Listed episodes of the queues drawn by a day; a list drawn at the end of a quarter is for the next one."""
    query = (
        select(QUEUES.c.as_of, SCORES.c.office, SCORES.c.case_no, SCORES.c.episode)
        .join(QUEUE_ITEMS, QUEUE_ITEMS.c.queue_id == QUEUES.c.queue_id)
        .join(SCORES, SCORES.c.score_id == QUEUE_ITEMS.c.score_id)
        .where(QUEUE_ITEMS.c.listed, QUEUES.c.as_of <= day)
    )
    with reading(ledger.engine) as connection:
        rows = connection.execute(query).all()
    if not rows:
        return _none()
    frame = pd.DataFrame(rows, columns=["as_of", "office", "case_no", "episode"])
    return pd.DataFrame(
        {
            "quarter": quarter_of(frame["as_of"]),
            "office": frame["office"].astype(object),
            "case_no": frame["case_no"].astype(object),
            "zb_date": frame["episode"].str.rpartition("@")[2].astype(object),
        }
    )


def _delivered_selections(cut: Cut) -> pd.DataFrame:
    """Episodes the offices' own records say were selected by the day of the cut."""
    table = cut.outcomes("selection")
    frame: pd.DataFrame = table.select("case_no", "zb_date", "selected_on", "office").to_pandas()
    frame = frame[pd.to_datetime(frame["selected_on"]) <= pd.Timestamp(cut.day)]
    if frame.empty:
        return _none()
    return pd.DataFrame(
        {
            "quarter": pd.to_datetime(frame["selected_on"]).dt.to_period("Q"),
            "office": frame["office"].fillna("").astype(object),
            "case_no": frame["case_no"].astype(object),
            "zb_date": pd.to_datetime(frame["zb_date"]).dt.strftime("%Y-%m-%d").astype(object),
        }
    )
