"""Remedies for faults and weaknesses of training: the same run with better settings."""

from typing import Any

from sumtune.diagnose.context import Context, Training
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedy import Remedy, rounded

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

ENOUGH_STEPS = 100
"""Number of optimizer steps to aim for."""
MOST_EPOCHS = 10
ELSEWHERE = {
    "train.learning_rate": "learning_rate", "train.warmup_steps": "warmup_steps", "train.epochs": "num_train_epochs",
    "train.effective_batch_size": "per_device_train_batch_size * gradient_accumulation_steps", "lora.rank": "r",
    "lora.alpha": "lora_alpha", "lora.dropout": "lora_dropout",
}  # fmt: skip
"""Names of settings in transformers' `TrainingArguments` and in peft's `LoraConfig`."""
ALL_LINEAR = ["all-linear"]


def nothing_learned(_finding: Finding, context: Context) -> Remedy:
    """Provide summaries with tokens, or put the adapter on every linear layer."""
    commands, training = context.commands, _training(context)
    if commands.training_log is not None:
        text = "make the adapter's weights trainable: check target_modules, and with gradient checkpointing call "
        text += "enable_input_require_grads(); then train and diagnose again"
        return Remedy(text, (commands.diagnose_files(),))
    if training.label_tokens is not None and training.label_tokens.mean() <= 1:
        text = "make sure that the summaries have tokens, then train again"
        return Remedy(text, (commands.check(), commands.run(commands.changed_data)))
    if commands.config is not None and list(commands.config.lora.target_modules or ()) != ALL_LINEAR:
        return Remedy("put the adapter on every linear layer", (commands.run({"lora.target_modules": ALL_LINEAR}),))
    return Remedy("train in a new folder", (commands.run_in(commands.new_folder("again")),))


def loss_on_prompt(_finding: Finding, context: Context) -> Remedy:
    """Exclude the prompt from the loss."""
    commands = context.commands
    text = "mask the prompt (label -100); sumtune does so, so train in a new folder"
    return Remedy(text, (commands.run_in(commands.new_folder("again")),))


def learning_rate_too_high(_finding: Finding, context: Context) -> Remedy:
    """Use a fifth of the learning rate."""
    return _again(context, "lower the learning rate", {"train.learning_rate": rounded(_training(context).rate / 5)})


def warmup_too_long(_finding: Finding, context: Context) -> Remedy:
    """Warm up for a tenth of the run, with enough epochs."""
    training = _training(context)
    total, epochs = training.total_steps, training.epochs or 1
    longer = max(2, -(-ENOUGH_STEPS * epochs // total))
    changes = {"train.warmup_steps": total // 10, "train.epochs": longer}
    return _again(context, "warm up for a tenth of the run, and train longer", changes)


def learning_rate_too_low(_finding: Finding, context: Context) -> Remedy:
    """Use ten times the learning rate, at least a usual one for LoRA."""
    rate = max(3e-4, rounded(10 * _training(context).rate))
    return _again(context, "raise the learning rate", {"train.learning_rate": rate})


def adapter_not_used(_finding: Finding, context: Context) -> Remedy:
    """Rebuild the engines of the adapter."""
    return Remedy("rebuild the adapter's engines and score again", (context.commands.score_again(),))


def too_few_steps(_finding: Finding, context: Context) -> Remedy:
    """Use smaller batches or more epochs."""
    training = _training(context)
    batch, epochs, examples = training.batch, training.epochs or 1, training.examples
    if batch is None or examples is None:
        more = -(-ENOUGH_STEPS * epochs // max(1, training.total_steps))
        return _again(context, "use smaller batches or more epochs", {"train.epochs": more})
    smaller = max(1, min(batch, examples * epochs // ENOUGH_STEPS))
    needed = -(-ENOUGH_STEPS * smaller // max(1, examples))
    wanted = max(epochs, min(MOST_EPOCHS, needed))
    if (smaller, wanted) == (batch, epochs):
        wanted = needed
    changes = {"train.effective_batch_size": smaller, "train.epochs": wanted}
    return _again(context, "use smaller batches or more epochs", changes)


def rank_too_high(_finding: Finding, context: Context) -> Remedy:
    """Use a quarter of the rank at the same scale."""
    training = _training(context)
    alpha = float(training.settings["lora"]["alpha"]) / 4
    return _again(context, "lower the rank", {"lora.rank": (training.rank or 4) // 4, "lora.alpha": alpha})


def overfitting(finding: Finding, context: Context) -> Remedy:
    """Train until the epoch of the best step; if that does not shorten the run, halve the learning rate."""
    training = _training(context)
    epochs = training.epochs or 1
    shorter = max(1, round(epochs * finding.numbers["best_step"] / training.total_steps))
    changes: dict[str, Any] = {"train.epochs": shorter, "lora.dropout": 0.2}
    if shorter == epochs:
        changes = {"train.learning_rate": rounded(training.rate / 2), "lora.dropout": 0.2}
    return _again(context, "end near the best optimizer step and use more dropout", changes)


def underfitting(_finding: Finding, context: Context) -> Remedy:
    """Use twice the epochs."""
    return _again(context, "train longer", {"train.epochs": 2 * (_training(context).epochs or 1)})


def rank_too_low(_finding: Finding, context: Context) -> Remedy:
    """Use four times the rank."""
    rank = 4 * (_training(context).rank or 1)
    return _again(context, "try a higher rank", {"lora.rank": rank, "lora.alpha": 2.0 * rank})


def _again(context: Context, text: str, changes: dict[str, Any]) -> Remedy:
    """Return the remedy that repeats the run with `changes`; the log of another tool is diagnosed again."""
    if context.commands.training_log is not None:
        settings = ", ".join(f"{ELSEWHERE[key]}={value}" for key, value in changes.items())
        return Remedy(f"{text}: {settings}; then train and diagnose again", (context.commands.diagnose_files(),))
    return Remedy(text, (context.commands.run(changes),))


def _training(context: Context) -> Training:
    assert context.training is not None, "these findings come from rules that need training"
    return context.training
