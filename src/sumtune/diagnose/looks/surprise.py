"""How surprising the characters of a text are: the cross-entropy of a character n-gram model of other texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CharacterModel"]

ORDER = 4
"""Characters of an n-gram."""
MOST_CHARACTERS = 250
"""Number of characters that count separately: the most frequent ones. All others count as one."""
RARE, EDGE = 0, 1

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class _Counts:
    """N-grams of one order and the contexts that they begin with, sorted by their code."""

    grams: Codes
    gram_counts: Codes
    contexts: Codes
    context_counts: Codes
    kinds: Codes
    """Number of different characters after each context."""


class CharacterModel:
    """An n-gram model of characters with Witten-Bell smoothing (Witten and Bell 1991)."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Count the n-grams of `texts`, each as if it stood after edges."""
        found = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
        characters, counts = np.unique(found, return_counts=True)
        self._known = np.sort(characters[np.argsort(-counts, kind="stable")[:MOST_CHARACTERS]])
        self._size = len(self._known) + EDGE + 1
        codes = self._codes(texts)
        self._orders = [self._counted(codes, order) for order in range(1, ORDER + 1)]

    def bits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the mean negative binary logarithm of the probability of each text's characters: `(texts,)`.

        0 for a text without characters.
        """
        codes = self._codes(texts)
        probability = np.full(len(codes), 1 / self._size)
        for order, counts in enumerate(self._orders, 1):
            grams = _grams(codes, order, self._size)
            gram, context = _look_up(grams, counts.grams), _look_up(grams // self._size, counts.contexts)
            times = np.where(gram >= 0, counts.gram_counts[gram], 0)
            total = np.where(context >= 0, counts.context_counts[context], 0)
            kinds = np.where(context >= 0, counts.kinds[context], 1)
            probability = (times + kinds * probability) / (total + kinds)
        sizes = np.array([len(text) for text in texts], dtype=np.int64)
        of_text = np.repeat(np.arange(len(texts)), sizes)
        sums = np.bincount(of_text, -np.log2(probability[codes != EDGE]), minlength=len(texts))
        return np.asarray(sums / np.maximum(sizes, 1))

    def _codes(self, texts: Sequence[str]) -> Codes:
        """Return all characters of `texts` as numbers, with `ORDER` - 1 edges before each text."""
        sizes = np.array([len(text) for text in texts], dtype=np.int64)
        found = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
        place = np.minimum(np.searchsorted(self._known, found), len(self._known) - 1)
        codes = np.where(self._known[place] == found, place + EDGE + 1, RARE)
        starts = np.repeat(np.cumsum(sizes) - sizes, ORDER - 1)
        return np.insert(codes.astype(np.int64), starts, EDGE)

    def _counted(self, codes: Codes, order: int) -> _Counts:
        grams, gram_counts = np.unique(_grams(codes, order, self._size)[codes != EDGE], return_counts=True)
        contexts, starts, kinds = np.unique(grams // self._size, return_index=True, return_counts=True)
        return _Counts(grams, gram_counts, contexts, np.add.reduceat(gram_counts, starts), kinds)


def _grams(codes: Codes, order: int, size: int) -> Codes:
    """Return an n-gram for each character, as a number: the character and the `order` - 1 characters before it."""
    padded = np.concatenate([np.full(order - 1, EDGE), codes])
    grams = np.zeros(len(codes), np.int64)
    for place in range(order):
        grams = grams * size + padded[place : place + len(codes)]
    return grams


def _look_up(wanted: Codes, known: Codes) -> Codes:
    """Return the place of each number in the sorted `known`; -1 if it is not there."""
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1)
