"""Recognize what a file is by its first bytes. Its name decides only between formats that look alike."""

import re
from pathlib import PurePath
from typing import Final, Literal

from sumtune.errors import DataError

__all__ = [
    "HEAD_BYTES",
    "SUFFIXES",
    "FileKind",
    "data_stem",
    "file_kind",
    "is_data_file",
    "is_text_export",
    "require_no_document",
]

FileKind = Literal["delimited", "json", "json lines", "parquet", "arrow", "excel", "gzip", "zip", "text"]
BY_SUFFIX: Final[dict[str, FileKind]] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".json": "json",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".xlsx": "excel",
}
TEXTS = ("delimited", "json", "json lines", "text")
SUFFIXES = tuple(BY_SUFFIX)
"""Suffixes of data files; each may be followed by `.gz`."""
HEAD_BYTES = 4096
"""Bytes from the start of a file that suffice to recognize it."""
BY_MAGIC: dict[bytes, FileKind] = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
TRANSCRIBE = "a recording: transcribe it first, and pass the transcript as WebVTT, SRT or text"
UNPACK = "an archive of a kind that is not read: unpack it, or pack it as .zip or .gz"
PICKLE = "a Python pickle, which can run code and is never loaded: save it as JSONL or Parquet"
IMAGE = "an image: copy its text to a .txt file"
EXPORT = "export the conversations as CSV, JSON or text"
REFUSED: dict[bytes, str] = {
    b"version https://git-lfs.github.com/spec/": "a Git LFS pointer, which only names the data: run `git lfs pull` "
    "where it was cloned, or download the file itself",
    b"%PDF-": "a PDF document: copy its text to a .txt file",
    b"{\\rtf": "an RTF document: save it as plain text",
    b"\xd0\xcf\x11\xe0": "an old Office document: save it as .xlsx, .csv or .txt",
    b"SQLite format 3\0": f"an SQLite database: {EXPORT}",
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), PICKLE),
    b"\x93NUMPY": "a NumPy array: save it as JSONL or Parquet",
    b"ORC": "an ORC file: save it as Parquet",
    b"Obj\x01": "an Avro file: save it as Parquet",
    **dict.fromkeys((b"ID3", b"OggS", b"fLaC", b"\x1a\x45\xdf\xa3", b"RIFF", b"\xff\xfb", b"\xff\xf3"), TRANSCRIBE),
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), IMAGE),
    **dict.fromkeys((b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!"), UNPACK),
}
"""First bytes of files that are not supported, with what they are and what to do instead."""
TEXTUAL = (b"version https://git-lfs.github.com/spec/", b"%PDF-", b"{\\rtf")
"""First bytes that are enough even if only text follows. Other ASCII first bytes also need binary data in the file."""
CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\b\x1b\x1a"))
"""Bytes that no text has, whatever its encoding, except UTF-16 and UTF-32. DOS ends texts with 0x1a."""
MOST_CONTROLS = 0.05
"""Largest share of them in a text, parts of which may be damaged."""
UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
"""Byte order marks of UTF-16 and UTF-32."""
MARKUP = {
    "<!doctype html": "an HTML page, perhaps an error or a log-in page instead of the data: download the data again, "
    f"or {EXPORT}",
    "<html": f"an HTML page: {EXPORT}",
    "<?xml": f"an XML document: {EXPORT}",
}
OFFICE = {
    "word/": "a Word document: save it as plain text",
    "ppt/": "a PowerPoint document: save its text as .txt",
    "mimetype": "an OpenDocument file: save it as .xlsx, .csv or .txt",
}


def is_data_file(name: str) -> bool:
    """Return whether a file of this name may hold examples.

    >>> is_data_file("Train.CSV.gz"), is_data_file("notes.txt")
    (True, False)
    """
    return _suffix(name) in SUFFIXES


def is_text_export(name: str) -> bool:
    """Return whether a file of this name may be an exported chat or a transcript.

    >>> is_text_export("_chat.txt"), is_text_export("._chat.txt"), is_text_export("chat.json")
    (True, False, False)
    """
    return name.lower().endswith((".txt", ".vtt", ".srt")) and not name.startswith(".")


def data_stem(name: str) -> str:
    """Return `name` without the suffixes that say its format.

    >>> data_stem("dialogsum.train.jsonl.gz")
    'dialogsum.train'
    """
    stem = name[:-3] if name.lower().endswith(".gz") else name
    return PurePath(stem).stem if PurePath(stem).suffix.lower() in BY_SUFFIX else stem


def file_kind(place: str, name: str, content: bytes) -> FileKind:
    """Return the kind of a file called `name` with the bytes `content`.

    Raises:
        DataError: the file is of a kind that is not supported; the message says which, and what to do instead.
    """
    _refuse(place, content)
    for magic, kind in BY_MAGIC.items():
        if content.startswith(magic):
            return kind
    by_name = BY_SUFFIX.get(_suffix(name), "text")
    if by_name in TEXTS and _is_binary(content[:HEAD_BYTES]):
        raise DataError(
            f"{place} holds binary data and no text: give a CSV, Excel, JSON, JSONL, Parquet or Arrow file, or a text "
            "in UTF-8."
        )
    start = _start_of_text(content)
    for mark, what in MARKUP.items():
        if start[:20].lower().startswith(mark):
            raise DataError(f"{place} is {what}.")
    return _text_kind(start, by_name) if by_name in TEXTS and by_name != "json" else by_name


def require_no_document(place: str, members: list[str]) -> None:
    """Raise DataError if an archive with these members is an office document that is not supported."""
    for member, what in OFFICE.items():
        if any(name.startswith(member) for name in members):
            raise DataError(f"{place} is {what}.")


def _text_kind(start: str, by_name: FileKind) -> FileKind:
    """Recognize JSON by a list of objects and JSON Lines by a line with one object, whatever the name says."""
    if re.match(r"\[\s*(?:\{\s*\"|\Z)", start):
        return "json"
    if by_name != "json lines" and re.match(r"\{\s*\"(?:[^\"\\]|\\.)*\"\s*:", start):
        return "json"
    return by_name


def _refuse(place: str, content: bytes) -> None:
    is_binary = b"\0" in content[:HEAD_BYTES]
    for magic, what in REFUSED.items():
        if content.startswith(magic) and (is_binary or magic in TEXTUAL or not magic.isascii()):
            raise DataError(f"{place} is {what}.")
    if content[4:8] == b"ftyp":
        raise DataError(f"{place} is {TRANSCRIBE}.")
    if content[257:262] == b"ustar":
        raise DataError(f"{place} is {UNPACK}.")


def _is_binary(head: bytes) -> bool:
    """Return whether too many of the first bytes are control characters for a text."""
    return not head.startswith(UNICODE_MARKS) and len(head) - len(head.translate(None, CONTROLS)) > MOST_CONTROLS * len(
        head
    )


def _suffix(name: str) -> str:
    lower = name.lower()
    return PurePath(lower.removesuffix(".gz")).suffix


def _start_of_text(content: bytes) -> str:
    head = content[:HEAD_BYTES]
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return head.decode(encoding, "ignore").lstrip("\ufeff").lstrip()
