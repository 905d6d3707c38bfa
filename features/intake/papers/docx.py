"""Text and table of a Word document (.docx) as readers see it: changes accepted; hidden text, heads, notes left out.

The part that holds the body is read as a stream (ECMA-376 part 1, chapter 17), so that a document of any size costs
little memory. Cells of a table row are parted by tabs; a text box is a paragraph before the one it is fixed to.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from features.files.archives import BROKEN_ZIP
from features.intake.papers.base import Paper, RefusedError
from features.intake.papers.docx_table import WordCell, WordTable, find_table

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of a compound file: an old Office document, or a new one that is encrypted."""
LARGEST_BODY = 96 << 20
"""Bytes of unpacked XML beyond which a body is not read: some fifty thousand rows of a statement."""
BOMB_BYTES, BOMB_RATIO = 16 << 20, 300
"""A part unpacked to more bytes than this and to more times its packed size was made to be."""
_PIECE = 1 << 18
_RELATIONS = "_rels/.rels"
_LEFT_OUT = frozenset({"del", "moveFrom", "rt", "object", "sdtPr", "instrText", "delText"})
"""Elements without text of the document: what was deleted or moved away, readings of characters, codes of fields."""


def read(path: Path) -> Paper:
    """Text of the body, and the bank statement found in its tables, if any.

    Raises:
        RefusedError: it is encrypted, cut off, damaged, no Word document, or unpacks to more than it may.
    """
    with path.open("rb") as handle:
        if handle.read(len(OLD_OFFICE)) == OLD_OFFICE:
            raise RefusedError("已加密，或是旧版 Word 文件，未读取；请去除密码并另存为 .docx 后重新交付。")
    body = _Body()
    try:
        with zipfile.ZipFile(path) as packed:
            _parse(packed, _main_part(packed), body.attach)
    except (*BROKEN_ZIP, expat.ExpatError) as error:
        raise RefusedError("无法打开（不完整、已损坏或不是 Word 文件），未读取；请另存为 .docx 后重新交付。") from error
    try:
        return Paper(body.text, find_table(body.tables, body.text.split("\n")))
    except RefusedError as error:
        return Paper(body.text, None, str(error))


