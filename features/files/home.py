"""Where a home may stand: paths that some library would read as something else are refused before anything is written.

A percent sign, question mark or hash changes the address of a database, brackets and stars are patterns of file names,
an equals sign is read as a column of the files below it; control characters break lines of lists and logs. Blanks,
quotes and 中文 are allowed.
"""

from __future__ import annotations

import os
from pathlib import Path

from features.errors import GoldenKeyError, reason_of

MISREAD = frozenset("%?#*[]\\=")
"""Characters that a home's path may not hold, beside control characters."""


def check_home(home: Path) -> None:
    """Refuse a home whose path, as given or with links followed, holds a character that is misread, or is no folder.

    Raises:
        GoldenKeyError: it does; nothing has been written.
    """
    text = f"{home.absolute()}{os.path.realpath(home)}"
    found = sorted({letter for letter in text if letter in MISREAD or not letter.isprintable()})
    if found:
        shown = "、".join(letter if letter.isprintable() else f"U+{ord(letter):04X}" for letter in found)
        raise GoldenKeyError(f"数据目录 {home.absolute()!s} 的路径含有不能使用的字符 {shown}；请用 --home 换一个目录。")
    try:
        nearest = next((place for place in (home, *home.parents) if place.exists()), None)
    except OSError as error:
        raise GoldenKeyError(f"数据目录 {home} 不能使用（{reason_of(error)}），请核对 --home。") from error
    if nearest is not None and not nearest.is_dir():
        raise GoldenKeyError(f"数据目录 {home} 不能使用：{nearest} 不是目录，请核对 --home。")
