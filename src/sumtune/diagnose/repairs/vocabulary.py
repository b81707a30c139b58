"""Words of a file with their frequencies, and the most probable words behind characters without spaces."""

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from sumtune.diagnose.text_features import words as words_of

__all__ = ["Vocabulary", "vocabulary_of"]

LONGEST_WORD = 24
"""Longest known word in characters; longer runs are addresses and the like."""
UNKNOWN_CHARACTER = 3.0
UNKNOWN = [12.0 + UNKNOWN_CHARACTER * characters for characters in range(LONGEST_WORD + 1)]
"""Cost (negative log probability) of an unknown word by its number of characters."""
ROUNDING = 1e-6
"""Largest difference of two costs that counts as rounding."""
CACHED_TEXTS = 1 << 11
"""Number of texts whose share of known words, or whose words, are remembered: several repairs ask for them."""


class Vocabulary:
    """Words of some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Count the words of `texts`."""
        self._texts = texts
        self.known_share = lru_cache(CACHED_TEXTS)(self._known_share)
        self.segmented = lru_cache(CACHED_TEXTS)(self._segmented)

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(word for text in self._texts for word in words_of(text))

    @cached_property
    def _long_words(self) -> frozenset[str]:
        """Known words of at least two letters."""
        return frozenset(word for word in self._counts if len(word) > 1)

    @cached_property
    def _costs(self) -> dict[str, float]:
        """Negative log probability of each word."""
        total = math.log(self._counts.total() + 1)
        return {word: total - math.log(count) for word, count in self._counts.items() if len(word) <= LONGEST_WORD}

    @cached_property
    def _costs_of_beginnings(self) -> dict[str, float]:
        """Costs of the words, and infinity for each other text that a word begins with."""
        return {word[:end]: math.inf for word in self._costs for end in range(1, len(word))} | self._costs

    def __contains__(self, word: str) -> bool:
        return word in self._counts

    def begins_word(self, text: str) -> bool:
        """Return whether a word of at most `LONGEST_WORD` characters begins with `text`."""
        return text in self._costs_of_beginnings

    @property
    def words(self) -> Iterable[str]:
        """All words."""
        return self._counts

    @cached_property
    def _letters(self) -> frozenset[str]:
        return frozenset("".join(self._counts))

    def shares_letters(self, text: str) -> bool:
        """Return whether most letters of `text` occur in the words; false without a letter."""
        letters = list(filter(str.isalpha, text.lower()))
        return 2 * sum(map(self._letters.__contains__, letters)) > len(letters)

    def _known_share(self, text: str) -> float:
        """Return the share of the letters of `text` that belong to known words of at least two letters; 0 for none."""
        found = words_of(text)
        letters = sum(map(len, found))
        return sum(map(len, filter(self._long_words.__contains__, found))) / letters if letters else 0.0

    def _segmented(self, run: str) -> tuple[str, ...]:
        """Return the most probable words behind `run`, which has no spaces (dynamic programming over word unigrams).

        >>> Vocabulary(["Ann helps Bob.", "He is at home"]).segmented("AnnhelpsBobathome")
        ('Ann', 'helps', 'Bob', 'at', 'home')
        """
        folded = run.casefold()
        if len(folded) != len(run):
            return (run,)
        cost_of, size = self._costs_of_beginnings.get, len(run)
        best, starts = [0.0] + [math.inf] * size, [0] * (size + 1)
        unknown: deque[tuple[float, int]] = deque()  # where an unknown word may begin: cost up to there, start
        for start in range(size):
            here, end = best[start], start + 1
            for word_end in range(end, size + 1):
                cost = cost_of(folded[start:word_end])
                if cost is None:
                    break
                if here + cost < best[word_end]:
                    best[word_end], starts[word_end] = here + cost, start
            offset = here - UNKNOWN_CHARACTER * start  # of two starts, the same one is better at every later end
            while unknown and unknown[-1][0] > offset + ROUNDING:
                unknown.pop()
            unknown.append((offset, start))
            if end - unknown[0][1] > LONGEST_WORD:
                unknown.popleft()
            for other, first in unknown:
                if other > unknown[0][0] + ROUNDING:
                    break
                total = best[first] + UNKNOWN[end - first]
                if total < best[end] or (total == best[end] and first < starts[end]):
                    best[end], starts[end] = total, first
        found, end = [], len(run)
        while end:
            found.append(run[starts[end] : end])
            end = starts[end]
        return tuple(found[::-1])


@lru_cache(maxsize=4)
def vocabulary_of(texts: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary of `texts`. It is built only once for the same texts."""
    return Vocabulary(texts)
