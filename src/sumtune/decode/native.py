"""Summaries from a decoder-only model on the CPU with our own kernels: 8-bit products, one memory for all beams."""

import copy
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from sumtune.decode.attention import Position, WritingAttention
from sumtune.decode.batches import longest_first
from sumtune.decode.convert import UnsupportedError
from sumtune.decode.int8 import Int8Linear, quantize_linears
from sumtune.decode.search import BeamSearch, GreedySearch, Search, WatchToken, Written
from sumtune.kernels.build import Kernels
from sumtune.model.fuse import attention_heads, fuse, fused_output_weight
from sumtune.summarizer import Completion, Progress, Watch
from sumtune.text.encode import Encoder
from sumtune.text.growing import GrowingText

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
        limit = min(max_tokens or self._limit, self._limit)
        completions: dict[int, Completion] = {}
        for batch, sources in self._batches(dialogues):
            completions |= dict(zip(batch, self._write(sources, limit), strict=True))
            if progress is not None:
                progress(len(batch))
        return [completions[at] for at in range(len(dialogues))]

    def stream(self, dialogues: Sequence[str], watch: Watch, max_tokens: int | None = None) -> list[Completion]:
        """What greedy `summarize` gives, `watch` having seen it piece by piece."""
        limit = min(max_tokens or self._limit, self._limit)
        completions: dict[int, Completion] = {}
        for batch, sources in self.with_beams(1)._batches(dialogues):
            growing = [GrowingText(self._encoder.decode) for _ in batch]
            stopped: set[int] = set()

            def on_token(
                place: int, token: int, batch: list[int] = batch, growing: list[GrowingText] = growing,
                stopped: set[int] = stopped,
            ) -> bool:  # fmt: skip
                if watch(batch[place], growing[place].push(token)):
                    stopped.add(place)
                return place in stopped

            for place, completion in enumerate(self.with_beams(1)._write(sources, limit, on_token)):
                completions[batch[place]] = completion
                if place not in stopped:
                    watch(batch[place], growing[place].end(completion.text))
        return [completions[at] for at in range(len(dialogues))]

    def with_beams(self, beams: int) -> "NativeSummarizer":
        """The same model searching with `beams`."""
        other = copy.copy(self)
        other._beams = beams
        return other

    def _batches(self, dialogues: Sequence[str]) -> Iterator[tuple[list[int], list[list[int]]]]:
        sources = [list(self._encoder.source(dialogue)) for dialogue in dialogues]
        for batch in longest_first(sources, self._batch_tokens, max(1, ROWS // self._beams)):
            yield batch, [sources[at] for at in batch]

    @torch.inference_mode()
    def _write(self, sources: list[list[int]], limit: int, watch: WatchToken | None = None) -> list[Completion]:
        lengths = torch.tensor([len(source) for source in sources])
        search = self._search(len(sources), limit, watch)
        with self._lock:
            self._run(search, Position(lengths, self._beams, limit), sources)
        return [self._completion(written) for written in search.results()]

    def _run(self, search: Search, position: Position, sources: list[list[int]]) -> None:
        """Reads `sources`, then writes until `search` has finished every summary."""
        for attention in self._attentions:
            attention.position = position
        logits = self._read(sources, position.lengths).repeat_interleave(self._beams, 0)
        while True:
            tokens, parents = search.advance(logits)
            places = search.unfinished()
            if not places:
                return
            if parents is not None and position.written >= 0:
                for attention in self._attentions:
                    attention.reorder(parents)
            if len(places) < SHRINK_BELOW * len(position.lengths):
                tokens = self._keep(position, search, places, tokens)
            positions = position.advance()
            hidden = self._decoder(tokens[:, None], position_ids=positions, use_cache=False).last_hidden_state
            logits = self._head(hidden[:, -1]).float()

    def _search(self, count: int, limit: int, watch: WatchToken | None) -> Search:
        ends = self._encoder.end_ids
        if self._beams == 1:
            return GreedySearch(count, ends, limit, watch)
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
