"""Split by a hash of the dialogue, so duplicates stay together and the order of the input does not matter."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby

from sumtune.data.example import SPLITS, Example

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


def order(examples: Iterable[Example]) -> list[Example]:
    """Return the examples sorted by the hash of their dialogue, then by content, whatever the input order."""
    return sorted(examples, key=lambda e: (e.fingerprint, e.dialogue, e.summary, e.id))


def split_examples(examples: Iterable[Example]) -> dict[str, list[Example]]:
    """Return three splits, as close to 80/10/10 as groups of the same dialogue allow. Small sets fill train first.

    Groups are ordered by fingerprint and cut twice, so each split is a range of fingerprints.
    """
    groups = _groups(examples)
    ends = _ends(groups)
    first = _nearest_cut(ends, TRAIN_SHARE, at_least=1, at_most=max(1, len(groups) - 2))
    second = _nearest_cut(
        ends, TRAIN_SHARE + VALIDATION_SHARE, at_least=first + 1, at_most=max(first + 1, len(groups) - 1)
    )
    parts = groups[:first], groups[first:second], groups[second:]
    return {name: _flat(part) for name, part in zip(SPLITS, parts, strict=True)}


def complete_splits(given: Mapping[str, Iterable[Example]]) -> dict[str, list[Example]]:
    """Return the given splits. If validation is missing, it is the tenth of train with the highest fingerprints."""
    splits = {name: order(given.get(name, ())) for name in SPLITS}
    if not splits["validation"]:
        groups = _groups(splits["train"])
        cut = _nearest_cut(_ends(groups), 1 - VALIDATION_SHARE, at_least=1, at_most=max(1, len(groups) - 1))
        splits["train"], splits["validation"] = _flat(groups[:cut]), _flat(groups[cut:])
    return splits


def select_share(examples: Iterable[Example], share: float) -> list[Example]:
    """Return the `share` of the examples with the lowest fingerprints. A smaller share is a subset of a larger one."""
    groups = _groups(examples)
    return _flat(groups[: _nearest_cut(_ends(groups), share, at_least=1, at_most=len(groups))])


def _groups(examples: Iterable[Example]) -> list[list[Example]]:
    """Return the examples grouped by dialogue, in order of fingerprint."""
    return [list(same) for _, same in groupby(order(examples), key=lambda e: e.fingerprint)]


def _flat(groups: Sequence[Sequence[Example]]) -> list[Example]:
    return [example for group in groups for example in group]


def _ends(groups: Sequence[Sequence[Example]]) -> list[int]:
    """Return how many examples the first 0, 1, 2, … groups hold."""
    return list(accumulate((len(group) for group in groups), initial=0))


def _nearest_cut(ends: Sequence[int], share: float, at_least: int, at_most: int) -> int:
    """Return how many groups, within the limits, hold the share of examples nearest to `share`."""
    at_most = min(at_most, len(ends) - 1)
    cuts = range(min(at_least, at_most), at_most + 1)
    return min(cuts, key=lambda cut: abs(ends[cut] - share * ends[-1]))
