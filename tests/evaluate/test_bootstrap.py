import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.evaluate import bootstrap
from sumtune.evaluate.bootstrap import interval


def generator(seed=0):
    return np.random.default_rng(seed)


def slow_interval(values, resamples, seed):
    """One resample at a time, by drawing examples, percentiles by sorting."""
    drawn = generator(seed)
    means = sorted(values[drawn.integers(len(values), size=len(values))].mean() for _ in range(resamples))
    return means[int(0.025 * resamples)], means[int(0.975 * resamples) - 1]


def test_agrees_with_drawing_examples_one_resample_at_a_time():
    values = generator(1).beta(2, 5, size=60)
    low, high = interval(values, 2)
    slow_low, slow_high = slow_interval(values, 10_000, seed=3)
    width = high - low
    assert low == pytest.approx(slow_low, abs=0.05 * width)
    assert high == pytest.approx(slow_high, abs=0.05 * width)


def test_agrees_with_the_normal_approximation_on_gaussian_data():
    values = generator(4).normal(0.4, 0.1, size=500)
    half = 1.959964 * values.std() / np.sqrt(len(values))
    low, high = interval(values, 5)
    assert low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.05 * half)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_lies_around_the_mean_and_within_the_values(values):
    array = np.array(values)
    low, high = interval(array, 0, resamples=500)
    assert low <= array.mean() <= high
    assert array.min() - 1e-12 <= low
    assert high <= array.max() + 1e-12


def test_shrinks_with_the_number_of_examples_and_grows_with_the_level():
    values = generator(6).random(1600)
    few, many = (np.subtract(*interval(part, 0)[::-1]) for part in (values[:100], values))
    assert many == pytest.approx(few / 4, rel=0.25)
    wide = np.subtract(*interval(values, 0, level=0.99)[::-1])
    assert wide > many


def test_equal_values_have_no_width():
    low, high = interval(np.full(7, 0.1), 0)
    assert high - low == pytest.approx(0, abs=1e-15)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = generator(7).random((50, 4))
    assert np.array_equal(interval(values, 1), interval(values, 1))
    assert not np.array_equal(interval(values, 1), interval(values, 2))


def test_each_metric_gets_the_interval_it_has_alone():
    values = generator(8).random((40, 3))
    low, high = interval(values, 9)
    assert low.shape == high.shape == (3,)
    for column in range(3):
        alone = interval(values[:, column], 9)
        assert (low[column], high[column]) == pytest.approx(alone)


def test_chunks_change_nothing_but_memory(monkeypatch):
    values = generator(10).random((30, 2))
    whole = interval(values, 11, resamples=1_001)
    monkeypatch.setattr(bootstrap, "_CHUNK_CELLS", 300)
    assert np.allclose(whole, interval(values, 11, resamples=1_001))


def test_a_thousand_examples_take_less_than_two_seconds():
    values = generator(12).random((1_000, 4))
    start = time.process_time()
    interval(values, 0)
    assert time.process_time() - start < 2


def test_no_example_and_no_level_are_errors():
    with pytest.raises(ValueError, match="at least one"):
        interval(np.empty((0, 4)), 0)
    with pytest.raises(ValueError, match="level"):
        interval(np.ones(3), 0, level=95)
