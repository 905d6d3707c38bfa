"""Papers made for the tests: rulings and statements as PDF and .docx, set as word processors set them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
TOKENS = re.compile(r"[0-9A-Za-z*.,:-]+[，。、；：）》〉”]*|.[，。、；：）》〉”,.;:)]*")
RUNNING_HEAD = "测试法院电子卷宗"


NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)


@pytest.fixture
def docx_of(tmp_path: Path) -> Callable[[str], Path]:
    """A Word document of which this XML is the body."""

    def make(body: str) -> Path:
        path = tmp_path / "流水.docx"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("_rels/.rels", "<Relationships/>")
            packed.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        return path

    return make


@pytest.fixture(scope="session", autouse=True)
def chinese_font() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def broken(text: str, width: float, size: float, indent: float, hang: str = "") -> list[str]:
    """A paragraph in lines no wider than `width`: words stay whole, no line begins with a closing sign.

    Signs of `hang` at the end of a line may stand beyond the width, as text processors set them.
    """
    lines, line, room = [], "", width - indent
    for token in TOKENS.findall(text):
        if line and pdfmetrics.stringWidth((line + token).rstrip(hang or None), FONT, size) > room:
            lines.append(line)
            line, room = "", width
        line += token
    return [*lines, line]


def placed(text: str) -> list[tuple[str, str]]:
    """Paragraphs of a ruling with where they stand: heading in the middle, number and signatures at the right."""
    paragraphs = [line.strip() for line in text.strip("\n").splitlines()]
    found = []
    for at, paragraph in enumerate(paragraphs):
        heading = at < 2 and len(paragraph) < 30
        signed = at > 4 and at > len(paragraphs) - 8 and len(paragraph) < 16 and not paragraph.endswith("。")
        right = signed or (at == 2 and len(paragraph) < 40)
        found.append((paragraph, "middle" if heading else "right" if right else "left"))
    return found


@pytest.fixture
def ruling_pdf(tmp_path: Path) -> Callable[..., Path]:
    """A ruling as PDF: lines broken by width, running heads, page numbers; `size` of print, `indent` in characters."""

    def make(
        text: str, size: float = 16, indent: float = 2, width: float = 430, name: str = "裁定.pdf", hang: str = ""
    ) -> Path:
        canvas = Canvas(str(tmp_path / name))
        height, page = 0.0, 0
        for paragraph, place in placed(text):
            for at, line in enumerate(broken(paragraph, width, size, indent * size, hang)):
                if height < 90:
                    if page:
                        canvas.showPage()
                    page, height = page + 1, 760
                    canvas.setFont(FONT, 9)
                    canvas.drawString(80, 800, RUNNING_HEAD)
                    canvas.drawCentredString(297, 40, f"- {page} -")
                    canvas.setFont(FONT, size)
                if place == "middle":
                    canvas.drawCentredString(80 + width / 2, height, line)
                elif place == "right":
                    canvas.drawRightString(80 + width, height, line)
                else:
                    canvas.drawString(80 + (0 if at else indent * size), height, line)
                height -= size * 1.75
        canvas.save()
        return tmp_path / name

    return make


@pytest.fixture
def ruling_docx(tmp_path: Path) -> Callable[[str], Path]:
    """A ruling as a Word document with a running head and foot."""

    def make(text: str) -> Path:
        document = docx.Document()
        document.sections[0].header.paragraphs[0].text = RUNNING_HEAD
        document.sections[0].footer.paragraphs[0].text = "- 1 -"
        alignments = {"middle": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT, "left": None}
        for paragraph, place in placed(text):
            document.add_paragraph(paragraph).alignment = alignments[place]
        path = tmp_path / "裁定.docx"
        document.save(str(path))
        return path

    return make


Draw = Callable[[Canvas, int], None]


@pytest.fixture
def drawn_pdf(tmp_path: Path) -> Callable[[Sequence[Draw]], Path]:
    """A PDF of pages that functions draw: each is given the canvas and the number of its page."""

    def make(pages: Sequence[Draw]) -> Path:
        path = tmp_path / "流水.pdf"
        canvas = Canvas(str(path), pagesize=(842, 595))
        for number, draw in enumerate(pages, start=1):
            canvas.setFont(FONT, 9)
            draw(canvas, number)
            canvas.showPage()
        canvas.save()
        return path

    return make
