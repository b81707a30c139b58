"""What would raise the score next, where nothing is wrong: more data, longer training, a larger model."""

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.loss_curves import learning_slope, validation_gap
from sumtune.diagnose.rules.data import slope_sentence

__all__ = ["larger_model", "more_data", "score_with_sumtune"]

FITTED = 0.15
"""Nats a token: validation loss this near to the training loss leaves nothing that more data could close."""


def more_data(context: Context) -> Finding | None:
    """The learning curve still falls; or it does not tell, and the gap to the training loss is one that data closes."""
    training = context.training
    if training is None:
        return None
    slope, gap = learning_slope(training), validation_gap(training)
    sure = slope is not None and slope.falls
    if not sure and (gap is None or gap.value < FITTED):
        return None
    known, unknown = "More data would raise the score", "Too little data to tell whether more would raise the score"
    beside = "" if gap is None else f" The validation loss is {gap.value:+.2f} from the training loss of the same time."
    return Finding(
        code="more_data",
        title=known if sure else unknown,
        severity="advice",
        evidence=slope_sentence(slope) + beside,
        sure=sure,
        numbers={} if slope is None else {"slope_per_doubling": slope.value, "slope_error": slope.error},
    )


def larger_model(context: Context) -> Finding | None:
    """Training and validation loss are near each other: more of the same data has little to close."""
    gap = validation_gap(context.training) if context.training else None
    if gap is None or gap.value >= FITTED:
        return None
    sure = gap.high < FITTED
    known = "The model does as well on new conversations as on those it learned from"
    return Finding(
        code="larger_model",
        title=known if sure else "Too little data to tell whether the model does as well on new conversations",
        severity="advice",
        evidence=f"The validation loss is {gap.value:+.2f} ± {2 * gap.error:.2f} nats a token from the training loss. "
        f"Below {FITTED} other data of this kind have little to add; what a larger model adds, a run tells.",
        sure=sure,
        numbers={"gap": gap.value, "gap_error": gap.error},
    )


def score_with_sumtune(context: Context) -> Finding | None:
    """Of a file of predictions nothing is known about training."""
    if context.outputs is None or context.training is not None:
        return None
    return Finding(
        code="score_with_sumtune",
        title="What would raise the score next cannot be read off predictions alone",
        severity="advice",
        evidence=f"{len(context.outputs)} predictions, ROUGE-1 {context.outputs.score:.3f}; learning curve and "
        "losses of the training are not known.",
        numbers={"rouge1": context.outputs.score},
    )
