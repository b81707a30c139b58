"""Whole dialogues as predictions are a fault, unless a system copies some turns of each dialogue."""

from dataclasses import replace

import planted

from sumtune.diagnose.rules.copies import predictions_are_dialogues
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
        assert predictions_are_dialogues(mixed).evidence.startswith(f"{len(some)} of 40 predictions are identical")
