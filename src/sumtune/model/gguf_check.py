"""Check of a GGUF header, with limits on every size, before any other code reads the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from sumtune.errors import ModelError

__all__ = ["chat_template", "check_gguf"]

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_HEADER_BYTES = 256 << 20
"""A vocabulary of 262,144 tokens with its merges takes about 10 MB."""
MAX_TENSORS = 1 << 16
MAX_DIMENSIONS = 4
DEFAULT_ALIGNMENT = 32
CHAT_TEMPLATE = "tokenizer.chat_template"
STRING, ARRAY, UINT32 = 8, 9, 4
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""GGUF type number to format letter of `struct`."""


class _InvalidHeaderError(Exception):
    """What is wrong with the header. The caller adds the file name."""


def check_gguf(file: Path) -> None:
    """Check that the header of `file` is valid and that every tensor it names lies inside the file.

    Raises:
        ModelError: the file is not a GGUF file, or its header is cut off, too large or wrong. The message names the
            tensor.
    """
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            _check(_HeaderReader(stream, size), size)
    except _InvalidHeaderError as error:
        raise ModelError(f"Cannot use the GGUF file {file}: {error}.") from None


def chat_template(file: Path) -> str | None:
    """Return the chat template in the header of `file`, which `check_gguf` has checked; None if it has none."""
    with file.open("rb") as stream:
        header = _HeaderReader(stream, file.stat().st_size)
        header.take(16)  # magic, version, number of tensors
        for _ in range(header.number("Q")):
            key, value = header.text(), header.value(header.number("I"))
            if key == CHAT_TEMPLATE and isinstance(value, str):
                return value
    return None


class _HeaderReader:
    """Sequential reader that never reads beyond the end of the file or the size limit of a header."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left, self.position = stream, min(size, MAX_HEADER_BYTES), 0

    def take(self, count: int) -> bytes:
        if count > self._left:
            raise _InvalidHeaderError(f"its header is cut off, or longer than {MAX_HEADER_BYTES >> 20} MB")
        self._left -= count
        self.position += count
        return self._stream.read(count)

    def number(self, letter: str) -> Any:
        form = struct.Struct(f"<{letter}")
        return form.unpack(self.take(form.size))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        """Return the value of type `kind`, or None for an array, which is only skipped."""
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            item_kind, count = self.number("I"), self.number("Q")
            if item_kind in SCALARS:
                self.take(count * struct.calcsize(f"<{SCALARS[item_kind]}"))
            elif item_kind == STRING:
                for _ in range(count):  # ends at the end of the header at the latest
                    self.take(self.number("Q"))
            else:
                raise _InvalidHeaderError(f"it has an array of the unknown type {item_kind}")
            return None
        if kind not in SCALARS:
            raise _InvalidHeaderError(f"it has a value of the unknown type {kind}")
        return self.number(SCALARS[kind])


def _check(header: _HeaderReader, size: int) -> None:
    if header.take(4) != MAGIC:
        raise _InvalidHeaderError("it is not a GGUF file (it does not begin with the bytes `GGUF`)")
    if (version := header.number("I")) not in VERSIONS:
        raise _InvalidHeaderError(f"its version is {version}, expected {VERSIONS[0]} or {VERSIONS[1]}")
    tensors, values = header.number("Q"), header.number("Q")
    if tensors > MAX_TENSORS:
        raise _InvalidHeaderError(f"it claims {tensors:,} tensors, more than the limit of {MAX_TENSORS:,}")
    alignment = DEFAULT_ALIGNMENT
    for _ in range(values):
        key, kind = header.text(), header.number("I")
        value = header.value(kind)
        if key == "general.alignment":
            alignment = value
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise _InvalidHeaderError(f"its alignment is {alignment!r}, expected a power of two")
    bytes_of, named = _sizes(), {}
    for _ in range(tensors):
        name, offset, length = _tensor(header, bytes_of)
        if name in named:
            raise _InvalidHeaderError(f"tensor {name!r} occurs twice")
        named[name] = (offset, length)
    start = -(-header.position // alignment) * alignment
    for name, (offset, length) in named.items():
        if offset % alignment:
            raise _InvalidHeaderError(f"tensor {name!r} does not begin at a multiple of {alignment} bytes")
        if start + offset + length > size:
            raise _InvalidHeaderError(
                f"the file has only {size:,} bytes, but tensor {name!r} ends at byte {start + offset + length:,}"
            )


def _tensor(header: _HeaderReader, bytes_of: Callable[[int, int], int]) -> tuple[str, int, int]:
    """Return name, offset after the header and size in bytes of the next tensor."""
    name, dimensions = header.text(), header.number("I")
    if not 0 < dimensions <= MAX_DIMENSIONS:
        raise _InvalidHeaderError(f"tensor {name!r} has {dimensions} dimensions, expected 1 to {MAX_DIMENSIONS}")
    shape = [header.number("Q") for _ in range(dimensions)]
    kind, offset = header.number("I"), header.number("Q")
    try:
        return name, offset, bytes_of(kind, shape[0]) * prod(shape[1:])
    except ValueError as error:
        raise _InvalidHeaderError(f"tensor {name!r}: {error}") from None


def _sizes() -> Callable[[int, int], int]:
    """Return a function that maps (type number, length of a row) to the size of the row in bytes."""
    try:
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
    except ImportError:
        raise ModelError("GGUF files need the package gguf: run `pip install 'sumtune[embedded]'`.") from None

    def bytes_of(kind: int, numbers: int) -> int:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]  # raises ValueError for an unknown type
        if numbers % block:
            raise ValueError(f"the length of a row, {numbers:,}, is not a multiple of the block size {block}")
        return numbers // block * size

    return bytes_of
