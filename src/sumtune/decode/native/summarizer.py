"""Summaries from a decoder-only model on the CPU: our own kernels, 8-bit products, a KV cache shared by beams."""

import copy
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from sumtune.decode.batches import longest_first
from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.engine_weights import LISTED, OUTPUT, EngineWeights
from sumtune.decode.native.kv_cache import KVCache
from sumtune.decode.native.output_layer import BatchVocabulary, OutputLayer, product_maker
from sumtune.decode.native.pausable import PausableGeneration, Steps
from sumtune.decode.native.sampler import SampledBatch, Sampler, sampling_batches
from sumtune.decode.native.search import BeamSearch, GreedySearch, OnToken, Search, SearchResult
from sumtune.decode.native.shortlist import word_token_ids
from sumtune.decode.native.stream import StreamedBatch
from sumtune.decode.repeats import Repeats
from sumtune.decode.sampling import Sample
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.threads import in_torch_thread
from sumtune.kernels.build import Kernels
from sumtune.memory import unmap_pages
from sumtune.summarizer import Completion, OnPiece, OnProgress, SamplingSettings
from sumtune.text.batching import micro_batches
from sumtune.text.encode import Encoder
from sumtune.text.language import is_english

__all__ = ["NativeSummarizer"]

ROWS = 64
"""Rows that are written together (dialogues × beams): enough that the weights are rarely read from memory."""
MAX_CACHED_TOKENS = 32768
"""Largest number of source tokens, padding included, in the KV cache."""
SHRINK_BELOW = 0.75
"""Finished summaries leave the batch when fewer than this share of its summaries are unfinished."""


