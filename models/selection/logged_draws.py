"""Logged selections with inclusion probabilities: queues of the ledger, and older selections delivered by offices.

A draw row says that an episode was eligible on a day and how likely it was to be listed. Only rows that chance decided
(`is_random_draw`) are representative of episodes nobody reviewed.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import select

from features.pool.pool import Cut
from models.database.engine import reading
from models.database.tables import QUEUE_ITEMS, QUEUES, SCORES
from models.ledger.ledger import Ledger
from models.selection.policy import RANDOM

COLUMNS = (
    "case_no",
    "zb_date",
    "selected_on",
    "office",
    "listed",
    "stratum",
    "inclusion",
    "probability",
    "expected_fen",
    "source",
    "skipped",
)

LEDGER = "ledger"
HISTORY = "history"
"""Source of a draw row: a queue of the ledger, or selection records delivered by an office."""

EPISODE = ["case_no", "zb_date", "selected_on"]

REVIEW_WINDOW_DAYS = 120
"""Days after a draw within which a review counts as its consequence: a quarter and some weeks of grace."""


def read_draws(cut: Cut, ledger: Ledger | None) -> pd.DataFrame:
    """Every draw known on the day of a cut.

    Where the ledger holds a queue, of several for one office and day the last one drawn stands. Delivered selections
    hold only the episodes chosen, with the probability the office wrote down; a selection that follows a queue which
    listed its episode is left out, because the queue's row stands for it.

    Args:
        cut: the pool on the day.
        ledger: where queues were drawn; None where there was none.

    Returns:
        Columns `COLUMNS`: zb_date and selected_on (of a queue: its day) datetime64, office of the episode or of the
        selection, listed bool, stratum (empty for the unlisted; of delivered selections their channel), inclusion in
        0..1 (NaN where none was written), probability and expected_fen (分) of the score (NaN without one),
        skipped (boolean): whether an episode a queue listed was passed over, missing for the unlisted, while the list
        may still be worked off (`REVIEW_WINDOW_DAYS`), and of delivered selections.
    """
    queues, chosen = _queues(ledger, cut.day), _selections(cut)
    if len(queues):
        taken_up = pd.concat([chosen[EPISODE], _reviewed(cut)], ignore_index=True)
        queues = queues.assign(skipped=_skipped(queues, taken_up, cut.day))
        chosen = chosen[match_reviews(chosen, queues)["drawn_on"].isna()]
    parts = [part for part in (queues, chosen) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else _frame({})
    return whole.sort_values(["selected_on", "case_no", "zb_date", "source"], kind="stable", ignore_index=True)


def quarter_of(days: pd.Series) -> pd.Series:
    """Quarter each list is for, period[Q], by its day: one drawn on the last day of a quarter is for the next."""
    return (pd.to_datetime(days) + pd.Timedelta(days=1)).dt.to_period("Q")


def is_random_draw(draws: pd.DataFrame) -> pd.Series[bool]:
    """Whether chance listed a row: drawn in the random stratum of a queue, or at random by the office's own word, below
    certainty."""
    return draws["stratum"].str.contains(RANDOM, regex=False) & draws["inclusion"].between(0, 1, inclusive="neither")


def match_reviews(reviews: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    """The draw each review followed from: the last that listed its episode in the `REVIEW_WINDOW_DAYS` before it.

    Args:
        reviews: case_no, zb_date and selected_on of every review, in any order.
        draws: from `read_draws`.

    Returns:
        Index and order of `reviews`; stratum, inclusion, probability, expected_fen, source and drawn_on (missing where
        no draw listed the episode).
    """
    names = ["stratum", "inclusion", "probability", "expected_fen", "source"]
    left = reviews[["case_no", "zb_date", "selected_on"]].assign(place=range(len(reviews)))
    right = draws.loc[draws["listed"].astype(bool), ["case_no", "zb_date", "selected_on", *names]]
    for frame in (left, right):
        frame["case_no"] = frame["case_no"].astype(str)
        for name in ("zb_date", "selected_on"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ns]")
    right = right.assign(drawn_on=right["selected_on"]).sort_values("selected_on", kind="stable")
    joined = pd.merge_asof(
        left.sort_values("selected_on", kind="stable"),
        right,
        on="selected_on",
        by=["case_no", "zb_date"],
        tolerance=pd.Timedelta(days=REVIEW_WINDOW_DAYS),
    )
    return joined.sort_values("place")[[*names, "drawn_on"]].set_axis(reviews.index)


def _skipped(queues: pd.DataFrame, taken: pd.DataFrame, day: date) -> pd.Series:
    """Whether each listed episode was passed over: not taken up within `REVIEW_WINDOW_DAYS` (missing while open)."""
    followed = match_reviews(taken, queues).assign(case_no=taken["case_no"].astype(str), zb_date=taken["zb_date"])
    keys = pd.MultiIndex.from_frame(followed.dropna(subset="drawn_on")[["case_no", "zb_date", "drawn_on"]])
    passed = ~pd.MultiIndex.from_frame(queues[EPISODE]).isin(keys)
    over = queues["selected_on"] + pd.Timedelta(days=REVIEW_WINDOW_DAYS) <= pd.Timestamp(day)
    return pd.Series(passed, index=queues.index, dtype="boolean").where(over & queues["listed"])


def _reviewed(cut: Cut) -> pd.DataFrame:
    """Episodes and days of every review known."""
    found: pd.DataFrame = cut.outcomes("review").select(*EPISODE).to_pandas()
    days = {name: pd.to_datetime(found[name]).astype("datetime64[ns]") for name in ("zb_date", "selected_on")}
    return found.assign(**days).astype({"case_no": "str"})


def _queues(ledger: Ledger | None, day: date) -> pd.DataFrame:
    if ledger is None:
        return _frame({})
    query = (
        select(
            QUEUES.c.queue_id,
            QUEUES.c.office,
            QUEUES.c.as_of,
            QUEUES.c.created,
            QUEUE_ITEMS.c.episode,
            QUEUE_ITEMS.c.listed,
            QUEUE_ITEMS.c.stratum,
            QUEUE_ITEMS.c.inclusion,
            SCORES.c.office.label("seat"),
            SCORES.c.probability,
            SCORES.c.expected_fen,
        )
        .join(QUEUE_ITEMS, QUEUE_ITEMS.c.queue_id == QUEUES.c.queue_id)
        .join(SCORES, SCORES.c.score_id == QUEUE_ITEMS.c.score_id)
        .where(QUEUES.c.as_of <= day)
    )
    with reading(ledger.engine) as connection:
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    if frame.empty:
        return _frame({})
    queues = frame.drop_duplicates("queue_id").sort_values(["created", "queue_id"], kind="stable")
    standing = queues.drop_duplicates(["office", "as_of"], keep="last")["queue_id"]
    frame = frame[frame["queue_id"].isin(standing)]
    named = frame["episode"].str.rsplit("@", n=1, expand=True)
    own = {name: frame[name] for name in ("listed", "stratum", "inclusion", "probability", "expected_fen")}
    keys = {"case_no": named[0], "zb_date": named[1], "selected_on": frame["as_of"], "office": frame["seat"]}
    return _joint(_frame(keys | own | {"source": LEDGER, "skipped": None}))


def _joint(draws: pd.DataFrame) -> pd.DataFrame:
    """One row where an episode was eligible for two lists of one day (of an office and of the one above it).

    Their draws are independent, so the chance of being on either is 1 - Π(1 - π).
    """
    key = ["case_no", "zb_date", "selected_on"]
    if not draws.duplicated(key).any():
        return draws
    passed = (1.0 - draws["inclusion"]).groupby([draws[name] for name in key]).transform("prod")
    joint = draws.assign(inclusion=1.0 - passed).sort_values(["listed", "inclusion"], ascending=False, kind="stable")
    return joint.drop_duplicates(key)


def _selections(cut: Cut) -> pd.DataFrame:
    table = cut.outcomes("selection")
    wanted = table.filter(table.selected_on <= cut.day)
    frame: pd.DataFrame = wanted.select(
        "case_no", "zb_date", "selected_on", "office", "channel", "probability"
    ).to_pandas()
    keys = {name: frame[name] for name in ("case_no", "zb_date", "selected_on", "office")}
    chance = {"stratum": frame["channel"], "inclusion": frame["probability"], "probability": float("nan")}
    return _frame(keys | chance | {"listed": True, "expected_fen": float("nan"), "source": HISTORY, "skipped": None})


def _frame(columns: dict[str, object]) -> pd.DataFrame:
    """The columns of a draw, typed; an empty frame of the same types without any."""
    frame = pd.DataFrame(columns or {name: [] for name in COLUMNS})[list(COLUMNS)]
    texts = dict.fromkeys(("case_no", "office", "stratum", "source"), "str")
    numbers = dict.fromkeys(("inclusion", "probability", "expected_fen"), "float64")
    days = {name: pd.to_datetime(frame[name]).astype("datetime64[ns]") for name in ("zb_date", "selected_on")}
    return frame.assign(**days).astype(texts | numbers | {"listed": "bool", "skipped": "boolean"})
