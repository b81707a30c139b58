"""How unusual the wording of a summary is: the cross-entropy of a bigram model of kinds of words in other summaries."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, pairwise

__all__ = ["SummaryStyle"]

TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|_")
COMMON_WORDS = 300
FEWEST_TIMES = 3
"""Number of occurrences of a common word."""
SAME_LETTERS = 5
"""Letters at the beginning by which a word of a summary and one of its dialogue are the same."""
CACHED_DIALOGUES = 1_000
EDGE = ""
UNSEEN = 0.5
"""Count that is added to each kind."""


class SummaryStyle:
    """A bigram model with Witten-Bell smoothing (Witten and Bell 1991).

    A common word or a mark is a kind of its own. Names, numbers and other words are three kinds, each divided by
    whether the word occurs in the dialogue.
    """

    def __init__(self, summaries: Sequence[str], dialogues: Sequence[str]) -> None:
        """Count the pairs of adjacent kinds in `summaries`, each of one of the `dialogues`."""
        counts = Counter(token.lower() for text in summaries for token in TOKEN.findall(text))
        later = (TOKEN.findall(text)[1:] for text in summaries)
        capital = Counter(token.lower() for token in chain.from_iterable(later) if token[0].isupper())
        self._common = frozenset(
            word
            for word, count in counts.most_common(COMMON_WORDS)
            if count >= FEWEST_TIMES and 2 * capital[word] < count
        )
        rows = [self._kinds(text, dialogue) for text, dialogue in zip(summaries, dialogues, strict=True)]
        pairs = Counter(chain.from_iterable(map(pairwise, rows)))
        self._pairs, self._single = pairs, Counter(right for _, right in pairs.elements())
        self._total = self._single.total()
        self._before = Counter(left for left, _ in pairs.elements())
        self._different = Counter(left for left, _ in pairs)

    def bits(self, text: str, dialogue: str) -> float:
        """Return the mean negative binary logarithm of the probability of the words of `text`; 0 without a word."""
        kinds = self._kinds(text, dialogue)
        if len(kinds) == 2:  # only the edges
            return 0.0
        return -sum(math.log2(self._probability(*pair)) for pair in pairwise(kinds)) / (len(kinds) - 1)

    def _probability(self, left: str, right: str) -> float:
        single = (self._single[right] + UNSEEN) / (self._total + UNSEEN * (len(self._single) + 1))
        different = max(self._different[left], 1)
        return (self._pairs[left, right] + different * single) / (self._before[left] + different)

    def _kinds(self, text: str, dialogue: str) -> list[str]:
        """Return the kind of each token of `text` between two edges."""
        said = _beginnings(dialogue)
        return [EDGE, *(self._kind(token, said) for token in TOKEN.findall(text)), EDGE]

    def _kind(self, token: str, said: frozenset[str]) -> str:
        word = token.lower()
        if word in self._common or not token[0].isalnum():
            return word
        kind = "0" if token[0].isdigit() else "A" if token[0].isupper() else "-"
        return f"{kind} said" if word[:SAME_LETTERS] in said else kind


@lru_cache(CACHED_DIALOGUES)
def _beginnings(dialogue: str) -> frozenset[str]:
    return frozenset(token.lower()[:SAME_LETTERS] for token in TOKEN.findall(dialogue))
