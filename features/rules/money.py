"""How an amount is written where every 分 counts."""

from __future__ import annotations


def format_exact_yuan(fen: float) -> str:
    """An amount of 分 in 元 to the 分, without the unit.

    >>> format_exact_yuan(302246), format_exact_yuan(-5_883_300)
    ('3,022.46', '-58,833.00')
    """
    return f"{fen / 100:,.2f}"
