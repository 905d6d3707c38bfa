"""Checks of review records (监督结果) beyond the contract: each gives one warning sentence per row.

A row whose number belongs to another case is refused, since it would supersede that case's review. Everything else is
accepted with a warning: people decide what is right, and a correction is a later version of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from features.pool.reviews import ADOPTED, came_unaided
from features.rules.periods import FOREVER

WAN = 10_000
"""元 in a 万元."""

SMALL_FEN = 100_000
"""An amount below this (1,000 元) that would fit the case if it were 万元 gives a warning."""

ABOVE_DEBT = 3
"""An amount above this multiple of the debt gives a warning: interest seldom adds so much."""


@dataclass(frozen=True, slots=True)
class ReviewWarning:
    """One warning: code of the check, review, location of the row, sentence."""

    code: str
    review_id: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class IncomingReviews:
    """Incoming review rows joined with what is known already.

    Attributes:
        rows: typed review rows (see `features.pool.reviews`) with src_file, src_sheet, src_row, index 0 … n-1; beside
            them ended_on, division and debt_fen of the case (blank where not known) and every column of the version in
            force as `in_force_…`.
        in_force: the reviews in force.
        received: the day they are known from.
    """

    rows: pd.DataFrame
    in_force: pd.DataFrame
    received: date


def join_known(rows: pd.DataFrame, in_force: pd.DataFrame, cases: pd.DataFrame, received: date) -> IncomingReviews:
    """Join incoming rows with the reviews in force and the known terminated cases."""
    rows = rows.reset_index(drop=True)
    before = in_force.add_prefix("in_force_").rename(columns={"in_force_review_id": "review_id"})
    whole = rows.merge(cases, on="case_no", how="left").merge(before, on="review_id", how="left")
    return IncomingReviews(whole, in_force, received)


def reused_numbers(incoming: IncomingReviews) -> pd.Series:
    """Whether each row uses the number of a review of another case, in this delivery or in force (bool, by row)."""
    rows = incoming.rows
    cases = rows.groupby("review_id")["case_no"].transform("nunique")
    return (cases > 1) | (rows["in_force_case_no"].notna() & (rows["in_force_case_no"] != rows["case_no"]))


def find_warnings(incoming: IncomingReviews) -> tuple[ReviewWarning, ...]:
    """Warnings of every check, in the order of the rows."""
    rows = incoming.rows[["review_id", "src_file", "src_sheet", "src_row"]].to_dict("records")
    found: list[tuple[int, ReviewWarning]] = []
    for code, check in CHECKS.items():
        for number, sentence in check(incoming).items():
            row = rows[place := int(str(number))]
            found.append((place, ReviewWarning(code, str(row["review_id"]), row_location(row), sentence)))
    return tuple(warning for _, warning in sorted(found, key=lambda item: item[0]))


def row_location(row: Mapping[Any, Any] | pd.Series) -> str:
    """Location of a row, 文件“…”第3行; '' for records that came through the service."""
    if pd.isna(row["src_row"]):
        return ""
    sheet = f"的工作表“{row['src_sheet']}”" if row["src_sheet"] else ""
    return f"文件“{row['src_file']}”{sheet}第{row['src_row']}行"


def unchanged_rows(incoming: IncomingReviews, names: tuple[str, ...]) -> pd.Series:
    """Whether each row equals the version in force in the columns `names` (bool, by row)."""
    equal = pd.Series(True, index=incoming.rows.index)
    for name in set(names) - {"review_id"}:
        new, old = incoming.rows[name], incoming.rows["in_force_" + name]
        equal &= ((new == old).fillna(False) | (new.isna() & old.isna())).astype(bool)
    return equal & incoming.rows["in_force_case_no"].notna()


RowMessages = pd.Series
"""Sentences by row number."""

DATES = ["accept_date", "conclude_date", "sug_date", "reply_date", "recovered_date"]
"""Days of a review that cannot lie after its receipt."""


@dataclass(frozen=True, slots=True)
class RowSentence:
    """A check of single rows: which rows want a look, and the sentence on each.

    The sentence is filled from the row: `{column}`, amounts as `{column_yuan}` in 元, `{latest}` the last of `DATES`,
    `{received}` the day the rows are known from.
    """

    applies: Callable[[IncomingReviews], pd.Series]
    sentence: str

    def __call__(self, incoming: IncomingReviews) -> RowMessages:
        """The sentence for each row it applies to."""
        rows = incoming.rows[self.applies(incoming).fillna(False).to_numpy(dtype=bool)]
        if rows.empty:
            return pd.Series(dtype=object)
        amounts = rows[["found_value", "recovered_amount", "debt_fen"]].add_suffix("_yuan") / 100
        values = rows.join(amounts).assign(latest=rows[DATES].max(axis=1), received=incoming.received)
        said = [self.sentence.format_map(value) for value in values.to_dict("records")]
        return pd.Series(said, index=rows.index, dtype=object)


def _is_adopted(incoming: IncomingReviews) -> pd.Series:
    return incoming.rows["reply"].isin(ADOPTED)


def _other_termination_date(incoming: IncomingReviews) -> pd.Series:
    ended = incoming.rows["ended_on"]
    return ended.notna() & (ended != incoming.rows["zb_date"])


def _recovery_without_adoption(incoming: IncomingReviews) -> pd.Series:
    alone = came_unaided(incoming.rows)
    return (incoming.rows["recovered_amount"] > 0) & ~_is_adopted(incoming) & ~alone


def _likely_in_wan(name: str, label: str) -> RowSentence:
    """Check for an amount probably written in 万元: tiny, and not far above the debt if it is one."""

    def applies(incoming: IncomingReviews) -> pd.Series:
        amount, debt = incoming.rows[name], incoming.rows["debt_fen"]
        fits = debt.isna() | (amount * WAN <= ABOVE_DEBT * debt)
        return (amount > 0) & (amount < SMALL_FEN) & fits

    said = f"{{case_no}}的{label}为{{{name}_yuan:,.2f}}元，疑似按万元填写；本列单位为元，请核对。"
    return RowSentence(applies, said)


def _half_concluded(incoming: IncomingReviews) -> pd.Series:
    rows = incoming.rows
    return (rows["conclude_date"].notna() != rows["label"].notna()) & rows["label"].ne("Y5")


def _moved_episode(incoming: IncomingReviews) -> pd.Series:
    rows = incoming.rows
    known = rows["in_force_case_no"].notna() & (rows["in_force_case_no"] == rows["case_no"])
    return known & ((rows["in_force_zb_date"] != rows["zb_date"]) | (rows["in_force_office"] != rows["office"]))


def _overlapping(incoming: IncomingReviews) -> RowMessages:
    """Rows whose review overlaps in time with another review of the same episode, in this delivery or in force."""
    names = ["review_id", "case_no", "zb_date", "selected_on", "conclude_date"]
    new = incoming.rows.drop_duplicates("review_id", keep="last")[names]
    old = incoming.in_force.loc[~incoming.in_force["review_id"].isin(new["review_id"]), names]
    pairs = new.reset_index().merge(pd.concat([new, old]), on=["case_no", "zb_date"], suffixes=("", "_other"))
    pairs = pairs[pairs["review_id"] != pairs["review_id_other"]]
    end, other_end = (pairs[name].fillna(pd.Timestamp(FOREVER)) for name in ("conclude_date", "conclude_date_other"))
    crossing = pairs[(pairs["selected_on"] <= other_end) & (pairs["selected_on_other"] <= end)]
    first = crossing.drop_duplicates("index").set_index("index")
    return pd.Series(
        first["case_no"] + "的同一终本程序另有审查" + first["review_id_other"] + "与之同时进行，请核对是否重复登记。",
        index=first.index,
        dtype=object,
    )


CHECKS: dict[str, Callable[[IncomingReviews], RowMessages]] = {
    "unmatched": RowSentence(
        lambda incoming: incoming.rows["ended_on"].isna(),
        "未匹配到终本程序：数据池中没有终本案件{case_no}；已留存，请核对案号或先导入该案。",
    ),
    "unmatched_date": RowSentence(
        _other_termination_date,
        "未匹配到终本程序：{case_no}在数据池中的终本日期为{ended_on:%Y-%m-%d}，所填为{zb_date:%Y-%m-%d}；已留存，请核对。",
    ),
    "adopted_undated": RowSentence(
        lambda incoming: _is_adopted(incoming) & incoming.rows["reply_date"].isna(),
        "{case_no}填有采纳而没有回复日期，请补填“回复日期”；未补填前不计入采纳。",
    ),
    "reply_without_recommendation": RowSentence(
        lambda incoming: incoming.rows["reply_date"].notna() & incoming.rows["sug_date"].isna(),
        "{case_no}填有回复日期而没有检察建议日期，请补填“检察建议日期”。",
    ),
    "money_unadopted": RowSentence(
        _recovery_without_adoption,
        "{case_no}填有执行到位金额而没有采纳记录：请补填“采纳情况”，或在“是否非因监督到位”填“是”。",
    ),
    "money_undated": RowSentence(
        lambda incoming: (incoming.rows["recovered_amount"] > 0) & incoming.rows["recovered_date"].isna(),
        "{case_no}填有执行到位金额而没有到位日期，请补填“到位日期”；未补填前不计入到位。",
    ),
    "found_in_wan": _likely_in_wan("found_value", "查实财产价值"),
    "recovered_in_wan": _likely_in_wan("recovered_amount", "执行到位金额"),
    "recovered_above_debt": RowSentence(
        lambda incoming: incoming.rows["recovered_amount"] > ABOVE_DEBT * incoming.rows["debt_fen"],
        "{case_no}的执行到位金额{recovered_amount_yuan:,.2f}元超过未履行额{debt_fen_yuan:,.2f}元的 "
        f"{ABOVE_DEBT} 倍，请核对单位和金额。",
    ),
    "half_concluded": RowSentence(_half_concluded, "{case_no}的审结日期与核查结论只填了一项，两项齐全才作为标签。"),
    "confirmed_without_value": RowSentence(
        lambda incoming: incoming.rows["label"].eq("Y1") & incoming.rows["found_value"].isna(),
        "{case_no}的结论为查实而没有查实财产价值，请补填“查实财产价值”（元）。",
    ),
    "after_receipt": RowSentence(
        lambda incoming: incoming.rows[DATES].max(axis=1) > pd.Timestamp(incoming.received),
        "{case_no}有晚于接收日期{received}的日期（{latest:%Y-%m-%d}），请核对。",
    ),
    "selected_before_end": RowSentence(
        lambda incoming: incoming.rows["selected_on"] < incoming.rows["zb_date"],
        "{case_no}的选取日期{selected_on:%Y-%m-%d}早于终本日期{zb_date:%Y-%m-%d}，请核对。",
    ),
    "accepted_after_conclusion": RowSentence(
        lambda incoming: incoming.rows["accept_date"] > incoming.rows["conclude_date"],
        "{case_no}的受理日期{accept_date:%Y-%m-%d}晚于审结日期{conclude_date:%Y-%m-%d}，请核对。",
    ),
    "moved": RowSentence(_moved_episode, "审查编号{review_id}的终本日期或检察院代码与此前登记的不同，已作为更正留存。"),
    "undone": RowSentence(
        lambda incoming: incoming.rows["in_force_conclude_date"].notna() & incoming.rows["conclude_date"].isna(),
        "审查编号{review_id}此前已登记审结（{in_force_conclude_date:%Y-%m-%d}），本次没有审结日期，请核对。",
    ),
    "late_version": RowSentence(
        lambda incoming: incoming.rows["in_force_known_at"] > pd.Timestamp(incoming.received),
        "审查编号{review_id}已有较晚知悉的版本（{in_force_known_at:%Y-%m-%d}），本次的版本留存但不生效。",
    ),
    "repeated": RowSentence(
        lambda incoming: incoming.rows.duplicated("review_id", keep="last"),
        "审查编号{review_id}在本次交接中出现多次且内容不同，以最后一行为准，其余留存。",
    ),
    "overlapping": _overlapping,
}
"""Every check by its code."""

UNMATCHED = ("unmatched", "unmatched_date")
"""Codes of the checks of reviews that match no termination episode."""
