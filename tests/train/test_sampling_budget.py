import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.train.sampling_budget import LEAST_EXAMPLES, SHARE, SamplingBudget, sample_size

seconds = st.floats(1e-3, 1e4)


@given(st.lists(seconds, min_size=1, max_size=40), seconds)
def test_sampling_never_takes_more_than_its_share(gaps: list[float], one: float) -> None:
    budget, elapsed = SamplingBudget(one), 0.0
    for gap in gaps:
        elapsed += gap
        if budget.allows(elapsed):
            budget = budget.after(one)
            elapsed += one
        assert budget.spent_s <= SHARE * elapsed + 1e-9


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=40), seconds)
def test_what_takes_longer_than_expected_is_made_up_for(gaps: list[tuple[float, float]], expected: float) -> None:
    budget, elapsed = SamplingBudget(expected), 0.0
    for gap, actual in gaps:
        elapsed += gap
        if budget.allows(elapsed):
            assert budget.spent_s + budget.next_s <= SHARE * elapsed
            budget = budget.after(actual)
            assert budget.next_s == actual
            elapsed += actual


@given(seconds, st.integers(2, 60), seconds)
def test_the_forecast_counts_the_samples_that_training_takes(training_s: float, validations: int, one: float) -> None:
    budget, elapsed = SamplingBudget(one), 0.0
    for at in range(validations):
        elapsed = training_s * at / (validations - 1) + budget.spent_s
        budget = budget.after(one) if budget.allows(elapsed) else budget
    forecast = SamplingBudget(one).after_training(training_s, validations)
    assert forecast.spent_s == pytest.approx(budget.spent_s)
    assert forecast.spent_s <= SHARE * (training_s + forecast.spent_s) + 1e-9


@given(st.integers(0, 100), seconds, seconds)
def test_fewer_summaries_if_the_time_is_short_but_enough_to_mean_something(
    wanted: int, summary_s: float, training_s: float
) -> None:
    count = sample_size(wanted, summary_s, training_s)
    assert min(wanted, LEAST_EXAMPLES) <= count <= wanted
    assert count <= max(LEAST_EXAMPLES, SHARE * training_s / summary_s)
    assert sample_size(wanted, summary_s, 2 * training_s) >= count
