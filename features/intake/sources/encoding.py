"""Detect the encoding of a text file by its content, and read it as UTF-8 in blocks."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features.errors import GoldenKeyError
from features.files.names import shown_name
from features.intake.sources.unread_text import first_bad_byte, other_kind, why_unread

READ_BYTES = 1 << 24
SHORT = 64
"""Bytes up to which a file must end with a complete character to count as text."""
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CANDIDATES = ("utf-8", "gb18030")
BIG5 = ("cp950", "big5hkscs")
"""Encodings of Taiwan and Hong Kong. GB18030 reads their bytes too, as other characters."""
_DOUBLES = re.compile(rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]|[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_LEAST_DOUBLES, _MOST_COMMON_GB, _LEAST_COMMON_BIG5 = 6, 0.5, 0.9
"""Distinct characters of two bytes below which nothing is concluded; share of those that are common characters of
GB18030 up to which, and of Big5 from which on, a text is in Big5: nearly all Chinese is of the former."""
_UNMARKED = ("utf-16-le", "utf-16-be")
_COMMON = re.compile(r"[\t\n\r -~·—‘’“”…○◯〇\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_CERTAIN, _UNLIKELY = 0.98, 0.7
"""Share of common characters from which a text is certainly read aright, and up to which it is certainly not."""
_SHIFTED_LINE_ENDS = frozenset("\u0a00\u0d00")
"""What line feed and carriage return become in UTF-16 that has lost a byte: all that follows is misread."""


def detect_encoding(path: Path) -> str:
    """Encoding of a text file: by its byte order mark, else the first of utf-8 and gb18030 that reads all of it.

    Big5 goes before gb18030 where its characters are common and those of gb18030 are not. UTF-16 without a mark is
    known where one byte order alone gives common characters.

    Raises:
        GoldenKeyError: the file is empty, or no known encoding reads it to the end.
    """
    with path.open("rb") as handle:
        start = handle.read(4)
    if not start:
        raise GoldenKeyError(f"文件“{shown_name(path.name)}”是空文件，没有可导入的内容。")
    if kind := other_kind(path):
        raise GoldenKeyError(f"文件“{shown_name(path.name)}”{kind}")
    marked = [name for mark, name in BOMS if start.startswith(mark)]
    for name in (*marked, *CANDIDATES):
        if name == "gb18030" and _looks_like_big5(path):
            return _big5(path)
        if _is_encoded_in(path, name):
            return name
    if found := _unmarked_utf16(path):
        return found
    raise GoldenKeyError(f"文件“{shown_name(path.name)}”{why_unread(path)}")


def _is_encoded_in(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    size = 0
    try:
        with path.open("rb") as handle:
            while piece := handle.read(READ_BYTES):
                if b"\x00" in piece and encoding != "utf-16":
                    return False
                if encoding == "gb18030" and _is_plain_gbk(piece := piece + handle.readline(READ_BYTES)):
                    size += len(piece)
                    continue
                text = decoder.decode(piece)
                if encoding == "utf-16" and not _SHIFTED_LINE_ENDS.isdisjoint(text):
                    return False
                size += len(piece)
    except UnicodeDecodeError:
        return False
    # A file truncated within its last character is still in this encoding: only its end is damaged.
    return not decoder.getstate()[0] or size > SHORT


def reading_note(encoding: str) -> tuple[str, ...]:
    """A sentence for the report on an encoding that is guessed from how common its characters are; none for others."""
    return ("按 Big5（港台繁体）编码读取，请核对所读文字。",) if encoding in BIG5 else ()


def _looks_like_big5(path: Path) -> bool:
    """Whether the distinct characters of two bytes are common ones of Big5 and not of GB18030."""
    with path.open("rb") as handle:
        piece = handle.read(READ_BYTES)
    found = set(_DOUBLES.findall(piece)) if b"\x00" not in piece else set()
    pairs = np.frombuffer(b"".join(pair for pair in found if len(pair) == 2), np.uint8).reshape(-1, 2)
    if len(pairs) < _LEAST_DOUBLES:
        return False
    lead, trail = pairs[:, 0], pairs[:, 1]
    signs = (lead >= 0xA1) & (lead <= 0xA3)
    gb = (signs | ((lead >= 0xB0) & (lead <= 0xD7))) & (trail >= 0xA1)
    big5 = (lead >= 0xA1) & (lead <= 0xC6) & ((trail <= 0x7E) | (trail >= 0xA1))
    return int(gb.sum()) <= _MOST_COMMON_GB * len(found) and int(big5.sum()) >= _LEAST_COMMON_BIG5 * len(found)


def _big5(path: Path) -> str:
    for name in BIG5:
        if _is_encoded_in(path, name):
            return name
    raise GoldenKeyError(
        f"文件“{shown_name(path.name)}”像是 Big5（港台繁体）编码而不能全部读出，请另存为 UTF-8 后重新导入，"
        "或用 --mapping 的 encoding 写明编码。"
    )


def _unmarked_utf16(path: Path) -> str:
    """UTF-16 without a mark, in the byte order that gives common characters where the other does not; '' if neither."""
    with path.open("rb") as handle:
        piece = handle.read(READ_BYTES)
    if b"\x00" not in piece or len(piece) % 2:
        return ""
    shares = {name: _share_of_common(piece, name) for name in _UNMARKED}
    best, other = sorted(_UNMARKED, key=lambda name: -shares[name])
    return best if shares[best] >= _CERTAIN and shares[other] <= _UNLIKELY else ""


def _share_of_common(piece: bytes, encoding: str) -> float:
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(piece)
    except UnicodeDecodeError:
        return 0.0
    return len(_COMMON.findall(text)) / max(len(text), 1)


def _is_plain_gbk(lines: bytes) -> bool:
    """Whether whole lines are certainly GB18030, of characters of one and two bytes alone; faster than decoding.

    In a run of high bytes two make a character; of an odd run the last is completed by a letter or sign behind it.
    """
    raw = np.frombuffer(lines, np.uint8)
    if not lines.endswith(b"\n") or lines.find(b"\x80") >= 0 or lines.find(b"\xff") >= 0:
        return False
    turns = np.flatnonzero(np.diff(raw > 127)) + 1
    if raw[0] > 127:
        turns = np.concatenate(([0], turns))
    starts, ends = turns[::2], turns[1::2]  # the last line end closes the last run
    behind = raw[ends[(ends - starts) % 2 == 1]]
    return bool(((behind >= 0x40) & (behind <= 0x7E)).all())


def utf8_blocks(path: Path, encoding: str, size: int = READ_BYTES) -> Iterator[bytes]:
    """The file as utf-8 blocks that end at a line end (the last one may not), with `\\n` as the only line end.

    A lone carriage return inside a line becomes a space, so that a line of the file stays one line.

    Raises:
        GoldenKeyError: a byte cannot be read in the encoding given.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("strict")
    rest = b""
    lone_returns: bool | None = None
    for text in _decoded(path, decoder, encoding, size):
        piece = text.encode()
        if lone_returns is None and piece:
            lone_returns = b"\n" not in piece and b"\r" in piece
        rest += piece.replace(b"\r", b"\n") if lone_returns else piece
        cut = rest.rfind(b"\n") + 1
        if cut:
            yield _line_ends(rest[:cut])
            rest = rest[cut:]
    if rest:
        yield _line_ends(rest)


def _decoded(path: Path, decoder: codecs.IncrementalDecoder, encoding: str, size: int) -> Iterator[str]:
    try:
        with path.open("rb") as handle:
            while piece := handle.read(size):
                yield decoder.decode(piece)
        unfinished = decoder.getstate()[0]
        if unfinished:
            yield "\ufffd"
    except UnicodeDecodeError as error:
        place = first_bad_byte(path, encoding)
        raise GoldenKeyError(
            f"文件“{shown_name(path.name)}”不能按 {encoding} 编码读出（{place}：{error.reason}），请确认编码再导入。"
        ) from error


def _line_ends(block: bytes) -> bytes:
    if b"\r" not in block:
        return block
    raw = np.frombuffer(block, np.uint8)
    returns = np.flatnonzero(raw == 13)
    if returns[-1] + 1 < len(raw) and (raw[returns + 1] == 10).all():
        return block.translate(None, b"\r")  # faster, where each stands before a line feed
    return block.replace(b"\r\n", b"\n").replace(b"\r", b" ")
