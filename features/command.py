"""What a command module lists in its `COMMANDS`: a name, its arguments and what runs (`cli.COMMANDS` has the help)."""

from __future__ import annotations

import argparse
import math
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


def nonnegative(text: str) -> float:
    """A number of an argument, 0 or more and finite; argparse.ArgumentTypeError otherwise."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"须为不小于零的数，收到“{text}”")
    return number
