"""Recognize the order of the texts of a column, from the rows that some of them belong to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sumtune.plurals import counted

__all__ = ["Keys", "RowOrder", "recognize_order"]

Rows = NDArray[np.int64]
Keys = Mapping[str, NDArray[np.float64]]
"""Sort keys of the texts by name, in the present order of the texts; NaN for an unknown key."""

AGREEING = 0.9
"""Share of the known rows that an order must explain."""
AGREEING_MOVED = 0.8
"""Share that an order must explain of the rows that are known to be out of place."""
FEWEST_MOVED = 3
RUN = 3
"""Consecutive texts, all moved equally far, that make a segment."""
MOST_SEGMENTS = 6
LARGEST_BATCH = 1024
MOST_PROCESSES = 64
SORTED = 0.95
"""Rank correlation of a sort key with the position of the text, above which the column counts as sorted."""
FEWEST_SORTED = 10
CLOSED = 0.6
"""If texts were only exchanged, at least this share of the misplaced ones are in rows that other misplaced texts
left."""
AT_HOME = 0.2
"""Share of the texts that must be known to be in their own rows if fewer than `FEWEST_SHUFFLED` are exchanged."""
FEWEST_SHUFFLED = 5
MOVED_SHARE = 0.3
"""Share of the rows that must be known to be out of place if no order is recognized."""


@dataclass(frozen=True)
class RowOrder:
    """A recognized order."""

    kind: str
    """`shift`, `reversed`, `strided`, `numbered`, `sorted`, `exchanged` or `shuffled`."""
    description: str
    """What happened to the texts, as the end of a sentence about them."""
    rows: Rows
    """The row that each text belongs to: a permutation, `(rows,)`."""
    exact: bool = True
    """Whether the description is true of every text whose row is known."""


def recognize_order(known: Rows, matched: Rows, keys: Keys) -> RowOrder | None:
    """Return the order that explains `known`; None if too few texts are out of place for a claim.

    `known` holds the row that each text certainly belongs to, `matched` the row that it probably belongs to; -1 means
    unknown. Both are `(rows,)`.
    """
    moved = (known >= 0) & (known != np.arange(len(known)))
    if moved.sum() >= FEWEST_MOVED:
        orders = (find(known) for find in (_numbered, partial(_shifted, matched=matched), _reversed, _strided))
        for found in orders:
            for kind, description, rows in found:
                if _agrees(known, moved, rows):
                    exact = bool((known == rows)[known >= 0].all())
                    return RowOrder(kind, description, _completed(np.where(known >= 0, known, rows)), exact)
    if moved.sum() >= FEWEST_SORTED and (key := _sorted(np.where(moved, known, -1), keys)):
        return RowOrder("sorted", f"sorted by {key}", _completed(matched))
    return _unordered(known, matched, moved)


def _agrees(known: Rows, moved: NDArray[np.bool_], rows: Rows) -> bool:
    """Return whether `rows` explains nearly all known rows, and nearly all of those out of place."""
    right = known == rows
    return bool(right[known >= 0].mean() >= AGREEING and right[moved].mean() >= AGREEING_MOVED)


def _shifted(known: Rows, matched: Rows) -> Iterator[tuple[str, str, Rows]]:
    """Yield the order of texts that are moved up or down from some row on."""
    places = np.flatnonzero(known >= 0)
    offsets = known[places] - places
    starts = np.flatnonzero(np.diff(offsets, prepend=np.inf))
    sizes = np.diff(starts, append=len(offsets))
    segments: list[tuple[int, int]] = []
    last, offset_before = -1, 0
    for start, size in zip(starts, sizes, strict=True):
        offset = int(offsets[start])
        if size >= RUN and (not segments or segments[-1][1] != offset):
            inserted = max(0, offset_before - offset)
            segments.append((_begin(int(places[start]), offset, last, inserted, matched), offset))
        if size >= RUN or offset == 0:
            last, offset_before = int(places[start + size - 1]), offset
    if not 1 <= len(segments) <= MOST_SEGMENTS:
        return
    rows, count = np.arange(len(known)), len(known)
    for begin, offset in segments:
        rows[begin:] = np.arange(begin, count) + offset
    rows = np.where((rows >= 0) & (rows < count), rows, -1)
    told = [f"{_by(offset)} from row {begin + 1} on" for begin, offset in segments if offset or begin]
    yield "shift", f"moved {', '.join(told)}", rows


def _begin(first: int, offset: int, last: int, inserted: int, matched: Rows) -> int:
    """Return the row from which texts are moved by `offset`.

    `first` is the first place known to be moved so, and `last` the last place before it that is known not to be. The
    texts between them belong to the same move as long as they probably match so. The `inserted` texts that moved the
    rest down stand right before it; they are not in their own row either.
    """
    while first - 1 > last and matched[first - 1] == first - 1 + offset:
        first -= 1
    return max(last + 1, first - inserted)


def _by(offset: int) -> str:
    return f"{counted(abs(offset), 'row')} {'up' if offset > 0 else 'down'}" if offset else "not at all"


def _reversed(known: Rows) -> Iterator[tuple[str, str, Rows]]:
    """Yield the reverse order, of all texts or inside batches."""
    count, places = len(known), np.flatnonzero(known >= 0)
    yield "reversed", "in reverse order", np.arange(count)[::-1]
    for size in range(2, min(count, LARGEST_BATCH)):
        first = places // size * size
        if (first + np.minimum(first + size, count) - 1 - places == known[places]).mean() >= AGREEING:
            start = np.arange(count) // size * size
            rows = start + np.minimum(start + size, count) - 1 - np.arange(count)
            yield "reversed", f"in reverse order inside each batch of {size}", rows


def _strided(known: Rows) -> Iterator[tuple[str, str, Rows]]:
    """Yield the orders of texts that several processes wrote and that were gathered in the wrong order."""
    for processes in range(2, min(MOST_PROCESSES, len(known) // 2) + 1):
        gathered = np.concatenate([np.arange(start, len(known), processes) for start in range(processes)])
        yield "strided", f"in the order of {processes} processes, one after the other", gathered
        yield "strided", f"taken in turns from {processes} parts of the file", np.argsort(gathered)


def _numbered(known: Rows) -> Iterator[tuple[str, str, Rows]]:
    """Yield the order of row numbers that were sorted as text, such as 1, 10, 11, 2."""
    for first in (0, 1):
        numbers = sorted(range(len(known)), key=lambda row: str(row + first))
        yield "numbered", "sorted by row number as text (1, 10, 100, 2)", np.array(numbers)


def _sorted(known: Rows, keys: Keys) -> str | None:
    """Return by which key the texts are sorted, or None."""
    places = np.flatnonzero(known >= 0)
    size = _batch(known)
    batches = places // size if size else np.zeros(len(places), np.int64)
    order = {name: _order_in(batches, values[places]) for name, values in keys.items()}
    name = max(order, key=lambda name: abs(order[name]), default="")
    if not name or abs(order[name]) < SORTED:
        return None
    inside = f" inside each batch of {size}" if size else ""
    return f"{name}{inside} in {'ascending' if order[name] > 0 else 'descending'} order"


def _batch(known: Rows) -> int | None:
    """Return the smallest batch size, below a third of the rows, at which most texts stay in their batch; or None."""
    places = np.flatnonzero(known >= 0)
    inside = (
        size for size in range(2, len(known) // 3 + 1) if (places // size == known[places] // size).mean() >= AGREEING
    )
    return next(inside, None)


def _order_in(batches: Rows, values: NDArray[np.float64]) -> float:
    """Return the rank correlation (Spearman 1904) of `values` with their position inside each batch."""
    places, ranks = np.empty(len(values)), np.empty(len(values))
    for batch in np.unique(batches):
        inside = batches == batch
        ranks[inside] = _centered(np.unique(values[inside], return_inverse=True)[1])
        places[inside] = _centered(np.arange(inside.sum()))
    scale = float(np.sqrt((ranks**2).sum() * (places**2).sum()))
    return float(ranks @ places) / scale if scale > 0 else 0.0


def _centered(ranks: Rows) -> NDArray[np.float64]:
    return np.asarray(ranks - ranks.mean())


def _unordered(known: Rows, matched: Rows, moved: NDArray[np.bool_]) -> RowOrder | None:
    places, count = np.flatnonzero(moved), int(moved.sum())
    closed = float(np.isin(known[places], places).mean()) if count else 0.0
    home = int((known == np.arange(len(known))).sum())
    if 2 <= count < FEWEST_SHUFFLED and closed == 1 and home >= AT_HOME * len(known):
        rows = " and ".join(str(place + 1) for place in places)
        return RowOrder("exchanged", f"exchanged between rows {rows}", _completed(_rest_at_home(known)))
    if count < FEWEST_SHUFFLED:
        return None
    if closed < CLOSED and (count < MOVED_SHARE * len(known) or count < 3 * home):
        return None
    if home > count:
        return RowOrder("exchanged", "exchanged with one another", _completed(_rest_at_home(known)))
    size = _batch(np.where(moved, known, -1))
    description = f"shuffled inside each batch of {size}" if size else "in no recognizable order"
    return RowOrder("shuffled", description, _completed(matched))


def _rest_at_home(rows: Rows) -> Rows:
    """Return `rows` in which each unknown text stays in its row if no other text belongs there."""
    free = ~np.isin(np.arange(len(rows)), rows)
    return np.where((rows < 0) & free, np.arange(len(rows)), rows)


def _completed(rows: Rows) -> Rows:
    """Return `rows` as a permutation: texts without a row get the rows that are left, in their order."""
    unique = np.zeros(len(rows), bool)
    unique[np.unique(rows, return_index=True)[1]] = True
    complete = np.where(unique & (rows >= 0), rows, -1)
    complete[complete < 0] = np.setdiff1d(np.arange(len(rows)), complete)
    return complete
