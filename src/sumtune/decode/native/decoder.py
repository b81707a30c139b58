"""A decoder-only model for generation with our kernels: attention, gated MLPs, RMS norms, rotary positions."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from sumtune.decode.native.attention import Attention
from sumtune.decode.native.kv_cache import KVCache
from sumtune.decode.native.weights import Linear, ModelWeights
from sumtune.kernels.attention import BLOCK, Heads
from sumtune.kernels.build import Kernels
from sumtune.kernels.ops import Gate, rms_norm

__all__ = ["Decoder"]

Transform = Callable[[Tensor], Tensor]
PIECE = 4 * BLOCK
"""Positions of a text that go through all layers together: whole blocks of attention, so that no result changes, and
few enough that other dialogues can have their turn between two pieces."""
RotaryTables = tuple[Tensor, Tensor]
"""Cosine and sine, (positions, dim)."""


@dataclass(frozen=True)
class _Layer:
    rotary: str
    before_attention: Transform
    attention: Attention
    after_attention: Transform
    before_mlp: Transform
    activation: Gate
    gate: Linear
    up: Linear
    down: Linear
    after_mlp: Transform

    def __call__(self, hidden: Tensor, attend: Transform) -> Tensor:
        hidden = hidden + self.after_attention(attend(self.before_attention(hidden)))
        normed = self.before_mlp(hidden)
        return hidden + self.after_mlp(self.down(self.activation.forward(self.gate(normed), self.up(normed))))


class Decoder:
    """Maps token ids to last hidden states. The state of a batch is in the cache that is passed, not in the decoder."""

    def __init__(self, weights: ModelWeights, embedding: Tensor, kernels: Kernels) -> None:
        """`embedding` (vocabulary, features) may have any number format.

        Raises:
            UnfitError: the tensors do not fit the model shape, or each other.
        """
        self._weights, self._kernels, self._embedding = weights, kernels, embedding
        shape = weights.shape
        self._scale = torch.tensor(shape.embedding_scale, dtype=shape.activations)
        self._rotary = {}
        for kind, factor in shape.rotary.items():
            dim = next(layer.dim for layer in shape.layers if layer.rotary == kind)
            self._rotary[kind] = weights.take(f"rotary.{kind}", torch.float32, dim // 2), factor
        self._layers = [self._layer(number) for number in range(len(shape.layers))]
        self._norm = self._make_norm("norm")

    def new_cache(self, lengths: Tensor, beams: int, limit: int, longest: int | None = None) -> KVCache:
        """Return a cache for dialogues of `lengths` (dialogues,), each with `beams` rows of up to `limit` tokens.

        Dialogues are padded to `longest` tokens, by default to the longest one.
        """
        heads = [layer.attention.heads for layer in self._layers]
        return KVCache(heads, lengths, beams, limit, self._weights.shape.activations, longest)

    def cache_bytes(self, tokens: int) -> int:
        """Return the size of the keys and values of a dialogue of `tokens` in the cache."""
        values = sum(2 * layer.attention.heads.keys * layer.attention.heads.dim for layer in self._layers)
        return values * tokens * self._weights.shape.activations.itemsize

    def read(self, cache: KVCache, ids: Tensor, first: int = 0) -> Tensor:
        """Return last hidden states (rows, time, features) of the dialogues from `first` on.

        `ids` (rows, time) must be padded on the right.
        """
        return torch.cat([hidden for _, hidden in self._pieces(cache, ids, first)], 1)

    def read_last(self, cache: KVCache, ids: Tensor, first: int) -> Generator[None, None, Tensor]:
        """Read like `read`, but pause (yield None) after each piece; return only the last state of each dialogue.

        The states are (rows, features). A piece has `PIECE` positions, so that the memory for activations is bounded.
        """
        last, shape = cache.lengths[first : first + len(ids)] - 1, self._weights.shape
        states = torch.empty(len(ids), shape.features, dtype=shape.activations)
        for begin, hidden in self._pieces(cache, ids, first):
            rows = ((begin <= last) & (last < begin + hidden.shape[1])).nonzero()[:, 0]
            states[rows] = hidden[rows, last[rows] - begin]
            yield
        return states

    def read_state(self, cache: KVCache, ids: Tensor, first: int) -> Tensor:
        """Return what `read_last` returns, without a pause."""
        reading = self.read_last(cache, ids, first)
        while True:
            try:
                next(reading)
            except StopIteration as end:
                states: Tensor = end.value
                return states

    def _pieces(self, cache: KVCache, ids: Tensor, first: int) -> Iterator[tuple[int, Tensor]]:
        """Yield the first position of each piece, and its hidden states."""
        for at, piece in enumerate(torch.split(ids, PIECE, 1)):
            yield at * PIECE, self._read_piece(cache, piece, first, at * PIECE)

    def _read_piece(self, cache: KVCache, ids: Tensor, first: int, begin: int) -> Tensor:
        """Read the positions from `begin` on; `cache` has those before them."""

        def attend(number: int, layer: _Layer, tables: RotaryTables, hidden: Tensor) -> Tensor:
            return layer.attention.read(hidden, *tables, cache.layers[number], first, begin)

        return self._run(ids, torch.arange(begin, begin + ids.shape[1]), attend)

    def write(self, cache: KVCache, ids: Tensor, rows: Tensor | None = None) -> Tensor:
        """Append the tokens `ids` (rows,), one to each row; return their last hidden states (rows, features).

        `rows` are the rows of the cache that get a token, ascending; None means all of them.
        """
        masks = {window: cache.mask(window) for window in {layer.attention.heads.window for layer in self._layers}}

        def attend(number: int, layer: _Layer, tables: RotaryTables, hidden: Tensor) -> Tensor:
            mask = masks[layer.attention.heads.window]
            return layer.attention.write(hidden, *tables, cache.layers[number], mask, cache.written, rows)

        if rows is not None and len(rows) == len(cache.positions):
            rows = None
        positions = cache.positions if rows is None else cache.positions[rows]
        hidden = self._run(ids[:, None], positions, attend)[:, 0]
        cache.written += 1
        return hidden

    def _run(
        self, ids: Tensor, positions: Tensor, attend: Callable[[int, _Layer, RotaryTables, Tensor], Tensor]
    ) -> Tensor:
        dtype = self._weights.shape.activations
        hidden = self._embedding[ids].to(dtype) * self._scale
        tables = {kind: _tables(positions, *rotary, dtype) for kind, rotary in self._rotary.items()}
        for number, layer in enumerate(self._layers):
            hidden = layer(hidden, partial(attend, number, layer, tables[layer.rotary]))
        return self._norm(hidden)

    def _layer(self, number: int) -> _Layer:
        weights, kernels = self._weights, self._kernels
        shape, numbers, at = weights.shape, weights.shape.layers[number], f"layers.{number}."
        products = {
            name: weights.product(kernels, at + name, *size, shape.activations)
            for name, size in shape.matrices(numbers).items()
        }
        heads = Heads(
            queries=numbers.queries, keys=numbers.keys, dim=numbers.dim, scale=numbers.scale, window=numbers.window,
            query_norm=weights.maybe(f"{at}query_norm", torch.float32, numbers.dim),
            key_norm=weights.maybe(f"{at}key_norm", torch.float32, numbers.dim), eps=shape.eps,
        )  # fmt: skip
        return _Layer(
            rotary=numbers.rotary,
            before_attention=self._make_norm(f"{at}before_attention"),
            attention=Attention(
                heads, kernels, products["query"], products["key"], products["value"], products["attention_output"]
            ),
            after_attention=self._make_norm(f"{at}after_attention", needed=False),
            before_mlp=self._make_norm(f"{at}before_mlp"),
            activation=Gate(kernels, *shape.gate),
            gate=products["gate"],
            up=products["up"],
            down=products["down"],
            after_mlp=self._make_norm(f"{at}after_mlp", needed=False),
        )

    def _make_norm(self, name: str, needed: bool = True) -> Transform:
        take = self._weights.take if needed else self._weights.maybe
        weight = take(name, torch.float32, self._weights.shape.features)
        if weight is None:
            return lambda x: x
        kernels, eps = self._kernels, self._weights.shape.eps
        return lambda x: rms_norm(kernels, x, weight, eps)


def _tables(positions: Tensor, frequencies: Tensor, factor: float, dtype: torch.dtype) -> RotaryTables:
    """Return the rotary tables (Su et al. 2021), each (n, dim), of `positions` (n,)."""
    angles = (positions[:, None].float() * frequencies).repeat(1, 2)
    return (angles.cos() * factor).to(dtype), (angles.sin() * factor).to(dtype)
