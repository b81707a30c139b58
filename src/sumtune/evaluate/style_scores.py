"""Scores of the tuned model by style, for data with a style column."""

from collections.abc import Mapping

import numpy as np

from sumtune.evaluate.overlap import METRICS, as_array
from sumtune.evaluate.scorecard import TUNED, Scorecard, ScoredExample

__all__ = ["StyleScores", "scores_by_style"]

StyleScores = tuple[int, Mapping[str, float]]
"""Number of examples, and the mean of each metric."""


def scores_by_style(scorecard: Scorecard) -> dict[str, StyleScores]:
    """Return the tuned model's scores by style, "" for examples without one; empty if no example has a style."""
    groups: dict[str, list[ScoredExample]] = {}
    for example in scorecard.examples:
        groups.setdefault(example.style, []).append(example)
    if not any(groups):
        return {}
    return {style: (len(groups[style]), _means(groups[style])) for style in sorted(groups)}


def _means(examples: list[ScoredExample]) -> dict[str, float]:
    scores = as_array([example.systems[TUNED].scores for example in examples])
    return dict(zip(METRICS, np.mean(scores, axis=0).tolist(), strict=True))
