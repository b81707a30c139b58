"""Scores that are too low to be right, although no other rule found a fault."""

from collections.abc import Sequence

import numpy as np

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.gains import Gain, interval_of_difference
from sumtune.diagnose.looks.judged import is_copied
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.copies import MOST_COPIED
from sumtune.diagnose.text_features import share
from sumtune.evaluate.scorecard import BASE

__all__ = ["score_unexplained"]

FEWEST_SCORED = 5
"""Minimum number of examples for a claim about the overall score."""
FAR_BELOW_BASE = 0.05
"""Distance below the base model's ROUGE-1 that needs an explanation."""
STRANGEST = 5
"""Number of predictions to show if no rule explains the score."""
LEAD_3 = "lead-3"
NEAR_LEAD_3 = 0.75
"""Smallest ratio of the scores of a weak system that only copies, and of lead-3."""


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
    copied = share(is_copied(outputs, row, text) for row, text in enumerate(outputs.predictions))
    copies = copied > MOST_COPIED and outputs.score >= NEAR_LEAD_3 * worst.score
    return Finding(
        code="score_unexplained",
        title=f"The outputs mostly copy their dialogues, and score below {what}"
        if copies
        else f"The outputs score below {what}, and no known fault explains it",
        severity="weakness" if copies else "fault",
        evidence=f"ROUGE-1 is {outputs.score:.3f}, {worst.system} reaches {worst.score:.3f}: a difference of "
        f"{worst.difference:+.3f}{interval_of_difference(worst.low, worst.high, len(outputs))}. These examples score "
        "lowest.",
        numbers={"rouge1": outputs.score, "rouge1_other": worst.score, "difference": worst.difference},
        examples=tuple(map(outputs.excerpt, _strangest(outputs))),
    )


def _strangest(outputs: Outputs) -> list[int]:
    """Return the indices of the lowest scores; among ties, the length furthest from the reference's comes first."""
    sizes = [len(text.split()) + 1 for text in outputs.predictions]
    wanted = [len(text.split()) + 1 for text in outputs.first_references]
    distances = np.abs(np.log(np.array(sizes) / np.array(wanted)))
    return [int(index) for index in np.lexsort((-distances, outputs.scores))[:STRANGEST]]
