"""Faults and limits of training. Of several, only the first is a cause; the others would be its symptoms."""

import numpy as np

from sumtune.config import TrainConfig
from sumtune.diagnose.context import Context, Training
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.loss_curves import drop, end_means, rise

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
    """No label token, or no gradient: the adapter cannot have changed."""
    training = context.training
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


def loss_on_prompt(context: Context) -> Finding | None:
    """The loss looks at the dialogue, not only at the summary."""
    training, data = context.training, context.data
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


def learning_rate_too_high(context: Context) -> Finding | None:
    """The loss is not a number, or rises."""
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


def warmup_too_long(context: Context) -> Finding | None:
    """The learning rate arrives late or never; or a warm-up was asked for that the run is too short for."""
    training = context.training
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


def learning_rate_too_low(context: Context) -> Finding | None:
    """The loss hardly moves at a low learning rate."""
    training = context.training
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


def adapter_not_used(context: Context) -> Finding | None:
    """Tuned and base model write the same although training changed the loss."""
    if context.outputs is None or context.base is None:
        return None
    pairs = list(zip(context.outputs.predictions, context.base.predictions, strict=True))
    same = sum(tuned == base for tuned, base in pairs) / len(pairs)
    fallen = drop(context.training) if context.training else None
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


def too_few_steps(context: Context) -> Finding | None:
    """So few optimizer steps that no learning rate could do much."""
    training = context.training
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


def _epochs(training: Training) -> str:
    count = int(training.settings["train"]["epochs"])
    return f"{count} epoch{'' if count == 1 else 's'}"
