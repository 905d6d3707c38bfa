"""Reading the text of an enforcement ruling (执行裁定书) into case, parties, events, measures and amounts."""

from __future__ import annotations

from features.intake.ruling.checks import Finding, ruling_checks
from features.intake.ruling.document import Ruling
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import case_row_gaps, ruling_rows

__all__ = ["Finding", "Ruling", "case_row_gaps", "read_ruling", "ruling_checks", "ruling_rows"]
