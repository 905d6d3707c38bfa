"""Small pools for tests of single clues: cases added by hand, and a clue's rows on a day as plain dictionaries;
relations of facts as tuples, and relations written by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from little_pool import LAWSUIT, TERMINATED_CASE, deliver

from features.clues.base.aggregation import features_text, rows_text
from features.clues.base.clue import Clue, Register
from features.clues.catalogue import CLUES
from features.facts import Facts
from features.matrix import episode_coverage, finish_feature, is_covered
from features.pool.pool import Cut, Pool

ZB = date(2023, 6, 20)
KNOWN = date(2023, 9, 1)
TODAY = date(2023, 12, 31)


class Book:
    """Cases and registers of a pool, written case by case. Case n has the debtor `person(n)`.

    A book with a `home` opens its pool there, and closes what it opened when its `with` block ends.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.home = home
        self._opened: list[Facts] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for facts in self._opened:
            facts.cut.close()

    def add(self, table: str, **row: Any) -> None:
        """One row of any table."""
        self.tables[table].append(row)

    def case(self, n: int, **changes: Any) -> str:
        """A case filed 2023-01-10 and terminated 2023-06-20 with 200,000 元 unpaid; its number is returned."""
        number = f"（2023）浙9901执{n}号"
        basis = f"（2022）浙9901民初{n}号"
        numbers = {"case_no": number, "basis_no": basis, "ntc_sent_date": date(2023, 1, 12)}
        self.add("case", **(TERMINATED_CASE | numbers | changes))
        self.add("litigation", **LAWSUIT, suit_no=basis, defendant_id=person(n))
        self.add(
            "party",
            case_no=number,
            party_no=1,
            role="applicant",
            kind="person",
            name=f"申请人{n}",
            id_no=person(5000 + n),
        )
        self.debtor(n, n)
        return number

    def resumed(self, n: int, **more: Any) -> None:
        """The case that resumes case n, without parties."""
        numbers = {"case_no": f"（2023）浙9901执恢{n}号", "prev_case_no": f"（2023）浙9901执{n}号"}
        self.add("case", **numbers, case_type="resumed", court_code="浙9901", court_division="339901", **more)

    def logged(self, *numbers: int) -> None:
        """Cases which the court's log reaches: each has a notice of 2023-01-12."""
        for n in numbers:
            self.case(n)
            self.event(n, "NOTICE", date(2023, 1, 12))

    def debtor(self, n: int, who: int, party_no: int = 2, **more: Any) -> None:
        """A debtor of case n, the person `who`; a further one bears a number of its own."""
        row = {"role": "debtor", "kind": "person", "name": f"债务人{who}", "id_no": person(who)}
        self.add("party", **({"case_no": f"（2023）浙9901执{n}号", "party_no": party_no} | row | more))

    def event(self, n: int, code: str, day: date, **more: Any) -> None:
        """One event of case n."""
        count = len(self.tables["event"])
        self.add("event", event_id=f"E{count}", case_no=f"（2023）浙9901执{n}号", ev_code=code, ev_date=day, **more)

    def asked(self, n: int | str, *sources: str, on: date = KNOWN) -> None:
        """Answered inquiries about person n, or about the company of that code."""
        for source in sources:
            number = f"D{len(self.tables['inquiry'])}"
            self.add(
                "inquiry",
                inquiry_no=number,
                subject_id=person(n) if isinstance(n, int) else n,
                source_code=source,
                asked_on=on,
                answered_on=on,
                has_result=True,
            )

    def bank_query(self, n: int, asked: date, answered: date | None = None, **more: Any) -> None:
        """A query of the banks about person n in case n, which found nothing unless `more` says so."""
        row = {"request_no": f"Q{n}", "range_code": "YH", "asset_id": "", "has_result": False}
        dated = {"case_no": f"（2023）浙9901执{n}号", "req_date": asked, "fb_date": answered}
        self.add("query_feedback", **(row | {"subject_id": person(n)} | dated | more))

    def statement(self, n: int, at: datetime, yuan: float, **more: Any) -> None:
        """A row of the bank statements of person n: money in when positive."""
        number = f"R{len(self.tables['txn'])}"
        row = {"acct_no": f"9900{n:010d}", "holder_id": person(n), "ts": at, "ref_no": number}
        money = {"direction": "IN" if yuan > 0 else "OUT", "amount": round(abs(yuan) * 100)}
        self.add("txn", **(row | money | more))

    def fund(self, n: int, last_month: date, fen: int, **more: Any) -> None:
        """A provident fund of person n, paid into until a month."""
        row = {"acct_no": f"GJJ{n}", "person_id": person(n), "unit": f"单位{n}"}
        self.add("hpf", **(row | {"last_month": last_month, "balance": fen} | more))

    def lease(self, n: int, unit_no: str, **more: Any) -> None:
        """A unit which person n lets to person 800 + n."""
        row = {"lease_no": f"租{n}", "unit_no": unit_no, "landlord_id": person(n)}
        self.add("lease", **(row | {"tenant_id": person(800 + n), "tenant_name": f"承租人{n}"} | more))

    def kin(self, n: int, other: int, rel: str = "spouse") -> None:
        """A confirmed tie of person n."""
        self.add(
            "relation",
            person_a=person(n),
            name_a=f"债务人{n}",
            person_b=person(other),
            name_b=f"亲属{other}",
            rel_code=rel,
            valid_from=date(2010, 1, 1),
        )

    def car(self, n: int, vin: str, start: date, **more: Any) -> None:
        """A vehicle of person n worth 50,000 元; its plate is 浙Z and the last five signs of the VIN."""
        row = {"plate": f"浙Z{vin[-5:]}", "vin": vin, "owner_id": person(n), "own_from": start, "est_value": 5_000_000}
        self.add("vehicle", **(row | more))

    def seal(self, n: int, thing: str, day: date, code: str = "SEAL", **more: Any) -> None:
        """A seal of case n."""
        self.event(n, code, day, asset_id=thing, asset_kind="车辆", **more)

    def open(self, home: Path | None = None, as_of: date = TODAY) -> Facts:
        """The facts of a pool with these rows, all known on 2023-09-01; in the home of the book unless one is given."""
        folder = home or self.home
        assert folder is not None, "a book without a home is opened in a given one"
        deliver(folder, KNOWN, self.tables)
        facts = Facts(Cut(Pool(folder), as_of, Pool(folder).state))
        if home is None:
            self._opened.append(facts)
        return facts


