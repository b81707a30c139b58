"""What is printed of expected scores, and of what a run reached."""

import io
from typing import Any

import pytest

from sumtune.forecast.score_forecast import ExpectedScore, ScoreForecast
from sumtune.terminal.console import plain_console
from sumtune.terminal.expected import expected_lines, forecast_and_actual, outcome_lines

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
EXPECTED = ScoreForecast({metric: ExpectedScore(0.43, 0.41, 0.45) for metric in METRICS}, 48)


def record(**actual: Any) -> dict[str, Any]:
    forecast = {"training_s": 600.0, "evaluation_s": 60.0, "peak_memory_bytes": 2.4e9,
                "expected": {metric: [0.41, 0.45] for metric in METRICS}}  # fmt: skip
    return {"forecast": forecast, "actual": actual}


def test_the_announcement_shows_each_interval_and_what_it_rests_on() -> None:
    text = "\n".join(expected_lines(EXPECTED))
    assert text.count("0.41–0.45") == 4
    assert "pilot of 48 optimizer steps" in text
    assert "EXPECTED RESULTS (80%" in text
    assert "pilot" not in "\n".join(expected_lines(ScoreForecast(EXPECTED.scores)))


def test_the_announcement_says_why_nothing_is_known() -> None:
    (line,) = expected_lines(ScoreForecast({}, None, "the moon is full"))
    assert line == "Expected scores: not known for this kind of run, because the moon is full."


@pytest.mark.parametrize(("score", "words"), [(0.43, "as expected"), (0.405, "below the expected 0.41–0.45"),
                                              (0.5, "above the expected 0.41–0.45")])  # fmt: skip
def test_a_run_says_whether_its_scores_lie_inside(score: float, words: str) -> None:
    text = "\n".join(outcome_lines(EXPECTED, dict.fromkeys(METRICS, 0.43) | {"rouge2": score}))
    assert words in text
    assert f"ROUGE-2 {score:.3f}" in text


def test_a_run_of_which_nothing_was_expected_says_nothing() -> None:
    assert list(outcome_lines(ScoreForecast({}, None, "x"), dict.fromkeys(METRICS, 0.4))) == []


def test_runs_are_compared_with_their_forecasts() -> None:
    full = record(training_s=630.0, evaluation_s=55.0, peak_memory_bytes=2.3e9, scores=dict.fromkeys(METRICS, 0.44))
    table = forecast_and_actual(["a", "b"], [full, record(training_s=540.0)])
    out = io.StringIO()
    plain_console(file=out, width=120).print(table)
    text = out.getvalue()
    assert "2.4 GB → 2.3 GB" in text
    assert text.count("0.410–0.450 → 0.440") == 4
    assert text.count("training") == 1
    assert forecast_and_actual(["a", "b"], [{}, {"forecast": {"training_s": 1.0}}]) is None
