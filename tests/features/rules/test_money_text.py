"""An amount is written to the 分, as integer arithmetic writes it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from features.rules.money import format_exact_yuan


@given(st.integers(-(10**15), 10**15))
@example(-1)
@example(10**12 + 1)
def test_no_fen_is_lost(fen: int) -> None:
    yuan, rest = divmod(abs(fen), 100)
    assert format_exact_yuan(fen) == f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"
