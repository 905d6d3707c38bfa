"""The clues, one file per source of evidence; `FAMILIES` is the catalogue's order."""

from __future__ import annotations

from features.clue import Register
from features.clues import funds

FAMILIES: tuple[Register, ...] = (funds.family,)
