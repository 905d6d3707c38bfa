"""The printed reports on a model: every figure of hand-written bodies, a dash or 未测 where there is none."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from evaluation.explanations.tables import print_explanations, print_group_fairness


def printed(show: Callable[[Mapping[str, Any], Console], None], body: Mapping[str, Any]) -> str:
    console = Console(width=220, record=True, file=io.StringIO())
    show(body, console)
    return console.export_text()


def test_the_audit_prints_counts_shares_and_what_was_not_measured() -> None:
    importance = {"by": "margin", "spearman": None, "top": 10, "overlap": 0.7, "rows": 1000}
    body = {
        "version": "m1",
        "rows": 1000,
        "fidelity": {
            "share": 0.975,
            "right": 1950,
            "named": 2000,
            "silent": 3,
            "spearman": 0.8125,
            "kendall": 0.7,
            "cases": 640,
            "held": 5,
            "held_pairs": 1234,
            "violations": 0,
            "parts": [["finding", "raising", 2100, 2000, 1950]],
        },
        "stability": {"kept": 0.81, "same_first": 0.62, "top": 3, "models": 5, "cases": 900},
        "one_more_month": None,
        "noise": None,
        "importance": importance,
        "importance_on_score": importance,
        "refits_failed": 2,
    }
    text = printed(print_explanations, body)
    assert "97.5 %（1,950/2,000 条理由）" in text
    assert "列出 2,100 条，有依据 2,000 条，相符 1,950 条" in text
    assert "Spearman 0.812，Kendall 0.700（640 案）" in text
    assert "受约束的列 5 个，试验 1,234 次，违反 0 次" in text
    assert "前 3 条保留 81.0 %，首条相同 62.0 %（5 个模型，900 案）" in text
    assert text.count("未测") == 2, "a month later, and the noise floor"
    assert text.count("Spearman —，前 10 重合 70 %（1,000 案）") == 1, "two equal rows are printed once"
    assert "有 2 次重训因标签过少未能进行" in text


def share(part: int, size: int) -> dict[str, Any]:
    return {"share": part / size if size else None, "low": 0.0, "high": 1.0}


def test_group_fairness_prints_both_sides_and_hides_small_groups() -> None:
    row = {
        "group": "男",
        "eligible": 1200,
        "selection": share(300, 1200),
        "precision": share(0, 0),
        "false_positive": share(120, 1200),
        "recovered_per_eligible": 5432.1,
    }
    small = {"group": "不详", "told": "少于 30，不列"}
    body = {
        "as_of": "2024-03-31",
        "capacity": 40,
        "outcomes": "truth",
        "dimensions": {"sex": "被执行人性别"},
        "with_petitions": {"groups": {"sex": [row, small]}},
        "without_petitions": {"groups": {"sex": [row | {"selection": share(240, 1200)}, small]}},
        "absent": {"district": "地区类型：未测。"},
    }
    lines = printed(print_group_fairness, body).splitlines()
    cells = [cell.strip() for cell in next(line for line in lines if "男" in line).strip("│ ").split("│")]
    assert cells == [
        "男",
        "1,200",
        "25.0 %（0.0–100.0）",
        "—",
        "10.0 %（0.0–100.0）",
        "5,432",
        "20.0 %（0.0–100.0）",
        "10.0 %（0.0–100.0）",
    ]
    assert any("不详" in line and "少于 30，不列" in line for line in lines)
    assert "地区类型：未测。" in lines
