"""Scores that are too high or too low to be right, although no other rule found a fault."""

from collections.abc import Sequence

import numpy as np

from sumtune.data.example import normalize
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.gains import Gain
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import how_many, share
from sumtune.evaluate.scorecard import BASE

__all__ = ["predictions_are_references", "score_unexplained"]

COPIED_SHARE = 0.8
NEAR_ONE = 0.98
FEWEST_SCORED = 5
"""Minimum number of examples for a claim about the overall score."""
FAR_BELOW_BASE = 0.05
"""Distance below the base model's ROUGE-1 that needs an explanation."""
STRANGEST = 5
"""Number of predictions to show if no rule explains the score."""
LEAD_3 = "lead-3"


def predictions_are_references(outputs: Outputs, _gains: Sequence[Gain]) -> Finding | None:
    """Predictions identical to the references, or a score near 1, which no summarizer reaches."""
    copied = [
        normalize(prediction) in map(normalize, references)
        for prediction, references in zip(outputs.predictions, outputs.references, strict=True)
    ]
    same = share(copied) >= COPIED_SHARE
    if len(outputs) < FEWEST_SCORED or not (same or outputs.score >= NEAR_ONE):
        return None
    return Finding(
        code="predictions_are_references",
        title=f"{how_many(copied)} predictions are their references" if same else "The score is close to 1",
        severity="fault",
        evidence=f"{sum(copied)} of {len(copied)} predictions are identical to a reference; ROUGE-1 is "
        f"{outputs.score:.3f}. Two people who summarize the same dialogue rarely write the same text.",
        numbers={"share": share(copied), "rouge1": outputs.score},
        examples=outputs.first_ids(copied, STRANGEST),
    )


def score_unexplained(outputs: Outputs, gains: Sequence[Gain]) -> Finding | None:
    """A score below lead-3 or far below the base model, with the interval of the difference below zero."""
    limits = {LEAD_3: 0.0, BASE: -FAR_BELOW_BASE}
    below = [
        gain for gain in gains if gain.system in limits and gain.high < 0 and gain.difference < limits[gain.system]
    ]
    if len(outputs) < FEWEST_SCORED or not below:
        return None
    worst = min(below, key=lambda gain: gain.difference)
    what = "copying the first three turns" if worst.system == LEAD_3 else "the base model"
    return Finding(
        code="score_unexplained",
        title=f"The outputs score below {what}, and no known fault explains it",
        severity="fault",
        evidence=f"ROUGE-1 is {outputs.score:.3f}, {worst.system} reaches {worst.score:.3f}: a difference of "
        f"{worst.difference:+.3f}, 95% interval {worst.low:+.3f} to {worst.high:+.3f}. These examples score lowest.",
        numbers={"rouge1": outputs.score, "rouge1_other": worst.score, "difference": worst.difference},
        examples=tuple(map(outputs.excerpt, _strangest(outputs))),
    )


def _strangest(outputs: Outputs) -> list[int]:
    """Return the indices of the lowest scores; among ties, the length furthest from the reference's comes first."""
    sizes = [len(text.split()) + 1 for text in outputs.predictions]
    wanted = [len(text.split()) + 1 for text in outputs.first_references]
    distances = np.abs(np.log(np.array(sizes) / np.array(wanted)))
    return [int(index) for index in np.lexsort((-distances, outputs.scores))[:STRANGEST]]
