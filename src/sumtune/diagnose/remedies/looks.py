"""Remedies for predictions that look unlike summaries, nearly all in the tool that wrote them."""

from collections.abc import Callable, Mapping

from sumtune.diagnose.context import Context
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.remedies.output_faults import fix_and_score_again
from sumtune.diagnose.remedy import Remedy

__all__ = ["REMEDIES"]

INSTRUCTIONS = {
    "same_template": "check whether these are messages of a program, or answers to another prompt",
    "strange_marks": "remove what puts these marks into the text (a filter, a template, a format), or undo it",
    "misspelled": "find the step that loses or changes letters (a regular expression, an encoding, a filter)",
    "broken_sentences": "find the step that sorts, mixes or drops words (a set, a filter, a stream without a lock)",
    "text_of_other_rows": "write each text to its own row: give each worker and each line its own buffer",
    "refusals": "say in the prompt that the model may summarize these conversations, or choose another model",
    "error_messages": "check the status of each response, try again after an error, and write only answers",
    "unrelated": "check that the dialogue reaches the model, and that these are answers and not messages of a program",
    "names_lost": "find what removes or replaces names: a filter of speakers, or a table of pseudonyms",
    "marks_detached": "join the tokens with the tool that split them (TreebankWordDetokenizer, tokenizer.decode)",
    "punctuation_lost": "find the step that removes punctuation marks",
    "starts_midway": "find what cuts off the start: the length of the prompt in tokens or characters, or a slice",
    "ends_midway": "find what cuts off the end: a stop string, a limit of tokens or characters, or a split at a mark",
    "odd_lengths": "look at the shortest and the longest predictions, and find what cuts or extends them",
    "unlike_references": "look at these predictions, and find what writes other characters or words than a summary has",
    "predictions_repeat": "write each text once: check the index with which outputs are taken from a batch",
    "some_predictions_are_references": "write the generated texts, not the references, to the predictions",
    "teacher_forced": "generate the predictions (model.generate; predict_with_generate=True in Seq2SeqTrainer) instead "
    "of taking the most probable token at each place of the reference",
}


def fix_text(finding: Finding, context: Context) -> Remedy:
    """Tell the user what to look for, and score again."""
    return fix_and_score_again(context, INSTRUCTIONS[finding.code])


REMEDIES: Mapping[str, Callable[[Finding, Context], Remedy]] = dict.fromkeys(INSTRUCTIONS, fix_text)
"""Remedies by the code of the finding."""
