"""Damage by a column that is not what it seems."""

from dataclasses import replace
from random import Random

from second_fresh.row import Row, answers, each, turns


@answers
def reference_with_prediction(row: Row, _: Random) -> str:
    """Print both, label and prediction, in one field."""
    return f"target: {row.reference} | predicted: {row.prediction}"


@answers
def first_turns_instead(row: Row, _: Random) -> str:
    """Write the column of the baseline: the first three turns."""
    return " ".join(f"{speaker}: {text}" for speaker, text in turns(row.dialogue)[:3])


@answers
def score_of_row(_row: Row, random: Random) -> str:
    """Write the score of the row instead of its text."""
    return f"{random.uniform(0.1, 0.7):.4f}"


@answers
def prompt_instead_of_output(row: Row, _: Random) -> str:
    """Write the input of the model into the column of its output."""
    return f"Summarize the conversation:\n\n{row.dialogue}\n\nSummary:"


@answers
def reference_slightly_changed(row: Row, _: Random) -> str:
    """Decode the labels and not the output: the reference in lower case without its end."""
    return row.reference.lower().rstrip(".!?")


@answers
def only_end_was_read(row: Row, _: Random) -> str:
    """Summarize the last turns alone: the start was cut off at the model's limit."""
    last = turns(row.dialogue)[-2:]
    return " ".join(f"{speaker or 'Someone'} says that {text.lower().rstrip('.!?')}." for speaker, text in last)


@each
def dialogue_and_prediction_swapped(row: Row, _: Random) -> Row:
    """Swap the columns of dialogue and prediction."""
    return replace(row, dialogue=row.prediction, prediction=row.dialogue)
