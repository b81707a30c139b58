"""What would raise the score next, where nothing is wrong: more data, longer training, a larger model."""

from sumtune.diagnose.curves import ends_of, learning_slope
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.rules.data import slope_sentence
from sumtune.diagnose.subject import Subject

__all__ = ["larger_model", "more_data", "score_with_sumtune"]

FITTED = 0.15
"""Nats a token: validation loss this near to the training loss leaves nothing that more data could close."""


def more_data(subject: Subject) -> Finding | None:
    """The learning curve still falls, or the gap to the training loss is one that data closes."""
    training = subject.training
    if training is None:
        return None
    slope, gap = learning_slope(training), _gap(subject)
    if (slope is None or not slope.falls) and (gap is None or gap < FITTED):
        return None
    beside = "" if gap is None else f" The validation loss is {gap:+.2f} from the training loss of the same time."
    return Finding(
        code="more_data",
        title="More data would raise the score",
        severity="advice",
        evidence=slope_sentence(slope) + beside,
        remedy="sumtune run --data MORE --run-dir runs/more, then: sumtune compare artifacts runs/more",
        numbers={} if slope is None else {"slope_per_doubling": slope.per_doubling, "slope_error": slope.error},
    )


def larger_model(subject: Subject) -> Finding | None:
    """Training and validation loss are near each other and no longer fall: the model itself is the limit."""
    gap = _gap(subject)
    if gap is None or gap >= FITTED:
        return None
    return Finding(
        code="larger_model",
        title="A larger model would raise the score",
        severity="advice",
        evidence=f"The validation loss is only {gap:+.2f} nats a token from the training loss: the model can say "
        "little more about the data it has.",
        remedy="sumtune run --model ID_OF_A_LARGER_ONE --run-dir runs/larger",
        numbers={"gap": gap},
    )


def score_with_sumtune(subject: Subject) -> Finding | None:
    """Of a file of predictions nothing is known about training."""
    if subject.outputs is None or subject.training is not None:
        return None
    return Finding(
        code="score_with_sumtune",
        title="What would raise the score next cannot be read off predictions alone",
        severity="advice",
        evidence=f"{len(subject.outputs)} predictions, ROUGE-1 {subject.outputs.score:.3f}; learning curve and "
        "losses of the training are not known.",
        remedy="tune on the same data, which measures both: sumtune run --data FILE",
        numbers={"rouge1": subject.outputs.score},
    )


def _gap(subject: Subject) -> float | None:
    """Last validation loss minus the mean training loss of the last fifth."""
    training = subject.training
    if training is None or len(training.losses) == 0 or len(training.validation_losses) == 0:
        return None
    return float(training.validation_losses[-1]) - ends_of(training.losses)[1]
