"""Causal attention over whole rows, on the CPU: batched products and our kernels between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sumtune.kernels.build import Kernels

__all__ = ["Heads", "Seen", "attend", "attention", "rotate"]

BLOCK = 128
"""Positions whose queries are multiplied together, with the keys up to the last of them only."""


@dataclass(frozen=True)
class Heads:
    """What turns projections into attention: sizes, norms, and how far back a position sees."""

    queries: int
    keys: int
    """Heads of keys and values; each serves queries / keys heads of queries."""
    dim: int
    scale: float
    window: int
    """Tokens that a position sees, itself included."""
    query_norm: Tensor | None = None
    """(dim,) float32: weight of the RMS norm of queries, where there is one."""
    key_norm: Tensor | None = None
    eps: float = 0.0

    @property
    def shared(self) -> int:
        """Heads of queries that a head of keys serves."""
        return self.queries // self.keys

    def blocks(self, time: int) -> "Iterator[_Block]":
        """The positions from 0 to `time`, in order."""
        for start in range(0, time, BLOCK):
            yield _Block(start, min(start + BLOCK, time), max(0, start + 1 - self.window))


class _Block(NamedTuple):
    """Positions from `start` to `stop`, which see none before `first`."""

    start: int
    stop: int
    first: int

    @property
    def seen(self) -> slice:
        """Positions that any of them sees."""
        return slice(self.first, self.stop)

    def rows(self, shared: int) -> slice:
        """Their rows of queries."""
        return slice(self.start * shared, self.stop * shared)


class _Attend(torch.autograd.Function):
    """Plain attention by batched products: for dialogues, faster on a CPU than blockwise attention."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
    ) -> Tensor:
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        out, seen = attention(kernels, heads, q, k, v, cosine, sine)
        ctx.save_for_backward(
            q, k, seen.queries, seen.keys, seen.values, seen.query_rstd, seen.key_rstd, cosine, sine,
            *seen.probabilities,
        )  # fmt: skip
        ctx.kernels, ctx.heads = kernels, heads
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        q, k, q_rows, k_rows, v_rows, q_rstd, k_rstd, cosine, sine, *probabilities = ctx.saved_tensors
        kernels, heads = ctx.kernels, ctx.heads
        batch, time, _ = q.shape
        grad = grads[0].reshape(batch, time, heads.keys, heads.shared, heads.dim).transpose(1, 2).reshape(q_rows.shape)
        turned_q = torch.empty_like(q_rows)
        turned_k, dv = torch.zeros(k_rows.shape), torch.zeros(v_rows.shape)
        for block, chances in zip(heads.blocks(time), probabilities, strict=True):
            rows, seen = block.rows(heads.shared), block.seen
            dscores = torch.bmm(grad[:, rows], v_rows[:, seen].transpose(1, 2))
            kernels("softmax_backward", chances, dscores, dscores.shape[0] * dscores.shape[1], dscores.shape[2])
            turned_q[:, rows] = torch.bmm(dscores, k_rows[:, seen])
            turned_k[:, seen] += torch.bmm(dscores.transpose(1, 2), q_rows[:, rows])
            dv[:, seen] += torch.bmm(chances.transpose(1, 2), grad[:, rows])
        dq, dk = torch.empty_like(q), torch.empty_like(k)
        kernels("rotate_heads_backward", turned_q, q, heads.query_norm, cosine, sine, q_rstd, dq, batch, time,
                heads.queries, heads.shared, heads.dim, heads.scale)  # fmt: skip
        kernels("rotate_heads_backward", turned_k.to(k.dtype), k, heads.key_norm, cosine, sine, k_rstd, dk, batch, time,
                heads.keys, 1, heads.dim, 1.0)  # fmt: skip
        dv = dv.to(k.dtype).view(batch, heads.keys, time, heads.dim).transpose(1, 2).reshape(k.shape)
        return None, None, dq, dk, dv, None, None


def rotate(
    kernels: Kernels, heads: Heads, x: Tensor, norm: Tensor | None, cosine: Tensor, sine: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """Heads (batch, keys, time, shared, dim) of `x` (batch, time, keys * shared * dim), normed, rotated, and scaled.

    `cosine` and `sine` are (time, dim). Beside the heads 1 / rms of the norm, (batch, time, count).

    Raises:
        ValueError: the tables are not of these positions, or rotate only a part of each head.
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


class Seen(NamedTuple):
    """What attention over whole rows computed on its way; `rows` are time * (heads sharing a key)."""

    queries: Tensor
    """(batch * key heads, rows, dim)."""
    keys: Tensor
    """(batch * key heads, time, dim); `values` likewise."""
    values: Tensor
    probabilities: list[Tensor]
    """For each block (batch * key heads, rows of the block, positions that it sees)."""
    query_rstd: Tensor
    key_rstd: Tensor


def attention(
    kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
) -> tuple[Tensor, Seen]:
    """`attend` without gradient, with what it computed on its way.

    Raises:
        ValueError: the tables are not of these positions, or rotate only a part of each head.
    """
    batch, time, _ = q.shape
    groups, shared = batch * heads.keys, heads.shared
    queries, query_rstd = rotate(kernels, heads, q, heads.query_norm, cosine, sine, heads.scale)
    keys, key_rstd = rotate(kernels, heads, k, heads.key_norm, cosine, sine, 1.0)
    query_rows, key_rows = queries.view(groups, time * shared, heads.dim), keys.view(groups, time, heads.dim)
    value_rows = v.view(batch, time, heads.keys, heads.dim).transpose(1, 2).reshape(groups, time, heads.dim)
    out, probabilities = torch.empty_like(query_rows), []
    for block in heads.blocks(time):
        chances = torch.bmm(query_rows[:, block.rows(shared)], key_rows[:, block.seen].transpose(1, 2))
        count, rows, columns = chances.shape
        kernels("causal_softmax", chances, count * rows, rows, columns, shared, block.start - block.first, heads.window)
        out[:, block.rows(shared)] = torch.bmm(chances, value_rows[:, block.seen])
        probabilities.append(chances)
    seen = Seen(query_rows, key_rows, value_rows, probabilities, query_rstd, key_rstd)
    return out.view(batch, heads.keys, time, -1).transpose(1, 2).reshape(batch, time, -1), seen


def attend(kernels: Kernels, heads: Heads, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Causal attention (Vaswani et al. 2017) with rotary positions (Su et al. 2021), from projections to its result.

    `q` (batch, time, queries * dim), `k` and `v` (batch, time, keys * dim), `cosine` and `sine` (time, dim) in the
    same dtype; gives (batch, time, queries * dim). Rows may be padded on the right only.

    Raises:
        ValueError: the tables are not of these positions, or rotate only a part of each head.
    """
    return _Attend.apply(kernels, heads, q, k, v, cosine, sine)  # type: ignore[no-any-return, no-untyped-call]
