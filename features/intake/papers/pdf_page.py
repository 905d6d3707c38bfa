"""Glyphs and straight lines of the pages of a PDF, by pdfminer; run in the child process alone, as it may not end.

Lengths are points (1/72 inch), from the lower left corner of the page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import pdfminer.pdftypes
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdffont import PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.utils import MATRIX_IDENTITY, apply_matrix_pt

from features.intake.papers.base import RefusedError

MOST_PAGES = 2_000
MOST_GLYPHS = 30_000
"""Glyphs of a page beyond which it was made to exhaust a reader: a page in the smallest print has about 8,000."""
MOST_STROKES = 30_000
UNKNOWN = "\ufffd"
"""Stands for a glyph whose character the file does not tell."""
_SCANNED = 0.25
"""Share of a page that images cover from which a page without text is a scan."""
_THIN = 2.5
"""Points up to which a filled rectangle is a line."""
_TAIL = 2048
"""Last bytes of the file among which its end mark stands."""


class Glyph(NamedTuple):
    """A visible upright character: its left and right edge, its text (a blank counts too)."""

    left: float
    right: float
    text: str


class Line(NamedTuple):
    """Glyphs on one base line from left to right; `size` is that of the largest."""

    base: float
    size: float
    glyphs: tuple[Glyph, ...]

    @property
    def inked(self) -> list[Glyph]:
        """The glyphs that are no blanks."""
        return [glyph for glyph in self.glyphs if not glyph.text.isspace()]

    @property
    def left(self) -> float:
        """Left edge of the first glyph that is no blank."""
        return self.inked[0].left

    @property
    def right(self) -> float:
        """Right edge of the last glyph that is no blank."""
        return self.inked[-1].right


class Page(NamedTuple):
    """Lines from the top down; strokes across (height, left, right) and down (place, bottom, top)."""

    width: float
    height: float
    lines: tuple[Line, ...]
    across: tuple[tuple[float, float, float], ...]
    down: tuple[tuple[float, float, float], ...]


def _not_whole(data: bytes) -> bytes:
    """The library makes do with the part of a damaged stream that it can unpack, and text would be lost in silence."""
    raise RefusedError("已损坏，未读取；请重新导出后交付。")


pdfminer.pdftypes.decompress_corrupted = _not_whole


def read_pages(handle: BinaryIO) -> list[Page]:
    """All pages of a PDF.

    Raises:
        RefusedError: encrypted, cut off, damaged, scanned, too many pages, or characters that the file does not tell.
    """
    handle.seek(max(0, handle.seek(0, 2) - _TAIL))
    if b"%%EOF" not in handle.read():
        raise RefusedError("不完整（缺少文件尾），未读取；请重新交付完整的文件。")
    try:
        document = PDFDocument(PDFParser(handle))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise RefusedError("已加密，未读取；请去除密码后重新交付。") from error
    device = _Device(PDFResourceManager())
    interpreter = PDFPageInterpreter(device.rsrcmgr, device)
    pages = []
    for number, page in enumerate(_pages(document), start=1):
        _check_contents(page)
        interpreter.process_page(page)
        pages.append(device.finish(number))
    _check_text(pages, device.invisible)
    return pages


def _pages(document: PDFDocument) -> list[PDFPage]:
    counted = resolve1(resolve1(document.catalog.get("Pages", {})).get("Count"))
    stated = counted if isinstance(counted, int) else 0
    pages = [] if stated > MOST_PAGES else list(islice(PDFPage.create_pages(document), MOST_PAGES + 1))
    if max(len(pages), stated) > MOST_PAGES:
        raise RefusedError(f"超过 {MOST_PAGES:,} 页，未读取；请分成较小的文件交付。")
    if not pages or (isinstance(counted, int) and counted != len(pages)):
        raise RefusedError("已损坏（页数与目录不符），未读取；请重新导出后交付。")
    return pages


def _check_contents(page: PDFPage) -> None:
    if not all(isinstance(resolve1(part), PDFStream) for part in page.contents):
        raise RefusedError("已损坏（缺少页面内容），未读取；请重新导出后交付。")


def _check_text(pages: Sequence[Page], invisible: int) -> None:
    """Refuse a document without text, or whose characters are not told."""
    text = "".join(glyph.text for page in pages for line in page.lines for glyph in line.glyphs)
    if not text.strip():
        made = "，其文字层是识别软件所加、可能有误" if invisible else ""
        raise RefusedError(f"是扫描件或图像{made}，未读取；应为带文字层的 PDF、.docx 或 .txt。")
    unknown = text.count(UNKNOWN)
    beside = any(UNKNOWN in text[at - 1 : at + 2] for at in range(1, len(text)) if text[at].isdigit()) if unknown else 0
    if beside or unknown * 100 > len(text):
        raise RefusedError("有的字未写明是什么字（字体缺少编码表），未读取；请另存为 .docx 或重新导出。")


class _Device(PDFTextDevice):
    """Collects glyphs and strokes of one page at a time; what is rotated, invisible or beside the page is left out."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.invisible = 0
        self._mode = 0
        self._reset((0.0, 0.0, 0.0, 0.0))

    def _reset(self, box: tuple[float, float, float, float]) -> None:
        self._size = abs(box[2] - box[0]), abs(box[3] - box[1])
        self._glyphs: list[tuple[float, float, float, str, float]] = []
        self._across: list[tuple[float, float, float]] = []
        self._down: list[tuple[float, float, float]] = []
        self._pictured = 0.0

    def begin_page(self, page: PDFPage, ctm: Any) -> None:
        """Begin a page."""
        corners = [apply_matrix_pt(ctm, (page.mediabox[at], page.mediabox[at + 1])) for at in (0, 2)]
        self._reset((*corners[0], *corners[1]))

    def finish(self, number: int) -> Page:
        """The page that was just interpreted."""
        width, height = self._size
        if not any(text.strip() for *_, text, _ in self._glyphs) and self._pictured > _SCANNED * width * height:
            made = "，其文字层是识别软件所加、可能有误" if self.invisible else ""
            raise RefusedError(f"第 {number} 页是扫描件或图像{made}，未读取；应为带文字层的 PDF、.docx 或 .txt。")
        return Page(width, height, tuple(_lines(self._glyphs)), tuple(self._across), tuple(self._down))

    def render_string(self, textstate: Any, *rest: Any) -> None:
        """Note how the string is drawn."""
        self._mode = textstate.render
        super().render_string(textstate, *rest)

    def render_char(
        self, matrix: Any, font: Any, fontsize: float, scaling: float, rise: float, cid: int, *_: Any
    ) -> float:
        """Keep a character; returns how far the next one stands from it."""
        advance = float(font.char_width(cid) * fontsize * scaling)
        a, b, c, d, left, base = matrix
        width, height = self._size
        if self._mode in (3, 7):
            self.invisible += 1
        elif a > 0 and d > 0 and abs(b) + abs(c) < 0.1 * a and -1 < left < width + 1 and -1 < base < height + 1:
            self._glyphs.append((base + rise * d, left, left + advance * a, _text(font, cid), abs(fontsize * d)))
            if len(self._glyphs) > MOST_GLYPHS:
                raise RefusedError(f"一页超过 {MOST_GLYPHS:,} 字，未读取；请重新导出后交付。")
        return advance

    def render_image(self, name: str, stream: Any) -> None:
        """Count the area that images cover."""
        a, b, c, d, *_ = self.ctm or (0, 0, 0, 0)
        self._pictured += abs(a * d - b * c)

    def paint_path(self, gstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Sequence[Any]) -> None:
        """Keep strokes that run straight across or down, and thin rectangles."""
        points: list[tuple[float, float]] = []
        for step in path:
            if step[0] in ("m", "l"):
                point = apply_matrix_pt(self.ctm or MATRIX_IDENTITY, step[-2:])
                if step[0] == "m":
                    self._thin(points, fill, stroke)
                    points = []
                elif points and stroke:
                    self._stroke(points[-1], point)
                points.append(point)
            elif step[0] != "h":
                points = []  # a curve
            elif points and stroke:
                self._stroke(points[-1], points[0])
        self._thin(points, fill, stroke)

    def _thin(self, points: Sequence[tuple[float, float]], fill: bool, stroke: bool) -> None:
        if not fill or stroke or len(points) < 4:
            return
        (left, right), (bottom, top) = ((min(side), max(side)) for side in zip(*points, strict=True))
        if top - bottom <= _THIN:
            self._stroke((left, (bottom + top) / 2), (right, (bottom + top) / 2))
        elif right - left <= _THIN:
            self._stroke(((left + right) / 2, bottom), ((left + right) / 2, top))

    def _stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        across, up = abs(start[0] - end[0]), abs(start[1] - end[1])
        if up <= 1 < across:
            self._across.append((start[1], min(start[0], end[0]), max(start[0], end[0])))
        elif across <= 1 < up:
            self._down.append((start[0], min(start[1], end[1]), max(start[1], end[1])))
        if len(self._across) + len(self._down) > MOST_STROKES:
            raise RefusedError(f"一页超过 {MOST_STROKES:,} 条线，未读取；请重新导出后交付。")


