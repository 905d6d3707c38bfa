"""Papers that cannot be read end in one sentence that says what was expected; the next paper is read as ever."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from refused_files import with_part
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from features.errors import GoldenKeyError
from features.intake.papers.child import read_paper
from features.intake.papers.delivered import is_paper, open_paper

FONT = "STSong-Light"
BODY = "word/document.xml"


def one_page(path: Path, **options: object) -> Path:
    canvas = Canvas(str(path), **options)
    canvas.setFont(FONT, 12)
    canvas.drawString(80, 700, "测试市人民法院执行裁定书")
    canvas.save()
    return path


def scan(path: Path, recognised: bool = False, text_before: bool = False) -> Path:
    """A page that an image covers; with the invisible words of a recognition, or behind a page of text."""
    from PIL import Image

    canvas = Canvas(str(path))
    canvas.setFont(FONT, 12)
    if text_before:
        canvas.drawString(80, 700, "测试市人民法院执行裁定书")
        canvas.showPage()
    canvas.drawImage(ImageReader(Image.new("L", (30, 40), 200)), 0, 0, 595, 842)
    if recognised:
        words = canvas.beginText(80, 700)
        words.setFont(FONT, 12)
        words.setTextRenderMode(3)
        words.textLine("执行标的100000元")
        canvas.drawText(words)
    canvas.save()
    return path


def of_objects(path: Path, *objects: bytes) -> Path:
    """A PDF of these objects, the first of which is its catalogue."""
    made = b"%PDF-1.4\n"
    for number, held in enumerate(objects, start=1):
        made += b"%d 0 obj%b\nendobj\n" % (number, held)
    return written(path, made + b"trailer<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF")


CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"


def many_pages(path: Path, count: int) -> Path:
    return of_objects(path, CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count %d>>" % count, PAGE)


def half(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def cut_stream(path: Path) -> Path:
    """A page whose stream is cut off, in a file that has its end."""
    one_page(path, pageCompression=1)
    held = path.read_bytes()
    start = held.index(b"stream", held.index(b"/FlateDecode")) + 10
    path.write_bytes(held[:start] + b"\x00" * 20 + held[start + 20 :])
    return path


def word(path: Path, body: bytes | None = None) -> Path:
    document = docx.Document()
    document.add_paragraph("测试市人民法院执行裁定书")
    document.save(str(path))
    return path if body is None else with_part(path, BODY, body)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


ENTITIES = b'<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>'
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "scan.pdf": (scan, "是扫描件或图像，未读取；应为带文字层的 PDF、.docx 或 .txt"),
    "recognised.pdf": (lambda path: scan(path, recognised=True), "识别软件所加"),
    "half scan.pdf": (lambda path: scan(path, text_before=True), "第 2 页是扫描件"),
    "locked.pdf": (lambda path: one_page(path, encrypt=StandardEncryption("99", "98")), "已加密"),
    "half.pdf": (lambda path: half(one_page(path)), "不完整"),
    "cut.pdf": (cut_stream, "已损坏|无法打开"),
    "pages.pdf": (lambda path: many_pages(path, 2_001), "超过 2,000 页"),
    "fewer pages.pdf": (lambda path: many_pages(path, 2), "页数与目录不符"),
    "empty.pdf": (lambda path: written(path, b""), "不完整"),
    "text.pdf": (lambda path: written(path, b"%PDF-1.4 99\n%%EOF"), "无法打开|已损坏"),
    "old.docx": (lambda path: written(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99), "已加密，或是旧版 Word"),
    "half.docx": (lambda path: half(word(path)), "不完整、已损坏或不是 Word"),
    "other.docx": (lambda path: written(path, "裁定".encode()), "不是 Word"),
    "bomb.docx": (lambda path: word(path, b"<d>" + b" " * (17 << 20)), "压缩炸弹"),
    "entities.docx": (lambda path: word(path, ENTITIES), "不是 Word"),
    "old.doc": (
        lambda path: written(path, b"\xd0\xcf"),
        "旧版 Word 文件，未读取；裁定书应为 .txt、.docx 或带文字层的 PDF",
    ),
    "photo.JPG": (lambda path: written(path, b"\xff\xd8"), "是图像，未读取"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_paper_is_one_sentence(name: str, tmp_path: Path) -> None:
    make, sentence = BAD[name]
    path = make(tmp_path / name)
    assert is_paper(path)
    with pytest.raises(GoldenKeyError, match=sentence) as refused:
        open_paper(path, f"甲/{name}", "")
    assert f"甲/{name}" in str(refused.value) and "\n" not in str(refused.value)


def test_the_paper_after_a_bad_one_is_read(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError):
        open_paper(half(word(tmp_path / "a.docx")), "a.docx", "")
    for path in (word(tmp_path / "b.docx"), one_page(tmp_path / "b.pdf"), one_page(tmp_path / "C.PDF")):
        assert read_paper(path, path.name).text == "测试市人民法院执行裁定书"


def test_a_paper_that_is_neither_ruling_nor_statement_is_passed_over_and_named(tmp_path: Path) -> None:
    held, (sentence,) = open_paper(one_page(tmp_path / "a.pdf"), "情况说明.pdf", "")
    assert held == () and "“情况说明.pdf”既不是执行裁定书，也没有流水表格" in sentence


@pytest.mark.long
def test_a_pdf_that_unpacks_to_gigabytes_ends_the_child_alone(tmp_path: Path) -> None:
    packer = zlib.compressobj(1)
    stream = b"".join([*(packer.compress(b" " * (64 << 20)) for _ in range(36)), packer.flush()])
    held = b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(stream), stream)
    path = of_objects(tmp_path / "bomb.pdf", CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE, held)
    with pytest.raises(GoldenKeyError, match="2 GB 内存"):
        read_paper(path, "bomb.pdf")
    assert read_paper(one_page(tmp_path / "good.pdf"), "good.pdf").text
