"""Charts draw every value inside the frame, in the right order, and say in words what they show."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.report.charts.axis import Axis
from sumtune.report.charts.histogram import histogram
from sumtune.report.charts.intervals import Row, intervals
from sumtune.report.charts.lines import Series, lines
from sumtune.report.charts.scatter import scatter
from sumtune.report.charts.svg import HEIGHT, WIDTH

VALUES = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=30)
FINITE = st.floats(0, 1e5, allow_nan=False)


def parsed(svg):
    root = ElementTree.fromstring(str(svg))
    assert root.get("role") == "img"
    assert root.get("aria-label")
    return root


@given(VALUES, st.booleans())
def test_an_axis_holds_its_values_between_few_round_ticks(values, tight):
    axis = Axis.around(values, 10, 110, tight=tight)
    assert axis.low <= min(values) + 1e-6 * abs(min(values)) + 1e-9
    assert axis.high >= max(values) - 1e-6 * abs(max(values)) - 1e-9
    assert len(axis.ticks) <= 8
    assert re.match(r"^[125](\.0*)?e", f"{axis.step:.6e}")
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert 10 - 1e-6 <= places[0] <= places[-1] <= 110 + 1e-6


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=20))
def test_points_lie_inside_the_picture(points):
    series = [Series("a", sorted(points)), Series("b", points[:1])]
    for svg in (lines("words", series, "x", "y", (points[0][0], "here")), scatter("words", points, "x", "y")):
        for dot in parsed(svg).iter("circle"):
            assert 0 <= float(dot.get("cx")) <= WIDTH
            assert 0 <= float(dot.get("cy")) <= HEIGHT


def test_a_higher_value_is_drawn_higher_and_a_later_one_further_right():
    first, second = parsed(lines("words", [Series("a", [(0, 1), (5, 2)])], "x", "y")).iter("circle")
    assert float(first.get("cx")) < float(second.get("cx"))
    assert float(first.get("cy")) > float(second.get("cy"))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_the_bars_of_a_histogram_are_as_high_as_their_counts(values):
    bars = list(parsed(histogram("words", values, "x", "y")).iter("rect"))
    heights = [float(bar.get("height")) for bar in bars]
    unit = sum(heights) / len(values)
    assert unit > 0
    assert all(height / unit == pytest.approx(round(height / unit), abs=0.15) for height in heights)


def test_an_interval_spans_its_ends_around_its_mean_and_zero_is_in_sight():
    rows = [Row("a", 0.5, 0.4, 0.7, main=True), Row("<b>", 0.2, 0.1, 0.3)]
    root = parsed(intervals("words", rows, "x", zero=True))
    spans = [line for line in root.iter("line") if "line" in line.get("class")]
    dots = list(root.iter("circle"))
    for span, dot in zip(spans, dots, strict=True):
        assert float(span.get("x1")) < float(dot.get("cx")) < float(span.get("x2"))
    [zero] = [line for line in root.iter("line") if line.get("class") == "marker"]
    assert float(zero.get("x1")) < float(spans[1].get("x1"))
    assert "<b>" in [text.text for text in root.iter("text")], "names are escaped"


def test_equal_values_have_a_frame():
    assert parsed(histogram("words", [0.0], "x", "y"))
    assert parsed(intervals("words", [Row("a", 0.3, 0.3, 0.3)], "x"))
    assert parsed(lines("words", [Series("a", [(1, 2.0)])], "x", "y"))
