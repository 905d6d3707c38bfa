"""Where a home may stand: paths that some library would read as something else are refused before anything is written.

A percent sign, question mark or hash changes the address of a database, brackets and stars are patterns of file names,
an equals sign is read as a column of the files below it; control characters break lines of lists and logs. Blanks,
quotes and 中文 are allowed.
"""

from __future__ import annotations

import os
from pathlib import Path

from features.errors import GoldenKeyError, NotFoundError, reason_of

MISREAD = frozenset("%?#*[]\\=")
"""Characters that a home's path may not hold, beside control characters."""


DEFAULT = Path("home")
"""The home where none is named."""
MADE = ("pool", "operational.db", "models", "settings")
"""What a home holds at least one of: rows, the operational database, models, an office's own settings."""


def check_is_there(home: Path) -> None:
    """Refuse a folder that is no home yet, so that a mistyped one is neither made nor found empty.

    Raises:
        NotFoundError: it is none; nothing has been written.
    """
    if not any((home / name).exists() for name in MADE):
        raise NotFoundError(
            f"数据目录 {home.absolute()} 不存在或不是金钥匙的数据目录（其中没有数据池、业务库或模型）：请核对 --home；"
            "新建数据目录请先用 ./goldenkey ingest 导入数据，或用 ./goldenkey demo 试用。"
        )


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
