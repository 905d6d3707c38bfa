"""What reading an archive (.xlsx, .ods, .docx, .zip) raises that is damaged, locked or packed in another way."""

from __future__ import annotations

import lzma
import zipfile
import zlib

BROKEN_ZIP = (
    zipfile.BadZipFile,  # no archive, or its directory and sums do not fit
    OSError,  # it ends early, or a place in it lies before its beginning; also what bz2 cannot unpack
    EOFError,  # the data of a part end early
    zlib.error,  # the data of a part cannot be unpacked
    lzma.LZMAError,
    KeyError,  # the part that was asked for is not in it
    ValueError,  # a place before the beginning, a name in no encoding
    RuntimeError,  # the part is locked by a password
    NotImplementedError,  # a way of packing that the library does not know
)
"""Every exception of opening an archive and reading its parts; a reader that parses XML adds the parser's own."""
