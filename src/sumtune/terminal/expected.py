"""Expected scores beside those that a run reached."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from sumtune.forecast.score_forecast import LEVEL, ScoreForecast
from sumtune.terminal.plan import interval
from sumtune.terminal.progress import METRIC_NAMES, duration

__all__ = ["expected_lines", "forecast_and_actual", "outcome_lines"]


def expected_lines(scores: ScoreForecast) -> list[str]:
    """Return the lines of the announcement of a run."""
    if not scores.scores:
        return [f"Expected scores: not known for this kind of run, because {scores.unknown}."]
    basis = f"a pilot of {scores.depth} optimizer steps and earlier runs" if scores.depth else (
        "data statistics and earlier runs"
    )  # fmt: skip
    shown = "   ".join(f"{METRIC_NAMES[metric]} {interval(one)}" for metric, one in scores.scores.items())
    return ["", f"EXPECTED RESULTS ({LEVEL:.0%} intervals, from {basis}):", f"  {shown}"]


def outcome_lines(scores: ScoreForecast, reached: Mapping[str, float]) -> Iterator[str]:
    """Yield whether each score lies in its interval."""
    if not scores.scores:
        return
    inside = {metric: one.low <= reached[metric] <= one.high for metric, one in scores.scores.items()}
    if all(inside.values()):
        yield "The scores are as expected: " + _pairs(scores, reached, list(inside)) + "."
        return
    for metric, one in scores.scores.items():
        if not inside[metric]:
            side = "below" if reached[metric] < one.low else "above"
            yield f"{METRIC_NAMES[metric]} {reached[metric]:.3f} is {side} the expected {interval(one)}."
    yield f"Of five runs, one is outside by chance ({LEVEL:.0%} intervals); the diagnosis says more."


def _pairs(scores: ScoreForecast, reached: Mapping[str, float], metrics: Sequence[str]) -> str:
    return ", ".join(f"{METRIC_NAMES[one]} {reached[one]:.3f} ({interval(scores.scores[one])})" for one in metrics)


def forecast_and_actual(names: Sequence[str], records: Sequence[Mapping[str, Any]]) -> Table | None:
    """Return a table with forecast and actual figures of each run; None if no run has both."""
    columns = [_cells(record) for record in records]
    rows = list(dict.fromkeys(row for column in columns for row in column))
    if not rows:
        return None
    table = Table(title="Forecast and actual")
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(Text(name), overflow="fold", justify="right")
    for row in rows:
        table.add_row(row, *(column.get(row, "") for column in columns))
    return table


def _cells(record: Mapping[str, Any]) -> dict[str, str]:
    """Return `forecast → actual` of each figure that a record has twice."""
    forecast, actual = record.get("forecast") or {}, record.get("actual") or {}
    cells = {}
    for name, key in (("training", "training_s"), ("evaluation", "evaluation_s")):
        expected = forecast.get(key)
        if expected is not None and actual.get(key) is not None:
            more = forecast.get("rank_left_s") or 0.0 if key == "training_s" else 0.0
            cells[name] = f"{duration(expected + more)} → {duration(actual[key])}"
    if forecast.get("peak_memory_bytes") and actual.get("peak_memory_bytes"):
        sizes = (forecast["peak_memory_bytes"] / 1e9, actual["peak_memory_bytes"] / 1e9)
        cells["memory"] = "{:.1f} GB → {:.1f} GB".format(*sizes)
    reached = actual.get("scores") or {}
    for metric, (low, high) in (forecast.get("expected") or {}).items():
        if metric in METRIC_NAMES and metric in reached:
            cells[METRIC_NAMES[metric]] = f"{low:.3f}–{high:.3f} → {reached[metric]:.3f}"
    return cells
