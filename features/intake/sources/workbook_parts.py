"""What a workbook says of itself beside its cells: from which day it counts."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

DAYS_OF_1904 = 1462
"""Days from the first day of the calendar of 1900 to that of 1904."""
_FROM_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true|on)[\"']", re.IGNORECASE)
_OLD_FROM_1904 = b"\x22\x00\x02\x00\x01\x00\x0e\x00\x02\x00"
"""Of an old workbook (xls): the record of the calendar, and the head of the one that always follows."""
_MOST = 8 << 20


def days_later(path: Path) -> int:
    """Days to add to a date that a workbook holds as a plain number: `DAYS_OF_1904`, or 0 for the usual calendar."""
    if path.suffix.lower() == ".xls" and not zipfile.is_zipfile(path):
        return DAYS_OF_1904 if _OLD_FROM_1904 in path.read_bytes() else 0
    try:
        with zipfile.ZipFile(path) as packed, packed.open("xl/workbook.xml") as part:
            return DAYS_OF_1904 if _FROM_1904.search(part.read(_MOST)) else 0
    except (OSError, KeyError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return 0
