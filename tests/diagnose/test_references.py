"""Damaged references are named as such, and the predictions are not blamed for them."""

import random
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
    "are not in the language of their dialogues": lambda text, _: GERMAN.format(len(text)),
    "have no spaces between their words": lambda text, _: f"{text} 7".replace(" ", ""),
    "have no space between their sentences": lambda text, _: f"{text}A{text[1:].lower()}They agree about it all.",
    "contain masks in place of names": lambda text, _: f"[NAME] {' '.join(text.split()[1:])}",
    "are numbers or ids": lambda text, _: str(hash(text) % 10**8),
    "contain the same text twice": lambda text, _: f"{text} {text}",
    "repeat the start of their dialogue": lambda _, dialogue: dialogue.split("\n")[0],
    "hold no text": lambda *_: "nan",
    "are a few words and no sentence": lambda text, _: " ".join(text.lower().split()[3:5]),
    "are Python literals or objects, not their text": lambda text, _: str(text.encode()),
    "have spaces before their punctuation": lambda text, _: text.replace(".", " .").replace(",", " ,"),
    "begin with the same words": lambda text, _: f"[annotator 3, batch {len(text)}] {text}",
    "do not end like a sentence": lambda text, _: " ".join(text.split()[: 6 + len(text) % 3]),
}
OF_SOME = set(DAMAGES) - {
    "are the same text", "contain the same text twice", "do not end like a sentence", "are cut off at 30 characters",
    "are cut off at 8 words", "have spaces before their punctuation",
    "only name the speakers", "are not in the language of their dialogues",
}  # fmt: skip
"""Damage that is no style, so that a few rows are enough; a language is not recognized in the damage below."""


@pytest.mark.parametrize("what", DAMAGES)
def test_damaged_references_are_named_and_nothing_else(what):
    (finding,) = diagnose(Context(outputs=damaged(DAMAGES[what]))).faults
    assert finding.code == "references_damaged"
    assert finding.title in (f"All references {what}", f"Most references {what}")


@pytest.mark.parametrize("what", DAMAGES)
def test_the_same_damage_of_predictions_is_not_blamed_on_references(what):
    pairs = zip(CLEAN.predictions, CLEAN.dialogues, strict=True)
    assert references_damaged(CLEAN.with_predictions([DAMAGES[what](*pair) for pair in pairs])) is None


def test_references_that_lost_some_spaces_are_damaged():
    chance = random.Random(0)

    def without_some(text, _):
        return "".join(word + " " * (chance.random() < 0.5) for word in text.split(" "))

    finding = references_damaged(damaged(without_some))
    assert finding.title == "Most references have no spaces between their words"


def halved(text, end):
    return " ".join(text.split()[: len(text.split()) // 2]) + end


@pytest.mark.parametrize("end", ["", "."])
def test_references_of_half_the_rows_that_are_cut_to_half_are_found_whatever_their_end(end):
    texts = [halved(text, end) if row % 2 else text for row, text in enumerate(CLEAN.first_references)]
    findings = diagnose(Context(outputs=replace(CLEAN, references=tuple((text,) for text in texts)))).findings
    assert findings[0].code == "references_damaged"
    assert references_damaged(CLEAN.with_predictions([halved(text, end) for text in CLEAN.predictions])) is None


def test_references_and_predictions_with_the_same_style_are_no_damage():
    short = damaged(lambda text, _: " ".join(text.split()[:8]))
    assert references_damaged(short.mapped(lambda text: " ".join(text.split()[:8]))) is None


@pytest.mark.parametrize("what", [*sorted(OF_SOME), "are dialogues"])
def test_damage_to_a_tenth_of_the_references_is_named_and_the_other_rows_are_judged(what):
    change = DAMAGES.get(what, lambda _, dialogue: dialogue)
    references = [
        (change(text, CLEAN.dialogues[row]) if row < 4 else text,) for row, text in enumerate(CLEAN.first_references)
    ]
    spaced = [text if row < 10 else " ".join(text) for row, text in enumerate(CLEAN.predictions)]
    outputs = replace(CLEAN, references=tuple(references), predictions=tuple(spaced))
    first, second = diagnose(Context(outputs=outputs), our_engine=False).faults
    assert {first.code, second.code} == {"references_damaged", "characters_separated"}
    assert f"Some references {what}" in (first.title, second.title)
