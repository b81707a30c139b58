"""Regression of the final score of a run on figures that are known before it, with few parameters."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sumtune.forecast.score_bank import BankRow

__all__ = ["PENALTIES", "ScoreModel", "fit_score_model", "has_figures", "predictors"]

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Penalties on the squared coefficients of the standardized predictors, in rows of the bank. With few data
sets, a higher penalty may predict the next one better."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class ScoreModel:
    """A linear model of one final score."""

    metric: str
    depth: int | None
    """Optimizer steps of the pilot whose figures it uses; None uses those of the data alone."""
    intercept: float
    slopes: NDArray[np.float64]
    """One for each of `predictors`."""

    def predict(self, figures: Figures) -> float:
        """Return the expected score of a run, from 0 to 1."""
        values = self.intercept + self.slopes @ np.array(predictors(figures, self.metric, self.depth))
        return float(np.clip(values, 0.0, 1.0))


def predictors(figures: Figures, metric: str, depth: int | None) -> list[float]:
    """Return the predictors of a final score: the amount of training, how it is decoded, and how hard the data is.

    With a pilot, its score comes first, corrected by how much easier its held-out examples are for `longest_3`.
    """
    longest = figures[f"longest_3_{metric}"]
    amount = [math.log2(figures["examples"]), math.log2(figures["epochs"])]
    training = [*amount, figures["all_linear"], float(figures["beams"] > 1)]
    data = [longest, figures["novel_bigrams"], math.log2(figures["summary_words"])]
    if depth is None:
        return [*training, *data]
    easier = figures[f"held_out_longest_3_{metric}"] - longest
    return [figures[f"pilot_{depth}_{metric}"] - easier, figures[f"pilot_{depth}_loss"], *training, *data]


def has_figures(figures: Figures, metric: str, depth: int | None) -> bool:
    """Return whether `figures` has all that a model of `metric` needs."""
    try:
        return all(map(math.isfinite, predictors(figures, metric, depth)))
    except (KeyError, ValueError):  # a file of finished runs may be damaged
        return False


def fit_score_model(rows: Sequence[BankRow], metric: str, depth: int | None, penalty: float) -> ScoreModel:
    """Fit the final scores of `rows` by ridge regression (Hoerl and Kennard 1970). Each data set has the same weight.

    Raises:
        ValueError: there is no row.
    """
    if not rows:
        raise ValueError("expected at least one row")
    inputs = np.array([predictors(row.figures, metric, depth) for row in rows])
    wanted = np.array([row.figures[f"final_{metric}"] for row in rows])
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
