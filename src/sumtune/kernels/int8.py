"""Matrix products in 8-bit integers, for generation only."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sumtune.kernels.build import COLUMNS, Kernels

__all__ = ["GROUP", "Int8Matrix", "packed_size", "quantize_rows"]

GROUP = 4
"""Bytes that one instruction multiplies and adds. Our kernel needs a row length that is a multiple of this."""
ROWS_AT_ONCE = 512
"""Rows per call of torch's product, so that the 32-bit sums fit in the processor's cache."""


def quantize_rows(kernels: Kernels, x: Tensor, shift: int = 0) -> tuple[Tensor, Tensor]:
    """Quantize dense `x` (rows, n): return bytes, and scales (rows,) float32, with row ≈ (bytes - shift) * scale.

    In each row, the largest absolute value of (bytes - shift) is 127. The bytes are int8, or uint8 with a `shift`.
    """
    quantized, scales = torch.empty(x.shape, dtype=torch.uint8 if shift else torch.int8), torch.empty(len(x))
    kernels("quantize_rows", x, quantized, scales, *x.shape, shift)
    return quantized, scales


def packed_size(m: int, n: int) -> int:
    """Return the size in bytes of a matrix (m, n) packed by `pack_int8`."""
    return -(-m // COLUMNS) * COLUMNS * n


@dataclass(frozen=True)
class Int8Matrix:
    """A matrix (m, n) of 8-bit integers with one scale per row.

    The sums of its products are exact, so a row of the result does not depend on the other rows of the batch.
    """

    kernels: Kernels
    scales: Tensor
    """(m,) float32."""
    weight: Tensor
    """int8, (m, n); packed by `pack_int8` if there are corrections."""
    corrections: Tensor | None
    """(m,) int32 for our own kernel; None if torch computes the products."""

    @classmethod
    def quantized(cls, kernels: Kernels, weight: Tensor) -> "Int8Matrix":
        """Quantize `weight` (m, n) in bfloat16 or float32."""
        rows, scales = quantize_rows(kernels, weight.detach().contiguous())
        m, n = rows.shape
        if n % GROUP or not kernels.has_int8_product:
            return cls(kernels, scales, rows, None)
        packed = torch.empty(packed_size(m, n), dtype=torch.int8)
        corrections = torch.empty(m, dtype=torch.int32)
        kernels("pack_int8", rows, packed, corrections, m, n)
        return cls(kernels, scales, packed, corrections)

    def product(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """Return x @ matrix.T (rows, m) in `dtype`, for dense `x` (rows, n)."""
        out = torch.empty(len(x), len(self.scales), dtype=dtype)
        if self.corrections is None:
            return self._by_torch(x, out)
        quantized, scales = quantize_rows(self.kernels, x, shift=128)
        self.kernels("int8_product", out, quantized, scales, self.weight, self.corrections, self.scales, *x.shape,
                     len(self.scales))  # fmt: skip
        return out

    def _by_torch(self, x: Tensor, out: Tensor) -> Tensor:
        for start in range(0, len(x), ROWS_AT_ONCE):
            quantized, scales = quantize_rows(self.kernels, x[start : start + ROWS_AT_ONCE])
            sums = torch._int_mm(quantized, self.weight.t())
            self.kernels("scale_products", out[start : start + ROWS_AT_ONCE], sums, scales, self.scales, *sums.shape)
        return out
