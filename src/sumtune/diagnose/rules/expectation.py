"""Scores outside the interval that was forecast before the run."""

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding

__all__ = ["score_above_expected", "score_below_expected"]

FAR_OUTSIDE = 0.5
"""Distance from the interval, as a share of its width, that chance hardly explains."""


def score_below_expected(context: Context) -> Finding | None:
    """A score below the interval that runs on such data reach."""
    return _outside(context, below=True)


def score_above_expected(context: Context) -> Finding | None:
    """A score above the interval, which is just as suspicious: the model may have seen scored dialogues."""
    return _outside(context, below=False)


def _outside(context: Context, *, below: bool) -> Finding | None:
    outputs, expected = context.outputs, context.expected
    if not outputs or expected is None:
        return None
    (low, high), score = expected, outputs.score
    distance = low - score if below else score - high
    if distance <= 0:
        return None
    side, sure = "below" if below else "above", distance > FAR_OUTSIDE * (high - low)
    chance = "" if sure else " This may be chance: one run in ten is that far out."
    return Finding(
        code=f"score_{side}_expected",
        title=f"The score is {side} what such data usually gives" if sure else
        f"The score is {side} the expected interval, which may be chance",
        severity="weakness",
        evidence=f"ROUGE-1 is {score:.3f}; before the run, {low:.3f} to {high:.3f} was expected.{chance}",
        sure=sure,
        numbers={"rouge1": score, "low": low, "high": high},
    )  # fmt: skip
