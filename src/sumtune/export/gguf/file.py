"""Writing of GGUF files, one tensor after the other, so that only one of them is in memory twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tensor", "Value", "write_gguf"]

Value = bool | int | float | str | Sequence[int] | Sequence[float] | Sequence[str]


@dataclass(frozen=True)
class Tensor:
    """A tensor that is read when it is written."""

    name: str
    shape: tuple[int, ...]
    kind: str
    """Name of its type in `GGMLQuantizationType` of the package gguf."""
    read: Callable[[], NDArray[np.float32]]


def write_gguf(file: Path, architecture: str, metadata: Mapping[str, Value], tensors: Iterable[Tensor]) -> None:
    """Write metadata and tensors into the new GGUF file `file`."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, quants

    writer, tensors = GGUFWriter(file, architecture), list(tensors)
    for key, value in metadata.items():
        _add(writer, key, value)
    for one in tensors:
        kind = GGMLQuantizationType[one.kind]
        block, size = GGML_QUANT_SIZES[kind]
        writer.add_tensor_info(one.name, one.shape, np.dtype(np.float32), prod(one.shape) // block * size, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for one in tensors:
        writer.write_tensor_data(quants.quantize(one.read(), GGMLQuantizationType[one.kind]))
    writer.close()


def _add(writer: Any, key: str, value: Value) -> None:
    """Add `value` with the GGUF type of its Python type. `bool` comes before `int`, of which it is a kind."""
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
