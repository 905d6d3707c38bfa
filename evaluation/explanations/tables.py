"""Terminal tables for two reports on a model: the audit of its explanations, and the fairness of its lists by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def print_explanations(body: Mapping[str, Any], console: Console) -> None:
    """Print the report "explanations"."""
    table = Table(title=f"解释检查：模型 {body['version']}，{body['rows']} 案")
    for name in ("项目", "结果"):
        table.add_column(name, overflow="fold")
    ranked = [_importance(body[name]) for name in ("importance", "importance_on_score")]
    for row in (*_fidelity(body["fidelity"]), *_stability(body), *_noise(body["noise"]), *dict.fromkeys(ranked)):
        table.add_row(*row)
    console.print(table)
    if body["refits_failed"]:
        console.print(f"有 {body['refits_failed']} 次重训因标签过少未能进行。")


def print_group_fairness(body: Mapping[str, Any], console: Console) -> None:
    """Print the report "burden": one table per grouping, with and without the petition clues side by side."""
    source = "真相" if body["outcomes"] == "truth" else "此后审结的审查"
    console.print(
        f"分组负担：截至 {body['as_of']}，每院前 {body['capacity']} 件，结果依据{source}；"
        "“不计信访”指信访类线索置为无记录后的同一模型（未重训）。"
    )
    for name, label in body["dimensions"].items():
        table = Table(title=label)
        for heading in (
            "组",
            "待选",
            "列入率",
            "准确率",
            "误列负担",
            "人均到位（元）",
            "列入率（不计信访）",
            "误列负担（不计信访）",
        ):
            table.add_column(heading, justify="left" if heading == "组" else "right", overflow="fold")
        both = zip(body["with_petitions"]["groups"][name], body["without_petitions"]["groups"][name], strict=True)
        for row, bare in both:
            table.add_row(*_group(row, bare))
        console.print(table)
    for sentence in body["absent"].values():
        console.print(sentence)


def _group(row: Mapping[str, Any], bare: Mapping[str, Any]) -> tuple[str, ...]:
    if "told" in row:
        return (row["group"], row["told"], *[""] * 6)
    each = row["recovered_per_eligible"]
    return (
        row["group"],
        f"{row['eligible']:,}",
        _rate(row["selection"]),
        _rate(row["precision"]),
        _rate(row["false_positive"]),
        "—" if each is None else f"{each:,.0f}",
        _rate(bare["selection"]),
        _rate(bare["false_positive"]),
    )


def _rate(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "—"
    return f"{100 * share['share']:.1f} %（{100 * share['low']:.1f}–{100 * share['high']:.1f}）"


def _fidelity(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    share = "—" if found["share"] is None else f"{100 * found['share']:.1f} %"
    constraints = f"受约束的列 {found['held']} 个，试验 {found['held_pairs']:,} 次，违反 {found['violations']} 次"
    order = f"Spearman {_number(found['spearman'])}，Kendall {_number(found['kendall'])}（{found['cases']:,} 案）"
    parts = [
        (f"其中：{_KINDS[kind]}，{_WAYS[way]}", f"列出 {named:,} 条，有依据 {with_evidence:,} 条，相符 {right:,} 条")
        for kind, way, named, with_evidence, right in found["parts"]
    ]
    return [
        ("去掉依据后得分下降（提高得分的线索理由）", f"{share}（{found['right']:,}/{found['named']:,} 条理由）"),
        *parts,
        ("提高得分而没有依据行的理由", f"{found['silent']:,} 条（资料未覆盖，或覆盖而未见）"),
        ("变化次序与贡献次序", order),
        ("方向约束", constraints if found["held"] else "模型未记录方向约束"),
    ]


_KINDS = {"finding": "情形", "measure": "度量", "context": "案件概况"}
_WAYS = {"raising": "提高", "lowering": "降低"}


def _stability(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = (("按组重抽样重训", body["stability"]), ("多一个月数据", body["one_more_month"]))
    return [(f"前列理由稳定：{label}", _stability_text(found)) for label, found in rows]


def _stability_text(found: Mapping[str, Any] | None) -> str:
    if found is None or found["kept"] is None:
        return "未测"
    return (
        f"前 {found['top']} 条保留 {100 * found['kept']:.1f} %，首条相同 {100 * found['same_first']:.1f} %"
        f"（{found['models']} 个模型，{found['cases']:,} 案）"
    )


def _noise(found: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if found is None or found["floor"] is None:
        return [("噪声底线", "未测")]
    way = "标签打乱后的重训" if found["method"] == "permuted" else "重抽样重训之间的差异"
    hidden = "" if found["hidden"] is None else f"，现有理由中 {100 * found['hidden']:.1f} % 低于它"
    return [("噪声底线（对数几率）", f"{found['floor']:.3f}（{way}，{found['models']} 个模型{hidden}）")]


def _importance(found: Mapping[str, Any]) -> tuple[str, str]:
    by = "AUC 降幅" if found["by"] == "auc" else "得分变动"
    agreement = f"Spearman {_number(found['spearman'])}，前 {found['top']} 重合 {100 * found['overlap']:.0f} %"
    return f"总体重要性与置换重要性（{by}）", f"{agreement}（{found['rows']:,} 案）"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
