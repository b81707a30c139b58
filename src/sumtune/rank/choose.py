"""Choose the candidates of an example that are compared in training."""

from collections.abc import Sequence

import numpy as np

__all__ = ["CHOSEN", "choose"]

CHOSEN = 4
"""Candidates of an example that are compared with each other."""


def choose(
    candidates: Sequence[tuple[int, ...]], rewards: Sequence[float], generator: np.random.Generator
) -> list[tuple[tuple[int, ...], float]]:
    """Return at most `CHOSEN` different candidates with their rewards, best first.

    These are the best, the worst, and random ones between them.

    >>> some = choose([(1,), (2,), (1,), (3,)], [0.5, 0.9, 0.5, 0.1], np.random.default_rng(0))
    >>> some
    [((2,), 0.9), ((1,), 0.5), ((3,), 0.1)]
    """
    different = dict(zip(candidates, rewards, strict=True))
    ranked = sorted(different.items(), key=lambda pair: -pair[1])
    if len(ranked) <= CHOSEN:
        return ranked
    between = generator.choice(np.arange(1, len(ranked) - 1), CHOSEN - 2, replace=False)
    return [ranked[at] for at in (0, *sorted(between.tolist()), len(ranked) - 1)]
