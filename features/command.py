"""What a command module lists in its `COMMANDS`: a name, its arguments and what runs (`cli.COMMANDS` has the help)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the launcher.

    Attributes:
        name: the word typed.
        configure: adds the arguments.
        run: does the work and returns the exit status.
    """

    name: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
