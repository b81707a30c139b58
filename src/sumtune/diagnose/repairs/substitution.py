"""Find the table by which each letter was replaced by another character, such as ROT13 or another keyboard."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["find_table"]

AROUND = ".,!?;:\"'()"
SHORTEST_WORD = 4
MOST_CANDIDATES = 20
"""Number of words with the same pattern of which one may be meant."""


def find_table(texts: Sequence[str], words: Sequence[Iterable[str]]) -> dict[str, str]:
    """Return the letter that each character of `texts` stands for, given the words that each text may contain.

    A word is a candidate for a token with the same pattern of repeated characters. Each candidate votes for its
    letters, and the assignment with the most votes counts (linear sum assignment).

    >>> find_table(["noop zlk"], [["boot", "pan", "tree"]])
    {'n': 'b', 'o': 'o', 'p': 't'}
    """
    votes: Counter[tuple[str, str]] = Counter()
    for text, known in zip(texts, words, strict=True):
        by_pattern: dict[tuple[int, ...], set[str]] = defaultdict(set)
        for word in known:
            by_pattern[_pattern(word)].add(word)
        for token in (token.strip(AROUND).lower() for token in text.split()):
            candidates = by_pattern.get(_pattern(token), set()) if len(token) >= SHORTEST_WORD else set()
            for word in candidates if len(candidates) <= MOST_CANDIDATES else ():
                for pair in zip(token, word, strict=True):
                    votes[pair] += len(set(token)) / len(candidates)  # type: ignore[assignment]
    return _assigned(votes)


def _assigned(votes: Mapping[tuple[str, str], float]) -> dict[str, str]:
    """Return the one-to-one table with the most votes."""
    left, right = (sorted({pair[side] for pair in votes}) for side in (0, 1))
    weights = np.array([[votes.get((one, other), 0.0) for other in right] for one in left]).reshape(
        len(left), len(right)
    )
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return {left[row]: right[column] for row, column in zip(rows, columns, strict=True) if weights[row, column]}


def _pattern(word: str) -> tuple[int, ...]:
    """Return where each character of `word` first occurs in it."""
    return tuple(map(word.index, word))
