"""What fits into a given time."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sumtune.config import Config, EvaluateConfig, TrainConfig
from sumtune.config_resolution import resolve
from sumtune.errors import ConfigError
from sumtune.forecast.evaluation import EvaluationCosts
from sumtune.forecast.timing import TrainingCosts
from sumtune.forecast.within import EVALUATION_SHARE, LEAST_SCORED, Choice, choose, finishing_seconds
from sumtune.train.training_plan import TrainingPlan

SAMSUM = TrainingPlan((260,) * 1614, TrainConfig())
COSTS = TrainingCosts(epoch=280.0, update=0.02, validation=6.0, sampled_summary=0.1)
EVALUATION = EvaluationCosts(380, setup_s=6.0, example_s=0.13, base_setup_s=2.0, base_example_s=0.08)


def chosen(within_s: float, plan: TrainingPlan = SAMSUM, costs: TrainingCosts = COSTS, used_s: float = 40.0,
           evaluation: EvaluationCosts | None = EVALUATION) -> Choice:  # fmt: skip
    config = Config(train=plan.settings.model_copy(update={"within": within_s}))
    return choose(config, plan, costs, evaluation, within_s - used_s)


costs = st.builds(TrainingCosts, st.floats(0.1, 1e4), st.floats(0, 1), st.floats(0.01, 100), st.just(0.0),
                  st.just(0.0), st.floats(0, 5))  # fmt: skip
evaluations = st.none() | st.builds(EvaluationCosts, st.integers(1, 2000), st.floats(0, 60), st.floats(1e-3, 20),
                                    st.floats(0, 60), st.floats(0, 20))  # fmt: skip


@given(st.floats(10, 1e5), st.integers(1, 5000), costs, evaluations, st.floats(0, 100))
def test_what_is_chosen_fits_into_the_time(
    within_s: float, examples: int, spent: TrainingCosts, evaluation: EvaluationCosts | None, used_s: float
) -> None:
    plan = TrainingPlan((100,) * examples, TrainConfig())
    try:
        choice = chosen(within_s, plan, spent, used_s, evaluation)
    except ConfigError:
        assume(False)
    took = used_s + choice.training_s + (choice.evaluation_s or 0.0) + finishing_seconds(within_s)
    assert took <= within_s * (1 + 1e-9)
    assert choice.steps >= min(50, plan.steps_per_epoch)
    assert (choice.scored == 0) == (evaluation is None)
    if evaluation is not None:
        assert min(LEAST_SCORED, evaluation.examples) <= choice.scored <= evaluation.examples
    if choice.steps < choice.planned_steps:  # the time ends it
        assert took >= within_s - 2 * choice.training_s / choice.steps - 1
    assert Choice.load({**vars(choice), "evaluation": choice.evaluation and vars(choice.evaluation)}) == choice


@given(st.floats(10, 2000), costs, evaluations, st.floats(0, 100))
def test_the_least_time_that_is_named_is_enough(
    within_s: float, spent: TrainingCosts, evaluation: EvaluationCosts | None, used_s: float
) -> None:
    try:
        chosen(within_s, SAMSUM, spent, used_s, evaluation)
        assume(False)
    except ConfigError as error:
        least = float(str(error).split("--within ")[1].rstrip("s."))
    assert least > within_s
    chosen(least, SAMSUM, spent, used_s, evaluation)


def test_more_time_is_more_training_until_it_is_enough() -> None:
    short, middle, long, day = (chosen(60.0 * minutes) for minutes in (3, 10, 30, 1440))
    assert short.steps < 404 < middle.steps < long.steps == day.steps
    assert (long.epochs, long.planned_steps) == (3, 1212)
    assert short.scored < middle.scored == long.scored == 380
    assert all(one.base and one.beams == 4 for one in (short, middle, long, day))
    few = chosen(3600.0, TrainingPlan((260,) * 100, TrainConfig()), replace(COSTS, epoch=20.0))
    assert (few.epochs, few.steps) == (10, 250)


def test_a_plan_has_more_steps_than_the_time_so_that_the_time_ends_it() -> None:
    choice = chosen(300.0)
    assert choice.steps < choice.planned_steps


def test_a_short_evaluation_leaves_out_the_base_model_then_the_beams() -> None:
    dear = EvaluationCosts(380, setup_s=5.0, example_s=0.5, base_setup_s=5.0, base_example_s=2.0)
    assert (chosen(900.0, evaluation=dear).base, chosen(900.0, evaluation=dear).beams) == (True, 4)
    cheaper = chosen(200.0, evaluation=dear)
    assert (cheaper.base, cheaper.beams, cheaper.scored) == (False, 4, 50)
    slow = replace(dear, example_s=2.0)
    assert (chosen(200.0, evaluation=slow).base, chosen(200.0, evaluation=slow).beams) == (False, 1)
    assert chosen(200.0, evaluation=slow).evaluation_s == pytest.approx(5 + LEAST_SCORED * 1.0)
    assert cheaper.evaluation_s == pytest.approx(EVALUATION_SHARE * 200)


def test_the_choice_becomes_settings() -> None:
    config = chosen(180.0).applied_to(Config(evaluate=EvaluateConfig(shown_examples=1)))
    assert config.evaluate.max_examples == chosen(180.0).scored
    assert config.evaluate.shown_examples == 1
    assert config.train.epochs == chosen(180.0).epochs


@pytest.mark.parametrize(
    ("text", "seconds"), [("45m", 2700), ("1h30m", 5400), ("90s", 90), ("90", 90), (" 1 H ", 3600), ("1.5m", 90)]
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert resolve(overrides={"train.within": text}).train.within == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 days", "m", "-3m", "0m", "1m2h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"train\.within"):
        resolve(overrides={"train.within": text})


@pytest.mark.parametrize("settings", [{"train.within": "9m"}, {"train.stop_early": True}])
def test_learning_to_rank_has_no_time_limit(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"cannot be combined with rank\.candidates"):
        resolve("best", overrides=settings)
