"""One attention layer of the decoder: over whole dialogues, and over the KV cache of a batch."""

import torch
from torch import Tensor

from sumtune.decode.native.kv_cache import LayerCache
from sumtune.decode.native.weights import Linear
from sumtune.kernels.attention import Heads, attention, rotate, rotated, to_features
from sumtune.kernels.build import Kernels

__all__ = ["Attention"]


class Attention:
    """The forward pass of an attention layer. It is stateless: keys and values go into the cache that is passed."""

    def __init__(
        self, heads: Heads, kernels: Kernels, query: Linear, key: Linear, value: Linear, output: Linear
    ) -> None:
        """`query`, `key` and `value` project hidden states; `output` projects the result back to hidden states."""
        self.heads, self._kernels = heads, kernels
        self._query, self._key, self._value, self._output = query, key, value, output

    def read(self, hidden: Tensor, cosine: Tensor, sine: Tensor, cache: LayerCache, first: int, begin: int) -> Tensor:
        """Return the output for pieces of dialogues, one per row (rows, time, features).

        Row 0 is dialogue `first` of the batch. All pieces start at position `begin`; earlier positions are in `cache`.
        `cosine` and `sine` (time, dim) are the rotary tables of their positions.
        """
        q, k, v = self._query(hidden), self._key(hidden), self._value(hidden)
        rows = rotated(self._kernels, self.heads, q, k, v, cosine, sine)
        cache.store_dialogues(first, rows.keys, rows.values, begin)
        keys, values = rows.keys, rows.values
        if begin:
            keys, values = cache.dialogues(first, len(hidden), begin + hidden.shape[1])
        out = attention(self._kernels, self.heads, rows.queries, keys, values)
        return self._output(to_features(self.heads, out, len(hidden)))

    def write(
        self, hidden: Tensor, cosine: Tensor, sine: Tensor, cache: LayerCache, mask: Tensor, now: int,
        chosen: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """Return the output for the next token of each row (rows, 1, features).

        `now` is the number of tokens that each row has already written, and the place of the new one in the cache.

        `chosen` are the rows of the cache that `hidden` belongs to; None means all rows. The products with the cache
        are computed for all its rows, with zeros as the queries of rows that are not chosen. So their shape, and with
        it the rounding of a row, does not depend on which other rows are chosen.

        `cosine` and `sine` (rows, dim) are the rotary tables of the rows' positions; `mask` is `KVCache.mask`.
        """
        heads = self.heads
        q, k, v = self._query(hidden), self._key(hidden), self._value(hidden)
        count, dialogues, time, dim = cache.read_keys.shape
        shared = heads.shared
        # `rotate` gets rows as its time axis, because each row has its own position.
        queries, _ = rotate(self._kernels, heads, q.transpose(0, 1), heads.query_norm, cosine, sine, heads.scale)
        written, _ = rotate(self._kernels, heads, k.transpose(0, 1), heads.key_norm, cosine, sine, 1.0)
        rows, own = cache.keys.shape[1], slice(None) if chosen is None else chosen
        cache.keys[:, own, now] = written[0, :, :, 0]
        cache.values[:, own, now] = v.view(len(q), count, dim).transpose(0, 1)
        queries = queries[0]
        if chosen is not None:
            queries = queries.new_zeros(count, rows, shared, dim).index_copy_(1, chosen, queries)
        keys, values = cache.keys[:, :, : now + 1], cache.values[:, :, : now + 1]
        by_dialogue = (count, dialogues, rows // dialogues * shared)
        on_dialogue = queries.view(*by_dialogue, dim) @ cache.read_keys.mT
        on_written = (queries @ keys.mT).view(*by_dialogue, now + 1)
        weights = (torch.cat([on_dialogue, on_written], -1).float() + mask).softmax(-1).to(q.dtype)
        from_dialogue, from_written = weights[..., :time], weights[..., time:]
        out: Tensor = from_dialogue @ cache.read_values
        out = out + (from_written.reshape(count, rows, shared, -1) @ values).view(*by_dialogue, dim)
        by_row = out.view(count, rows, shared, dim).transpose(0, 1)
        return self._output(by_row[own].reshape(len(q), 1, -1))
