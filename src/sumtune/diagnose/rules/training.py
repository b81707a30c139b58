"""Faults and limits of training. Of several, only the first is a cause; the others would be its symptoms."""

import numpy as np

from sumtune.config import TrainConfig
from sumtune.diagnose.curves import drop, ends_of, rise
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.subject import Subject, Training

__all__ = [
    "adapter_not_used",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "loss_on_prompt",
    "nothing_learned",
    "overfitting",
    "rank_too_high",
    "rank_too_low",
    "too_few_steps",
    "underfitting",
    "warmup_too_long",
]

NO_GRADIENT = 1e-12
NO_GRADIENT_SHARE = 0.95
PROMPT_RATIO = 2.0
PROMPT_SHARE = 0.4
DIVERGED = 1.25
FEWEST_FOR_DIVERGED = 25
DIVERGED_VALIDATION = 1.05
WARMUP_SHARE = 0.5
RATE_REACHED = 0.95
FLAT = 0.02
FEWEST_FOR_FLAT = 10
LOW_RATE = 1e-4
LEARNED = 0.05
SAME_SHARE = 0.95
FEWEST_STEPS = 50
FEWEST_VALIDATIONS = 4
OVERFIT_RISE = 0.2
STILL_FALLING = 0.01
HIGH_RANK = 32
PARAMETERS_A_LABEL = 100
LOW_RANK = 4
PLATEAU = 0.01
GAP = 0.1


def nothing_learned(subject: Subject) -> Finding | None:
    """No label token, or no gradient: the adapter cannot have changed."""
    training = subject.training
    if training is None or len(training.norms) == 0:
        return None
    still = float(np.mean(training.norms < NO_GRADIENT))
    labels = None if training.label_tokens is None else float(training.label_tokens.mean())
    no_labels = labels is not None and labels <= 1
    if still < NO_GRADIENT_SHARE and not no_labels:
        return None
    why = f"an example has {labels:.1f} label tokens, its end mark included" if no_labels else (
        f"the gradient norm of {still:.0%} of the optimizer steps is 0"
    )  # fmt: skip
    return Finding(
        code="nothing_learned",
        title="Training had nothing to learn from",
        severity="fault",
        evidence=f"In {len(training.norms)} optimizer steps nothing could change: {why}.",
        numbers={"share_without_gradient": still, "steps": len(training.norms)},
    )


def loss_on_prompt(subject: Subject) -> Finding | None:
    """The loss looks at the dialogue, not only at the summary."""
    training, data = subject.training, subject.data
    if training is None or data is None or training.label_tokens is None or training.source_tokens is None:
        return None
    examples = data.splits["train"]
    whole = np.ones(len(examples), dtype=bool)
    if data.max_source_tokens is not None:  # of dialogues that lost their end, tokens and text say different things
        whole = training.source_tokens < data.max_source_tokens
    if len(training.source_tokens) != len(examples) or not whole.any():
        return None
    labels, sources = training.label_tokens[whole].sum(), training.source_tokens[whole].sum()
    texts = [example for example, is_whole in zip(examples, whole, strict=True) if is_whole]
    written = sum(len(example.summary) for example in texts)
    read = sum(len(example.dialogue) for example in texts)
    share, expected = float(labels / (labels + sources)), written / max(1, written + read)
    if share < PROMPT_SHARE or share < PROMPT_RATIO * expected:
        return None
    return Finding(
        code="loss_on_prompt",
        title="The loss is taken on the prompt, not on the summary alone",
        severity="fault",
        evidence=f"{share:.0%} of all tokens are labels, but summaries are only {expected:.0%} of the text: most of "
        "the gradient teaches the model to write dialogues.",
        numbers={"label_share": share, "summary_share": expected},
    )


