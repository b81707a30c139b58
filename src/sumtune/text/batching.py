"""Batches: the examples of each optimizer step, and the micro-batches of a step."""

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["epoch_order", "micro_batches", "sample_by_length", "split_micro_batches"]

SHUFFLE_WINDOW = 32
"""Optimizer steps whose examples are sorted by length together. A wide window saves padding; a narrow one keeps the
order of an epoch random."""


def epoch_order(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> Sequence[list[int]]:
    """Return the batches of one epoch: every index once, similar lengths together, batches in random order.

    `lengths` are in tokens, `batch_size` in examples. The result depends only on the arguments, so a resumed run needs
    no state except its step.

    >>> sorted(sum(epoch_order([5, 9, 5, 9, 7], batch_size=2, seed=0, epoch=0), []))
    [0, 1, 2, 3, 4]
    """
    generator = np.random.default_rng([seed, epoch])
    indices, window = generator.permutation(len(lengths)), batch_size * SHUFFLE_WINDOW
    keys = np.asarray(lengths)[indices]
    for start in range(0, len(indices), window):
        part = slice(start, start + window)
        indices[part] = indices[part][np.argsort(keys[part], kind="stable")]
    return _Batches(indices, batch_size, generator.permutation(-(-len(indices) // batch_size)))


class _Batches(Sequence[list[int]]):
    """Runs of `size` of the `indices`, in an order. Arrays, because lists of a million indices fill memory."""

    def __init__(self, indices: NDArray[np.intp], size: int, order: NDArray[np.intp]) -> None:
        self._indices = indices
        self._size = size
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, at: int) -> list[int]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[int]]: ...
    def __getitem__(self, at: int | slice) -> list[int] | list[list[int]]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        start = int(self._order[at]) * self._size
        return list(map(int, self._indices[start : start + self._size]))


def micro_batches(indices: Sequence[int], lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Split `indices`, longest first, into groups whose padded size (count * longest) is at most `max_tokens`.

    An example longer than `max_tokens` forms its own group.

    >>> micro_batches([0, 1, 2], lengths=[10, 90, 40], max_tokens=100)
    [[1], [2, 0]]
    """
    groups: list[list[int]] = []
    for index in sorted(indices, key=lambda index: (-lengths[index], index)):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= max_tokens:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def split_micro_batches(
    indices: Sequence[int], lengths: Sequence[int], planned_tokens: int, max_tokens: int
) -> list[list[list[int]]]:
    """Split `indices` into micro-batches of at most `planned_tokens`, and each of them into parts of `max_tokens`.

    The parts are for machines whose memory cannot hold a whole micro-batch.

    >>> split_micro_batches([0, 1, 2], lengths=[10, 90, 40], planned_tokens=100, max_tokens=50)
    [[[1]], [[2], [0]]]
    """
    planned = micro_batches(indices, lengths, planned_tokens)
    return [micro_batches(group, lengths, min(planned_tokens, max_tokens)) for group in planned]


def sample_by_length(lengths: Sequence[int], count: int) -> list[int]:
    """Return at most `count` indices, evenly spaced in the order of their lengths.

    >>> sample_by_length([30, 10, 20, 50, 40], 3)
    [1, 0, 3]
    """
    by_length = np.argsort(np.asarray(lengths), kind="stable")
    if len(by_length) > count:
        by_length = by_length[np.linspace(0, len(by_length) - 1, count).round().astype(int)]
    return list(map(int, by_length))
