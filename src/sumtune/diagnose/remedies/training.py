"""Remedies of faults and limits of training: the run again, with the settings that mend it."""

from typing import Any

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedy import Remedy, rounded
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

ENOUGH_STEPS = 100
"""Optimizer steps that a run with too few gets."""
MOST_EPOCHS = 10
ALL_LINEAR = ["all-linear"]


def nothing_learned(_finding: Finding, subject: Subject) -> Remedy:
    """Give the run something to learn: summaries with tokens, or an adapter on every linear layer."""
    origin, training = subject.origin, _training(subject)
    if training.label_tokens is not None and training.label_tokens.mean() <= 1:
        text = "see that summaries have tokens, then train on them"
        return Remedy(text, (origin.check(), origin.run(origin.on_mended_data)))
    if origin.config is not None and list(origin.config.lora.target_modules or ()) != ALL_LINEAR:
        return Remedy("put the adapter on every linear layer", (origin.run({"lora.target_modules": ALL_LINEAR}),))
    return Remedy("train in a new folder", (origin.run_in(origin.beside("again")),))


def loss_on_prompt(_finding: Finding, subject: Subject) -> Remedy:
    """Mask the prompt."""
    origin = subject.origin
    text = "mask the prompt (label -100); sumtune does, so train in a new folder"
    return Remedy(text, (origin.run_in(origin.beside("again")),))


def learning_rate_too_high(_finding: Finding, subject: Subject) -> Remedy:
    """A fifth of the learning rate."""
    return _again(subject, "lower the learning rate", {"train.learning_rate": rounded(_training(subject).rate / 5)})


def warmup_too_long(_finding: Finding, subject: Subject) -> Remedy:
    """A warm-up of a tenth, and enough epochs for it to matter."""
    training = _training(subject)
    total, epochs = training.total_steps, int(training.settings["train"]["epochs"])
    longer = max(2, -(-ENOUGH_STEPS * epochs // total))
    changes = {"train.warmup_steps": total // 10, "train.epochs": longer}
    return _again(subject, "warm up for a tenth of the run, and train longer", changes)


def learning_rate_too_low(_finding: Finding, subject: Subject) -> Remedy:
    """Ten times the learning rate, at least what LoRA is usually trained with."""
    rate = max(3e-4, rounded(10 * _training(subject).rate))
    return _again(subject, "raise the learning rate", {"train.learning_rate": rate})


def adapter_not_used(_finding: Finding, subject: Subject) -> Remedy:
    """Make the engines of the adapter anew."""
    return Remedy("make the adapter's engines anew, and score again", (subject.origin.score_again(),))


def too_few_steps(_finding: Finding, subject: Subject) -> Remedy:
    """Smaller batches, more epochs."""
    training = _training(subject)
    batch, epochs = (int(training.settings["train"][name]) for name in ("effective_batch_size", "epochs"))
    smaller = max(1, min(batch, training.examples * epochs // ENOUGH_STEPS))
    needed = -(-ENOUGH_STEPS * smaller // max(1, training.examples))
    wanted = max(epochs, min(MOST_EPOCHS, needed))
    if (smaller, wanted) == (batch, epochs):
        wanted = needed
    changes = {"train.effective_batch_size": smaller, "train.epochs": wanted}
    return _again(subject, "take smaller batches or more epochs", changes)


def rank_too_high(_finding: Finding, subject: Subject) -> Remedy:
    """A quarter of the rank, with the same scale."""
    training = _training(subject)
    alpha = float(training.settings["lora"]["alpha"]) / 4
    return _again(subject, "lower the rank", {"lora.rank": training.rank // 4, "lora.alpha": alpha})


def overfitting(finding: Finding, subject: Subject) -> Remedy:
    """Epochs up to the best step; where that is the first epoch already, half the learning rate."""
    training = _training(subject)
    settings = training.settings["train"]
    shorter = max(1, round(settings["epochs"] * finding.numbers["best_step"] / training.total_steps))
    changes: dict[str, Any] = {"train.epochs": shorter, "lora.dropout": 0.2}
    if shorter == settings["epochs"]:
        changes = {"train.learning_rate": rounded(training.rate / 2), "lora.dropout": 0.2}
    return _again(subject, "end near the best optimizer step, with more dropout", changes)


def underfitting(_finding: Finding, subject: Subject) -> Remedy:
    """Twice the epochs."""
    return _again(subject, "train longer", {"train.epochs": 2 * int(_training(subject).settings["train"]["epochs"])})


def rank_too_low(_finding: Finding, subject: Subject) -> Remedy:
    """Four times the rank."""
    rank = 4 * _training(subject).rank
    return _again(subject, "try a higher rank", {"lora.rank": rank, "lora.alpha": 2.0 * rank})


def _again(subject: Subject, text: str, changes: dict[str, Any]) -> Remedy:
    return Remedy(text, (subject.origin.run(changes),))


def _training(subject: Subject) -> Training:
    assert subject.training is not None, "only rules that look at training find these"
    return subject.training
