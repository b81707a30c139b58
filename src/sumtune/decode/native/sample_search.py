"""Sampling over a batch, one token at a time, independent of the model."""

import torch
from torch import Tensor

from sumtune.decode.sampling import Sample, choose, top_tokens
from sumtune.summarizer import SamplingSettings

__all__ = ["SampleSearch"]


class SampleSearch:
    """Samples `settings.count` candidates for each dialogue; each is a row, beside the others of its dialogue."""

    def __init__(self, uniform: Tensor, end_ids: list[int], settings: SamplingSettings) -> None:
        """`uniform` (rows, max_tokens) has the random numbers of each row; `end_ids` are columns of the logits."""
        self._uniform, self._settings = uniform, settings
        self._ends, self._end_ids = torch.tensor(end_ids), end_ids
        self._columns = torch.zeros(uniform.shape, dtype=torch.int64)
        self._lengths = torch.zeros(len(uniform), dtype=torch.int64)
        self._ended = torch.zeros(len(uniform), dtype=torch.bool)
        self._scores = torch.zeros(len(uniform), dtype=torch.float64)
        self._length = 0
        self.rows = torch.arange(len(uniform))
        """Rows of unfinished candidates among all rows."""

    def advance(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next tokens of the rows that are still unfinished, and their places among `rows` before.

        `logits` (rows, columns) has one row for each of `rows`; at the first token, one for each dialogue.
        """
        if not self._length:
            logits[:, self._end_ids] = -torch.inf  # a summary has at least one token
        best, columns = top_tokens(logits, self._settings.top_k)
        totals = logits.logsumexp(-1)
        if not self._length:
            best, columns, totals = (
                part.repeat_interleave(self._settings.count, 0) for part in (best, columns, totals)
            )
        ranks = choose(best, self._uniform[self.rows, self._length], self._settings.temperature)[:, None]
        tokens = columns.gather(1, ranks)[:, 0]
        self._scores[self.rows] += best.gather(1, ranks)[:, 0] - totals
        ends = torch.isin(tokens, self._ends)
        self._ended[self.rows] = ends
        self._columns[self.rows, self._length] = tokens
        self._lengths[self.rows] += ~ends
        self._length += 1
        left = (~ends).nonzero()[:, 0]
        if self._length >= self._uniform.shape[1]:
            left = left[:0]
        self.rows = self.rows[left]
        return tokens[left], left

    def results(self, ids: Tensor) -> list[Sample]:
        """Return one sample for each row; `ids` are the token ids of the columns."""
        tokens, scores, ended = ids[self._columns].tolist(), self._scores.tolist(), self._ended.tolist()
        return [
            Sample(tuple(row[:length]), score, did_end)
            for row, length, score, did_end in zip(tokens, self._lengths.tolist(), scores, ended, strict=True)
        ]
