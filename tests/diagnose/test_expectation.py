"""A score outside the interval that was forecast is named, and doubted as far as chance allows."""

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.read_run import expected_rouge1

OUTPUTS = planted.outputs(40)
SCORE = OUTPUTS.score


def codes(low, high, outputs=OUTPUTS):
    return {one.code: one for one in diagnose(Context(outputs=outputs, expected=(low, high))).findings}


def test_a_score_inside_its_interval_is_not_accused():
    assert not codes(SCORE - 0.01, SCORE + 0.01)
    assert not codes(SCORE, SCORE)
    assert not diagnose(Context(outputs=OUTPUTS)).findings


@pytest.mark.parametrize(("side", "direction"), [("below", 1), ("above", -1)])
def test_a_score_outside_is_named_with_the_interval_and_the_surer_the_farther(side, direction):
    for far, sure in ((0.005, False), (0.05, True)):
        low, high = sorted((SCORE + direction * far, SCORE + direction * (far + 0.04)))
        (finding,) = codes(low, high).values()
        assert finding.code == f"score_{side}_expected"
        assert finding.sure == sure
        assert ("chance" in finding.title) != sure
        assert f"{low:.3f} to {high:.3f}" in finding.evidence
        assert finding.commands


def test_another_cause_does_not_hide_it():
    spaced = OUTPUTS.mapped(lambda text: text.replace("", " "))
    assert {"characters_separated", "score_below_expected"} <= codes(SCORE - 0.02, SCORE + 0.02, spaced).keys()


@pytest.mark.parametrize("record", [{}, {"forecast": None}, {"forecast": {"expected": {"rouge1": ["x", 1]}}},
                                    {"forecast": {"expected": {}}}])  # fmt: skip
def test_a_run_without_a_forecast_expects_nothing(record):
    assert expected_rouge1(record) is None
