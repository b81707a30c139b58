"""How far a mean over examples would move with other examples of the same kind."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "RESAMPLES", "interval"]

LEVEL = 0.95
RESAMPLES = 10_000

_CHUNK_CELLS = 1_000_000
"""Most counts held at once (8 MB)."""


def interval(
    values: NDArray[np.float64],
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The low and high end of the percentile bootstrap interval of the mean (Efron 1979).

    `values` is `(examples,)` or `(examples, metrics)`, each result `()` or `(metrics,)`. All metrics see the same
    resamples; so the interval of a difference of two systems, `interval(tuned - base, …)`, is the paired one.

    >>> low, high = interval(np.array([0.2, 0.4, 0.6, 0.8]), np.random.default_rng(0))
    >>> print(f"0.5 lies between {low:.2f} and {high:.2f}")
    0.5 lies between 0.30 and 0.70

    Raises:
        ValueError: there is no example, or the level is not between 0 and 1.
    """
    if len(values) == 0 or not 0 < level < 1:
        raise ValueError(f"expected at least one example and 0 < level < 1, not {len(values)} and {level!r}")
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(_resampled_means(values, generator, resamples), tails, axis=0)
    mean = values.mean(axis=0)
    return np.minimum(low, mean), np.maximum(high, mean)  # equal values differ from their mean by rounding


def _resampled_means(
    values: NDArray[np.float64], generator: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    """`(resamples,)` or `(resamples, metrics)`: drawing with replacement is drawing how often each example counts."""
    n = len(values)
    chunk = max(1, _CHUNK_CELLS // n)
    sizes = [min(chunk, resamples - start) for start in range(0, resamples, chunk)]
    means = [generator.multinomial(n, np.full(n, 1 / n), size=size) @ values / n for size in sizes]
    return np.concatenate(means)
