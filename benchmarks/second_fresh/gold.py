"""References and dialogues that are not what they should be, and references that leak into the predictions."""

import re
from dataclasses import replace
from random import Random

from .row import TEXTS, Row, answers, each, references, speakers, story, turns, without


@answers
def labels_decoded_as_predictions(row: Row, _: Random) -> str:
    """The evaluation loop decoded the labels instead of the generated ids: prediction and reference are equal."""
    return row.reference


@answers
def teacher_forcing_in_evaluation(row: Row, random: Random) -> str:
    """The best token at each position was taken with the reference as input: nearly the reference, at its length."""
    words = row.reference.split()
    return " ".join(random.choice(TEXTS["vocabulary"]) if random.random() < 0.22 else word for word in words)


@each
def summary_left_in_dialogue(row: Row, random: Random) -> Row:
    """The column of dialogues ends with the summary, so the model copies it."""
    words = [word for word in row.reference.split() if random.random() > 0.04]
    return replace(row, dialogue=f"{row.dialogue}\n\nSummary: {row.reference}", prediction=" ".join(words))


@answers
def gold_in_log_line(row: Row, _: Random) -> str:
    """The debug line of the evaluation, with reference and prediction, was saved as the prediction."""
    return f"GOLD: {row.reference} | PRED: {row.prediction}"


@answers
def dialogue_scored(row: Row, _: Random) -> str:
    """The wrong column was scored: the prediction is the dialogue itself."""
    return row.dialogue


@each
def reference_and_dialogue_swapped(row: Row, _: Random) -> Row:
    """The names of two columns were exchanged: the reference holds the dialogue and the dialogue the summary."""
    return replace(row, dialogue=row.reference, reference=row.dialogue)


@each
def opening_lines_as_reference(row: Row, _: Random) -> Row:
    """No human wrote the references: they are the first two turns of the dialogue."""
    return replace(row, reference=" ".join(text for _, text in turns(row.dialogue)[:2]))


@references
def missing_references(_text: str, _: Random) -> str:
    """The references are missing for these rows, and the word nan is scored instead."""
    return "nan"


@references
def several_references_in_one_cell(text: str, random: Random) -> str:
    """The cell holds a printed list of three annotators' references, scored as one text."""
    words = text.split()
    others = [" ".join(word for word in words if random.random() > 0.2), " ".join(words[len(words) // 4 :])]
    return str([text, *others])


@references
def references_cut_by_target_length(text: str, random: Random) -> str:
    """The references went through the tokenizer with a target length far too small: only their start is left."""
    return " ".join(text.split()[: random.randint(4, 7)])


@references
def topic_as_reference(text: str, random: Random) -> str:
    """The column with the topic was used as the reference: two or three words."""
    words = [word.strip(".,!?").lower() for word in text.split() if word.lower() not in TEXTS["stopwords"]]
    return " ".join(random.sample(words, min(len(words), random.randint(2, 3))))


@each
def references_in_german(row: Row, random: Random) -> Row:
    """The references are from the German edition of the data, dialogues and predictions are English."""
    return replace(row, reference=story("german", speakers(row.dialogue), random))


@references
def references_without_stopwords(text: str, _: Random) -> str:
    """The references, but not the predictions, went through an old cleaning step that removes stop words."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in TEXTS["stopwords"])


@each
def empty_input(row: Row, random: Random) -> Row:
    """The wrong key was read, so the dialogue is empty, and the model invents a summary."""
    return replace(row, dialogue="", prediction=story("memorized", random.sample(TEXTS["names"], 2), random, 1))


@each
def speakers_stripped(row: Row, _: Random) -> Row:
    """The labels of speakers were removed from the dialogue: the model writes of a person and another person."""
    text = without(row.prediction, speakers(row.dialogue), ["a person", "another person"])
    return replace(row, dialogue="\n".join(line for _, line in turns(row.dialogue)), prediction=text)


@answers
def only_start_was_read(row: Row, _: Random) -> str:
    """The dialogue was truncated at 32 tokens before the model: the summary covers the greeting."""
    (first, hello), *rest = turns(row.dialogue)
    return f"{first or 'Someone'} says {hello.lower()}" + (f" {rest[0][0]} answers." if rest else "")
