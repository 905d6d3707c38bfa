"""Numbers of accounts as programs spoil them: read where nothing is lost, else named."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from features.facts.money.trace import WalkSettings
from features.trace.result import TraceQuery, trace_payments
from features.trace.statements import open_statements

HEAD = ("交易账号", "交易时间", "交易金额", "收付标志", "交易对手账卡号", "交易流水号")
LINKED: dict[str, tuple[str, str, str]] = {
    "as it is": ("99000000000000{n}", "99000000000000{n}", ""),
    "a float": ("99000000000000{n}", "99000000000000{n}.0", "以“.0”结尾"),
    "a float of two places": ("99000000000000{n}", "99000000000000{n}.00", "以“.0”结尾"),
    "a float against Excel": ("99000000000000{n}", "'99000000000000{n}.0", "以“.0”结尾"),
    "the account a float": ("99000000000000{n}.0", "99000000000000{n}", "以“.0”结尾"),
    "both floats": ("99000000000000{n}.0", "99000000000000{n}.00", "以“.0”结尾"),
    "a float that loses nothing": ("990000000000{n}", "990000000000{n}.0", ""),
    "full-width": ("99000000000000{n}", "９９００００００００００００{n}．０", "以“.0”结尾"),
}
APART: dict[str, tuple[str, str, str]] = {
    "scientific": ("99000000000000{n}", "9.9E+15", "科学计数法"),
    "scientific, all digits": ("99000000000000{n}", "9.90000000000{n}e+15", "科学计数法"),
    "a nought lost": ("99000000000000{n}", "099000000000000{n}", "只差开头的零"),
    "noughts lost on the account": ("00990000000000{n}", "990000000000{n}", "只差开头的零"),
    "another number": ("99000000000000{n}", "98000000000000{n}", ""),
    "a fraction": ("99000000000000{n}", "99000000000000{n}.5", ""),
}


FIRST = ("a float", "both floats", "scientific", "a nought lost")
"""Forms tried at every run; the others, each a trace of its own, in the long tests."""


@pytest.mark.parametrize(
    "name", [name if name in FIRST else pytest.param(name, marks=pytest.mark.long) for name in (*LINKED, *APART)]
)
def test_a_number_is_read_where_nothing_is_lost_and_else_named(name: str, tmp_path: Path) -> None:
    number, named, note = (text.format(n=25) for text in {**LINKED, **APART}[name])
    rows = [
        ("9900000000000017", "2024-03-01 10:00:00", "1000.00", "出", named, "T1"),
        (number, "2024-03-01 10:00:05", "1000.00", "进", "", "T1"),
        (number, "2024-03-02 10:00:00", "1000.00", "出", "9900000000000033", "T2"),
    ]
    path = tmp_path / "流水.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    with open_statements([path]) as held:
        trace = trace_payments(held, TraceQuery(("9900000000000017",), WalkSettings()))
    assert bool((trace.ends["hop"] == 2).all()) == (name in LINKED)
    doubts = [line for line in trace.notes if any(word in line for word in ("“.0”", "科学计数法", "开头的零"))]
    assert len(doubts) == bool(note) and all(note in line for line in doubts)


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    path = tmp_path / "流水.csv"
    rows = [(*HEAD, "某栏"), ("9900000000000017", "2024-03-01 10:00:00", "1000.00", "出", "", "T1", "某")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    with open_statements([path]) as held:
        trace = trace_payments(held, TraceQuery(("9900000000000017",), WalkSettings()))
    assert "流水.csv：未使用的列：某栏。" in trace.notes
