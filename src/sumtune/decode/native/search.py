"""Greedy and beam search over a batch, one token at a time, independent of the model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from sumtune.decode.repeats import Repeats
from sumtune.decode.search_settings import SearchSettings

__all__ = ["BeamSearch", "GreedySearch", "OnToken", "Search", "SearchResult"]

OnToken = Callable[[int, int], bool]
"""Callback that gets the place of a summary in the batch and its new token; returning True ends the summary."""


@dataclass(frozen=True)
class SearchResult:
    """Token ids of one summary without its end mark, and whether it reached an end mark."""

    ids: list[int]
    ended: bool


class Search(Protocol):
    """Chooses the next tokens from logits until every summary is finished."""

    def advance(self, logits: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the next tokens (rows,) and the rows that they continue, from `logits` (rows, vocabulary).

        None instead of rows means that each row continues itself.
        """
        ...

    def unfinished(self) -> list[int]:
        """Return the places of unfinished summaries among those that the search still holds."""
        ...

    def keep(self, places: list[int]) -> None:
        """Drop all summaries except those at `places`."""
        ...

    def results(self) -> list[SearchResult]:
        """Return one result for each summary of the batch, in order."""
        ...


class GreedySearch:
    """Takes the most probable next token; one row for each summary."""

    def __init__(
        self, count: int, end_ids: list[int], limit: int, repeats: Repeats, watch: OnToken | None = None
    ) -> None:
        self._ends, self._limit, self._watch = set(end_ids), limit, watch
        self._end_ids, self._repeats = end_ids, repeats
        self._written = torch.empty(count, 0, dtype=torch.int64)
        self._ids: list[list[int]] = [[] for _ in range(count)]
        self._ended = [False] * count
        self._alive = list(range(count))

    def advance(self, logits: Tensor) -> tuple[Tensor, None]:
        """See `Search`."""
        if not self._ids[self._alive[0]]:
            logits[:, self._end_ids] = -torch.inf  # a summary has at least one token
        self._repeats.forbid(logits, self._written)
        tokens = logits.argmax(-1)
        self._written = torch.cat([self._written, tokens[:, None]], 1)
        for summary, token in zip(self._alive, tokens.tolist(), strict=True):
            if self._ended[summary] or len(self._ids[summary]) >= self._limit:
                continue
            if token in self._ends:
                self._ended[summary] = True
            else:
                self._ids[summary].append(token)
                self._ended[summary] = self._watch is not None and self._watch(summary, token)
        return tokens, None

    def unfinished(self) -> list[int]:
        """See `Search`."""
        return [
            place
            for place, summary in enumerate(self._alive)
            if not self._ended[summary] and len(self._ids[summary]) < self._limit
        ]

    def keep(self, places: list[int]) -> None:
        """See `Search`."""
        self._alive = [self._alive[place] for place in places]
        self._written = self._written[places]

    def results(self) -> list[SearchResult]:
        """See `Search`."""
        return [SearchResult(ids, ended) for ids, ended in zip(self._ids, self._ended, strict=True)]


@dataclass(frozen=True)
class _Continuation:
    """The hypothesis of `row`, continued by one token."""

    score: float
    ids: list[int]
    row: int


@dataclass
class _Beams:
    """The open beams of one summary, best first, and its finished hypotheses."""

    open: list[tuple[float, list[int]]] = field(default_factory=lambda: [(0.0, [])])
    ended: list[tuple[float, list[int]]] = field(default_factory=list)


class BeamSearch:
    """Beam search with `beams` rows for each summary; a summary is finished when `beams` hypotheses have ended.

    The score of a hypothesis is its sum of log-probabilities divided by length ** `length_penalty`. The length includes
    the end mark. Forbidding repeats does not raise the probabilities of other tokens.
    """

    def __init__(self, count: int, end_ids: list[int], limit: int, repeats: Repeats, settings: SearchSettings) -> None:
        self._beams, self._ends, self._limit = settings.beams, set(end_ids), limit
        self._end_ids, self._penalty, self._repeats = end_ids, settings.length_penalty, repeats
        self._written = torch.empty(count * self._beams, 0, dtype=torch.int64)
        self._candidates = (1 + len(self._ends)) * self._beams  # enough that at least `beams` of them do not end
        self._summaries = [_Beams() for _ in range(count)]
        self._alive = list(range(count))
        self._length = 0

    def advance(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Search`. At the first token all rows of a summary are equal, and only the first one counts."""
        if not self._length:
            logits[:, self._end_ids] = -torch.inf
        self._length += 1
        totals = logits.logsumexp(-1, keepdim=True)
        self._repeats.forbid(logits, self._written)
        best, tokens = logits.topk(min(self._candidates, logits.shape[-1]), -1)
        chances = best - totals
        options = [list(zip(*row, strict=True)) for row in zip(chances.tolist(), tokens.tolist(), strict=True)]
        chosen: list[_Continuation] = []
        for place, summary in enumerate(self._alive):
            first = place * self._beams
            chosen += self._extend(self._summaries[summary], first, options[first : first + self._beams])
        next_tokens, rows = torch.tensor([one.ids[-1] for one in chosen]), torch.tensor([one.row for one in chosen])
        self._written = torch.cat([self._written[rows], next_tokens[:, None]], 1)
        return next_tokens, rows

    def _extend(self, state: _Beams, first: int, options: list[list[tuple[float, int]]]) -> list[_Continuation]:
        """Return the best continuations of one summary, its new open beams; move hypotheses that end to `ended`."""
        candidates = [
            _Continuation(score + chance, [*ids, token], first + beam)
            for beam, ((score, ids), row) in enumerate(zip(state.open, options, strict=False))
            for chance, token in row
        ]
        best = sorted(candidates, key=lambda one: -one.score)[: self._candidates]
        if not self._finished(state):
            for one in best[: self._beams]:
                if one.ids[-1] in self._ends:
                    state.ended.append((one.score / self._length**self._penalty, one.ids[:-1]))
        still_open = [one for one in best if one.ids[-1] not in self._ends][: self._beams]
        state.open = [(one.score, one.ids) for one in still_open]
        return still_open

    def _finished(self, state: _Beams) -> bool:
        return len(state.ended) >= self._beams

    def unfinished(self) -> list[int]:
        """See `Search`."""
        if self._length >= self._limit:
            return []
        return [place for place, at in enumerate(self._alive) if not self._finished(self._summaries[at])]

    def keep(self, places: list[int]) -> None:
        """See `Search`."""
        self._alive = [self._alive[place] for place in places]
        self._written = self._written.view(-1, self._beams, self._length)[places].flatten(0, 1)

    def results(self) -> list[SearchResult]:
        """See `Search`."""
        return [self._best(state) for state in self._summaries]

    def _best(self, state: _Beams) -> SearchResult:
        ended = [(score, ids, True) for score, ids in state.ended]
        if not self._finished(state):
            length = max(1, len(state.open[0][1]))
            ended += [(score / length**self._penalty, ids, False) for score, ids in state.open]
        _, ids, did_end = max(ended, key=lambda hypothesis: hypothesis[0])
        return SearchResult(ids, did_end)
