"""Elements of a chart. Everything that is text is escaped."""

from markupsafe import Markup, escape

from sumtune.report.charts.axis import Axis, number

__all__ = ["COLORS", "HEIGHT", "PLOT", "WIDTH", "chart", "frame", "legend", "tag", "text"]

WIDTH, HEIGHT = 360.0, 230.0
"""Size of a chart. It is drawn as wide as its column, so a phone shows it at nearly this size."""
PLOT = (46.0, 350.0, 28.0, 190.0)
"""Left, right, top and bottom of the area inside the axes."""
SWATCH = 14.0
CHARACTER = 5.6
"""Mean width of a character."""
COLORS = 4
"""Colours of the style sheet; a fifth series has that of the first."""
LEGEND_LINE = 16.0
SHORT = 30
"""Characters for which there is room above the plot."""


def tag(name: str, content: str | Markup = "", **attributes: str | float) -> Markup:
    """Return an element; `_` in the name of an attribute becomes `-`, and a trailing one is dropped."""
    shown = ((key.rstrip("_").replace("_", "-"), _value(value)) for key, value in attributes.items())
    inside = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in shown)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), inside, content)


def text(content: str, x: float, y: float, anchor: str = "start", class_: str = "") -> Markup:
    """Return a text that begins, ends, or has its middle at `x`."""
    return tag("text", content, x=x, y=y, text_anchor=anchor, **({"class_": class_} if class_ else {}))


def chart(description: str, *parts: Markup, height: float = HEIGHT) -> Markup:
    """Return the SVG of `parts`; a screen reader reads `description` in its place."""
    inside = Markup("").join(parts)
    return Markup('<svg viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, height, description, inside
    )


def frame(x: Axis, y: Axis, x_label: str, y_label: str) -> Markup:
    """Return tick marks, grid lines and labels of both axes."""
    left, right, top, bottom = PLOT
    parts = [tag("line", x1=left, x2=right, y1=y.at(value), y2=y.at(value), class_="grid") for value in y.ticks]
    parts += [text(number(value), left - 5, y.at(value) + 3.5, "end") for value in y.ticks]
    parts += [text(number(value), x.at(value), bottom + 14, "middle") for value in x.ticks]
    parts += [
        text(x_label, (left + right) / 2, bottom + 32, "middle", "label"),
        text(y_label, 2, top - 14, "start", "label"),
    ]
    return Markup("").join(parts)


def legend(labels: list[str]) -> tuple[Markup, float]:
    """Return the names of the series, and the height that they need below the chart.

    Up to two names, if they are short, stand above the plot. Otherwise, all names stand below it, one on each line.
    """
    if len(labels) <= 2 and sum(map(len, labels)) <= SHORT:
        return _legend_above(labels), 0.0
    left = PLOT[0]
    lines = [HEIGHT + LEGEND_LINE * (place + 0.5) for place in range(len(labels))]
    parts = [
        _swatch(place, left, line) + text(labels[place], left + SWATCH + 5, line) for place, line in enumerate(lines)
    ]
    return Markup("").join(parts), LEGEND_LINE * len(labels)


def _legend_above(labels: list[str]) -> Markup:
    parts, end, line = [], PLOT[1], PLOT[2] - 14
    for place in reversed(range(len(labels))):
        parts.append(text(labels[place], end, line, "end"))
        start = end - CHARACTER * len(labels[place]) - 5 - SWATCH
        parts.append(_swatch(place, start, line))
        end = start - 10
    return Markup("").join(parts)


def _swatch(place: int, start: float, line: float) -> Markup:
    return tag("line", x1=start, x2=start + SWATCH, y1=line - 3.5, y2=line - 3.5, class_=f"series-{place % COLORS}")


def _value(value: str | float) -> Markup:
    return escape(value) if isinstance(value, str) else Markup(f"{value:.1f}".removesuffix(".0"))
