"""Numbers that several rules read off a training run."""

from dataclasses import dataclass

import numpy as np

from sumtune.diagnose.subject import Array, Training

__all__ = ["Slope", "drop", "ends_of", "learning_slope"]

WINDOW_SHARE = 0.2
FEWEST_FOR_SLOPE = 8


@dataclass(frozen=True)
class Slope:
    """Change of the loss (nats a token) with twice as many examples, and its standard error."""

    per_doubling: float
    error: float
    kind: str
    """Which losses it was fitted to."""

    @property
    def falls(self) -> bool:
        """Whether the loss falls by more than twice the standard error."""
        return self.per_doubling + 2 * self.error < 0


def ends_of(values: Array) -> tuple[float, float]:
    """Mean of the first and of the last fifth."""
    size = max(1, round(WINDOW_SHARE * len(values)))
    return float(values[:size].mean()), float(values[-size:].mean())


def drop(training: Training) -> float | None:
    """Share of the loss that training took away: of validation where it was measured twice, else of training."""
    if len(training.validation_losses) >= 2:
        first, last = float(training.validation_losses[0]), float(training.validation_losses.min())
    elif len(training.losses) >= 10:
        first, last = ends_of(training.losses)
    else:
        return None
    return (first - last) / first if first > 0 else None


def learning_slope(training: Training) -> Slope | None:
    """The learning curve of the first epoch, as a line over the logarithm of the examples seen.

    In the first epoch each batch is new when its loss is taken, so the loss is that of unseen data (prequential
    evaluation, Dawid 1984), and the examples seen are all that was learned from. Least squares over the optimizer
    steps after warm-up; None where they are fewer than eight.
    """
    batch = int(training.settings["train"]["effective_batch_size"])
    epoch = -(-training.examples // batch)
    chosen = (training.steps > training.warmup_steps) & (training.steps <= epoch) & np.isfinite(training.losses)
    if chosen.sum() < FEWEST_FOR_SLOPE:
        return None
    x, y = np.log2(training.steps[chosen] * batch), training.losses[chosen]
    x = x - x.mean()
    slope = float((x * y).sum() / (x * x).sum())
    rest = y - y.mean() - slope * x
    error = float(np.sqrt((rest**2).sum() / (len(y) - 2) / (x * x).sum()))
    return Slope(
        slope, error, f"the losses of the {len(y)} batches of the first epoch, each before it was learned from"
    )
