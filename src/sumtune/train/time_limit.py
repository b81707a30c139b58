"""The end of a training at a given time, whatever the speed of the machine."""

from dataclasses import dataclass, replace
from math import inf

__all__ = ["TimeLimit"]

SMOOTHING = 0.1
"""Weight of the newest optimizer step in the running mean of step times, which averages about the last ten."""


@dataclass(frozen=True)
class TimeLimit:
    """Seconds of training, counted like `TrainState.elapsed_s`; by default there is no limit.

    If steps take longer than measured, everything that follows them is expected to take longer by the same factor.
    """

    seconds: float = inf
    """End of everything that must be done in time."""
    closing_s: float = 0.0
    """Seconds of what follows the last optimizer step: validation, checkpoint and, if it comes next, evaluation."""
    step_s: float = 0.0
    """Seconds of an optimizer step, as they were measured before the training."""
    recent_step_s: float = 0.0
    """Mean seconds of the last optimizer steps; 0 before the first."""

    @property
    def slowdown(self) -> float:
        """Current time of an optimizer step divided by the measured one; at least 1."""
        return max(1.0, self.recent_step_s / self.step_s) if self.step_s else 1.0

    @property
    def training_s(self) -> float:
        """Seconds until the last optimizer step must have ended."""
        return max(0.0, self.seconds - self.closing_s * self.slowdown)

    def share(self, elapsed_s: float) -> float:
        """Return the share of the time for optimizer steps that has passed, from 0 to 1; 0 without a limit."""
        return min(1.0, elapsed_s / self.training_s) if self.training_s else 1.0

    def is_over(self, elapsed_s: float) -> bool:
        """Return whether no optimizer step fits into the time any more."""
        return elapsed_s + max(self.step_s, self.recent_step_s) > self.training_s

    def after_step(self, seconds: float) -> "TimeLimit":
        """Return the limit after an optimizer step that took `seconds`."""
        before = self.recent_step_s or seconds
        return replace(self, recent_step_s=before + SMOOTHING * (seconds - before))
