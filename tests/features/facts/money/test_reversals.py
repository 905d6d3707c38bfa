"""Rows that undo others: which pairs are found, that each row stands once, and what a trace says of them."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest
from clue_rows import relation, tuples
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import NotFoundError
from features.facts.money.reversals import undone
from features.facts.money.trace import WalkSettings
from features.pool.macros import define_macros
from features.schema.currencies import code_of, currency_code
from features.trace.result import Trace, TraceQuery, trace_payments
from features.trace.statements import open_statements

COLUMNS = {"rid": "int64", "acct": "string", "ts": "timestamp", "sign": "int64", "amount": "int64", "ccy": "string"}
COLUMNS |= dict.fromkeys(("cp_acct", "cp_name", "ref_no", "memo", "txn_type"), "string")
START = datetime(2024, 1, 1, 9)
PAID = {"sign": -1, "amount": 100, "cp_name": "甲店"}


def row(rid: int, hours: float = 0, **more: Any) -> tuple[Any, ...]:
    given_row = {"rid": rid, "acct": "9900000001", "ts": START + timedelta(hours=hours), "ccy": "CNY"} | PAID | more
    return tuple(given_row.get(name) for name in COLUMNS)


def pairs(*rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return tuples(undone(relation(COLUMNS, list(rows))), "rid", "undoes")


@pytest.mark.parametrize(
    ("back", "found"),
    [
        ({"amount": -100}, True),
        ({"amount": -100, "cp_name": None}, True),
        ({"amount": -100, "cp_name": "乙店"}, False),
        ({"amount": -100, "cp_name": "乙店", "ref_no": "R"}, True),
        ({"amount": -101}, False),
        ({"amount": -100, "acct": "9900000002"}, False),
        ({"amount": -100, "ccy": "USD"}, False),
        ({"amount": -100, "sign": 1}, False),
        ({"sign": 1, "memo": "冲正"}, True),
        ({"sign": 1, "txn_type": "抹账"}, True),
        ({"sign": 1, "memo": "冲正", "cp_name": None}, True),
        ({"sign": 1, "memo": "退汇"}, True),
        ({"sign": 1, "memo": "退款-鞋"}, True),
        ({"sign": 1, "memo": "退款", "cp_name": None}, False),
        ({"sign": 1, "memo": "退款", "cp_name": "乙店"}, False),
        ({"sign": 1, "memo": "退款", "amount": 40}, False),
        ({"sign": 1, "memo": "退休金"}, False),
        ({"sign": 1}, False),
        ({"memo": "冲正"}, False),
    ],
)
def test_what_undoes_a_payment(back: dict[str, Any], found: bool) -> None:
    assert pairs(row(1, ref_no="R"), row(2, 1, **back)) == ([(2, 1)] if found else [])


@pytest.mark.parametrize(
    ("hours", "back", "found"),
    [
        (-1, {"amount": -100}, False),
        (24 * 30, {"amount": -100}, True),
        (24 * 31, {"amount": -100}, False),
        (24 * 180, {"sign": 1, "memo": "退款"}, True),
        (24 * 181, {"sign": 1, "memo": "退款"}, False),
    ],
)
def test_nothing_is_undone_beforehand_or_long_after(hours: float, back: dict[str, Any], found: bool) -> None:
    assert bool(pairs(row(1), row(2, hours, **back))) is found


@settings(max_examples=25)
@given(st.lists(st.booleans(), min_size=1, max_size=10))
def test_equal_payments_and_reversals_go_one_to_one(acts: list[bool]) -> None:
    rows = [row(n, n, amount=-100 if back else 100) for n, back in enumerate(acts)]
    found = pairs(*rows)
    used = [rid for pair in found for rid in pair]
    assert len(used) == len(set(used))
    assert all(acts[back] and not acts[first] and first < back for back, first in found)
    # Payments first, reversals after: as many are undone as there are of the fewer.
    ordered = sorted(acts)
    rows = [row(n, n, amount=-100 if back else 100) for n, back in enumerate(ordered)]
    assert len(pairs(*rows)) == min(sum(ordered), len(ordered) - sum(ordered))


def statement(path: Path, *rows: tuple[float, str, str, str, str]) -> Path:
    """A statement of account 9900000001: sum, 收付, counterparty, memo and currency, one row a day."""
    names = ("交易账号", "交易时间", "交易金额", "收付标志", "对手户名", "摘要说明", "交易币种")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for day, (yuan, way, name, memo, ccy) in enumerate(rows, start=1):
            writer.writerow(["9900000001", f"2024-01-{day:02} 09:00:00", f"{yuan:.2f}", way, name, memo, ccy])
    return path


def test_a_trace_leaves_out_what_was_undone_and_says_where_it_stands(tmp_path: Path) -> None:
    file = statement(
        tmp_path / "a.csv",
        (100, "出", "甲店", "", ""),
        (-100, "出", "甲店", "冲正", ""),
        (70, "出", "乙店", "", ""),
        (70, "进", "乙店", "退货退款", ""),
        (-9, "出", "丙店", "冲正", ""),
        (5, "出", "丁店", "", ""),
    )
    with open_statements([file]) as held:
        trace = trace_payments(held, TraceQuery(("9900000001",), WalkSettings()))
    assert (trace.starts, trace.total) == (1, 500)
    notes = " ".join(trace.notes)
    assert "有2笔交易其后被冲正或全额退款" in notes and "a.csv第2行、a.csv第3行、a.csv第4行、a.csv第5行" in notes
    assert "有1行金额为负而找不到所冲正的交易，未计入：a.csv第6行" in notes


def test_a_trace_follows_one_currency_and_names_the_others(tmp_path: Path) -> None:
    rows = [
        (10, "出", "甲", "", ""),
        (20, "出", "乙", "", "人民币"),
        (30, "出", "丙", "", "美元"),
        (40, "出", "丁", "", "usd"),
    ]
    file = statement(tmp_path / "a.csv", *rows)

    def traced(currency: str | None) -> Trace:
        with open_statements([file]) as held:
            return trace_payments(held, TraceQuery(("9900000001",), WalkSettings(), currency=currency))

    yuan, dollars = traced(None), traced("USD")
    with pytest.raises(NotFoundError, match="流水中的币种有：CNY、USD"):
        traced("JPY")
    assert (yuan.total, yuan.unit, dollars.total, dollars.unit) == (3_000, "元", 7_000, "USD")
    assert any("USD 2笔合计70.00" in note for note in yuan.notes)
    assert any("未折算" in note for note in dollars.notes) and any("CNY 2笔合计30.00" in note for note in dollars.notes)


@pytest.mark.parametrize(
    ("spellings", "code"),
    [
        ((None, "", " ", "CNY", "cny", "RMB", "人民币", "人民币元", "156", "￥", "¥", "人民币(CNY)"), "CNY"),
        (
            (
                "本币",
                "本位币",
                "156-人民币",
                "CNY-人民币",
                "ＣＮＹ",
                "人民币（CNY）",
                "人民币钞",
                "156.0",
                "01",
                "CNY/人民币",
            ),
            "CNY",
        ),
        (("840-美元", "美元(USD)", "美元现汇", "ＵＳＤ", "USD钞", " 美 元 ", "$"), "USD"),
        (("日元（JPY）", "392", "JPY日元", "日圆", "日\u3000元"), "JPY"),
        (("欧元/EUR", "978"), "EUR"),
        (("外币",), "外币"),
        (("USDT",), "USDT"),
        (("人民币美元",), "人民币美元"),
        (("USD", "usd", "美元", "美金", "840", "US$"), "USD"),
        (("日元", "JPY", "日 元"), "JPY"),
        (("港币", "港元", "HKD"), "HKD"),
        (("欧元", "€"), "EUR"),
        (("XAU",), "XAU"),
        (("没见过的币",), "没见过的币"),
    ],
)
def test_a_currency_has_one_code(spellings: tuple[str | None, ...], code: str) -> None:
    table = relation({"ccy": "string"}, [(spelling,) for spelling in spellings])
    con = ibis.duckdb.connect()
    define_macros(con.con)
    assert set(con.to_pyarrow(table.select(code=currency_code(table.ccy))).column("code").to_pylist()) == {code}
    assert {code_of(spelling or "") for spelling in spellings} == {code}
