"""The classes a clue (线索) is declared with: a function from facts to rows, its features, its data needs, its texts.

A clue's rows carry these columns (see `ROW_COLUMNS`), one row per thing that was so:

    episode   string   the termination episode
    day       date     when it was so
    amount    int64    分, NULL where no money is meant
    who       string   the other party or the asset, as delivered (masked before anyone reads it)
    note      string   a few words for the reader (memo, relation, kind of act), or NULL
    src       array    row ids of the source rows that say it

and any further column its features aggregate. Features are aggregations of these rows alone, so a reason and the
number behind it can never part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

from features.clues.base.texts import ClueTexts, read_texts
from features.errors import GoldenKeyError
from features.rules.thresholds import SHIPPED, Thresholds
from features.rules.wording import fill_numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.facts import Facts

Kind = Literal["finding", "measure", "context"]
Channel = Literal["A", "B", "AB"]
PROCEDURE: tuple[Channel, ...] = ("B", "AB")
"""Channels of clues that speak of the court's procedure."""

How = Literal["sum", "count", "max", "min", "nunique", "any", "first"]
Party = Literal["any", "person", "company"]

ROW_COLUMNS = ("episode", "day", "amount", "who", "note", "src")


@dataclass(frozen=True, slots=True)
class Feature:
    """A number of the matrix: an aggregation of its clue's rows.

    Attributes:
        name: column of the matrix; starts with the clue's id.
        label: 中文 name, unique in the catalogue; numbers of thresholds stand in it as fields and read as they
            ship, as the matrix does.
        how: aggregation over the rows of an episode.
        of: the column aggregated ("" for count and any).
        per: "debt" where the sum is divided by the episode's unpaid amount (分), or "".
        cap: the value is clipped to [-cap, cap] after division (docs/domain.md section 3.1 clips ratios to 5), or None.
        unit: 元, 天, 次, 比, %, 月, 级, 是否 or 类. Money sums are stored in 元 (分 / 100) as the last step.
        where: a boolean column of the rows; only rows where it is true count, or "".
    """

    name: str
    label: str
    how: How
    of: str = ""
    per: str = ""
    cap: float | None = None
    unit: str = "次"
    where: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", fill_numbers(self.label))


@dataclass(frozen=True, slots=True)
class Needs:
    """The data an episode must have for "no rows" to count as 0; without it the features are NaN.

    Attributes:
        sources: coverage codes (`Table.source`), all of which must cover a debtor of the episode.
        party: kind of debtor the clue can speak of; others are NULL.
        since: anchor (column of facts.anchors) that must be known, and to which statements, where they are among the
            sources, must reach back; or "".
    """

    sources: tuple[str, ...] = ()
    party: Party = "any"
    since: str = ""


@dataclass(frozen=True, slots=True)
class Clue(ClueTexts):
    """One declaration from which rule, features, reason, evidence and catalogue page come.

    Attributes:
        id: stable code (A01, M2A, B-TIME-1 ...).
        family: name of its family, by source of evidence (funds, vehicles, procedure, petitions, coverage ...).
        kind: finding (rows are hits), measure (rows are the base of a number), context (facts of the case, coverage).
        channel: A concealment, B irregular termination, AB both (docs/domain.md section 2.21).
        needs: what must cover the episode.
        features: the numbers of the matrix (may be empty for a pure channel B finding).
        risk: +1 raises, -1 lowers, 0 no fixed direction (a monotone constraint only where law and sense agree).
        rows: the function from facts to rows.
        texts: its texts as they are written, numbers of thresholds as fields.

    Its label, sentence, innocent, next_step and law are those of its texts with the thresholds that ship; see
    `ClueTexts` and, for an office's own, `in_force`.
    """

    id: str
    family: str
    kind: Kind
    channel: Channel
    needs: Needs
    features: tuple[Feature, ...]
    risk: int
    rows: Callable[[Facts], ir.Table]
    texts: ClueTexts

    def in_force(self, thresholds: Thresholds) -> Clue:
        """This clue with its texts as an office's thresholds have them."""
        return replace(self, **asdict(self.texts.filled(thresholds))) if thresholds.changed_values else self

    @property
    def doc(self) -> str:
        """First line of the function's docstring."""
        return (self.rows.__doc__ or "").strip().splitlines()[0]

    @property
    def in_model(self) -> bool:
        """Whether its features enter the concealment model (channel B stays beside the score)."""
        return self.channel != "B"


