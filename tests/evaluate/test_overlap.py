import math

import pytest
from sacrebleu.metrics import CHRF

from sumtune.evaluate import chrf, overlap, rouge
from sumtune.evaluate.overlap import METRICS, Overlap

PAIRS = [
    ("Mia will bring the tent.", "Mia is bringing a tent. Leo brings food."),
    ("Größe und Maß fehlen.", "Die Größe fehlt."),
    ("他明天到。", "他们明天到了。"),
    ("", "Ann calls."),
]


@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
def test_rouge_and_chrf_stand_side_by_side(prediction, reference):
    scores = overlap.score(prediction, reference, "unicode")
    assert vars(rouge.score(prediction, reference, "unicode")).items() < vars(scores).items()
    assert scores.chrf == CHRF().sentence_score(prediction, [reference]).score / 100


def slow_chrf(prediction, reference):
    """Popović 2015: the mean precision and recall of n-grams of one to six characters, recall counting twice."""
    precisions, recalls = [], []
    said, wanted = ("".join(text.split()) for text in (prediction, reference))
    for size in range(1, 7):
        one, two = ([text[at : at + size] for at in range(len(text) - size + 1)] for text in (said, wanted))
        if one and two:
            matches = sum(min(one.count(gram), two.count(gram)) for gram in set(one))
            precisions.append(matches / len(one))
            recalls.append(matches / len(two))
    if not precisions or not any(precisions):
        return 0.0
    precision, recall = math.fsum(precisions) / len(precisions), math.fsum(recalls) / len(recalls)
    return 5 * precision * recall / (4 * precision + recall)


@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
def test_chrf_is_the_formula_of_the_paper(prediction, reference):
    assert chrf.score(prediction, reference) == pytest.approx(slow_chrf(prediction, reference), abs=1e-12)


def test_of_several_references_the_best_and_the_mean_count():
    references = ("Ann brings cake.", "Ann will bring a large cake.")
    best, mean = overlap.score_multiple("Ann brings cake.", references)
    each = [overlap.score("Ann brings cake.", reference) for reference in references]
    assert best == Overlap(1.0, 1.0, 1.0, 1.0, 1.0)
    assert mean == overlap.mean(each)


def test_mean_is_the_mean_of_each_metric():
    scores = [overlap.score(*pair) for pair in PAIRS]
    for metric in METRICS:
        expected = math.fsum(getattr(score, metric) for score in scores) / len(scores)
        assert getattr(overlap.mean(scores), metric) == pytest.approx(expected)


def test_nothing_to_average_and_missing_references_are_errors():
    with pytest.raises(ValueError, match="at least one"):
        overlap.mean([])
    with pytest.raises(ValueError, match="at least one reference"):
        overlap.score_multiple("a", [])
    with pytest.raises(ValueError, match="at least two references"):
        overlap.leave_one_out(["a"])
