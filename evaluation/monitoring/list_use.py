"""How offices use their lists: outcomes of the random stratum, listed cases not taken up, cases taken up that were not
listed, decisions reversed. Pooled over offices: offices are never compared (docs/domain.md section 8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import select

from evaluation.metrics.expected import join_outcomes
from features.pool.pool import Cut
from features.pool.reviews import ADOPTED, reviews
from models.database.engine import reading
from models.database.tables import AUDIT, QUEUE_ITEMS, QUEUES, RUNS, SCORES
from models.feedback.clue_issues import findings
from models.feedback.intervals import clopper_pearson
from models.feedback.lead_decisions import INVALID, VALID
from models.ledger.ledger import Ledger
from models.selection.logged_draws import quarter_of
from models.selection.policy import RANDOM, policy_from_payload

LISTED_COLUMNS = (
    "quarter",
    "office",
    "drawn_on",
    "episode",
    "margin",
    "probability",
    "stratum",
    "by_chance",
    "model_version",
)
LIST_COLUMNS = ("quarter", "office", "drawn_on", "random_wanted", "eligible", "listed")
DECIDED = "lead.decide"
CHANCE, REST, POOLED = "随机层", "其余", "合计"


def listed_episodes(ledger: Ledger, day: date) -> pd.DataFrame:
    """Listed episodes of the last list of every office and quarter, up to a day.

    Returns:
        Columns `LISTED_COLUMNS`: quarter is the one the list is for (2024Q2, see `quarter_of`), episode the case
        number and the termination date joined by @ (as in reviews), margin and probability as served,
        by_chance whether it was drawn in the random stratum. An episode in the lists of two offices (one within the
        other) counts once a quarter.
    """
    queues = latest_lists(ledger, day)
    columns = (
        QUEUE_ITEMS.c.queue_id,
        QUEUE_ITEMS.c.episode,
        QUEUE_ITEMS.c.stratum,
        QUEUE_ITEMS.c.inclusion,
        SCORES.c.case_no,
        SCORES.c.margin,
        SCORES.c.probability,
        RUNS.c.model_version,
    )
    query = (
        select(*columns)
        .join(SCORES, SCORES.c.score_id == QUEUE_ITEMS.c.score_id)
        .join(RUNS, RUNS.c.run_id == SCORES.c.run_id)
        .join(QUEUES, QUEUES.c.queue_id == QUEUE_ITEMS.c.queue_id)
        .where(QUEUE_ITEMS.c.listed, QUEUES.c.as_of <= day)
    )
    with reading(ledger.engine) as connection:
        rows = connection.execute(query).all()
    items = pd.DataFrame(rows, columns=[column.name for column in columns]).astype({"queue_id": "object"})
    items = items.merge(queues[["queue_id", "quarter", "office", "drawn_on"]], on="queue_id")
    items["episode"] = items["case_no"].astype(str) + "@" + items["episode"].astype(str).str.rsplit("@", n=1).str[-1]
    items["by_chance"] = (items["stratum"] == RANDOM) | (items["inclusion"].astype(float) < 1)
    once = items.sort_values(["drawn_on", "office", "episode"], kind="stable")
    return once.drop_duplicates(["quarter", "episode"])[list(LISTED_COLUMNS)].reset_index(drop=True)


def latest_lists(ledger: Ledger, day: date) -> pd.DataFrame:
    """The last list of every office and quarter, up to a day: queue_id and columns `LIST_COLUMNS`."""
    columns = (
        QUEUES.c.queue_id,
        QUEUES.c.office,
        QUEUES.c.as_of,
        QUEUES.c.policy_json,
        QUEUES.c.eligible,
        QUEUES.c.listed,
        QUEUES.c.created,
    )
    with reading(ledger.engine) as connection:
        rows = connection.execute(select(*columns).where(QUEUES.c.as_of <= day)).all()
    frame = pd.DataFrame(rows, columns=[column.name for column in columns]).astype({"queue_id": "object"})
    frame["quarter"] = quarter_of(frame["as_of"]).astype(str)
    frame["random_wanted"] = [policy_from_payload(json.loads(text)).places()[RANDOM] for text in frame["policy_json"]]
    frame = frame.rename(columns={"as_of": "drawn_on"}).sort_values(["drawn_on", "created"], kind="stable")
    last = frame.drop_duplicates(["office", "quarter"], keep="last")
    return last[["queue_id", *LIST_COLUMNS]].reset_index(drop=True)


def reviews_with_labels(cut: Cut, labels: pd.DataFrame) -> pd.DataFrame:
    """Reviews known on a cut with their label.

    Args:
        cut: the pool on the day.
        labels: review_id and y of concluded reviews (1.0, 0.0, or NaN for neither).

    Returns:
        episode, selected_on, label_date (NaT while running), y (NaN while running too), reply.
    """
    review_rows = reviews(cut)
    label_of = labels.drop_duplicates("review_id").set_index("review_id")["y"].astype(float)
    return pd.DataFrame(
        {
            "episode": _episode_keys(review_rows),
            "selected_on": review_rows["selected_on"],
            "label_date": review_rows["conclude_date"],
            "y": label_of.reindex(review_rows["review_id"]).to_numpy(),
            "reply": review_rows["reply"],
        }
    )


def cases_taken_up(cut: Cut) -> pd.DataFrame:
    """Episodes that were taken up for review, from the selections recorded and the reviews begun.

    Returns:
        episode, selected_on (datetime64), office, channel (依职权-信访 …; 未载明 where nothing says how).
    """
    chosen: pd.DataFrame = cut.outcomes("selection").to_pandas()
    begun = reviews(cut)
    sides = [
        pd.DataFrame(
            {
                "episode": _episode_keys(side),
                "selected_on": pd.to_datetime(side["selected_on"]).astype("datetime64[ns]"),
                "office": side["office"].astype(object),
                "channel": side[how].astype(object),
            }
        )
        for side, how in ((chosen, "channel"), (begun, "origin"))
    ]
    whole = pd.concat(sides, ignore_index=True).dropna(subset=["selected_on"])
    whole["channel"] = whole["channel"].where(whole["channel"].notna(), "未载明")
    return whole.drop_duplicates(["episode", "selected_on"]).reset_index(drop=True)


def exploration_outcomes(items: pd.DataFrame, seats: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """The random stratum and the rest of the lists, quarter by quarter, with the outcomes of their reviews.

    Args:
        items: from `listed_episodes`. seats: from `latest_lists`. done: from `reviews_with_labels`.

    Returns:
        One row per quarter and part (随机层, 其余), and last a pooled pair (quarter 合计): quarter, part, seats, wanted
        (places of the stratum by the policy; NaN for the rest), concluded, confirmed, share, low, high (exact 95 %
        interval).
    """
    joined = join_outcomes(items, done).assign(part=np.where(items["by_chance"], CHANCE, REST))
    wanted = seats.assign(room=np.minimum(seats["random_wanted"], seats["eligible"])).groupby("quarter")["room"].sum()
    rows = []
    for quarter, whole in [*joined.groupby("quarter", sort=True), (POOLED, joined)]:
        for part in (CHANCE, REST):
            part_rows = whole[whole["part"] == part]
            outcomes = part_rows["y"].dropna()
            interval = clopper_pearson(int(outcomes.sum()), len(outcomes))
            seats_wanted = float(wanted.sum() if quarter == POOLED else wanted[quarter]) if part == CHANCE else np.nan
            share = float(outcomes.mean()) if len(outcomes) else np.nan
            rows.append(
                (
                    str(quarter),
                    part,
                    len(part_rows),
                    seats_wanted,
                    len(outcomes),
                    int(outcomes.sum()),
                    share,
                    interval.low,
                    interval.high,
                )
            )
    names = ("quarter", "part", "seats", "wanted", "concluded", "confirmed", "share", "low", "high")
    return pd.DataFrame(rows, columns=list(names))


def count_overrides(items: pd.DataFrame, chosen: pd.DataFrame, day: date, window: int) -> pd.DataFrame:
    """Quarter by quarter, listed cases not taken up and cases taken up that were not listed.

    Only quarters whose lists are all at least `window` days old are counted: before that a case may still be taken up.

    Args:
        items: from `listed_episodes`. chosen: from `cases_taken_up`.
        day: the day.
        window: days a list is valid.

    Returns:
        One row per quarter: quarter, listed, not_taken, not_taken_share, taken, unlisted (taken within the window by an
        office that had a list, and not on it), unlisted_share, channels (中文 text: how those were selected).
    """
    rows = []
    length = pd.Timedelta(days=window)
    for quarter, part in items.groupby("quarter", sort=True):
        drawn = pd.to_datetime(part["drawn_on"])
        if drawn.max() + length > pd.Timestamp(day):
            continue
        within = chosen[chosen["selected_on"].between(drawn.min(), drawn.max() + length)]
        mine = tuple(sorted(set(part["office"].astype(str))))
        within = within[within["office"].fillna("").astype(str).str.startswith(mine)].drop_duplicates("episode")
        skipped = int((~part["episode"].isin(within["episode"])).sum())
        beside = within[~within["episode"].isin(part["episode"])]
        how = "、".join(f"{name} {count}" for name, count in beside["channel"].value_counts(sort=True).items())
        rows.append(
            (
                str(quarter),
                len(part),
                skipped,
                skipped / len(part),
                len(within),
                len(beside),
                len(beside) / max(len(within), 1),
                how,
            )
        )
    names = ("quarter", "listed", "not_taken", "not_taken_share", "taken", "unlisted", "unlisted_share", "channels")
    return pd.DataFrame(rows, columns=list(names))


def count_overturned(ledger: Ledger, since: date, day: date) -> dict[str, int]:
    """Leads decided between two days (UTC, both included), and those of them whose decision was reversed."""
    found = select(AUDIT.c.subject, AUDIT.c.payload).where(
        AUDIT.c.act == DECIDED, AUDIT.c.at >= since.isoformat(), AUDIT.c.at < (day + timedelta(days=1)).isoformat()
    )
    with reading(ledger.engine) as connection:
        rows = connection.execute(found).all()
    return _decision_counts((str(subject), json.loads(payload)) for subject, payload in rows)


def _decision_counts(decisions: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, int]:
    decided, undone = set(), set()
    for lead, change in decisions:
        decided.add(lead)
        if {change["from"], change["to"]} == {VALID, INVALID}:
            undone.add(lead)
    return {"decided": len(decided), "overturned": len(undone)}


def open_issues_by_clue(ledger: Ledger) -> dict[str, int]:
    """Number of open issues by clue: reasons that reviewers judged misleading."""
    rows = findings(ledger, "open")
    return {clue: sum(row["clue"] == clue for row in rows) for clue in sorted({row["clue"] for row in rows})}


def count_refusals(done: pd.DataFrame) -> dict[str, int]:
    """Recommendations answered by a court, and those of them it refused."""
    answered = done["reply"].isin([*ADOPTED, "refused"])
    return {"answered": int(answered.sum()), "refused": int((done["reply"] == "refused").sum())}


def _episode_keys(frame: pd.DataFrame) -> pd.Series[str]:
    return frame["case_no"].astype(str) + "@" + pd.to_datetime(frame["zb_date"]).dt.strftime("%Y-%m-%d").astype(str)