Rows = Callable[["Facts"], "ir.Table"]
P = ParamSpec("P")

_declared: dict[Callable[..., object], tuple[Feature, ...]] = {}
"""Features declared above a function whose clue is not declared yet."""

_CLUE_OF: dict[Callable[..., object], str] = {}
"""Id of the clue that each function gives the rows of."""

RATIO_CAP = 5.0
"""Sums over the unpaid amount are clipped to five times it (docs/domain.md section 3.1)."""


def _declares(make: Callable[P, Feature]) -> Callable[P, Callable[[Rows], Rows]]:
    def feature(*args: P.args, **kwargs: P.kwargs) -> Callable[[Rows], Rows]:
        made = make(*args, **kwargs)

        def add(rows: Rows) -> Rows:
            # Decorators apply from the bottom up; features stand in the matrix as they are read, from the top down.
            _declared[rows] = (made, *_declared.get(rows, ()))
            return rows

        return add

    return feature


feature = _declares(Feature)
"""Declare a feature of the clue declared above it: `@feature(...)` takes what `Feature` takes."""


def ratio_to_debt(name: str, label: str, of: str = "amount", where: str = "", how: How = "sum") -> Feature:
    """A feature that divides an amount (column `of`, 分) by the episode's unpaid amount, capped by `RATIO_CAP`."""
    return Feature(name, label, how, of, "debt", RATIO_CAP, "比", where)


debt_ratio = _declares(ratio_to_debt)
"""Declare such a feature of the clue declared above it: `@debt_ratio(...)` takes what `ratio_to_debt` takes."""


class Register:
    """A family of clues and its 中文 label: `@family.clue(...)` above a function and its `@feature`s adds a clue.

    `module` is the `__file__` of the module that declares them; their texts stand beside it (`funds.toml`).
    """

    def __init__(self, name: str, label: str, module: str) -> None:
        self.name = name
        self.label = label
        self.clues: list[Clue] = []
        self.texts_file = Path(module).with_suffix(".toml")
        self._texts = read_texts(self.texts_file)

    def part(self, module: str) -> Register:
        """The register of a further module of this family."""
        return Register(self.name, self.label, module)

    def clue(
        self,
        id: str,
        *,
        kind: Kind,
        channel: Channel,
        features: tuple[Feature, ...] = (),
        needs: Needs = Needs(),
        risk: int = 1,
    ) -> Callable[[Rows], Rows]:
        """Declare the function below as a clue of this family.

        Args:
            features: features that are computed rather than written out, before those declared by `@feature`.

        Raises:
            GoldenKeyError: the TOML beside the module has no texts of that id, or the function already is a clue.
        """
        texts = self._texts.get(id)
        if texts is None:
            raise GoldenKeyError(f"线索 {id} 在 {self.texts_file.name} 中没有文本。")

        def add(rows: Rows) -> Rows:
            if rows in _CLUE_OF:
                raise GoldenKeyError(f"函数 {rows.__name__} 已声明为线索 {_CLUE_OF[rows]}，不能再声明为线索 {id}。")
            _CLUE_OF[rows] = id
            given: dict[str, Any] = {"kind": kind, "channel": channel, "needs": needs, "risk": risk}
            declared = (*features, *_declared.pop(rows, ()))
            given |= asdict(texts.filled(SHIPPED))
            self.clues.append(Clue(**given, id=id, family=self.name, features=declared, rows=rows, texts=texts))
            return rows

        return add

    def check_texts(self) -> None:
        """Check, once the module is imported, that each text and each feature belongs to a clue.

        Raises:
            GoldenKeyError: the TOML beside the module has texts that no clue uses, or features are declared on a
                function that is no clue.
        """
        if _declared:
            functions = "、".join(sorted(rows.__name__ for rows in _declared))
            raise GoldenKeyError(f"函数 {functions} 声明了特征，却没有声明为线索。")
        if unused := self._texts.keys() - {clue.id for clue in self.clues}:
            raise GoldenKeyError(f"线索文本 {self.texts_file.name} 中的 {'、'.join(sorted(unused))} 没有对应的线索。")
