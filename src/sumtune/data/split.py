"""Split by a hash of the dialogue, so duplicates stay together and the order of the input does not matter."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sumtune.data.example import SPLITS, Example
from sumtune.data.example_file import Some, fingerprints, take

__all__ = ["complete_splits", "order", "select_share", "split_examples", "split_name"]

ALIASES = {"val": "validation", "valid": "validation", "dev": "validation"}
TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1


def split_name(name: str) -> str | None:
    """Return the split that a file, key or sheet of this name holds, or None.

    >>> split_name("Dev"), split_name("notes")
    ('validation', None)
    """
    name = name.strip().lower()
    name = ALIASES.get(name, name)
    return name if name in SPLITS else None


def order(examples: Some) -> Some:
    """Return the examples sorted by the hash of their dialogue, then by content, whatever the input order."""
    return _ordered(examples)[0]


def split_examples(examples: Some) -> dict[str, Some]:
    """Return three splits, as close to 80/10/10 as groups of the same dialogue allow. Small sets fill train first.

    Groups are ordered by fingerprint and cut twice, so each split is a range of fingerprints.
    """
    ordered, ends = _ordered(examples)
    groups = len(ends) - 1
    first = _nearest_cut(ends, TRAIN_SHARE, at_least=1, at_most=max(1, groups - 2))
    second = _nearest_cut(ends, TRAIN_SHARE + VALIDATION_SHARE, at_least=first + 1, at_most=max(first + 1, groups - 1))
    parts = ordered[: ends[first]], ordered[ends[first] : ends[second]], ordered[ends[second] :]
    return dict(zip(SPLITS, parts, strict=True))


def complete_splits(given: Mapping[str, Some]) -> dict[str, Some]:
    """Return the given splits. If validation is missing, it is the tenth of train with the highest fingerprints."""
    none = next(iter(given.values()))[:0]
    splits = {name: order(given.get(name, none)) for name in SPLITS}
    if not splits["validation"]:
        train, ends = _ordered(splits["train"])
        cut = ends[_nearest_cut(ends, 1 - VALIDATION_SHARE, at_least=1, at_most=max(1, len(ends) - 2))]
        splits["train"], splits["validation"] = train[:cut], train[cut:]
    return splits


def select_share(examples: Some, share: float) -> Some:
    """Return the `share` of the examples with the lowest fingerprints. A smaller share is a subset of a larger one."""
    ordered, ends = _ordered(examples)
    return ordered[: ends[_nearest_cut(ends, share, at_least=1, at_most=len(ends) - 1)]]


def _ordered(examples: Some) -> tuple[Some, NDArray[np.intp]]:
    """Return the examples in order, and how many of them the first 0, 1, 2, … dialogues have."""
    prints = fingerprints(examples)
    positions = np.argsort(prints, kind="stable")
    ordered = prints[positions]
    begins = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    ends = np.unique(np.concatenate(([0], begins, [len(prints)])))
    for group in np.flatnonzero(np.diff(ends) > 1):
        same = positions[ends[group] : ends[group + 1]]
        same[:] = sorted(same, key=lambda at: _content(examples[at]))
    return take(examples, positions), ends


def _content(example: Example) -> tuple[str, str, str, str]:
    return example.fingerprint, example.dialogue, example.summary, example.id


def _nearest_cut(ends: NDArray[np.intp], share: float, at_least: int, at_most: int) -> int:
    """Return how many groups, within the limits, hold the share of examples nearest to `share`."""
    at_most = min(at_most, len(ends) - 1)
    at_least = min(at_least, at_most)
    return at_least + int(np.argmin(np.abs(ends[at_least : at_most + 1] - share * ends[-1])))
