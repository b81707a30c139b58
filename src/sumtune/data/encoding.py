"""Decode bytes as UTF-8, as UTF-16 or UTF-32 with a byte order mark or, if guessing is allowed, as Windows-1252."""

import codecs
import io
import re
from typing import BinaryIO, TextIO

__all__ = ["LEGACY", "decode", "detect", "is_byte_by_byte", "open_text"]

LEGACY = "cp1252"
"""Windows-1252, the usual encoding in Western Europe before UTF-8."""
BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF_8 = "utf-8-sig"
NOT_UTF_8 = re.compile("[\udc80-\udcff]")
"""A byte that is not UTF-8, as the error handler `surrogateescape` reads it."""
BEYOND_ASCII = re.compile("[^\0-\x7f\udc80-\udcff]")
"""A character of several bytes. Windows-1252 text is rarely valid UTF-8 by chance, but the bytes of “ß“ are."""
MOST_ACCENTS = 0.3
"""Share of non-ASCII characters that no text in a Western European language reaches."""


def decode(raw: bytes, guess: bool = False) -> tuple[str, str]:
    """Return `raw` as text, and its encoding. A byte that is not UTF-8 becomes a lone surrogate.

    With `guess`, text that is not UTF-8 but can be Windows-1252 is decoded as that.

    Raises:
        UnicodeDecodeError: `raw` does not have the encoding that its byte order mark says.
    """
    stream = io.BytesIO(raw)
    encoding = detect(stream, guess)
    with open_text(stream, encoding, newline="") as text:
        return text.read(), encoding


def open_text(stream: BinaryIO, encoding: str, newline: str | None = None) -> TextIO:
    """Return `stream` as text in `encoding`; a byte that is not UTF-8 becomes a lone surrogate."""
    errors = "surrogateescape" if encoding == UTF_8 else "strict"
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=newline)


def detect(stream: BinaryIO, guess: bool = False) -> str:
    """Return the encoding of `stream`, and rewind the stream."""
    start = stream.read(4)
    stream.seek(0)
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    legacy = guess and _can_be_legacy(stream)
    stream.seek(0)
    return LEGACY if legacy else UTF_8


def is_byte_by_byte(encoding: str) -> bool:
    """Return whether no text in `encoding`, as `detect` returns it, can be damaged: UTF-8 and Windows-1252."""
    return encoding in (UTF_8, LEGACY)


def _can_be_legacy(stream: BinaryIO) -> bool:
    """Return whether most of the non-ASCII bytes are not UTF-8 and all of them can be Windows-1252."""
    accents = others = characters = 0
    for line in stream:
        if line.isascii():
            characters += len(line)
            continue
        text = line.decode("utf-8", "surrogateescape")
        try:
            line.decode(LEGACY)
        except UnicodeDecodeError:
            return False
        characters += len(text)
        accents += len(NOT_UTF_8.findall(text))
        others += len(BEYOND_ASCII.findall(text))
    return others < accents <= MOST_ACCENTS * characters
