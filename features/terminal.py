"""The terminal that commands print to: texts stand as they are, for names and file names hold brackets and colons."""

from __future__ import annotations

from typing import IO

from rich.console import Console


def open_console(
    *,
    file: IO[str] | None = None,
    width: int | None = None,
    piped_width: int | None = None,
    stderr: bool = False,
    highlight: bool = True,
) -> Console:
    """A console that reads neither markup (`[bold]`) nor emoji codes (`:key:`) in what it prints.

    Args:
        file: where to print; standard output by default.
        width: characters of a line; those of the terminal by default.
        piped_width: characters of a line where standard output is no terminal.
        stderr: print to standard error.
        highlight: colour numbers and dates on a terminal.
    """
    if piped_width is not None and not Console().is_terminal:
        width = piped_width
    return Console(file=file, width=width, stderr=stderr, highlight=highlight, markup=False, emoji=False)