def _main_part(packed: zipfile.ZipFile) -> str:
    """Name of the part that holds the body."""
    found: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        if attributes.get("Type", "").endswith("/officeDocument"):
            found.append(attributes.get("Target", "").lstrip("/"))

    def attach(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = start

    _parse(packed, _RELATIONS, attach)
    return found[0] if found else "word/document.xml"


def _parse(packed: zipfile.ZipFile, part: str, attach: Callable[[expat.XMLParserType], None]) -> None:
    """Stream a part through the handlers that `attach` sets."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    attach(parser)
    read = 0
    most = min(LARGEST_BODY, max(BOMB_BYTES, BOMB_RATIO * packed.getinfo(part).compress_size))
    with packed.open(part) as stream:
        while piece := stream.read(_PIECE):
            read += len(piece)
            if read > most:
                raise RefusedError(
                    f"展开后超过 {most >> 20} MB（内容过大，或疑似压缩炸弹），未读取；请分成较小的文件。"
                )
            parser.Parse(piece)
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    """Refuse a DOCTYPE: Office writes none, and its entities could expand without end."""
    raise expat.ExpatError("document type")


class _Body:
    """Collects the text while the body is parsed. A container (body, cell, text box) is a list of its paragraphs."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._skipped = 0
        self._containers: list[list[str]] = [[]]
        self._paragraphs: list[list[str]] = []
        self._cells: list[list[WordCell]] = []
        self._merged: list[bool] = []
        self.tables: list[WordTable] = []
        """Tables in the order in which they begin."""
        self._open_tables: list[WordTable] = []
        self._mark_deleted: list[bool] = []
        self._carried = ""
        self._hidden = self._row_deleted = self._in_text = False
        self._chosen: list[bool] = []

    @property
    def text(self) -> str:
        """What was read."""
        return "\n".join(self._containers[0]) + self._carried

    def attach(self, parser: expat.XMLParserType) -> None:
        """Set the handlers."""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        space, _, local = element.rpartition(" ")
        parent = self._open[-1] if self._open else ""
        if self._skipped or self._is_left_out(local, parent):
            self._skipped += 1
            return
        self._open.append(local)
        if local in _STARTS and (local == "AlternateContent" or "wordprocessingml" in space or space.endswith("/math")):
            _STARTS[local](self)
        elif parent == "rPr" and local in ("vanish", "del"):
            self._property(local, attributes)
        elif local == "del" and parent == "trPr":
            self._row_deleted = True
        elif local in ("vMerge", "hMerge", "gridSpan") and parent == "tcPr" and self._merged:
            self._merged[-1] = self._merged[-1] or local != "gridSpan" or _value(attributes) not in ("", "1")

    def _is_left_out(self, local: str, parent: str) -> bool:
        if local == "Choice" and self._chosen:
            taken, self._chosen[-1] = self._chosen[-1], True
            return taken
        if local == "Fallback" and self._chosen:
            return self._chosen[-1]
        return local in _LEFT_OUT and not (local == "del" and parent in ("rPr", "trPr"))

    def _property(self, local: str, attributes: dict[str, str]) -> None:
        """Note hidden text of a run, or a paragraph mark that was deleted."""
        owner = self._open[-3] if len(self._open) > 2 else ""
        if local == "vanish" and owner == "r":
            self._hidden = _value(attributes) not in ("0", "false", "off")
        elif local == "del" and owner == "pPr" and self._mark_deleted:
            self._mark_deleted[-1] = True

    def _end(self, _: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        local = self._open.pop()
        if local in _ENDS:
            _ENDS[local](self)

    def _characters(self, data: str) -> None:
        if self._in_text and not self._skipped:
            self._add(data)

    def _add(self, text: str) -> None:
        if self._paragraphs and not self._hidden:
            self._paragraphs[-1].append(text)

    def _start_run(self) -> None:
        self._hidden = False

    def _start_text(self) -> None:
        self._in_text = True

    def _end_text(self) -> None:
        self._in_text = False

    def _tab(self) -> None:
        if self._open[-2:-1] != ["tabs"]:  # there it is a place to stop at
            self._add("\t")

    def _start_paragraph(self) -> None:
        self._paragraphs.append([self._carried])
        self._mark_deleted.append(False)
        self._carried = ""

    def _end_paragraph(self) -> None:
        text = "".join(self._paragraphs.pop())
        if self._mark_deleted.pop():
            self._carried = text  # it runs on in the next paragraph
        else:
            self._containers[-1].extend(text.split("\n"))

    def _start_box(self) -> None:
        self._containers.append([])

    def _end_box(self) -> None:
        if len(self._containers) > 1:
            self._containers[-2].extend(line for line in self._containers.pop() if line.strip())

    def _start_table(self) -> None:
        table = WordTable([], len(self._containers[0]), nested=bool(self._open_tables))
        self._open_tables.append(table)
        self.tables.append(table)

    def _end_table(self) -> None:
        self._open_tables.pop()

    def _start_row(self) -> None:
        self._row_deleted = False
        self._cells.append([])

    def _start_cell(self) -> None:
        self._containers.append([])
        self._merged.append(False)

    def _end_cell(self) -> None:
        merged = self._merged.pop()
        if self._cells and len(self._containers) > 1:
            self._cells[-1].append(WordCell("\n".join(self._containers.pop()), merged))

    def _end_row(self) -> None:
        cells = self._cells.pop() if self._cells else []
        if not self._row_deleted:
            self._containers[-1].extend("\t".join(cell.text for cell in cells).split("\n"))
            if self._open_tables:
                self._open_tables[-1].rows.append(cells)
        self._row_deleted = False

    def _start_alternatives(self) -> None:
        self._chosen.append(False)

    def _end_alternatives(self) -> None:
        self._chosen.pop()

    def _line(self) -> None:
        self._add("\n")

    def _hyphen(self) -> None:
        self._add("-")


def _value(attributes: dict[str, str]) -> str:
    """Value of a property; one that is only named is true."""
    return next((said for key, said in attributes.items() if key.endswith("val")), "true")


_STARTS: dict[str, Callable[[_Body], None]] = {
    "p": _Body._start_paragraph,
    "r": _Body._start_run,
    "t": _Body._start_text,
    "tab": _Body._tab,
    "ptab": _Body._tab,
    "br": _Body._line,
    "cr": _Body._line,
    "noBreakHyphen": _Body._hyphen,
    "txbxContent": _Body._start_box,
    "tbl": _Body._start_table,
    "tr": _Body._start_row,
    "tc": _Body._start_cell,
    "AlternateContent": _Body._start_alternatives,
}
_ENDS: dict[str, Callable[[_Body], None]] = {
    "p": _Body._end_paragraph,
    "t": _Body._end_text,
    "txbxContent": _Body._end_box,
    "tbl": _Body._end_table,
    "tr": _Body._end_row,
    "tc": _Body._end_cell,
    "AlternateContent": _Body._end_alternatives,
}
