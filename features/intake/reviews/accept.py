"""Accept review records (监督结果) into the pool, from files and from the service alike.

Checks within one row belong to the contract (`features/schema`). Here are the checks that need the other rows of
the delivery or the pool: a review number already used for another case is refused; anything doubtful gives a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from features.intake.cells.refusals import REFUSALS
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
    """What became of the review records of one delivery.

    Attributes:
        new, changed, unchanged: reviews not known before; versions that differ from the known one, and that do not.
        unmatched: versions that match no known termination episode.
        warnings: warnings in the order of the rows.
    """

    new: int
    changed: int
    unchanged: int
    unmatched: int
    warnings: tuple[ReviewWarning, ...]

    def sentences(self) -> list[str]:
        """The warnings as lines of text."""
        return [f"{warning.place}：{warning.sentence}" for warning in self.warnings]


class PendingReviews:
    """Review rows held back until every sheet of their delivery is read.

    Attributes:
        refused: number of rows refused here, by file and sheet.
    """

    def __init__(self, pool: Pool, correct_cases: bool = False, withdrawn: Container[int] = frozenset()) -> None:
        """With `correct_cases` a number may move to another case, its case number having been mistyped earlier.

        Reviews of the batches `withdrawn` count as unknown: this delivery replaces them.
        """
        self.refused: Counter[SheetKey] = Counter()
        self._pool, self._correct_cases, self._withdrawn = pool, correct_cases, withdrawn
        self._rows: list[pa.Table] = []
        self._accepted = self._known = pd.DataFrame()

    def add(self, rows: pa.Table) -> None:
        """Hold typed rows with their origin."""
        if rows.num_rows:
            self._rows.append(rows)

    def write_accepted(self, batch: BatchWriter, errors: RowErrors) -> None:
        """Write the acceptable rows to the batch and add the refused ones to the errors."""
        if not self._rows:
            return
        table = pa.concat_tables(self._rows)
        rows = typed_reviews(table.to_pandas())
        with self._pool.as_of(date.today(), without=self._withdrawn) as cut:
            self._known = reviews(cut)
        incoming = join_known(rows, self._known, NO_CASES, date.today())
        bad = (reused_numbers(incoming) & (not self._correct_cases)).to_numpy(dtype=bool)
        refused = incoming.rows[bad].assign(src_sheet=lambda rows: rows["src_sheet"].fillna(""))
        for (file, sheet), part in refused.groupby(["src_file", "src_sheet"], sort=True):
            errors.add(str(file), str(sheet), REVIEW.name, _refused_rows(part))
        self.refused = Counter(zip(refused["src_file"], refused["src_sheet"], strict=True))
        self._accepted = rows[~bad]
        batch.write(REVIEW.name, table.filter(pa.array(~bad)))

    def summary(self, received: date) -> ReviewSummary | None:
        """What became of the rows, known from the day `received`; to be called once the batch is committed."""
        if not self._rows:
            return None
        with self._pool.as_of(date.today()) as cut:
            cases = terminated_cases(cut, self._accepted["case_no"])
        incoming = join_known(self._accepted, self._known, cases, received)
        warnings = find_warnings(incoming)
        unchanged, before = unchanged_rows(incoming, REVIEW.names), incoming.rows["in_force_case_no"].notna()
        return ReviewSummary(
            new=int(incoming.rows.loc[~before, "review_id"].nunique()),
            changed=int((before & ~unchanged).sum()),
            unchanged=int(unchanged.sum()),
            unmatched=len({warning.place for warning in warnings if warning.code in UNMATCHED}),
            warnings=warnings,
        )


def join_with_pool(pool: Pool, rows: pd.DataFrame, received: date) -> IncomingReviews:
    """Typed rows joined with what the pool knows today."""
    with pool.as_of(date.today()) as cut:
        return join_known(rows, reviews(cut), terminated_cases(cut, rows["case_no"]), received)


def _refused_rows(refused: pd.DataFrame) -> pa.Table:
    """Rows whose number belongs to another case, as columns of `RowErrors.add`."""
    label = REVIEW.column("review_id").label
    rows = [_refused_row(row, label) for _, row in refused.iterrows()]
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in rows[0]])
    return pa.Table.from_pylist(rows, schema=schema)


def _refused_row(row: pd.Series, label: str) -> dict[str, str | int]:
    other = row["in_force_case_no"] if row["in_force_case_no"] not in (None, row["case_no"]) else None
    which = f"{other}" if isinstance(other, str) else "本次交接中的另一案件"
    sentence = (
        f"第{row['src_row']}行“{label}”列：{REFUSALS['reused']}（{row['review_id']}已用于{which}）；"
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


__all__ = ["PendingReviews", "ReviewSummary", "join_with_pool"]
