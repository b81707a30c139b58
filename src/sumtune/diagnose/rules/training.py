"""Faults and weaknesses of training, causes before symptoms."""

import numpy as np

from sumtune.config import TrainConfig
from sumtune.diagnose.context import Context, Training
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.loss_curves import drop, end_means, rise, training_drop
from sumtune.plurals import counted

__all__ = [
    "FEWEST_STEPS",
    "adapter_not_used",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "loss_on_prompt",
    "nothing_learned",
    "too_few_steps",
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


def nothing_learned(context: Context) -> Finding | None:
    """An adapter that hardly changed, because there were no label tokens or no gradient."""
    training = context.training
    if training is None or len(training.norms) == 0:
        return None
    still = float(np.mean(training.norms < NO_GRADIENT))
    labels = None if training.label_tokens is None else float(training.label_tokens.mean())
    no_labels = labels is not None and labels <= 1
    if still < NO_GRADIENT_SHARE and not no_labels:
        return None
    if no_labels:
        title = "The training summaries have no tokens to learn"
        evidence = f"An example has {labels:.1f} label tokens on average, its end token included."
    else:
        title = f"Training had {'no' if still == 1 else 'almost no'} gradient"
        evidence = (
            f"The gradient norm is below {NO_GRADIENT:g} in {still:.0%} of the {len(training.norms)} optimizer steps."
        )
    return Finding(
        code="nothing_learned",
        title=title,
        severity="fault",
        evidence=evidence,
        numbers={"share_without_gradient": still, "steps": len(training.norms)},
    )


def loss_on_prompt(context: Context) -> Finding | None:
    """The loss covers the dialogue, not only the summary."""
    training, data = context.training, context.data
    if training is None or data is None or training.label_tokens is None or training.source_tokens is None:
        return None
    examples = data.splits["train"]
    whole = np.ones(len(examples), dtype=bool)
    if data.max_source_tokens is not None:  # the tokens and the text of truncated dialogues cannot be compared
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
        title="The loss covers the prompt, not only the summary",
        severity="fault",
        evidence=f"{share:.0%} of all tokens are labels, but summaries are only {expected:.0%} of the text, so the "
        "model also learns to write dialogues.",
        numbers={"label_share": share, "summary_share": expected},
    )


def learning_rate_too_high(context: Context) -> Finding | None:
    """A loss that is not finite or that rises."""
    training = context.training
    if training is None or len(training.losses) == 0:
        return None
    broken = int((~np.isfinite(training.losses)).sum() + (~np.isfinite(training.norms)).sum())
    finite = training.losses[np.isfinite(training.losses)]
    first, last = end_means(finite) if len(finite) else (float("nan"), float("nan"))
    checked = training.validation_losses
    risen = len(checked) >= 2 and checked[-1] > DIVERGED_VALIDATION * checked[0]
    rising = len(finite) >= FEWEST_FOR_DIVERGED and last > DIVERGED * first
    if not broken and not rising and not (risen and last > first):
        return None
    sure = broken > 0 or rise(finite).low > 0
    how = f"{broken} losses or gradient norms are not finite" if broken else (
        f"the training loss rose from {first:.2f} to {last:.2f} nats per token (means of the first and last fifth)"
    )  # fmt: skip
    return Finding(
        code="learning_rate_too_high",
        title="Training diverged" if sure else "The loss rose, but too few steps to tell whether training diverged",
        severity="fault" if sure else "weakness",
        sure=sure,
        evidence=f"At a learning rate of {training.rate:g}, {how}.",
        numbers={"learning_rate": training.rate, "not_finite": broken, "first_loss": first, "last_loss": last},
    )


def warmup_too_long(context: Context) -> Finding | None:
    """A learning rate that is reached late or never, or a run that is too short for the requested warm-up."""
    training = context.training
    if training is None:
        return None
    requested, used, total = training.requested_warmup, training.warmup_steps, training.total_steps
    logged = len(training.rates) > 0
    is_known = logged and training.rate > 0
    reached = float(training.rates.max()) / training.rate if is_known else min(1.0, total / max(1, used))
    whole = training.ended and len(training.steps) > 0 and training.steps[0] == 1
    never = whole and logged and reached < RATE_REACHED
    late = used > 0 and used >= WARMUP_SHARE * total
    # The default is meant to be cut to a tenth of a short run; only a different value counts as a request.
    is_default = requested == TrainConfig.model_fields["warmup_steps"].default
    if not (never or late or ((requested or 0) >= WARMUP_SHARE * total and not is_default)):
        return None
    return Finding(
        code="warmup_too_long",
        title=f"The {'' if never or late else 'requested '}warm-up is too long for this run",
        severity="fault" if never or late else "weakness",
        evidence=f"{_size(training)} {_warmup(training, reached if logged else None, never or late)}",
        numbers={"warmup_used": used, "total_steps": total, "rate_reached": reached}
        | ({} if requested is None else {"warmup_asked": requested}),
    )


