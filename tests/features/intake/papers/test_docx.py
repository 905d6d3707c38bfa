"""A Word document says what its readers see: changes accepted, nothing hidden, no head or foot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docx as word
import pytest

from features.intake.papers import docx

Made = Callable[[str], str]


@pytest.fixture
def read(docx_of: Callable[[str], Path]) -> Made:
    """Text of a document of which this is the body."""
    return lambda body: docx.read(docx_of(body)).text


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(inner: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


BOX = f"<w:txbxContent>{paragraph(run('框内'))}</w:txbxContent>"
DELETED_MARK = "<w:rPr><w:del w:id='1'/></w:rPr>"
DELETED_ROW = "<w:trPr><w:del w:id='1'/></w:trPr>"
CELLS = f"<w:tc>{paragraph(run('审判员'))}</w:tc><w:tc>{paragraph(run('周某'))}</w:tc>"
SEEN: dict[str, tuple[str, str]] = {
    "runs": (paragraph(run("欠") + run("款100元")), "欠款100元"),
    "inserted and deleted": (
        paragraph(
            f"{run('欠')}<w:ins>{run('200')}</w:ins><w:del><w:r><w:delText>100</w:delText></w:r></w:del>{run('元')}"
        ),
        "欠200元",
    ),
    "deleted though written as text": (paragraph(f"{run('甲')}<w:del>{run('乙')}</w:del>"), "甲"),
    "moved": (paragraph(f"<w:moveFrom>{run('乙')}</w:moveFrom>{run('甲')}<w:moveTo>{run('乙')}</w:moveTo>"), "甲乙"),
    "paragraph mark deleted": (paragraph(run("欠款"), DELETED_MARK) + paragraph(run("100元")), "欠款100元"),
    "last mark deleted": (paragraph(run("欠款"), DELETED_MARK), "欠款"),
    "hidden": (paragraph(run("甲", "<w:vanish/>") + run("乙", "<w:vanish w:val='0'/>") + run("丙")), "乙丙"),
    "line break, tab, hyphen": (
        paragraph("<w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:tab/><w:t>丙</w:t><w:noBreakHyphen/><w:t>丁</w:t></w:r>"),
        "甲\n乙\t丙-丁",
    ),
    "place of a tab": (paragraph(run("甲"), "<w:tabs><w:tab w:pos='9'/></w:tabs>"), "甲"),
    "full-width blanks": (paragraph(run("书　记　员　吴某")), "书　记　员　吴某"),
    "field": (paragraph(f"<w:r><w:instrText>PAGE</w:instrText></w:r>{run('2')}"), "2"),
    "reading of a character": (
        paragraph(f"<w:r><w:ruby><w:rt>{run('mo')}</w:rt><w:rubyBase>{run('某')}</w:rubyBase></w:ruby></w:r>"),
        "某",
    ),
    "control of content": (f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph(run('甲'))}</w:sdtContent></w:sdt>", "甲"),
    "formula": (paragraph("<m:oMath><m:r><m:t>100</m:t></m:r></m:oMath>" + run("元")), "100元"),
    "table": (f"<w:tbl><w:tr>{CELLS}</w:tr><w:tr>{CELLS}</w:tr></w:tbl>", "审判员\t周某\n审判员\t周某"),
    "row deleted": (f"<w:tbl><w:tr>{DELETED_ROW}{CELLS}</w:tr><w:tr>{CELLS}</w:tr></w:tbl>", "审判员\t周某"),
    "table in a cell": (
        f"<w:tbl><w:tr><w:tc><w:tbl><w:tr>{CELLS}</w:tr></w:tbl>{paragraph('')}</w:tc></w:tr></w:tbl>",
        "审判员\t周某\n",
    ),
    "text box, once of two": (
        paragraph(
            f"<w:r><mc:AlternateContent><mc:Choice><wps:txbx>{BOX}</wps:txbx></mc:Choice><mc:Fallback><v:textbox>{BOX}"
            f"</v:textbox></mc:Fallback></mc:AlternateContent></w:r>{run('正文')}"
        ),
        "框内\n正文",
    ),
    "old text box": (paragraph(f"<w:r><w:pict><v:textbox>{BOX}</v:textbox></w:pict></w:r>{run('正文')}"), "框内\n正文"),
}


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_seen_is_read(kind: str, read: Made) -> None:
    body, text = SEEN[kind]
    assert read(body) == text


def test_heads_feet_and_notes_of_a_document_are_left_out(tmp_path: Path) -> None:
    document = word.Document()
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.sections[0].footer.paragraphs[0].text = "页脚"
    document.add_paragraph("正文").add_run().add_break()
    document.add_table(1, 2).cell(0, 1).text = "表内"
    document.save(str(tmp_path / "a.docx"))
    assert docx.read(tmp_path / "a.docx").text == "正文\n\n\t表内"
