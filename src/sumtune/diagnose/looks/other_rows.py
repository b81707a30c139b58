"""Words that a text has in common with the dialogue of another row, and not with its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sumtune.diagnose.text_features import content_words

__all__ = ["Elsewhere", "words_elsewhere"]

MOST_ROWS = 20
"""Number of dialogues in which a word may occur to point to one of them."""
BLOCK = 1_000
"""Rows compared at once."""


@dataclass(frozen=True)
class Elsewhere:
    """For each text, the other row whose dialogue has the most of its foreign words.

    Foreign words are rare words of the text that the dialogue in its own row lacks.
    """

    counts: NDArray[np.int64]
    """Number of these words, `(rows,)`."""
    rows: NDArray[np.int64]
    """The other row, `(rows,)`."""
    strange: NDArray[np.int64]
    """Number of all words that the row's own dialogue lacks, `(rows,)`."""


@lru_cache(maxsize=4)
def words_elsewhere(texts: tuple[str, ...], dialogues: tuple[str, ...]) -> Elsewhere:
    """Return where the words of each text that its own dialogue lacks occur together."""
    vocabulary: dict[str, int] = {}
    strange = [content_words(text) - content_words(dialogue) for text, dialogue in zip(texts, dialogues, strict=True)]
    wanted = frozenset(chain.from_iterable(strange))
    said = _table([content_words(dialogue) & wanted for dialogue in dialogues], vocabulary)
    known = _table([words & vocabulary.keys() for words in strange], vocabulary)
    rare = np.asarray(said.sum(axis=0)).ravel() <= MOST_ROWS
    said, known = sparse.csr_array(said[:, rare]), sparse.csr_array(known[:, rare])
    transposed = sparse.csc_array(said.T)
    counts, rows = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
    for start in range(0, len(texts), BLOCK):
        block = sparse.csr_array(known[start : start + BLOCK] @ transposed)
        block.sort_indices()  # of several rows, the first one counts
        for row in range(block.shape[0]):
            values = block.data[block.indptr[row] : block.indptr[row + 1]]
            if len(values):
                best = int(np.argmax(values))
                counts[start + row], rows[start + row] = values[best], block.indices[block.indptr[row] + best]
    return Elsewhere(counts, rows, np.array([len(row) for row in strange], dtype=np.int64))


def _table(rows: Sequence[frozenset[str]], vocabulary: dict[str, int]) -> sparse.csr_array:
    numbers = [[vocabulary.setdefault(word, len(vocabulary)) for word in sorted(row)] for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in numbers])])
    indices = np.array([number for row in numbers for number in row], dtype=np.int64)
    return sparse.csr_array((np.ones(len(indices), np.int64), indices, starts), (len(rows), len(vocabulary)))
