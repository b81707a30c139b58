"""The reward of a candidate summary: its overlap with the reference, less a penalty for what nobody said."""

from sumtune.evaluate import rouge
from sumtune.evaluate.rouge import Tokens
from sumtune.text.mentions import unsupported

__all__ = ["reward"]

PENALTY = 0.03
"""Deducted for each name or number that the dialogue does not contain. The mean ROUGE of two candidates for a dialogue
typically differs by 0.1."""
MOST_PENALIZED = 3
"""Further unsupported names and numbers cost nothing more."""


def reward(candidate: str, dialogue: str, reference: str, tokens: Tokens = "rouge-score") -> float:
    """Return the mean F-measure of ROUGE-1, -2 and -L, minus `PENALTY` for each unsupported name or number.

    >>> round(reward("Ann brings cake.", "Ann: I bring cake.", "Ann brings the cakes."), 4)
    0.7048
    >>> round(reward("Bob brings cake.", "Ann: I bring cake.", "Ann brings the cakes."), 4)
    0.351
    """
    scores = rouge.score(candidate, reference, tokens)
    penalized = min(MOST_PENALIZED, len(unsupported(candidate, dialogue)))
    return (scores.rouge1 + scores.rouge2 + scores.rougeL) / 3 - PENALTY * penalized
