"""Tell which column of a file is out of step with the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sumtune.diagnose.row_matching import Matching, WordRows, cosines, match_rows, normalized, rare_words
from sumtune.diagnose.row_orders import Keys, RowOrder, recognize_order

__all__ = ["Misplaced", "find_misplaced"]

AT_HOME_SHARE = 0.1
"""Two columns are in step if at least this share of their rows clearly match their own row."""
FEWEST_MOVED = 2
MOST_DOUBTED = 2000
"""Largest number of rows for which two columns in step are checked again if a few texts match other rows."""
FOREIGN_RATIO = 2.0
"""Largest ratio of the mean cosine of two texts in the same row to that of two texts in different rows, if they
belong to different files."""
FOREIGN_SHARE = 0.1
"""The same for the ratio to the mean cosine of two other columns that are in step."""
FEWEST_FOREIGN = 30
RARE_WORDS = 2
WITH_RARE_WORDS = 0.5
"""Share of the texts of another file that have `RARE_WORDS` rare words in common with any rows."""


@dataclass(frozen=True)
class Misplaced:
    """A column whose texts do not belong to the rows they are in."""

    columns: tuple[str, ...]
    """The column that is out of step; two columns if it is unclear which of them is."""
    matching: Matching
    """Assignment between the first of `columns` and the others, or the second of `columns`."""
    order: RowOrder | None
    """The order of its texts; None if they match no rows."""


@dataclass(frozen=True)
class Pair:
    """Two columns, and whether they are in step."""

    one: WordRows
    two: WordRows

    @cached_property
    def matching(self) -> Matching:
        """The best assignment between the rows of the columns."""
        return match_rows(self.one, self.two)

    @cached_property
    def moved(self) -> bool:
        """Whether texts of one column match other rows of the other column."""
        return recognize_order(self.matching.known, self.matching.partners, {}) is not None

    @cached_property
    def in_step(self) -> bool:
        """Whether the texts match their own rows."""
        return not self.moved and float(self.matching.home.mean()) >= AT_HOME_SHARE

    def foreign(self, usual: float) -> bool:
        """Return whether the texts share no more with their own row than with another one.

        Texts whose mean cosine is far below the `usual` one of columns in step are foreign, too.
        """
        count = self.one.shape[0]
        far = np.mean([cosines(self.one, self.two, (np.arange(count) + count // part) % count) for part in (2, 3, 5)])
        return bool(
            not self.moved
            and float(self.matching.home.mean()) < AT_HOME_SHARE
            and float(self.matching.at_home.mean()) < max(FOREIGN_RATIO * float(far), FOREIGN_SHARE * usual)
        )


def find_misplaced(columns: Mapping[str, Sequence[str]]) -> Misplaced | None:
    """Return which of two or three columns is out of step; None if none is, or if the columns contradict each other.

    `columns` holds the texts of each column by its name.
    """
    tables = dict(zip(columns, rare_words(list(columns.values())), strict=True))
    pairs: dict[tuple[str, ...], Pair] = {
        names: Pair(*(tables[name] for name in names)) for names in combinations(columns, 2)
    }
    known_pairs = list(pairs.values())[:2]
    many = len(next(iter(columns.values()))) > MOST_DOUBTED
    if all(pair.in_step and (many or pair.matching.away.sum() < FEWEST_MOVED) for pair in known_pairs):
        return None
    suspects = [_moved(pairs)] if _moved(pairs) else [(name,) for name in columns]
    for names in suspects:
        if found := _in_order(names, columns, tables):
            return found
    foreign = _foreign(pairs, columns, tables)
    return Misplaced(foreign, _final_matching(foreign, tables), None) if foreign else None


def _in_order(
    names: tuple[str, ...], columns: Mapping[str, Sequence[str]], tables: Mapping[str, WordRows]
) -> Misplaced | None:
    """Return the order of the first of `names` as all other columns together show it; None if it is in step."""
    matching = _final_matching(names, tables)
    order = recognize_order(matching.known, matching.partners, _keys(names[0], columns, matching.known))
    return Misplaced(names, matching, order) if order else None


def _moved(pairs: Mapping[tuple[str, ...], Pair]) -> tuple[str, ...]:
    """Return the columns that may be in another order than the rest.

    Such a column belongs to every pair in which texts are moved, and to no pair that is in step.
    """
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    wrong = {pair for pair, found in pairs.items() if found.moved}
    right = {pair for pair, found in pairs.items() if found.in_step}
    suspects = tuple(
        name
        for name in names
        if any(name in pair for pair in wrong)
        and not any(name in pair for pair in right)
        and all(name in pair for pair in wrong)
    )
    return suspects or (names[:2] if wrong and not right else ())


def _foreign(
    pairs: Mapping[tuple[str, ...], Pair], columns: Mapping[str, Sequence[str]], tables: Mapping[str, WordRows]
) -> tuple[str, ...]:
    """Return the columns of which one must come from another file: it shares nothing with any other column."""
    suspects = []
    for name in columns:
        own, rest = ([found for pair, found in pairs.items() if (name in pair) == is_own] for is_own in (True, False))
        usual = max((float(found.matching.at_home.mean()) for found in rest), default=0.0)
        with_words = float((np.diff(tables[name].indptr) >= RARE_WORDS).mean())
        distinct = len(set(columns[name])) / len(columns[name])
        if (
            len(columns[name]) >= FEWEST_FOREIGN
            and min(with_words, distinct) >= WITH_RARE_WORDS
            and all(found.in_step for found in rest)
            and all(found.foreign(usual) for found in own)
        ):
            suspects.append(name)
    return tuple(suspects)


def _final_matching(suspects: tuple[str, ...], tables: Mapping[str, WordRows]) -> Matching:
    """Return the assignment of the first suspect's rows to those of the other suspect, or of all other columns."""
    first, *more = suspects
    others = [tables[name] for name in more or (name for name in tables if name != first)]
    return match_rows(tables[first], normalized(sum(others[1:], start=others[0])))


def _keys(name: str, columns: Mapping[str, Sequence[str]], known: NDArray[np.int64]) -> Keys:
    """Return what the texts of the column may be sorted by, in their present order."""
    lengths = {other: np.array([len(text) for text in texts], dtype=np.float64) for other, texts in columns.items()}
    ranks = {text: rank for rank, text in enumerate(sorted(set(columns[name])))}
    alphabet = np.array([ranks[text] for text in columns[name]], dtype=np.float64)
    by_others = {f"the length of the {other}": lengths[other][known] for other in columns if other != name}
    return {"their own length": lengths[name], "their first letters": alphabet} | by_others
