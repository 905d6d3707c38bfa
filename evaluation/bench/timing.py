"""The result of one benchmark case."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Name of the case, the job, this project's median seconds, the peer's name and its median seconds."""

    name: str
    job: str
    ours: float
    peer: str
    theirs: float

    @property
    def ratio(self) -> float:
        """Our time as a multiple of the peer's."""
        return self.ours / self.theirs
