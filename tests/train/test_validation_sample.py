"""A validation is a spread of the examples, and costs little beside the training."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.config import TrainConfig
from sumtune.text.batching import sample_by_length
from sumtune.train.training_plan import TrainingPlan
from sumtune.train.validation_sample import LEAST_TOKENS, TRAINING_SHARE, validation_sample

lengths_of_examples = st.lists(st.integers(1, 20000), min_size=1, max_size=60)


@given(lengths_of_examples, lengths_of_examples, st.integers(1, 4), st.integers(1, 60))
def test_all_validations_together_are_at_most_a_share_of_the_training(
    training: list[int], held_out: list[int], epochs: int, every: int
) -> None:
    plan = TrainingPlan(tuple(training), TrainConfig(epochs=epochs, validate_every_steps=every))
    chosen = validation_sample(held_out, plan)
    tokens = sum(held_out[at] for at in chosen)
    allowed = max(LEAST_TOKENS, TRAINING_SHARE * epochs * sum(training) / plan.validations)
    assert tokens <= allowed or len(chosen) == 1
    assert chosen == sample_by_length(held_out, len(chosen))
    more = sample_by_length(held_out, min(40, 2 * len(chosen) + 2))
    assert len(chosen) == len(more) or sum(held_out[at] for at in more) > allowed


def test_short_dialogues_are_not_limited() -> None:
    plan = TrainingPlan((300,) * 20, TrainConfig(validate_every_steps=1))
    assert len(validation_sample([400] * 50, plan)) == 40


@pytest.mark.parametrize("epochs", [1, 3])
def test_of_long_dialogues_fewer_are_chosen(epochs: int) -> None:
    plan = TrainingPlan((10_000,) * 80, TrainConfig(epochs=epochs, validate_every_steps=20))
    assert plan.validations == epochs + 1
    sample = validation_sample([10_000 + at for at in range(40)], plan)
    assert len(sample) == pytest.approx(TRAINING_SHARE * 80 * epochs / (epochs + 1), abs=1)
    assert {0, 39} <= set(sample), "the shortest and the longest"
