"""Tables as revisions write them down, read back from a database by its own inspector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from models.database.migrations.columns import create_table


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        connection.execute(sa.text("pragma foreign_keys = on"))
        create_table("office", "office 40, told date?", "office")
        create_table("visit", "number int, day date, office 40?", "number day")
        create_table(
            "note",
            "note bigint, number int, day date, by 40, words text, weight double?, open bool, raw bytes?",
            "note",
            references={"number day": "visit", "by": "office.office"},
            unique="by words",
            checks={"weight": "weight >= 0"},
        )
        yield connection
    engine.dispose()


def test_every_column_has_its_kind_and_says_whether_it_may_be_empty(connection: sa.Connection) -> None:
    columns = {column["name"]: column for column in sa.inspect(connection).get_columns("note")}
    kinds = {name: column["type"].as_generic().__class__ for name, column in columns.items()}
    assert kinds == {
        "note": sa.BigInteger,
        "number": sa.Integer,
        "day": sa.Date,
        "by": sa.String,
        "words": sa.Text,
        "weight": sa.Double,
        "open": sa.Boolean,
        "raw": sa.LargeBinary,
    }
    assert {name for name, column in columns.items() if column["nullable"]} == {"weight", "raw"}
    assert getattr(columns["by"]["type"], "length", None) == 40


def test_constraints_bear_the_names_of_the_database(connection: sa.Connection) -> None:
    inspector = sa.inspect(connection)
    assert inspector.get_pk_constraint("visit") == {"name": "pk_visit", "constrained_columns": ["number", "day"]}
    keys = {
        key["name"]: (key["constrained_columns"], key["referred_table"], key["referred_columns"])
        for key in inspector.get_foreign_keys("note")
    }
    assert keys == {
        "fk_note_number_day": (["number", "day"], "visit", ["number", "day"]),
        "fk_note_by": (["by"], "office", ["office"]),
    }
    assert [row["name"] for row in inspector.get_unique_constraints("note")] == ["uq_note_by_words"]
    assert [row["name"] for row in inspector.get_check_constraints("note")] == ["ck_note_weight"]


@pytest.mark.parametrize(
    ("by", "weight", "taken"), [("甲院", 0, True), ("甲院", -1, False), ("乙院", 0, False), ("甲院", None, True)]
)
def test_the_database_holds_rows_to_the_constraints(
    connection: sa.Connection, by: str, weight: float | None, taken: bool
) -> None:
    connection.execute(sa.text("insert into office values ('甲院', null)"))
    connection.execute(sa.text("insert into visit values (1, '2024-01-02', null)"))
    row = {"by": by, "weight": weight}
    insert = sa.text("insert into note values (1, 1, '2024-01-02', :by, '记录', :weight, 1, null)")
    if taken:
        assert connection.execute(insert, row).rowcount == 1
    else:
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(insert, row)
