"""A sampler that computes every token with the model's own forward pass, one candidate after another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sumtune.model.merge import load_merged

LIMIT = 5
"""Most tokens of a candidate: enough for six different ones."""


class SlowSampler:
    """Samples from a base model with an adapter; a candidate depends only on the seed, its number and the source."""

    def __init__(self, source: Any, adapter: Path, encoder: Any) -> None:
        self.adapter = adapter
        self._model = load_merged(source.folder, adapter, torch.float32, torch.device("cpu"))
        self._ends = set(encoder.end_ids)

    def sample(
        self, sources: Sequence[Sequence[int]], *, count: int, temperature: float, top_k: int, seed: int,
        max_tokens: int,
    ) -> list[list[tuple[int, ...]]]:  # fmt: skip
        """Return `count` candidates for each source, without the end mark."""
        return [
            [self._one(source, seed, number, temperature, top_k, min(max_tokens, LIMIT)) for number in range(count)]
            for source in sources
        ]

    @torch.no_grad()
    def _one(
        self, source: Sequence[int], seed: int, number: int, temperature: float, top_k: int, limit: int
    ) -> tuple[int, ...]:
        generator = torch.Generator().manual_seed(hash((seed, number, *source)) % 2**31)
        written: list[int] = []
        while len(written) < limit:
            best = self._logits(source, written).topk(top_k)
            drawn = torch.multinomial((best.values / temperature).softmax(-1), 1, generator=generator)
            token = int(best.indices[drawn])
            if token in self._ends:
                break
            written.append(token)
        return tuple(written)

    def _logits(self, source: Sequence[int], written: Sequence[int]) -> torch.Tensor:
        model = self._model
        if model.config.is_encoder_decoder:
            begun = torch.tensor([[model.config.decoder_start_token_id, *written]])
            return model(input_ids=torch.tensor([source]), decoder_input_ids=begun).logits[0, -1]
        return model(input_ids=torch.tensor([[*source, *written]])).logits[0, -1]
