"""Attention while summaries are written: the dialogue's keys and values are kept once, whatever the number of beams."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from sumtune.kernels.attention import Heads, attention, rotate
from sumtune.kernels.build import Kernels

__all__ = ["Position", "WritingAttention"]


class Position:
    """Where a batch stands: dialogues that were read, beams that write, tokens written so far."""

    def __init__(self, lengths: Tensor, beams: int, limit: int) -> None:
        """`lengths` (batch,) are tokens of the dialogues; `limit` the most tokens that will be written."""
        self.lengths, self.beams, self.limit = lengths, beams, limit
        self.written = -1
        """-1 while the dialogues are read."""
        self.reading = range(0)
        """The dialogues that are being read."""
        self._masks: dict[int, Tensor] = {}

    def read(self, dialogues: Sequence[int]) -> None:
        """Begins to read these, which follow each other."""
        self.reading = range(dialogues[0], dialogues[-1] + 1)

    def advance(self) -> Tensor:
        """Begins the next token; its positions (batch * beams, 1)."""
        self.written += 1
        self._masks.clear()
        return (self.lengths + self.written).repeat_interleave(self.beams)[:, None]

    def keep(self, chosen: Tensor) -> None:
        """Goes on with the dialogues `chosen` only."""
        self.lengths = self.lengths[chosen]

    def mask(self, time: int, window: int) -> Tensor:
        """(batch, 1, time + written + 1): 0 where the token may look, -inf elsewhere."""
        if window not in self._masks:
            read, written = torch.arange(time), torch.arange(self.written + 1)
            here = (self.lengths + self.written)[:, None]
            seen = (read < self.lengths[:, None]) & (here - read < window)
            own = (self.written - written < window).expand(len(self.lengths), -1)
            mask = torch.zeros(len(self.lengths), 1, time + self.written + 1)
            self._masks[window] = mask.masked_fill_(~torch.cat([seen, own], 1)[:, None], -torch.inf)
        return self._masks[window]


class WritingAttention:
    """The forward of one attention layer, and the keys and values that it has seen.

    Keys and values of the dialogues are (key heads, batch, time, dim); of what is written (key heads, batch * beams,
    limit, dim).
    """

    position: Position
    """Set anew for each batch."""
    _read_keys: Tensor
    _read_values: Tensor
    _keys: Tensor
    _values: Tensor

    def __init__(self, module: Any, heads: Heads, kernels: Kernels) -> None:
        self._module, self._heads, self._kernels = module, heads, kernels

    def __call__(
        self, hidden_states: Tensor, position_embeddings: tuple[Tensor, Tensor], **_: Any
    ) -> tuple[Tensor, None]:
        """(rows, time, features) → the same; reads whole dialogues first, then a token of each row at a time."""
        module, dtype = self._module, hidden_states.dtype
        cosine, sine = (table.to(dtype) for table in position_embeddings)
        q, k, v = module.q_proj(hidden_states), module.k_proj(hidden_states), module.v_proj(hidden_states)
        if self.position.written < 0:
            out, seen = attention(self._kernels, self._heads, q, k, v, cosine[0].contiguous(), sine[0].contiguous())
            self._remember(seen.keys, seen.values, q.shape[1])
        else:
            out = self._write(q, k, v, cosine[:, 0].contiguous(), sine[:, 0].contiguous())
        return module.o_proj(out), None

    def reorder(self, parents: Tensor) -> None:
        """Row r goes on from what row `parents[r]` wrote; rows stay with their dialogue."""
        now = self.position.written + 1
        self._keys[:, :, :now] = self._keys[:, parents, :now]
        self._values[:, :, :now] = self._values[:, parents, :now]

    def keep(self, chosen: Tensor, rows: Tensor) -> None:
        """Forgets all but the dialogues `chosen` and their `rows`."""
        self._read_keys, self._read_values = self._read_keys[:, chosen], self._read_values[:, chosen]
        self._keys, self._values = self._keys[:, rows], self._values[:, rows]

    def _remember(self, keys: Tensor, values: Tensor, time: int) -> None:
        """Keeps (dialogues * key heads, time, dim) of the dialogues that are being read."""
        position, heads = self.position, self._heads
        chosen = slice(position.reading.start, position.reading.stop)
        if chosen.start == 0:
            batch, longest = len(position.lengths), int(position.lengths.max())
            self._read_keys = keys.new_zeros(heads.keys, batch, longest, heads.dim)
            self._keys = keys.new_zeros(heads.keys, batch * position.beams, position.limit, heads.dim)
            self._read_values, self._values = torch.zeros_like(self._read_keys), torch.zeros_like(self._keys)
        for all_rows, rows in ((self._read_keys, keys), (self._read_values, values)):
            all_rows[:, chosen, :time] = rows.view(-1, heads.keys, time, heads.dim).transpose(0, 1)

    def _write(self, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        heads, now, rows = self._heads, self.position.written, len(q)
        count, batch, time, dim = self._read_keys.shape
        shared, beams = heads.shared, rows // batch
        # Rows take the place of time in `rotate`: each has a position of its own.
        queries, _ = rotate(self._kernels, heads, q.transpose(0, 1), heads.query_norm, cosine, sine, heads.scale)
        written, _ = rotate(self._kernels, heads, k.transpose(0, 1), heads.key_norm, cosine, sine, 1.0)
        self._keys[:, :, now] = written[0, :, :, 0]
        self._values[:, :, now] = v.view(rows, count, dim).transpose(0, 1)
        queries = queries[0]
        keys, values = self._keys[:, :, : now + 1], self._values[:, :, : now + 1]
        by_dialogue = (count, batch, beams * shared)
        scores = torch.cat(
            [
                queries.view(*by_dialogue, dim) @ self._read_keys.mT,
                (queries @ keys.mT).view(*by_dialogue, now + 1),
            ],
            -1,
        )
        chances = (scores.float() + self.position.mask(time, heads.window)).softmax(-1).to(q.dtype)
        read, own = chances[..., :time], chances[..., time:]
        out: Tensor = read @ self._read_values + (own.reshape(count, rows, shared, -1) @ values).view(*by_dialogue, dim)
        return out.view(count, rows, shared, dim).transpose(0, 1).reshape(rows, 1, -1)
