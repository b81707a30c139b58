"""The kernels without gradient: 8-bit products, and attention that hands out its keys and values."""

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels
from sumtune.kernels.ops import Heads

__all__ = ["int8_product", "quantize_rows", "read_attention", "rotate"]

ROWS_AT_ONCE = 512
"""Rows of a product whose 32-bit sums exist at a time: small enough for the cache."""


def quantize_rows(kernels: Kernels, x: Tensor) -> tuple[Tensor, Tensor]:
    """Dense `x` (rows, n) as int8 with scales (rows,) float32: row ≈ int8 * scale, the largest value being ±127."""
    quantized, scales = torch.empty(x.shape, dtype=torch.int8), torch.empty(len(x))
    kernels("quantize_rows", x, quantized, scales, *x.shape)
    return quantized, scales


def int8_product(kernels: Kernels, x: Tensor, weight: Tensor, scales: Tensor, dtype: torch.dtype) -> Tensor:
    """The product x @ (weight * scales[:, None]).T in 8-bit integers.

    `x` (rows, n), `weight` (m, n) int8, `scales` (m,) float32; gives (rows, m) in `dtype`.

    The sums are exact, so a row's result does not depend on the rows beside it.
    """
    out = torch.empty(len(x), len(weight), dtype=dtype)
    for start in range(0, len(x), ROWS_AT_ONCE):
        quantized, row_scales = quantize_rows(kernels, x[start : start + ROWS_AT_ONCE])
        sums = torch._int_mm(quantized, weight.t())
        kernels("scale_products", out[start : start + ROWS_AT_ONCE], sums, row_scales, scales, *sums.shape)
    return out


def rotate(
    kernels: Kernels, heads: Heads, x: Tensor, norm: Tensor | None, cosine: Tensor, sine: Tensor, scale: float
) -> Tensor:
    """(batch, time, count * dim) → (batch, count, time, dim), normed, rotated by (time, dim), and scaled."""
    batch, time, width = x.shape
    if cosine.shape != (time, heads.dim):
        raise ValueError(f"rotary tables of {tuple(cosine.shape)} for {time} positions and heads of {heads.dim}")
    count = width // heads.dim
    out, rstd = x.new_empty(batch, count, time, heads.dim), torch.empty(batch, time, count)
    kernels("rotate_heads", x.contiguous(), norm, cosine, sine, out, rstd, batch, time, count, heads.dim, heads.eps,
            scale)  # fmt: skip
    return out


def read_attention(
    kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`ops.attend`, with its keys and values, each (key heads, batch, time, dim), for what is written after them."""
    batch, time, _ = q.shape
    queries = rotate(kernels, heads, q, heads.query_norm, cosine, sine, heads.scale)
    keys = rotate(kernels, heads, k, heads.key_norm, cosine, sine, 1.0)
    values = v.view(batch, time, heads.keys, heads.dim).transpose(1, 2)
    rows = queries.view(batch * heads.keys, -1, heads.dim)
    probabilities = torch.bmm(rows, keys.view(-1, time, heads.dim).transpose(1, 2))
    kernels("causal_softmax", probabilities, probabilities.shape[0] * probabilities.shape[1], time, heads.window)
    out = torch.bmm(probabilities, values.reshape(-1, time, heads.dim)).view(batch, heads.queries, time, heads.dim)
    return (
        out.transpose(1, 2).reshape(batch, time, -1),
        keys.transpose(0, 1).contiguous(),
        values.transpose(0, 1).contiguous(),
    )
