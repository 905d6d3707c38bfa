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

from features.files.archives import BROKEN_ZIP

STYLES = "xl/styles.xml"
MOST_STYLES = 8 << 20
"""Bytes of styles that are looked through."""
_ABROAD = "JPY|USD|HKD|EUR|GBP|AUD|CAD|KRW|SGD|CHF|NZD|TWD"
_TELLING = re.compile(
    rf"[元圆万亿千百美港欧镑$€£₩₽₹฿₫₺₱]|外币|JP¥|{_ABROAD}|[0#?],+(?:[^0#?,]|$)|[0#?](?:!|\\)\.", re.IGNORECASE
)
"""A format that may bear a unit or show numbers divided."""
_SIGN = re.compile(r"\[\$([^\]-]*)([^\]]*)\]")
_CODES = re.compile(r"""formatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TOKENS = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|\[\$(?P<sign>[^\]-]*)(?P<locale>[^\]]*)\]|\[[^\]]*\]|[_*].|(?P<bare>.)',
    re.DOTALL,
)

_RECORD = re.compile(rb"\x1e\x04(?=(?P<size>..)(?P<id>..)(?P<letters>..)(?P<wide>[\x00\x01]))", re.DOTALL)
OWN = 164
"""Number from which on a format of an old workbook is its user's own; those below come with every workbook."""
_YUAN = ("", "¥", "￥", "元", "CNY", "RMB", "人民币")
"""Signs of the yuan, which say nothing."""
_DOLLARS = {"C04": "HK$", "404": "NT$", "1004": "S$", "C09": "A$", "1009": "C$", "C0C": "C$"}
_KNOWN_SIGN = re.compile(f"^(?:[A-Z]{{0,2}}[$€£]|JP¥|{_ABROAD}|.*[元圆币镑].*)$", re.IGNORECASE)
_HELD_PLAIN = {"百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
Seen = list[list[Any]]
"""[column, shown divided by ten to the power of, literal text, last row] of each format of numbers in a sheet."""


def may_tell(path: Path) -> bool:
    """Whether the styles of a workbook hold a format that bears a unit or shows numbers divided."""
    try:
        with zipfile.ZipFile(path) as packed, packed.open(STYLES) as part:
            text = part.read(MOST_STYLES).decode("utf-8", "replace")
    except BROKEN_ZIP:
        return False
    codes = (one or other for one, other in _CODES.findall(text))
    return any(_TELLING.search(_SIGN.sub(_put_sign, code.replace("&quot;", '"'))) for code in codes)


def _put_sign(hit: re.Match[str]) -> str:
    return _sign_of(hit[1], hit[2]) if hit[1] else ""


def _sign_of(sign: str, locale: str) -> str:
    """The currency sign of `[$¥-411]` as one that tells its currency; one that nobody knows behind 外币."""
    bare, place = sign.strip(), locale.strip("-").upper()
    if bare in ("¥", "￥") and place.endswith("411"):
        return "JP¥"
    if bare == "$":
        return next((told for end, told in _DOLLARS.items() if place == end), "$")
    return bare if bare.upper() in _YUAN or _KNOWN_SIGN.match(bare) else f"外币{bare}"


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

    Of a format with several sections that say different things the texts are joined by 或, unless each of them only
    shows a number of yuan divided.

    >>> read_format('#,##0.00"万元"'), read_format('0!.0,"万"'), read_format("#,##0.00")
    ((0, '万元'), (4, '万'), (0, ''))
    >>> read_format('[>=10000]0.00"亿元";0.00"万元"'), read_format('[>=10000]0!.0,"万";0')
    ((0, '亿元或万元'), (4, '万'))
    """
    ways = [way for section in _sections(code) if (way := _read_section(section)) is not None]
    told = {(power, _telling(literal)): (power, literal) for power, literal in reversed(ways)}
    if len(told) < 2:
        return ways[0] if ways else (0, "")
    others = {literal for _, literal in told} - {"", "元", *_HELD_PLAIN, *(f"{unit}元" for unit in _HELD_PLAIN)}
    if all(power == _power_of(literal) for power, literal in told) and len(others) < 2:
        return next(way for way in ways if _telling(way[1]))
    return 0, "或".join(dict.fromkeys(_telling(literal) or "元" for _, literal in ways))


def _telling(literal: str) -> str:
    """What a literal says of unit or currency, without signs of numbers and of the yuan."""
    bare = re.sub(r"^[-+()（）¥￥\s]+|[-+()（）\s]+$", "", literal)
    return bare if _TELLING.search(bare) else ""


def _power_of(literal: str) -> int:
    """By which power of ten a number of yuan is divided where it is shown with a unit."""
    return _HELD_PLAIN.get(literal.removesuffix("元"), 0)


def _sections(code: str) -> list[str]:
    found = [""]
    for hit in _TOKENS.finditer(code):
        if hit["bare"] == ";":
            found.append("")
        else:
            found[-1] += hit[0]
    return found


def _read_section(code: str) -> tuple[int, str] | None:
    """As `read_format`, of one section; None of one that shows no number."""
    pattern, literal, digits_behind = "", "", -1
    for hit in _TOKENS.finditer(code):
        escaped = hit["escaped"]
        if escaped == "." and re.search("[0#?]", pattern):
            pattern, digits_behind = f"{pattern}|", 0
        elif hit["bare"] and hit["bare"] in "0#?.,%":
            pattern += hit["bare"]
        elif digits_behind != 0 or escaped != ".":
            sign = _sign_of(hit["sign"], hit["locale"]) if hit["sign"] else ""
            literal += hit["quoted"] or escaped or sign or hit["bare"] or ""
    if not re.search("[0#?]", pattern) and not re.search("general|通用格式", literal, re.IGNORECASE):
        return None
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
        for name, target in sheet_parts(packed):
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


def sheet_parts(packed: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
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
            column = column_of(place) if place else column + 1
            number = "".join(child.text or "" for child in item if _local(child.tag) == "v")
            if item.get("t", "n") == "n" and re.search("[1-9]", number):
                style = int(item.get("s") or 0)
                power, literal = formats[style] if style < len(formats) else (0, "")
                found[column, power, literal] = row
        elif event == "end" and tag == "row":
            item.clear()
    return [[*key, last] for key, last in found.items()]


def column_of(place: str) -> int:
    """Position of a column from the name of its cell: AB12 -> 27."""
    number = 0
    for letter in place.rstrip("0123456789").upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
