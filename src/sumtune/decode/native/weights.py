"""A decoder-only model taken apart for generation: numbers and tensors, without the classes that they came from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor
from torch.nn.functional import linear

from sumtune.errors import ModelError
from sumtune.kernels.build import MAX_HEAD_DIM, Kernels
from sumtune.kernels.int8 import GROUP, Int8Matrix, packed_size

__all__ = ["MATRICES", "LayerShape", "Linear", "ModelShape", "ModelWeights", "UnfitError", "int8_tensors"]

MATRICES = ("query", "key", "value", "attention_output", "gate", "up", "down")
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}

Size = Field(gt=0, lt=2**31)


class UnfitError(ModelError):
    """Tensors are missing or are not of the shape that the model's numbers ask for."""


class LayerShape(BaseModel):
    """Numbers of one layer."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    queries: int = Size
    keys: int = Size
    """Heads of keys and of values."""
    dim: int = Field(gt=0, le=MAX_HEAD_DIM, multiple_of=2)
    scale: float
    window: int = Field(gt=0)
    """Tokens that a position sees, itself included."""
    rotary: str
    """Name of the frequencies that it rotates with."""

    @model_validator(mode="after")
    def _shares_keys_evenly(self) -> Self:
        if self.queries % self.keys:
            raise ValueError("heads of queries that share a head of keys unevenly")
        return self


class ModelShape(BaseModel):
    """Numbers of the whole model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    dtype: str = Field(pattern="^(bfloat16|float32)$")
    """Of activations."""
    features: int = Size
    inner: int = Size
    """Features between the gate and the end of a layer."""
    vocabulary: int = Size
    embedding_scale: float
    eps: float
    """Of every norm."""
    gate: tuple[float, float]
    """Factors of x and x³ in the activation x * sigmoid(…)."""
    rotary: dict[str, float]
    """What cosine and sine are multiplied by, for each set of frequencies."""
    layers: tuple[LayerShape, ...] = Field(strict=False)

    @property
    def activations(self) -> torch.dtype:
        """The torch type of `dtype`."""
        return DTYPES[self.dtype]

    def matrices(self, layer: LayerShape) -> dict[str, tuple[int, int]]:
        """(rows, columns) of each matrix of `layer`."""
        queries, keys = layer.queries * layer.dim, layer.keys * layer.dim
        sizes = ((queries, self.features), (keys, self.features), (keys, self.features), (self.features, queries),
                 (self.inner, self.features), (self.inner, self.features), (self.features, self.inner))  # fmt: skip
        return dict(zip(MATRICES, sizes, strict=True))


@dataclass(frozen=True)
class Linear:
    """A product, and what is added to it."""

    multiply: Callable[[Tensor], Tensor]
    """(n, columns) dense → (n, rows)."""
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """(…, columns) → (…, rows)."""
        out = self.multiply(x.reshape(-1, x.shape[-1]).contiguous())
        return (out if self.bias is None else out + self.bias).view(*x.shape[:-1], -1)


@dataclass(frozen=True)
class ModelWeights:
    """A model's numbers and its tensors by name, which are held against each other when they are taken."""

    shape: ModelShape
    tensors: dict[str, Tensor]

    def take(self, name: str, dtype: torch.dtype, *size: int) -> Tensor:
        """The tensor `name`.

        Raises:
            UnfitError: there is none, or it is of another type or size.
        """
        tensor = self.tensors.get(name)
        if tensor is None or tensor.dtype != dtype or tuple(tensor.shape) != size:
            found = "missing" if tensor is None else f"{tensor.dtype} {tuple(tensor.shape)}"
            raise UnfitError(f"The tensor {name} is {found}; expected {dtype} {size}.")
        return tensor

    def maybe(self, name: str, dtype: torch.dtype, *size: int) -> Tensor | None:
        """`take`, or None where there is no such tensor."""
        return self.take(name, dtype, *size) if name in self.tensors else None

    def product(self, kernels: Kernels, name: str, rows: int, columns: int, dtype: torch.dtype) -> Linear:
        """The product with matrix `name` (rows, columns) in 8 bits or the model's own format, results in `dtype`.

        Raises:
            UnfitError: see `take`.
        """
        bias = self.maybe(f"{name}.bias", dtype, rows)
        if self.is_int8(name):
            return Linear(partial(self._matrix(kernels, name, rows, columns).product, dtype=dtype), bias)
        weight = self.take(f"{name}.weight", self.shape.activations, rows, columns)
        return Linear(lambda x: linear(x, weight).to(dtype), bias)

    def is_int8(self, name: str) -> bool:
        """True where matrix `name` is in 8 bits."""
        return f"{name}.scales" in self.tensors

    def _matrix(self, kernels: Kernels, name: str, rows: int, columns: int) -> Int8Matrix:
        is_packed = columns % GROUP == 0 and kernels.has_int8_product
        size = (packed_size(rows, columns),) if is_packed else (rows, columns)
        corrections = self.take(f"{name}.corrections", torch.int32, rows) if is_packed else None
        scales = self.take(f"{name}.scales", torch.float32, rows)
        return Int8Matrix(kernels, scales, self.take(f"{name}.weight", torch.int8, *size), corrections)

    def quantized(self, kernels: Kernels) -> "ModelWeights":
        """The same with the matrices of all layers in 8 bits."""
        tensors = dict(self.tensors)
        for name in self._matrix_names():
            tensors |= int8_tensors(kernels, name, tensors.pop(f"{name}.weight"))
        return ModelWeights(self.shape, tensors)

    def _matrix_names(self) -> Iterator[str]:
        for number in range(len(self.shape.layers)):
            yield from (f"layers.{number}.{name}" for name in MATRICES)


def int8_tensors(kernels: Kernels, name: str, weight: Tensor) -> dict[str, Tensor]:
    """The tensors of matrix `name` in 8 bits, from `weight` in bfloat16 or float32."""
    matrix = Int8Matrix.quantized(kernels, weight)
    tensors = {f"{name}.weight": matrix.weight, f"{name}.scales": matrix.scales}
    return tensors if matrix.corrections is None else tensors | {f"{name}.corrections": matrix.corrections}
