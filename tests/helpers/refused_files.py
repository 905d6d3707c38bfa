"""Files that their reader must refuse."""

from __future__ import annotations

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
