"""`--within`: settings that let a run end in time, and what is left of the time."""

import time
from dataclasses import asdict, dataclass, replace
from statistics import mean
from typing import Any

from sumtune.commands.run_record import known_record, update_record
from sumtune.config import Config
from sumtune.files.run_dir import RunDir
from sumtune.forecast.evaluation import EvaluationCosts
from sumtune.forecast.forecast import Forecast, forecast, measure
from sumtune.forecast.within import Choice, choose, finishing_seconds
from sumtune.terminal.progress import duration
from sumtune.train.event_log import read_events
from sumtune.train.session import Session
from sumtune.train.time_limit import TimeLimit

__all__ = ["Deadline", "choice_record", "choose_within", "evaluated_in_time", "recorded_choice", "with_recorded_choice"]

RECORD = "within"
"""Entry of `run.json` with the choice."""
RECENT_STEPS = 20
FEWEST_SCORED = 8
"""Fewest examples that are scored, even if the machine has become slow."""


@dataclass(frozen=True)
class Deadline:
    """The end of a command, in seconds of the monotonic clock."""

    at: float
    within_s: float
    """Seconds that the whole run has."""

    @classmethod
    def of(cls, config: Config, started: float | None) -> "Deadline | None":
        """Return the deadline of a command that began at time `started` (None: now); None if it has no time limit."""
        within_s, started = config.train.within, time.monotonic() if started is None else started
        return None if within_s is None else cls(started + within_s, within_s)

    def left_s(self) -> float:
        """Return the seconds that are left; negative if the time is over."""
        return self.at - time.monotonic()

    def used(self, earlier_s: float) -> str:
        """Return a line with the time that a run has taken, `earlier_s` of it in earlier commands."""
        used_s = self.within_s - self.after(earlier_s).left_s()
        return f"The run took {duration(used_s)} of {duration(self.within_s)}."

    def after(self, seconds: float) -> "Deadline":
        """Return the deadline of a run that was trained for `seconds` before this command."""
        return replace(self, at=self.at - seconds)

    def limit(self, choice: Choice, sampling_s: float, elapsed_s: float) -> TimeLimit:
        """Return the limit of a training that has lasted `elapsed_s` and now continues."""
        seconds = elapsed_s + self.left_s() - finishing_seconds(self.within_s)
        return TimeLimit(max(0.0, seconds), choice.closing_s + sampling_s, choice.step_s)


def recorded_choice(run_dir: RunDir) -> Choice | None:
    """Return what was chosen for the run in the folder; None if it has no time limit, or the record cannot be read."""
    try:
        return Choice.load(known_record(run_dir)[RECORD])
    except (KeyError, TypeError):
        return None


def choice_record(choice: Choice | None) -> dict[str, Any]:
    """Return the entry of `run.json` that records `choice`; an empty one for a run without a time limit."""
    return {} if choice is None else {RECORD: asdict(choice)}


def with_recorded_choice(config: Config, run_dir: RunDir) -> Config:
    """Return `config` with what was chosen for the run in the folder, if that run had the same time limit."""
    before = known_record(run_dir).get("config", {}).get("train", {}).get("within")
    choice = recorded_choice(run_dir)
    same = choice is not None and config.train.within == before
    return choice.applied_to(config) if choice is not None and same else config


def choose_within(
    session: Session, evaluation: EvaluationCosts | None, deadline: Deadline
) -> tuple[Session, Forecast, Choice]:
    """Return the session with settings that let it end in time, its forecast, and these settings.

    Raises:
        ConfigError: the time is too short.
    """
    measured = measure(session)
    choice = choose(session.config, session.plan, measured.costs, evaluation, deadline.left_s())
    session = session.with_settings(choice.applied_to(session.config))
    expected = forecast(session, choice.evaluation_s, measured=measured)
    return session, replace(expected, training_s=choice.training_s), choice


def evaluated_in_time(config: Config, run_dir: RunDir, deadline: Deadline) -> Config:
    """Return `config` with as many examples to score as fit into the time that is left; record their number."""
    choice = recorded_choice(run_dir)
    if choice is None or choice.evaluation is None:
        return config
    left_s = deadline.left_s() - finishing_seconds(deadline.within_s)
    affordable = choice.evaluation.affordable(left_s / _slowdown(run_dir, choice.step_s))
    choice = replace(choice, scored=max(min(FEWEST_SCORED, choice.evaluation.examples), affordable))
    config = choice.applied_to(config)
    recorded = known_record(run_dir)["config"] | {"evaluate": config.evaluate.model_dump(mode="json")}
    update_record(run_dir, choice_record(choice) | {"config": recorded})
    return config


def _slowdown(run_dir: RunDir, step_s: float) -> float:
    """Return how many times as long as expected the last optimizer steps took; at least 1."""
    steps = [event["seconds"] for event in read_events(run_dir.train_metrics) if event["event"] == "step"]
    return max(1.0, mean(steps[-RECENT_STEPS:]) / step_s) if steps else 1.0