def learning_rate_too_high(subject: Subject) -> Finding | None:
    """The loss is not a number, or rises."""
    training = subject.training
    if training is None or len(training.losses) == 0:
        return None
    broken = int((~np.isfinite(training.losses)).sum() + (~np.isfinite(training.norms)).sum())
    finite = training.losses[np.isfinite(training.losses)]
    first, last = ends_of(finite) if len(finite) else (float("nan"), float("nan"))
    checked = training.validation_losses
    risen = len(checked) >= 2 and checked[-1] > DIVERGED_VALIDATION * checked[0]
    rising = len(finite) >= FEWEST_FOR_DIVERGED and last > DIVERGED * first
    if not broken and not rising and not (risen and last > first):
        return None
    sure = broken > 0 or rise(finite).low > 0
    how = f"{broken} losses or gradients are not numbers" if broken else (
        f"the training loss rose from {first:.2f} to {last:.2f} nats a token (means of the first and last fifth)"
    )  # fmt: skip
    return Finding(
        code="learning_rate_too_high",
        title="Training diverged" if sure else "The loss rose; the steps are too few to tell whether training diverged",
        severity="fault" if sure else "limit",
        sure=sure,
        evidence=f"At a learning rate of {training.rate:g}, {how}.",
        numbers={"learning_rate": training.rate, "not_finite": broken, "first_loss": first, "last_loss": last},
    )


def warmup_too_long(subject: Subject) -> Finding | None:
    """The learning rate arrives late or never; or a warm-up was asked for that the run is too short for."""
    training = subject.training
    if training is None or len(training.rates) == 0:
        return None
    asked, used, total = int(training.settings["train"]["warmup_steps"]), training.warmup_steps, training.total_steps
    reached = float(training.rates.max()) / training.rate
    never = training.ended and training.steps[0] == 1 and reached < RATE_REACHED
    late = used >= WARMUP_SHARE * total
    # The default is meant to be cut to a tenth of a short run; only another number was asked for.
    asked_for = asked != TrainConfig.model_fields["warmup_steps"].default and asked >= WARMUP_SHARE * total
    if not (never or late or asked_for):
        return None
    effect = (
        f"the highest learning rate that was reached is {reached:.0%} of the one that was set"
        if never or late
        else f"it was cut to {used}, else the learning rate would only have arrived with step {asked}"
    )
    return Finding(
        code="warmup_too_long",
        title="The warm-up is too long for this run",
        severity="fault" if never or late else "limit",
        evidence=f"{training.examples} examples and {_epochs(training)} are {total} "
        f"optimizer steps; {asked} of warm-up were asked for, {used} used: {effect}.",
        numbers={"warmup_asked": asked, "warmup_used": used, "total_steps": total, "rate_reached": reached},
    )


def learning_rate_too_low(subject: Subject) -> Finding | None:
    """The loss hardly moves at a low learning rate."""
    training = subject.training
    if training is None or len(training.losses) < FEWEST_FOR_FLAT or training.rate >= LOW_RATE:
        return None
    fallen = drop(training)
    if fallen is None or fallen.value >= FLAT:
        return None
    sure = fallen.high < LEARNED
    within = f" ± {2 * fallen.error:.1%}" if fallen.error else ""
    return Finding(
        code="learning_rate_too_low",
        title="The loss is flat at a low learning rate" if sure else "Too few steps to tell whether the loss is flat",
        severity="fault" if sure else "limit",
        evidence=f"In {len(training.losses)} optimizer steps at {training.rate:g} the loss changed by "
        f"{-fallen.value:+.1%}{within}.",
        sure=sure,
        numbers={"learning_rate": training.rate, "loss_drop": fallen.value, "steps": len(training.losses)},
    )


def adapter_not_used(subject: Subject) -> Finding | None:
    """Tuned and base model write the same although training changed the loss."""
    if subject.outputs is None or subject.base is None:
        return None
    pairs = list(zip(subject.outputs.predictions, subject.base.predictions, strict=True))
    same = sum(tuned == base for tuned, base in pairs) / len(pairs)
    fallen = drop(subject.training) if subject.training else None
    if same < SAME_SHARE or (fallen is not None and fallen.low < LEARNED) or len(set(pairs)) == 1:
        return None
    learned = f", although training took {fallen.value:.0%} off the loss" if fallen is not None else ""
    return Finding(
        code="adapter_not_used",
        title="The tuned model writes what the base model writes",
        severity="fault",
        evidence=f"{same:.0%} of the summaries of the tuned model are those of the base model, letter by "
        f"letter{learned}: as if the adapter had not been loaded or merged.",
        numbers={"share_same": same},
    )


