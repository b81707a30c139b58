"""Predictions near zero beside good ones: what sets them apart is named, and noise is not."""

import random

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules.two_groups import two_groups

CLEAN = planted.outputs(80)
CHANCE = random.Random(0)
NOISE = [
    "".join(CHANCE.choices("qxzjk", k=CHANCE.randrange(15, 60))).title()
    + " "
    + "".join(CHANCE.choices("vwyxq", k=9))
    + "."
    for _ in range(80)
]


def replaced(chosen):
    return CLEAN.with_predictions([NOISE[row] if chosen(row) else CLEAN.predictions[row] for row in range(80)])


@pytest.mark.parametrize(
    ("chosen", "description"),
    [(lambda row: row % 8 > 0, "all but every 8th row (rows 1, 9, …)"),
     (lambda row: row % 4 == 3, "every 4th row (rows 4, 8, …)"),
     (lambda row: row >= 60, "the rows from 61 on")],
    ids=["batch", "last of batch", "range"],
)  # fmt: skip
def test_what_sets_the_low_predictions_apart_is_named(chosen, description):
    finding = two_groups(replaced(chosen))
    low = [row for row in range(80) if chosen(row)]
    assert finding.numbers["low"] == len(low)
    assert description in finding.evidence
    assert finding.repaired.predictions == tuple(CLEAN.predictions[row] for row in range(80) if not chosen(row))


def test_a_low_group_is_found_by_the_diagnosis():
    names = [dialogue.partition(":")[0] for dialogue in CLEAN.dialogues]
    texts = [text if row % 8 == 0 else f"{names[row]}: ok." for row, text in enumerate(CLEAN.predictions)]
    outputs = CLEAN.with_predictions(texts)
    assert "two_groups" in [finding.code for finding in diagnose(Context(outputs=outputs)).faults]


@pytest.mark.parametrize("kept", [1, 4, 7])
@pytest.mark.parametrize("word", ["ok", "ok.", "!"])
def test_hardly_any_words_in_place_of_summaries_are_named_at_any_share(kept, word):
    """As of padded batches, in which only the longest prompts are read as they are."""
    names = [dialogue.partition(":")[0] for dialogue in CLEAN.dialogues]
    texts = [text if row % 8 < kept else f"{names[row]}: {word}" for row, text in enumerate(CLEAN.predictions)]
    first = diagnose(Context(outputs=CLEAN.with_predictions(texts))).faults[0].code
    assert first in ("two_groups", "odd_lengths")


def test_scores_that_nothing_sets_apart_are_no_groups():
    for seed in range(20):
        outputs = planted.outputs(60, seed=seed, kept=0.4)
        assert two_groups(outputs) is None
