"""A sampler that computes every token with the model's own forward pass, one candidate after another."""

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sumtune.model.adapter_files import WEIGHTS
from sumtune.model.merge import load_merged
from sumtune.summarizer import SamplingSettings

LIMIT = 5
"""Most tokens of a candidate: enough for six different ones."""


class SlowSampler:
    """Samples from a base model with an adapter; a candidate depends only on the seed, its number and the source."""

    def __init__(self, source: Any, adapter: Path, encoder: Any) -> None:
        self.adapter = adapter
        self._logits = _reader(source.folder, adapter, sha256((adapter / WEIGHTS).read_bytes()).digest())
        self._ends = set(encoder.end_ids)

    def sample(self, sources: Sequence[Sequence[int]], settings: SamplingSettings) -> list[list[tuple[int, ...]]]:
        """Return candidates for each source, without the end mark."""
        return [[self._one(source, number, settings) for number in range(settings.count)] for source in sources]

    def _one(self, source: Sequence[int], number: int, settings: SamplingSettings) -> tuple[int, ...]:
        generator = torch.Generator().manual_seed(hash((settings.seed, number, *source)) % 2**31)
        written: tuple[int, ...] = ()
        while len(written) < min(settings.max_tokens, LIMIT):
            best = self._logits(tuple(source), written).topk(settings.top_k)
            drawn = torch.multinomial((best.values / settings.temperature).softmax(-1), 1, generator=generator)
            token = int(best.indices[drawn])
            if token in self._ends:
                break
            written = (*written, token)
        return written


_READERS: dict[tuple[Path, bytes], Callable[[tuple[int, ...], tuple[int, ...]], Tensor]] = {}
"""Readers by the folder of the model and the hash of the adapter: runs of many tests train the same adapter."""


def _reader(base: Path, adapter: Path, digest: bytes) -> Callable[[tuple[int, ...], tuple[int, ...]], Tensor]:
    """Return a function from the ids of a source and of what is written to the logits of the next token."""
    if (base, digest) not in _READERS:
        model = load_merged(base, adapter, torch.float32, torch.device("cpu"))

        @torch.no_grad()
        def logits(source: tuple[int, ...], written: tuple[int, ...]) -> Tensor:
            if model.config.is_encoder_decoder:
                begun = torch.tensor([[model.config.decoder_start_token_id, *written]])
                return model(input_ids=torch.tensor([source]), decoder_input_ids=begun).logits[0, -1].clone()
            return model(input_ids=torch.tensor([[*source, *written]])).logits[0, -1].clone()

        _READERS[base, digest] = cache(logits)
    return _READERS[base, digest]
