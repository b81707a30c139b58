"""A chart of curves, such as the loss over the optimizer steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sumtune.report.charts.axis import Axis
from sumtune.report.charts.svg import COLORS, HEIGHT, PLOT, chart, frame, legend, tag, text

__all__ = ["Series", "lines"]

Point = tuple[float, float]
FEW = 40
"""Up to this many points are also drawn as dots."""


@dataclass(frozen=True)
class Series:
    """A named curve through points from left to right."""

    label: str
    points: Sequence[Point]


def lines(
    description: str, series: Sequence[Series], x_label: str, y_label: str, marker: tuple[float, str] | None = None
) -> Markup:
    """Return the curves in one frame. `marker` is a value of x with its name, drawn as a vertical line."""
    left, right, top, bottom = PLOT
    across = [x for one in series for x, _ in one.points] + ([marker[0]] if marker else [])
    x, y = (
        Axis.around(across, left, right, tight=True),
        Axis.around([y for one in series for _, y in one.points], bottom, top),
    )
    parts = [frame(x, y, x_label, y_label)]
    if marker is not None:
        at = x.at(marker[0])
        parts.append(tag("line", x1=at, x2=at, y1=top, y2=bottom, class_="marker"))
        anchor, shift = ("end", -4.0) if at > (left + right) / 2 else ("start", 4.0)
        parts.append(text(marker[1], at + shift, top + 9, anchor))
    for place, one in enumerate(series):
        drawn = [(x.at(across), y.at(up)) for across, up in one.points]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in drawn)
        parts.append(tag("polyline", points=path, class_=f"line series-{place % COLORS}"))
        if len(drawn) <= FEW:
            parts += [
                tag("circle", cx=across, cy=up, r=2.5, class_=f"dot fill-{place % COLORS}") for across, up in drawn
            ]
    names, more = legend([one.label for one in series]) if len(series) > 1 else (Markup(""), 0.0)
    return chart(description, *parts, names, height=HEIGHT + more)
