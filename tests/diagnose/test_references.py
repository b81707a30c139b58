"""Damaged references are named as such, and the predictions are not blamed for them."""

from dataclasses import replace

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules.references import references_damaged

CLEAN = planted.outputs(40)
GERMAN = "Die Leute sind nicht zu Hause und sie hat das Brot für {} mit dem Auto auf der Straße geholt."


def damaged(change):
    pairs = zip(CLEAN.first_references, CLEAN.dialogues, strict=True)
    return replace(CLEAN, references=tuple((change(*pair),) for pair in pairs))


DAMAGES = {
    "are cut off at 30 characters": lambda text, _: text[:30],
    "are cut off at 8 words": lambda text, _: " ".join(text.split()[:8]),
    "are the same text": lambda *_: "A conversation between friends.",
    "only name the speakers": lambda _, dialogue: " and ".join(sorted({x.split(":")[0] for x in dialogue.split("\n")})),
    "contain special tokens, `!!!!` or unreadable characters": lambda text, _: text + "!!!!!!!!!!",
    "are not in the language of dialogues and predictions (English)": lambda text, _: GERMAN.format(len(text)),
    "are numbers or ids": lambda text, _: str(hash(text) % 10**8),
    "contain the same text twice": lambda text, _: f"{text} {text}",
    "repeat the start of their dialogue": lambda _, dialogue: dialogue.split("\n")[0],
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damaged_references_are_named_and_nothing_else(what):
    (finding,) = diagnose(Context(outputs=damaged(DAMAGES[what]))).faults
    assert finding.code == "references_damaged"
    assert finding.title in (f"All references {what}", f"Most references {what}")


@pytest.mark.parametrize("what", DAMAGES)
def test_the_same_damage_of_predictions_is_not_blamed_on_references(what):
    pairs = zip(CLEAN.predictions, CLEAN.dialogues, strict=True)
    assert references_damaged(CLEAN.with_predictions([DAMAGES[what](*pair) for pair in pairs])) is None


def test_references_and_predictions_with_the_same_style_are_no_damage():
    short = damaged(lambda text, _: " ".join(text.split()[:8]))
    assert references_damaged(short.mapped(lambda text: " ".join(text.split()[:8]))) is None
