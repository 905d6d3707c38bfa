"""What must be refused, in one sentence: files by their readers, archives with a wrong part, words of a command."""

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


def assert_one_sentence(capsys: pytest.CaptureFixture[str], says: str) -> None:
    """Assert that standard error holds one line, with these words in it."""
    error = capsys.readouterr().err.strip()
    assert says in error and len(error.splitlines()) == 1, error
