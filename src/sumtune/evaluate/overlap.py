"""Overlap of a prediction with its references: ROUGE and chrF."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sumtune.evaluate import chrf, rouge
from sumtune.evaluate.rouge import Rouge, Tokens

__all__ = ["METRICS", "Overlap", "as_array", "leave_one_out", "mean", "score", "score_multiple"]


@dataclass(frozen=True)
class Overlap(Rouge):
    """ROUGE and chrF of one prediction, or their means over several; each from 0 to 1."""

    chrf: float


METRICS = tuple(field.name for field in fields(Overlap))


def score(prediction: str, reference: str, tokens: Tokens = "rouge-score") -> Overlap:
    """Return the scores of `prediction` against one reference."""
    return Overlap(**vars(rouge.score(prediction, reference, tokens)), chrf=chrf.score(prediction, reference))


def score_multiple(
    prediction: str, references: Sequence[str], tokens: Tokens = "rouge-score"
) -> tuple[Overlap, Overlap]:
    """Return the best and the mean score over several references, separately for each metric (Lin 2004, section 2.1).

    Raises:
        ValueError: there is no reference.
    """
    if not references:
        raise ValueError("expected at least one reference")
    scores = [score(prediction, reference, tokens) for reference in references]
    return Overlap(*as_array(scores).max(axis=0).tolist()), mean(scores)


def leave_one_out(references: Sequence[str], tokens: Tokens = "rouge-score") -> tuple[Overlap, Overlap]:
    """Score each reference against the others; return the best score and the mean score, averaged over the references.

    The result shows how well people agree, which a system can hardly exceed. Each reference has one reference fewer to
    match than a prediction has.

    Raises:
        ValueError: there are fewer than two references.
    """
    if len(references) < 2:
        raise ValueError(f"expected at least two references, not {len(references)}")
    others = ([*references[:at], *references[at + 1 :]] for at in range(len(references)))
    pairs = [score_multiple(one, rest, tokens) for one, rest in zip(references, others, strict=True)]
    best, average = zip(*pairs, strict=True)
    return mean(best), mean(average)


def mean(scores: Sequence[Overlap]) -> Overlap:
    """Return the mean of each metric over examples.

    >>> mean([Overlap(1.0, 0.5, 1.0, 1.0, 1.0), Overlap(0.0, 0.0, 0.5, 0.5, 0.5)])
    Overlap(rouge1=0.5, rouge2=0.25, rougeL=0.75, rougeLsum=0.75, chrf=0.75)

    Raises:
        ValueError: there is no score.
    """
    if not scores:
        raise ValueError("the mean needs at least one score")
    return Overlap(*as_array(scores).mean(axis=0).tolist())


def as_array(scores: Sequence[Overlap]) -> NDArray[np.float64]:
    """Return the scores as an array `(examples, metrics)` with columns in the order of `METRICS`."""
    return np.array([astuple(score) for score in scores], dtype=np.float64).reshape(-1, len(METRICS))
