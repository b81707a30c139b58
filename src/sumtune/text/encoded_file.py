"""Encoded examples in a file, read one at a time, so that their number hardly matters for memory."""

import json
import shutil
import struct
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import overload

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from sumtune.errors import RunDirError
from sumtune.files.atomic import new_file
from sumtune.text.encode import Encoded

__all__ = ["EncodedFile", "load_encoded", "save_encoded"]

PARTS = ("source", "target")
ID = np.dtype("<i4")
ALIGNMENT = 8
"""Bytes; tensors begin at a multiple of them."""


class EncodedFile(Sequence[Encoded]):
    """The examples in a file that `save_encoded` wrote. Token ids stay in the file until an example is asked for."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            OSError: the file cannot be read.
            SafetensorError: it is not a safetensors file, or a tensor is missing.
            ValueError: lengths and ids do not fit together.
        """
        with safe_open(path, framework="numpy") as tensors:
            self._ends = {part: _ends(tensors.get_tensor(f"{part}_lengths")) for part in PARTS}
            ids = {part: tensors.get_slice(f"{part}_ids") for part in PARTS}
            if len({len(ends) for ends in self._ends.values()}) > 1:
                raise ValueError("it has more sources than targets, or fewer")
            for part in PARTS:
                if (ids[part].get_dtype(), ids[part].get_shape()) != ("I32", [self._ends[part][-1]]):
                    raise ValueError(f"the lengths of its {part}s do not add up to their ids")
        self._file = path.open("rb")  # mapped into memory, all that was ever read would count as used
        weakref.finalize(self, self._file.close)
        size = int.from_bytes(self._file.read(8), "little")
        header = json.loads(self._file.read(size))
        self._starts = {part: 8 + size + header[f"{part}_ids"]["data_offsets"][0] for part in PARTS}

    def __len__(self) -> int:
        return len(self._ends["source"]) - 1

    @overload
    def __getitem__(self, at: int) -> Encoded: ...
    @overload
    def __getitem__(self, at: slice) -> list[Encoded]: ...
    def __getitem__(self, at: int | slice) -> Encoded | list[Encoded]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return Encoded(*(self._row(part, at % len(self)) for part in PARTS))

    def _row(self, part: str, at: int) -> tuple[int, ...]:
        start, end = map(int, self._ends[part][at : at + 2])
        self._file.seek(self._starts[part] + start * ID.itemsize)
        return tuple(np.frombuffer(self._file.read((end - start) * ID.itemsize), ID).tolist())


def _ends(lengths: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the places where rows of `lengths` end, after a 0."""
    if lengths.ndim != 1 or (lengths < 0).any():
        raise ValueError("its lengths are not a list of counts")
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def save_encoded(examples: Iterable[Encoded], path: Path) -> None:
    """Write `examples` to `path` as safetensors: concatenated int32 ids and int32 lengths of sources and targets.

    They are collected in temporary files, because the sizes of all tensors come first in the format
    (https://github.com/huggingface/safetensors#format).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        tensors = {
            f"{part}_{kind}": stack.enter_context(TemporaryFile(dir=path.parent))
            for part in PARTS
            for kind in ("ids", "lengths")
        }
        for example in examples:
            for part in PARTS:
                ids = np.asarray(getattr(example, part), ID)
                tensors[f"{part}_ids"].write(ids.tobytes())
                tensors[f"{part}_lengths"].write(np.asarray([len(ids)], ID).tobytes())
        final = stack.enter_context(new_file(path))
        with final.open("wb") as file:
            file.write(_header({name: tensor.tell() for name, tensor in tensors.items()}))
            for tensor in tensors.values():
                tensor.seek(0)
                shutil.copyfileobj(tensor, file)


def _header(sizes: Mapping[str, int]) -> bytes:
    """Return the start of a safetensors file with tensors of `sizes` bytes, one after the other."""
    ends = list(accumulate(sizes.values(), initial=0))
    entries = {
        name: {"dtype": "I32", "shape": [size // ID.itemsize], "data_offsets": place}
        for (name, size), place in zip(sizes.items(), pairwise(ends), strict=True)
    }
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % ALIGNMENT)
    return struct.pack("<Q", len(header)) + header


def load_encoded(path: Path) -> EncodedFile:
    """Return the examples that `save_encoded` wrote to `path`.

    Raises:
        RunDirError: the file is missing, damaged, or has another format.
    """
    try:
        return EncodedFile(path)
    except (OSError, SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise RunDirError(f"{path} is damaged: {' '.join(str(error).split())}.") from None
