"""Regression of the final score of a run on figures that are known before it, with few parameters.

The bank has few data sets, so nothing about data sets is learned from it: only what training adds to a `baseline`.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sumtune.forecast.score_bank import BankRow

__all__ = ["PENALTIES", "ScoreModel", "fit_score_model", "has_figures"]

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Penalties on the squared coefficients of the standardized predictors, in rows of the bank. With few data
sets, a higher penalty may predict the next one better."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class ScoreModel:
    """How far the final score of a run lies above its `baseline`, by the amount of training."""

    metric: str
    depth: int | None
    """Optimizer steps of the pilot whose figures it uses; None uses those of the data alone."""
    intercept: float
    slopes: NDArray[np.float64]
    """One for each of `predictors`."""

    def predict(self, figures: Figures) -> float:
        """Return the expected score of a run, from 0 to 1."""
        gain = self.intercept + self.slopes @ np.array(predictors(figures))
        return float(np.clip(baseline(figures, self.metric, self.depth) + gain, 0.0, 1.0))


def baseline(figures: Figures, metric: str, depth: int | None) -> float:
    """Return the score to which training adds: that of `longest_3` or, with a pilot, the mean of that and the pilot's.

    The score of the pilot is corrected by how much easier its held-out examples are for `longest_3`.
    """
    longest = figures[f"longest_3_{metric}"]
    if depth is None:
        return longest
    easier = figures[f"held_out_longest_3_{metric}"] - longest
    return (longest + figures[f"pilot_{depth}_{metric}"] - easier) / 2


def predictors(figures: Figures) -> list[float]:
    """Return the predictors of the gain: optimizer steps, which count less and less, and whether beams are searched."""
    return [math.log2(figures["steps"]), 1 / figures["steps"], figures["all_linear"], float(figures["beams"] > 1)]


def has_figures(figures: Figures, metric: str, depth: int | None) -> bool:
    """Return whether `figures` has all that a model of `metric` needs."""
    try:
        needed = [baseline(figures, metric, depth), *predictors(figures), math.log2(figures["examples"])]
        return all(map(math.isfinite, needed)) and figures["summary_words"] > 0
    except (KeyError, ValueError, ZeroDivisionError):  # a file of finished runs may be damaged
        return False


def fit_score_model(rows: Sequence[BankRow], metric: str, depth: int | None, penalty: float) -> ScoreModel:
    """Fit what training adds in `rows` by ridge regression (Hoerl and Kennard 1970). Each data set has the same weight.

    Raises:
        ValueError: there is no row.
    """
    if not rows:
        raise ValueError("expected at least one row")
    inputs = np.array([predictors(row.figures) for row in rows])
    wanted = np.array([row.figures[f"final_{metric}"] - baseline(row.figures, metric, depth) for row in rows])
    weights = _equal_by([row.data for row in rows])
    center, mean = weights @ inputs, float(weights @ wanted)
    spread = np.sqrt(weights @ (inputs - center) ** 2)
    spread[spread < 1e-9] = np.inf  # a predictor that does not vary has no slope
    scaled = (inputs - center) / spread
    root = np.sqrt(weights * len(rows))
    left = np.vstack([scaled * root[:, None], math.sqrt(penalty) * np.eye(inputs.shape[1])])
    right = np.concatenate([(wanted - mean) * root, np.zeros(inputs.shape[1])])
    slopes = np.linalg.lstsq(left, right, rcond=None)[0] / spread
    return ScoreModel(metric, depth, mean - float(slopes @ center), slopes)


def _equal_by(groups: Sequence[str]) -> NDArray[np.float64]:
    """Return weights with the sum 1, the same sum for each group."""
    counts = Counter(groups)
    return np.array([1 / (len(counts) * counts[group]) for group in groups])