AnyBook = TypeVar("AnyBook", bound=Book)


def module_facts(kind: type[AnyBook]) -> Callable[[Callable[[AnyBook], None]], Any]:
    """Turn a function that fills a book into a module fixture: the facts of a pool with the rows it wrote."""

    def fixture(fill: Callable[[AnyBook], None]) -> Any:
        @pytest.fixture(scope="module", name=fill.__name__)
        def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
            with kind(tmp_path_factory.mktemp(fill.__name__)) as book:
                fill(book)
                yield book.open()

        return facts

    return fixture


def person(n: int) -> str:
    """An impossible identity number of a region that does not exist."""
    return f"99000119800101{n:04d}"


def episode(n: int, end: date = ZB) -> str:
    """The episode of case n."""
    return f"（2023）浙9901执{n}号@{end}"


def rows(family: Register, id: str, facts: Facts) -> list[dict[str, Any]]:
    """Rows of a clue, by episode and day."""
    clue = next(clue for clue in family.clues if clue.id == id)
    frame = query(facts, clue_text(facts, clue))
    assert all(len(src) > 0 for src in frame["src"])
    ordered = frame.sort_values(["episode", "day"], kind="stable").to_dict(orient="records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in ordered]


def clue_text(facts: Facts, clue: Clue) -> str:
    """The query text of a clue's rows: compiled once for those of the catalogue."""
    return rows_text(facts, clue) if CLUES.get(clue.id) is clue else facts.cut.compile(clue.rows(facts))


def query(facts: Facts, text: str) -> pd.DataFrame:
    """What a query text finds on the cut of these facts."""
    facts.ready(text)
    found: pd.DataFrame = facts.cut.con.con.execute(text).df()
    return found


def cases(found: list[dict[str, Any]]) -> list[int]:
    """Case numbers of rows, once each."""
    return sorted({int(row["episode"].split("执")[1].split("号")[0]) for row in found})


def feature(family: Register, name: str, facts: Facts, n: int) -> float:
    """A feature of the matrix for case n: NaN where a source does not reach."""
    clue = next(clue for clue in family.clues if any(item.name == name for item in clue.features))
    item = next(item for item in clue.features if item.name == name)
    found = query(facts, features_text(clue_text(facts, clue), clue.features)).set_index("episode")
    reach = episode_coverage(facts, pd.DataFrame({"episode": [episode(n)]}))
    if not is_covered(clue, reach)[0]:
        return float("nan")
    raw = np.nan_to_num(found[name].reindex([episode(n)]).to_numpy(dtype=float, na_value=np.nan))
    debt = facts.episodes.to_pandas().set_index("episode")["debt"][episode(n)]
    return float(finish_feature(item, raw, np.array([debt], dtype=float))[0])


def covered(family: Register, id: str, facts: Facts, *numbers: int) -> list[bool]:
    """Whether the silence of a clue means zero, for each of the cases."""
    clue = next(clue for clue in family.clues if clue.id == id)
    return is_covered(clue, episode_coverage(facts, pd.DataFrame({"episode": [episode(n) for n in numbers]}))).tolist()


def relation(schema: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> ir.Table:
    """A relation of these rows; `schema` maps column names to Ibis types."""
    arrow = ibis.schema(dict(schema)).to_pyarrow()
    columns = [[row[place] for row in rows] for place in range(len(arrow))]
    return ibis.memtable(
        pa.table([pa.array(values, field.type) for values, field in zip(columns, arrow, strict=True)], schema=arrow)
    )


def tuples(table: ir.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Values of these columns, one tuple per row, sorted with NULL first; amounts come back as whole numbers."""
    rows = [tuple(row[name] for name in columns) for row in table.select(*columns).to_pyarrow().to_pylist()]
    return sorted(rows, key=lambda row: [(value is not None, value) for value in row])


STATEMENT_COLUMNS = {
    "rid": "int64",
    "acct": "string",
    "ts": "timestamp",
    "day": "date",
    "sign": "int64",
    "amount": "int64",
    "balance": "int64",
}
"""Columns of a statement's rows that facts about money read, and their types."""


def facts_on(home: Path, day: date = TODAY, state: int | None = None) -> Facts:
    """The facts of a pool on a day, from the deliveries up to a state (default: all)."""
    pool = Pool(home)
    return Facts(Cut(pool, day, pool.state if state is None else state))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list):
        return [int(item) for item in value]
    if isinstance(value, pd.Timestamp):
        return value.date()
    return None if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) else value
