"""The axis of a chart: where a value is drawn, and round numbers to mark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Axis", "number"]

SAME = 1e-9
"""Relative difference below which values are drawn as equal."""
TICKS = 5
"""Most steps between tick marks."""


@dataclass(frozen=True)
class Axis:
    """A linear scale from values to positions in the units of the SVG."""

    low: float
    high: float
    step: float
    """Distance between two tick marks."""
    start: float
    """Position of `low`."""
    end: float
    """Position of `high`."""

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float, *, tight: bool = False) -> "Axis":
        """Return an axis that holds all finite `values`. It begins and ends at a tick mark or, if `tight`, at a value.

        >>> axis = Axis.around([0.03, 0.42], 0, 100)
        >>> axis.ticks, axis.at(0.25)
        ([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], 50.0)
        """
        finite = [value for value in values if math.isfinite(value)] or [0.0]
        least, most = min(finite), max(finite)
        if most - least <= SAME * max(abs(least), abs(most), SAME):
            most = least + (abs(least) if abs(least) > SAME else 1.0)
        step = _round_step((most - least) / TICKS)
        if tight:
            return cls(least, most, step, start, end)
        low, high = math.floor(least / step + 1e-9) * step, math.ceil(most / step - 1e-9) * step
        return cls(low, high, step, start, end)

    @property
    def ticks(self) -> list[float]:
        """The values of the tick marks."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [round(at * self.step, 12) for at in range(first, last + 1)]

    def at(self, value: float) -> float:
        """Return the position of `value`; one outside the axis is drawn at its nearer end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def number(value: float) -> str:
    """Return a tick mark as text.

    >>> [number(value) for value in (0, 0.3, 1500, 3e-4, 0.0)]
    ['0', '0.3', '1,500', '3e-4', '0']
    """
    if value and abs(value) < 1e-3:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:,.6g}"


def _round_step(least: float) -> float:
    """Return the smallest number that is at least `least` and 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
