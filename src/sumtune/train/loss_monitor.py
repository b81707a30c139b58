"""Warnings about a training run that diverges or overfits, given as soon as the losses show it."""

from collections import deque
from dataclasses import dataclass, field

__all__ = ["LossMonitor"]

WINDOW = 50
"""Optimizer steps in the moving average of the training loss."""
RISING_FACTOR = 1.25
"""The loss counts as rising when its moving average exceeds the minimum of that average by this factor."""
OVERFITTING_GAP = 0.5
"""A validation loss this far above the training loss (nats per token) is overfitting."""


@dataclass
class LossMonitor:
    """Watches the losses of a run. Each method returns a warning for the user, or None; no warning is repeated."""

    recent: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    lowest: float = float("inf")
    warned: set[str] = field(default_factory=set)

    def step(self, loss: float) -> str | None:
        """Add the training loss of one optimizer step (mean, nats per token); return a warning if it is rising."""
        self.recent.append(loss)
        if len(self.recent) < WINDOW:
            return None
        average = sum(self.recent) / WINDOW
        self.lowest = min(self.lowest, average)
        if average <= self.lowest * RISING_FACTOR:
            return None
        return self._once(
            "rising",
            f"The training loss is rising: {average:.2f} over the last {WINDOW} steps, after {self.lowest:.2f}. "
            "The learning rate may be too high: if the scores are bad, train again with half of train.learning_rate.",
        )

    def validation(self, loss: float) -> str | None:
        """Return a warning if the validation `loss` (mean, nats per token) is far above the training loss."""
        if len(self.recent) < WINDOW:
            return None
        average = sum(self.recent) / WINDOW
        if loss <= average + OVERFITTING_GAP:
            return None
        return self._once(
            "gap",
            f"The validation loss ({loss:.2f}) is far above the training loss ({average:.2f}): the model is "
            "overfitting. If the scores get worse, train for fewer epochs.",
        )

    def _once(self, code: str, message: str) -> str | None:
        if code in self.warned:
            return None
        self.warned.add(code)
        return message
