"""Summaries from a decoder-only model on the CPU with our own kernels: 8-bit products, one memory for all beams."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from sumtune.decode.batches import longest_first
from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.engine import LISTED, OUTPUT, EngineWeights
from sumtune.decode.native.kv_cache import KVCache
from sumtune.decode.native.search import BeamSearch, GreedySearch, OnToken, Search, SearchResult
from sumtune.decode.native.shortlist import BatchVocabulary, OutputLayer, word_token_ids
from sumtune.decode.threads import in_torch_thread
from sumtune.kernels.build import Kernels
from sumtune.kernels.int8 import Int8Matrix
from sumtune.memory import unmap_pages
from sumtune.summarizer import Completion, OnPiece, OnProgress
from sumtune.text.batching import micro_batches
from sumtune.text.detokenizer import IncrementalDetokenizer
from sumtune.text.encode import Encoder
from sumtune.text.language import is_english

__all__ = ["NativeSummarizer"]

ROWS = 64
"""Rows that are written together, beams of one dialogue included: so many that the weights are seldom read."""
MAX_CACHED_TOKENS = 32768
"""Most source tokens, padding included, whose keys and values are held at a time."""
SHRINK_BELOW = 0.75
"""Finished summaries leave the batch when less than this share of it goes on."""


class NativeSummarizer:
    """Reads a batch of dialogues, `batch_tokens` at a time, then writes a token of every summary at a time."""

    def __init__(
        self,
        engine: EngineWeights,
        encoder: Encoder,
        kernels: Kernels,
        *,
        beams: int,
        length_penalty: float,
        batch_tokens: int,
    ) -> None:
        """Return the summarizer that computes with `engine`.

        Raises:
            UnfitError: the tensors do not fit each other.
        """
        weights, listed = engine.weights, engine.weights.tensors.get(LISTED)
        shape, columns = weights.shape, len(engine.output_weight if listed is None else listed)
        self._decoder = Decoder(weights, engine.embedding, kernels)
        product = weights.product(kernels, OUTPUT, columns, shape.features, torch.float32)
        quantization = "int8" if weights.is_int8(OUTPUT) else "float32"
        make_product = _products(quantization, shape.activations, kernels)
        self._output = OutputLayer(engine.output_weight, make_product, listed, product)
        self.engine, self.setup_s = f"native {quantization}", engine.setup_s
        self._format = {
            "engine": "native", "number_format": quantization, "activations": shape.dtype,
            "smoothed": quantization == "int8", "shortlist": None if listed is None else columns,
        }  # fmt: skip
        unmap_pages([(large.data_ptr(), large.nbytes) for large in (engine.embedding, engine.output_weight)])
        self._encoder, self._batch_tokens = encoder, batch_tokens
        self._beams, self._length_penalty = beams, length_penalty
        self._limit = encoder.prompt.max_target_tokens

    @property
    def decoding(self) -> dict[str, Any]:
        """Number formats, size of the shortlist (None is the whole vocabulary), and the search."""
        penalty = self._length_penalty if self._beams > 1 else None
        return self._format | {"beams": self._beams, "length_penalty": penalty, "max_tokens": self._limit}

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None
    ) -> list[Completion]:
        """One completion for each dialogue, in the order of `dialogues`."""

        def write() -> dict[int, Completion]:
            completions: dict[int, Completion] = {}
            for batch in self._batches(dialogues, max_tokens):
                completions |= self._write(batch, progress)
            return completions

        completions = in_torch_thread(write)
        return [completions[at] for at in range(len(dialogues))]

    def stream(self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None) -> list[Completion]:
        """What greedy `summarize` gives, `watch` having seen it piece by piece."""
        greedy = self.with_beams(1)

        def write() -> dict[int, Completion]:
            completions: dict[int, Completion] = {}
            for batch in greedy._batches(dialogues, max_tokens):
                streamed = _StreamedBatch(watch, batch.places, self._encoder)
                completions |= greedy._write(batch, watch=streamed.push)
                streamed.end(completions)
            return completions

        completions = in_torch_thread(write)
        return [completions[at] for at in range(len(dialogues))]

    def with_beams(self, beams: int) -> "NativeSummarizer":
        """The same model searching with `beams`."""
        other = copy.copy(self)
        other._beams = beams
        return other

    def _batches(self, dialogues: Sequence[str], max_tokens: int | None) -> "Iterator[_Batch]":
        """English dialogues, which are summarized with the list, then the others, with the whole vocabulary."""
        limit = min(max_tokens or self._limit, self._limit)
        sources = [self._encoder.source(dialogue) for dialogue in dialogues]
        suits = [self._output.is_short and is_english([dialogue]) is True for dialogue in dialogues]
        for is_listed in (True, False):
            group = [at for at, one in enumerate(suits) if one == is_listed]
            for batch in longest_first([sources[at] for at in group], MAX_CACHED_TOKENS, max(1, ROWS // self._beams)):
                places = [group[at] for at in batch]
                vocabulary = (
                    self._shortlist(dialogues, sources, places) if is_listed else self._output.whole_vocabulary()
                )
                yield _Batch(places, [sources[at] for at in places], vocabulary, limit)

    def _shortlist(
        self, dialogues: Sequence[str], sources: Sequence[Sequence[int]], places: Sequence[int]
    ) -> BatchVocabulary:
        """The list with the tokens of each dialogue: as they stand in it, and those of its words after a space."""
        tokenizer = self._encoder.tokenizer
        return self._output.batch_vocabulary(
            [word_token_ids(tokenizer, dialogues[at]).union(sources[at]) for at in places]
        )

    @torch.inference_mode()
    def _write(
        self, batch: "_Batch", progress: OnProgress | None = None, watch: OnToken | None = None
    ) -> dict[int, Completion]:
        search = self._search(batch, watch)
        self._run(batch, search, progress)
        ids = batch.vocabulary.ids.tolist()
        written = (SearchResult([ids[column] for column in one.ids], one.ended) for one in search.results())
        return {at: self._completion(one) for at, one in zip(batch.places, written, strict=True)}

    def _run(self, batch: "_Batch", search: Search, progress: OnProgress | None) -> None:
        """Reads the dialogues, then writes until `search` has finished every summary."""
        vocabulary, cache = (
            batch.vocabulary,
            self._decoder.new_cache(torch.tensor(batch.lengths), self._beams, batch.limit),
        )
        logits, left = vocabulary.logits(self._read(batch, cache)).repeat_interleave(self._beams, 0), len(batch.places)
        while True:
            columns, parents = search.advance(logits)
            places = search.unfinished()
            if progress is not None and len(places) < left:
                progress(left - len(places))
            left = len(places)
            if not places:
                return
            if parents is not None:
                cache.reorder(parents)
            if len(places) < SHRINK_BELOW * len(cache.lengths):
                chosen = torch.tensor(places)
                columns = columns[cache.keep(chosen)]
                search.keep(places)
                vocabulary.keep(chosen)
            logits = vocabulary.logits(self._decoder.write(cache, vocabulary.ids[columns]))

    def _search(self, batch: "_Batch", watch: OnToken | None) -> Search:
        count, ends = len(batch.places), batch.vocabulary.columns(self._encoder.end_ids)
        if self._beams > 1:
            return BeamSearch(count, self._beams, ends, batch.limit, self._length_penalty)
        if watch is None:
            return GreedySearch(count, ends, batch.limit)
        return GreedySearch(
            count, ends, batch.limit, lambda place, column: watch(place, int(batch.vocabulary.ids[column]))
        )

    def _read(self, batch: "_Batch", cache: KVCache) -> Tensor:
        """The last hidden state (dialogues, features) of each, read a few of similar length at a time."""
        states = []
        for group in micro_batches(range(len(batch.lengths)), batch.lengths, self._batch_tokens):
            ids = torch.zeros(len(group), batch.lengths[group[0]], dtype=torch.int64)
            for row, at in enumerate(group):
                ids[row, : batch.lengths[at]] = torch.tensor(batch.sources[at])
            hidden = self._decoder.read(cache, ids, first=group[0])
            states.append(hidden[torch.arange(len(group)), cache.lengths[group] - 1])
        return torch.cat(states)

    def _completion(self, written: SearchResult) -> Completion:
        return Completion(self._encoder.decode(written.ids), len(written.ids), cut_off=not written.ended)


@dataclass(frozen=True)
class _Batch:
    """Dialogues that are written together, longest first."""

    places: list[int]
    """Where they stand among all dialogues."""
    sources: list[tuple[int, ...]]
    vocabulary: BatchVocabulary
    limit: int
    """Most tokens of a summary."""

    @property
    def lengths(self) -> list[int]:
        """Source tokens of each."""
        return [len(source) for source in self.sources]


class _StreamedBatch:
    """The summaries of one batch, shown to `watch` as they grow."""

    def __init__(self, watch: OnPiece, batch: Sequence[int], encoder: Encoder) -> None:
        self._watch, self._batch = watch, batch
        self._detokenizers = [IncrementalDetokenizer(encoder.decode) for _ in batch]
        self._stopped: set[int] = set()

    def push(self, place: int, token: int) -> bool:
        """Shows what the summary at `place` of the batch is with this token; True where it is to stop."""
        if self._watch(self._batch[place], self._detokenizers[place].push(token)):
            self._stopped.add(place)
        return place in self._stopped

    def end(self, completions: Mapping[int, Completion]) -> None:
        """Shows what is still missing of those that were not stopped."""
        for place, at in enumerate(self._batch):
            if place not in self._stopped:
                self._watch(at, self._detokenizers[place].end(completions[at].text))


def _products(
    quantization: str, dtype: torch.dtype, kernels: Kernels
) -> Callable[[Tensor], Callable[[Tensor], Tensor]]:
    """From a weight (columns, features) to the function that multiplies by it and gives float32."""
    if quantization == "int8":
        return lambda weight: partial(Int8Matrix.quantized(kernels, weight.to(dtype)).product, dtype=torch.float32)
    return lambda weight: lambda hidden: linear(hidden, weight.to(dtype)).float()
