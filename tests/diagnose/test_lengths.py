"""Predictions that say nothing, and predictions cut off at many lengths, are named; whole ones are not."""

import planted
import pytest

from sumtune.diagnose.rules.lengths import cut_short, empty_predictions

CLEAN = planted.outputs(80)


@pytest.mark.parametrize(
    "text",
    [
        "0.8731",
        "-3",
        "12%",
        "<generator object run at 0x7f3a>",
        "[object Object]",
        "#NAME?",
        "{{ summary }}",
        "${text}",
    ],
)
def test_what_a_program_writes_in_place_of_a_text_says_nothing(text):
    finding = empty_predictions(CLEAN.with_predictions([text] * 20 + list(CLEAN.predictions[20:])))
    assert finding.numbers["share"] == 20 / 80
    assert repr(text) in finding.evidence


def test_a_number_inside_a_text_is_a_text():
    assert empty_predictions(CLEAN.with_predictions([f"{row} guests come." for row in range(80)])) is None


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_predictions_cut_inside_words_at_many_lengths_are_cut_short(share):
    cut = [text[: 20 + 7 * row % 31] for row, text in enumerate(CLEAN.predictions)]
    few = int(share * 80)
    finding = cut_short(CLEAN.with_predictions([*cut[:few], *CLEAN.predictions[few:]]))
    assert finding.code == "cut_short"
    assert finding.numbers["share"] >= 0.9 * share


def test_predictions_without_a_full_stop_are_not_cut_short():
    assert cut_short(CLEAN.with_predictions([text.rstrip(".") for text in CLEAN.predictions])) is None
