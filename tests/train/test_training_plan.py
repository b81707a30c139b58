from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.config import TrainConfig
from sumtune.text.batching import micro_batches
from sumtune.train.lr_schedule import learning_rate, warmup_length
from sumtune.train.training_plan import TrainingPlan

schedules = st.sampled_from(["linear", "cosine"])


@given(st.integers(0, 500), st.integers(1, 5000))
def test_warm_up_is_as_set_but_at_most_a_tenth(wanted: int, total: int) -> None:
    length = warmup_length(wanted, total)
    assert length <= wanted
    assert length <= total / 10
    assert length == wanted or length + 1 > total / 10


@given(schedules, st.integers(1, 600), st.integers(0, 200))
def test_the_rate_rises_to_its_peak_and_falls_to_nearly_zero(schedule: str, total: int, wanted: int) -> None:
    warmup = warmup_length(wanted, total)
    rates = [learning_rate(step, total, 3e-4, warmup, schedule) for step in range(total)]
    top = max(range(total), key=rates.__getitem__)
    assert max(rates) == pytest.approx(3e-4)
    assert all(0 < rate <= 3e-4 * (1 + 1e-9) for rate in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert top <= warmup
    assert rates[-1] <= 3e-4 * (1 / (total - warmup) + 1e-9)


def test_warm_up_is_linear_and_the_first_step_learns() -> None:
    rates = [learning_rate(step, 100, 1.0, 10, "linear") for step in range(11)]
    assert rates == pytest.approx([step / 10 for step in range(1, 11)] + [1.0])


def test_cosine_and_linear_meet_in_the_middle_and_differ_elsewhere() -> None:
    def at(step: int, schedule: str) -> float:
        return learning_rate(step, 100, 1.0, 0, schedule)

    assert at(50, "cosine") == pytest.approx(at(50, "linear")) == pytest.approx(0.5)
    assert at(25, "cosine") > at(25, "linear")
    assert at(75, "cosine") < at(75, "linear")


@st.composite
def plans(draw: st.DrawFn) -> TrainingPlan:
    lengths = draw(st.lists(st.integers(1, 200), min_size=1, max_size=90))
    values = {
        "epochs": draw(st.integers(1, 4)),
        "effective_batch_size": draw(st.integers(1, 9)),
        "validate_every_steps": draw(st.integers(1, 40)),
        "seed": draw(st.integers(0, 3)),
    }
    return TrainingPlan(tuple(lengths), TrainConfig(**values))


@given(plans())
def test_every_example_once_an_epoch(plan: TrainingPlan) -> None:
    for epoch in range(plan.settings.epochs):
        steps = range(epoch * plan.steps_per_epoch, (epoch + 1) * plan.steps_per_epoch)
        assert sorted(at for step in steps for at in plan.batch(step)) == list(range(len(plan.lengths)))
    assert plan.total_steps == plan.steps_per_epoch * plan.settings.epochs


@given(plans())
def test_validation_comes_at_the_start_regularly_and_at_each_epoch_end(plan: TrainingPlan) -> None:
    validated = [step for step in range(plan.total_steps + 1) if plan.validates_at(step)]
    every = plan.settings.validate_every_steps
    assert validated[0] == 0
    assert validated[-1] == plan.total_steps
    assert max((b - a for a, b in pairwise(validated)), default=0) <= every
    assert plan.validations == len(validated)
    ends = [step for step in range(plan.total_steps + 1) if plan.epoch_ended_at(step) is not None]
    assert [plan.epoch_ended_at(step) for step in ends] == list(range(1, plan.settings.epochs + 1))
    assert set(ends) <= set(validated)


def test_epochs_have_orders_of_their_own() -> None:
    plan = TrainingPlan(tuple(range(10, 90)), TrainConfig(epochs=2, effective_batch_size=8))
    assert [plan.batch(step) for step in range(10)] != [plan.batch(step) for step in range(10, 20)]


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        (0, [1, 1, 1, 1, 1]),
        (1, [1, 2, 3, 4, 5]),
        (2, [1 * 2, 2 * 3, 3 * 4, 4 * 5, 5 * 6]),
        (None, [0, 0, 0, 0, 1]),
    ],
)
def test_steps_enter_the_average_by_their_number_to_the_power(power: float | None, expected: list[int]) -> None:
    plan, shares = TrainingPlan((1,) * 20, TrainConfig(average_power=power)), []
    for step in range(5):
        decay = plan.average_decay(step)
        shares = [share * decay for share in shares] + [1 - decay]
    assert shares == pytest.approx([weight / sum(expected) for weight in expected])


@given(st.lists(st.integers(1, 900), min_size=1, max_size=40), st.integers(1, 9), st.integers(64, 2000))
def test_on_a_gpu_a_micro_batch_holds_any_whole_step(lengths: list[int], together: int, budget: int) -> None:
    plan = TrainingPlan(tuple(lengths), TrainConfig(effective_batch_size=together, micro_batch_tokens=budget))
    assert plan.micro_batch_tokens(whole_steps=False) == budget
    whole = plan.micro_batch_tokens(whole_steps=True)
    for step in range(plan.steps_per_epoch):
        batch = plan.batch(step)
        assert len(micro_batches(batch, lengths, whole)) == 1


@given(plans(), st.floats(0, 1), st.floats(0, 1))
def test_the_rate_follows_whichever_is_further_the_steps_or_the_time(
    plan: TrainingPlan, share: float, later: float
) -> None:
    peak, steps = plan.settings.learning_rate, range(plan.total_steps)
    for step in steps:
        rate = plan.learning_rate(step, share)
        assert 0 <= rate <= peak
        if share * plan.total_steps <= step:
            assert rate == plan.learning_rate(step)
        elif step >= plan.warmup_steps:
            assert rate <= plan.learning_rate(step)
            assert plan.learning_rate(step, max(share, later)) <= rate
    assert plan.learning_rate(0, 1.0) == pytest.approx(0, abs=1e-12)
