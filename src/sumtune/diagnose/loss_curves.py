"""Numbers that several rules read off a training run, each with its standard error."""

from dataclasses import dataclass

import numpy as np

from sumtune.diagnose.context import Array, Training

__all__ = ["Measurement", "Slope", "drop", "end_means", "learning_slope", "mean_difference", "rise", "validation_gap"]

WINDOW_SHARE = 0.2
FEWEST_FOR_SLOPE = 8


@dataclass(frozen=True)
class Measurement:
    """A value and its standard error; what is claimed of it must hold from `low` to `high`."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Two standard errors below."""
        return self.value - 2 * self.error

    @property
    def high(self) -> float:
        """Two standard errors above."""
        return self.value + 2 * self.error


@dataclass(frozen=True)
class Slope(Measurement):
    """Change of the loss (nats a token) with twice as many examples."""

    kind: str
    """Which losses it was fitted to."""

    @property
    def falls(self) -> bool:
        """Whether the loss falls by more than twice the standard error."""
        return self.high < 0


def end_means(values: Array) -> tuple[float, float]:
    """Mean of the first and of the last fifth."""
    first, last = _ends(values)
    return float(first.mean()), float(last.mean())


def rise(values: Array) -> Measurement:
    """Mean of the last fifth minus that of the first; infinite error where these are single values."""
    first, last = _ends(values)
    return mean_difference(last, first)


def mean_difference(one: Array, other: Array) -> Measurement:
    """Mean of `one` minus that of `other`, both `(values,)` of their own (Welch 1947)."""
    error = float(np.hypot(_mean_error(one), _mean_error(other)))
    return Measurement(float(one.mean() - other.mean()), error)


def drop(training: Training) -> Measurement | None:
    """Share of the loss that training took away: of validation where it was measured twice, else of training.

    Validations look at the same examples, so the difference of two has no error here.
    """
    if len(training.validation_losses) >= 2:
        first = float(training.validation_losses[0])
        fallen, error = first - float(training.validation_losses.min()), 0.0
    elif len(training.losses) >= 10:
        change = rise(training.losses)
        first, fallen, error = end_means(training.losses)[0], -change.value, change.error
    else:
        return None
    return Measurement(fallen / first, error / first) if first > 0 else None


def validation_gap(training: Training) -> Measurement | None:
    """Last validation loss minus the mean training loss of the last fifth, with the error of the latter."""
    if len(training.losses) == 0 or len(training.validation_losses) == 0:
        return None
    _, last = _ends(training.losses)
    return Measurement(float(training.validation_losses[-1] - last.mean()), _mean_error(last))


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


def _ends(values: Array) -> tuple[Array, Array]:
    """The first and the last fifth."""
    size = max(1, round(WINDOW_SHARE * len(values)))
    return values[:size], values[-size:]


def _mean_error(values: Array) -> float:
    """Standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")
