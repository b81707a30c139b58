"""Whole dialogues as predictions are a fault, unless a system copies some turns of each dialogue."""

import re
from dataclasses import replace

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules.copies import predictions_are_dialogues, some_predictions_are_references
from sumtune.diagnose.rules.teacher_forced import teacher_forced
from sumtune.evaluate.baselines import lead_3

CLEAN = planted.outputs(40)
FIRST_TURNS = tuple("\n".join(text.splitlines()[: 3 if row < 10 else None]) for row, text in enumerate(CLEAN.dialogues))


def test_the_first_three_turns_of_a_dialogue_of_three_turns_are_no_fault():
    outputs = replace(CLEAN, dialogues=FIRST_TURNS, predictions=tuple(map(lead_3, FIRST_TURNS)))
    assert min(len(text.splitlines()) for text in FIRST_TURNS[10:]) > 3
    assert predictions_are_dialogues(outputs) is None


def test_some_or_all_dialogues_of_any_length_are_a_fault():
    for some in (range(40), range(20, 24)):
        texts = zip(CLEAN.predictions, CLEAN.dialogues, strict=True)
        mixed = CLEAN.with_predictions([both[row in some] for row, both in enumerate(texts)])
        assert predictions_are_dialogues(mixed).evidence.startswith(f"{len(some)} of 40 predictions are their dialogue")


def test_other_turns_of_the_speakers_are_a_fault_unless_they_follow_a_copy_or_references_are_such():
    going_on = [f"{text.partition(':')[0]}: Ok, see you at {row}!" for row, text in enumerate(CLEAN.dialogues)]
    some = [going_on[row] if row % 4 == 0 else text for row, text in enumerate(CLEAN.predictions)]
    found = predictions_are_dialogues(CLEAN.with_predictions(some))
    assert (found.numbers["copied"], found.numbers["invented"]) == (0, 10)
    in_style = replace(CLEAN, references=tuple((text,) for text in going_on))
    assert predictions_are_dialogues(in_style.with_predictions(some)) is None
    pairs = zip(CLEAN.dialogues, CLEAN.predictions, strict=True)
    echoed = [f"{' '.join(said.split()[:9])} {text}" for said, text in pairs]
    assert predictions_are_dialogues(CLEAN.with_predictions(echoed)) is None


def test_a_prompt_with_its_dialogue_is_a_copy_and_a_summary_before_the_dialogue_is_none():
    prompts = [f"Summarize the following conversation:\n{text}\n\nSummary:" for text in CLEAN.dialogues]
    assert predictions_are_dialogues(CLEAN.with_predictions(prompts)).numbers["copied"] > 30
    both = [f"{text} {said}" for text, said in zip(CLEAN.predictions, CLEAN.dialogues, strict=True)]
    assert predictions_are_dialogues(CLEAN.with_predictions(both)) is None


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        "label: {} | answer".format,
        "{} The model then goes on with a long text of its own.".format,
        lambda text: text.replace(".", ""),
    ],
)
def test_references_are_found_whatever_is_around_them_and_whatever_their_case(change):
    copied = CLEAN.with_predictions(list(map(change, CLEAN.first_references)))
    (finding,) = diagnose(Context(outputs=copied)).findings
    assert finding.code == "predictions_are_references"
    weak = [copied.predictions[row] if row % 4 == 0 else lead_3(text) for row, text in enumerate(CLEAN.dialogues)]
    assert some_predictions_are_references(CLEAN.with_predictions(weak)).numbers["share"] == 1 / 4


def test_a_few_words_of_a_reference_in_a_longer_prediction_are_a_coincidence():
    short = replace(CLEAN, references=tuple((" ".join(text.split()[:4]),) for text in CLEAN.predictions))
    assert some_predictions_are_references(short) is None


COMMON = ("the", "is", "to", "with", "and")


def most_probable_words(reference, row):
    """What a model writes that is given the reference: at every fifth place another word."""
    return " ".join(COMMON[row % 5] if place % 5 == 2 else word for place, word in enumerate(reference.split()))


def test_texts_that_follow_their_references_word_by_word_are_teacher_forced_and_templates_are_not():
    forced = [most_probable_words(text, row) for row, text in enumerate(CLEAN.first_references)]
    (finding,) = diagnose(Context(outputs=CLEAN.with_predictions(forced)), our_engine=False).faults
    assert finding.code == "teacher_forced"
    some = [forced[row] if row % 4 == 0 else text for row, text in enumerate(CLEAN.predictions)]
    assert (
        diagnose(Context(outputs=CLEAN.with_predictions(some)), our_engine=False).findings[0].code == "teacher_forced"
    )
    assert teacher_forced(CLEAN) is None


ASKED = ("a refund for", "a copy of the invoice for", "a new date for", "the price of", "help with", "news about",
         "a discount on", "the colour of", "spare parts for", "a manual for", "the size of", "a repair of")  # fmt: skip


def with_summaries(references, predictions):
    return replace(CLEAN, references=tuple((text,) for text in references)).with_predictions(predictions)


def test_good_summaries_of_alike_conversations_are_not_teacher_forced():
    filled = [
        f"Customer {row} asks for {ASKED[row % 12]} order {row * 7} and gets an answer today." for row in range(40)
    ]
    wrong = [text.replace(" order ", " order 9") if row % 3 == 0 else text for row, text in enumerate(filled)]
    both = [text.replace("Customer", "Client") for text in wrong]
    closing = "The agent said sorry, opened a ticket and promised to write a mail soon."
    closed, other = ([f"{text} {closing}" for text in texts] for texts in (CLEAN.first_references, CLEAN.predictions))
    corrected = [re.sub(r"\w{5,}", f"other{row}", text, count=1) for row, text in enumerate(CLEAN.first_references)]
    for references, predictions in (
        (filled, wrong),
        (filled, both),
        (closed, other),
        (CLEAN.first_references, corrected),
    ):
        assert teacher_forced(with_summaries(references, predictions)) is None


def test_names_that_were_replaced_afterwards_are_not_teacher_forced():
    masked = [re.sub(r"\b[A-Z]\w+|\d+", "it", text) for text in CLEAN.first_references]
    assert teacher_forced(CLEAN.with_predictions(masked)) is None


def test_turns_in_one_line_are_a_copy_with_and_without_some_of_their_names():
    def joined(row, said):
        first, *others = said.splitlines()[: 2 + row % 2]
        return " ".join([first, *(line.partition(": ")[2] for line in others)])

    texts = zip(CLEAN.predictions, CLEAN.dialogues, strict=True)
    mixed = [joined(row, said) if row % 4 == 0 else text for row, (text, said) in enumerate(texts)]
    assert predictions_are_dialogues(CLEAN.with_predictions(mixed)).numbers["copied"] == 10
