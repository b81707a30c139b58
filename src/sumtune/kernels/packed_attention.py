"""Attention over packed examples: several targets follow one source, and each target sees only itself and the source.

The keys and values of a source are computed once for all of its targets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sumtune.kernels.attention import (
    Heads,
    Rotated,
    attention,
    attention_backward,
    keeps_probabilities,
    rotate_backward,
    rotated,
    to_features,
)
from sumtune.kernels.build import Kernels

__all__ = ["Packing", "attend_packed"]


@dataclass(frozen=True)
class _Part:
    """Positions of a source, or of a target that also sees its source."""

    own: slice
    source: slice | None
    """None if the part is a source itself."""

    @property
    def seen(self) -> tuple[slice, ...]:
        return (self.own,) if self.source is None else (self.source, self.own)


@dataclass(frozen=True)
class Packing:
    """Lengths in tokens of packed examples: the source of each, and its targets, one after another without padding."""

    examples: tuple[tuple[int, tuple[int, ...]], ...]

    def position_ids(self) -> list[int]:
        """Return the position of each token in its own sequence of source and target.

        >>> Packing(((3, (2, 1)),)).position_ids()
        [0, 1, 2, 3, 4, 3]
        """
        positions: list[int] = []
        for source, targets in self.examples:
            positions += range(source)
            for target in targets:
                positions += range(source, source + target)
        return positions

    def parts(self) -> Iterator[_Part]:
        """Yield all parts that have tokens, in order."""
        start = 0
        for length, targets in self.examples:
            source = slice(start, start + length)
            yield _Part(source, None)
            start += length
            for target in targets:
                if target:
                    yield _Part(slice(start, start + target), source)
                start += target

    def probabilities(self, heads: Heads) -> int:
        """Return the number of probabilities that attention computes."""
        lengths = [(source, target) for source, targets in self.examples for target in (0, *targets)]
        return sum(
            heads.probabilities(1, source + target, source if target else 0) for source, target in lengths
        )  # fmt: skip


class _AttendPacked(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, heads: Heads, packing: Packing, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor,
        sine: Tensor,
    ) -> Tensor:  # fmt: skip
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        rows = rotated(kernels, heads, q, k, v, cosine, sine)
        kept: list[Tensor] | None = [] if keeps_probabilities(packing.probabilities(heads)) else None
        out, counts = torch.empty_like(rows.queries), []
        for part in packing.parts():
            keys, values = (_joined(tensor, part.seen) for tensor in (rows.keys, rows.values))
            chosen, before = _rows(heads, part.own), len(kept or ())
            out[:, chosen] = attention(kernels, heads, rows.queries[:, chosen], keys, values, kept)
            counts.append(len(kept or ()) - before)
        ctx.kernels, ctx.heads, ctx.packing, ctx.counts = kernels, heads, packing, counts
        ctx.keeps = kept is not None
        ctx.save_for_backward(q, k, cosine, sine, *rows, *(kept or ()))
        return to_features(heads, out, len(q))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        q, k, cosine, sine, *saved = ctx.saved_tensors
        kernels, heads, rows, probabilities = ctx.kernels, ctx.heads, Rotated(*saved[:5]), iter(saved[5:])
        grad = grads[0].reshape(1, q.shape[1], heads.keys, heads.shared, heads.dim).transpose(1, 2)
        grad = grad.reshape(rows.queries.shape)
        query_grad = torch.empty_like(rows.queries)
        key_grad, value_grad = torch.zeros(rows.keys.shape), torch.zeros(rows.values.shape)
        for part, count in zip(ctx.packing.parts(), ctx.counts, strict=True):
            chosen = _rows(heads, part.own)
            of_part = rows._replace(
                queries=rows.queries[:, chosen], keys=_joined(rows.keys, part.seen),
                values=_joined(rows.values, part.seen),
            )  # fmt: skip
            kept = [next(probabilities) for _ in range(count)] if ctx.keeps else None
            query_grad[:, chosen], dk, dv = attention_backward(kernels, heads, of_part, kept, grad[:, chosen])
            _add(key_grad, dk, part.seen)
            _add(value_grad, dv, part.seen)
        gradients = rotate_backward(kernels, heads, q, k, rows, (query_grad, key_grad, value_grad), cosine, sine)
        return None, None, None, *gradients, None, None


def attend_packed(
    kernels: Kernels, heads: Heads, packing: Packing, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor
) -> Tensor:
    """Return what `attend` computes for each source followed by each of its targets, reading each source once.

    Shapes as for `attend`, with a batch of one row that holds all examples of `packing`; `cosine` and `sine` are those
    of `packing.position_ids()`.

    Raises:
        ValueError: see `rotate`.
    """
    return _AttendPacked.apply(kernels, heads, packing, q, k, v, cosine, sine)  # type: ignore[no-any-return, no-untyped-call]


def _rows(heads: Heads, positions: slice) -> slice:
    return slice(positions.start * heads.shared, positions.stop * heads.shared)


def _joined(tensor: Tensor, positions: Sequence[slice]) -> Tensor:
    """Return the `positions` of (batch * key heads, time, dim), one after another."""
    parts = [tensor[:, one] for one in positions]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def _add(total: Tensor, gradient: Tensor, positions: Sequence[slice]) -> None:
    """Add the joined `gradient` to the `positions` of `total`."""
    sizes = [one.stop - one.start for one in positions]
    for one, part in zip(positions, torch.split(gradient, sizes, 1), strict=True):
        total[:, one] += part
