"""The command `trace` as typed: which payments its options choose, and where its answer goes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import cli
from features.commands.trace import as_json
from features.trace.result import Trace

ACCT, HOLDER = "990000000000000001", "990001198001010019"
HEAD = "交易账号,账户开户名称,开户人证件号码,交易时间,收付标志,交易金额,对手户名"
LINES = [
    f"{ACCT},张测试,{HOLDER},2024-01-01 09:00:00,进,10000000000.29,某某公司",
    f"{ACCT},张测试,{HOLDER},2024-02-01 09:00:00,出,0.29,甲友人",
    f"{ACCT},张测试,{HOLDER},2024-02-02 09:00:00,出,0.28,乙友人",
    f"{ACCT},张测试,{HOLDER},2024-02-29 23:59:59,出,9999999999.99,某某置业有限公司",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "流水.csv"
    path.write_text("\n".join([HEAD, *LINES]), encoding="utf-8")
    return path


def test_payments_are_chosen_to_the_fen_and_the_answer_goes_to_a_file(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "追踪.json"
    words = ["--transactions", str(file), "--from", "张测试", "--least", "0.29", "--until", "2024-02-29"]
    assert cli.main(["trace", *words, "--format", "json", "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    said = json.loads(out.read_text(encoding="utf-8"))
    # In binary 0.29 times 100 lies under 29; the last payment was made a second before midnight.
    assert (said["starts"], said["total_fen"]) == (2, 999_999_999_999 + 29)
    assert said["settings"] == {"hops": 4, "days": 90, "share": 0.05}
    assert "不是证据" in said["statement"] and (said["first"], said["last"]) == ("2024-02-01", "2024-02-29")


def test_the_table_shows_every_end_with_its_sum_and_share(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "追踪.txt"
    assert cli.main(["trace", "--transactions", str(file), "--from", ACCT, "--out", str(out)]) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert any("转出 3 笔，合计 10,000,000,000.56 元" in line for line in lines)
    (flat,) = [line for line in lines if "某某置业有限公司" in line]
    assert "9,999,999,999.99" in flat and "100.0%" in flat and "房地产" in flat
    (friend,) = [line for line in lines if "甲友人" in line]
    assert "0.29" in friend and "0.0%" in friend


def test_the_written_answer_holds_sums_beyond_what_a_float_keeps(tmp_path: Path) -> None:
    total = 2**53 + 1
    frames = {name: pd.DataFrame() for name in ("nodes", "ribbons", "rows")}
    ends = pd.DataFrame({"kind": ["person"], "name": ["甲友人"], "amount": [total], "share": [1.0]})
    trace = Trace(ACCT, "先进先出", 4, 90, 0.05, 1, total, "2024-01-01", "2024-01-02", ends, **frames, notes=("说明",))
    said = json.loads(as_json(trace))
    assert (said["total_fen"], said["ends"][0]["amount"], said["ends"][0]["name"]) == (total, total, "甲友人")
    assert (said["currency"], said["ribbons"], said["rows"], said["notes"]) == ("CNY", [], [], ["说明"])
