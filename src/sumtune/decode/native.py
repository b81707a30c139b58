"""Summaries from a decoder-only model on the CPU with our own kernels: 8-bit products, one memory for all beams."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from sumtune.decode.attention import Position, WritingAttention
from sumtune.decode.batches import longest_first
from sumtune.decode.convert import UnsupportedError
from sumtune.decode.int8 import Int8Linear, quantize_linears
from sumtune.decode.search import BeamSearch, GreedySearch, Search, Written
from sumtune.kernels.build import Kernels
from sumtune.model.fuse import attention_heads, fuse, fused_output_weight
from sumtune.summarizer import Completion, Progress
from sumtune.text.encode import Encoder

__all__ = ["NativeSummarizer"]

ROWS = 64
"""Rows that are written together, beams of one dialogue included: products of 8-bit integers need that many."""
SHRINK_BELOW = 0.75
"""Finished summaries leave the batch when less than this share of it goes on."""


class NativeSummarizer:
    """Reads a batch of dialogues at once, then writes a token of every summary at a time."""

    def __init__(
        self, model: Any, encoder: Encoder, kernels: Kernels, *, beams: int, length_penalty: float, batch_tokens: int,
        quantization: str,
    ) -> None:  # fmt: skip
        """Takes `model` over: its layers are replaced.

        Raises:
            UnsupportedError: the model is put together in a way that these kernels do not know.
        """
        if encoder.is_encoder_decoder or fused_output_weight(model) is None:
            raise UnsupportedError("This engine knows decoder-only models with a plain output layer.")
        fuse(model, kernels)
        self._attentions = _take_over_attention(model, kernels)
        dtype = model.dtype
        self.engine, self.setup_s = f"native {quantization}", 0.0
        self._decoder, self._head = model.get_decoder(), model.get_output_embeddings()
        if quantization == "int8":
            quantize_linears(self._decoder, kernels, dtype)
            self._head = Int8Linear(self._head, kernels, torch.float32)
        self._lock = Lock()  # the layers hold what was read and written of one batch
        self._encoder, self._batch_tokens = encoder, batch_tokens
        self._beams, self._length_penalty = beams, length_penalty
        self._limit = encoder.prompt.max_target_tokens

    def summarize(
        self, dialogues: Sequence[str], progress: Progress | None = None, max_tokens: int | None = None
    ) -> list[Completion]:
        """One completion for each dialogue, in the order of `dialogues`."""
        with self._lock:
            return self._summarize(dialogues, progress, min(max_tokens or self._limit, self._limit))

    def _summarize(self, dialogues: Sequence[str], progress: Progress | None, limit: int) -> list[Completion]:
        sources = [list(self._encoder.source(dialogue)) for dialogue in dialogues]
        completions: dict[int, Completion] = {}
        for batch in longest_first(sources, self._batch_tokens, max(1, ROWS // self._beams)):
            written = self._write([sources[at] for at in batch], limit)
            completions |= {at: self._completion(one) for at, one in zip(batch, written, strict=True)}
            if progress is not None:
                progress(len(batch))
        return [completions[at] for at in range(len(dialogues))]

    @torch.inference_mode()
    def _write(self, sources: list[list[int]], limit: int) -> list[Written]:
        search = self._search(len(sources), limit)
        lengths = torch.tensor([len(source) for source in sources])
        position = Position(lengths, self._beams, limit)
        for attention in self._attentions:
            attention.position = position
        logits = self._read(sources, lengths).repeat_interleave(self._beams, 0)
        while True:
            tokens, parents = search.advance(logits)
            places = search.unfinished()
            if not places:
                return search.results()
            if parents is not None and position.written >= 0:
                for attention in self._attentions:
                    attention.reorder(parents)
            if len(places) < SHRINK_BELOW * len(position.lengths):
                tokens = self._keep(position, search, places, tokens)
            positions = position.advance()
            hidden = self._decoder(tokens[:, None], position_ids=positions, use_cache=False).last_hidden_state
            logits = self._head(hidden[:, -1]).float()

    def _search(self, count: int, limit: int) -> Search:
        ends = self._encoder.end_ids
        if self._beams == 1:
            return GreedySearch(count, ends, limit)
        return BeamSearch(count, self._beams, ends, limit, self._length_penalty)

    def _read(self, sources: list[list[int]], lengths: Tensor) -> Tensor:
        """Logits (dialogues, vocabulary) of the first token of each summary."""
        ids = torch.zeros(len(sources), int(lengths.max()), dtype=torch.int64)
        for row, source in enumerate(sources):
            ids[row, : len(source)] = torch.tensor(source)
        hidden = self._decoder(ids, use_cache=False).last_hidden_state
        logits: Tensor = self._head(hidden[torch.arange(len(sources)), lengths - 1])
        return logits.float()

    def _keep(self, position: Position, search: Search, places: list[int], tokens: Tensor) -> Tensor:
        """Drops finished summaries; the tokens of the others."""
        chosen = torch.tensor(places)
        rows = (chosen[:, None] * self._beams + torch.arange(self._beams)).flatten()
        for attention in self._attentions:
            attention.keep(chosen, rows)
        position.keep(chosen)
        search.keep(places)
        return tokens[rows]

    def _completion(self, written: Written) -> Completion:
        return Completion(self._encoder.decode(written.ids), len(written.ids), cut_off=not written.ended)


def _take_over_attention(model: Any, kernels: Kernels) -> list[WritingAttention]:
    attentions = []
    for module, heads in attention_heads(model):
        module.forward = attention = WritingAttention(module, heads, kernels)
        attentions.append(attention)
    if len(attentions) != model.config.num_hidden_layers:
        raise UnsupportedError("This engine does not know the attention of this model.")
    return attentions
