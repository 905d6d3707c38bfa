"""Files that their reader must refuse, and archives of which a part is not as it should be."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import GoldenKeyError


def assert_refused(read: Callable[[Path], object], path: Path, text: str, sentence: str) -> None:
    """Assert that `read` refuses a file of this text in an error of one line which matches `sentence`."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoldenKeyError, match=sentence) as error:
        read(path)
    assert "\n" not in str(error.value)


def with_part(path: Path, part: str, content: bytes) -> Path:
    """The archive (workbook, .docx) with one part in the place of what stood there."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, held in (parts | {part: content}).items():
            packed.writestr(name, held)
    return path
