from dataclasses import astuple
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.data.embedded import embedded_pairs
from sumtune.evaluate import rouge
from sumtune.evaluate.nltk_import import import_nltk
from sumtune.evaluate.rouge import ROUGE_METRICS, Rouge

PAIRS = [
    ("Mia will bring the tent.", "Mia is bringing a tent. Leo brings food."),
    ("Leo brings food. Mia brings a tent!", "Mia is bringing a tent. Leo brings food."),
    ("The train was late.\nThey missed dinner", "They missed the dinner because trains were late."),
    ("Nothing in common", "Zoe sold her bicycle"),
    ("a a a b", "a b b"),
]
ENGLISH = [text for pair in embedded_pairs("test") for text in pair]
words = st.lists(st.sampled_from(["ann", "runs", "running", "cakes", "late.", "why?", "\n", "no!"]), max_size=25)
texts = words.map(" ".join)


@cache
def package(metric):
    """The scorer of the package rouge-score."""
    import_nltk()
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([metric], use_stemmer=True)


def test_the_metrics_have_the_order_that_files_promise():
    assert ROUGE_METRICS == ("rouge1", "rouge2", "rougeL", "rougeLsum")


@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
def test_scores_are_those_of_the_package(prediction, reference):
    ours = rouge.score(prediction, reference)
    for metric in ("rouge1", "rouge2", "rougeL"):
        theirs = package(metric).score(reference, prediction)[metric].fmeasure
        assert getattr(ours, metric) == theirs


@given(st.one_of(st.sampled_from(ENGLISH), st.text(st.characters(max_codepoint=0x1FF))))
def test_rouge_1_alone_is_that_of_the_package(text):
    for reference in ENGLISH[:3]:
        theirs = package("rouge1").score(reference, text)["rouge1"].fmeasure
        assert rouge.rouge1(text, reference) == theirs


def test_lsum_is_the_package_on_sentences_with_a_line_each():
    prediction, reference = "Leo brings food. Mia brings a tent!", "Mia brings a tent. Is Leo late? Leo brings food."
    theirs = package("rougeLsum").score(
        "Mia brings a tent.\nIs Leo late?\nLeo brings food.", "Leo brings food.\nMia brings a tent!"
    )["rougeLsum"]
    ours = rouge.score(prediction, reference)
    assert ours.rougeLsum == theirs.fmeasure
    assert ours.rougeLsum > ours.rougeL


@given(texts, texts)
def test_scores_lie_between_0_and_1_and_bigrams_are_harder(prediction, reference):
    scores = rouge.score(prediction, reference)
    assert all(0 <= value <= 1 for value in astuple(scores))
    assert scores.rougeL <= scores.rouge1 + 1e-12
    assert scores.rouge1 == pytest.approx(rouge.score(reference, prediction).rouge1)


@given(texts.map(lambda text: f"{text} two words"))
def test_a_perfect_prediction_scores_1(text):
    assert rouge.score(text, text) == Rouge(1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("prediction", ["", " \n", "?!"])
def test_an_empty_prediction_scores_0(prediction):
    assert rouge.score(prediction, "Ann calls Bob.") == Rouge(0.0, 0.0, 0.0, 0.0)


@given(texts)
def test_splitting_changes_only_white_space_and_keeps_line_breaks(text):
    split = rouge.split_sentences(text)
    assert split.split() == text.split()
    assert rouge.split_sentences(split) == split
    assert all(not line.rstrip(".?! ").count(". ") for line in split.splitlines())


def test_a_number_with_a_dot_is_no_end_of_a_sentence():
    assert rouge.split_sentences("It costs 3.50 euro.\nGood") == "It costs 3.50 euro.\nGood"


def test_the_signature_names_package_version_stemmer_and_splitting():
    assert rouge.signature("rouge-score") == "rouge-score 0.1.2 | stemmer | F-measure | Lsum sentences by regex"
