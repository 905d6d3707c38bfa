"""The same ruling as text, as a Word document and as PDF gives the same fields."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from features.intake.papers import docx, pdf
from features.intake.ruling.document import Ruling
from features.intake.ruling.reader import read_ruling

TABLE = Path(__file__).parents[1] / "ruling" / "thirty.toml"
RULINGS: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["ruling"]
SETTINGS = {"large": (16, 2, 430), "no indent": (16, 0, 430), "small": (12, 2, 400), "odd": (14, 2, 437)}
"""Size of print, indent in characters, width of the text."""
SHOWN = (0, 2, 7, 14)
"""Rulings of the normal run: letters spaced, a signature block, several parties, an objection."""


def said(ruling: Ruling) -> dict[str, object]:
    """All that a ruling says, without where it stands."""
    return {
        "kind": ruling.kind,
        "nature": ruling.nature.code,
        "cause": ruling.cause,
        "numbers": [(one.number, one.suffix, one.role) for one in ruling.numbers],
        "court": ruling.court_name,
        "parties": [replace(party, quote=None) for party in ruling.parties],  # type: ignore[arg-type]
        "events": [(event.role, event.day, event.previous) for event in ruling.events],
        "amounts": [(amount.role, amount.fen, amount.total) for amount in ruling.amounts],
        "measures": [(measure.kind, measure.lifted) for measure in ruling.measures],
        "statutes": [(one.law, one.article, one.paragraph, one.item) for one in ruling.statutes],
        "reasons": [reason.kind for reason in ruling.reasons],
        "unread": ruling.unread,
    }


@pytest.mark.parametrize("at", SHOWN)
def test_a_ruling_says_the_same_as_text_word_document_and_pdf(
    at: int, ruling_pdf: Callable[..., Path], ruling_docx: Callable[[str], Path]
) -> None:
    text = RULINGS[at]["text"]
    right = said(read_ruling(text))
    assert said(read_ruling(docx.read(ruling_docx(text)).text)) == right
    assert said(read_ruling(pdf.read(ruling_pdf(text)).text)) == right


@pytest.mark.parametrize("width", [432, 437, 440])
@pytest.mark.parametrize("at", [1, 3, 11, 12])
def test_stops_that_hang_over_the_edge_move_no_line(at: int, width: float, ruling_pdf: Callable[..., Path]) -> None:
    text = RULINGS[at]["text"]
    made = pdf.read(ruling_pdf(text, width=width, hang="，。、；："))
    assert said(read_ruling(made.text)) == said(read_ruling(text))


@pytest.mark.long
@pytest.mark.parametrize("setting", SETTINGS)
def test_all_rulings_say_the_same_in_every_setting(
    setting: str, ruling_pdf: Callable[..., Path], ruling_docx: Callable[[str], Path]
) -> None:
    different = []
    for row in RULINGS:
        right = said(read_ruling(row["text"]))
        for made in (docx.read(ruling_docx(row["text"])), pdf.read(ruling_pdf(row["text"], *SETTINGS[setting]))):
            got = said(read_ruling(made.text))
            different += [(row["case_no"], name, got[name]) for name in right if got[name] != right[name]]
    assert different == []


@pytest.mark.parametrize("count", [24, 30, 37, 45])
@pytest.mark.parametrize("at", [0, 7])
def test_a_pdf_of_lines_cut_after_so_many_characters_says_the_same(
    at: int, count: int, drawn_pdf: Callable[..., Path]
) -> None:
    """Sums, numbers and names are cut anywhere, and a line of digits is narrower than one of words."""
    lines = [
        line[place : place + count] for line in RULINGS[at]["text"].split("\n") for place in range(0, len(line), count)
    ]

    def draw(canvas: Canvas, _: int) -> None:
        for number, line in enumerate(lines):
            canvas.drawString(60, 560 - 13 * number, line)

    assert said(read_ruling(pdf.read(drawn_pdf([draw])).text)) == said(read_ruling(RULINGS[at]["text"]))
