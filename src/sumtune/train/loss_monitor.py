"""Signs that a training run goes wrong, said when they appear."""

from collections import deque
from dataclasses import dataclass, field

__all__ = ["LossMonitor"]

WINDOW = 50
"""Optimizer steps that a moving average looks at."""
RISE = 1.25
"""A moving average this many times its lowest is a rising loss."""
GAP = 0.5
"""Validation loss this far (nats a token) above training loss is overfitting."""


@dataclass
class LossMonitor:
    """Watches losses; each method returns a warning for the user, or None. A warning is given once."""

    recent: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    lowest: float = float("inf")
    said: set[str] = field(default_factory=set)

    def step(self, loss: float) -> str | None:
        """What the training loss of one optimizer step shows."""
        self.recent.append(loss)
        if len(self.recent) < WINDOW:
            return None
        average = sum(self.recent) / WINDOW
        self.lowest = min(self.lowest, average)
        if average <= self.lowest * RISE:
            return None
        return self._once(
            "rising",
            f"The training loss is rising: {average:.2f} over the last {WINDOW} steps, after {self.lowest:.2f}. "
            "The learning rate may be too high: if the scores are bad, train again with half of train.learning_rate.",
        )

    def validation(self, loss: float) -> str | None:
        """What a validation loss shows beside the training loss."""
        if len(self.recent) < WINDOW:
            return None
        average = sum(self.recent) / WINDOW
        if loss <= average + GAP:
            return None
        return self._once(
            "gap",
            f"The validation loss ({loss:.2f}) is far above the training loss ({average:.2f}): the model begins to "
            "learn by heart. Where the scores are worse than before, train for fewer epochs.",
        )

    def _once(self, code: str, message: str) -> str | None:
        if code in self.said:
            return None
        self.said.add(code)
        return message
