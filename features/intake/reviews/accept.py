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
from features.intake.reviews.checks import UNMATCHED, Doubt, Incoming, beside, doubts, reused, same
from features.intake.tables.quarantine import Faults
from features.pool.pool import BatchWriter, Pool
from features.pool.reviews import NO_CASES, REVIEW, ended_cases, reviews, typed

Place = tuple[str, str]
"""File and sheet ('' where there is none)."""


@dataclass(frozen=True, slots=True)
class ReviewsTaken:
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
    doubts: tuple[Doubt, ...]

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
        self.refused: Counter[Place] = Counter()
        self._pool, self._correct_cases = pool, correct_cases
        self._rows: list[pa.Table] = []
        self._kept = self._held = pd.DataFrame()

    def add(self, rows: pa.Table) -> None:
        """Keep rows as the intake typed them, with where they stood."""
        if rows.num_rows:
            self._rows.append(rows)

    def settle(self, batch: BatchWriter, faults: Faults) -> None:
        """Write the rows that can be kept and set the others aside."""
        if not self._rows:
            return
        whole = pa.concat_tables(self._rows)
        rows = typed(whole.to_pandas())
        with self._pool.as_of(date.today()) as cut:
            self._held = reviews(cut)
        told = beside(rows, self._held, NO_CASES, date.today())
        bad = (reused(told) & (not self._correct_cases)).to_numpy(dtype=bool)
        refused = told.rows[bad].assign(src_sheet=told.rows["src_sheet"].fillna(""))
        for (file, sheet), part in refused.groupby(["src_file", "src_sheet"], sort=True):
            faults.add_faults(str(file), str(sheet), REVIEW.name, _refusals(part))
        self.refused = Counter(zip(refused["src_file"], refused["src_sheet"], strict=True))
        self._kept = rows[~bad]
        batch.write(REVIEW.name, whole.filter(pa.array(~bad)))

    def told(self, received: date) -> ReviewsTaken | None:
        """What became of them, known from a day; asked once the delivery is in the pool, whose cases then count too."""
        if not self._rows:
            return None
        with self._pool.as_of(date.today()) as cut:
            cases = ended_cases(cut, self._kept["case_no"])
        kept = beside(self._kept, self._held, cases, received)
        found = doubts(kept)
        alike, before = same(kept, REVIEW.names), kept.rows["held_case_no"].notna()
        return ReviewsTaken(
            new=int(kept.rows.loc[~before, "review_id"].nunique()),
            changed=int((before & ~alike).sum()),
            unchanged=int(alike.sum()),
            unmatched=len({doubt.place for doubt in found if doubt.code in UNMATCHED}),
            doubts=found,
        )


def known_beside(pool: Pool, rows: pd.DataFrame, received: date) -> Incoming:
    """Typed rows beside what the pool knows today."""
    with pool.as_of(date.today()) as cut:
        return beside(rows, reviews(cut), ended_cases(cut, rows["case_no"]), received)


def _refusals(refused: pd.DataFrame) -> pa.Table:
    """Rows whose number belongs to another case, as faults."""
    label = REVIEW.column("review_id").label
    rows = [_refusal(row, label) for _, row in refused.iterrows()]
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in rows[0]])
    return pa.Table.from_pylist(rows, schema=schema)


def _refusal(row: pd.Series, label: str) -> dict[str, str | int]:
    other = row["held_case_no"] if row["held_case_no"] not in (None, row["case_no"]) else None
    which = f"{other}" if isinstance(other, str) else "本次交接中的另一案件"
    sentence = (
        f"第{row['src_row']}行“{label}”列：{RULES['reused']}（{row['review_id']}已用于{which}）；"
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


__all__ = ["ReviewsTaken", "WaitingReviews", "known_beside"]
