"""Numbers with intervals, the same as those of a run."""

import copy
import pickle
from typing import Any

import pytest
from api_world import World

import sumtune
from sumtune.api.scores import Score
from sumtune.errors import DataError
from sumtune.evaluate.scorecard_io import load_scorecard
from sumtune.files.run_dir import RunDir


def test_a_score_is_a_number_that_keeps_its_interval() -> None:
    score = Score(0.5, 0.4, 0.6)
    for same in (score, copy.deepcopy(score), pickle.loads(pickle.dumps(score))):
        assert (same, same.low, same.high) == (0.5, 0.4, 0.6)
    assert isinstance(score * 2, float)


def test_the_scores_of_texts_are_those_of_a_run(world: World) -> None:
    examples = load_scorecard(RunDir(world.run.folder)).examples
    texts = [example.systems["tuned"].text for example in examples]
    found = sumtune.score(texts, [example.references for example in examples])
    assert found == world.run.scores["tuned"]
    assert found.rouge1.low <= found.rouge1 <= found.rouge1.high


def test_a_text_is_scored_against_its_best_reference() -> None:
    both = sumtune.score(["Ann pays."], [["Nobody cares.", "Ann pays."]])
    assert both.rouge1 == both.rougeLsum == 1.0


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        ([], [], "There are no predictions"),
        (["a", "b"], ["a"], "Expected equal numbers of predictions and references; given: 2 and 1"),
        ("a", ["a"], "The predictions are 'str': expected a list of texts"),
        (["a", None], ["a", "b"], "Prediction 2 is 'NoneType': expected a text"),
        (["a"], [" "], "Reference 1 is empty"),
        (["a"], [[]], "Reference 1 is empty"),
        (["a"], [[3]], "Reference 1 is 'int'"),
    ],
)
def test_texts_that_cannot_be_scored_are_refused(predictions: Any, references: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        sumtune.score(predictions, references)
