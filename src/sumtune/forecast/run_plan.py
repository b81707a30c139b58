"""Forecasts of runs with different presets: time, memory and scores."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sumtune.forecast.learning_curve import MoreData
from sumtune.forecast.score_forecast import ScoreForecast

if TYPE_CHECKING:
    from sumtune.forecast.within import Choice  # which imports PyTorch

__all__ = ["PresetPlan", "RunPlan"]


@dataclass(frozen=True)
class PresetPlan:
    """Time, memory and scores of a run with one preset; None for what was not measured."""

    preset: str
    scores: ScoreForecast
    training_s: float | None = None
    evaluation_s: float | None = None
    peak_memory_bytes: int | None = None
    within_s: float | None = None
    """Seconds in which the run must end; None without a limit."""
    choice: "Choice | None" = None
    """What was chosen for a run that must end in time; None without a limit."""


@dataclass(frozen=True)
class RunPlan:
    """The answer of `sumtune plan`."""

    data: str
    counts: Mapping[str, int]
    """Examples of each split."""
    scored: int
    model: str
    presets: tuple[PresetPlan, ...]
    baselines: Mapping[str, Mapping[str, float]]
    """Mean scores of lead-3 and longest-3 on a sample of the data, by metric."""
    level: float
    """Share of runs whose score should lie in its interval."""
    pilot_steps: int | None
    """Optimizer steps of the pilot; None without one."""
    precision: str | None
    more_data: MoreData | None
    cores: int = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
