"""Remedies for faults and limits of the data: the user fixes them and runs again."""

from typing import Any

import numpy as np

from sumtune.diagnose.command_lines import FILE
from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedies.micro_batches import longer_micro_batches
from sumtune.diagnose.remedy import Remedy
from sumtune.diagnose.rules.data import FEW_EXAMPLES, TRUNCATED_SHARE, estimated_tokens

__all__ = [
    "dialogues_truncated",
    "duplicates",
    "label_noise",
    "leak",
    "score_above_expected",
    "score_below_expected",
    "splits_differ",
    "summaries_misplaced",
    "too_few_examples",
]


def leak(_finding: Finding, context: Context) -> Remedy:
    """Keep each dialogue in one split."""
    text = "remove the rows that `check` reports as leaks, or pass one file, which keeps equal dialogues in one split"
    return _fix_data_and_train_again(context, text, check_first=True)


def score_above_expected(_finding: Finding, context: Context) -> Remedy:
    """Look for scored dialogues that the model has seen."""
    text = "make sure that no scored dialogue, or a copy with small changes, is in the training data"
    return _fix_data_and_train_again(context, text, check_first=True)


def score_below_expected(_finding: Finding, context: Context) -> Remedy:
    """Look at the data."""
    text = "read the examples with the lowest scores, and fix what `check` reports"
    return _fix_data_and_train_again(context, text, check_first=True)


def summaries_misplaced(_finding: Finding, context: Context) -> Remedy:
    """Pair each summary with its own dialogue."""
    return _fix_data_and_train_again(context, "write dialogue and summary from the same record")


def label_noise(_finding: Finding, context: Context) -> Remedy:
    """Keep only summaries that match."""
    return _fix_data_and_train_again(context, "fix or remove these rows")


def duplicates(_finding: Finding, context: Context) -> Remedy:
    """Keep each example once."""
    return _fix_data_and_train_again(context, "remove the rows that `check` reports as duplicates", check_first=True)


def too_few_examples(_finding: Finding, context: Context) -> Remedy:
    """Collect more examples."""
    return _fix_data_and_train_again(context, f"collect {FEW_EXAMPLES} or more conversations")


def splits_differ(_finding: Finding, context: Context) -> Remedy:
    """Let sumtune split the data."""
    text = "put all conversations into one file, which sumtune splits at random"
    return Remedy(text, (context.commands.run({"data.path": FILE}),))


def dialogues_truncated(_finding: Finding, context: Context) -> Remedy:
    """Raise the limit until only a few dialogues exceed it."""
    data, config = context.data, context.commands.config
    assert data is not None
    assert data.max_source_tokens is not None
    if data.limited_by_model:
        return Remedy("read longer dialogues in parts: the model has no more positions",
                      (context.commands.run({"model.long": "parts"}),))  # fmt: skip
    lengths = estimated_tokens(data)
    limit = data.max_source_tokens
    while np.mean(lengths > limit) >= TRUNCATED_SHARE:
        limit *= 2
    changes: dict[str, Any] = {"model.max_source_tokens": limit}
    if config is not None:
        changes |= longer_micro_batches(config, limit, config.model.max_target_tokens)
    return Remedy("read longer dialogues, which takes more time and memory", (context.commands.run(changes),))


def _fix_data_and_train_again(context: Context, text: str, *, check_first: bool = False) -> Remedy:
    """Return a remedy in which the user fixes the data and then trains again."""
    commands = context.commands
    if commands.training_log is not None:
        return Remedy(f"{text}; then train and diagnose again", (commands.diagnose_files(),))
    checks = (commands.check(),) if check_first else ()
    return Remedy(f"{text}; then train again", (*checks, commands.run(commands.changed_data)))
