"""The small simulated world that several tests share; the fixture `small_world` makes it once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

CASES = 400
QUARTERS = 8
SEED = 7


@dataclass(frozen=True)
class SmallWorld:
    """A simulated world of some hundred cases: its files, its truth, and a home that has taken them in."""

    files: Path
    home: Path

    @property
    def truth(self) -> Path:
        return self.files / "truth"

    @property
    def last_day(self) -> date:
        """The last day of a quarter by which every delivery has arrived but the last quarter's."""
        return date(2023, 9, 30)
