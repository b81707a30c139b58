"""The forecast of a run beside what it took and reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sumtune.evaluate.scorecard import TUNED, Scorecard

__all__ = ["Promise", "promises_of"]

COSTS = {
    "training_s": ("Training", "s"), "evaluation_s": ("Evaluation", "s"), "peak_memory_bytes": ("Memory", "bytes"),
}  # fmt: skip
"""Name and unit of each key in `run.json`."""
ABOUT = 0.1
"""Relative difference up to which a forecast was about right."""


@dataclass(frozen=True)
class Promise:
    """One quantity as it was forecast and as it was."""

    name: str
    unit: str
    forecast: tuple[float, ...]
    """The value, or both ends of its interval."""
    actual: float

    @property
    def remark(self) -> str:
        """How the actual value compares with the forecast."""
        low, high = self.forecast[0], self.forecast[-1]
        if low < high:
            return "above it" if self.actual > high else "below it" if self.actual < low else "inside it"
        change = self.actual / low - 1
        return "about the same" if abs(change) <= ABOUT else f"{abs(change):.0%} {'more' if change > 0 else 'less'}"


def promises_of(record: Mapping[str, Any], scorecard: Scorecard) -> tuple[Promise, ...]:
    """Return every quantity whose forecast and actual value are known.

    Time and memory of a resumed run are left out, because their forecast covers only the rest of the run.
    """
    forecast, actual = record.get("forecast") or {}, {**record, **(record.get("actual") or {})}
    return (*([] if forecast.get("after_step") else _costs(forecast, actual)), *_scores(forecast, scorecard))


def _costs(forecast: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[Promise]:
    training_s = forecast.get("training_s", 0.0) + sum((forecast.get("rank_s") or {}).values())
    before = {**forecast, "training_s": training_s}
    for key, (name, unit) in COSTS.items():
        if before.get(key) and actual.get(key):
            yield Promise(name, unit, (before[key],), actual[key])


def _scores(forecast: Mapping[str, Any], scorecard: Scorecard) -> Iterator[Promise]:
    for metric, (low, high) in (forecast.get("expected") or {}).items():
        if metric in scorecard.systems[TUNED].metrics:
            yield Promise(metric, "score", (low, high), scorecard.systems[TUNED].metrics[metric].mean)
