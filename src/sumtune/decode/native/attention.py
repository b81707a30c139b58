"""Attention while summaries are written: the dialogue's keys and values are kept once, whatever the number of beams."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sumtune.decode.native.weights import Linear
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
        """Begins the next token; its positions (batch * beams,)."""
        self.written += 1
        self._masks.clear()
        return (self.lengths + self.written).repeat_interleave(self.beams)

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

    _position: Position
    _read_keys: Tensor
    _read_values: Tensor
    _keys: Tensor
    _values: Tensor

    def __init__(
        self, heads: Heads, kernels: Kernels, query: Linear, key: Linear, value: Linear, output: Linear
    ) -> None:
        """Heads, and the products from hidden states to queries, keys and values, and from what is seen back."""
        self._heads, self._kernels = heads, kernels
        self._query, self._key, self._value, self._output = query, key, value, output

    def __call__(self, hidden: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """(rows, time, features) → the same; reads whole dialogues first, then a token of each row at a time.

        `cosine` and `sine` (n, dim) are of the times of whole dialogues, or of the rows that write.
        """
        q, k, v = self._query(hidden), self._key(hidden), self._value(hidden)
        if self._position.written < 0:
            out, seen = attention(self._kernels, self._heads, q, k, v, cosine, sine)
            self._remember(seen.keys, seen.values, q.shape[1])
        else:
            out = self._write(q, k, v, cosine, sine)
        return self._output(out)

    def sizes(self, position: Position) -> tuple[tuple[int, ...], ...]:
        """Shapes of the read keys and values, and of the written ones, in the batch that begins with `position`."""
        heads, batch, longest = self._heads, len(position.lengths), int(position.lengths.max())
        read = (heads.keys, batch, longest, heads.dim)
        written = (heads.keys, batch * position.beams, position.limit, heads.dim)
        return read, read, written, written

    def begin(self, position: Position, memory: Sequence[Tensor]) -> None:
        """Starts a batch in `memory`, zeros of those `sizes`."""
        self._position = position
        self._read_keys, self._read_values, self._keys, self._values = memory

    def reorder(self, parents: Tensor) -> None:
        """Row r goes on from what row `parents[r]` wrote; rows stay with their dialogue."""
        now = self._position.written + 1
        self._keys[:, :, :now] = self._keys[:, parents, :now]
        self._values[:, :, :now] = self._values[:, parents, :now]

    def keep(self, chosen: Tensor, rows: Tensor) -> None:
        """Forgets all but the dialogues `chosen` and their `rows`."""
        self._read_keys, self._read_values = _moved(self._read_keys, chosen), _moved(self._read_values, chosen)
        self._keys, self._values = _moved(self._keys, rows), _moved(self._values, rows)

    def _remember(self, keys: Tensor, values: Tensor, time: int) -> None:
        """Keeps (dialogues * key heads, time, dim) of the dialogues that are being read."""
        chosen = slice(self._position.reading.start, self._position.reading.stop)
        for all_rows, rows in ((self._read_keys, keys), (self._read_values, values)):
            all_rows[:, chosen, :time] = rows.view(-1, self._heads.keys, time, self._heads.dim).transpose(0, 1)

    def _write(self, q: Tensor, k: Tensor, v: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        heads, now, rows = self._heads, self._position.written, len(q)
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
        chances = (scores.float() + self._position.mask(time, heads.window)).softmax(-1).to(q.dtype)
        read, own = chances[..., :time], chances[..., time:]
        out: Tensor = read @ self._read_values + (own.reshape(count, rows, shared, -1) @ values).view(*by_dialogue, dim)
        return out.view(count, rows, shared, dim).transpose(0, 1).reshape(rows, 1, -1)


def _moved(memory: Tensor, chosen: Tensor) -> Tensor:
    """The parts `chosen` (ascending) of axis 1: moved to its beginning, where they still lie side by side then."""
    if len(memory) > 1:
        return memory[:, chosen]
    kept = memory[:, : len(chosen)]
    for place, at in enumerate(chosen.tolist()):
        if place != at:
            kept[:, place] = memory[:, at]
    return kept
