"""Memos that explain a payment: closed accounts, trade with companies of one's own, loans said to be repaid."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from little_pool import DEBTOR
from little_statement import NTC, SRV, ZB, facts_of, line, long_before, rows_and_numbers

from features.clues.money.dealings import family
from features.pool.pool import table_of

CLUE = {clue.id: clue for clue in family.clues}
DAY = timedelta(days=1)
COMPANY = "99330100MA0000001X"


def told(home: Path, clue: str, lines: list[dict[str, Any]], **more: Any) -> tuple[pd.DataFrame, dict[str, float]]:
    with facts_of(home, lines, **more) as facts:
        return rows_and_numbers(CLUE[clue], facts)


def test_accounts_given_up_by_the_memo(tmp_path: Path) -> None:
    memos = ("销户转出", "卡内结清", "换卡转存", "转卡", "贷款结清", "信用卡结清", "货款")
    lines = [line(SRV, -1_000 * 2**n, "王友人", memo=memo) for n, memo in enumerate(memos)]
    lines += [line(SRV - DAY, -500, "王友人", memo="销户"), line(SRV, 500, "王友人", memo="销户转入")]
    rows, got = told(tmp_path, "M1F", lines)
    assert got == {"M1F_n": 4.0, "M1F_out_ratio": 1_500_000.0}
    assert {table_of(int(rid)) for src in rows["src"] for rid in src} == {"txn"}


def tied(rel: str = "legal_rep") -> dict[str, Any]:
    return {
        "relation": [
            {
                "person_a": DEBTOR,
                "name_a": "张测试",
                "person_b": COMPANY,
                "name_b": "浙东市天衡有限公司",
                "rel_code": rel,
                "valid_from": date(2015, 1, 1),
            },
        ],
    }


def test_trade_with_a_company_of_ones_own(tmp_path: Path) -> None:
    own = "浙东市天衡有限公司"
    lines = [
        line(SRV, -90_000, own, memo="货款", cp_id=COMPANY),
        line(ZB, -10_000, own, memo="往来款"),
        line(ZB, 30_000, own, memo="往来"),
        line(ZB, -5_000, own, memo="工资"),
        line(SRV - DAY, -70_000, own, memo="货款"),
        line(SRV, -60_000, "浙东市他人有限公司", memo="货款"),
    ]
    rows, got = told(tmp_path / "own", "M1G", lines, tables=tied())
    assert got == {"M1G_net_ratio": 7_000_000.0, "M1G_out_ratio": 10_000_000.0, "M1G_company_n": 1.0}
    assert len(rows) == 3
    assert all({table_of(int(rid)) for rid in src} == {"txn", "relation"} for src in rows["src"])
    assert told(tmp_path / "none", "M1G", lines)[1]["M1G_company_n"] == 0
    even = [line(SRV, -90_000, own, memo="货款"), line(ZB, 90_000, own, memo="退货款")]
    assert told(tmp_path / "even", "M1G", even, tables=tied())[1]["M1G_company_n"] == 0


def test_repayments_to_whom_never_lent(tmp_path: Path) -> None:
    paid = line(SRV, -100_000, "王友人", memo="归还借款")
    early = SRV - 300 * DAY
    for name, lines, count in (
        ("nothing lent", [paid], 1),
        ("just under", [paid, line(early, 29_999.99, "王友人")], 1),
        ("enough", [paid, line(early, 30_000, "王友人")], 0),
        ("lent by another", [paid, line(early, 90_000, "李友人")], 1),
        ("came later", [paid, line(ZB, 90_000, "王友人")], 1),
        ("little", [line(SRV, -9_999.99, "王友人", memo="还款")], 0),
        ("least", [line(SRV, -10_000, "王友人", memo="还款")], 1),
        ("before service", [line(SRV - DAY, -100_000, "王友人", memo="还款")], 0),
        ("other words", [line(SRV, -100_000, "王友人", memo="转账")], 0),
        ("a bank", [line(SRV, -100_000, "浙东农村商业银行", memo="归还贷款")], 0),
        ("the applicant", [line(SRV, -100_000, "申请人甲", memo="还款")], 0),
    ):
        rows, got = told(tmp_path / name, "M1H", [long_before(), *lines])
        assert got["M1H_lender_n"] == count, name
        if name == "just under":
            assert [len(src) for src in rows["src"]] == [2]
            assert "占还款的29%" in rows["note"][0]


def test_statements_that_begin_late_say_nothing_of_a_loan(tmp_path: Path) -> None:
    paid = line(NTC, -100_000, "王友人", memo="还款")
    for back, count in ((365, 1), (364, 0)):
        lines = [paid, line(NTC - back * DAY, 1, "某店")]
        assert told(tmp_path / str(back), "M1H", lines)[1]["M1H_lender_n"] == count
