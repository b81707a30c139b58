"""How long the sequences of tokens and words are that summaries repeat."""

from collections.abc import Hashable, Mapping, Sequence

__all__ = ["FEWEST_TOKENS", "FEWEST_WORDS", "longest_repeat", "shortest_forbidden"]

FEWEST_TOKENS = 8
"""Shorter sequences may be names, dates or times (`on the 20th` has six tokens), which recur in good summaries."""
FEWEST_WORDS = 4
"""The same for words."""
LONGEST = 32
"""Where many summaries repeat sequences of this length, as forms do, all repeats are allowed."""
MOST_REPEATING = 0.2
"""Share of the summaries that may repeat a sequence of the chosen length."""


def longest_repeat(items: Sequence[Hashable]) -> int:
    """Return the length of the longest sequence that occurs twice in `items`, at most `LONGEST`.

    >>> longest_repeat([5, 6, 7, 1, 5, 6, 7]), longest_repeat([1, 1, 1]), longest_repeat([1, 2])
    (3, 2, 0)
    """
    for size in range(1, LONGEST + 1):
        grams = list(zip(*(items[at:] for at in range(size)), strict=False))
        if len(set(grams)) == len(grams):
            return size - 1
    return LONGEST


def shortest_forbidden(longest: Mapping[int, int], fewest: int) -> int:
    """Return the smallest length from `fewest` on that at most `MOST_REPEATING` of the summaries repeat.

    Return 0 if there is none up to `LONGEST`. `longest` counts the summaries by `longest_repeat`.

    >>> shortest_forbidden({0: 9, 9: 1}, 8), shortest_forbidden({0: 1, 9: 9}, 8), shortest_forbidden({LONGEST: 3}, 8)
    (8, 10, 0)
    """
    total = sum(longest.values())
    for size in range(fewest, LONGEST + 1):
        if sum(count for length, count in longest.items() if length >= size) <= MOST_REPEATING * total:
            return size
    return 0
