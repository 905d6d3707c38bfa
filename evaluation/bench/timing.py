"""What one measurement says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """One case: what was done, our median seconds, the peer's name and median seconds, and ours / peer's."""

    name: str
    job: str
    ours: float
    peer: str
    theirs: float

    @property
    def ratio(self) -> float:
        """Our time as a multiple of the peer's."""
        return self.ours / self.theirs
