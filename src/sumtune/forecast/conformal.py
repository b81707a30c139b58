"""Conformal intervals: the errors on left-out data sets say how large the error on a new one may be."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["conformal_quantile"]


def conformal_quantile(residuals: Sequence[float] | NDArray[np.float64], groups: Sequence[str], level: float) -> float:
    """Return the size that a new residual exceeds with probability at most 1 - `level`; inf if there are too few.

    The residuals (absolute values) come in `groups`, one for each data set. Each group has the same weight, whatever
    its number of residuals. The new residual counts as infinite, with the mean weight of a residual (split conformal
    prediction, Vovk et al. 2005; weights by group as in Dunn et al. 2022, https://arxiv.org/abs/1809.07441, section
    3.4). With one group, this is the usual ceil((n + 1) level)-th smallest residual, which covers exchangeable
    residuals with probability at least `level`.

    >>> conformal_quantile([0.1, 0.2, 0.3, 0.4], ["a"] * 4, level=0.6), conformal_quantile([0.1], ["a"], level=0.6)
    (0.3, inf)

    Raises:
        ValueError: the level is not between 0 and 1, or the lengths differ.
    """
    sizes = np.abs(np.asarray(residuals, dtype=np.float64))
    if not 0 < level < 1 or len(sizes) != len(groups):
        raise ValueError(f"expected 0 < level < 1 and a group for each residual, not {level!r} and {len(groups)}")
    if not len(sizes):
        return math.inf
    _, group_of, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    weights = 1 / (len(counts) * counts[group_of]) * len(sizes) / (len(sizes) + 1)
    order = np.argsort(sizes, kind="stable")
    reached = np.cumsum(weights[order]) >= level - 1e-12
    return float(sizes[order][np.argmax(reached)]) if reached.any() else math.inf
