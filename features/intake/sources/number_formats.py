"""What the number formats of a workbook (xlsx) say of the sums below them: a unit, and how much smaller they are shown.

A cell formatted `0.00"万元"` holds a number of 万元; one formatted `0!.0,"万"` holds yuan and only shows it divided.
Light, as a child process reads with it; a workbook without such formats is not looked through.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

STYLES = "xl/styles.xml"
MOST_STYLES = 8 << 20
"""Bytes of styles that are looked through."""
_TELLING = re.compile(r"[元圆万亿千百美港欧镑$€£]|USD|HKD|EUR|[0#?],+(?:[^0#?,]|$)|[0#?](?:!|\\)\.", re.IGNORECASE)
"""A format that may bear a unit or show numbers divided."""
_SIGN = re.compile(r"\[\$([^\]-]*)[^\]]*\]")
_CODES = re.compile(r"""formatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TOKENS = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|\[\$(?P<sign>[^\]-]*)[^\]]*\]|\[[^\]]*\]|[_*].|(?P<bare>.)', re.DOTALL
)

_RECORD = re.compile(rb"\x1e\x04(?=(?P<size>..)(?P<id>..)(?P<letters>..)(?P<wide>[\x00\x01]))", re.DOTALL)
OWN = 164
"""Number from which on a format of an old workbook is its user's own; those below come with every workbook."""
Seen = list[list[Any]]
"""[column, shown divided by ten to the power of, literal text, last row] of each format of numbers in a sheet."""


def may_tell(path: Path) -> bool:
    """Whether the styles of a workbook hold a format that bears a unit or shows numbers divided."""
    try:
        with zipfile.ZipFile(path) as packed, packed.open(STYLES) as part:
            text = part.read(MOST_STYLES).decode("utf-8", "replace")
    except (OSError, KeyError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return False
    codes = (one or other for one, other in _CODES.findall(text))
    return any(_TELLING.search(_SIGN.sub(r"\1", code.replace("&quot;", '"'))) for code in codes)


def old_formats(path: Path) -> list[str]:
    """The formats of an old workbook (xls) that bear a unit or show numbers divided; of which cells is not known.

    Records of formats are found by their sizes wherever they stand in the file.
    """
    content = path.read_bytes()
    found = {}
    for hit in _RECORD.finditer(content):
        size, number, letters = (int.from_bytes(hit[name], "little") for name in ("size", "id", "letters"))
        wide = hit["wide"] == b"\x01"
        length = letters * (2 if wide else 1)
        if size == 5 + length and number >= OWN and letters:
            text = content[hit.end("wide") : hit.end("wide") + length].decode(
                "utf-16-le" if wide else "latin-1", "replace"
            )
            power, literal = read_format(text)
            if power or _TELLING.search(re.sub("^[¥￥]$", "", literal)):
                found[text] = True
    return list(found)


def read_format(code: str) -> tuple[int, str]:
    """By which power of ten a format shows numbers divided, and the text it puts beside them.

    >>> read_format('#,##0.00"万元"'), read_format('0!.0,"万"'), read_format("#,##0.00")
    ((0, '万元'), (4, '万'), (0, ''))
    """
    pattern, literal, digits_behind = "", "", -1
    for hit in _TOKENS.finditer(code.partition(";")[0]):
        escaped = hit["escaped"]
        if escaped == "." and re.search("[0#?]", pattern):
            pattern, digits_behind = f"{pattern}|", 0
        elif hit["bare"] and hit["bare"] in "0#?.,%":
            pattern += hit["bare"]
        elif digits_behind != 0 or escaped != ".":
            literal += hit["quoted"] or escaped or hit["sign"] or hit["bare"] or ""
    whole = pattern.replace("|", "").partition(".")[0]
    power = 3 * (len(whole) - len(whole.rstrip(",")))
    fraction = pattern.partition(".")[2]
    power += 3 * (len(fraction) - len(fraction.rstrip(",")))
    if digits_behind == 0:
        power += len(re.sub("[^0#?]", "", pattern.partition("|")[2].partition(".")[0]))
    return power, literal.strip()


def read_formats(path: str) -> Iterator[tuple[str, Seen]]:
    """Name of each sheet, and the formats of its numbers other than nought."""
    with zipfile.ZipFile(path) as packed:
        with packed.open(STYLES) as part:
            formats = _formats(part)
        for name, target in _sheets(packed):
            with packed.open(target) as part:
                yield name, _seen(part, formats)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _formats(part: IO[bytes]) -> list[tuple[int, str]]:
    """The format of each style, in the order cells name them by."""
    root = ElementTree.parse(part).getroot()
    own = {item.get("numFmtId"): item.get("formatCode") or "" for item in root.iter() if _local(item.tag) == "numFmt"}
    styles = [item for item in root if _local(item.tag) == "cellXfs"]
    return [read_format(own.get(style.get("numFmtId"), "")) for held in styles for style in held]


def _sheets(packed: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name and part of each sheet."""
    with packed.open("xl/_rels/workbook.xml.rels") as part:
        links = {item.get("Id"): item.get("Target") or "" for item in ElementTree.parse(part).getroot()}
    with packed.open("xl/workbook.xml") as part:
        root = ElementTree.parse(part).getroot()
    for item in root.iter():
        if _local(item.tag) == "sheet":
            link = next((value for key, value in item.attrib.items() if _local(key) == "id"), "")
            target = links.get(link, "")
            if "worksheet" in target:
                yield item.get("name") or "", target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _seen(part: IO[bytes], formats: list[tuple[int, str]]) -> Seen:
    found: dict[tuple[int, int, str], int] = {}
    row = column = 0
    for event, item in ElementTree.iterparse(part, ("start", "end")):
        tag = _local(item.tag)
        if event == "start" and tag == "row":
            row, column = int(item.get("r") or row + 1), -1
        elif event == "end" and tag == "c":
            place = item.get("r") or ""
            column = _column(place) if place else column + 1
            number = "".join(child.text or "" for child in item if _local(child.tag) == "v")
            if item.get("t", "n") == "n" and re.search("[1-9]", number):
                style = int(item.get("s") or 0)
                power, literal = formats[style] if style < len(formats) else (0, "")
                found[column, power, literal] = row
        elif event == "end" and tag == "row":
            item.clear()
    return [[*key, last] for key, last in found.items()]


def _column(place: str) -> int:
    """Position of a column from the name of its cell: AB12 -> 27."""
    number = 0
    for letter in place.rstrip("0123456789").upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