def _text(font: Any, cid: int) -> str:
    """Character of a glyph: radicals that fonts name in place of ideographs (⼈ for 人) are made good."""
    try:
        text = str(font.to_unichr(cid))
    except PDFUnicodeNotDefined:
        return UNKNOWN
    if any("\u2e80" <= sign <= "\u2fdf" or "\uf900" <= sign <= "\ufaff" for sign in text):
        text = unicodedata.normalize("NFKC", text)
    return " " if text in "\t\n\r\x00" else text


def _lines(glyphs: list[tuple[float, float, float, str, float]]) -> Iterator[Line]:
    """Glyphs as lines from the top down: those belong together whose base lines differ by little."""
    held: list[tuple[float, float, float, str, float]] = []
    for glyph in sorted(glyphs, key=lambda one: -one[0]):
        if held and held[0][0] - glyph[0] > 0.3 * max(held[0][4], glyph[4]):
            yield from _line(held)
            held = []
        held.append(glyph)
    yield from _line(held)


def _line(held: list[tuple[float, float, float, str, float]]) -> Iterator[Line]:
    """The line of these glyphs; one printed twice to look bold counts once, a line of blanks not at all."""
    placed: list[Glyph] = []
    for _, left, right, text, _ in sorted(held, key=lambda one: one[1]):
        if placed and text == placed[-1].text and left - placed[-1].left < 0.3 * (right - left):
            continue
        placed.append(Glyph(left, right, text))
    if any(not glyph.text.isspace() for glyph in placed):
        yield Line(held[0][0], max(one[4] for one in held), tuple(placed))
