"""A decoder-only model for generation, by our kernels: attention, gated layers, RMS norms, rotary positions."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from sumtune.decode.native.attention import Position, WritingAttention
from sumtune.decode.native.weights import Linear, Parts
from sumtune.kernels.attention import Heads
from sumtune.kernels.build import Kernels
from sumtune.kernels.ops import Gate, rms_norm

__all__ = ["Decoder"]

Change = Callable[[Tensor], Tensor]
Tables = tuple[Tensor, Tensor]
"""Cosine and sine, (positions, dim)."""


@dataclass(frozen=True)
class _Layer:
    rotary: str
    before_attention: Change
    attention: WritingAttention
    after_attention: Change
    before_mlp: Change
    gate: Gate
    opened: Linear
    up: Linear
    down: Linear
    after_mlp: Change

    def __call__(self, hidden: Tensor, tables: Tables) -> Tensor:
        hidden = hidden + self.after_attention(self.attention(self.before_attention(hidden), *tables))
        normed = self.before_mlp(hidden)
        return hidden + self.after_mlp(self.down(self.gate.forward(self.opened(normed), self.up(normed))))


class Decoder:
    """From token ids to last hidden states, which know all that was read and written before in the same batch."""

    def __init__(self, parts: Parts, embedding: Tensor, kernels: Kernels) -> None:
        """`embedding` (vocabulary, features) is looked up where it lies, in whatever format.

        Raises:
            UnfitError: the tensors do not fit the numbers, or each other.
        """
        self._parts, self._kernels, self._embedding = parts, kernels, embedding
        shape = parts.shape
        self._scale = torch.tensor(shape.embedding_scale, dtype=shape.activations)
        self._rotary = {}
        for kind, factor in shape.rotary.items():
            dim = next(layer.dim for layer in shape.layers if layer.rotary == kind)
            self._rotary[kind] = parts.take(f"rotary.{kind}", torch.float32, dim // 2), factor
        self._layers = [self._layer(number) for number in range(len(shape.layers))]
        self._norm = self._make_norm("norm")

    def begin(self, position: Position) -> None:
        """Starts a batch, with nothing read yet.

        All that it will remember lies in one block: of that size malloc gives back to the system what is let go.
        """
        sizes = [layer.attention.sizes(position) for layer in self._layers]
        lengths = [prod(size) for of_layer in sizes for size in of_layer]
        block = torch.zeros(sum(lengths), dtype=self._parts.shape.activations)
        parts = iter(torch.split_with_sizes(block, lengths))
        for layer, of_layer in zip(self._layers, sizes, strict=True):
            layer.attention.begin(position, [next(parts).view(size) for size in of_layer])

    def end(self) -> None:
        """Lets go of what the batch remembered."""
        self.begin(Position(torch.zeros(1, dtype=torch.int64), beams=1, limit=0))

    def read(self, ids: Tensor) -> Tensor:
        """Last hidden states (rows, time, features) of whole rows `ids` (rows, time), padded on the right only."""
        return self._run(ids, torch.arange(ids.shape[1]))

    def write(self, ids: Tensor, positions: Tensor) -> Tensor:
        """Last hidden states (rows, features) of one more token `ids` (rows,) of each row, at its position (rows,)."""
        return self._run(ids[:, None], positions)[:, 0]

    def reorder(self, parents: Tensor) -> None:
        """Row r goes on from what row `parents[r]` wrote; rows stay with their dialogue."""
        for layer in self._layers:
            layer.attention.reorder(parents)

    def keep(self, chosen: Tensor, rows: Tensor) -> None:
        """Forgets all but the dialogues `chosen` and their `rows`."""
        for layer in self._layers:
            layer.attention.keep(chosen, rows)

    def _run(self, ids: Tensor, positions: Tensor) -> Tensor:
        dtype = self._parts.shape.activations
        hidden = self._embedding[ids].to(dtype) * self._scale
        tables = {kind: _tables(positions, *rotary, dtype) for kind, rotary in self._rotary.items()}
        for layer in self._layers:
            hidden = layer(hidden, tables[layer.rotary])
        return self._norm(hidden)

    def _layer(self, number: int) -> _Layer:
        parts, kernels = self._parts, self._kernels
        shape, numbers, at = parts.shape, parts.shape.layers[number], f"layers.{number}."
        products = {
            name: parts.product(kernels, at + name, *size, shape.activations)
            for name, size in shape.matrices(numbers).items()
        }
        heads = Heads(
            queries=numbers.queries, keys=numbers.keys, dim=numbers.dim, scale=numbers.scale, window=numbers.window,
            query_norm=parts.maybe(f"{at}query_norm", torch.float32, numbers.dim),
            key_norm=parts.maybe(f"{at}key_norm", torch.float32, numbers.dim), eps=shape.eps,
        )  # fmt: skip
        return _Layer(
            rotary=numbers.rotary,
            before_attention=self._make_norm(f"{at}before_attention"),
            attention=WritingAttention(
                heads, kernels, products["query"], products["key"], products["value"], products["attention_output"]
            ),
            after_attention=self._make_norm(f"{at}after_attention", needed=False),
            before_mlp=self._make_norm(f"{at}before_mlp"),
            gate=Gate(kernels, *shape.gate),
            opened=products["gate"],
            up=products["up"],
            down=products["down"],
            after_mlp=self._make_norm(f"{at}after_mlp", needed=False),
        )

    def _make_norm(self, name: str, needed: bool = True) -> Change:
        take = self._parts.take if needed else self._parts.maybe
        weight = take(name, torch.float32, self._parts.shape.features)
        if weight is None:
            return lambda x: x
        kernels, eps = self._kernels, self._parts.shape.eps
        return lambda x: rms_norm(kernels, x, weight, eps)


def _tables(positions: Tensor, frequencies: Tensor, factor: float, dtype: torch.dtype) -> Tables:
    """Rotary tables (Su et al. 2021) of `positions` (n,), (n, dim)."""
    angles = (positions[:, None].float() * frequencies).repeat(1, 2)
    return (angles.cos() * factor).to(dtype), (angles.sin() * factor).to(dtype)
