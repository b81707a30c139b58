import numpy as np
import pytest

from sumtune.diagnose.context import Training
from sumtune.diagnose.loss_curves import Measurement, drop, learning_slope, mean_difference, rise, validation_gap


def training(losses, warmup_steps=0, examples=400, validation=()):
    steps = np.arange(1.0, len(losses) + 1)
    return Training(
        settings={"train": {"effective_batch_size": 4, "learning_rate": 3e-4}, "lora": {"rank": 8}},
        examples=examples, steps_an_epoch=-(-examples // 4), total_steps=len(losses),
        warmup_steps=warmup_steps, rates=np.full(len(losses), 3e-4),
        losses=np.array(losses), norms=np.ones(len(losses)), steps=steps,
        validation_steps=np.arange(float(len(validation))), validation_losses=np.array(validation), ended=True,
    )  # fmt: skip


def line(count, slope):
    return 3 + slope * np.log2(4 * np.arange(1, count + 1))


def test_the_slope_of_an_exact_line_is_found_without_error():
    found = learning_slope(training(line(100, -0.125)))
    assert found.value == pytest.approx(-0.125)
    assert found.error == pytest.approx(0, abs=1e-12)
    assert found.falls


def test_only_the_first_epoch_after_warmup_counts():
    losses = np.concatenate([np.full(10, 9.0), line(100, -0.1)[10:], np.full(100, 0.5)])
    assert learning_slope(training(losses, warmup_steps=10)).value == pytest.approx(-0.1)


def test_noise_alone_is_no_slope_and_its_error_is_that_of_repetition():
    chance = np.random.default_rng(0)
    found = [learning_slope(training(2 + chance.normal(0, 0.3, 100))) for _ in range(200)]
    slopes = np.array([slope.value for slope in found])
    assert slopes.std() == pytest.approx(np.mean([slope.error for slope in found]), rel=0.2)
    assert np.mean([slope.falls for slope in found]) < 0.06


def test_too_few_steps_have_no_slope():
    assert learning_slope(training(line(5, -0.1))) is None


def test_the_drop_is_of_validation_where_it_was_measured_twice():
    assert drop(training(line(50, -0.1), validation=(2.0, 1.0, 1.5))) == Measurement(pytest.approx(0.5), 0)
    assert drop(training(np.linspace(2, 1, 50))).value == pytest.approx(0.4, abs=0.05)
    assert drop(training([2.0, 1.0])) is None


def test_the_error_of_a_rise_is_that_of_repetition():
    chance = np.random.default_rng(0)
    found = [rise(2 + chance.normal(0, 0.3, 50)) for _ in range(400)]
    assert np.std([one.value for one in found]) == pytest.approx(np.mean([one.error for one in found]), rel=0.15)
    assert np.mean([one.low > 0 or one.high < 0 for one in found]) < 0.1
    assert rise(np.array([1.0, 2.0])).low == -np.inf, "of two values nothing is known"


def test_the_gap_has_the_error_of_the_training_losses():
    chance = np.random.default_rng(0)
    found = [validation_gap(training(2 + chance.normal(0, 0.3, 50), validation=(2.5,))) for _ in range(400)]
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=0.02)
    assert np.std([one.value for one in found]) == pytest.approx(np.mean([one.error for one in found]), rel=0.15)
    assert validation_gap(training([2.0, 2.0])) is None


def test_a_difference_of_means_is_zero_for_the_same_values():
    values = np.array([0.1, 0.5, 0.9])
    same = mean_difference(values, values)
    assert same.value == 0
    assert same.low < 0 < same.high
