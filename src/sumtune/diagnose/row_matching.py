"""Match the rows of two columns one to one by the rare words that they share (linear sum assignment)."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from sumtune.diagnose.text_features import content_words

__all__ = ["Matching", "WordRows", "cosines", "match_rows", "normalized", "rare_words"]

UNMATCHED = -1
NUMBER = re.compile(r"\d+")
COMMON_SHARE = 0.02
"""Largest share of the rows in which a rare word occurs."""
COMMON_ROWS = 20
"""A word in at most this number of rows is rare, whatever their share."""
CANDIDATES = 8
"""Number of best partners of a row that the assignment considers."""
MARGIN = 1.5
"""Smallest ratio of the cosines of a clear match and the next best one."""
LEAST_SIMILARITY = 0.05
"""Cosine below which two rows do not match."""
BLOCK = 1000
"""Rows whose similarities are in memory at once."""
AT_HOME = 1e-9
"""By how much the own row is preferred, so that of two copies the one in its own row is matched."""

WordRows: TypeAlias = sparse.csr_array
"""Rare words of each text by their weight, `(rows, words)`, each row of length 1."""


@dataclass(frozen=True)
class Matching:
    """The best one-to-one assignment between the rows of two columns."""

    partners: NDArray[np.int64]
    """Row of the other column that each row matches; -1 for none: `(rows,)`."""
    similarities: NDArray[np.float64]
    """Cosine of each row and its partner: `(rows,)`."""
    at_home: NDArray[np.float64]
    """Cosine of each row and the other column's text in the same row: `(rows,)`."""
    runners_up: NDArray[np.float64]
    """Largest cosine of the row with a text other than its partner, or of its partner with another row: `(rows,)`.
    Copies of a text that matches its own row do not count."""

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Rows whose partner stands out from all other texts: `(rows,)`."""
        found: NDArray[np.bool_] = (self.partners >= 0) & (self.similarities >= MARGIN * self.runners_up)
        return found

    @property
    def home(self) -> NDArray[np.bool_]:
        """Rows that clearly match the text in the same row."""
        same: NDArray[np.bool_] = self.partners == np.arange(len(self.partners))
        return self.clear & same

    @property
    def away(self) -> NDArray[np.bool_]:
        """Rows that clearly match a text in another row."""
        return self.clear & ~self.home & (self.similarities >= MARGIN * self.at_home)

    @property
    def known(self) -> NDArray[np.int64]:
        """Row that each text certainly belongs to; -1 if that is unclear: `(rows,)`."""
        return np.where(self.home | self.away, self.partners, -1)


def rare_words(columns: Sequence[Sequence[str]]) -> list[WordRows]:
    """Return the rare words and numbers of each column, weighted by inverse document frequency (Spärck Jones 1972).

    The columns share one vocabulary. A word that only one column has can match nothing and is left out.
    """
    found = [[content_words(text) | set(NUMBER.findall(text)) for text in column] for column in columns]
    vocabulary: dict[str, int] = {}
    counted = [_counted(rows, vocabulary) for rows in found]
    size = len(vocabulary)
    tables = [
        sparse.csr_array((np.ones(len(words)), words, starts), (len(starts) - 1, size)) for words, starts in counted
    ]
    frequencies = np.array([np.bincount(table.indices, minlength=size) for table in tables])
    rows = max(map(len, columns))
    rare = ((frequencies > 0).sum(axis=0) > 1) & (frequencies.max(axis=0) <= max(COMMON_ROWS, COMMON_SHARE * rows))
    weights = np.log((1 + rows) / (1 + frequencies.mean(axis=0)))[rare]
    return [normalized(sparse.csr_array(table[:, rare] * weights)) for table in tables]


def match_rows(one: WordRows, two: WordRows) -> Matching:
    """Return the assignment of largest total cosine. Each row may stay without a partner.

    Exact among the best candidates of each row (Crouse 2016; Jonker and Volgenant 1987 for sparse problems).
    """
    count = one.shape[0]
    edges = _candidates(one, two)
    # Each row has a partner of its own besides, so that it can stay alone.
    alone = sparse.csr_array((np.full(count, LEAST_SIMILARITY), np.arange(count), np.arange(count + 1)))
    weights = sparse.hstack([_preferring_home(edges), alone], format="csr")
    _, partners = min_weight_full_bipartite_matching(weights, maximize=True)
    partners = np.where(partners < count, partners, UNMATCHED)
    rivals = _rivals(edges, partners, _kinds(one), _kinds(two))
    return Matching(
        partners, cosines(one, two, partners), cosines(one, two, np.arange(count)), _runners_up(rivals, partners)
    )


def _counted(
    rows: Sequence[AbstractSet[str]], vocabulary: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    numbers = [sorted(vocabulary.setdefault(word, len(vocabulary)) for word in row) for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in numbers])])
    return np.fromiter(chain.from_iterable(numbers), np.int64, count=int(starts[-1])), starts


def normalized(table: WordRows) -> WordRows:
    """Return `table` with rows of length 1."""
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ table)


def _candidates(one: WordRows, two: WordRows) -> WordRows:
    """Return the largest cosines of each row of `one` with the rows of `two`, `(rows, rows)`."""
    transposed = sparse.csc_array(two.T)
    blocks = [
        _largest(sparse.csr_array(one[start : start + BLOCK] @ transposed)) for start in range(0, one.shape[0], BLOCK)
    ]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _largest(block: WordRows) -> WordRows:
    similar = np.flatnonzero(block.data > LEAST_SIMILARITY)
    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))[similar]
    order = np.argsort(-block.data[similar], kind="stable")
    order = order[np.argsort(rows[order].astype(np.int16), kind="stable")]  # radix sort
    rank = np.arange(len(order)) - np.searchsorted(rows, rows)
    kept = order[rank < CANDIDATES]
    return sparse.csr_array((block.data[similar[kept]], (rows[kept], block.indices[similar[kept]])), block.shape)


def cosines(one: WordRows, two: WordRows, partners: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cosine of each row of `one` with its partner in `two`; 0 without a partner."""
    product = one.multiply(two[np.maximum(partners, 0)]).sum(axis=1)
    return np.where(partners >= 0, np.asarray(product).ravel(), 0.0)


