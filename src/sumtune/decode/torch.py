"""Summaries from a torch model on any device, for models that the faster engines do not support."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from sumtune.decode.batches import longest_first
from sumtune.decode.gpu_batches import MAX_ROWS, RowBytes
from sumtune.model.device_memory import total_bytes
from sumtune.summarizer import Completion, OnProgress
from sumtune.text.encode import Encoder

__all__ = ["TorchSummarizer"]

MAX_BATCH_EXAMPLES = 32


class TorchSummarizer:
    """Generates batches with `generate` of transformers; decoder-only models are padded on the left."""

    def __init__(self, model: Any, encoder: Encoder, *, beams: int, length_penalty: float, batch_tokens: int) -> None:
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
        }
        self._search = _search(beams, length_penalty)
        self._length_penalty = length_penalty

    @property
    def decoding(self) -> dict[str, Any]:
        """Number format, device, and the search."""
        return {
            "engine": "torch", "number_format": self.engine.removeprefix("torch "), "device": self._model.device.type,
            "beams": self._search["num_beams"], "length_penalty": self._search.get("length_penalty"),
            "max_tokens": self._limit,
        }  # fmt: skip

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        """Return one completion for each dialogue, in the order of `dialogues`."""
        limit = min(max_tokens or self._limit, self._limit)
        sources = [list(source) for source in self._encoder.sources(dialogues, styles)]
        completions: dict[int, Completion] = {}
        for batch in self._batches(sources, limit):
            completions |= dict(zip(batch, self._fitting([sources[at] for at in batch], limit), strict=True))
            if progress is not None:
                progress(len(batch))
        return [completions[at] for at in range(len(dialogues))]

    def batch_size(self, source_tokens: int) -> int:
        """See `Summarizer`."""
        source = range(max(1, source_tokens))
        return len(next(self._batches([source] * MAX_ROWS, self._limit)))

    def _batches(self, sources: Sequence[Sequence[int]], limit: int) -> Iterator[list[int]]:
        """Yield the indices of the dialogues of each batch. A GPU takes as many as its memory holds."""
        device = self._model.device
        if device.type != "cuda":
            return longest_first(sources, self._batch_tokens, MAX_BATCH_EXAMPLES)
        tokens, examples = self._row_bytes.limits(total_bytes(device), self._search["num_beams"])
        return longest_first([range(len(source) + limit) for source in sources], tokens, examples)

    def _fitting(self, sources: list[list[int]], limit: int) -> list[Completion]:
        """Return the completions of a batch; decode its halves one after the other if memory is short."""
        try:
            return self._generate(sources, limit)
        except torch.OutOfMemoryError:
            if len(sources) == 1:
                raise
        torch.cuda.empty_cache()
        half = len(sources) // 2
        return self._fitting(sources[:half], limit) + self._fitting(sources[half:], limit)

    def with_beams(self, beams: int) -> "TorchSummarizer":
        """Return a summarizer with the same model and `beams` beams."""
        other = copy.copy(self)
        other._search = _search(beams, self._length_penalty)
        return other

    @torch.no_grad()
    def _generate(self, sources: list[list[int]], limit: int) -> list[Completion]:
        width = max(map(len, sources))
        left = not self._encoder.is_encoder_decoder
        ids, mask = [], []
        for source in sources:
            gap = [self._pad_id] * (width - len(source))
            seen, unseen = [1] * len(source), [0] * len(gap)
            ids.append(gap + source if left else source + gap)
            mask.append(unseen + seen if left else seen + unseen)
        device = self._model.device
        tensor, attention = torch.tensor(ids, device=device), torch.tensor(mask, device=device)
        outputs = self._model.generate(
            input_ids=tensor, attention_mask=attention, max_new_tokens=limit, **self._search, **self._options
        )
        return [self._completion(row) for row in outputs[:, width if left else 1 :].tolist()]

    def _completion(self, row: list[int]) -> Completion:
        end = next((at for at, token in enumerate(row) if token in self._end_ids), None)
        ids = row[:end]
        return Completion(self._encoder.decode(ids), len(ids), cut_off=end is None)


def _search(beams: int, length_penalty: float) -> dict[str, Any]:
    """Return the search options of `generate`; greedy search omits those of beam search, which cause a warning."""
    more = {"length_penalty": length_penalty, "early_stopping": True} if beams > 1 else {}
    return {"num_beams": beams, **more}
