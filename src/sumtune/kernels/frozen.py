"""Products with frozen weights, for training: of a layer, of its adapter, and of both at once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels

__all__ = ["FrozenWeight"]

COLUMNS = 64
"""`COLUMNS` of kernels_int8.h."""


@dataclass(frozen=True)
class FrozenWeight:
    """A weight (m, n) that never changes; for our own product laid out beforehand, once for each direction."""

    weight: Tensor
    kernels: Kernels | None
    """None where torch takes the products."""
    by_rows: Tensor | None = None
    by_columns: Tensor | None = None

    @classmethod
    def of(cls, weight: Tensor, kernels: Kernels | None) -> "FrozenWeight":
        """`weight` (m, n) as fast as this machine can multiply by it."""
        weight = weight.detach()
        ours = kernels is not None and kernels.has_bf16_product and weight.dtype == torch.bfloat16
        if kernels is None or not ours or weight.device.type != "cpu" or any(size % 2 for size in weight.shape):
            return cls(weight, None)
        dense = weight.contiguous()
        return cls(weight, kernels, _packed(kernels, dense), _packed(kernels, dense, transposed=True))

    def times(self, x: Tensor, y: Tensor | None = None, more: Tensor | None = None) -> Tensor:
        """X W^T, or x W^T + y more^T: `x` (rows, n), `y` (rows, rank), `more` (m, rank); gives (rows, m)."""
        if self.kernels is None or self.by_rows is None or _odd(y):
            out = x @ self.weight.t()
            return out if y is None or more is None else out.addmm_(y, more.t())
        added = None if more is None else _packed(self.kernels, more)
        return _product(self.kernels, x, self.by_rows, y, added, len(self.weight))

    def back(self, x: Tensor, y: Tensor | None = None, more: Tensor | None = None) -> Tensor:
        """X W, or x W + y more: `x` (rows, m), `y` (rows, rank), `more` (rank, n); gives (rows, n)."""
        if self.kernels is None or self.by_columns is None or _odd(y):
            out = x @ self.weight
            return out if y is None or more is None else out.addmm_(y, more)
        added = None if more is None else _packed(self.kernels, more, transposed=True)
        return _product(self.kernels, x, self.by_columns, y, added, self.weight.shape[1])


def _odd(y: Tensor | None) -> bool:
    return y is not None and y.shape[1] % 2 == 1


def _packed(kernels: Kernels, matrix: Tensor, transposed: bool = False) -> Tensor:
    """`matrix` (outputs, inputs), or with `transposed` (inputs, outputs), in the order of `pack_bf16`."""
    matrix = matrix.contiguous()
    rows, columns = matrix.shape
    outputs, inputs, steps = (columns, rows, (1, columns)) if transposed else (rows, columns, (columns, 1))
    packed = matrix.new_empty(-(-outputs // COLUMNS) * COLUMNS * inputs)
    kernels.untyped("pack_bf16", matrix, packed, outputs, inputs, *steps)
    return packed


def _product(
    kernels: Kernels, x: Tensor, weight: Tensor, y: Tensor | None, more: Tensor | None, outputs: int
) -> Tensor:
    x, y = x.contiguous(), None if y is None else y.contiguous()
    out = x.new_empty(len(x), outputs)
    rank = 0 if y is None else y.shape[1]
    kernels.untyped("bf16_product", out, x, weight, y, more, *x.shape, outputs, rank)
    return out
