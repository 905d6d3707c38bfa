"""What a command is: a name, a sentence, its arguments and what runs. Rooms list theirs in `commands`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the launcher.

    Attributes:
        name: the word typed.
        help: one sentence for `--help`.
        configure: adds the arguments; must import nothing heavy.
        run: does the work and returns the exit status; imports what it needs itself.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
