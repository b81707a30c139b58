"""How long the sequences of tokens are that summaries repeat."""

from collections.abc import Mapping, Sequence

__all__ = ["MOST_TOKENS", "longest_repeat", "no_repeat_ngram_size"]

FEWEST_TOKENS = 8
"""Shorter sequences may be names, dates or times (`on the 20th` has six tokens), which recur in good summaries."""
MOST_TOKENS = 32
"""Where many summaries repeat sequences of this length, as forms do, all repeats are allowed."""
MOST_REPEATING = 0.2
"""Share of the summaries that may repeat a sequence of the chosen length."""


def longest_repeat(ids: Sequence[int]) -> int:
    """Return the length of the longest sequence that occurs twice in `ids`, at most `MOST_TOKENS`.

    >>> longest_repeat([5, 6, 7, 1, 5, 6, 7]), longest_repeat([1, 1, 1]), longest_repeat([1, 2])
    (3, 2, 0)
    """
    for size in range(1, MOST_TOKENS + 1):
        grams = list(zip(*(ids[at:] for at in range(size)), strict=False))
        if len(set(grams)) == len(grams):
            return size - 1
    return MOST_TOKENS


def no_repeat_ngram_size(longest: Mapping[int, int]) -> int:
    """Return the smallest size from `FEWEST_TOKENS` on that at most `MOST_REPEATING` of the summaries repeat.

    Return 0 if there is none up to `MOST_TOKENS`. `longest` counts the summaries by `longest_repeat`.

    >>> no_repeat_ngram_size({0: 9, 9: 1}), no_repeat_ngram_size({0: 1, 9: 9}), no_repeat_ngram_size({MOST_TOKENS: 3})
    (8, 10, 0)
    """
    total = sum(longest.values())
    for size in range(FEWEST_TOKENS, MOST_TOKENS + 1):
        if sum(count for length, count in longest.items() if length >= size) <= MOST_REPEATING * total:
            return size
    return 0