def _preferring_home(edges: WordRows) -> WordRows:
    rows = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr))
    weights = edges.data + AT_HOME * (rows == edges.indices)
    return sparse.csr_array((weights, edges.indices, edges.indptr), edges.shape)


def _kinds(table: WordRows) -> NDArray[np.int64]:
    """Return a number for each row that it shares only with equal rows."""
    words = (
        (table.indices[start:end].tobytes(), table.data[start:end].tobytes()) for start, end in pairwise(table.indptr)
    )
    numbers: dict[tuple[bytes, bytes], int] = {}
    return np.array([numbers.setdefault(found, len(numbers)) for found in words])


def _rivals(
    edges: WordRows, partners: NDArray[np.int64], kinds: NDArray[np.int64], kinds_of_two: NDArray[np.int64]
) -> WordRows:
    """Return the edges other than those of the partners, and than those between copies of two texts of one row."""
    rows, columns = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr)), edges.indices
    home = partners == np.arange(len(partners))
    copy_of_row = home[columns] & (kinds[rows] == kinds[columns])
    copy_of_column = home[rows] & (kinds_of_two[rows] == kinds_of_two[columns])
    rival = (columns != partners[rows]) & ~copy_of_row & ~copy_of_column
    return sparse.csr_array((edges.data[rival], (rows[rival], columns[rival])), edges.shape)


def _runners_up(rivals: WordRows, partners: NDArray[np.int64]) -> NDArray[np.float64]:
    rows = np.repeat(np.arange(rivals.shape[0]), np.diff(rivals.indptr))
    by_row, by_column = np.zeros(rivals.shape[0]), np.zeros(rivals.shape[1])
    np.maximum.at(by_row, rows, rivals.data)
    np.maximum.at(by_column, rivals.indices, rivals.data)
    return np.maximum(by_row, np.where(partners >= 0, by_column[partners], 0.0))
