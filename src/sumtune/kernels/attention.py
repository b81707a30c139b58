"""Causal attention on the CPU: torch multiplies blocks of positions, our own kernels do the steps in between."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels

__all__ = [
    "BLOCK",
    "SHAPES",
    "Heads",
    "Rotated",
    "attend",
    "attention",
    "attention_backward",
    "before_backward",
    "keeps_probabilities",
    "rotate",
    "rotate_backward",
    "rotated",
    "to_features",
]

BLOCK = 128
"""Positions per block. The queries of a block are multiplied only by the keys up to its last position."""
SHAPES = 8
"""Most different widths (numbers of keys) of the blocks of a layer that has no window or a window as long as the input.

Such a block sees all positions before it. Its width is rounded up to a multiple of 1/8 of the input, so that long
inputs do not need a new shape of product for each block.
"""
MAX_KEPT_PROBABILITIES = 6_000_000
"""Up to this count, training keeps the probabilities of one layer and micro-batch; above it, the backward pass
recomputes them. A micro-batch of the default size stays below this count."""


MAX_REUSED_PROBABILITIES = 64_000_000
"""`MAX_KEPT_PROBABILITIES` of a layer that is recomputed in the backward pass, which needs them immediately."""

_limit = ContextVar("limit", default=MAX_KEPT_PROBABILITIES)


@contextmanager
def before_backward() -> Iterator[None]:
    """Raise the limit of kept probabilities for a recomputed layer: the backward pass needs them immediately.

    The layer's first run must keep the same number of tensors, which are then dropped.
    """
    token = _limit.set(MAX_REUSED_PROBABILITIES)
    try:
        yield
    finally:
        _limit.reset(token)


@dataclass(frozen=True)
class Heads:
    """Settings of one attention layer: sizes, norms and window."""

    queries: int
    keys: int
    """Key and value heads. Each is shared by queries / keys query heads."""
    dim: int
    scale: float
    window: int
    """Tokens that a position attends to, including itself."""
    query_norm: Tensor | None = None
    """(dim,) float32: weight of the RMS norm of the queries, if any."""
    key_norm: Tensor | None = None
    eps: float = 0.0

    @property
    def shared(self) -> int:
        """Query heads per key head."""
        return self.queries // self.keys

    def blocks(self, time: int, begin: int = 0) -> "Iterator[_Block]":
        """Yield blocks of the positions from `begin` to `time`, in order.

        The columns that a block is multiplied by are rounded outwards, so that the products of a layer have few shapes:
        preparing a product for a new shape takes longer than the product.
        """
        step = BLOCK if self.window < time else -(-time // (SHAPES * BLOCK)) * BLOCK
        for start in range(begin, time, BLOCK):
            stop, first = min(start + BLOCK, time), max(0, start + 1 - self.window)
            yield _Block(start, stop, first // BLOCK * BLOCK, min(time, -(-stop // step) * step))

    def probabilities(self, batch: int, time: int, begin: int = 0) -> int:
        """Return the number of probabilities for `batch` rows of `time` positions, with queries from `begin`."""
        positions = sum((block.stop - block.start) * (block.last - block.first) for block in self.blocks(time, begin))
        return batch * self.queries * positions


class _Block(NamedTuple):
    """Positions from `start` to `stop` (exclusive), which attend only to positions from `first` to `last`."""

    start: int
    stop: int
    first: int
    last: int

    @property
    def seen(self) -> slice:
        """The positions that the block is multiplied by."""
        return slice(self.first, self.last)

    def rows(self, shared: int, begin: int = 0) -> slice:
        """Return the block's query rows; row 0 belongs to position `begin`."""
        return slice((self.start - begin) * shared, (self.stop - begin) * shared)


class Rotated(NamedTuple):
    """Normalized and rotated heads, with time next to the features; `rows` is time * (query heads per key head)."""

    queries: Tensor
    """(batch * key heads, rows, dim)."""
    keys: Tensor
    """(batch * key heads, time, dim); `values` likewise."""
    values: Tensor
    query_rstd: Tensor
    """(batch, time, heads): 1 / RMS from the norm; `key_rstd` likewise."""
    key_rstd: Tensor


