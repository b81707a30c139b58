"""All predictions in another style are a weakness, which says what differs most; a fault comes before it."""

from dataclasses import replace

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules.other_style import other_style
from sumtune.evaluate.baselines import lead_3

CLEAN = planted.outputs(40)


def first_words(text):
    return " ".join(text.split()[:5]) + "."


STYLES = {
    "marks other than full stops": lambda row: CLEAN.predictions[row].replace(".", "?").replace(",", "?"),
    "share of capitals": lambda row: CLEAN.predictions[row].upper(),
    "number of lines": lambda row: CLEAN.predictions[row].replace(" ", "\n", 3),
    "contain 'i'": lambda row: f"I {CLEAN.predictions[row].partition(' ')[2]}",
}


def changed(change):
    return CLEAN.with_predictions([change(row) for row in range(40)])


@pytest.mark.parametrize("what", STYLES)
def test_the_trait_that_differs_most_is_named(what):
    finding = other_style(changed(STYLES[what]))
    assert (finding.code, finding.severity) == ("unlike_references", "weakness")
    assert what in finding.evidence


def test_clean_predictions_have_the_style_of_references():
    assert other_style(CLEAN) is None


def test_another_length_is_named_before_what_comes_with_it():
    short, long = (other_style(CLEAN.mapped(change)) for change in (first_words, lambda text: f"{text} {text} {text}"))
    assert (short.code, long.code) == ("odd_lengths", "odd_lengths")
    assert "shorter" in short.title
    assert "longer" in long.title


def test_a_system_that_only_copies_is_no_fault():
    (finding,) = diagnose(Context(outputs=changed(lambda row: lead_3(CLEAN.dialogues[row])))).findings
    assert (finding.code, finding.severity) == ("predictions_are_dialogues", "weakness")


def test_a_fault_comes_first_and_alone():
    spaced = replace(CLEAN, predictions=tuple(" ".join(text) for text in CLEAN.predictions))
    assert [one.severity for one in diagnose(Context(outputs=spaced)).findings] == ["fault"]
