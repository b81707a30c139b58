"""Two halves of the training examples. The adapter of one half writes candidates for the dialogues of the other."""

from collections.abc import Hashable, Sequence

import numpy as np

from sumtune.errors import ConfigError

__all__ = ["split_in_halves"]


def split_in_halves(groups: Sequence[Hashable], seed: int) -> tuple[list[int], list[int]]:
    """Return the indices of the examples in two halves, each in order; examples of the same group stay together.

    `groups` has the group of each example. Random groups, chosen by `seed`, fill the first half until it is full.

    >>> split_in_halves(["a", "b", "b", "c"], seed=0)
    ([0, 3], [1, 2])

    Raises:
        ConfigError: all examples are of one group.
    """
    members: dict[Hashable, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    if len(members) < 2:
        raise ConfigError(
            f"rank.candidates needs at least 2 different dialogues for training, not {len(members)}: set it to 0, or "
            "give more data."
        )
    order = np.random.default_rng([seed, 0]).permutation(len(members)).tolist()
    by_group, first = list(members.values()), list[int]()
    for at in order[:-1]:
        if 2 * len(first) >= len(groups):
            break
        first += by_group[at]
    chosen = set(first)
    return sorted(chosen), [at for at in range(len(groups)) if at not in chosen]
