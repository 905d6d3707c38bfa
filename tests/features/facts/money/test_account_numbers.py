"""What an account is: one however it is written, never that of two holders, whatever banks append to its number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from clue_rows import KNOWN, Book, facts_on, person, tuples
from hypothesis import given, settings
from hypothesis import strategies as st
from little_pool import deliver

from features.errors import GoldenKeyError
from features.facts import Facts
from features.facts.money.accounts_apart import accounts_apart
from features.intake.ingest import IngestOptions, ingest
from features.pool.account_numbers import account_number
from features.pool.macros import define_macros
from features.pool.pool import Pool
from features.rules.characters import NARROW, WIDE
from features.trace.statements import accounts_of, open_statements

WIDER = str.maketrans(NARROW, WIDE)
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in groups": lambda n: "-".join(n[i : i + 4] for i in range(0, len(n), 4)),
    "with blanks": lambda n: " ".join(n[i : i + 4] for i in range(0, len(n), 4)),
    "with hard blanks": lambda n: "\u00a0".join(n[i : i + 4] for i in range(0, len(n), 4)) + "\u200b",
    "full-width": lambda n: n.translate(WIDER),
    "against Excel": lambda n: f"'{n}\t",
    "with a currency": lambda n: f"{n}_156",
    "with a sub-account": lambda n: f"{n}-1",
    "with both": lambda n: f"{n}_CNY_01",
    "with its kind": lambda n: f"{n}-活期",
    "a short prefix": lambda n: f"{n[:2]}-{n[2:]}",
    "as a float": lambda n: f"{n}.0",
    "as a float of two places": lambda n: f"{n}.00 ",
    "as a full-width float": lambda n: f"{n}.0".translate(WIDER),
    "as a float against Excel": lambda n: f"'{n}.0\t",
    "as a float in a formula": lambda n: f'="{n}.0"',
    "an en dash": lambda n: f"{n[:2]}–{n[2:]}",
}
NUMBERS = st.from_regex(r"\A99[0-9]{14,17}\Z")


def read(numbers: list[str | None]) -> list[str | None]:
    table = ibis.memtable(pa.table({"place": range(len(numbers)), "number": pa.array(numbers, pa.string())}))
    rows = table.select("place", read=account_number(table.number)).order_by("place")
    return list(defined(ibis.duckdb.connect()).to_pyarrow(rows).column("read").to_pylist())


def defined(con: Any) -> Any:
    """A session that knows the macros of a cut."""
    define_macros(con.con)
    return con


@settings(max_examples=6)
@given(st.lists(NUMBERS, min_size=1, max_size=12, unique=True))
def test_an_account_is_one_however_it_is_written(numbers: list[str]) -> None:
    ways = [write(number) for number in numbers for write in WRITTEN.values()]
    assert read(list(ways)) == [number for number in numbers for _ in WRITTEN]


@pytest.mark.parametrize(
    "name",
    [
        "alipay_record_20990213_0912_1",
        "微信支付账单流水文件(20990601-20990630)",
        "wx_99-1",
        "99a_b@pay.example",
        "99-12",
        "9-912",
        "甲_1",
        "99123456_1",
        "wxid_9900000001x_12",
        "990****0017",
        "12.0",
        "990012345.0",
        "9900000000000025.5",
        "9900000000000025.05",
        "9900000000000025.0.0",
        "9900000000000025.",
        "9.900000000000002e+18",
        "甲9900000000000025.0",
        "wx_99.0",
        "9900000000000025.0元",
    ],
)
def test_what_is_no_number_of_a_bank_keeps_every_character(name: str) -> None:
    assert read([name]) == [name]


FORMS = st.tuples(
    st.sampled_from(["99010000000001", "99010000000002", "99-010000000001", "19-99010000000001"]),
    st.sampled_from(["", "_1", "-2", "-0003", "_CNY"]),
    st.sampled_from([None, *map(person, (1, 2))]),
    st.sampled_from([None, "甲厂", "乙 厂", "丙厂"]),
)


@settings(max_examples=12)
@given(st.lists(FORMS, min_size=1, max_size=24))
def test_accounts_of_two_holders_are_never_joined(forms: list[tuple[str, str, str | None, str | None]]) -> None:
    con = defined(ibis.duckdb.connect())
    names = ("acct_no", "holder_id", "holder", "cp_acct", "cp_id", "cp_name")
    kind = pa.schema([(name, pa.string()) for name in names])
    given_rows = [{"acct_no": prefix + tail, "holder_id": who, "holder": name} for prefix, tail, who, name in forms]
    con.con.register("txn", pa.Table.from_pylist(given_rows, schema=kind))
    apart, _ = accounts_apart(con.table("txn"))
    changed = {tuple(row.values())[:3]: row["acct"] for row in apart.to_pyarrow().to_pylist()}
    given_rows = [{name: row[name] for name in names[:3]} for row in given_rows]
    plain = read([row["acct_no"] for row in given_rows])
    accounts: dict[str, list[dict[str, Any]]] = {}
    for row, acct in zip(given_rows, plain, strict=True):
        accounts.setdefault(changed.get(tuple(row.values()), acct), []).append(row)
    for rows in accounts.values():
        assert len({row["holder_id"] for row in rows} - {None}) <= 1, rows
        if all(row["holder_id"] is None for row in rows):
            assert len({row["holder"].replace(" ", "") for row in rows if row["holder"]}) <= 1, rows


def test_sub_accounts_of_two_holders_and_a_number_at_two_banks_stay_apart_in_the_facts(tmp_path: Path) -> None:
    def paid(acct: str, n: int | None, amount: int, **more: Any) -> dict[str, Any]:
        day = date(2022, 7, 1)
        row = {"acct_no": acct, "holder_id": n and person(n), "ts": datetime(2022, 7, 1, 9), "txn_day": day}
        return row | {"occurrence": 1, "direction": "OUT", "amount": amount, "ref_no": f"R{amount}"} | more

    book = Book()
    book.case(1)
    sub, both, mine = "99010000000001", "99010000000002", "99010000000003"
    book.tables["txn"] = [
        paid(f"{sub}-1", 1, 1),
        paid(f"{sub}-2", 2, 2),
        paid(both, 1, 3, cp_acct=f"{sub}-2"),
        paid(both, 2, 4, cp_acct=f"{mine}-2"),
        paid(f"{mine}-1", 1, 5),
        paid(mine, 1, 6),
        paid(mine, 1, 7, cp_acct=both, cp_id=person(2)),
        paid(mine, 1, 8, cp_acct=f"{both}_CNY", cp_id=person(1)),
        paid(mine, 1, 9, cp_acct="9901****0017", cp_name="某甲"),
        paid(mine, 1, 10, cp_acct="990100000009", cp_id=person(1)),
        paid(mine, 1, 11, cp_acct="990100000009", cp_id=person(3), cp_name="某丙"),
        paid(mine, 1, 12, cp_acct="990100000009", cp_name="某丙"),
        paid(mine, 1, 13, cp_acct="990100000009", cp_name="某丁"),
        paid("9901****0001", 1, 14),
        paid("9901****0001", None, 15),
    ]
    deliver(tmp_path, KNOWN, book.tables)
    with facts_on(tmp_path, date(2023, 10, 31)).cut as cut:
        found = tuples(Facts(cut).statements, "amount", "acct", "cp_acct")
    assert found == [
        (1, f"{sub}-1", None),
        (2, f"{sub}-2", None),
        (3, f"{both}·{person(1)}", f"{sub}-2"),
        (4, f"{both}·{person(2)}", mine),
        (5, mine, None),
        (6, mine, None),
        (7, mine, f"{both}·{person(2)}"),
        (8, mine, f"{both}·{person(1)}"),
        (9, mine, None),
        (10, mine, f"990100000009·{person(1)}"),
        (11, mine, f"990100000009·{person(3)}"),
        (12, mine, f"990100000009·{person(3)}"),
        (13, mine, None),
        (14, f"9901****0001·{person(1)}", None),
        (15, "9901****0001·户名不明", None),
    ]


HEADERS = "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,"


def wallet(path: Path, yuan: int, *first_rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    row = f"2024-02-12 20:00:00,转账红包,某收,/,转账,支出,{yuan}.00,余额,交易成功,99{yuan}\t,\t,,"
    path.write_text("\n".join([*first_rows, HEADERS, row]), encoding="gb18030")
    return path


def accounts_in(home: Path, *files: Path) -> list[tuple[str, str | None]]:
    about = IngestOptions(provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1))
    ingest(home, [str(file) for file in files], about)
    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        return tuples(cut.table("txn"), "acct_no", "holder")


@pytest.mark.parametrize(
    ("first_rows", "account"),
    [
        (["导出信息：", "姓名：某甲", "支付宝账户：99000000077"], ("99000000077", "某甲")),
        (["支付宝账户:99000000077  姓名: 某甲"], ("99000000077", "某甲")),
        (["支付宝账户：[a_b-9@pay.example]"], ("a_b-9@pay.example", None)),
        (["支付宝 账户 ： 99000000077"], ("99000000077", None)),
        (["支付宝账户,99000000077"], ("99000000077", None)),
        (["支付宝账户：99000000077", "支付宝账户：99000000078"], ("record_1", None)),
        (["支付宝账户："], ("record_1", None)),
        (["本支付宝账户：9"], ("record_1", None)),
        ([], ("record_1", None)),
    ],
)
def test_a_wallet_is_the_account_in_the_first_rows_of_its_file(
    tmp_path: Path, first_rows: list[str], account: tuple[str, str | None]
) -> None:
    assert accounts_in(tmp_path / "home", wallet(tmp_path / "record_1.csv", 7, *first_rows)) == [account]


def test_files_of_one_name_in_two_folders_are_two_wallets(tmp_path: Path) -> None:
    files = [wallet(tmp_path / name / "record_1.csv", yuan) for name, yuan in (("甲", 7), ("乙", 8))]
    assert accounts_in(tmp_path / "home", *files) == [("乙/record_1", None), ("甲/record_1", None)]


def test_a_trace_takes_a_wallet_by_its_file_and_asks_whose_number_is_meant(tmp_path: Path) -> None:
    one = wallet(tmp_path / "r_1.csv", 7, "支付宝账户：99000000077")
    two = wallet(tmp_path / "r_2.csv", 8, "支付宝账户：99000000088", "姓名：某甲")
    three = wallet(tmp_path / "r_3.csv", 9, "支付宝账户：99000000088", "姓名：某乙")
    with open_statements([one, two, three]) as held:
        assert accounts_of(held, "r_1") == accounts_of(held, "r_1.csv") == ["99000000077"]
        assert accounts_of(held, "某乙") == ["99000000088·某乙"]
        with pytest.raises(GoldenKeyError, match=r"属于2个不同的户名.*：990\*{4}0088·某乙、990\*{4}0088·某甲。"):
            accounts_of(held, "99000000088")
