"""How well the words of a text fit their places: no better than in random order if the text is no sentence."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.text_features import cached

__all__ = ["WordOrder", "tokens"]

TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
COMMON_WORDS = 300
"""Number of words that are a class of their own."""
MOST_CLASSES = 700
ENDING = 2
"""Letters at the end of a rare word that are its class."""
EDGE, RARE = 0, 1
END = "\n"
"""A token that no text has."""
FEWEST_WORDS = 5
"""Number of words from which an order can be told."""
DECIMALS = 9
"""Decimals of log-probabilities, so that equal ones are equal."""
UNSEEN = 0.5
"""Count that is added to each class."""


@cached
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of `text` in lower case.

    >>> tokens("Ann's late, isn't she?")
    ("ann's", 'late', "isn't", 'she')
    """
    return tuple(TOKEN.findall(text.lower()))


class WordOrder:
    """A bigram model of word classes with Witten-Bell smoothing (Witten and Bell 1991).

    The class of a common word is the word itself, that of a rare word its last letters. Names and numbers have
    classes of their own.
    """

    def __init__(self, texts: Sequence[str], names: frozenset[str]) -> None:
        """Count the pairs of adjacent classes in `texts`. `names` are words in lower case."""
        lists = [tokens(text) for text in texts]
        counts = Counter(chain.from_iterable(lists))
        self._common = frozenset(word for word, _ in counts.most_common(COMMON_WORDS))
        self._names = names
        classes: Counter[str] = Counter()
        for token, times in counts.items():
            classes[self._class(token)] += times
        self._numbers = {name: number for number, (name, _) in enumerate(classes.most_common(MOST_CLASSES), RARE + 1)}
        self._class_of: dict[str, int] = {END: EDGE}
        size = len(self._numbers) + RARE + 1
        # One row of all texts with an edge after each, so that every text is between edges.
        row = self._codes(list(chain.from_iterable((*listed, END) for listed in lists)))
        left = np.concatenate([[EDGE], row[:-1]])
        pairs = np.bincount(left * size + row, minlength=size * size).reshape(size, size).astype(np.float64)
        single = (pairs.sum(axis=0) + UNSEEN) / (pairs.sum() + UNSEEN * size)
        total = pairs.sum(axis=1, keepdims=True)
        kinds = np.maximum((pairs > 0).sum(axis=1, keepdims=True), 1)
        self._log: NDArray[np.float64] = np.log((pairs + kinds * single) / (total + kinds)).round(DECIMALS)

    def fit(self, text: str) -> float:
        """Return how well the words fit their places: 1 at best and for short texts, 0.5 on average in random order.

        For each word and each of its two neighbours (the edge of the text counts as one), this is the share of the
        other words of the text that are less probable beside that neighbour; equally probable words count half. The
        result is the mean.
        """
        row = self._codes(tokens(text))
        count = len(row)
        if count < FEWEST_WORDS:
            return 1.0
        after = np.vstack([self._log[EDGE, row], self._log[np.ix_(row[:-1], row)]])  # [k, j]: word j in place k
        before = np.hstack([self._log[np.ix_(row, row[1:])], self._log[row, EDGE][:, None]]).T
        places = np.arange(count)
        worse = sum(_worse(fits, fits[places, places][:, None]) for fits in (after, before))
        return float(worse) / (2 * count * (count - 1))

    def _codes(self, listed: Sequence[str]) -> NDArray[np.int64]:
        known = self._class_of
        for token in listed:
            if token not in known:
                known[token] = self._numbers.get(self._class(token), RARE)
        return np.array([known[token] for token in listed], dtype=np.int64)

    def _class(self, token: str) -> str:
        if token in self._names:
            return "A"
        if token in self._common:
            return token
        return "0" if token[0].isdigit() else f"-{token[-ENDING:]}"


def _worse(fits: NDArray[np.float64], real: NDArray[np.float64]) -> float:
    """Return how many words are worse than the real one of their row; equal ones count half, the real one not."""
    return float((fits < real).sum() + ((fits == real).sum() - len(fits)) / 2)
