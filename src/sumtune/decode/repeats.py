"""Forbid tokens that would repeat a sequence of tokens or words (Paulus et al. 2017, https://arxiv.org/abs/1705.04304).

A word is a token that starts one, with all tokens up to the next such token. So a sequence of words may have any number
of tokens, and a name of many tokens may recur.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from sumtune.decode.search_settings import SearchSettings
from sumtune.text.encode import Encoder

__all__ = ["Repeats"]

TOKENS_PER_WORD = 16
"""Sequences of words with more tokens than this on average may be repeated."""
NO_TOKEN = -1


@dataclass(frozen=True)
class Repeats:
    """The repeats that the summaries of a batch may not contain."""

    tokens: int = 0
    """Length, in tokens, of sequences that are not written twice; 0 allows all."""
    words: int = 0
    """The same in words."""
    starts: Tensor | None = None
    """Whether each token starts a word (vocabulary,); needed only for `words`."""

    @classmethod
    def of(cls, search: SearchSettings, encoder: Encoder) -> "Repeats":
        """Return the repeats that `search` forbids."""
        starts = torch.tensor(encoder.word_starts) if search.no_repeat_words else None
        return cls(search.no_repeat_ngram_size, search.no_repeat_words, starts)

    def at(self, ids: Tensor) -> "Repeats":
        """Return the same for logits with a column for each of `ids` instead of the whole vocabulary."""
        return self if self.starts is None else replace(self, starts=self.starts[ids])

    def on(self, device: torch.device) -> "Repeats":
        """Return the same on `device`."""
        return self if self.starts is None else replace(self, starts=self.starts.to(device))

    def forbid(self, logits: Tensor, written: Tensor) -> None:
        """Set to -inf the logits of the tokens that would end or, for words, begin the end of a repeated sequence.

        `logits` (rows, vocabulary) is changed in place; `written` (rows, tokens) has all tokens of each summary so far.

        >>> logits = torch.zeros(1, 4)
        >>> Repeats(tokens=2).forbid(logits, torch.tensor([[1, 2, 3, 1]]))
        >>> logits.tolist()
        [[0.0, 0.0, -inf, 0.0]]

        Tokens 0 and 1 start words here, so the words are `0 2`, `1`, `0 2`:

        >>> logits = torch.zeros(1, 4)
        >>> Repeats(words=2, starts=torch.tensor([1, 1, 0, 0]).bool()).forbid(logits, torch.tensor([[0, 2, 1, 0, 2]]))
        >>> logits.tolist()
        [[0.0, -inf, 0.0, 0.0]]
        """
        if self.tokens and written.shape[1] >= self.tokens:
            before = self.tokens - 1
            begun = written.unfold(1, before, 1)
            _forbid(logits, written[:, before:], (begun[:, :-1] == begun[:, -1:]).all(-1))
        if self.words and written.shape[1] >= self.words:
            assert self.starts is not None
            starts = self.starts[written]
            _forbid(logits, written[:, 1:], _begun_words(written, starts, self.words - 1) & starts[:, 1:])


def _forbid(logits: Tensor, tokens: Tensor, where: Tensor) -> None:
    """Set the logits of `tokens` (rows, any) to -inf `where` (rows, any) is True."""
    change = torch.zeros_like(where, dtype=logits.dtype).masked_fill_(where, -torch.inf)
    logits.scatter_add_(1, tokens, change)  # unlike an index made from a mask, this never waits for a GPU


def _begun_words(written: Tensor, starts: Tensor, words: int) -> Tensor:
    """Return where (rows, tokens - 1) the tokens before the next one equal the last `words` words of the row.

    It is False in rows with fewer words, or if these words have more than `TOKENS_PER_WORD` tokens on average.
    """
    length = written.shape[1]
    starts = starts.clone()
    starts[:, 0] = True
    words_left = starts.flip(1).cumsum(1).flip(1)  # from each token to the end
    sizes = length + 1 - (words_left >= words).sum(1)  # tokens of the last words; length + 1 if there are too few
    width = min(length, TOKENS_PER_WORD * words)
    windows = pad(written, (width - 1, 0), value=NO_TOKEN).unfold(1, width, 1)  # those that end at each token
    older = torch.arange(width, 0, -1, device=written.device) > sizes[:, None]
    same = (windows[:, :-1] == windows[:, -1:]) | older[:, None]
    return same.all(-1) & (sizes <= width)[:, None]
