"""Attention of encoder–decoder models on the CPU: over all keys of a row, or all up to the query, with a bias.

torch multiplies, and our own kernel does the steps in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sumtune.kernels.attention import BLOCK, keeps_probabilities
from sumtune.kernels.build import Kernels

__all__ = ["Masked", "attend_masked"]

MAX_BLOCK = 4_000_000
"""Most probabilities that are computed at a time if they are not kept."""


@dataclass(frozen=True)
class Masked:
    """Settings of one attention layer."""

    heads: int
    scale: float
    is_causal: bool
    """Whether a query sees only keys up to its own position."""

    def rows(self, x: Tensor) -> Tensor:
        """Return the heads (batch * heads, time, dim) of `x` (batch, time, heads * dim)."""
        batch, time, _ = x.shape
        return x.view(batch, time, self.heads, -1).transpose(1, 2).reshape(batch * self.heads, time, -1)

    def features(self, rows: Tensor) -> Tensor:
        """Return the opposite of `rows`."""
        count, time, _ = rows.shape
        return rows.view(-1, self.heads, time, rows.shape[-1]).transpose(1, 2).reshape(count // self.heads, time, -1)


class _Attend(torch.autograd.Function):
    """Keeps the probabilities if they are few; otherwise the backward pass computes them again, block by block."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, form: Masked, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, last: Tensor
    ) -> Tensor:
        queries, keys, values = form.rows(q), form.rows(k), form.rows(v)
        ctx.kernels, ctx.form = kernels, form
        ctx.keeps = keeps_probabilities(queries.shape[0] * queries.shape[1] * keys.shape[1])
        out, kept = torch.empty_like(queries), []
        for block in _blocks(queries, keys, ctx.keeps):
            probabilities = _probabilities(kernels, form, queries, keys, bias, last, block)
            out[:, block] = torch.bmm(probabilities, values)
            kept += [probabilities] if ctx.keeps else []
        ctx.save_for_backward(queries, keys, values, bias, last, *kept)
        return form.features(out)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        queries, keys, values, bias, last, *kept = ctx.saved_tensors
        kernels, form, grad = ctx.kernels, ctx.form, ctx.form.rows(grads[0].contiguous())
        query_grad = torch.empty_like(queries)
        key_grad, value_grad = _Sum(), _Sum()
        for block in _blocks(queries, keys, ctx.keeps):
            probabilities = kept[0] if kept else _probabilities(kernels, form, queries, keys, bias, last, block)
            scores_grad = torch.bmm(grad[:, block], values.transpose(1, 2))
            kernels("softmax_backward", probabilities, scores_grad, scores_grad.shape[0] * scores_grad.shape[1],
                    scores_grad.shape[2])  # fmt: skip
            query_grad[:, block] = torch.bmm(scores_grad, keys)
            key_grad.add(torch.bmm(scores_grad.transpose(1, 2), queries[:, block]))
            value_grad.add(torch.bmm(probabilities.transpose(1, 2), grad[:, block]))
        scaled = [one if form.scale == 1 else one * form.scale for one in (query_grad, key_grad.of(keys))]
        return None, None, *map(form.features, (*scaled, value_grad.of(values))), None, None


class _Sum:
    """A sum of tensors: in float32 if there are several."""

    def __init__(self) -> None:
        self._parts: Tensor | None = None

    def add(self, part: Tensor) -> None:
        """Add `part`."""
        self._parts = part if self._parts is None else self._parts.float() + part

    def of(self, like: Tensor) -> Tensor:
        """Return the sum in the dtype of `like`; zeros if there is none."""
        return torch.zeros_like(like) if self._parts is None else self._parts.to(like.dtype)


def _blocks(queries: Tensor, keys: Tensor, keeps: bool) -> Iterator[slice]:
    """Yield blocks of queries: all at once if their probabilities are kept."""
    count, time, _ = queries.shape
    step = time if keeps else max(BLOCK, MAX_BLOCK // (count * keys.shape[1]) // BLOCK * BLOCK)
    for start in range(0, time, max(1, step)):
        yield slice(start, min(start + step, time))


def _probabilities(
    kernels: Kernels, form: Masked, queries: Tensor, keys: Tensor, bias: Tensor | None, last: Tensor, block: slice
) -> Tensor:
    """Return the probabilities (batch * heads, block, keys) of the queries in `block`."""
    scores = torch.bmm(queries[:, block], keys.transpose(1, 2))
    count, rows, columns = scores.shape
    chosen = None if bias is None else bias[:, block].contiguous()
    kernels("masked_softmax", scores, chosen, last, count // form.heads, form.heads, rows, columns, block.start,
            int(form.is_causal), form.scale)  # fmt: skip
    return scores


def attend_masked(
    kernels: Kernels, form: Masked, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None,
    lengths: Sequence[int] | Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return attention (Vaswani et al. 2017) with an additive `bias` (heads, queries, keys), which gets no gradient.

    `q` is (batch, queries, heads * dim), `k` and `v` are (batch, keys, heads * dim), of the same dtype as `bias`. The
    result is (batch, queries, heads * dim). Row b sees its first `lengths[b]` keys, at least one, by default all.

    Raises:
        ValueError: a length is zero or larger than the number of keys, or causal attention has more queries than keys.
    """
    count = k.shape[1]
    last = torch.full((len(k),), count - 1) if lengths is None else torch.as_tensor(lengths, dtype=torch.int64) - 1
    return _Attend.apply(kernels, form, q, k, v, bias, last)  # type: ignore[no-any-return, no-untyped-call]
