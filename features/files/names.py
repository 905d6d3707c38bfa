"""Names of files as they are shown and stored: a name whose bytes are not UTF-8 has none that could be written.

An archive packed on a Chinese Windows holds names in GBK; unpacked elsewhere, Python keeps their bytes as lone
surrogates, which no report, manifest or JSON can hold.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath

_ODD = re.compile("[\ud800-\udfff]")
_PART = re.compile("[^/“”]+")
"""A part of a path, alone or quoted in a sentence; each has an encoding of its own."""
_BLANK = "\u3000"


def shown_name(name: str | PurePath) -> str:
    r"""A name, a path or a sentence with names in it, as it may be written: others than UTF-8 read as GB18030, what is
    neither with its bytes as `\xNN`.

    >>> shown_name(b"\xc1\xf7\xcb\xae.csv".decode(errors="surrogateescape")), shown_name("caf\udce9.csv")
    ('流水.csv', 'caf\\xe9.csv')
    """
    text = str(name)
    return _PART.sub(lambda part: _shown(part[0]), text) if _ODD.search(text) else text


def escaped_name(name: str | PurePath) -> str:
    r"""As `shown_name`, with the bytes of all that is not UTF-8 as `\xNN`: two files never share such a name."""
    return _PART.sub(lambda part: _escaped(part[0]), str(name))


def _shown(part: str) -> str:
    if not _ODD.search(part):
        return part
    try:
        read = part.encode("utf-8", "surrogateescape").decode("gb18030")
    except UnicodeError:
        return _escaped(part)
    return read if read.replace(_BLANK, "").isprintable() else _escaped(part)


def _escaped(part: str) -> str:
    try:
        return part.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeError:
        return part.encode("utf-8", "backslashreplace").decode("utf-8")


def stored_name(path: Path, folder: Path) -> str:
    """What a file of a folder is called: its shown path in it, or its name where it lies elsewhere.

    Where another file of the folder bears the shown name, the bytes are shown instead.
    """
    try:
        inside = path.resolve().relative_to(folder.resolve())
    except ValueError:
        return shown_name(path.name)
    name, shown = inside.as_posix(), shown_name(inside.as_posix())
    return escaped_name(name) if shown != name and (folder / shown).exists() else shown


def actual_path(path: Path) -> Path:
    """The path that a shown one stands for; the path itself where there is none."""
    if path.exists():
        return path
    found = Path(path.anchor)
    for part in path.relative_to(path.anchor).parts:
        if not (found / part).exists() and found.is_dir():
            alike = (one for one in sorted(found.iterdir()) if part in (shown_name(one.name), escaped_name(one.name)))
            found = next(alike, found / part)
        else:
            found = found / part
    return found if found.exists() else path
