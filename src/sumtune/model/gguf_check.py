"""The head of a GGUF file, read with limits before anything else looks into the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from sumtune.errors import ModelError

__all__ = ["check_gguf"]

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_HEAD_BYTES = 256 << 20
"""A vocabulary of 262,144 tokens and its merges take some 10 MB."""
MAX_TENSORS = 1 << 16
MAX_DIMENSIONS = 4
DEFAULT_ALIGNMENT = 32
STRING, ARRAY, UINT32 = 8, 9, 4
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Type number → format letter of `struct`."""


class _HeadError(Exception):
    """What is wrong, without the file's name."""


def check_gguf(file: Path) -> None:
    """Returns where every tensor that the head of `file` names lies inside the file, whole.

    Raises:
        ModelError: the file is no GGUF, or its head is cut off, too large or not true; the message names the tensor.
    """
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            _check(_Head(stream, size), size)
    except _HeadError as error:
        raise ModelError(f"Cannot use the GGUF file {file}: {error}.") from None


class _Head:
    """Reads forward and never more than the file, or the limit of a head, holds."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left, self.place = stream, min(size, MAX_HEAD_BYTES), 0

    def take(self, count: int) -> bytes:
        if count > self._left:
            raise _HeadError(f"its head is cut off, or longer than {MAX_HEAD_BYTES >> 20} MB")
        self._left -= count
        self.place += count
        return self._stream.read(count)

    def number(self, letter: str) -> Any:
        form = struct.Struct(f"<{letter}")
        return form.unpack(self.take(form.size))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        """A value of type `kind`; of arrays only that they are there."""
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            of, count = self.number("I"), self.number("Q")
            if of in SCALARS:
                self.take(count * struct.calcsize(f"<{SCALARS[of]}"))
            elif of == STRING:
                for _ in range(count):  # ends at the latest where the head does
                    self.take(self.number("Q"))
            else:
                raise _HeadError(f"it has an array of type {of}, which is unknown")
            return None
        if kind not in SCALARS:
            raise _HeadError(f"it has a value of type {kind}, which is unknown")
        return self.number(SCALARS[kind])


def _check(head: _Head, size: int) -> None:
    if head.take(4) != MAGIC:
        raise _HeadError("it is not a GGUF file, as it does not begin with the bytes `GGUF`")
    if (version := head.number("I")) not in VERSIONS:
        raise _HeadError(f"its version is {version}, known are {VERSIONS[0]} and {VERSIONS[1]}")
    tensors, values = head.number("Q"), head.number("Q")
    if tensors > MAX_TENSORS:
        raise _HeadError(f"it says it has {tensors:,} tensors, more than {MAX_TENSORS:,}")
    alignment = DEFAULT_ALIGNMENT
    for _ in range(values):
        key, kind = head.text(), head.number("I")
        value = head.value(kind)
        if key == "general.alignment":
            alignment = value
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise _HeadError(f"its alignment is {alignment!r}, which is no power of two")
    bytes_of, named = _sizes(), {}
    for _ in range(tensors):
        name, place, length = _tensor(head, bytes_of)
        if name in named:
            raise _HeadError(f"tensor {name!r} is there twice")
        named[name] = (place, length)
    start = -(-head.place // alignment) * alignment
    for name, (place, length) in named.items():
        if place % alignment:
            raise _HeadError(f"tensor {name!r} does not begin at a multiple of {alignment} bytes")
        if start + place + length > size:
            raise _HeadError(
                f"tensor {name!r} ends at byte {start + place + length:,}, and the file has {size:,}: it is cut off"
            )


def _tensor(head: _Head, bytes_of: Callable[[int, int], int]) -> tuple[str, int, int]:
    """Name, place after the head, and bytes of the next tensor."""
    name, dimensions = head.text(), head.number("I")
    if not 0 < dimensions <= MAX_DIMENSIONS:
        raise _HeadError(f"tensor {name!r} has {dimensions} dimensions, expected 1 to {MAX_DIMENSIONS}")
    shape = [head.number("Q") for _ in range(dimensions)]
    kind, place = head.number("I"), head.number("Q")
    try:
        return name, place, bytes_of(kind, shape[0]) * prod(shape[1:])
    except ValueError as error:
        raise _HeadError(f"tensor {name!r}: {error}") from None


def _sizes() -> Callable[[int, int], int]:
    """A function that gives the bytes of a row of so many numbers of a type."""
    try:
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
    except ImportError:
        raise ModelError("GGUF files need the package gguf: run `pip install 'sumtune[embedded]'`.") from None

    def bytes_of(kind: int, numbers: int) -> int:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]  # ValueError for an unknown number
        if numbers % block:
            raise ValueError(f"a row of {numbers:,} numbers is no multiple of its blocks of {block}")
        return numbers // block * size

    return bytes_of
