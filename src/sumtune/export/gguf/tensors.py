"""Weights of a merged model as the tensors of a GGUF file: names, order of rows, number formats."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sumtune.errors import ModelError
from sumtune.export.gguf.architecture import WAY_ON, Architecture
from sumtune.export.gguf.file import Tensor

__all__ = ["Precision", "gguf_names", "model_tensors", "stored"]

Precision = Literal["f16", "q8_0"]
ROPE_FACTORS = "rope_freqs.weight"
OUTPUT = "lm_head.weight"
BLOCK = 32
"""Numbers in a row that q8_0 scales together."""


def gguf_names(architecture: Architecture) -> Callable[[str], str]:
    """Return a function from the name of a weight in transformers to its name in a GGUF file.

    The function raises ModelError for a weight that llama.cpp does not know.
    """
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map

    kind = next(arch for arch in MODEL_ARCH if MODEL_ARCH_NAMES[arch] == architecture.name)
    known = get_tensor_name_map(kind, architecture.layers)

    def name_of(weight: str) -> str:
        name = known.get_name(weight, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise ModelError(f"llama.cpp has no tensor for {weight!r}. {WAY_ON}")
        return str(name)

    return name_of


def model_tensors(model: Any, architecture: Architecture, precision: Precision) -> Iterator[Tensor]:
    """Yield the tensors of `model`. An output layer that shares the embeddings is left out: llama.cpp shares them, too.

    Raises:
        ModelError: llama.cpp has no tensor for a weight.
    """
    name_of = gguf_names(architecture)
    tied = model.get_output_embeddings().weight.data_ptr() == model.get_input_embeddings().weight.data_ptr()
    for weight, values in model.state_dict().items():
        if not (tied and weight == OUTPUT):
            shape, kind = tuple(values.shape), _type(tuple(values.shape), precision)
            yield Tensor(name_of(weight), shape, kind, partial(_read, weight, values, architecture))
    if architecture.rope_factors:
        factors = np.array(architecture.rope_factors, np.float32)
        yield Tensor(ROPE_FACTORS, factors.shape, "F32", lambda: factors)


def _type(shape: tuple[int, ...], precision: Precision) -> str:
    """Return the type of a tensor. Vectors stay in float32; rows that q8_0 cannot divide become float16."""
    if len(shape) < 2:
        return "F32"
    return "F16" if precision == "q8_0" and shape[-1] % BLOCK else precision.upper()


def _read(weight: str, values: Any, architecture: Architecture) -> NDArray[np.float32]:
    return stored(weight, values.float().numpy(), architecture)


def stored(weight: str, values: NDArray[np.float32], architecture: Architecture) -> NDArray[np.float32]:
    """Return the values of a weight as llama.cpp computes with them.

    1 is added to Gemma's norms. The rows of Llama's queries and keys are reordered, because llama.cpp rotates
    neighbouring rows together.
    """
    part = weight.split(".")[-2]
    if part.endswith("norm"):
        return values + np.float32(architecture.norm_shift)
    if architecture.interleaves and part in ("q_proj", "k_proj"):
        return _interleaved(values, architecture.heads if part == "q_proj" else architecture.key_heads)
    return values


def _interleaved(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Return `values`, whose rows are the two halves of each head, with a row of each half in turns.

    >>> _interleaved(np.arange(8, dtype=np.float32), heads=2).tolist()
    [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]
    """
    halves = values.reshape(heads, 2, -1, *values.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(values.shape)
