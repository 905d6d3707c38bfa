"""What `measure` prints: every figure of a hand-written class, its paths and its identity matches."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.clue_accuracy.identities import IdentityAccuracy
from evaluation.clue_accuracy.paths import PathAccuracy
from evaluation.clue_accuracy.tables import print_clue_accuracy

ROW = {
    "label": "案款滞留",
    "clues": "T-PAY",
    "covered": 1234,
    "base_rate": 0.125,
    "acts": 154,
    "hits": 0,
    "precision": float("nan"),
    "recall": 0.0,
    "look_alikes": 9,
    "misled": 0,
    "conceals": float("nan"),
}


def test_shares_are_percent_and_missing_ones_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    paths = PathAccuracy(31, 17, 11, 23, 13, 7, 3, 19, 12)
    identities = IdentityAccuracy(101, 60, 58, 2, 30, 25, 11)
    print_clue_accuracy(pd.DataFrame([ROW]), paths, identities)
    lines = capsys.readouterr().out.splitlines()
    cells = [cell.strip() for cell in next(line for line in lines if "T-PAY" in line).strip("│ ").split("│")]
    assert cells == ["案款滞留", "T-PAY", "1,234", "12.5 %", "154", "0", "—", "0.0 %", "9", "0", "—"]
    text = "".join(lines)
    assert "31 案，所需流水齐备的 17 案，其中找到 11 案；M1P 提示 23 处，13 处属实" in text
    assert "其中正确 58 名、错误 2 名；仅列候选 30 名，其中含真实本人 25 名；无人相符 11 名" in text
