"""Statistics of the training and validation losses, each with its standard error."""

from dataclasses import dataclass

import numpy as np

from sumtune.diagnose.context import Array, Training

__all__ = [
    "Measurement",
    "Slope",
    "drop",
    "end_means",
    "learning_slope",
    "mean_difference",
    "rise",
    "training_drop",
    "validation_gap",
]

WINDOW_SHARE = 0.2
FEWEST_FOR_SLOPE = 8
FEWEST_LOSSES = 10


@dataclass(frozen=True)
class Measurement:
    """A value and its standard error. A claim about the value must hold for the whole range from `low` to `high`."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """The value minus two standard errors."""
        return self.value - 2 * self.error

    @property
    def high(self) -> float:
        """The value plus two standard errors."""
        return self.value + 2 * self.error


@dataclass(frozen=True)
class Slope(Measurement):
    """Change of the loss (nats per token) for each doubling of the examples."""

    kind: str
    """Description of the losses to which the slope was fitted."""

    @property
    def falls(self) -> bool:
        """Whether the interval lies below zero."""
        return self.high < 0


def end_means(values: Array) -> tuple[float, float]:
    """Return the mean of the first fifth and the mean of the last fifth."""
    first, last = _ends(values)
    return float(first.mean()), float(last.mean())


def rise(values: Array) -> Measurement:
    """Return the mean of the last fifth minus the mean of the first fifth.

    The standard error is infinite if a fifth is only one value.
    """
    first, last = _ends(values)
    return mean_difference(last, first)


def mean_difference(one: Array, other: Array) -> Measurement:
    """Return the mean of `one` minus the mean of `other`, two independent samples (Welch 1947)."""
    error = float(np.hypot(_mean_error(one), _mean_error(other)))
    return Measurement(float(one.mean() - other.mean()), error)


def drop(training: Training) -> Measurement | None:
    """Return how far the loss fell in training, as a share of the first loss.

    Uses the validation loss if it was measured at least twice, otherwise the training loss. Every validation uses the
    same examples, so the difference between two validation losses counts as free of error.
    """
    if len(training.validation_losses) >= 2:
        first = float(training.validation_losses[0])
        return Measurement(1 - float(training.validation_losses.min()) / first, 0.0) if first > 0 else None
    return training_drop(training)


def training_drop(training: Training) -> Measurement | None:
    """Return how far the training loss fell, as a share of its first fifth; None if it has fewer than ten values."""
    if len(training.losses) < FEWEST_LOSSES:
        return None
    change, first = rise(training.losses), end_means(training.losses)[0]
    return Measurement(-change.value / first, change.error / first) if first > 0 else None


def validation_gap(training: Training) -> Measurement | None:
    """Return the last validation loss minus the mean training loss of the last fifth, with the error of that mean."""
    if len(training.losses) == 0 or len(training.validation_losses) == 0:
        return None
    _, last = _ends(training.losses)
    return Measurement(float(training.validation_losses[-1] - last.mean()), _mean_error(last))


def learning_slope(training: Training) -> Slope | None:
    """Return the slope of the first epoch's training loss over the logarithm (base 2) of the examples seen.

    In the first epoch, the loss of each batch is computed before the model learns from it, so it is a loss on unseen
    data (prequential evaluation, Dawid 1984). A log may hold means over several steps. Fits a least-squares line to the
    losses after warm-up; returns None if there are fewer than eight, or if the length of an epoch is unknown.
    """
    epoch, apart = training.steps_an_epoch or 0, _steps_apart(training.steps)
    chosen = (training.steps > training.warmup_steps) & (training.steps <= epoch) & np.isfinite(training.losses)
    if chosen.sum() < FEWEST_FOR_SLOPE:
        return None
    x, y = np.log2(training.steps[chosen] - (apart - 1) / 2), training.losses[chosen]
    x = x - x.mean()
    slope = float((x * y).sum() / (x * x).sum())
    rest = y - y.mean() - slope * x
    error = float(np.sqrt((rest**2).sum() / (len(y) - 2) / (x * x).sum()))
    source = f"the losses of {len(y)} batches" if apart == 1 else f"{len(y)} mean losses of {apart:g} batches"
    return Slope(
        slope, error, f"fitted to {source} of the first epoch, each loss computed before the model learned from it"
    )


def _steps_apart(steps: Array) -> float:
    """Return how many optimizer steps a logged loss stands for."""
    return float(np.median(np.diff(steps))) if len(steps) > 1 else 1.0


def _ends(values: Array) -> tuple[Array, Array]:
    """Return the first fifth and the last fifth."""
    size = max(1, round(WINDOW_SHARE * len(values)))
    return values[:size], values[-size:]


def _mean_error(values: Array) -> float:
    """Return the standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")
