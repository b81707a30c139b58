"""What a run can do within a given time: how long it trains, and how many examples are scored afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any, Self

from sumtune.config import Config
from sumtune.errors import ConfigError
from sumtune.forecast.evaluation import EvaluationCosts
from sumtune.forecast.timing import TrainingCosts
from sumtune.train.sampling_budget import SHARE
from sumtune.train.training_plan import TrainingPlan

__all__ = ["Choice", "choose", "finishing_seconds"]

MOST_EPOCHS = 10
"""Most epochs, however few examples there are."""
ENOUGH_STEPS = 1200
"""More optimizer steps are not expected to raise the score: `quality` takes about as many on SAMSum."""
LEAST_STEPS = 50
"""Fewest optimizer steps, or one epoch, after which summaries are useful: 200 examples of SAMSum lift ROUGE-1 of the
embedded model from 0.09 to 0.39; the best baseline has 0.33."""
LEAST_SCORED = 32
"""Fewest examples to score, if there are as many."""
EVALUATION_SHARE = 0.15
"""Share of the time for the evaluation. It takes less if all examples take less, and more if the fewest take more."""
MOST_EVALUATION_SHARE = 0.3
"""If evaluating the fewest examples takes a larger share, the base model is left out, and then beam search."""
GREEDY_SHARE = 0.5
"""Assumed time of a greedy summary relative to one with beam search."""
SAVING_S = 1.0
"""Seconds of writing a checkpoint and the adapter."""
MORE_STEPS = 1.25
"""Planned optimizer steps relative to the expected ones, so that the time ends the training, not the plan."""


@dataclass(frozen=True)
class Choice:
    """Settings of a run that must end in time, and what is expected of them."""

    epochs: int
    """Epochs of the plan; the time may end them."""
    beams: int
    base: bool
    """Whether the base model is scored, too."""
    scored: int
    """Examples to score; 0 without an evaluation."""
    steps: int
    """Expected optimizer steps."""
    planned_steps: int
    """Optimizer steps of the plan. If fewer are expected, the time ends the training."""
    step_examples: int
    """Examples in an optimizer step."""
    step_s: float
    """Measured seconds of an optimizer step."""
    training_s: float
    """Expected seconds of the training."""
    closing_s: float
    """Expected seconds from the last optimizer step to the end of the evaluation."""
    evaluation: EvaluationCosts | None
    """Costs of the evaluation with these settings; None without one."""

    @classmethod
    def load(cls, recorded: Mapping[str, Any]) -> Self:
        """Return the choice that `dataclasses.asdict` turned into `recorded`."""
        evaluation = recorded["evaluation"]
        return cls(**{**recorded, "evaluation": None if evaluation is None else EvaluationCosts(**evaluation)})

    @property
    def read_epochs(self) -> int:
        """Expected number of epochs, rounded; at least 1."""
        return max(1, round(self.steps * self.epochs / self.planned_steps))

    def as_read(self, config: Config) -> Config:
        """Return `config` with `read_epochs`, for a forecast of the scores."""
        return config.model_copy(update={"train": config.train.model_copy(update={"epochs": self.read_epochs})})

    @property
    def read_examples(self) -> int:
        """Expected number of examples that are read in all epochs together."""
        return self.steps * self.step_examples

    @property
    def evaluation_s(self) -> float | None:
        """Expected seconds of the evaluation; None without one."""
        return None if self.evaluation is None else self.evaluation.seconds(self.scored)

    def applied_to(self, config: Config) -> Config:
        """Return `config` with these settings."""
        evaluate = {"base": self.base} | ({"max_examples": self.scored} if self.scored else {})
        changes = {"train": {"epochs": self.epochs}, "decode": {"beams": self.beams}, "evaluate": evaluate}
        return config.model_copy(
            update={name: getattr(config, name).model_copy(update=values) for name, values in changes.items()}
        )


def finishing_seconds(within_s: float) -> float:
    """Return the seconds reserved for diagnosis, report, card and the end of the process, and as a margin."""
    return 5.0 + 0.03 * within_s


def choose(
    config: Config, plan: TrainingPlan, costs: TrainingCosts, evaluation: EvaluationCosts | None, left_s: float
) -> Choice:
    """Return what fits into `left_s`, the rest of `config.train.within`; `evaluation` is None if nothing is scored.

    Raises:
        ConfigError: the time is too short for a useful result; the message names the shortest time that is enough.
    """
    within_s = config.train.within or left_s
    used_s, fit = within_s - left_s, partial(_fit, config, plan, costs, evaluation)
    if (choice := fit(within_s, left_s)) is not None:
        return choice
    least_s = within_s
    while fit(least_s, least_s - used_s) is None:
        least_s = 10.0 * ceil(1.02 * least_s / 10 + 0.1)
    raise ConfigError(
        f"train.within={within_s:.0f}s is too short for a useful result: preparing and measuring took {used_s:.0f} s, "
        f"and too little is left for training and scoring. Give at least --within {least_s:.0f}s."
    )


def _fit(
    config: Config, plan: TrainingPlan, costs: TrainingCosts, evaluation: EvaluationCosts | None, within_s: float,
    left_s: float,
) -> Choice | None:  # fmt: skip
    """Return what fits into `left_s`, the rest of `within_s`; None if nothing useful does."""
    beams, base, evaluation = _evaluation(config, evaluation, within_s)
    scored, evaluation_s = 0, 0.0
    if evaluation is not None:
        scored = max(_fewest(evaluation), evaluation.affordable(EVALUATION_SHARE * within_s))
        evaluation_s = evaluation.seconds(scored)
    step_s = costs.epoch / plan.steps_per_epoch + costs.update
    closing_s = costs.validation + SAVING_S + evaluation_s
    # Validations in between and sampled summaries, divided by the steps.
    between = min(plan.settings.validate_every_steps, plan.steps_per_epoch)
    each_s = (step_s + costs.validation / between) / (1 - (SHARE if costs.sampled_summary else 0.0))
    steps = int((left_s - finishing_seconds(within_s) - closing_s) / each_s)
    if steps < min(LEAST_STEPS, plan.steps_per_epoch):
        return None
    most = min(MOST_EPOCHS, max(config.train.epochs, ceil(ENOUGH_STEPS / plan.steps_per_epoch)))
    epochs = min(most, ceil(MORE_STEPS * steps / plan.steps_per_epoch))
    steps = min(steps, epochs * plan.steps_per_epoch)
    return Choice(
        epochs=epochs, beams=beams, base=base, scored=scored, steps=steps,
        planned_steps=epochs * plan.steps_per_epoch, step_examples=plan.settings.effective_batch_size,
        step_s=step_s, closing_s=closing_s, evaluation=evaluation,
        training_s=steps * each_s + costs.validation + SAVING_S,
    )  # fmt: skip


def _fewest(evaluation: EvaluationCosts) -> int:
    return min(LEAST_SCORED, evaluation.examples)


def _evaluation(
    config: Config, evaluation: EvaluationCosts | None, within_s: float
) -> tuple[int, bool, EvaluationCosts | None]:
    """Return the beams, whether the base model is scored, and the costs of that."""
    beams, base, most_s = config.decode.beams, config.evaluate.base, MOST_EVALUATION_SHARE * within_s
    if evaluation is None:
        return beams, base, None
    if base and evaluation.seconds(_fewest(evaluation)) > most_s:
        base, evaluation = False, replace(evaluation, base_setup_s=0.0, base_example_s=0.0)
    if beams > 1 and evaluation.seconds(_fewest(evaluation)) > most_s:
        beams, evaluation = 1, replace(evaluation, example_s=GREEDY_SHARE * evaluation.example_s)
    return beams, base, evaluation
