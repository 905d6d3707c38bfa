"""`Stage`: everything a scenario reads and writes while one quarter is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import NEVER, NOTHING, Array, bernoulli, randint, random_stream, repeat_text
from evaluation.world.court.court_tables import suit_numbers
from evaluation.world.court.proceedings import CourtInputs
from evaluation.world.population.cohort import Cohort, Plan
from evaluation.world.population.concealment import DebtorConduct
from evaluation.world.population.docket import Docket
from evaluation.world.population.inquiries import Inquiries, inquiry_rows
from evaluation.world.population.people import DEBTOR, FRIEND
from evaluation.world.population.spool import Spool
from evaluation.world.stage.acts import Acts

MONEY_COLUMNS = ("amount",)
DATE_COLUMNS = ("expiry_date", "end_date")
TEXT_COLUMNS = ("asset_kind", "asset_id", "result", "reason", "detail", "ref_no", "other_name", "other_id")


@dataclass(frozen=True)
class Stage:
    """One quarter being simulated; scenarios read its cases and people and add rows, events, inquiries and acts.

    Attributes:
        plan, quarter, cohort: what was drawn. court: the cases that exist after the reviews. spool: collects rows.
        acts: ground truth of misconduct and of its look-alikes.
    """

    plan: Plan
    quarter: int
    cohort: Cohort
    court: CourtInputs
    spool: Spool
    acts: Acts

    def rng(self, domain: str) -> np.random.Generator:
        """The random generator of one domain in this quarter."""
        return random_stream(self.plan.seed, self.quarter, domain)

    def knob(self, knob: str) -> float:
        """A float knob (`section.name`)."""
        return self.plan.knobs.number(knob)

    @property
    def docket(self) -> Docket:
        """The cases that exist after the reviews."""
        return self.court.docket

    @property
    def conduct(self) -> DebtorConduct:
        """True conduct of the households."""
        return self.cohort.conduct

    @property
    def episodes(self) -> Array:
        """Docket rows of terminated first cases."""
        return np.flatnonzero(self.docket.terminated & (self.docket.parent < 0))

    @cached_property
    def first_episode(self) -> Array:
        """(households,) docket row of the first terminated first case of each household, -1 where none exists."""
        row = self.episodes[::-1]
        first = np.full(len(self.cohort.people), -1)
        first[self.docket.household[row]] = row
        return first

    @property
    def suit_numbers_by_debt(self) -> Array:
        """Suit number by row of `Debts`."""
        debts = self.cohort.debts
        return suit_numbers(self.plan.knobs, self.quarter, debts.office, debts.suit, np.arange(len(debts)))

    def conceals(self, row: Array) -> Array:
        """Whether the debtor of each docket row conceals property and leaves traces."""
        h = self.docket.household[row]
        return np.asarray(self.conduct.evasive[h])

    def helper_or_friend(self, h: Array) -> Array:
        """Slot of the relative who helps each household, a friend where that relative does not exist."""
        helper = self.conduct.helper[h]
        return np.where(self.cohort.people.present[h, helper], helper, FRIEND)

    def debtor(self, row: Array) -> Array:
        """Id number of the debtor of each docket row."""
        return np.asarray(self.cohort.people.id_no[self.docket.household[row], DEBTOR])

    def record_acts(self, cls: str, row: Array, real: Array | bool, day: Array, **more: Array | str | int) -> None:
        """Record acts of a class on docket rows in the ground truth; `more` as in `Acts.add`."""
        self.acts.add(
            cls,
            self.docket.case_no[row],
            real,
            day,
            zb_date=self.docket.closed[row],
            person_id=self.debtor(row),
            **more,  # type: ignore[arg-type]
        )

    def add_events(self, tag: str, parts: list[tuple[Array, str, Array, dict[str, Array | str | int]]]) -> None:
        """Add court events, parts of (docket rows, event code, days, further columns); known after the court's lag.

        `tag` starts their event ids; columns not given are empty."""
        whole: dict[str, list[Array]] = {}
        for row, code, day, more in parts:
            size = len(row)
            columns: dict[str, Array] = {
                "case_no": self.docket.case_no[row],
                "ev_code": repeat_text(code, size),
                "ev_date": np.asarray(day),
                "subject_id": self.debtor(row),
            }
            columns |= {name: np.full(size, NOTHING) for name in MONEY_COLUMNS}
            columns |= {name: np.full(size, NEVER) for name in DATE_COLUMNS}
            columns |= {name: repeat_text("", size) for name in TEXT_COLUMNS}
            for name, item in more.items():
                columns[name] = (
                    repeat_text(item, size) if isinstance(item, str) else np.broadcast_to(np.asarray(item), (size,))
                )
            for name, column in columns.items():
                whole.setdefault(name, []).append(column)
        if not whole:
            return
        rows = {name: np.concatenate(columns) for name, columns in whole.items()}
        size = len(rows["case_no"])
        rows["event_id"] = ids.join(f"{tag}{self.quarter:03d}", ids.digits(np.arange(size), 7))
        ended = np.where(rows["end_date"] < NEVER, rows["end_date"], rows["ev_date"])
        known = np.maximum(rows["ev_date"], ended) + self.plan.knobs.integer("calendar.court_lag_days")
        self.spool.add("event", rows, known)

    def inquire(self, label: str, tag: str, knob: str, has_records: Array) -> Inquiries:
        """Inquire of one source about the debtors of the episodes; `has_records` (households,) says who has records."""
        rng = self.rng(f"asks {knob}")
        row = self.episodes
        row = row[bernoulli(rng, self.knob(f"coverage.{knob}"), len(row))]
        h = self.docket.household[row]
        asked_on = self.docket.closed[row] + randint(rng, 6, 60, len(row))
        wait = randint(rng, 3, 26, len(row))
        slot, turn = np.full(len(row), DEBTOR), np.zeros(len(row), dtype=np.int64)
        inquiries = Inquiries(h, slot, asked_on, asked_on + wait, asked_on - 5 * 365, turn)
        self.spool.add(
            "inquiry",
            *inquiry_rows(self.quarter, label, tag, inquiries, self.cohort.people.id_no[h, DEBTOR], has_records[h]),
        )
        return inquiries
