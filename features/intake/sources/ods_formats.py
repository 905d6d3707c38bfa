"""What the number formats of an OpenDocument sheet (.ods) say of the sums below them, in the form of `number_formats`.

A style of cells names a style of numbers, which is made of parts: numbers, texts, a sign of a currency. This
module imports nothing heavy: it runs in a child process.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from features.files.archives import BROKEN_ZIP
from features.intake.sources.number_formats import MOST_STYLES, Seen

PARTS = ("styles.xml", "content.xml")
_TELLING = re.compile(
    r'<number:(?:text|currency-symbol)\b[^>]*>[^<]*[元圆万亿千百美港欧镑$€£]|display-factor="1[0-9]|<number:embedded-text'
)
Format = tuple[int, str]
_NONE: Format = (0, "")
WIDEST = 1 << 14
"""Columns of a sheet at most: a repeated cell may say any number."""


def may_tell(path: Path) -> bool:
    """Whether the styles of a sheet hold a format that bears a unit or shows numbers divided."""
    try:
        with zipfile.ZipFile(path) as packed:
            return any(_TELLING.search(_styles_text(packed, name)) for name in PARTS if name in packed.namelist())
    except BROKEN_ZIP:
        return False


def _styles_text(packed: zipfile.ZipFile, name: str) -> str:
    with packed.open(name) as part:
        return part.read(MOST_STYLES).decode("utf-8", "replace").partition("<office:body")[0]


def read_formats(path: str) -> Iterator[tuple[str, Seen]]:
    """Name of each sheet, and the formats of its numbers other than the plain one."""
    with zipfile.ZipFile(path) as packed:
        styles = _Styles()
        if "styles.xml" in packed.namelist():
            with packed.open("styles.xml") as part:
                for _, item in ElementTree.iterparse(part):
                    styles.add(item)
        with packed.open("content.xml") as part:
            yield from _Sheets(styles).read(ElementTree.iterparse(part, ("start", "end")))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _of(item: ElementTree.Element) -> dict[str, str]:
    return {_local(key): value for key, value in item.attrib.items()}


class _Styles:
    """Styles of cells and of numbers by name."""

    def __init__(self) -> None:
        self._numbers: dict[str, Format] = {}
        self._positive: dict[str, str] = {}
        self._cells: dict[str, tuple[str, str]] = {}

    def add(self, item: ElementTree.Element) -> None:
        """Note a style of numbers or cells; another element is passed over."""
        said, tag = _of(item), _local(item.tag)
        if tag in ("number-style", "currency-style", "percentage-style"):
            self._numbers[said.get("name", "")] = _format(item)
            maps = (_of(one) for one in item if _local(one.tag) == "map")
            # A style for numbers above nought stands by itself; its element is the one for the others.
            positive = [one["apply-style-name"] for one in maps if one.get("condition", "").startswith("value()>")]
            if positive:
                self._positive[said.get("name", "")] = positive[0]
        elif tag == "style" and said.get("family") == "table-cell":
            self._cells[said.get("name", "")] = said.get("data-style-name", ""), said.get("parent-style-name", "")

    def format_of(self, style: str) -> Format:
        """The format of a style of cells, by itself or by one it is derived from."""
        passed: set[str] = set()
        while style and style not in passed:
            passed.add(style)
            numbers, style = self._cells.get(style, ("", ""))
            if numbers:
                return self._numbers.get(self._positive.get(numbers, numbers), _NONE)
        return _NONE


def _format(item: ElementTree.Element) -> Format:
    power, literal = 0, ""
    for part in item:
        said, tag = _of(part), _local(part.tag)
        if tag in ("text", "currency-symbol"):
            literal += part.text or ""
        elif tag == "number":
            factor = float(said.get("display-factor") or 1)
            power += round(math.log10(factor)) if factor >= 1 else 0
            points = [_of(one).get("position", "0") for one in part if (one.text or "").strip() == "."]
            power += int(points[0]) if points else 0
    return power, literal.strip()


class _Sheets:
    """Walks through the sheets of a document and notes the format of each number."""

    def __init__(self, styles: _Styles) -> None:
        self._styles = styles
        self._name = ""
        self._found: dict[tuple[int, int, str], int] = {}
        self._defaults: list[tuple[int, str]] = []
        self._row = self._column = 0

    def read(self, events: Iterator[tuple[str, ElementTree.Element]]) -> Iterator[tuple[str, Seen]]:
        """Name and formats of each sheet."""
        for event, item in events:
            tag = _local(item.tag)
            if event == "start":
                self._start(tag, item)
                continue
            self._styles.add(item)
            if tag == "table-column":
                said = _of(item)
                until = (self._defaults[-1][0] if self._defaults else 0) + int(said.get("number-columns-repeated") or 1)
                self._defaults.append((until, said.get("default-cell-style-name", "")))
            elif tag in ("table-cell", "covered-table-cell"):
                self._cell(_of(item))
            elif tag == "table-row":
                self._row += int(_of(item).get("number-rows-repeated") or 1) - 1
                item.clear()
            elif tag == "table":
                yield self._name, [[*key, last] for key, last in self._found.items()]

    def _start(self, tag: str, item: ElementTree.Element) -> None:
        if tag == "table":
            self._name, self._found, self._defaults, self._row = _of(item).get("name", ""), {}, [], 0
        elif tag == "table-row":
            self._row, self._column = self._row + 1, 0

    def _cell(self, said: dict[str, str]) -> None:
        many = int(said.get("number-columns-repeated") or 1)
        if said.get("value-type") in ("float", "currency") and re.search("[1-9]", said.get("value", "")):
            for column in range(self._column, min(self._column + many, WIDEST)):
                style = said.get("style-name") or next((name for end, name in self._defaults if column < end), "")
                self._found[column, *self._styles.format_of(style)] = self._row
        self._column += many
