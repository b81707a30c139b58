"""The weights of a decoder-only model for generation: its shape and its tensors, without the model's own classes."""

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

__all__ = [
    "MATRICES",
    "LayerShape",
    "Linear",
    "LiveWeights",
    "ModelShape",
    "ModelWeights",
    "UnfitError",
    "int8_tensors",
]

MATRICES = ("query", "key", "value", "attention_output", "gate", "up", "down")
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}

Size = Field(gt=0, lt=2**31)


class UnfitError(ModelError):
    """A tensor is missing, or does not have the type and size that the model shape requires."""


class LayerShape(BaseModel):
    """Shape and constants of one layer."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    queries: int = Size
    """Number of query heads."""
    keys: int = Size
    """Number of key heads, and of value heads."""
    dim: int = Field(gt=0, le=MAX_HEAD_DIM, multiple_of=2)
    """Features of a head."""
    scale: float
    window: int = Field(gt=0)
    """Number of tokens that a position attends to, itself included."""
    rotary: str
    """Name of its rotary frequencies."""

    @model_validator(mode="after")
    def _shares_keys_evenly(self) -> Self:
        if self.queries % self.keys:
            raise ValueError("the number of query heads is not a multiple of the number of key heads")
        return self


class ModelShape(BaseModel):
    """Shape and constants of the whole model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    dtype: str = Field(pattern="^(bfloat16|float32)$")
    """Number format of activations."""
    features: int = Size
    inner: int = Size
    """Features inside the MLP."""
    vocabulary: int = Size
    embedding_scale: float
    eps: float
    """Epsilon of every norm."""
    gate: tuple[float, float]
    """Factors of x and x³ in the activation x * sigmoid(…)."""
    rotary: dict[str, float]
    """Factor of cosine and sine, for each name of rotary frequencies."""
    layers: tuple[LayerShape, ...] = Field(strict=False)

    @property
    def activations(self) -> torch.dtype:
        """The torch type of `dtype`."""
        return DTYPES[self.dtype]

    def matrices(self, layer: LayerShape) -> dict[str, tuple[int, int]]:
        """Return (rows, columns) of each matrix of `layer`."""
        queries, keys = layer.queries * layer.dim, layer.keys * layer.dim
        sizes = ((queries, self.features), (keys, self.features), (keys, self.features), (self.features, queries),
                 (self.inner, self.features), (self.inner, self.features), (self.features, self.inner))  # fmt: skip
        return dict(zip(MATRICES, sizes, strict=True))


@dataclass(frozen=True)
class Linear:
    """A linear layer."""

    multiply: Callable[[Tensor], Tensor]
    """(n, columns) dense → (n, rows)."""
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """(…, columns) → (…, rows)."""
        out = self.multiply(x.reshape(-1, x.shape[-1]).contiguous())
        return (out if self.bias is None else out + self.bias).view(*x.shape[:-1], -1)


@dataclass(frozen=True)
class ModelWeights:
    """Shape and tensors of a model. Each tensor is checked against the shape when it is taken."""

    shape: ModelShape
    tensors: dict[str, Tensor]

    def take(self, name: str, dtype: torch.dtype, *size: int) -> Tensor:
        """Return the tensor `name`.

        Raises:
            UnfitError: the tensor is missing, or has another type or size.
        """
        tensor = self.tensors.get(name)
        if tensor is None or tensor.dtype != dtype or tuple(tensor.shape) != size:
            found = "missing" if tensor is None else f"{tensor.dtype} {tuple(tensor.shape)}"
            raise UnfitError(f"The tensor {name} is {found}; expected {dtype} {size}.")
        return tensor

    def maybe(self, name: str, dtype: torch.dtype, *size: int) -> Tensor | None:
        """Return what `take` returns; None if the tensor is missing."""
        return self.take(name, dtype, *size) if name in self.tensors else None

    def product(self, kernels: Kernels, name: str, rows: int, columns: int, dtype: torch.dtype) -> Linear:
        """Return the linear layer of matrix `name` (rows, columns), with results in `dtype`.

        Raises:
            UnfitError: see `take`.
        """
        bias = self.maybe(f"{name}.bias", dtype, rows)
        if self.is_int8(name):
            return Linear(partial(self._matrix(kernels, name, rows, columns).product, dtype=dtype), bias)
        weight = self.take(f"{name}.weight", self.shape.activations, rows, columns)
        return Linear(lambda x: linear(x, weight).to(dtype), bias)

    def is_int8(self, name: str) -> bool:
        """Return whether matrix `name` is in 8 bits."""
        return f"{name}.scales" in self.tensors

    def _matrix(self, kernels: Kernels, name: str, rows: int, columns: int) -> Int8Matrix:
        is_packed = columns % GROUP == 0 and kernels.has_int8_product
        size = (packed_size(rows, columns),) if is_packed else (rows, columns)
        corrections = self.take(f"{name}.corrections", torch.int32, rows) if is_packed else None
        scales = self.take(f"{name}.scales", torch.float32, rows)
        return Int8Matrix(kernels, scales, self.take(f"{name}.weight", torch.int8, *size), corrections)

    def quantized(self, kernels: Kernels) -> "ModelWeights":
        """Return the same weights with the matrices of all layers in 8 bits."""
        tensors = dict(self.tensors)
        for name in self._matrix_names():
            tensors |= int8_tensors(kernels, name, tensors.pop(f"{name}.weight"))
        return ModelWeights(self.shape, tensors)

    def _matrix_names(self) -> Iterator[str]:
        for number in range(len(self.shape.layers)):
            yield from (f"layers.{number}.{name}" for name in MATRICES)


@dataclass(frozen=True)
class LiveWeights(ModelWeights):
    """Weights of a model in training: `layers` computes the product of each matrix, bias included, by its name."""

    layers: dict[str, Callable[[Tensor], Tensor]]

    def product(self, kernels: Kernels, name: str, rows: int, columns: int, dtype: torch.dtype) -> Linear:
        """See `ModelWeights.product`."""
        if (layer := self.layers.get(name)) is None:
            return super().product(kernels, name, rows, columns, dtype)
        return Linear(lambda x: layer(x).to(dtype), None)


def int8_tensors(kernels: Kernels, name: str, weight: Tensor) -> dict[str, Tensor]:
    """Return the tensors of matrix `name` in 8 bits, from `weight` in bfloat16 or float32."""
    matrix = Int8Matrix.quantized(kernels, weight)
    tensors = {f"{name}.weight": matrix.weight, f"{name}.scales": matrix.scales}
    return tensors if matrix.corrections is None else tensors | {f"{name}.corrections": matrix.corrections}
