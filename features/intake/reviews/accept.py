"""Records of reviews on their way into the pool, by whichever door: beside what is known, refused or told.

What a row says by itself is the contract's to judge (`features.schema.office`). Here stands what takes the other rows
of the delivery and the pool: a number that stands for another case, and everything worth a second look.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from features.intake.cells.rules import RULES
from features.intake.reviews.checks import (
    UNMATCHED,
    IncomingReviews,
    ReviewWarning,
    find_warnings,
    join_known,
    reused_numbers,
    unchanged_rows,
)
from features.intake.tables.quarantine import RowErrors
from features.pool.pool import BatchWriter, Pool
from features.pool.reviews import NO_CASES, REVIEW, reviews, terminated_cases, typed_reviews

SheetKey = tuple[str, str]
"""File and sheet ('' where there is none)."""


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What became of the records of reviews of one delivery.

    Attributes:
        new, changed, unchanged: versions written of reviews not known before, told otherwise before, told alike before.
        unmatched: versions that meet no termination episode known.
        doubts: what to look at, in the order of the rows.
    """

    new: int
    changed: int
    unchanged: int
    unmatched: int
    doubts: tuple[ReviewWarning, ...]

    def sentences(self) -> list[str]:
        """The doubts as lines for a reader."""
        return [f"{doubt.place}：{doubt.sentence}" for doubt in self.doubts]


class WaitingReviews:
    """Rows of reviews that wait until every sheet of their delivery is read.

    Attributes:
        refused: rows set aside here, by where they stood.
    """

    def __init__(self, pool: Pool, correct_cases: bool = False) -> None:
        """With `correct_cases` a number may move to another case, its case number having been mistyped earlier."""
        self.refused: Counter[SheetKey] = Counter()
        self._pool, self._correct_cases = pool, correct_cases
        self._rows: list[pa.Table] = []
        self._kept = self._held = pd.DataFrame()

    def add(self, rows: pa.Table) -> None:
        """Keep rows as the intake typed them, with where they stood."""
        if rows.num_rows:
            self._rows.append(rows)

    def settle(self, batch: BatchWriter, faults: RowErrors) -> None:
        """Write the rows that can be kept and set the others aside."""
        if not self._rows:
            return
        whole = pa.concat_tables(self._rows)
        rows = typed_reviews(whole.to_pandas())
        with self._pool.as_of(date.today()) as cut:
            self._held = reviews(cut)
        told = join_known(rows, self._held, NO_CASES, date.today())
        bad = (reused_numbers(told) & (not self._correct_cases)).to_numpy(dtype=bool)
        refused = told.rows[bad].assign(src_sheet=told.rows["src_sheet"].fillna(""))
        for (file, sheet), part in refused.groupby(["src_file", "src_sheet"], sort=True):
            faults.add_faults(str(file), str(sheet), REVIEW.name, _refused_rows(part))
        self.refused = Counter(zip(refused["src_file"], refused["src_sheet"], strict=True))
        self._kept = rows[~bad]
        batch.write(REVIEW.name, whole.filter(pa.array(~bad)))

    def told(self, received: date) -> ReviewSummary | None:
        """What became of them, known from a day; asked once the delivery is in the pool, whose cases then count too."""
        if not self._rows:
            return None
        with self._pool.as_of(date.today()) as cut:
            cases = terminated_cases(cut, self._kept["case_no"])
        kept = join_known(self._kept, self._held, cases, received)
        found = find_warnings(kept)
        alike, before = unchanged_rows(kept, REVIEW.names), kept.rows["held_case_no"].notna()
        return ReviewSummary(
            new=int(kept.rows.loc[~before, "review_id"].nunique()),
            changed=int((before & ~alike).sum()),
            unchanged=int(alike.sum()),
            unmatched=len({doubt.place for doubt in found if doubt.code in UNMATCHED}),
            doubts=found,
        )


def join_with_pool(pool: Pool, rows: pd.DataFrame, received: date) -> IncomingReviews:
    """Typed rows beside what the pool knows today."""
    with pool.as_of(date.today()) as cut:
        return join_known(rows, reviews(cut), terminated_cases(cut, rows["case_no"]), received)


def _refused_rows(refused: pd.DataFrame) -> pa.Table:
    """Rows whose number belongs to another case, as faults."""
    label = REVIEW.column("review_id").label
    rows = [_refused_row(row, label) for _, row in refused.iterrows()]
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in rows[0]])
    return pa.Table.from_pylist(rows, schema=schema)


def _refused_row(row: pd.Series, label: str) -> dict[str, str | int]:
    other = row["held_case_no"] if row["held_case_no"] not in (None, row["case_no"]) else None
    which = f"{other}" if isinstance(other, str) else "本次交接中的另一案件"
    sentence = (
        f"第{row['src_row']}行“{label}”列：{RULES['reused_numbers']}（{row['review_id']}已用于{which}）；"
        "确系更正案号的，请加 --correct-cases 重新导入"
    )
    return {
        "row": int(row["src_row"]),
        "column": "review_id",
        "label": label,
        "rule": "reused",
        "value": str(row["review_id"]),
        "sentence": sentence,
        "raw": "\t".join("" if pd.isna(row[name]) else str(row[name]) for name in REVIEW.names),
    }


__all__ = ["ReviewSummary", "WaitingReviews", "join_with_pool"]
