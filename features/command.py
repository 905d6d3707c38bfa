"""What a command module lists in its `COMMANDS`: a name, its arguments and what runs (`cli.COMMANDS` has the help)."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.files.atomic import check_output
from features.rules.iso_days import NoDayError, read_day

ATTENTION = 3
"""Exit status of a command that did its work and has something that somebody must look at."""


def always(_: argparse.Namespace) -> bool:
    """Whatever the arguments."""
    return True


def never(_: argparse.Namespace) -> bool:
    """Whatever the arguments, not."""
    return False


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the launcher.

    Attributes:
        name: the word typed.
        configure: adds the arguments.
        run: does the work and returns the exit status.
        needs_home: whether, with these arguments, the home must be there already: all but what makes one, or uses none.
    """

    name: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    needs_home: Callable[[argparse.Namespace], bool] = always


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    """Add the option `--format` with these values, the first of them the default."""
    parser.add_argument(
        "--format", choices=formats, default=formats[0], metavar="格式", help=f"输出格式（默认 {formats[0]}）"
    )


def day(text: str) -> date:
    """A date of an argument, as 2024-03-01; argparse.ArgumentTypeError otherwise."""
    try:
        return read_day(text)
    except NoDayError as error:
        raise argparse.ArgumentTypeError(f"{error}，收到“{text}”") from error


def days(text: str) -> tuple[date, ...]:
    """One or more dates of an argument, separated by commas; argparse.ArgumentTypeError as `day`."""
    return tuple(day(part.strip()) for part in text.split(",") if part.strip()) or (day(text),)


def nonnegative(text: str) -> float:
    """A number of an argument, 0 or more and finite; argparse.ArgumentTypeError otherwise."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"须为不小于零的数，收到“{text}”")
    return number


def output_path(*suffixes: str) -> Callable[[str], Path]:
    """What reads the name of a file to write (`--out`) and refuses it before the command begins its work.

    Args:
        suffixes: how the name may end; any way where none is given.

    Raises:
        GoldenKeyError: it cannot be written; see `check_output`.
    """

    def read(text: str) -> Path:
        path = Path(text)
        check_output(path, *suffixes)
        return path

    return read
