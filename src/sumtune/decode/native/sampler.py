"""Sampled candidates from the native engine: each dialogue is read once for all its candidates."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sumtune.decode.batches import longest_first
from sumtune.decode.native.decoder import Decoder
from sumtune.decode.native.kv_cache import KVCache
from sumtune.decode.native.output_layer import BatchVocabulary
from sumtune.decode.native.sample_search import SampleSearch
from sumtune.decode.sampling import Sample, uniforms
from sumtune.summarizer import SamplingSettings
from sumtune.text.batching import micro_batches

__all__ = ["SampledBatch", "Sampler", "sampling_batches"]

ROWS = 64
"""Candidates that are written together: enough that the weights are rarely read from memory."""
WIDTH = 64
"""Dialogues are padded to multiples of this, and only those of the same padded length share a batch. So the shape of
every product of a dialogue, and its rounding, depends on the dialogue alone."""
SHRINK_BELOW = 0.75
"""Finished dialogues leave the cache when fewer than this share of its dialogues are unfinished."""


class SampledBatch(NamedTuple):
    """Dialogues whose candidates are written together, with the vocabulary of their summaries."""

    sources: list[Sequence[int]]
    vocabulary: BatchVocabulary


def padded(tokens: int) -> int:
    """Return the length to which a dialogue of `tokens` is padded."""
    return -(-tokens // WIDTH) * WIDTH


def sampling_batches(sources: Sequence[Sequence[int]], count: int, max_tokens: int) -> Iterator[list[int]]:
    """Yield indices of `sources` in batches of the same padded length, longest first.

    A batch has at most about `ROWS` rows, `count` for each dialogue, and at most `max_tokens` tokens of dialogues.
    """
    for width in sorted({padded(len(source)) for source in sources}, reverse=True):
        places = [at for at, source in enumerate(sources) if padded(len(source)) == width]
        for batch in longest_first([range(width)] * len(places), max_tokens, max(1, ROWS // count)):
            yield [places[at] for at in batch]


class Sampler:
    """Writes the candidates of one batch. The linear layers see only unfinished candidates."""

    def __init__(self, decoder: Decoder, end_ids: Sequence[int], batch_tokens: int) -> None:
        """`batch_tokens` is the number of source tokens that are read together, padding included."""
        self._decoder, self._end_ids, self._batch_tokens = decoder, end_ids, batch_tokens

    def sample(self, batch: SampledBatch, settings: SamplingSettings) -> list[list[Sample]]:
        """Return the candidates of each dialogue of `batch`."""
        sources, vocabulary, count = batch.sources, batch.vocabulary, settings.count
        lengths = torch.tensor([len(source) for source in sources])
        cache = self._decoder.new_cache(lengths, count, settings.max_tokens, longest=padded(int(lengths.max())))
        uniform = torch.cat([uniforms(source, settings) for source in sources])
        search = SampleSearch(uniform, vocabulary.columns(self._end_ids), settings)
        self._write(cache, vocabulary, search, vocabulary.logits(self._read(sources, cache)))
        samples = search.results(vocabulary.ids)
        return [samples[at : at + count] for at in range(0, len(samples), count)]

    def _write(self, cache: KVCache, vocabulary: BatchVocabulary, search: SampleSearch, logits: Tensor) -> None:
        rows = search.rows  # of the unfinished candidates in the cache
        while True:
            columns, left = search.advance(logits)
            rows = rows[left]
            if not len(rows):
                return
            dialogues = torch.unique(rows // cache.beams)
            if len(dialogues) < SHRINK_BELOW * len(cache.lengths):
                rows = torch.searchsorted(cache.keep(dialogues), rows)
                vocabulary.keep(dialogues)
            hidden = self._decoder.write(cache, vocabulary.ids[columns], rows)
            logits = vocabulary.logits(hidden, rows // cache.beams)

    def _read(self, sources: Sequence[Sequence[int]], cache: KVCache) -> Tensor:
        """Return the last hidden states (dialogues, features)."""
        width, states = padded(max(map(len, sources))), []
        for group in micro_batches(range(len(sources)), [width] * len(sources), self._batch_tokens):
            ids = torch.zeros(len(group), width, dtype=torch.int64)
            for row, at in enumerate(group):
                ids[row, : len(sources[at])] = torch.tensor(sources[at])
            states.append(self._decoder.read_state(cache, ids, group[0]))
        return torch.cat(states)
