"""Refunds and reversals of a part of a payment: which payment each is linked to, and what is left of it."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clue_rows import relation, tuples

from features.facts.money.reversals import undone_in_part
from features.facts.money.trace import WalkSettings
from features.trace.result import TraceQuery, trace_payments
from features.trace.statements import open_statements

COLUMNS = {"rid": "int64", "acct": "string", "ts": "timestamp", "sign": "int64", "amount": "int64", "ccy": "string"}
COLUMNS |= {"balance": "int64", **dict.fromkeys(("cp_acct", "cp_name", "ref_no", "memo", "txn_type"), "string")}
START = datetime(2024, 1, 1, 9)


def row(rid: int, hours: float = 0, **more: Any) -> tuple[Any, ...]:
    paid = {"acct": "9900000001", "ccy": "CNY", "sign": -1, "amount": 5_000, "cp_name": "甲店"}
    given_row = {"rid": rid, "ts": START + timedelta(hours=hours)} | paid | more
    return tuple(given_row.get(name) for name in COLUMNS)


def parts(*rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return tuples(undone_in_part(relation(COLUMNS, list(rows))), "rid", "undoes", "part")


BACK = {"sign": 1, "amount": 1_200, "memo": "退款"}


@pytest.mark.parametrize(
    ("back", "found"),
    [
        ({}, True),
        ({"memo": "退货退款-鞋"}, True),
        ({"memo": None, "txn_type": "商户退款"}, True),
        ({"memo": "部分冲正"}, True),
        ({"memo": None, "sign": -1, "amount": -1_200}, True),
        ({"memo": "冲正", "sign": -1, "amount": -1_200}, True),
        ({"memo": "撤销", "cp_name": None, "ref_no": "R"}, True),
        ({"cp_name": "乙店", "ref_no": "R"}, True),
        ({"cp_name": None, "cp_acct": "9902"}, True),
        ({"memo": "退款-已退款(￥12.00)"}, True),
        ({"amount": 4_999}, True),
        ({"cp_name": None}, False),
        ({"memo": "冲正", "cp_name": None}, False),
        ({"cp_name": "乙店"}, False),
        ({"memo": "货款"}, False),
        ({"memo": "退休金"}, False),
        ({"amount": 5_000}, False),
        ({"amount": 6_000}, False),
        ({"ccy": "USD"}, False),
        ({"acct": "9900000002"}, False),
        ({"sign": -1}, False),
    ],
)
def test_what_undoes_a_part_of_a_payment(back: dict[str, Any], found: bool) -> None:
    given_row = BACK | back
    size = abs(int(given_row["amount"]))
    assert parts(row(1, ref_no="R", cp_acct="9902"), row(2, 1, **given_row)) == ([(2, 1, size)] if found else [])


@pytest.mark.parametrize(
    ("hours", "memo", "found"),
    [(-1, "退款", False), (24 * 180, "退款", True), (24 * 181, "退款", False), (24 * 31, "冲正", False)],
)
def test_nothing_is_undone_beforehand_or_long_after(hours: float, memo: str, found: bool) -> None:
    assert bool(parts(row(1), row(2, hours, **BACK | {"memo": memo}))) is found


def test_of_several_payments_the_one_that_tells_of_the_refund_or_none() -> None:
    two = [row(1), row(2, 1, amount=3_000)]
    assert parts(*two, row(9, 2, **BACK)) == []
    told = [row(1), row(2, 1, amount=3_000, memo="已退款(￥12.00)")]
    assert parts(*told, row(9, 2, **BACK)) == [(9, 2, 1_200)]
    other = [row(1), row(2, 1, amount=3_000, memo="已退款(￥13.00)")]
    assert parts(*other, row(9, 2, **BACK)) == []
    referred = [row(1, ref_no="R"), row(2, 1, amount=3_000)]
    assert parts(*referred, row(9, 2, **BACK, ref_no="R")) == [(9, 1, 1_200)]


def test_several_refunds_of_one_payment_unless_they_exceed_it() -> None:
    first, second = row(2, 1, **BACK), row(3, 2, **BACK | {"amount": 3_800})
    assert sorted(parts(row(1), first, second)) == [(2, 1, 1_200), (3, 1, 3_800)]
    assert parts(row(1), first, row(3, 2, **BACK | {"amount": 3_801})) == []


def test_an_act_told_twice_is_one_payment_and_one_refund() -> None:
    found = parts(row(1, balance=9), row(2, balance=9), row(3, 1, **BACK, balance=8), row(4, 1, **BACK, balance=8))
    assert sorted(found) == [(3, 1, 1_200), (3, 2, 1_200), (4, 1, 1_200), (4, 2, 1_200)]


def test_a_trace_follows_what_is_left_and_lists_every_row_it_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    head = ("交易账号", "交易时间", "交易金额", "收付标志", "对手户名", "摘要说明", "交易币种", "交易是否成功")
    rows = [
        ("50.00", "出", "甲店", "", "", ""),
        ("12.00", "进", "甲店", "退款", "", ""),
        ("7.00", "出", "乙", "", "美元", ""),
        ("8.00", "出", "丙", "", "", "失败"),
        ("x", "出", "丁", "", "", ""),
        ("9.00", "出", "戊", "", "", ""),
        ("-9.00", "出", "戊", "冲正", "", ""),
        ("0.00", "出", "己", "", "", ""),
        ("-3.00", "出", "庚", "冲正", "", ""),
    ]
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(head)
        for day, cells in enumerate(rows, start=1):
            writer.writerow(["9900000001", f"2024-01-{day:02} 09:00:00", *cells])
        writer.writerow(["9900000001", "", "4", "出", "辛", "", "", ""])
        writer.writerow(["9900000001", "9000-01-01 09:00:00", "4", "出", "壬", "", "", ""])
    with open_statements([file]) as held:
        trace = trace_payments(held, TraceQuery(("9900000001",), WalkSettings()))
    assert (trace.starts, trace.total) == (1, 3_800)
    left = {one.reason: (one.rows, one.places) for one in trace.left_out}
    assert left == {
        "refused": (1, left["refused"][1]),
        "undated": (1, left["undated"][1]),
        "failed": (1, ("a.csv第5行",)),
        "late": (1, ("a.csv第12行",)),
        "undone": (2, ("a.csv第7行", "a.csv第8行")),
        "part": (1, ("a.csv第3行",)),
        "nothing": (1, ("a.csv第9行",)),
        "negative": (1, ("a.csv第10行",)),
        "currency": (1, ("a.csv第4行",)),
    }
    assert "第6行" in left["refused"][1][0] and "第11行" in left["undated"][1][0]
    said = " ".join(trace.notes)
    assert all(place in said for _, places in left.values() for place in places)


@pytest.mark.parametrize("refund", [True, False])
def test_a_wallet_s_state_tells_which_payment_was_refunded(tmp_path: Path, refund: bool) -> None:
    """Of two payments to one shop the one whose state names the sum; without a row of the refund it is told."""
    head = "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注"
    lines = [
        "2024-06-08 13:00:00,商户消费,某店,物,支出,50.00,零钱,已退款(￥12.00),1,A,/",
        "2024-06-08 14:00:00,商户消费,某店,物,支出,60.00,零钱,支付成功,2,B,/",
        "2024-06-09 13:00:00,某店-退款,某店,/,收入,12.00,零钱,已全额退款,3,C,/",
    ]
    file = tmp_path / "wx.csv"
    file.write_text("\n".join([head, *lines[: 3 if refund else 2]]) + "\n", encoding="utf-8")
    with open_statements([file]) as held:
        accounts = tuple(held.rows.select("acct").distinct().to_pyarrow().column("acct").to_pylist())
        trace = trace_payments(held, TraceQuery(accounts, WalkSettings()))
    assert trace.total == (9_800 if refund else 11_000)
    told = [note for note in trace.notes if "标明已部分退款" in note]
    assert bool(told) is not refund
    assert [one.places for one in trace.left_out if one.reason == "part"] == ([("wx.csv第4行",)] if refund else [])
