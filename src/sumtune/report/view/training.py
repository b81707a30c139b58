"""The course of the training: losses, learning rate, sampled scores, and the moment whose adapter is the result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sumtune.report.view.run_files import RunFiles
from sumtune.train.event_log import Event

__all__ = ["Points", "Training", "training_of"]

Points = tuple[tuple[float, float], ...]
MOST_POINTS = 120
"""Points of a curve. With more optimizer steps, each point is the mean of several."""


@dataclass(frozen=True)
class Training:
    """Curves over optimizer steps, and over minutes for scores."""

    losses: Points
    validation_losses: Points
    rates: Points
    sampled: Points
    """ROUGE-1 of a few validation summaries by minute; empty if the run sampled none."""
    steps_a_point: int
    total_steps: int
    kept_step: int
    kept: str
    """Sentence on the moment whose adapter is the result."""
    warnings: tuple[str, ...]


def training_of(files: RunFiles) -> Training | None:
    """Return what the log says about the training; None if there is no log."""
    steps = _named(files.events, "step")
    if not steps:
        return None
    each = -(-len(steps) // MOST_POINTS)
    last = int(steps[-1]["step"])
    kept_step, kept = _kept(files, last)
    return Training(
        losses=_binned(steps, "loss", each),
        validation_losses=tuple((float(one["step"]), float(one["loss"])) for one in _named(files.events, "validation")),
        rates=_binned(steps, "learning_rate", each),
        sampled=tuple((one["elapsed_s"] / 60, float(one["rouge1"])) for one in _named(files.events, "sampled")),
        steps_a_point=each,
        total_steps=last,
        kept_step=kept_step,
        kept=kept,
        warnings=tuple(str(one["message"]) for one in _named(files.events, "warning")),
    )


def _named(events: Sequence[Event], name: str) -> list[Event]:
    return [event for event in events if event["event"] == name]


def _binned(steps: Sequence[Event], key: str, each: int) -> Points:
    """Return the means of `each` steps in a row, without those that are not finite."""
    groups = [steps[start : start + each] for start in range(0, len(steps), each)]
    means = [
        (float(np.mean([one["step"] for one in some])), float(np.mean([one[key] for one in some]))) for some in groups
    ]
    return tuple(point for point in means if np.isfinite(point[1]))


def _kept(files: RunFiles, last: int) -> tuple[int, str]:
    train, step = files.config.train, last
    if train.result == "best" and files.best_step is not None:
        step = files.best_step
        sentence = f"The result is the adapter after optimizer step {step}, which had the lowest validation loss."
    elif train.average_power is None:
        sentence = "The result is the adapter after the last optimizer step."
    else:
        sentence = "The result is the mean of the weights over training, taken after the last optimizer step."
    if files.config.rank.candidates:
        sentence += " It then learned to rank its own summaries, which these curves do not show."
    return step, sentence
