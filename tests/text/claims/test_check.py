"""Planted swaps are found, what is untouched stays unmarked, and other languages are never accused."""

import time

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st
from planted_swaps import CONVERSATIONS, KINDS

from sumtune.text.claims.check import inconsistencies, inconsistencies_in_english
from sumtune.text.claims.support import novel_words
from sumtune.text.mentions import unsupported

TENT = "Ann: I will bring the big tent on Friday.\nBob: Great, I bought the gas for the stove."


def kinds(summary, dialogue):
    return [one.kind for one in inconsistencies(summary, dialogue)]


def swaps_found(kind, reported):
    """Return how many swaps of `kind` add an inconsistency of the kind `reported`."""
    return sum(
        kinds(one.damaged(kind), one.dialogue).count(reported) > kinds(one.summary, one.dialogue).count(reported)
        for one in CONVERSATIONS
    )


def test_twenty_swaps_of_each_kind_are_planted():
    assert len(CONVERSATIONS) == 20
    assert all(len({one.summary, *map(one.damaged, KINDS)}) == 5 for one in CONVERSATIONS)


def test_untouched_summaries_are_not_marked():
    assert [one.summary for one in CONVERSATIONS if inconsistencies(one.summary, one.dialogue)] == []


@pytest.mark.parametrize(
    ("kind", "reported", "least"), [("speaker", "subject", 14), ("number", "number", 14), ("negation", "negation", 9)]
)
def test_swaps_are_found(kind, reported, least):
    assert swaps_found(kind, reported) >= least


def test_a_swapped_object_is_a_new_word_and_not_marked():
    for one in CONVERSATIONS:
        assert novel_words(one.damaged("object"), one.dialogue) > novel_words(one.summary, one.dialogue)
        assert inconsistencies_in_english(one.damaged("object"), one.dialogue) == []


@pytest.mark.parametrize(
    ("summary", "kind", "text", "reason"),
    [
        ("Bob will bring the big tent.", "subject", "Bob", "The dialogue says this of Ann."),
        ("Ann met Ann.", "subject", "Ann", "Ann is the subject and the object."),
        ("Ann will not bring the big tent.", "negation", "Ann will not bring the big tent.", "says the opposite"),
        ("Ann and Zoe talk.", "name", "Zoe", "This name is not in the dialogue."),
        ("The council plans schools near rivers.", "sentence", "The council plans schools near rivers.", "hardly"),
    ],
)
def test_an_inconsistency_says_where_and_why(summary, kind, text, reason):
    (found,) = inconsistencies(summary, TENT)
    assert (found.kind, found.text) == (kind, text)
    assert reason in found.reason
    assert summary[found.start : found.end] == text


def test_positions_count_code_points():
    summary = "Ann waves 👋. Bob will bring the big tent on Friday."
    (found,) = inconsistencies(summary, TENT)
    assert summary[found.start : found.end] == "Bob"


@pytest.mark.parametrize(
    "summary",
    [
        "Ann will bring the tent.",
        "Bob and Ann will bring the tent.",
        "He will bring the tent.",
        "Somebody brings the tent, which Bob likes.",
        "Bob helps Ann to bring the big tent.",
        "",
    ],
)
def test_a_subject_that_fits_or_is_not_one_speaker_is_not_marked(summary):
    assert kinds(summary, TENT) == []


def test_an_order_is_about_the_person_who_gets_it():
    dialogue = "Ann: Please buy cheese and the green olives.\nBob: Okay!"
    assert kinds("Bob will buy cheese and the green olives.", dialogue) == []


def test_a_speaker_may_be_called_by_name():
    dialogue = "#Person1#: Hello, Martin. How was the trip?\n#Person2#: I saw two old castles in Wales."
    assert kinds("Martin saw two old castles in Wales.", dialogue) == []
    assert kinds("#Person1# saw two old castles in Wales.", dialogue) == ["subject"]


def test_an_answer_decides_what_a_question_says():
    asked = "Ann: Have you paid the electricity bill for March?\nBob: "
    assert kinds("Bob has not paid the electricity bill for March.", f"{asked}No, I forgot.") == []
    assert kinds("Bob has not paid the electricity bill for March.", f"{asked}Yes, I did.") == ["negation"]
    assert kinds("Bob has paid the electricity bill for March.", f"{asked}No, I forgot.") == ["negation"]


def test_in_other_languages_only_names_and_numbers_are_reported():
    for pairs in tiny.foreign_pairs().values():
        for dialogue, summary in pairs:
            for text in (summary, f"{summary} {pairs[0][1]}"):
                found = [(one.kind, one.start) for one in inconsistencies(text, dialogue)]
                assert found == [(one.kind, one.start) for one in unsupported(text, dialogue)]


PIECES = ["Ann", "Bob:", "Ann:", "I", "you", "not", "5", "euros", "tent", "bring", "?", ".", "’", "\n", "ß", "#"]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)


@given(texts, texts)
def test_any_text_can_be_checked(summary, dialogue):
    for one in inconsistencies_in_english(summary, dialogue):
        assert summary[one.start : one.end] == one.text


@pytest.mark.parametrize("piece", ["Ann: I pay 5 euros, not 6? ", " ", "Ann: hi\nBob: 7 tents\n", "5 ", ", ", "no "])
def test_long_texts_are_checked_in_linear_time(piece):
    begun = time.process_time()
    inconsistencies_in_english(piece * 20, piece * 2_500)
    inconsistencies_in_english(piece * 1_000, piece)
    assert time.process_time() - begun < 2.5
