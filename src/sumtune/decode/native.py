"""Summaries from a decoder-only model on the CPU with our own kernels: 8-bit products, one memory for all beams."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from sumtune.decode.attention import Position, WritingAttention
from sumtune.decode.batches import longest_first
from sumtune.decode.convert import UnsupportedError
from sumtune.decode.int8 import quantize_linears
from sumtune.decode.search import BeamSearch, GreedySearch, Search, WatchToken, Written
from sumtune.decode.shortlist import OutputLayer, Words, frequent_ids, ids_of_words
from sumtune.kernels.build import Kernels
from sumtune.kernels.int8 import Int8Matrix
from sumtune.memory import unmap_pages
from sumtune.model.fuse import attention_heads, fuse, fused_output_weight
from sumtune.summarizer import Completion, Progress, Watch
from sumtune.text.batching import micro_batches
from sumtune.text.encode import Encoder
from sumtune.text.growing import GrowingText

__all__ = ["NativeSummarizer"]

ROWS = 64
"""Rows that are written together, beams of one dialogue included: so many that the weights are seldom read."""
HELD_TOKENS = 32768
"""Most source tokens, padding included, whose keys and values are held at a time."""
SHRINK_BELOW = 0.75
"""Finished summaries leave the batch when less than this share of it goes on."""


class NativeSummarizer:
    """Reads a batch of dialogues, `batch_tokens` at a time, then writes a token of every summary at a time."""

    def __init__(
        self, model: Any, encoder: Encoder, kernels: Kernels, *, beams: int, length_penalty: float, batch_tokens: int,
        quantization: str, shortlist: int | None,
    ) -> None:  # fmt: skip
        """Takes `model` over: its layers are replaced.

        Raises:
            UnsupportedError: the model is put together in a way that these kernels do not know.
        """
        output_weight = fused_output_weight(model)
        if encoder.is_encoder_decoder or output_weight is None:
            raise UnsupportedError("This engine knows decoder-only models with a plain output layer.")
        fuse(model, kernels)
        self._attentions = _take_over_attention(model, kernels)
        self.engine, self.setup_s = f"native {quantization}", 0.0
        self._decoder = model.get_decoder()
        if quantization == "int8":
            quantize_linears(self._decoder, kernels, model.dtype)
        everything = shortlist is None or shortlist >= len(output_weight)
        frequent = None if everything else frequent_ids(encoder.tokenizer, shortlist or 0)
        self._output = OutputLayer(output_weight, _products(quantization, kernels), frequent)
        unmap_pages([(output_weight.data_ptr(), output_weight.nbytes)])  # from here on single rows are read
        self._lock = Lock()  # the layers hold what was read and written of one batch
        self._encoder, self._batch_tokens = encoder, batch_tokens
        self._beams, self._length_penalty = beams, length_penalty
        self._limit = encoder.prompt.max_target_tokens

    def summarize(
        self, dialogues: Sequence[str], progress: Progress | None = None, max_tokens: int | None = None
    ) -> list[Completion]:
        """One completion for each dialogue, in the order of `dialogues`."""
        completions: dict[int, Completion] = {}
        for batch in self._batches(dialogues, max_tokens):
            completions |= self._write(batch, progress)
        return [completions[at] for at in range(len(dialogues))]

    def stream(self, dialogues: Sequence[str], watch: Watch, max_tokens: int | None = None) -> list[Completion]:
        """What greedy `summarize` gives, `watch` having seen it piece by piece."""
        greedy = self.with_beams(1)
        completions: dict[int, Completion] = {}
        for batch in greedy._batches(dialogues, max_tokens):
            watched = _Watched(watch, batch.places, self._encoder)
            completions |= greedy._write(batch, watch=watched.push)
            watched.end(completions)
        return [completions[at] for at in range(len(dialogues))]

    def with_beams(self, beams: int) -> "NativeSummarizer":
        """The same model searching with `beams`."""
        other = copy.copy(self)
        other._beams = beams
        return other

    def _batches(self, dialogues: Sequence[str], max_tokens: int | None) -> "Iterator[_Batch]":
        limit = min(max_tokens or self._limit, self._limit)
        sources = [self._encoder.source(dialogue) for dialogue in dialogues]
        for places in longest_first(sources, HELD_TOKENS, max(1, ROWS // self._beams)):
            tokenizer, chosen = self._encoder.tokenizer, places if self._output.is_short else []
            allowed = [ids_of_words(tokenizer, dialogues[at]).union(sources[at]) for at in chosen]
            words = self._output.words(allowed)
            yield _Batch(places, [sources[at] for at in places], words, limit)

    @torch.inference_mode()
    def _write(
        self, batch: "_Batch", progress: Progress | None = None, watch: WatchToken | None = None
    ) -> dict[int, Completion]:
        search = self._search(batch, watch)
        with self._lock:
            self._run(batch, search, progress)
        ids = batch.words.ids.tolist()
        written = (Written([ids[column] for column in one.ids], one.ended) for one in search.results())
        return {at: self._completion(one) for at, one in zip(batch.places, written, strict=True)}

    def _run(self, batch: "_Batch", search: Search, progress: Progress | None) -> None:
        """Reads the dialogues, then writes until `search` has finished every summary."""
        words, position = batch.words, Position(torch.tensor(batch.lengths), self._beams, batch.limit)
        for attention in self._attentions:
            attention.position = position
        logits, left = words.logits(self._read(batch, position)).repeat_interleave(self._beams, 0), len(batch.places)
        while True:
            columns, parents = search.advance(logits)
            places = search.unfinished()
            if progress is not None and len(places) < left:
                progress(left - len(places))
            left = len(places)
            if not places:
                return
            if parents is not None and position.written >= 0:
                for attention in self._attentions:
                    attention.reorder(parents)
            if len(places) < SHRINK_BELOW * len(position.lengths):
                columns = self._keep(position, search, words, places, columns)
            ids, positions = words.ids[columns][:, None], position.advance()
            hidden = self._decoder(ids, position_ids=positions, use_cache=False).last_hidden_state
            logits = words.logits(hidden[:, -1])

    def _search(self, batch: "_Batch", watch: WatchToken | None) -> Search:
        count, ends = len(batch.places), batch.words.columns(self._encoder.end_ids)
        if self._beams > 1:
            return BeamSearch(count, self._beams, ends, batch.limit, self._length_penalty)
        if watch is None:
            return GreedySearch(count, ends, batch.limit)
        return GreedySearch(count, ends, batch.limit, lambda place, column: watch(place, int(batch.words.ids[column])))

    def _read(self, batch: "_Batch", position: Position) -> Tensor:
        """The last hidden state (dialogues, features) of each, read a few of similar length at a time."""
        states = []
        for group in micro_batches(range(len(batch.lengths)), batch.lengths, self._batch_tokens):
            ids = torch.zeros(len(group), batch.lengths[group[0]], dtype=torch.int64)
            for row, at in enumerate(group):
                ids[row, : batch.lengths[at]] = torch.tensor(batch.sources[at])
            position.read(group)
            hidden = self._decoder(ids, use_cache=False).last_hidden_state
            states.append(hidden[torch.arange(len(group)), position.lengths[group] - 1])
        return torch.cat(states)

    def _keep(self, position: Position, search: Search, words: Words, places: list[int], columns: Tensor) -> Tensor:
        """Drops finished summaries; the columns of the others."""
        chosen = torch.tensor(places)
        rows = (chosen[:, None] * self._beams + torch.arange(self._beams)).flatten()
        for attention in self._attentions:
            attention.keep(chosen, rows)
        position.keep(chosen)
        search.keep(places)
        words.keep(chosen)
        return columns[rows]

    def _completion(self, written: Written) -> Completion:
        return Completion(self._encoder.decode(written.ids), len(written.ids), cut_off=not written.ended)


@dataclass(frozen=True)
class _Batch:
    """Dialogues that are written together, longest first."""

    places: list[int]
    """Where they stand among all dialogues."""
    sources: list[tuple[int, ...]]
    words: Words
    limit: int
    """Most tokens of a summary."""

    @property
    def lengths(self) -> list[int]:
        """Source tokens of each."""
        return [len(source) for source in self.sources]


class _Watched:
    """The summaries of one batch, shown to `watch` as they grow."""

    def __init__(self, watch: Watch, batch: Sequence[int], encoder: Encoder) -> None:
        self._watch, self._batch = watch, batch
        self._growing = [GrowingText(encoder.decode) for _ in batch]
        self._stopped: set[int] = set()

    def push(self, place: int, token: int) -> bool:
        """Shows what the summary at `place` of the batch is with this token; True where it is to stop."""
        if self._watch(self._batch[place], self._growing[place].push(token)):
            self._stopped.add(place)
        return place in self._stopped

    def end(self, completions: Mapping[int, Completion]) -> None:
        """Shows what is still missing of those that were not stopped."""
        for place, at in enumerate(self._batch):
            if place not in self._stopped:
                self._watch(at, self._growing[place].end(completions[at].text))


def _take_over_attention(model: Any, kernels: Kernels) -> list[WritingAttention]:
    attentions = []
    for module, heads in attention_heads(model):
        module.forward = attention = WritingAttention(module, heads, kernels)
        attentions.append(attention)
    if len(attentions) != model.config.num_hidden_layers:
        raise UnsupportedError("This engine does not know the attention of this model.")
    return attentions


def _products(quantization: str, kernels: Kernels) -> Callable[[Tensor], Callable[[Tensor], Tensor]]:
    """From a weight (columns, features) to the function that multiplies by it and gives float32."""
    if quantization == "int8":
        return lambda weight: partial(Int8Matrix.quantized(kernels, weight).product, dtype=torch.float32)
    return lambda weight: lambda hidden: linear(hidden, weight).float()
