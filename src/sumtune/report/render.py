"""Fill the templates. A page is one file: its style and script are in it, and it loads nothing."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sumtune.report.charts.histogram import histogram
from sumtune.report.charts.intervals import Row, intervals
from sumtune.report.charts.lines import Series, lines
from sumtune.report.charts.scatter import scatter

__all__ = ["render_card", "render_page"]

CHARTS = {
    "histogram": histogram, "intervals": intervals, "lines": lines, "scatter": scatter, "Row": Row, "Series": Series,
}  # fmt: skip


def render_page(template: str, **content: Any) -> str:
    """Return the HTML page of `template`. Everything in `content` is escaped; only the page's own script can run."""
    style, script = _read("style.css"), _read("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "form-action 'none'; base-uri 'none'"
    )
    parts = {"style": Markup(style), "script": Markup(script), "policy": policy}
    return _environment().get_template(template).render(**parts, **content)


def render_card(template: str, **content: Any) -> str:
    """Return the Markdown of `template`."""
    return _environment(markdown=True).get_template(template).render(**content)


@cache
def _environment(markdown: bool = False) -> Environment:
    environment = Environment(
        loader=PackageLoader("sumtune.report"), autoescape=not markdown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.globals.update(CHARTS)
    environment.filters.update(duration=_duration, quantity=_quantity)
    return environment


def _read(name: str) -> str:
    return (files("sumtune.report") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return the source expression of a content security policy that allows exactly `text`."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _duration(seconds: float) -> str:
    """Return seconds in the unit that suits them.

    >>> [_duration(seconds) for seconds in (42, 195, 7500)]
    ['42 s', '3.2 min', '2.1 h']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _quantity(value: float, unit: str) -> str:
    """Return a value with its unit: seconds, bytes, or a score.

    >>> _quantity(195, "s"), _quantity(2.4e9, "bytes"), _quantity(0.41, "score")
    ('3.2 min', '2.4 GB', '0.410')
    """
    if unit == "s":
        return _duration(value)
    return f"{value / 1e9:.1f} GB" if unit == "bytes" else f"{value:.3f}"