class _Attend(torch.autograd.Function):
    """Attention that keeps its probabilities for short inputs and recomputes them for long ones."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
    ) -> Tensor:
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        ctx.kernels, ctx.heads = kernels, heads
        ctx.keeps = keeps_probabilities(heads.probabilities(len(q), q.shape[1]))
        rows = rotated(kernels, heads, q, k, v, cosine, sine)
        kept: list[Tensor] = []
        out = attention(kernels, heads, rows.queries, rows.keys, rows.values, kept if ctx.keeps else None)
        ctx.save_for_backward(q, k, cosine, sine, *((*rows, *kept) if ctx.keeps else (v,)))
        return to_features(heads, out, len(q))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        q, k, cosine, sine, *saved = ctx.saved_tensors
        kernels, heads, kept = ctx.kernels, ctx.heads, None
        if ctx.keeps:
            rows, kept = Rotated(*saved[:5]), saved[5:]
        else:
            rows = rotated(kernels, heads, q, k, saved[0], cosine, sine)
        batch, time, _ = q.shape
        grad = grads[0].reshape(batch, time, heads.keys, heads.shared, heads.dim).transpose(1, 2)
        gradients = attention_backward(kernels, heads, rows, kept, grad.reshape(rows.queries.shape))
        return None, None, *rotate_backward(kernels, heads, q, k, rows, gradients, cosine, sine), None, None


def keeps_probabilities(count: int) -> bool:
    """Return whether the probabilities of a layer and micro-batch are few enough to keep for the backward pass."""
    return count <= _limit.get()


def rotate_backward(
    kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, rows: Rotated, gradients: tuple[Tensor, Tensor, Tensor],
    cosine: Tensor, sine: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Return the gradients of the projections q, k and v from those of the query rows, keys and values."""
    query_grad, key_grad, value_grad = gradients
    batch, time, _ = q.shape
    dq, dk = torch.empty_like(q), torch.empty_like(k)
    kernels("rotate_heads_backward", query_grad, q, heads.query_norm, cosine, sine, rows.query_rstd, dq, batch,
            time, heads.queries, heads.shared, heads.dim, heads.scale)  # fmt: skip
    kernels("rotate_heads_backward", key_grad.to(k.dtype), k, heads.key_norm, cosine, sine, rows.key_rstd, dk,
            batch, time, heads.keys, 1, heads.dim, 1.0)  # fmt: skip
    dv = value_grad.to(k.dtype).view(batch, heads.keys, time, heads.dim).transpose(1, 2).reshape(k.shape)
    return dq, dk, dv


