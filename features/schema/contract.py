"""The contract of a source table: columns with label, kind, unit and codes; key; date column; checks.

Every source table of the data dictionary (docs/domain.md section 4) is one `Table`. Intake parses by it, the pool
stores by it, templates and docs are written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "id", "code", "set", "date", "datetime", "money", "int", "real", "bool"]

ARROW_TYPE: Mapping[Kind, str] = {
    "text": "string",
    "id": "string",
    "code": "string",
    "set": "string",
    "date": "date32",
    "datetime": "timestamp[us]",
    "money": "int64",
    "int": "int64",
    "real": "float64",
    "bool": "bool",
}
"""Stored type of each kind. Money is kept as whole 分; a set is its sorted codes joined by `;`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a source table.

    Attributes:
        name: snake_case field name.
        label: 中文列名, as printed in templates and error sentences.
        kind: how a cell is read and stored (see `ARROW_TYPE`).
        required: an empty cell sends the row to quarantine.
        aliases: other headers seen in the field (court codes, bank layouts).
        codes: spelling seen in the field -> canonical code; other spellings go to quarantine when `closed`.
        closed: whether `codes` lists every value allowed.
        unit: unit of a number as delivered (元, 天, %).
        personal: the value is personal data and is masked wherever it is printed.
        low, high: allowed range of a number, in the delivered unit.
        stand_in: column of the same table whose value is taken where this one is empty.
        empty_means: what an empty cell says by itself (still the owner, not closed): a cell that cannot be read then
            refuses its row, since leaving it empty would say just that.
    """

    name: str
    label: str
    kind: Kind = "text"
    required: bool = False
    aliases: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    unit: str = ""
    personal: bool = False
    low: float | None = None
    high: float | None = None
    stand_in: str = ""
    empty_means: str = ""

    @property
    def code_labels(self) -> dict[str, str]:
        """The first spelling of each code, which is its 中文 label."""
        return {code: spelling for spelling, code in reversed(list(self.codes.items())) if spelling != code}


@dataclass(frozen=True, slots=True)
class Order:
    """A check between two date columns of one row: `early` must not be after `late`."""

    early: str
    late: str


@dataclass(frozen=True, slots=True)
class Table:
    """The contract of one source table.

    Attributes:
        name: table name in the pool.
        number: the table's number inside row ids (`rid`); never changed, or stored row ids would mean other tables.
        label: 中文表名.
        source: coverage code of the source it comes from (COURT, TX, VEH, RE ...).
        columns: its columns, in template order.
        key: columns that identify what a row is about; a newer row of the same key supersedes an older one.
        happened: the column with the date of the fact (None where a row has no date of its own).
        lag_days: days from the fact to its being known, used only for back-files without a delivery date.
        checks: order checks between dates.
        outcome: the table holds outcomes of supervision and may never feed a feature.
        derived: columns intake computes and stores beside those delivered.
        subjects: columns naming the person a row is about; such a row shows that the source covers that person.
        person_names: pairs of columns (identity number, name) that say what a person is called.
        file_words: words in file and sheet names that mean this table, beside its label.
        large: too large to copy on opening a cut; read as a view.
    """

    name: str
    number: int
    label: str
    source: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    happened: str | None = None
    lag_days: int = 30
    checks: tuple[Order, ...] = ()
    outcome: bool = False
    derived: tuple[Column, ...] = ()
    subjects: tuple[str, ...] = ()
    person_names: tuple[tuple[str, str], ...] = ()
    file_words: tuple[str, ...] = ()
    large: bool = False

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in template order."""
        return tuple(column.name for column in self.columns)

    @property
    def stored(self) -> tuple[Column, ...]:
        """Columns as the pool stores them: those delivered, then those derived."""
        return self.columns + self.derived
