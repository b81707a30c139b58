"""Summaries from a torch model on any device, for models that the faster engines do not support."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import torch

from sumtune.decode.batches import longest_first
from sumtune.decode.gpu_batches import MAX_ROWS, RowBytes
from sumtune.decode.repeats import Repeats
from sumtune.decode.sampling import Sample
from sumtune.decode.search_settings import SearchSettings
from sumtune.decode.torch_sampling import SampledTokens, read_once
from sumtune.model.device_memory import total_bytes
from sumtune.summarizer import Completion, OnProgress, SamplingSettings
from sumtune.text.encode import Encoder

__all__ = ["TorchSummarizer"]

MAX_BATCH_EXAMPLES = 32
SAMPLED_ROWS = 128
"""Candidates that a CPU samples together."""

Written = TypeVar("Written")


class TorchSummarizer:
    """Generates batches with `generate` of transformers; decoder-only models are padded on the left."""

    def __init__(self, model: Any, encoder: Encoder, *, search: SearchSettings, batch_tokens: int) -> None:
        self.engine = f"torch {str(model.dtype).removeprefix('torch.')}"
        self.setup_s = 0.0
        self._model = model
        self._encoder = encoder
        self._batch_tokens = batch_tokens
        self._row_bytes = RowBytes.of(model.config, model.dtype.itemsize)
        tokenizer = encoder.tokenizer
        self._end_ids = encoder.end_ids
        pad = tokenizer.pad_token_id
        has_row = pad is not None and (encoder.vocabulary_size is None or pad < encoder.vocabulary_size)
        self._pad_id = pad if has_row else tokenizer.eos_token_id  # no position attends to padding
        self._limit = encoder.prompt.max_target_tokens
        self._options: dict[str, Any] = {
            "do_sample": False,
            "min_new_tokens": 0 if encoder.is_encoder_decoder else 1,
            "eos_token_id": self._end_ids,
            "pad_token_id": self._pad_id,
            "no_repeat_ngram_size": 0,  # not that of the base model
        }
        self._search, self._repeats = search, Repeats.of(search, encoder).on(model.device)

    @property
    def decoding(self) -> dict[str, Any]:
        """Number format, device, and the search."""
        return {
            "engine": "torch", "number_format": self.engine.removeprefix("torch "), "device": self._model.device.type,
            **self._search.described(), "max_tokens": self._limit,
        }  # fmt: skip

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion for each dialogue, in the order of `dialogues`."""
        limit = min(max_tokens or self._limit, self._limit)
        sources = [list(source) for source in self._encoder.sources(dialogues, styles)]
        completions: dict[int, Completion] = {}
        write = partial(self._generate, limit=limit)
        for batch in self._batches(sources, limit, self._search.beams):
            completions |= dict(zip(batch, _fitting([sources[at] for at in batch], write), strict=True))
            if progress is not None:
                progress(len(batch))
        return [completions[at] for at in range(len(dialogues))]

    def sample(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[tuple[int, ...]]]:
        """See `SamplingSummarizer`. In bf16 on a GPU, rounding depends on the batch and can change a candidate."""
        return [[sample.ids for sample in samples] for samples in self.sample_scored(sources, settings)]

    def sample_scored(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[Sample]]:
        """Return what `sample` returns, with log-probabilities."""
        settings = replace(settings, max_tokens=min(settings.max_tokens, self._limit))
        draw = partial(self._draw, settings=settings)
        samples: dict[int, list[Sample]] = {}
        for batch in self._batches(
            sources, settings.max_tokens, settings.count, max(1, SAMPLED_ROWS // settings.count)
        ):
            samples |= dict(zip(batch, _fitting([list(sources[at]) for at in batch], draw), strict=True))
        return [samples[at] for at in range(len(sources))]

    def batch_size(self, source_tokens: int) -> int:
        """See `Summarizer`."""
        source = range(max(1, source_tokens))
        return len(next(self._batches([source] * MAX_ROWS, self._limit, self._search.beams)))

    def _batches(
        self, sources: Sequence[Sequence[int]], limit: int, rows: int, max_examples: int = MAX_BATCH_EXAMPLES
    ) -> Iterator[list[int]]:
        """Yield the indices of the dialogues of each batch, with `rows` for each. A GPU takes as many as it holds."""
        device = self._model.device
        if device.type != "cuda":
            return longest_first(sources, self._batch_tokens, max_examples)
        tokens, examples = self._row_bytes.limits(total_bytes(device), rows)
        return longest_first([range(len(source) + limit) for source in sources], tokens, examples)

    def with_beams(self, beams: int) -> "TorchSummarizer":
        """Return a summarizer with the same model and `beams` beams."""
        other = copy.copy(self)
        other._search = self._search.with_beams(beams)
        return other

    @torch.no_grad()
    def _generate(self, sources: list[list[int]], limit: int) -> list[Completion]:
        ids, mask = self._padded(sources)
        first = 1 if self._encoder.is_encoder_decoder else ids.shape[1]
        outputs = self._model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=limit,
            **_search_options(self._search, self._repeats, first),
            **self._options,
        )
        return [self._completion(row) for row in outputs[:, first:].tolist()]

    @torch.no_grad()
    def _draw(self, sources: list[list[int]], settings: SamplingSettings) -> list[list[Sample]]:
        tokens = SampledTokens(sources, self._end_ids, settings)
        inputs = read_once(self._model, *self._padded(sources), settings.count)
        self._model.generate(
            **inputs, logits_processor=[tokens], max_new_tokens=settings.max_tokens, num_beams=1, **self._options
        )
        return tokens.results()

    def _padded(self, sources: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return token ids and attention mask, (dialogues, time)."""
        width = max(map(len, sources))
        left = not self._encoder.is_encoder_decoder
        ids, mask = [], []
        for source in sources:
            gap = [self._pad_id] * (width - len(source))
            seen, unseen = [1] * len(source), [0] * len(gap)
            ids.append(gap + source if left else source + gap)
            mask.append(unseen + seen if left else seen + unseen)
        device = self._model.device
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)

    def _completion(self, row: list[int]) -> Completion:
        end = next((at for at, token in enumerate(row) if token in self._end_ids), None)
        ids = row[:end]
        return Completion(self._encoder.decode(ids), len(ids), cut_off=end is None)


def _fitting(sources: list[list[int]], write: Callable[[list[list[int]]], list[Written]]) -> list[Written]:
    """Return what `write` makes of a batch; it gets its halves one after the other if memory is short."""
    try:
        return write(sources)
    except torch.OutOfMemoryError:
        if len(sources) == 1:
            raise
    torch.cuda.empty_cache()
    half = len(sources) // 2
    return _fitting(sources[:half], write) + _fitting(sources[half:], write)


def _search_options(search: SearchSettings, repeats: Repeats, first: int) -> dict[str, Any]:
    """Return the search options of `generate`; greedy search omits those of beam search, which cause a warning.

    `first` is the position of the first token of a summary: repeats of tokens before it are allowed, while the option
    `no_repeat_ngram_size` of `generate` forbids them.
    """

    def without_repeats(ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        repeats.forbid(logits, ids[:, first:])
        return logits

    more = {"length_penalty": search.length_penalty, "early_stopping": True} if search.beams > 1 else {}
    return {"num_beams": search.beams, "logits_processor": [without_repeats], **more}