def rotate(
    kernels: Kernels, heads: Heads, x: Tensor, norm: Tensor | None, cosine: Tensor, sine: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """Return the heads (batch, keys, time, shared, dim) of `x` (batch, time, keys * shared * dim), and 1 / RMS.

    The heads are normalized, rotated and scaled. `cosine` and `sine` are (time, dim); 1 / RMS is (batch, time, count).

    Raises:
        ValueError: the tables are for other positions, or rotate only a part of each head.
    """
    batch, time, width = x.shape
    if cosine.shape != (time, heads.dim) or sine.shape != cosine.shape:
        raise ValueError(f"rotary tables of {tuple(cosine.shape)} for {time} positions and heads of {heads.dim}")
    count = width // heads.dim
    shared = count // heads.keys
    out, rstd = x.new_empty(batch, heads.keys, time, shared, heads.dim), torch.empty(batch, time, count)
    kernels("rotate_heads", x.contiguous(), norm, cosine, sine, out, rstd, batch, time, count, shared, heads.dim,
            heads.eps, scale)  # fmt: skip
    return out, rstd


def rotated(kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Rotated:
    """Return the heads of the projections `q`, `k` and `v` (batch, time, heads * dim), ready for attention.

    Raises:
        ValueError: see `rotate`.
    """
    batch, time, _ = q.shape
    queries, query_rstd = rotate(kernels, heads, q, heads.query_norm, cosine, sine, heads.scale)
    keys, key_rstd = rotate(kernels, heads, k, heads.key_norm, cosine, sine, 1.0)
    values = v.view(batch, time, heads.keys, heads.dim).transpose(1, 2).reshape(batch * heads.keys, time, heads.dim)
    query_rows = queries.view(batch * heads.keys, time * heads.shared, heads.dim)
    return Rotated(query_rows, keys.view(values.shape), values, query_rstd, key_rstd)


def attention(
    kernels: Kernels, heads: Heads, queries: Tensor, keys: Tensor, values: Tensor, kept: list[Tensor] | None = None
) -> Tensor:
    """Return the attention output for `queries`, the last positions of `keys`; see `Rotated` for the shapes.

    Appends the probabilities of each block to `kept`, if given.
    """
    time = keys.shape[1]
    begin, out = time - queries.shape[1] // heads.shared, torch.empty_like(queries)
    for block in heads.blocks(time, begin):
        chosen = block.rows(heads.shared, begin)
        probabilities = _probabilities(kernels, heads, queries[:, chosen], keys, block)
        out[:, chosen] = torch.bmm(probabilities, values[:, block.seen])
        if kept is not None:
            kept.append(probabilities)
    return out


def to_features(heads: Heads, rows: Tensor, batch: int) -> Tensor:
    """Reshape query rows (batch * key heads, time * shared, dim) to features (batch, time, queries * dim)."""
    time = rows.shape[1] // heads.shared
    return rows.view(batch, heads.keys, time, -1).transpose(1, 2).reshape(batch, time, -1)


def attend(kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Return causal attention (Vaswani et al. 2017) with rotary positions (Su et al. 2021) over the projections.

    `q` is (batch, time, queries * dim), `k` and `v` are (batch, time, keys * dim), `cosine` and `sine` (time, dim), all
    of the same dtype. The result is (batch, time, queries * dim). Rows may be padded only on the right.

    Raises:
        ValueError: see `rotate`.
    """
    return _Attend.apply(kernels, heads, q, k, v, cosine, sine)  # type: ignore[no-any-return, no-untyped-call]


def _probabilities(kernels: Kernels, heads: Heads, queries: Tensor, keys: Tensor, block: _Block) -> Tensor:
    """Return the probabilities of a block's `queries`: (batch * key heads, query rows, positions attended to)."""
    out = torch.bmm(queries, keys[:, block.seen].transpose(1, 2))
    groups, count, columns = out.shape
    kernels("causal_softmax", out, groups * count, count, columns, heads.shared, block.start - block.first,
            heads.window)  # fmt: skip
    return out


def attention_backward(
    kernels: Kernels, heads: Heads, rows: Rotated, kept: Sequence[Tensor] | None, grad: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of the query rows, keys and values (the latter two in float32); see `attention`."""
    time = rows.keys.shape[1]
    begin = time - rows.queries.shape[1] // heads.shared
    query_grad = torch.empty_like(rows.queries)
    key_grad, value_grad = torch.zeros(rows.keys.shape), torch.zeros(rows.values.shape)
    for number, block in enumerate(heads.blocks(time, begin)):
        chosen, seen = block.rows(heads.shared, begin), block.seen
        probabilities = (
            _probabilities(kernels, heads, rows.queries[:, chosen], rows.keys, block) if kept is None else kept[number]
        )
        scores_grad = torch.bmm(grad[:, chosen], rows.values[:, seen].transpose(1, 2))
        kernels("softmax_backward", probabilities, scores_grad, scores_grad.shape[0] * scores_grad.shape[1],
                scores_grad.shape[2])  # fmt: skip
        query_grad[:, chosen] = torch.bmm(scores_grad, rows.keys[:, seen])
        key_grad[:, seen] += torch.bmm(scores_grad.transpose(1, 2), rows.queries[:, chosen])
        value_grad[:, seen] += torch.bmm(probabilities.transpose(1, 2), grad[:, chosen])
    return query_grad, key_grad, value_grad
