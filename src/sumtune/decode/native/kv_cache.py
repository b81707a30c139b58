"""KV cache of a batch while it writes summaries. All beams of a dialogue share the keys and values of the dialogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from sumtune.kernels.attention import Heads

__all__ = ["KVCache", "LayerCache"]


@dataclass
class LayerCache:
    """Keys and values of one layer."""

    read_keys: Tensor
    """Keys of the dialogues, (key heads, dialogues, time, dim); `read_values` has the same shape."""
    read_values: Tensor
    keys: Tensor
    """Keys of written tokens, (key heads, dialogues * beams, limit, dim); `values` has the same shape."""
    values: Tensor

    def store_dialogues(self, first: int, keys: Tensor, values: Tensor, begin: int = 0) -> None:
        """Store `keys` and `values` (rows * key heads, time, dim) of the dialogues from `first` on.

        They belong to the positions from `begin` on.
        """
        heads, _, _, dim = self.read_keys.shape
        for stored, new in ((self.read_keys, keys), (self.read_values, values)):
            rows = new.view(-1, heads, new.shape[1], dim).transpose(0, 1)
            stored[:, first : first + rows.shape[1], begin : begin + new.shape[1]] = rows

    def dialogues(self, first: int, rows: int, end: int) -> tuple[Tensor, Tensor]:
        """Return (rows * key heads, end, dim): the first `end` keys and values of `rows` dialogues from `first` on."""
        chosen = (stored[:, first : first + rows, :end] for stored in (self.read_keys, self.read_values))
        keys, values = (part.transpose(0, 1).flatten(0, 1) for part in chosen)
        return keys, values

    def reorder(self, parents: Tensor, time: int) -> None:
        """Copy the first `time` tokens of row `parents[r]` to row r."""
        self.keys[:, :, :time] = self.keys[:, parents, :time]
        self.values[:, :, :time] = self.values[:, parents, :time]

    def keep(self, dialogues: Tensor, rows: Tensor) -> None:
        """Drop all dialogues except these `dialogues` and their `rows` (both ascending)."""
        self.read_keys, self.read_values = _select(self.read_keys, dialogues), _select(self.read_values, dialogues)
        self.keys, self.values = _select(self.keys, rows), _select(self.values, rows)


class KVCache:
    """Keys and values of one batch in every layer, and the number of tokens written."""

    def __init__(
        self, heads: Sequence[Heads], lengths: Tensor, beams: int, limit: int, dtype: torch.dtype,
        longest: int | None = None,
    ) -> None:  # fmt: skip
        """Allocate memory for dialogues of `lengths` (dialogues,) tokens and `limit` tokens for each of their `beams`.

        `longest` is the length to which dialogues are padded, by default that of the longest one. `heads` has an entry
        for each layer. One large block holds all tensors, because malloc returns blocks of that size to the system.
        """
        self.lengths, self.beams, self.limit = lengths, beams, limit
        self.written = 0
        """Number of tokens that every row has written."""
        dialogues, longest = len(lengths), longest or int(lengths.max())
        shapes = [
            (layer.keys, *size, layer.dim)
            for layer in heads
            for size in (
                (dialogues, longest),
                (dialogues, longest),
                (dialogues * beams, limit),
                (dialogues * beams, limit),
            )
        ]
        sizes = [prod(shape) for shape in shapes]
        parts = torch.zeros(sum(sizes), dtype=dtype).split_with_sizes(sizes)
        tensors = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
        self.layers = [LayerCache(*tensors[at : at + 4]) for at in range(0, len(tensors), 4)]

    @property
    def positions(self) -> Tensor:
        """Position of each row's next token, (dialogues * beams,)."""
        return (self.lengths + self.written).repeat_interleave(self.beams)

    def reorder(self, parents: Tensor) -> None:
        """Let row r continue the tokens of row `parents[r]`, which must belong to the same dialogue."""
        for layer in self.layers:
            layer.reorder(parents, self.written)

    def keep(self, dialogues: Tensor) -> Tensor:
        """Drop all dialogues except these (ascending); return the rows that stay."""
        rows = (dialogues[:, None] * self.beams + torch.arange(self.beams)).flatten()
        for layer in self.layers:
            layer.keep(dialogues, rows)
        self.lengths = self.lengths[dialogues]
        return rows

    def mask(self, window: int) -> Tensor:
        """Return (dialogues, 1, time + written + 1): 0 where the next token attends, -inf elsewhere."""
        time = self.layers[0].read_keys.shape[2]
        read, written = torch.arange(time), torch.arange(self.written + 1)
        here = (self.lengths + self.written)[:, None]
        seen = (read < self.lengths[:, None]) & (here - read < window)
        own = (self.written - written < window).expand(len(self.lengths), -1)
        mask = torch.zeros(len(self.lengths), 1, time + self.written + 1)
        return mask.masked_fill_(~torch.cat([seen, own], 1)[:, None], -torch.inf)


def _select(memory: Tensor, chosen: Tensor) -> Tensor:
    """Return the indices `chosen` (ascending) of axis 1; moved to its front in place if the result is contiguous."""
    if len(memory) > 1:
        return memory[:, chosen]
    kept = memory[:, : len(chosen)]
    for place, at in enumerate(chosen.tolist()):
        if place != at:
            kept[:, place] = memory[:, at]
    return kept
