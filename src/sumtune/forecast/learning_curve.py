"""What more data would add to a score, from pairs of runs in the bank that differ in their number of examples."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sumtune.forecast.conformal import conformal_quantile
from sumtune.forecast.score_bank import BankRow
from sumtune.forecast.score_forecast import LEVEL, ExpectedScore

__all__ = ["MoreData", "gain_of_more_data", "more_data", "suggested_examples"]

SAME = ("epochs", "learning_rate", "all_linear", "beams", "scored", "longest_3_rouge1")
"""Figures that the runs of a pair have in common (to within 10%): settings, and a figure of the data."""
FEWEST_PAIRS = 12


@dataclass(frozen=True)
class MoreData:
    """What more training examples would add to ROUGE-1."""

    examples: int
    gain: ExpectedScore


def more_data(bank: Sequence[BankRow], model: str, examples: int) -> MoreData | None:
    """Return the gain from adding a round number of examples to `examples`; None if the bank has too few pairs."""
    more = suggested_examples(examples)
    gain = gain_of_more_data(bank, model, examples, more)
    return None if gain is None else MoreData(more, gain)


def suggested_examples(examples: int) -> int:
    """Return a round number of examples to add, about half of `examples`.

    >>> suggested_examples(329), suggested_examples(40), suggested_examples(3)
    (200, 20, 2)
    """
    unit = int("1" + "0" * (len(str(examples // 2)) - 1))
    return max(1, round(examples / 2 / unit)) * unit


def gain_of_more_data(
    bank: Sequence[BankRow], model: str, examples: float, more: float, metric: str = "rouge1", level: float = LEVEL
) -> ExpectedScore | None:
    """Return the gain in a score from adding `more` examples to `examples`; None if the bank has too few pairs.

    A score rises about linearly with the logarithm of the number of examples. Two runs on the same data give
    a slope if one has at least twice as many examples and nothing else differs. The slopes are averaged for each data
    set, and then over the data sets. The interval is conformal, from the slopes of all pairs.
    """
    slopes: list[float] = []
    groups: list[str] = []
    for one, other in combinations([row for row in bank if row.model == model and row.is_long], 2):
        if (slope := _slope(one, other, metric)) is not None:
            slopes.append(slope)
            groups.append(one.data)
    if len(slopes) < FEWEST_PAIRS:
        return None
    means = [_mean([s for s, g in zip(slopes, groups, strict=True) if g == group]) for group in sorted(set(groups))]
    middle = _mean(means)
    half = conformal_quantile([slope - middle for slope in slopes], groups, level)
    doublings = math.log2((examples + more) / examples)
    return ExpectedScore(middle * doublings, (middle - half) * doublings, (middle + half) * doublings)


def _slope(one: BankRow, other: BankRow, metric: str) -> float | None:
    """Return the gain of a doubling between two runs; None if they differ in more than their examples."""
    if one.data != other.data or not _alike(one.figures, other.figures):
        return None
    doublings = math.log2(other.figures["examples"] / one.figures["examples"])
    if abs(doublings) < 1:
        return None  # chance outweighs the gain
    return (other.figures[f"final_{metric}"] - one.figures[f"final_{metric}"]) / doublings


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(math.isclose(one[name], other[name], rel_tol=0.1) for name in SAME)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
