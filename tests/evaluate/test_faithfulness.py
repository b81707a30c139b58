import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.evaluate.faithfulness import as_row, measure

DIALOGUE = "Ann: Can you bring the blue tent on Friday at 7:30?\nBob: Sure, and two lamps.\nAnn: Thanks!"
words = st.lists(st.sampled_from(["Ann", "tent", "blue", "7:30", "Zoe", "the", "."]), max_size=12).map(" ".join)


def test_only_names_and_numbers_that_the_dialogue_lacks_are_unsupported():
    assert measure("Bob brings the tent at 7:30 and 2 lamps.", DIALOGUE, ["x"]).unsupported == 0
    assert measure("Bob brings 3 lamps.", DIALOGUE, ["x"]).unsupported == pytest.approx(1 / 2)
    assert measure("Zoe brings 3 lamps to Oslo.", DIALOGUE, ["x"]).unsupported == 1


def test_a_summary_of_another_speaker_is_inconsistent():
    assert measure("Bob brings two lamps.", DIALOGUE, ["x"]).inconsistent == 0
    assert measure("Bob thanks Bob for two lamps.", DIALOGUE, ["x"]).inconsistent == 1


def test_novel_words_have_no_stem_in_the_dialogue():
    assert measure("Bob brought the tents.", DIALOGUE, ["x"]).novel_words == 0
    assert measure("Bob brought the piano.", DIALOGUE, ["x"]).novel_words == pytest.approx(1 / 2)


def test_a_copy_is_verbatim_and_nothing_in_it_is_new():
    copy = measure("can you bring  the BLUE tent", DIALOGUE, ["Ann asks."])
    assert (copy.copied, copy.novel_bigrams, copy.unsupported) == (1, 0, 0)
    assert measure("you can bring the blue tent", DIALOGUE, ["Ann asks."]).copied == 0


def test_repetition_is_the_share_of_word_triples_said_before():
    assert measure("a b c a b c", DIALOGUE, ["x"]).repetition == pytest.approx(1 / 4)
    assert measure("a a a a a", DIALOGUE, ["x"]).repetition == pytest.approx(2 / 3)
    assert measure("a b c d e", DIALOGUE, ["x"]).repetition == 0


def test_the_length_ratio_is_to_the_mean_reference():
    assert measure("one two three", DIALOGUE, ["a b", "a b c d"]).length_ratio == 1


@given(words, words)
def test_every_measure_is_a_share_and_an_empty_summary_has_only_its_emptiness(text, dialogue):
    row = measure(text, dialogue, ["a b c"])
    shares = (
        row.unsupported,
        row.inconsistent,
        row.novel_words,
        row.novel_bigrams,
        row.repetition,
        row.empty,
        row.copied,
    )
    assert all(0 <= value <= 1 for value in shares)
    assert as_row(measure("", dialogue, ["a b c"])) == (0, 0, 0, 0, 0, 0, 1, 0, 0)