class NativeSummarizer:
    """Reads the dialogues of a batch, up to `batch_tokens` at a time, then writes all summaries token by token."""

    def __init__(
        self,
        engine: EngineWeights,
        encoder: Encoder,
        kernels: Kernels,
        *,
        search: SearchSettings,
        batch_tokens: int,
    ) -> None:
        """Check the tensors of `engine` and prepare its layers.

        Raises:
            UnfitError: the tensors do not fit each other.
        """
        weights, listed = engine.weights, engine.weights.tensors.get(LISTED)
        shape, columns = weights.shape, len(engine.output_weight if listed is None else listed)
        self._decoder = Decoder(weights, engine.embedding, kernels)
        product = weights.product(kernels, OUTPUT, columns, shape.features, torch.float32)
        quantization = "int8" if weights.is_int8(OUTPUT) else "float32"
        make_product = product_maker(quantization, shape.activations, kernels)
        self._output = OutputLayer(engine.output_weight, make_product, listed, product)
        self.engine, self.setup_s = f"native {quantization}", engine.setup_s
        self._format = {
            "engine": "native", "number_format": quantization, "activations": shape.dtype,
            "smoothed": quantization == "int8", "shortlist": None if listed is None else columns,
        }  # fmt: skip
        unmap_pages([(large.data_ptr(), large.nbytes) for large in (engine.embedding, engine.output_weight)])
        self._encoder, self._batch_tokens = encoder, batch_tokens
        self._search, self._repeats = search, Repeats.of(search, encoder)
        self._limit = encoder.prompt.max_target_tokens

    @property
    def decoding(self) -> dict[str, Any]:
        """Number formats, size of the shortlist (None for the whole vocabulary), and the search."""
        return self._format | self._search.described() | {"max_tokens": self._limit}

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion for each dialogue, in the order of `dialogues`."""
        return _finish(self._steps(dialogues, max_tokens, styles, progress))

    def stream(
        self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return what greedy `summarize` returns, and pass each summary to `watch` piece by piece."""
        return _finish(self.with_beams(1)._steps(dialogues, max_tokens, styles, watch=watch))

    def begin(
        self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> PausableGeneration:  # fmt: skip
        """See `PausableSummarizer`."""
        return PausableGeneration(self._steps(dialogues, max_tokens, styles, watch=watch))

    def reading_bytes(self, tokens: int) -> int:
        """See `PausableSummarizer`. The keys and values of all layers are kept."""
        return self._decoder.cache_bytes(tokens + self._encoder.overhead)

    def batch_size(self, source_tokens: int) -> int:
        """See `Summarizer`."""
        return max(1, min(self._most_dialogues, MAX_CACHED_TOKENS // max(1, source_tokens)))

    @property
    def _most_dialogues(self) -> int:
        """Largest number of dialogues in a batch."""
        return max(1, ROWS // self._search.beams)

    def with_beams(self, beams: int) -> "NativeSummarizer":
        """Return a summarizer with the same model and `beams` beams."""
        other = copy.copy(self)
        other._search = self._search.with_beams(beams)
        return other

    def sample(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[tuple[int, ...]]]:
        """See `SamplingSummarizer`."""
        return [[sample.ids for sample in samples] for samples in self.sample_scored(sources, settings)]

    def sample_scored(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[Sample]]:
        """Return what `sample` returns, with log-probabilities over the vocabulary of the dialogue's summaries."""
        return in_torch_thread(partial(self._sampled, sources, settings))

    @torch.inference_mode()
    def _sampled(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[Sample]]:
        settings = replace(settings, max_tokens=min(settings.max_tokens, self._limit))
        sampler = Sampler(self._decoder, self._encoder.end_ids, self._batch_tokens)
        dialogues = [self._encoder.dialogue(source) for source in sources]
        samples: dict[int, list[Sample]] = {}
        for group in self._groups(dialogues):
            for batch in sampling_batches([sources[at] for at in group], settings.count, MAX_CACHED_TOKENS):
                places = [group[at] for at in batch]
                vocabulary = self._vocabulary(dialogues, sources, places)
                drawn = sampler.sample(SampledBatch([sources[at] for at in places], vocabulary), settings)
                samples |= dict(zip(places, drawn, strict=True))
        return [samples[at] for at in range(len(sources))]

    def _batches(
        self, dialogues: Sequence[str], max_tokens: int | None, styles: Sequence[str] | None
    ) -> "Iterator[_Batch]":
        """Yield batches: English dialogues with the shortlist, then the others with the whole vocabulary."""
        limit = min(max_tokens or self._limit, self._limit)
        sources = self._encoder.sources(dialogues, styles)
        for group in self._groups(dialogues):
            for batch in longest_first([sources[at] for at in group], MAX_CACHED_TOKENS, self._most_dialogues):
                places = [group[at] for at in batch]
                vocabulary = self._vocabulary(dialogues, sources, places)
                yield _Batch(places, [sources[at] for at in places], vocabulary, limit)

    def _groups(self, dialogues: Sequence[str]) -> list[list[int]]:
        """Return the indices of dialogues with a shortlist, and of the others."""
        uses_list = [self._uses_list(dialogue) for dialogue in dialogues]
        return [[at for at, one in enumerate(uses_list) if one == is_listed] for is_listed in (True, False)]

    def _uses_list(self, dialogue: str) -> bool:
        return self._output.is_short and is_english([dialogue]) is True

    def _vocabulary(
        self, dialogues: Sequence[str], sources: Sequence[Sequence[int]], places: Sequence[int]
    ) -> BatchVocabulary:
        """Return the vocabulary of a batch: the listed tokens, and each dialogue's source tokens and words; or all."""
        if not self._uses_list(dialogues[places[0]]):
            return self._output.whole_vocabulary()
        tokenizer = self._encoder.tokenizer
        allowed = [word_token_ids(tokenizer, dialogues[at]).union(sources[at]) for at in places]
        return self._output.batch_vocabulary(allowed)

    @torch.inference_mode()
    def _steps(
        self, dialogues: Sequence[str], max_tokens: int | None, styles: Sequence[str] | None,
        progress: OnProgress | None = None, watch: OnPiece | None = None,
    ) -> Steps:  # fmt: skip
        """Generate batch by batch, and pause after each piece that is read and each token that is written."""
        completions: dict[int, Completion] = {}
        for batch in self._batches(dialogues, max_tokens, styles):
            streamed = StreamedBatch(watch, batch.places, self._encoder) if watch and self._search.beams == 1 else None
            completions |= yield from self._write(batch, progress, streamed.push if streamed else None)
            if streamed is not None:
                streamed.end(completions)
            elif watch is not None:
                for at in batch.places:
                    watch(at, completions[at].text)
        return [completions[at] for at in range(len(dialogues))]

    def _write(
        self, batch: "_Batch", progress: OnProgress | None, watch: OnToken | None
    ) -> Generator[None, None, dict[int, Completion]]:
        search = self._new_search(batch, watch)
        yield from self._run(batch, search, progress)
        ids = batch.vocabulary.ids.tolist()
        results = (SearchResult([ids[column] for column in one.ids], one.ended) for one in search.results())
        return {at: self._completion(result) for at, result in zip(batch.places, results, strict=True)}

    def _run(self, batch: "_Batch", search: Search, progress: OnProgress | None) -> Generator[None, None, None]:
        """Read the dialogues, then write until `search` has finished every summary."""
        vocabulary, lengths = batch.vocabulary, torch.tensor(batch.lengths)
        cache = self._decoder.new_cache(lengths, self._search.beams, batch.limit)
        hidden = yield from self._read(batch, cache)
        logits, left = vocabulary.logits(hidden).repeat_interleave(self._search.beams, 0), len(batch.places)
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
            yield

    def _new_search(self, batch: "_Batch", watch: OnToken | None) -> Search:
        count, ids, ends = len(batch.places), batch.vocabulary.ids, batch.vocabulary.columns(self._encoder.end_ids)
        repeats = self._repeats.at(ids)
        if self._search.beams > 1:
            return BeamSearch(count, ends, batch.limit, repeats, self._search)
        if watch is None:
            return GreedySearch(count, ends, batch.limit, repeats)

        def on_column(place: int, column: int) -> bool:
            return watch(place, int(ids[column]))

        return GreedySearch(count, ends, batch.limit, repeats, on_column)

    def _read(self, batch: "_Batch", cache: KVCache) -> Generator[None, None, Tensor]:
        """Return the last hidden states (dialogues, features); read dialogues of similar length together."""
        states = []
        for group in micro_batches(range(len(batch.lengths)), batch.lengths, self._batch_tokens):
            ids = torch.zeros(len(group), batch.lengths[group[0]], dtype=torch.int64)
            for row, at in enumerate(group):
                ids[row, : batch.lengths[at]] = torch.tensor(batch.sources[at])
            states.append((yield from self._decoder.read_last(cache, ids, first=group[0])))
        return torch.cat(states)

    def _completion(self, result: SearchResult) -> Completion:
        return Completion(self._encoder.decode(result.ids), len(result.ids), cut_off=not result.ended)


@dataclass(frozen=True)
class _Batch:
    """Dialogues that are written together, longest first."""

    places: list[int]
    """Indices of the dialogues among all dialogues."""
    sources: list[tuple[int, ...]]
    vocabulary: BatchVocabulary
    limit: int
    """Maximum number of tokens in a summary."""

    @property
    def lengths(self) -> list[int]:
        """Number of source tokens of each dialogue."""
        return [len(source) for source in self.sources]


def _finish(steps: Steps) -> list[Completion]:
    """Return the completions of `steps`, without a pause."""
    completions = PausableGeneration(steps).advance(lambda: False)
    assert completions is not None
    return completions
