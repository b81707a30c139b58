"""Sampling with `generate` of transformers: each dialogue is read once, and random numbers belong to its candidates."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from sumtune.decode.sampling import Sample, choose, top_tokens, uniforms
from sumtune.summarizer import SamplingSettings

__all__ = ["SampledTokens", "read_once"]


class SampledTokens:
    """A logits processor that samples the next token of each row and forbids all others to greedy search."""

    def __init__(self, sources: Sequence[Sequence[int]], end_ids: Sequence[int], settings: SamplingSettings) -> None:
        self._settings, self._ends = settings, torch.tensor(end_ids)
        self._uniform = torch.cat([uniforms(source, settings) for source in sources])
        rows = len(self._uniform)
        self._tokens: list[Tensor] = []
        self._scores = torch.zeros(rows, dtype=torch.float64)
        self._lengths, self._ended = torch.zeros(rows, dtype=torch.int64), torch.zeros(rows, dtype=torch.bool)

    def __call__(self, _ids: Tensor, logits: Tensor) -> Tensor:
        """Return 0 for the sampled token of each row and -inf for the others."""
        best, columns = top_tokens(logits, self._settings.top_k)
        kept, totals = best.cpu(), logits.logsumexp(-1).cpu()
        ranks = choose(kept, self._uniform[:, len(self._tokens)], self._settings.temperature)[:, None]
        chosen = columns.gather(1, ranks.to(columns.device))
        tokens = chosen[:, 0].cpu()
        self._scores += torch.where(self._ended, 0.0, kept.gather(1, ranks)[:, 0] - totals)
        self._ended |= torch.isin(tokens, self._ends)
        self._lengths += ~self._ended
        self._tokens.append(tokens)
        return torch.full_like(logits, -torch.inf).scatter_(1, chosen, 0.0)

    def results(self) -> list[list[Sample]]:
        """Return the candidates of each source."""
        rows = zip(torch.stack(self._tokens, 1).tolist(), self._lengths.tolist(), self._scores.tolist(),
                   self._ended.tolist(), strict=True)  # fmt: skip
        samples = [Sample(tuple(row[:length]), score, ended) for row, length, score, ended in rows]
        count = self._settings.count
        return [samples[at : at + count] for at in range(0, len(samples), count)]


def read_once(model: Any, ids: Tensor, mask: Tensor, count: int) -> dict[str, Any]:
    """Read each dialogue (row of `ids`) once, and return the inputs of `generate` for `count` rows of each.

    A decoder-only model reads all tokens but the last, and the inputs include its cache. A cache that cannot be
    repeated for the `count` rows is left out; `generate` then reads every row.
    """
    from transformers.generation.utils import ALL_CACHE_NAMES  # the first is the name that `generate` wants

    inputs: dict[str, Any] = {"attention_mask": mask.repeat_interleave(count, 0)}
    if model.config.is_encoder_decoder:
        outputs = model.get_encoder()(input_ids=ids, attention_mask=mask)
        outputs.last_hidden_state = outputs.last_hidden_state.repeat_interleave(count, 0)
        return inputs | {"encoder_outputs": outputs}
    inputs["input_ids"] = ids.repeat_interleave(count, 0)
    if ids.shape[1] > 1:
        seen = mask[:, :-1]
        positions = (seen.cumsum(-1) - 1).clamp_min(0)
        past = model.get_decoder()(
            input_ids=ids[:, :-1], attention_mask=seen, position_ids=positions, use_cache=True
        ).past_key_values
        if hasattr(past, "batch_repeat_interleave"):
            past.batch_repeat_interleave(count)
            inputs[ALL_CACHE_NAMES[0]] = past
    return inputs
