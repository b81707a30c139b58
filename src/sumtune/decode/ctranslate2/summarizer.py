"""Summaries from a CTranslate2 model on the CPU."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from sumtune.decode.batches import longest_first
from sumtune.decode.ctranslate2.convert import conversion_seconds
from sumtune.decode.ctranslate2.options import counts_prompts, search_options
from sumtune.decode.ctranslate2.stream import stream
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.threads import cores, preserve_torch_threads
from sumtune.summarizer import Completion, OnPiece, OnProgress, SamplingSettings, SamplingSummarizer
from sumtune.text.encode import Encoder

__all__ = ["CTranslate2Summarizer"]

MAX_BATCH_EXAMPLES = 16
"""Largest number of dialogues in a batch: small enough that every core gets several batches."""


class CTranslate2Summarizer:
    """Decodes with one model copy per core, each with its own batches: faster than one copy on all cores.

    Candidates are sampled by torch: CTranslate2 has one random state for each thread, so what it samples for a dialogue
    depends on the other dialogues.
    """

    def __init__(
        self, folder: Path, encoder: Encoder, *, search: SearchSettings, batch_tokens: int,
        sampler: Callable[[], SamplingSummarizer],
    ) -> None:  # fmt: skip
        """`sampler` returns the summarizer that samples; it is called when the first candidates are wanted."""
        import ctranslate2

        ctranslate2.set_log_level(40)
        self.setup_s = conversion_seconds(folder)
        self._encoder = encoder
        self._batch_tokens = batch_tokens
        family = ctranslate2.Translator if encoder.is_encoder_decoder else ctranslate2.Generator
        with preserve_torch_threads():
            self.copies = cores()
            self._model = family(str(folder), inter_threads=self.copies, intra_threads=1)  # in the format of `folder`
        self.engine = "ctranslate2 " + self._model.compute_type.removesuffix("_float32")
        self._limit = encoder.prompt.max_target_tokens
        self._sampler = sampler
        self._search = replace(search, no_repeat_words=0)

    @property
    def decoding(self) -> dict[str, Any]:
        """The number format that this processor computes in, and the search settings."""
        return {
            "engine": "ctranslate2", "number_format": self._model.compute_type, **self._search.described(),
            "max_tokens": self._limit,
        }  # fmt: skip

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion for each dialogue, in the order of `dialogues`."""
        limit = min(max_tokens or self._limit, self._limit)
        to_tokens = self._encoder.tokenizer.convert_ids_to_tokens
        sources = [to_tokens(list(source)) for source in self._encoder.sources(dialogues, styles)]
        batches = list(longest_first(sources, self._batch_tokens, MAX_BATCH_EXAMPLES))
        if counts_prompts(self._encoder, self._search):
            batches = [list(same) for one in batches for _, same in groupby(one, key=lambda at: len(sources[at]))]
        pending = [self._submit([sources[at] for at in batch], limit) for batch in batches]
        completions: dict[int, Completion] = {}
        for batch, futures in zip(batches, pending, strict=True):
            for at, future in zip(batch, futures, strict=True):
                completions[at] = self._completion(future.result(), limit)
            if progress is not None:
                progress(len(batch))
        return [completions[at] for at in range(len(dialogues))]

    def stream(
        self, dialogues: Sequence[str], watch: OnPiece, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return what greedy `summarize` returns, and pass each summary to `watch` piece by piece."""
        limit = min(max_tokens or self._limit, self._limit)
        return stream(self._model, self._encoder, self._encoder.sources(dialogues, styles), watch, limit, self._search)

    def batch_size(self, source_tokens: int) -> int:
        """See `Summarizer`. Each copy decodes a batch of its own."""
        return self.copies * max(1, min(MAX_BATCH_EXAMPLES, self._batch_tokens // max(1, source_tokens)))

    def with_beams(self, beams: int) -> "CTranslate2Summarizer":
        """Return a summarizer with the same model and `beams` beams."""
        other = copy.copy(self)
        other._search = self._search.with_beams(beams)
        return other

    def sample(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[tuple[int, ...]]]:
        """See `SamplingSummarizer`."""
        return self._sampler().sample(sources, settings)

    def _submit(self, sources: list[list[str]], limit: int) -> list[Any]:
        options = search_options(self._search) | {"end_token": self._encoder.end_ids, "asynchronous": True}
        if self._encoder.is_encoder_decoder:
            return list(
                self._model.translate_batch(sources, max_decoding_length=limit, min_decoding_length=0, **options)
            )
        return list(
            self._model.generate_batch(
                sources,
                max_length=limit,
                min_length=1,
                sampling_topk=1,
                include_prompt_in_result=False,
                **options,
            )
        )

    def _completion(self, result: Any, limit: int) -> Completion:
        if self._encoder.is_encoder_decoder:
            ids = self._encoder.tokenizer.convert_tokens_to_ids(result.hypotheses[0])
        else:
            ids = result.sequences_ids[0]
        return Completion(self._encoder.decode(ids), len(ids), cut_off=len(ids) >= limit)
