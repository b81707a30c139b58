"""Next steps for a sound run: more data or a larger model."""

import math

from sumtune.diagnose.context import Context, MoreData
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.loss_curves import learning_slope, validation_gap
from sumtune.diagnose.rules.data import slope_sentence
from sumtune.plurals import counted

__all__ = ["larger_model", "more_data", "score_with_sumtune"]

FITTED = 0.15
"""Gap between validation and training loss (nats per token) below which the model does as well on new conversations."""


def more_data(context: Context) -> Finding | None:
    """A learning curve that still falls, or an unclear one if the validation loss is far above the training loss.

    If earlier runs show how much more data raises the score, this gain decides whether the finding is sure.
    """
    training, gain = context.training, context.more_data
    if training is None:
        return None
    slope, gap = learning_slope(training), validation_gap(training)
    falls = slope is not None and slope.falls
    sure = falls if gain is None else gain.low > 0
    if not (sure or falls) and (gap is None or gap.value < FITTED):
        return None
    what = "lower the loss" if gain is None else "raise the score"
    known, unknown = f"More data would {what}", f"Too little data to tell whether more would {what}"
    distance = "" if gap is None else f" Validation loss minus training loss is {gap.value:+.2f}."
    return Finding(
        code="more_data",
        title=known if sure else unknown,
        severity="advice",
        evidence=slope_sentence(slope) + distance + _gain_sentence(gain),
        sure=sure,
        numbers=({} if slope is None else {"slope_per_doubling": slope.value, "slope_error": slope.error})
        | ({} if gain is None else {"gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high}),
    )


def _gain_sentence(gain: MoreData | None) -> str:
    if gain is None:
        return ""
    interval = f"{gain.low:.3f} to {gain.high:.3f}"
    return f" By earlier runs, {gain.examples} more conversations would add {gain.mean:.3f} to ROUGE-1 ({interval})."


def larger_model(context: Context) -> Finding | None:
    """A validation loss close to the training loss. It does not say what more data would gain; the slope does."""
    gap = validation_gap(context.training) if context.training else None
    if gap is None or gap.value >= FITTED:
        return None
    sure = gap.high < FITTED
    # One training loss has no standard error.
    known_error = math.isfinite(gap.error)
    within = f" ± {2 * gap.error:.2f}" if known_error else ""
    known = "The model does nearly as well on new conversations as on the training data"
    return Finding(
        code="larger_model",
        title=known if sure else "Too little data to tell whether the model does as well on new conversations",
        severity="advice",
        evidence=f"Validation loss minus training loss is {gap.value:+.2f}{within} nats per token. What a larger model "
        "gains, only a run shows.",
        sure=sure,
        numbers={"gap": gap.value} | ({"gap_error": gap.error} if known_error else {}),
    )


def score_with_sumtune(context: Context) -> Finding | None:
    """A file of predictions, whose training is unknown."""
    if context.outputs is None or context.training is not None:
        return None
    return Finding(
        code="score_with_sumtune",
        title="Predictions alone do not show what would raise the score",
        severity="advice",
        evidence=f"ROUGE-1 of {counted(len(context.outputs), 'prediction')} is {context.outputs.score:.3f}. The losses "
        "of the training are not known.",
        numbers={"rouge1": context.outputs.score},
    )
