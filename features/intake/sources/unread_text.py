"""Why a file is no text: it is of another kind than its name says, or has a byte that no text has, and where."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path

from features.files.archives import BROKEN_ZIP

READ_BYTES = 1 << 24
_PACKED = b"PK\x03\x04"
_PARTS = {"xl/": "Excel 工作簿（.xlsx）", "word/": "Word 文档（.docx）", "content.xml": "ODF 文档（.ods 等）"}
_KINDS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "旧版 Office 文件（.xls、.doc）或加密的 Office 文件",
    b"%PDF-": "PDF 文件（.pdf）",
    b"PAR1": "Parquet 文件（.parquet）",
    b"SQLite format 3\x00": "SQLite 数据库",
    b"\x1f\x8b": "gzip 压缩文件",
    b"Rar!\x1a\x07": "RAR 压缩文件",
    b"7z\xbc\xaf\x27\x1c": "7z 压缩文件",
    b"\x89PNG\r\n": "PNG 图片",
    b"\xff\xd8\xff": "JPEG 图片",
}
"""How the content of files begins that are no text."""
_LABELS = {"utf-8": "UTF-8", "gb18030": "GB18030"}
_FEW = 0.02
"""Share of signs that cannot be read up to which a text is one in that encoding, damaged."""
_UNREAD = re.compile("[\ufffd\x01-\x08\x0e-\x1f\x7f]")
UNKNOWN = "的编码无法识别（不是 UTF-8、GB18030、UTF-16），请另存为 UTF-8 或 GB18030 后重新导入。"


def other_kind(path: Path) -> str:
    """What follows the name of a file that is of another kind than a text; "" where its content does not say so."""
    with path.open("rb") as handle:
        start = handle.read(16)
    kind = next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), "")
    kind = _packed_kind(path) if start.startswith(_PACKED) else kind
    return f"的后缀是 {path.suffix.lower()}（文本），内容却是{kind}，请改正后缀或另存为文本后重新导入。" if kind else ""


def _packed_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except BROKEN_ZIP:
        names = []
    found = (kind for part, kind in _PARTS.items() if any(name.startswith(part) for name in names))
    return next(found, "ZIP 压缩文件（.zip），其中的文件须先解压")


def why_unread(path: Path) -> str:
    """What follows the name of a text that no known encoding reads: the first byte that is in its way, or that none is
    known."""
    with path.open("rb") as handle:
        piece = handle.read(READ_BYTES)
    noughts = piece.count(b"\0")
    if noughts > _FEW * len(piece):
        return UNKNOWN
    bad = {name: _share_unread(piece.replace(b"\0", b""), name) for name in _LABELS}
    name = min(bad, key=lambda one: bad[one])
    if bad[name] > _FEW:
        return UNKNOWN
    if noughts or not bad[name]:
        place = _first_nought(path)
        if place:
            return f"{place}，文本中不应有空字节（其余内容可按 {_LABELS[name]} 读出），请重新导出或删去后重新导入。"
    return f"像是 {_LABELS[name]} 编码，但{first_bad_byte(path, name)}不是该编码的字符，请重新导出或改正后重新导入。"


def _share_unread(piece: bytes, encoding: str) -> float:
    # A piece may end within a sign: that is no damage.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(piece)
    return len(_UNREAD.findall(text)) / max(len(text), 1)


def _first_nought(path: Path) -> str:
    """Where the first byte 0 stands, or ""."""
    line, column = 1, 0
    with path.open("rb") as handle:
        while piece := handle.read(READ_BYTES):
            at = piece.find(b"\0")
            if at >= 0:
                return _place(line, column, piece[: at + 1])
            line, column = _after(line, column, piece)
    return ""


def first_bad_byte(path: Path, encoding: str) -> str:
    """Where the first byte of a file stands that cannot be read in an encoding, in 中文; "" where all of it can."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, column = 1, 0
    with path.open("rb") as handle:
        while piece := handle.read(READ_BYTES):
            held = decoder.getstate()[0]
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                at = max(error.start - len(held), 0)
                return _place(line, column, piece[: at + 1])
            line, column = _after(line, column, piece)
    return ""


def _after(line: int, column: int, piece: bytes) -> tuple[int, int]:
    """Line and byte within it behind a piece."""
    ends = piece.count(b"\n")
    return line + ends, len(piece) - piece.rfind(b"\n") - 1 if ends else column + len(piece)


def _place(line: int, column: int, piece: bytes) -> str:
    line, column = _after(line, column, piece[:-1])
    return f"第 {line:,} 行第 {column + 1:,} 个字节（0x{piece[-1]:02X}）"