def too_few_steps(subject: Subject) -> Finding | None:
    """So few optimizer steps that no learning rate could do much."""
    training = subject.training
    if training is None or training.total_steps >= FEWEST_STEPS:
        return None
    batch = int(training.settings["train"]["effective_batch_size"])
    return Finding(
        code="too_few_steps",
        title="The run has few optimizer steps",
        severity="limit",
        evidence=f"{training.examples} examples in batches of {batch} for {_epochs(training)} are "
        f"{training.total_steps} optimizer steps, fewer than {FEWEST_STEPS}.",
        numbers={"total_steps": training.total_steps, "effective_batch_size": batch},
    )


def rank_too_high(subject: Subject) -> Finding | None:
    """Overfitting by an adapter with far more numbers than there are label tokens."""
    training, rise = subject.training, _rise(subject)
    if training is None or rise is None or training.parameters is None or training.label_tokens is None:
        return None
    ratio = training.parameters / max(1.0, float(training.label_tokens.sum()))
    if training.rank < HIGH_RANK or ratio < PARAMETERS_A_LABEL:
        return None
    return Finding(
        code="rank_too_high",
        title="The adapter is large for this much data, and the validation loss rises",
        severity="limit",
        evidence=f"The adapter of rank {training.rank} has {ratio:.0f} numbers for each label token, and the "
        f"validation loss rose by {rise:.1%} after its best.",
        numbers={"rank": training.rank, "parameters_a_label_token": ratio, "rise": rise},
    )


def overfitting(subject: Subject) -> Finding | None:
    """The validation loss rises for the last third of the run, and its best is far from the end."""
    training, rise = subject.training, _rise(subject)
    if training is None or rise is None:
        return None
    best = int(training.validation_steps[training.validation_losses.argmin()])
    return Finding(
        code="overfitting",
        title="The validation loss rises while training goes on",
        severity="limit",
        evidence=f"The validation loss was lowest ({training.validation_losses.min():.3f}) at optimizer step {best} of "
        f"{training.total_steps} and rose by {rise:.1%} since. The adapter of the "
        f"{training.settings['train']['result']} step is the one that was kept.",
        numbers={"best_step": best, "total_steps": training.total_steps, "rise": rise},
    )


def underfitting(subject: Subject) -> Finding | None:
    """The validation loss still falls at the end."""
    training = subject.training
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
        severity="limit",
        evidence=f"In the last quarter of the run the validation loss fell by {fallen:.1%}, to {losses[-1]:.3f}; the "
        "last adapter is the best.",
        numbers={"fallen_in_last_quarter": fallen, "last_loss": float(losses[-1])},
    )


def rank_too_low(subject: Subject) -> Finding | None:
    """A small adapter that has long learned all it can, on training and validation data alike."""
    training = subject.training
    if training is None or training.rank > LOW_RANK or len(training.validation_losses) < FEWEST_VALIDATIONS:
        return None
    losses = training.validation_losses
    middle = losses[training.validation_steps >= training.total_steps / 2][0]
    fallen = float((middle - losses[-1]) / middle)
    gap = float(losses[-1]) - ends_of(training.losses)[1]
    if training.total_steps < FEWEST_STEPS or fallen > PLATEAU or gap > GAP:
        return None
    return Finding(
        code="rank_too_low",
        title="The loss has stopped falling at a low rank",
        severity="limit",
        evidence=f"At rank {training.rank} the validation loss has stood at {losses[-1]:.2f} since the middle of the "
        f"run (it fell by {fallen:.1%}), only {gap:+.2f} from the training loss: both have stopped.",
        numbers={"rank": training.rank, "fallen_in_second_half": fallen, "gap": gap},
    )


def _epochs(training: Training) -> str:
    count = int(training.settings["train"]["epochs"])
    return f"{count} epoch{'' if count == 1 else 's'}"


def _rise(subject: Subject) -> float | None:
    """By what part the validation loss rose after its best, where it did so for the last third of the run."""
    training = subject.training
    if training is None or len(training.validation_losses) < FEWEST_VALIDATIONS:
        return None
    losses, steps = training.validation_losses, training.validation_steps
    best, last_third = int(losses.argmin()), steps >= 2 / 3 * training.total_steps
    rise = float(losses[-1] / losses[best] - 1)
    late = losses[last_third]
    if rise < OVERFIT_RISE or steps[best] > 2 / 3 * training.total_steps or late[-1] <= losses[best]:
        return None
    return rise if late[-1] >= late[0] else None
