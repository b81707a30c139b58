"""A hundred clean files and runs of all kinds give no false fault (at most 2%)."""

import random

import pytest
from planted import CORPUS, make_run, outputs, synthetic, written

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.read_run import read_run
from sumtune.evaluate.baselines import lead_3, longest_3

pytestmark = pytest.mark.e2e
EACH = 50
MOST_FALSE = 1
"""One of fifty."""


def clean_file(seed):
    """Outputs of some size and quality; every fifth is of a baseline."""
    chance = random.Random(seed)
    made = outputs(chance.randrange(8, 40), seed, chance.random() < 0.7, chance.uniform(0.25, 0.9))
    if seed % 5 or made.dialogues is None:
        return made
    kinds = [lambda: map(lead_3, made.dialogues), lambda: map(longest_3, made.dialogues)]
    return made.with_predictions(list(chance.choice(kinds)()))


def clean_run(tmp_path, seed):
    """A run of some size whose losses fall as they should."""
    chance = random.Random(seed)
    own = seed % 4 == 0
    count = chance.randrange(60, 260)
    train = CORPUS[:150] if own else [synthetic(seed * 2000 + number) for number in range(count)]
    scored = CORPUS[150:] if own else [synthetic(seed * 2000 + 1000 + number) for number in range(20)]
    settings = {
        "train.epochs": chance.choice([1, 2, 3]),
        "train.learning_rate": chance.choice([1e-4, 2e-4, 3e-4, 5e-4, 1e-3]),
        "train.schedule": chance.choice(["linear", "cosine"]),
        "lora.rank": chance.choice([4, 8, 16, 32]),
    }
    kept = chance.uniform(0.4, 0.9)
    return make_run(
        tmp_path / str(seed), train=train, scored=scored, settings=settings, seed=seed,
        predictions=[written(example, seed, kept) for example in scored],
        base=[written(example, seed + 1, 0.2) for example in scored],
    )  # fmt: skip


def false_faults(contexts):
    found = [(seed, [finding.code for finding in diagnose(context).faults]) for seed, context in enumerate(contexts)]
    return [(seed, codes) for seed, codes in found if codes]


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Intervals are not looked at here."""
    from sumtune.diagnose import gains
    from sumtune.evaluate import bootstrap

    monkeypatch.setattr(gains, "paired", lambda values, generator: bootstrap.paired(values, generator, 50))


def test_clean_files_have_no_fault():
    false = false_faults(Context(outputs=clean_file(seed)) for seed in range(EACH))
    assert len(false) <= MOST_FALSE, false


def test_clean_runs_have_no_fault(tmp_path):
    false = false_faults(read_run(clean_run(tmp_path, seed)) for seed in range(EACH))
    assert len(false) <= MOST_FALSE, false
