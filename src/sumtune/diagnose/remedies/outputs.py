"""Remedies of faults in outputs: mostly in the tool that wrote them."""

from typing import Any

from sumtune.diagnose.finding import Finding
from sumtune.diagnose.origin import MODEL, NAME
from sumtune.diagnose.remedy import Remedy, rounded
from sumtune.diagnose.subject import Subject

__all__ = [
    "case_destroyed",
    "characters_separated",
    "columns_swapped",
    "cut_short",
    "empty_predictions",
    "never_stops",
    "one_summary_for_all",
    "predictions_shifted",
    "prompt_echoed",
    "special_tokens_left",
    "word_pieces_left",
    "wrong_language",
]


def characters_separated(_finding: Finding, subject: Subject) -> Remedy:
    """Remove the line that separates characters."""
    return _mended_and_scored(
        subject, 'remove `text.replace("", " ")` (or `" ".join(text)`) where predictions are decoded'
    )


def special_tokens_left(_finding: Finding, subject: Subject) -> Remedy:
    """Decode without special tokens."""
    return _mended_and_scored(subject, "decode with tokenizer.decode(ids, skip_special_tokens=True)")


def word_pieces_left(_finding: Finding, subject: Subject) -> Remedy:
    """Decode ids, not tokens."""
    return _mended_and_scored(subject, "decode with tokenizer.decode(ids), not with convert_ids_to_tokens")


def prompt_echoed(_finding: Finding, subject: Subject) -> Remedy:
    """Decode what was generated alone."""
    return _mended_and_scored(subject, "decode only the new tokens, output_ids[:, input_ids.shape[1]:]")


def predictions_shifted(_finding: Finding, subject: Subject) -> Remedy:
    """Keep predictions and references together."""
    text = "write predictions and references from the same loop, and skip no row in only one of them"
    return _mended_and_scored(subject, text)


def case_destroyed(_finding: Finding, subject: Subject) -> Remedy:
    """Keep the case."""
    text = "remove lower(), upper() or an uncased tokenizer from what writes the predictions"
    return _mended_and_scored(subject, text)


def columns_swapped(finding: Finding, subject: Subject) -> Remedy:
    """Name the columns as they are."""
    origin = subject.origin
    if origin.predictions is None:
        if origin.columns and finding.columns == ("dialogue", "reference"):
            swapped = {"data.dialogue_column": origin.columns["summary"],
                       "data.summary_column": origin.columns["dialogue"]}  # fmt: skip
            return Remedy("name the columns of the data as they are", (origin.run(swapped),))
        return _mended_and_scored(subject, "see that nothing swaps columns between reading and scoring")
    known = subject.outputs.columns if subject.outputs else {}
    one, other = finding.columns
    right = {one: known.get(other, NAME), other: known.get(one, NAME)}
    if one == other:  # a column of dialogues stands in this place, and the right one is not known
        right = {one: NAME}
    return Remedy("name the columns as they are", (origin.diagnose_predictions(right),))


def empty_predictions(_finding: Finding, subject: Subject) -> Remedy:
    """Generate with the most general engine, or decode the right part of the ids."""
    origin = subject.origin
    if origin.predictions is not None:
        return _mended_and_scored(subject, "generate at least one token, and decode the right part of the ids")
    if origin.config is not None and origin.config.decode.engine != "torch":
        return Remedy("generate with the engine of transformers", (origin.evaluate("--set", "decode.engine=torch"),))
    return _mended_and_scored(subject, "make the engine anew")


def one_summary_for_all(_finding: Finding, subject: Subject) -> Remedy:
    """See that the dialogue reaches the model; in a run of sumtune, where it does, train more gently."""
    origin = subject.origin
    if origin.predictions is not None or origin.config is None:
        return _mended_and_scored(subject, "see that the dialogue reaches the model: look at one prompt as text")
    slower = {"train.learning_rate": rounded(origin.config.train.learning_rate / 5)}
    return Remedy("training has collapsed: lower the learning rate", (origin.run(slower),))


def wrong_language(_finding: Finding, subject: Subject) -> Remedy:
    """Use a model that knows the language."""
    text = "use a base model that knows the language of your data, and data in one language"
    if subject.origin.predictions is not None:
        return _mended_and_scored(subject, text)
    return Remedy(text, (subject.origin.run({"model.name": MODEL}),))


def never_stops(_finding: Finding, subject: Subject) -> Remedy:
    """Teach the end mark and stop at it, which sumtune does; it may need longer to learn."""
    origin = subject.origin
    if origin.predictions is not None or origin.config is None:
        text = "teach the end mark (labels must hold it), and stop at it (generation: eos_token_id)"
        return _mended_and_scored(subject, text)
    longer = {"train.epochs": 2 * origin.config.train.epochs}
    return Remedy("train longer: the model has not learned to end a summary", (origin.run(longer),))


def cut_short(_finding: Finding, subject: Subject) -> Remedy:
    """Raise the limit, or give the model longer summaries to learn from where these are the limit."""
    origin, training = subject.origin, subject.training
    if origin.predictions is not None or origin.config is None:
        return _mended_and_scored(subject, "raise the limit of generation (max_new_tokens)")
    model, limit = origin.config.model, origin.config.model.max_target_tokens
    if training is not None and training.label_tokens is not None and training.label_tokens.max() < limit:
        text = "generation ends at the longest training summary: put summaries as long as the wanted ones among them"
        return Remedy(text, (origin.run(origin.on_mended_data),))
    changes: dict[str, Any] = {"model.max_target_tokens": 2 * limit}
    needed = model.max_source_tokens + 2 * limit
    if needed > origin.config.train.micro_batch_tokens:
        changes["train.micro_batch_tokens"] = needed
    return Remedy("raise the limit of generation", (origin.run(changes),))


def _mended_and_scored(subject: Subject, text: str) -> Remedy:
    """The user mends the tool that wrote the predictions; then they are scored again."""
    return Remedy(f"{text}; then score again", (subject.origin.score_again(),))
