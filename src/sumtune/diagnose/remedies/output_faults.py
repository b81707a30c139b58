"""Remedies for output faults, mostly in the tool that generated the outputs."""

from typing import Any

from sumtune.config import ModelConfig
from sumtune.diagnose.command_lines import MODEL, NAME
from sumtune.diagnose.context import Context, Training
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedies.micro_batches import longer_micro_batches
from sumtune.diagnose.remedy import Remedy, rounded

__all__ = [
    "columns_swapped",
    "cut_short",
    "dialogues_damaged",
    "empty_predictions",
    "letters_dropped",
    "misplaced_rows",
    "never_stops",
    "one_summary_for_all",
    "predictions_are_dialogues",
    "predictions_are_references",
    "references_damaged",
    "score_unexplained",
    "two_groups",
    "wrong_language",
]


def letters_dropped(_finding: Finding, context: Context) -> Remedy:
    """Count the words of the language."""
    commands = context.commands
    if commands.predictions is not None:
        return Remedy("report the scores above, or chrF by sacrebleu, instead of those of rouge-score", ())
    text = "score by the words of the language"
    return Remedy(text, (commands.evaluate("--set", "evaluate.rouge_tokens=unicode"),))


def misplaced_rows(finding: Finding, context: Context) -> Remedy:
    """Keep the texts of a row together."""
    if "rouge1_mended" not in finding.numbers:
        return fix_and_score_again(context, "give predictions, references and dialogues of the same split")
    text = (
        "write each text beside the row that it was made for: keep the row number through sorting and batching, and "
        "never skip a row in only one column"
    )
    return fix_and_score_again(context, text)


def columns_swapped(finding: Finding, context: Context) -> Remedy:
    """Assign the correct column names."""
    commands = context.commands
    if commands.predictions is None:
        if commands.columns and finding.columns == ("dialogue", "reference"):
            swapped = {"data.dialogue_column": commands.columns["summary"],
                       "data.summary_column": commands.columns["dialogue"]}  # fmt: skip
            return Remedy("give the columns of the data their right names", (commands.run(swapped),))
        return fix_and_score_again(context, "make sure that nothing swaps columns between reading and scoring")
    if finding.numbers.get("share", 1.0) < 1.0:  # other names for the columns would swap the other rows
        return fix_and_score_again(context, "find what swaps the columns in these rows, and swap them back")
    known = context.outputs.columns if context.outputs else {}
    one, other = finding.columns
    right = {one: known.get(other, NAME), other: known.get(one, NAME)}
    if one == other:  # this column holds dialogues, and the right one is unknown
        right = {one: NAME}
    return Remedy("give the columns their right names", (commands.diagnose_files(right),))


def empty_predictions(_finding: Finding, context: Context) -> Remedy:
    """Generate with the most general engine, or decode the right part of the token ids."""
    commands = context.commands
    if commands.predictions is not None:
        return fix_and_score_again(context, "generate at least one token, and decode the right part of the token ids")
    if commands.config is not None and commands.config.decode.engine != "torch":
        return Remedy("generate with transformers", (commands.evaluate("--set", "decode.engine=torch"),))
    return fix_and_score_again(context, "rebuild the engine")


def one_summary_for_all(_finding: Finding, context: Context) -> Remedy:
    """Make sure that the dialogue reaches the model. In a run of sumtune it does, so lower the learning rate."""
    commands = context.commands
    if commands.predictions is not None or commands.config is None:
        return fix_and_score_again(context, "check that the dialogue reaches the model: print one prompt as text")
    slower = {"train.learning_rate": rounded(commands.config.train.learning_rate / 5)}
    return Remedy("lower the learning rate", (commands.run(slower),))


def wrong_language(_finding: Finding, context: Context) -> Remedy:
    """Use a model that knows the language."""
    text = "choose a base model that knows the language of your data, and keep the data in one language"
    if context.commands.predictions is not None:
        return fix_and_score_again(context, text)
    return Remedy(text, (context.commands.run({"model.name": MODEL}),))


def never_stops(_finding: Finding, context: Context) -> Remedy:
    """Train on the end token and stop at it. sumtune does both, so its runs need longer training."""
    commands = context.commands
    if commands.predictions is not None or commands.config is None:
        text = "include the end token in the labels, and stop generation at it (eos_token_id)"
        return fix_and_score_again(context, text)
    longer = {"train.epochs": 2 * commands.config.train.epochs}
    return Remedy("train longer, so that the model learns to end a summary", (commands.run(longer),))


def cut_short(_finding: Finding, context: Context) -> Remedy:
    """Raise the generation limit, or add longer training summaries if they set the limit."""
    commands, training = context.commands, context.training
    if commands.predictions is not None or commands.config is None:
        return fix_and_score_again(context, "raise the generation limit (max_new_tokens)")
    limit = _summary_limit(commands.config.model, training)
    if training is not None and training.label_tokens is not None and training.label_tokens.max() < limit:
        text = "add longer summaries to the training data, because generation ends at the length of the longest one"
        return Remedy(text, (commands.run(commands.changed_data),))
    changes: dict[str, Any] = {"model.max_target_tokens": 2 * limit}
    changes |= longer_micro_batches(commands.config, commands.config.model.max_source_tokens, 2 * limit)
    return Remedy("raise the generation limit", (commands.run(changes),))


def _summary_limit(model: ModelConfig, training: Training | None) -> int:
    if isinstance(model.max_target_tokens, int):
        return model.max_target_tokens
    if training and training.label_limit:
        return training.label_limit
    from sumtune.model.source_limit import MOST_SUMMARY_TOKENS  # imports torch

    return MOST_SUMMARY_TOKENS


def predictions_are_dialogues(_finding: Finding, context: Context) -> Remedy:
    """Tell the user to write what the model generated."""
    return fix_and_score_again(context, "write the generated texts, not the dialogues, to the predictions")


def predictions_are_references(_finding: Finding, context: Context) -> Remedy:
    """Tell the user to write what the model generated."""
    text = "write the generated texts, not the references, to the predictions"
    return fix_and_score_again(context, text)


def dialogues_damaged(_finding: Finding, context: Context) -> Remedy:
    """Give the dialogues that were summarized."""
    text = "give the dialogues as the model read them: check which column they are in, and how it was written"
    return fix_and_score_again(context, text)


def references_damaged(_finding: Finding, context: Context) -> Remedy:
    """Score against whole references."""
    text = "score against the complete reference summaries: check which column they are in, and how it was written"
    return fix_and_score_again(context, text)


def two_groups(_finding: Finding, context: Context) -> Remedy:
    """Find out what was done to the predictions with low scores, but not to the others."""
    text = "find out what is done only to these predictions (padding, batches, a second file), and fix it"
    return fix_and_score_again(context, text)


def score_unexplained(_finding: Finding, context: Context) -> Remedy:
    """Look at the worst outputs."""
    text = "compare these predictions with their references, and fix what damages them"
    return fix_and_score_again(context, text)


def fix_and_score_again(context: Context, text: str) -> Remedy:
    """Return a remedy in which the user fixes the tool that wrote the predictions and then scores them again."""
    return Remedy(f"{text}; then score again", (context.commands.score_again(),))
