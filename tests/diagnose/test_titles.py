"""A title claims no more than its evidence: where that may be chance, the title says that it cannot be told."""

from dataclasses import replace

import numpy as np
import pytest
from planted import make_run, synthetic, written

from sumtune.diagnose.context import Data
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.loss_curves import learning_slope
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.read_run import read_run

TRAIN = [synthetic(number) for number in range(400)]
SCORED = [synthetic(number) for number in range(1000, 1040)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What a sound run holds, without its summaries; tests replace its losses and examples."""
    root = tmp_path_factory.mktemp("run")
    return read_run(make_run(root, train=TRAIN, scored=SCORED, settings={"train.epochs": 2}))


def with_training(run, losses, validation, **changed):
    """The run with other losses: `losses` of each optimizer step, `validation` of each validation."""
    steps = np.arange(1.0, len(losses) + 1)
    training = replace(
        run.training, losses=np.array(losses), steps=steps, norms=np.ones(len(steps)), rates=np.full(len(steps), 3e-4),
        total_steps=max(len(losses), 50), validation_losses=np.array(validation),
        validation_steps=np.linspace(0, len(losses), len(validation)), **changed,
    )  # fmt: skip
    return replace(run, training=training)


def slow(run, losses, validation):
    """The run with other losses, and a low learning rate."""
    settings = {**run.training.settings, "train": {**run.training.settings["train"], "learning_rate": 1e-5}}
    return with_training(run, losses, validation, settings=settings)


def noise(count, size, mean=2.0):
    return mean + np.random.default_rng(0).normal(0, size, count)


def falling(count, per_doubling=-0.2):
    return 4 + per_doubling * np.log2(4 * np.arange(1, count + 1)) + noise(count, 0.02, 0.0)


def few(run, losses, validation):
    """The run with 120 training examples."""
    data = replace(run.data, splits={**run.data.splits, "train": TRAIN[:120]})
    return replace(with_training(run, losses, validation, examples=120), data=data)


def leaked(run, count, scores_more):
    """The run with `count` scored dialogues among the training examples, which it scores perfectly or as others."""
    data = Data({**run.data.splits, "train": (*TRAIN, *SCORED[:count])}, "test")
    texts = [one.summary if scores_more and place < count else written(one) for place, one in enumerate(SCORED)]
    outputs = Outputs(
        ids=tuple(one.id for one in SCORED), predictions=tuple(texts), dialogues=tuple(one.dialogue for one in SCORED),
        references=tuple((one.summary,) for one in SCORED),
    )  # fmt: skip
    return replace(run, data=data, outputs=outputs)


def long_ones(run, train, scored):
    """Ten examples in each split, of which so many have a long summary."""
    splits = {name: [replace(one, summary=f"{one.summary} " * (5 if place < count else 1))
                     for place, one in enumerate(examples[:10])]
              for name, examples, count in (("train", TRAIN, train), ("test", SCORED, scored))}  # fmt: skip
    return replace(run, data=Data({**splits, "validation": ()}, "test"))


CASES = {
    "more_data": (
        lambda run: with_training(run, falling(200), [3.0, 2.9, 2.8, 2.8]),
        lambda run: with_training(run, noise(200, 0.3), [3.0, 2.9, 2.8, 2.8]),
    ),
    "more_data without a slope": (
        lambda run: with_training(run, falling(200), [3.0, 2.9, 2.8, 2.8]),
        lambda run: with_training(run, noise(60, 0.3), [3.0, 2.9, 2.8, 2.8], examples=7 * 4),
    ),
    "larger_model": (
        lambda run: with_training(run, noise(200, 0.05), [2.4, 2.2, 2.05, 2.0]),
        lambda run: with_training(run, noise(50, 0.3), [2.6, 2.5, 2.4, 2.36]),
    ),
    "learning_rate_too_high": (
        lambda run: with_training(run, np.linspace(2, 4, 100), [2.0, 2.1, 3.0, 4.0]),
        lambda run: with_training(run, [*noise(20, 0.01), *[2.0, 2.0, 2.1, 9.0, 2.0]], [2.0, 1.9]),
    ),
    "learning_rate_too_low": (
        lambda run: slow(run, noise(100, 0.3), [2.5, 2.5, 2.5]),
        lambda run: slow(run, np.tile([1.4, 2.6], 25), [2.5]),
    ),
    "leak": (lambda run: leaked(run, 10, True), lambda run: leaked(run, 10, False)),
    "too_few_examples": (
        lambda run: few(run, falling(100), [3.0, 2.9, 2.8, 2.8]),
        lambda run: few(run, noise(100, 0.3), [3.0, 2.9, 2.8, 2.8]),
    ),
    "splits_differ": (lambda run: long_ones(run, 0, 10), lambda run: long_ones(run, 6, 4)),
}


def finding_of(context, code):
    found = diagnose(context)
    return next(one for one in (*found.findings, *found.advice) if one.code == code)


@pytest.mark.parametrize("case", CASES)
def test_borderline_evidence_has_a_weaker_title(run, case):
    code = case.partition(" ")[0]
    strong, weak = (finding_of(make(run), code) for make in CASES[case])
    assert strong.title != weak.title
    assert strong.sure
    if code not in ("leak", "too_few_examples"):  # these stay what they are: the weaker title is a plain fact
        assert not weak.sure
        assert "tell" in weak.title
        assert weak.severity in ("weakness", "advice")


def test_a_title_says_that_more_data_would_help_only_where_the_slope_excludes_zero(run):
    for seed in range(40):
        chance = np.random.default_rng(seed)
        losses = 3 - chance.uniform(0, 0.1) * np.log2(4 * np.arange(1, 101)) + chance.normal(0, 0.3, 100)
        context = with_training(run, losses, [3.6, 3.5, 3.5, 3.5])
        finding = finding_of(context, "more_data")
        claims = finding.title == "More data would lower the loss"
        assert claims == learning_slope(context.training).falls == ("so more data would lower it" in finding.evidence)
        assert claims != ("includes zero" in finding.evidence)


def test_advice_does_not_contradict_the_slope_of_the_learning_curve(run):
    context = few(run, falling(100), [2.3, 2.2, 2.1, 1.4])
    found = diagnose(context)
    said = {one.code: f"{one.title} {one.evidence}" for one in (*found.findings, *found.advice)}
    assert {"too_few_examples", "larger_model"} <= set(said)
    assert "more would lower the loss" in said["too_few_examples"]
    assert [code for code, text in said.items() if "little" in text] == []
    assert "more data" not in said["larger_model"]


def test_no_title_of_a_finding_that_may_be_chance_claims_a_cause(run):
    for case in CASES.values():
        for make in case:
            found = diagnose(make(run))
            for finding in (*found.findings, *found.advice):
                unsure = "includes zero" in finding.evidence or "may be chance" in finding.evidence
                assert not (unsure and "would lower" in finding.title and "tell" not in finding.title)
                assert finding.sure or "tell" in finding.title or "may be" in finding.title


def test_a_very_short_run_has_no_infinite_error(run):
    short = with_training(run, noise(4, 0.05), [2.1, 2.0])
    finding = finding_of(short, "larger_model")
    assert not finding.sure
    assert "inf" not in finding.evidence
    assert all(np.isfinite(value) for value in finding.numbers.values())
