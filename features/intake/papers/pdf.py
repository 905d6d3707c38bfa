"""Read a PDF with a text layer: its running text and its table."""

from __future__ import annotations

from pathlib import Path

from features.intake.papers.base import Paper, RefusedError
from features.intake.papers.pdf_page import read_pages
from features.intake.papers.pdf_table import find_table
from features.intake.papers.pdf_text import running_text


def read(path: Path) -> Paper:
    """What a PDF says; errors as for `read_pages`."""
    with path.open("rb") as handle:
        pages = read_pages(handle)
    text = running_text(pages)
    try:
        return Paper(text, find_table(pages))
    except RefusedError as error:
        return Paper(text, None, str(error))
