"""The bytes and the text of a file. Both can be read several times, a piece at a time."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from sumtune.data.encoding import decode, detect, is_byte_by_byte, open_text
from sumtune.errors import DataError

__all__ = ["Content", "Text"]


@dataclass(frozen=True)
class Content:
    """The bytes of a file on disk or, for a member of an archive, in memory."""

    source: Path | bytes

    def open(self) -> BinaryIO:
        """Return a stream at the first byte.

        Raises:
            DataError: the file cannot be read.
        """
        if isinstance(self.source, bytes):
            return io.BytesIO(self.source)
        try:
            return self.source.open("rb")
        except OSError as error:
            raise _unreadable(self.source, error) from None

    def read(self, most: int = -1) -> bytes:
        """Return the first `most` bytes, or all of them.

        Raises:
            DataError: the file cannot be read.
        """
        with self.open() as stream:
            try:
                return stream.read(most)
            except OSError as error:
                raise _unreadable(self.source, error) from None


@dataclass(frozen=True)
class Text:
    """A text that stays in its file, unless it is already in memory."""

    source: Content | str
    encoding: str = "utf-8"

    @classmethod
    def of(cls, content: Content, guess: bool) -> "Text":
        """Return `content` as text, decoded as `sumtune.data.encoding.decode` does.

        Raises:
            UnicodeDecodeError: `content` does not have the encoding that its byte order mark says.
        """
        with content.open() as stream:
            encoding = detect(stream, guess)
        return cls(content if is_byte_by_byte(encoding) else decode(content.read(), guess)[0], encoding)

    def open(self, newline: str | None = "") -> TextIO:
        """Return a stream at the first character; line ends are kept as they are, or read with `newline`."""
        if isinstance(self.source, str):
            return io.StringIO(self.source, newline)
        return open_text(self.source.open(), self.encoding, newline)

    def read(self) -> str:
        """Return the whole text."""
        if isinstance(self.source, str):
            return self.source
        with self.open() as stream:
            return stream.read()

    def is_blank(self) -> bool:
        """Return whether the text has no character besides white space."""
        with self.open() as stream:
            return not any(piece.strip() for piece in iter(lambda: stream.read(1 << 16), ""))


def _unreadable(path: object, error: OSError) -> DataError:
    return DataError(f"Cannot read {path}: {error.strerror or type(error).__name__}.")
