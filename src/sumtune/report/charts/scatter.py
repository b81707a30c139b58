"""A scatter plot of two numbers for each example, with the line on which both are equal."""

from collections.abc import Sequence

from markupsafe import Markup

from sumtune.report.charts.axis import Axis
from sumtune.report.charts.svg import PLOT, chart, frame, tag

__all__ = ["scatter"]


def scatter(description: str, points: Sequence[tuple[float, float]], x_label: str, y_label: str) -> Markup:
    """Return a dot for each point. Both axes have the same scale."""
    left, right, top, bottom = PLOT
    both = [0.0, *(value for point in points for value in point)]
    x, y = Axis.around(both, left, right), Axis.around(both, bottom, top)
    equal = tag("line", x1=x.at(x.low), y1=y.at(y.low), x2=x.at(x.high), y2=y.at(y.high), class_="marker")
    dots = (tag("circle", cx=x.at(across), cy=y.at(up), r=2.5, class_="dot fill-0 faint") for across, up in points)
    return chart(description, frame(x, y, x_label, y_label), equal, *dots)
