"""Ten billion 元 between two accounts, again and again: the matrix, the scores and the leads of everyone are made."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from little_pool import DEBTOR, SPOUSE, deliver, one_case
from made_home import install_model, rows, written_model

from features.cuts.matrices import build_matrix
from models.ledger.ledger import Ledger
from serving.leads.store import LeadStore
from serving.queue.scoring import score_all

TEN_BILLION = 10**12
"""分."""
MINE, HERS = "9900000000000000011", "9900000000000000029"
AS_OF = date(2024, 3, 31)
OTHERS = 5


def line(acct: str, at: datetime, fen: int, **more: Any) -> dict[str, Any]:
    holder = {MINE: (DEBTOR, "张测试"), HERS: (SPOUSE, "李测试")}[acct]
    numbers = {"acct_no": acct, "holder_id": holder[0], "holder": holder[1], "ref_no": f"{acct[-2:]}{at:%m%d%H%M}"}
    return {**numbers, "ts": at, "amount": abs(fen), "direction": "IN" if fen > 0 else "OUT", **more}


def statements(fen: int) -> list[dict[str, Any]]:
    """Twenty times: a receipt from a firm, passed on to the spouse, who buys a home, insurance and shares with it."""
    found = [line(acct, datetime(2020, 1, 1), 100) for acct in (MINE, HERS)]
    for turn in range(20):
        at = datetime(2022, 6, 1, 9) + timedelta(days=7 * turn)
        found += [
            line(MINE, at, fen, cp_name="某某建材有限公司", memo="货款"),
            line(MINE, at + timedelta(hours=1), -fen, cp_name="李测试", cp_acct=HERS, memo="转账"),
            line(HERS, at + timedelta(hours=1, seconds=5), fen, cp_name="张测试", cp_acct=MINE, memo="转账"),
            line(HERS, at + timedelta(days=1), -(fen // 3), cp_name="某某置业有限公司", memo="购房首付"),
            line(HERS, at + timedelta(days=2), -(fen // 7), cp_name="某人寿保险公司", memo="保费"),
            line(HERS, at + timedelta(days=3), -(fen // 2), cp_name="某某证券有限公司", memo="银证转账"),
        ]
    return found


@pytest.mark.long
def test_one_debtor_with_sums_without_measure_stops_nobody(tmp_path: Path) -> None:
    fen = TEN_BILLION
    tables = one_case(amt_due=fen, amt_unpaid=fen) | {"txn": statements(fen)}
    for name, more in rows(OTHERS).items():
        tables[name] = [*tables.get(name, []), *({**row, "case_no": f"{row['case_no'][:-1]}9号"} for row in more)]
    deliver(tmp_path, date(2024, 1, 15), tables)
    install_model(tmp_path, written_model())
    matrix = build_matrix(tmp_path, AS_OF)
    assert len(matrix.keys) == 1 + OTHERS
    with Ledger(tmp_path) as ledger:
        assert score_all(tmp_path, AS_OF, "system", ledger).rows == 1 + OTHERS
        made = LeadStore(tmp_path, ledger).open("system", AS_OF)
    assert made.leads > 0
    # Her statements reach the case: what was followed stands in its row, and the others' rows are whole as well.
    traced = [name for name in matrix.values.columns if name.startswith("M1")]
    assert float(matrix.values.loc[matrix.keys["debt_fen"].eq(fen), traced].max(axis=None)) > 0
    assert matrix.values.notna().any(axis=1).all()
