"""Data classes of what is read from a ruling; each carries the quoted words and their place in the text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

KINDS = ("终本裁定", "终结执行", "恢复", "其他")
NATURES = {"civil": "民事执行", "administrative": "行政执行", "criminal": "刑事涉财产执行"}


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the ruling: `text` is what stands at [start, end) of the text as given, on its `line` (from 1)."""

    start: int
    end: int
    text: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """A case number (docs/domain.md section 4.1).

    Attributes:
        number: normal form, full-width brackets and no spaces: （2024）浙9901执12号.
        suffix: `之一` of a ruling within the case, or "".
        year: year of acceptance.
        court: 法院代字, e.g. 浙9901.
        type: 类型代字, e.g. 执, 执恢, 民初, 行审.
        role: this, basis, previous, preservation or other.
    """

    number: str
    suffix: str
    year: int
    court: str
    type: str
    role: str
    quote: Quote


@dataclass(frozen=True, slots=True)
class Party:
    """One party as named in the ruling; names keep the court's masking (李某某1).

    Attributes:
        role: applicant, debtor, third, outsider or assistant (codes of the party table).
        kind: person, company or organisation (codes of the party table).
        sex: M, F or "".
        birth: day of birth, or None.
        id_no: citizen number or USCC as printed, or "".
        former_name: a name before (曾用名, 原名), or "".
        id_type: kind of the number where it is no citizen number or USCC (护照), or "".
    """

    role: str
    kind: str
    name: str
    legal_rep: str
    address: str
    sex: str
    birth: date | None
    id_no: str
    quote: Quote
    former_name: str = ""
    id_type: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day.

    Attributes:
        role: applied, filed, noticed, queried, terminated, resumed, ruled ... (see dates.ROLES).
        day: the day.
        elided: the year or the whole date was left out in the text (同年, 同日) and taken from the date before.
        previous: it belongs to an earlier enforcement that the ruling recites.
    """

    role: str
    day: date
    elided: bool
    previous: bool
    quote: Quote


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure the ruling says was taken (or lifted). `item` is its number in the ruling's list, None outside one."""

    kind: str
    item: int | None
    lifted: bool
    quote: Quote


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money in 分. `total` when the ruling says it is a total (共计, 合计)."""

    role: str
    fen: int
    total: bool
    quote: Quote


@dataclass(frozen=True, slots=True)
class Statute:
    """One article cited: law as written, article, paragraph (款) and item (项) where given."""

    law: str
    article: int
    paragraph: int | None
    item: int | None
    quote: Quote


@dataclass(frozen=True, slots=True)
class RulingReason:
    """A class of reason for the ruling (docs/domain.md section 4.2, keyword classes)."""

    kind: str
    quote: Quote


@dataclass(frozen=True, slots=True)
class Nature:
    """Nature of the enforcement and the supporting words (None when it is only presumed)."""

    code: str
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """An enforcement ruling as read; `unread` says in plain Chinese what was looked for and not found.

    `transferred_by` is who transferred the case for enforcement where nobody applied for it (刑事审判庭), or "".
    """

    kind: str
    nature: Nature
    cause: str
    case_no: str
    court_name: str
    numbers: tuple[CaseNumber, ...]
    parties: tuple[Party, ...]
    events: tuple[Event, ...]
    measures: tuple[Measure, ...]
    amounts: tuple[Amount, ...]
    statutes: tuple[Statute, ...]
    reasons: tuple[RulingReason, ...]
    unread: tuple[str, ...]
    transferred_by: str = ""

    @property
    def in_civil_cohort(self) -> bool:
        """Whether it is a termination (终本) of a civil enforcement by its own words, not by presumption."""
        return self.kind == "终本裁定" and self.nature.code == "civil" and self.nature.quote is not None

    @property
    def this_number(self) -> CaseNumber | None:
        """The case number of the ruling itself."""
        return next((number for number in self.numbers if number.role == "this"), None)

    def days(self, role: str, *, previous: bool = False) -> tuple[date, ...]:
        """Distinct days of that role, in order of time; those of an earlier enforcement only when asked for."""
        return tuple(sorted({event.day for event in self.events if event.role == role and event.previous is previous}))

    def day(self, role: str) -> date | None:
        """The one day of that role in this enforcement; None when there is none, or more than one to choose from."""
        found = self.days(role)
        return found[0] if len(found) == 1 else None

    def fen(self, role: str) -> int | None:
        """The one sum of that role in 分: the stated total, the only value, or the one the others add up to.

        None when that leaves more than one to choose from.
        """
        rows = [amount for amount in self.amounts if amount.role == role]
        for chosen in ([amount for amount in rows if amount.total], rows):
            values = {amount.fen for amount in chosen}
            if values and (len(values) == 1 or 2 * max(values) == sum(values)):
                return max(values)
        return None
