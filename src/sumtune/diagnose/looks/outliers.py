"""Find the predictions whose value lies outside the range of the references."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

__all__ = [
    "FEWEST_OUTLIERS",
    "Scale",
    "Values",
    "chance_of",
    "chance_of_more",
    "far_below",
    "find_outliers",
    "may_be_outliers",
]

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_OUTLIERS = 3
TIMES_REFERENCES = 4.0
"""Smallest ratio of the shares of outliers among predictions and among references."""
OUTLIER_P_VALUE = 1e-3
MAD_TO_SD = 1.4826
"""Standard deviation of a normal distribution in units of its median absolute deviation."""
LEVELS = ((4.0, 0.03, 0.002), (3.0, 0.05, 0.006), (2.5, 0.06, 0.015), (2.0, 0.2, 0.05))
"""Distance from the median of the references in standard deviations; by how much the share of predictions beyond it
must exceed that of the references; smallest share that is assumed for clean predictions."""
FAR = 2.5
"""Distance from the median of the predictions themselves, in standard deviations, of a text of an odd length."""
QUANTILE = (0.1, 0.25, 0.1)
"""The same for the distance that a tenth of the references exceeds."""

SUSPECTS_SHARE = 0.5
SUSPECTS_P_VALUE = 0.01
"""Smallest share of the suspects that must be low, and largest p-value."""
NEAREST = 1.28
"""Smallest distance in standard deviations, that of a tenth of a normal distribution."""


@dataclass(frozen=True)
class Scale:
    """How far from the references a value must be."""

    least: float = 0.0
    """Standard deviation that references have at least; templates have none, but clean predictions differ from them."""
    distances: int | None = None
    """Number of the largest distances that count; None for all."""


def find_outliers(
    predictions: Values, references: Values, exempt: Sequence[bool] | Mask, scale: Scale, suspects: Mask | None = None
) -> Mask | None:
    """Return which predictions lie far below the references, unless exempt; None if that may be chance.

    Of several distances, the one with the smallest p-value counts (binomial test). The median and the median absolute
    deviation (Hampel 1974) of the references define the distances. If `suspects` are known to be damaged, only these
    are judged, by the smallest distance.
    """
    median = float(np.median(references))
    deviation = MAD_TO_SD * float(np.median(np.abs(references - median)))
    # Values that are mostly equal have no median deviation.
    deviation = max(deviation, float(references.std()) / 2, scale.least)
    limits = [(median - distance * deviation, *others) for distance, *others in LEVELS]
    lowest = min(float(np.quantile(references, QUANTILE[0])), median - NEAREST * deviation)
    limits.append((lowest, *QUANTILE[1:]))
    if suspects is not None:
        return _among(suspects, (predictions < lowest) & ~np.asarray(exempt), float((references < lowest).mean()))
    best: tuple[float, Mask] | None = None
    for limit, least, rate in limits[: scale.distances if deviation > 0 else 1]:
        found = (predictions < limit) & ~np.asarray(exempt)
        expected = float((references < limit).mean())
        share, count = float(found.mean()), int(found.sum())
        p_value = chance_of(count, len(found), max(rate, expected))
        clear = count >= FEWEST_OUTLIERS and share >= max(expected + least, TIMES_REFERENCES * expected)
        if clear and p_value <= OUTLIER_P_VALUE and (best is None or p_value < best[0]):
            best = p_value, found
    return best[1] if best else None


def may_be_outliers(judged: Mask) -> bool:
    """Return whether `find_outliers` may find enough outliers among the predictions that are not exempt."""
    return bool(judged.sum() >= FEWEST_OUTLIERS and judged.mean() >= min(least for _, least, _ in LEVELS))


def _among(suspects: Mask, low: Mask, expected: float) -> Mask | None:
    """Return which suspects are low, if they are many, and more than as many references would be by chance."""
    found, size = suspects & low, int(suspects.sum())
    count = int(found.sum())
    p_value = chance_of(count, size, max(QUANTILE[0], expected))
    return found if count >= max(FEWEST_OUTLIERS, SUSPECTS_SHARE * size) and p_value <= SUSPECTS_P_VALUE else None


def chance_of(count: int, rows: int, rate: float) -> float:
    """Return the probability that at least `count` of `rows` texts have a trait that each has with probability `rate`.

    >>> chance_of(1, 2, 0.5), chance_of(2, 2, 0.5)
    (0.75, 0.25)
    """
    return float(bdtrc(count - 1, rows, rate))


def chance_of_more(count: int, rows: int, others: int, other_rows: int) -> float:
    """Return the probability that chance alone puts at least `count` outliers among `rows` texts.

    A second group of `other_rows` texts has `others` outliers. Chance means that outliers are equally frequent in both
    groups (one-sided exact test of Fisher 1934).

    >>> round(chance_of_more(4, 40, 0, 40), 4), chance_of_more(0, 40, 3, 40)
    (0.0578, 1.0)
    """
    outliers = count + others
    ways = sum(
        math.comb(rows, number) * math.comb(other_rows, outliers - number)
        for number in range(count, min(rows, outliers) + 1)
    )
    return ways / math.comb(rows + other_rows, outliers)


def far_below(values: Values, upper: bool = False) -> Mask:
    """Return which values lie so far below the median that hardly any would if all values were alike.

    With `upper`, the scatter is measured only on values from the median upwards, so that many low values do not hide
    one another.
    """
    median = float(np.median(values))
    distances = np.abs(values - median)
    deviation = MAD_TO_SD * float(np.median(distances[values >= median] if upper else distances))
    return np.asarray(values < median - FAR * deviation)