def _warmup(training: Training, reached: float | None, is_fault: bool) -> str:
    """Return the evidence about the warm-up; `reached` is the highest logged rate as a share of the setting."""
    requested, used = training.requested_warmup, training.warmup_steps
    if requested is None:
        return f"The logged learning rate rises in a straight line until step {used}, where it is {training.rate:g}."
    sentence = f"The settings request {requested} steps of warm-up"
    if not is_fault:
        return f"{sentence}; sumtune cut it to {used}, because it would have ended at step {requested}."
    highest = "" if reached is None else f" The highest learning rate reached is {reached:.0%} of the setting."
    return f"{sentence}, and the run used {used}.{highest}"


def learning_rate_too_low(context: Context) -> Finding | None:
    """A loss that hardly changes at a low learning rate."""
    training = context.training
    if training is None or len(training.losses) < FEWEST_FOR_FLAT or not training.rate < LOW_RATE:
        return None
    fallen = drop(training)
    of_training = training_drop(training)
    if fallen is None or fallen.value >= FLAT or (of_training is not None and of_training.low >= LEARNED):
        return None
    sure = fallen.high < LEARNED
    # Only the training loss has an error; of the validation losses, the lowest counts.
    how = (
        f"the training loss changed by {-fallen.value:+.1%} ± {2 * fallen.error:.1%}"
        if fallen.error
        else f"the validation loss fell by at most {fallen.value:.1%}"
    )
    return Finding(
        code="learning_rate_too_low",
        title="The loss is flat at a low learning rate" if sure else "Too few steps to tell whether the loss is flat",
        severity="fault" if sure else "weakness",
        evidence=f"In {int(training.steps[-1])} optimizer steps at a learning rate of {training.rate:g}, {how}.",
        sure=sure,
        numbers={"learning_rate": training.rate, "loss_drop": fallen.value, "steps": len(training.losses)},
    )


def adapter_not_used(context: Context) -> Finding | None:
    """The tuned and the base model write the same text although the training loss fell."""
    if context.outputs is None or context.base is None:
        return None
    pairs = list(zip(context.outputs.predictions, context.base.predictions, strict=True))
    same = sum(tuned == base for tuned, base in pairs) / len(pairs)
    fallen = drop(context.training) if context.training else None
    if same < SAME_SHARE or (fallen is not None and fallen.low < LEARNED) or len(set(pairs)) == 1:
        return None
    learned = f", although training lowered the loss by {fallen.value:.0%}" if fallen is not None else ""
    return Finding(
        code="adapter_not_used",
        title=f"The tuned model writes {'the same' if same == 1 else 'almost the same'} as the base model",
        severity="fault",
        evidence=f"{same:.0%} of the tuned model's summaries are identical to those of the base model{learned}.",
        numbers={"share_same": same},
    )


def too_few_steps(context: Context) -> Finding | None:
    """Very few optimizer steps."""
    training = context.training
    if training is None or training.total_steps >= FEWEST_STEPS:
        return None
    return Finding(
        code="too_few_steps",
        title="The run has few optimizer steps",
        severity="weakness",
        evidence=f"{_size(training).removesuffix('.')}, fewer than {FEWEST_STEPS}.",
        numbers={"total_steps": training.total_steps}
        | ({} if training.batch is None else {"effective_batch_size": training.batch}),
    )


def _size(training: Training) -> str:
    """Return how many optimizer steps the run has, and the known numbers that determine this."""
    count = training.epochs
    epochs = "" if count is None else counted(count, "epoch")
    batches = "" if training.batch is None else f" in batches of {training.batch}"
    steps = counted(training.total_steps, "optimizer step")
    if training.examples is None or not epochs:
        return f"The run has {steps}."
    return f"{counted(training.examples, 'example')}{batches} for {epochs}: {steps}."
