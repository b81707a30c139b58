"""A forest plot: a row with a mean and its interval for each system, group or difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sumtune.report.charts.axis import Axis, number
from sumtune.report.charts.svg import PLOT, chart, tag, text

__all__ = ["Row", "intervals"]

ROW, TOP, LABEL_END = 26.0, 8.0, 104.0


@dataclass(frozen=True)
class Row:
    """A mean with the ends of its interval."""

    label: str
    mean: float
    low: float
    high: float
    main: bool = False
    """Whether it is what the reader should look at first."""


def intervals(description: str, rows: Sequence[Row], x_label: str, *, zero: bool = False) -> Markup:
    """Return the rows from top to bottom on one axis; with `zero`, the axis holds zero, marked by a line."""
    right, bottom = PLOT[1], TOP + ROW * len(rows)
    ends = [end for row in rows for end in (row.low, row.high)]
    axis = Axis.around([*ends, 0.0] if zero else ends, LABEL_END + 12, right - 8)
    parts = [
        tag("line", x1=axis.at(value), x2=axis.at(value), y1=TOP, y2=bottom, class_="grid") for value in axis.ticks
    ]
    parts += [text(number(value), axis.at(value), bottom + 14, "middle") for value in axis.ticks]
    parts.append(text(x_label, (LABEL_END + right) / 2, bottom + 32, "middle", "label"))
    if zero:
        parts.append(tag("line", x1=axis.at(0), x2=axis.at(0), y1=TOP, y2=bottom, class_="marker"))
    for place, row in enumerate(rows):
        middle, color = TOP + ROW * (place + 0.5), 0 if row.main else 1
        parts.append(text(row.label, LABEL_END, middle + 4, "end", "strong" if row.main else ""))
        parts.append(
            tag("line", x1=axis.at(row.low), x2=axis.at(row.high), y1=middle, y2=middle, class_=f"line series-{color}")
        )
        parts.append(tag("circle", cx=axis.at(row.mean), cy=middle, r=4, class_=f"fill-{color}"))
    return chart(description, *parts, height=bottom + 40)
