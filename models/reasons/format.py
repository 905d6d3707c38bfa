"""How amounts, dates, shares and places of source rows are written for a reader."""

from __future__ import annotations

from features.clues.sentence import format_date, format_yuan

DISCLAIMER = "本结果是供人工核查的线索，不是证据，也不是对任何人的结论；所列情形均为疑似，待核实。"

YIELD = "预期收益 =（隐匿概率＋遗漏概率）× 预计可回收额；遗漏概率是并无隐匿、而名下财产被遗漏的可能，不影响等级。"
"""How a list is ordered, in one sentence for its readers."""

NOTHING_RAISES = "没有突出提高得分的依据。"
NOTHING_LOWERS = "没有突出降低得分的因素。"
ALL_BELOW_NOISE = "没有高于噪声线的单项理由提高得分，得分由多条微弱线索合成。"
NONE_LOWERS_OVER_NOISE = "没有高于噪声线的单项因素降低得分。"
REST = "其余各项合计"


def format_amount(fen: int | None) -> str:
    """An amount of 分 in 元, 万元 or (from 100 million 元 on) 亿元.

    >>> format_amount(302246), format_amount(5_883_300), format_amount(1_234_500_000), format_amount(None)
    ('3,022.46元', '5.88万元', '1,234.50万元', '金额不详')
    >>> format_amount(12_345_000_000)
    '1.23亿元'
    """
    if fen is None or abs(fen) < 10_000_000_000:
        return format_yuan(fen)
    return f"{fen / 10_000_000_000:,.2f}亿元"


def format_location(file: str, sheet: str | None, row: int | None) -> str:
    """Where a source row stands: file, sheet, row."""
    parts = [file or "（文件不详）"]
    if sheet:
        parts.append(f"工作表“{sheet}”")
    if row is not None:
        parts.append(f"第{row}行")
    return " ".join(parts)


__all__ = ["format_amount", "format_date", "format_location"]
