"""Weaknesses that the loss curves show: overfitting, underfitting, an adapter of the wrong size."""

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.loss_curves import end_means
from sumtune.diagnose.rules.training import FEWEST_STEPS

__all__ = ["overfitting", "rank_too_high", "rank_too_low", "underfitting"]

FEWEST_VALIDATIONS = 4
OVERFIT_RISE = 0.2
STILL_FALLING = 0.01
HIGH_RANK = 32
PARAMETERS_A_LABEL = 100
LOW_RANK = 4
PLATEAU = 0.01
GAP = 0.1


def rank_too_high(context: Context) -> Finding | None:
    """Overfitting with far more adapter parameters than label tokens."""
    training, rise = context.training, _rise(context)
    if training is None or rise is None or training.parameters is None or training.label_tokens is None:
        return None
    ratio = training.parameters / max(1.0, float(training.label_tokens.sum()))
    if training.rank is None or training.rank < HIGH_RANK or ratio < PARAMETERS_A_LABEL:
        return None
    return Finding(
        code="rank_too_high",
        title="The adapter is large for the data, and the validation loss rose",
        severity="weakness",
        evidence=f"The adapter of rank {training.rank} has {ratio:.0f} parameters per label token, and the validation "
        f"loss rose by {rise:.1%} after its minimum.",
        numbers={"rank": training.rank, "parameters_a_label_token": ratio, "rise": rise},
    )


def overfitting(context: Context) -> Finding | None:
    """A validation loss that rises in the last third of the run, with its minimum well before."""
    training, rise = context.training, _rise(context)
    if training is None or rise is None:
        return None
    best, kept = (
        int(training.validation_steps[training.validation_losses.argmin()]),
        training.settings["train"]["result"],
    )
    return Finding(
        code="overfitting",
        title="The validation loss rose while training continued",
        severity="weakness",
        evidence=f"The validation loss was lowest ({training.validation_losses.min():.3f}) at optimizer step {best} of "
        f"{training.total_steps} and has risen by {rise:.1%} since."
        + (f" The run kept the adapter of the {kept} step." if kept else ""),
        numbers={"best_step": best, "total_steps": training.total_steps, "rise": rise},
    )


def underfitting(context: Context) -> Finding | None:
    """A validation loss that is still falling at the end."""
    training = context.training
    if training is None or not training.ended or len(training.validation_losses) < FEWEST_VALIDATIONS:
        return None
    losses, last_quarter = training.validation_losses, training.validation_steps >= 0.75 * training.total_steps
    before = losses[~last_quarter]
    if len(before) == 0 or losses.argmin() != len(losses) - 1:
        return None
    fallen = float((before[-1] - losses[-1]) / before[-1])
    if fallen < STILL_FALLING:
        return None
    return Finding(
        code="underfitting",
        title="Training ended while the validation loss was still falling",
        severity="weakness",
        evidence=f"In the last quarter of the run the validation loss fell by {fallen:.1%} to {losses[-1]:.3f}, its "
        "minimum.",
        numbers={"fallen_in_last_quarter": fallen, "last_loss": float(losses[-1])},
    )


def rank_too_low(context: Context) -> Finding | None:
    """A small adapter whose validation loss no longer falls and stays close to the training loss."""
    training = context.training
    if (
        training is None
        or training.rank is None
        or training.rank > LOW_RANK
        or len(training.validation_losses) < FEWEST_VALIDATIONS
    ):
        return None
    losses = training.validation_losses
    middle = losses[training.validation_steps >= training.total_steps / 2][0]
    fallen = float((middle - losses[-1]) / middle)
    gap = float(losses[-1]) - end_means(training.losses)[1]
    if training.total_steps < FEWEST_STEPS or fallen > PLATEAU or gap > GAP:
        return None
    return Finding(
        code="rank_too_low",
        title="The validation loss stopped falling at a low rank",
        severity="weakness",
        evidence=f"At rank {training.rank} the validation loss changed by {-fallen:+.1%} in the second half of the "
        f"run, to {losses[-1]:.2f} nats per token. Validation loss minus training loss is {gap:+.2f}.",
        numbers={"rank": training.rank, "fallen_in_second_half": fallen, "gap": gap},
    )


def _rise(context: Context) -> float | None:
    """Return how much the validation loss rose after its minimum, as a share; None unless it rose in the last third."""
    training = context.training
    if training is None or len(training.validation_losses) < FEWEST_VALIDATIONS:
        return None
    losses, steps = training.validation_losses, training.validation_steps
    best, last_third = int(losses.argmin()), steps >= 2 / 3 * training.total_steps
    rise = float(losses[-1] / losses[best] - 1)
    late = losses[last_third]
    if rise < OVERFIT_RISE or steps[best] > 2 / 3 * training.total_steps or late[-1] <= losses[best]:
        return None
    return rise if late[-1] >= late[0] else None
