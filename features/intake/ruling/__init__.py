"""Reading the text of an enforcement ruling (执行裁定书) into case, parties, events, measures and amounts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.intake.ruling.checks import RulingCheck, ruling_checks
    from features.intake.ruling.document import Ruling
    from features.intake.ruling.reader import read_ruling
    from features.intake.ruling.rows import case_row_gaps, ruling_rows

__all__ = ["Ruling", "RulingCheck", "case_row_gaps", "read_ruling", "ruling_checks", "ruling_rows"]

_HOME = {
    "Finding": "checks",
    "Ruling": "document",
    "case_row_gaps": "rows",
    "read_ruling": "reader",
    "ruling_checks": "checks",
    "ruling_rows": "rows",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: what names this package must stay quick to import."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
