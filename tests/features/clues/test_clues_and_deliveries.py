"""What must hold of every clue whatever is delivered: later rows, repeated rows, and sources that never came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from little_pool import MADE, poisoned
from world_reading import SmallWorld

from features.clues import catalogue
from features.facts import Facts
from features.pool.manifests import Delivery
from features.pool.pool import Pool, stored_schema
from features.schema import TABLES

pytestmark = pytest.mark.long

DAY = date(2023, 6, 30)
TOLD = ("episode", "day", "amount", "who", "note")
SOURCE_TABLES = {"CLOG": ("event",), "CQRY": ("query_feedback",)} | {
    code: tuple(name for name, table in TABLES.items() if table.source == code)
    for code in sorted({table.source for table in TABLES.values()} - {"COURT", "OFFICE"})
}
REGISTERS = tuple(code for code in SOURCE_TABLES if code not in ("CLOG", "CQRY", "TX", "KIN", "PET"))
MISSING = {"流水": ("TX",), "执行事件": ("CLOG",), "网络查控": ("CQRY",), "亲属": ("KIN",), "各登记": REGISTERS}
DERIVED = {"KVEH": "VEH", "KRE": "RE", "TX2": "TX"}


def delivery(number: str, on: date) -> Delivery:
    return Delivery(number, "测试", on, "依据", "目的", "范围", "批准人")


def live(small_world: SmallWorld, without: Iterable[str] = ()) -> dict[str, pa.Table]:
    """Rows known on the day, by table; inquiries into sources left out are left out too."""
    codes = set(without)
    gone = {name for code in codes for name in SOURCE_TABLES[code]}
    with Pool(small_world.home).as_of(DAY) as cut:
        rows = {name: cut.outcomes(name).order_by("rid").to_pyarrow() for name in TABLES if name not in gone}
    keep = [str(code) not in codes for code in rows["inquiry"]["source_code"].to_pylist()]
    rows["inquiry"] = rows["inquiry"].filter(pa.array(keep))
    return rows


def written(home: Path, rows: dict[str, pa.Table], number: str, on: date) -> None:
    with Pool(home).begin(delivery(number, on)) as batch:
        for name, table in rows.items():
            kept = [field.name for field in stored_schema(TABLES[name]) if field.name not in MADE]
            batch.write(name, table.select(kept))
        batch.commit()


def told(home: Path, asked: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Rows of every clue on the day, in an order of their own."""
    with Pool(home).as_of(DAY) as cut:
        facts = Facts(cut)
        found = {}
        for name, text in asked.items():
            facts.ready(text)
            frame = cut.con.raw_sql(text).df()[list(TOLD)].astype(str)
            found[name] = frame.sort_values(list(TOLD), ignore_index=True)
    return found


@pytest.fixture(scope="module")
def pool_of_one_day(small_world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("one-day")
    written(home, live(small_world), "一", DAY)
    yield home


@pytest.fixture(scope="module")
def base(pool_of_one_day: Path, row_texts: dict[str, str]) -> dict[str, pd.DataFrame]:
    return told(pool_of_one_day, row_texts)


def differing(one: dict[str, pd.DataFrame], two: dict[str, pd.DataFrame]) -> list[str]:
    return [name for name in one if not one[name].equals(two[name])]


def in_another_currency(rows: pa.Table) -> pa.Table:
    """Statement rows a million times as large, in yen, under references of their own."""
    columns = {
        "ccy": pa.repeat("日元", len(rows)),
        "amount": pc.multiply(rows["amount"], 1_000_000),
        "balance": pc.multiply(rows["balance"], 1_000_000),
        "ref_no": pc.binary_join_element_wise(pc.fill_null(rows["ref_no"], ""), "外", ""),
    }
    for name, values in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return rows


def test_rows_in_another_currency_change_no_row_of_any_clue(
    small_world: SmallWorld, base: dict[str, pd.DataFrame], row_texts: dict[str, str], tmp_path: Path
) -> None:
    rows = live(small_world)
    written(tmp_path, rows | {"txn": pa.concat_tables([rows["txn"], in_another_currency(rows["txn"])])}, "一", DAY)
    assert differing(base, told(tmp_path, row_texts)) == []


def test_what_is_delivered_twice_counts_once_and_what_comes_later_changes_no_row(
    small_world: SmallWorld, base: dict[str, pd.DataFrame], row_texts: dict[str, str], tmp_path: Path
) -> None:
    rows = live(small_world)
    written(tmp_path, rows, "一", DAY)
    written(tmp_path, rows, "二", DAY)
    later = delivery("毒", DAY + timedelta(days=1))
    with Pool(tmp_path).begin(later) as batch:
        for name, table in rows.items():
            batch.write(name, poisoned(table.slice(0, 2000), name, 1000, -200, False))
        batch.commit()
    assert differing(base, told(tmp_path, row_texts)) == []


@pytest.mark.parametrize("codes", MISSING.values(), ids=MISSING)
def test_no_finding_speaks_of_a_source_that_was_never_delivered(
    codes: tuple[str, ...], small_world: SmallWorld, row_texts: dict[str, str], tmp_path: Path
) -> None:
    written(tmp_path, live(small_world, codes), "一", DAY)
    needing = {
        clue.id: row_texts[clue.id]
        for clue in catalogue.CLUES.values()
        if clue.kind == "finding" and {DERIVED.get(code, code) for code in clue.needs.sources} & set(codes)
    }
    assert [name for name, rows in told(tmp_path, needing).items() if len(rows)] == []
