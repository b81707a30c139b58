"""Sampling from the most probable tokens, repeatable for each dialogue whatever else is in the batch."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sumtune.summarizer import SamplingSettings

__all__ = ["Sample", "choose", "top_tokens", "uniforms"]

CHUNK = 64
"""Columns of logits whose maximum decides whether one of them can be among the most probable tokens."""


@dataclass(frozen=True)
class Sample:
    """One sampled candidate."""

    ids: tuple[int, ...]
    """Token ids without the end mark."""
    log_probability: float
    """Sum over the tokens, the end mark included, under the model itself: at temperature 1 and without top-k."""
    ended: bool
    """False if generation reached the token limit first."""


def uniforms(source: Sequence[int], settings: SamplingSettings) -> Tensor:
    """Return numbers in [0, 1), (count, max_tokens) float64, that depend only on the seed and the ids of `source`.

    Each candidate has its own part of a counter-based stream (Philox; Salmon et al. 2011). So its numbers change
    neither with the number of candidates nor with the limit of tokens.
    """
    text = ",".join(map(str, (settings.seed, *source)))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    streams = [np.random.Philox(key=key, counter=number << 192) for number in range(settings.count)]
    raw = np.stack([stream.random_raw(settings.max_tokens) for stream in streams])
    return torch.from_numpy((raw >> np.uint64(11)) * 2.0**-53)


def top_tokens(logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return what `logits.topk(count, -1)` returns for `logits` (rows, columns), several times as fast.

    The largest values are in the chunks with the largest maxima.
    """
    rows, columns = logits.shape
    count = min(count, columns)
    whole = columns // CHUNK * CHUNK
    if columns < 8 * count * CHUNK:
        return logits.topk(count, -1)
    chunks = logits[:, :whole].reshape(rows, -1, CHUNK)
    best = chunks.amax(-1).topk(count, -1).indices
    values = chunks.gather(1, best[..., None].expand(-1, -1, CHUNK)).flatten(1)
    places = (best[..., None] * CHUNK + torch.arange(CHUNK, device=logits.device)).flatten(1)
    rest = torch.arange(whole, columns, device=logits.device).expand(rows, -1)
    found = torch.cat([values, logits[:, whole:]], 1).topk(count, -1)
    return found.values, torch.cat([places, rest], 1).gather(1, found.indices)


def choose(best: Tensor, uniform: Tensor, temperature: float) -> Tensor:
    """Return the sampled rank (rows,) among the logits `best` (rows, k), the largest first.

    `uniform` (rows,) is the point of the cumulative distribution at which each row is sampled.
    """
    chances = ((best.double() - best[:, :1].double()) / temperature).exp()
    cumulative = chances.cumsum(-1)
    ranks = (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(-1)
    return torch.minimum(ranks, (chances > 0).sum(-1) - 1)  # rounding must not choose an impossible token
