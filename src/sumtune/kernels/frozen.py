"""Matrix products with frozen weights, for training: of a layer alone, or of a layer and its adapter in one pass."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import pad

from sumtune.kernels.build import COLUMNS, Kernels

__all__ = ["FrozenWeight"]


@dataclass(frozen=True)
class FrozenWeight:
    """A weight (m, n) that never changes. Our own kernel uses copies packed in advance, one per direction."""

    shape: tuple[int, int]
    weight: Tensor | None
    """(m, n) if torch computes the products; None if our kernels do, so that its memory is freed."""
    ours: "_Packed | None" = None

    @classmethod
    def of(cls, weight: Tensor, kernels: Kernels | None) -> "FrozenWeight":
        """Prepare `weight` (m, n) for the fastest product on this machine."""
        weight = weight.detach()
        shape = (weight.shape[0], weight.shape[1])
        is_known = weight.device.type == "cpu" and not any(size % 2 for size in shape)
        if kernels is None or not is_known or not kernels.has_frozen_product(weight.dtype):
            return cls(shape, weight)
        dense = weight.contiguous()
        return cls(shape, None, _Packed(kernels, _packed(kernels, dense), _packed(kernels, dense, transposed=True)))

    def times(self, x: Tensor, y: Tensor | None = None, more: Tensor | None = None) -> Tensor:
        """Return x W^T, or x W^T + y more^T, (rows, m), for `x` (rows, n), `y` (rows, rank) and `more` (m, rank)."""
        if self.ours is None:
            assert self.weight is not None
            out = x @ self.weight.t()
            return out if y is None or more is None else out.addmm_(y, more.t())
        kernels = self.ours.kernels
        y, more = _even(y, 1), _even(more, 1)
        added = None if more is None else _packed(kernels, more)
        return _product(kernels, x, self.ours.by_rows, y, added, self.shape[0])

    def back(self, x: Tensor, y: Tensor | None = None, more: Tensor | None = None) -> Tensor:
        """Return x W, or x W + y more, (rows, n), for `x` (rows, m), `y` (rows, rank) and `more` (rank, n)."""
        if self.ours is None:
            assert self.weight is not None
            out = x @ self.weight
            return out if y is None or more is None else out.addmm_(y, more)
        kernels = self.ours.kernels
        y, more = _even(y, 1), _even(more, 0)
        added = None if more is None else _packed(kernels, more, transposed=True)
        return _product(kernels, x, self.ours.by_columns, y, added, self.shape[1])


@dataclass(frozen=True)
class _Packed:
    """A weight packed by `pack_frozen`, one copy per direction."""

    kernels: Kernels
    by_rows: Tensor
    by_columns: Tensor


def _even(matrix: Tensor | None, axis: int) -> Tensor | None:
    """Return `matrix`, padded with zeros to an even size along `axis`, because the kernel multiplies pairs."""
    if matrix is None or matrix.shape[axis] % 2 == 0:
        return matrix
    return pad(matrix, (0, 1) if axis == 1 else (0, 0, 0, 1))


def _packed(kernels: Kernels, matrix: Tensor, *, transposed: bool = False) -> Tensor:
    """Return `matrix` (outputs, inputs), or with `transposed` (inputs, outputs), packed by `pack_frozen`."""
    matrix = matrix.contiguous()
    rows, columns = matrix.shape
    outputs, inputs, steps = (columns, rows, (1, columns)) if transposed else (rows, columns, (columns, 1))
    packed = matrix.new_empty(-(-outputs // COLUMNS) * COLUMNS * inputs)
    kernels("pack_frozen", matrix, packed, outputs, inputs, *steps)
    return packed


def _product(
    kernels: Kernels, x: Tensor, weight: Tensor, y: Tensor | None, more: Tensor | None, outputs: int
) -> Tensor:
    x, y = x.contiguous(), None if y is None else y.contiguous()
    out = x.new_empty(len(x), outputs)
    rank = 0 if y is None else y.shape[1]
    kernels("frozen_product", out, x, weight, y, more, *x.shape, outputs, rank)
    return out
