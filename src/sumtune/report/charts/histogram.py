"""A histogram: how many values lie in each of several ranges of equal width."""

from collections.abc import Sequence

from markupsafe import Markup

from sumtune.report.charts.axis import Axis
from sumtune.report.charts.svg import PLOT, chart, frame, tag, text

__all__ = ["histogram"]

BINS_A_STEP = 4
"""Bars between two tick marks."""


def histogram(
    description: str, values: Sequence[float], x_label: str, y_label: str, marker: tuple[float, str] | None = None
) -> Markup:
    """Return a bar for each range. `marker` is a value with its name, such as the mean, drawn as a vertical line."""
    left, right, top, bottom = PLOT
    x = Axis.around(values, left, right)
    bins = BINS_A_STEP * (len(x.ticks) - 1)
    counts = [0] * bins
    for value in values:
        counts[min(int((value - x.low) / (x.high - x.low) * bins), bins - 1)] += 1
    y, width = Axis.around([0, *counts], bottom, top), (right - left) / bins
    parts = [frame(x, y, x_label, y_label)]
    parts += [
        tag(
            "rect",
            x=left + width * place + 0.5,
            y=y.at(count),
            width=width - 1,
            height=bottom - y.at(count),
            class_="fill-0",
        )
        for place, count in enumerate(counts)
        if count
    ]
    if marker is not None:
        at = x.at(marker[0])
        parts.append(tag("line", x1=at, x2=at, y1=top - 4, y2=bottom, class_="marker"))
        anchor, shift = ("end", -4.0) if at > (left + right) / 2 else ("start", 4.0)
        parts.append(text(marker[1], at + shift, top - 2, anchor))
    return chart(description, *parts)
